"""The trained lifter: an ONNX file and the model card that says what it is."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import yaml

from monomsk_description.frames import Array
from monomsk_perception.errors import LifterWeightsError
from monomsk_perception.lifter_answer import (
    USED_LANDMARKS,
    Answer,
    Track,
)

#: Where the weights and their card lie in the package.
DATA_FOLDER = Path(__file__).parent / "data"
WEIGHTS_NAME, CARD_NAME = "lifter.onnx", "lifter_card.yaml"
#: Of the network, by name, in order.
INPUTS = ("rays", "visibility", "seen", "subject", "asked", "numbers", "windows")


@dataclass(frozen=True)
class ModelCard:
    """What the card says that the code relies on.

    Attributes:
        sha256: Checksum of the weights, hexadecimal.
        skeleton: Name of the skeleton whose coordinates come out.
        coordinates: Their names in order.
        landmarks: BlazePose numbers of the landmarks that go in, in order.
    """

    sha256: str
    skeleton: str
    coordinates: tuple[str, ...]
    landmarks: tuple[int, ...]

    @classmethod
    def load(cls, path: Path) -> ModelCard:
        """Reads a card.

        Raises:
            LifterWeightsError: It is missing or lacks an entry.
        """
        try:
            entry = yaml.safe_load(path.read_text("utf-8"))
            return cls(
                str(entry["sha256"]),
                str(entry["skeleton"]),
                tuple(entry["coordinates"]),
                tuple(int(number) for number in entry["landmarks"]),
            )
        except OSError as error:
            raise LifterWeightsError(
                path, f"the model card cannot be read ({error.strerror})"
            ) from error
        except (KeyError, TypeError, ValueError, yaml.YAMLError) as error:
            raise LifterWeightsError(path, f"the model card is unreadable ({error})") from error


class OnnxLifter:
    """The network through ONNX Runtime, on one thread: fastest for windows of this size.

    Args:
        coordinates: The coordinates that the caller's skeleton has, in order.
        folder: Where weights and card lie; None: those that ship.

    Raises:
        LifterWeightsError: Something is missing, damaged, or made for another skeleton or version.
    """

    def __init__(self, coordinates: tuple[str, ...], folder: Path | None = None) -> None:
        folder = folder or DATA_FOLDER
        path = folder / WEIGHTS_NAME
        self.card = ModelCard.load(folder / CARD_NAME)
        if self.card.coordinates != coordinates:
            raise LifterWeightsError(path, "made for a skeleton with other coordinates")
        if self.card.landmarks != USED_LANDMARKS:
            raise LifterWeightsError(path, "made for other landmarks")
        try:
            content = path.read_bytes()
        except OSError as error:
            raise LifterWeightsError(path, f"cannot be read ({error.strerror})") from error
        if hashlib.sha256(content).hexdigest() != self.card.sha256:
            raise LifterWeightsError(path, "checksum mismatch: another or a damaged file")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            content, options, providers=["CPUExecutionProvider"]
        )
        if tuple(one.name for one in self._session.get_inputs()) != INPUTS:
            raise LifterWeightsError(path, "made for another version of monomsk: export them again")
        self._names = [output.name for output in self._session.get_outputs()]

    def __call__(self, track: Track, subject: Array, asked: Sequence[int] | None = None) -> Answer:
        """The answer for the frames asked for (None: all) of a window."""
        inputs = {
            "rays": track.rays,
            "visibility": track.visibility,
            "seen": track.seen,
            "subject": subject,
        }
        fed = {name: np.asarray(value, dtype=np.float32) for name, value in inputs.items()}
        every = np.arange(len(track))
        which = {
            "asked": every if asked is None else np.asarray(asked, dtype=np.int64),
            "numbers": every if track.numbers is None else track.numbers,
            "windows": np.zeros_like(every) if track.windows is None else track.windows,
        }
        outputs = self._session.run(self._names, {**fed, **which})
        return Answer.for_frames(
            {n: np.asarray(o, float) for n, o in zip(self._names, outputs, strict=True)}
        )
