"""BlazePose's landmark network: 33 landmarks of the person in a region of an image.

Parameters are those of MediaPipe's published graphs ``pose_landmark_by_roi_cpu`` and
``tensors_to_pose_landmarks_and_segmentation`` (Apache-2.0).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from monomsk_perception.landmarks import LANDMARK_COUNT
from monomsk_perception.litert_model import LiteRtModel
from monomsk_perception.region import Region

FloatArray = npt.NDArray[np.float64]

INPUT_SIDE_PX = 256
_OUTPUTS = 39  # 33 landmarks, 2 alignment points of the body, 4 that MediaPipe ignores, too
_USED = LANDMARK_COUNT + 2
_POINTS_SHAPE = (1, 5 * _OUTPUTS)
_FLAG_SHAPE = (1, 1)
_HEATMAP_SHAPE = (1, 64, 64, _OUTPUTS)
_METRIC_SHAPE = (1, 3 * _OUTPUTS)
_VALUE_RANGE = (0.0, 1.0)
# The graph says 7, but MediaPipe 0.10.21 computes with 9: measured, its output is met to 0.001
# cells with 9 and to 0.02 cells with 7.
_KERNEL = 9
_MIN_REFINE_CONFIDENCE = 0.5


@dataclass(frozen=True, eq=False)
class RegionLandmarks:
    """What the network says of a region.

    Attributes:
        pixels: (33, 2) column and row in the image [px].
        visibility: (33,) 0 to 1.
        presence: (33,) 0 to 1.
        metric: (33, 3) relative to the middle of the hips, x right, y down, z away [m].
        score: Probability that the region holds a person, 0 to 1.
        alignment: (2, 2) middle of the hips and a point on the circle around the body, in the
            direction of the head [px]: where to look in the next image.
    """

    pixels: FloatArray
    visibility: FloatArray
    presence: FloatArray
    metric: FloatArray
    score: float
    alignment: FloatArray


class BlazePoseLandmarks:
    """Finds the landmarks of the person in a region.

    Args:
        path: One of the files ``pose_landmark_*.tflite``.
        num_threads: Threads of the network.
        antialias: See ``LiteRtModel``.

    Raises:
        ModelFileError: If the file is no such network.
    """

    def __init__(self, path: Path, num_threads: int = 1, antialias: bool = True) -> None:
        shapes = (_POINTS_SHAPE, _FLAG_SHAPE, _HEATMAP_SHAPE, _METRIC_SHAPE)
        self._model = LiteRtModel(path, num_threads, shapes, antialias)

    def estimate(self, image_bgr: npt.NDArray[np.uint8], region: Region) -> RegionLandmarks:
        """Find the landmarks.

        Args:
            image_bgr: (height, width, 3) image.
            region: Where the person is.
        """
        self._model.load(image_bgr, region, _VALUE_RANGE, cv2.BORDER_REPLICATE)
        self._model.run()
        raw = self._model.output(_POINTS_SHAPE).reshape(_OUTPUTS, 5)[:_USED].astype(np.float64)
        points = refine(raw[:, :2] / INPUT_SIDE_PX, self._model.output(_HEATMAP_SHAPE)[0])
        pixels = region.to_image(points)
        metric = self._model.output(_METRIC_SHAPE).reshape(_OUTPUTS, 3)[:LANDMARK_COUNT]
        return RegionLandmarks(
            pixels=pixels[:LANDMARK_COUNT],
            visibility=sigmoid(raw[:LANDMARK_COUNT, 3]),
            presence=sigmoid(raw[:LANDMARK_COUNT, 4]),
            metric=region.turn_to_image(metric),
            score=float(self._model.output(_FLAG_SHAPE)[0, 0]),
            alignment=pixels[LANDMARK_COUNT:],
        )


def sigmoid(logits: npt.NDArray[np.floating]) -> FloatArray:
    """Logistic function, without overflow."""
    return 1.0 / (1.0 + np.exp(-np.clip(np.asarray(logits, dtype=np.float64), -80.0, 80.0)))


def refine(points: FloatArray, heatmaps: npt.NDArray[np.float32]) -> FloatArray:
    """Move points to the centre of mass of their heatmap nearby, where it is confident.

    As MediaPipe's RefineLandmarksFromHeatmap does: a window of 9 by 9 cells around the point, left
    alone if no cell in it reaches a confidence of 0.5 or the point lies outside.

    Args:
        points: (n, 2) column and row as fractions of the side.
        heatmaps: (rows, columns, >= n) logits, one map for each point.

    Returns:
        (n, 2) refined points.
    """
    rows_count, columns_count = heatmaps.shape[:2]
    offsets = np.arange(_KERNEL) - _KERNEL // 2
    # MediaPipe truncates towards zero; int32 limits keep wild points out of the conversion.
    centers = np.clip(np.trunc(points * (columns_count, rows_count)), -1e6, 1e6).astype(int)
    columns, rows = centers[:, :1] + offsets, centers[:, 1:] + offsets
    columns_in = (columns >= 0) & (columns < columns_count)
    rows_in = (rows >= 0) & (rows < rows_count)
    window = heatmaps[
        np.clip(rows, 0, rows_count - 1)[:, :, None],
        np.clip(columns, 0, columns_count - 1)[:, None, :],
        np.arange(len(points))[:, None, None],
    ]
    weights = sigmoid(window) * (rows_in[:, :, None] & columns_in[:, None, :])
    total = weights.sum(axis=(1, 2))
    middle = _KERNEL // 2
    confident = weights.max(axis=(1, 2)) >= _MIN_REFINE_CONFIDENCE
    moved = confident & (total > 0.0) & columns_in[:, middle] & rows_in[:, middle]
    refined = points.copy()
    mean_column = (weights.sum(axis=1) * columns).sum(axis=1)[moved] / total[moved]
    mean_row = (weights.sum(axis=2) * rows).sum(axis=1)[moved] / total[moved]
    refined[moved] = np.column_stack([mean_column / columns_count, mean_row / rows_count])
    return refined
