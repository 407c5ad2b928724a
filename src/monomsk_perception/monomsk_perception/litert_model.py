"""One TensorFlow Lite network run by LiteRT, fed with square crops of an image."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter

from monomsk_perception.errors import ModelFileError
from monomsk_perception.region import Region

_FINE_FROM_SCALE = 1.5  # image pixels per pixel of the crop

FloatArray32 = npt.NDArray[np.float32]


class LiteRtModel:
    """A network with one square RGB image as input.

    Outputs are found by their shape: their order differs between converters.

    Args:
        path: The .tflite file.
        num_threads: Threads of the interpreter.
        output_shapes: Shapes that the outputs to be read must have.
        antialias: Whether large regions are averaged over 2 by 2 samples a pixel. One sample, as
            MediaPipe takes, makes landmarks of people near the camera jitter 10 to 20 % more.

    Raises:
        ModelFileError: If the file is no such network.
    """

    def __init__(
        self,
        path: Path,
        num_threads: int,
        output_shapes: tuple[tuple[int, ...], ...],
        antialias: bool,
    ) -> None:
        try:
            self._interpreter = Interpreter(str(path), num_threads=num_threads)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelFileError(path.stem, path, f"LiteRT cannot load it ({error})") from error
        details = self._interpreter.get_input_details()[0]
        self._input_index = int(details["index"])
        shape = tuple(int(n) for n in details["shape"])
        if len(shape) != 4 or shape[0] != 1 or shape[1] != shape[2] or shape[3] != 3:
            raise ModelFileError(path.stem, path, f"input of shape {shape} is no square RGB image")
        self.side_px = shape[1]
        self._output_indices = self._find_outputs(path, output_shapes)
        self._antialias = antialias
        self._fine_bgr = np.empty((2 * self.side_px, 2 * self.side_px, 3), np.uint8)
        self._crop_bgr = np.empty((self.side_px, self.side_px, 3), np.uint8)
        self._crop_rgb = np.empty_like(self._crop_bgr)

    def _find_outputs(
        self, path: Path, output_shapes: tuple[tuple[int, ...], ...]
    ) -> dict[tuple[int, ...], int]:
        found = {
            tuple(int(n) for n in details["shape"]): int(details["index"])
            for details in self._interpreter.get_output_details()
        }
        missing = [shape for shape in output_shapes if shape not in found]
        if missing:
            raise ModelFileError(path.stem, path, f"no output of shape {missing[0]}")
        return {shape: found[shape] for shape in output_shapes}

    def load(
        self,
        image_bgr: npt.NDArray[np.uint8],
        region: Region,
        value_range: tuple[float, float],
        border_mode: int,
    ) -> None:
        """Sample a region of an image into the network's input.

        Args:
            image_bgr: (height, width, 3) image; not copied.
            region: What to look at.
            value_range: What the network takes for black and for full brightness.
            border_mode: OpenCV's constant for what lies outside the image.
        """
        if self._antialias and region.size_px > _FINE_FROM_SCALE * self.side_px:
            self._sample(image_bgr, region, self._fine_bgr, border_mode)
            size = (self.side_px, self.side_px)
            cv2.resize(self._fine_bgr, size, dst=self._crop_bgr, interpolation=cv2.INTER_AREA)
        else:
            self._sample(image_bgr, region, self._crop_bgr, border_mode)
        cv2.cvtColor(self._crop_bgr, cv2.COLOR_BGR2RGB, dst=self._crop_rgb)
        low, high = value_range
        # The view must be gone before run(): LiteRT refuses to run while somebody holds one.
        tensor = self._interpreter.tensor(self._input_index)()[0]
        np.multiply(self._crop_rgb, np.float32((high - low) / 255.0), out=tensor)
        if low:
            tensor += np.float32(low)

    def _sample(
        self,
        image_bgr: npt.NDArray[np.uint8],
        region: Region,
        crop: npt.NDArray[np.uint8],
        border_mode: int,
    ) -> None:
        side_px = len(crop)
        matrix = region.matrix_image_crop(side_px)
        # Finer samples lie around the place of the one sample that they replace.
        matrix[:, 2] -= matrix[:, :2].sum(axis=1) * 0.5 * (side_px / self.side_px - 1.0)
        cv2.warpAffine(
            image_bgr,
            matrix,
            (side_px, side_px),
            dst=crop,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=border_mode,
        )

    def run(self) -> None:
        """Run the network on what was loaded."""
        self._interpreter.invoke()

    def output(self, shape: tuple[int, ...]) -> FloatArray32:
        """A copy of the output of this shape."""
        return self._interpreter.get_tensor(self._output_indices[shape])
