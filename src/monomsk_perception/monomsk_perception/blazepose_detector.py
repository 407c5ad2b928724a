"""BlazePose's person detector: where people are in a whole image.

Parameters are those of MediaPipe's published graph ``pose_detection_cpu`` (Apache-2.0); a box of
this network surrounds the face, its keypoints 0 and 1 describe the circle around the body
(Bazarevsky et al. 2020, "BlazePose: on-device real-time body pose tracking").
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from monomsk_perception.litert_model import LiteRtModel
from monomsk_perception.region import Region

FloatArray = npt.NDArray[np.float64]

INPUT_SIDE_PX = 224
ANCHOR_COUNT = 2254
# Stride of each group of layers and anchors per cell: two of each layer, three layers at stride 32.
_ANCHORS_PER_CELL = {8: 2, 16: 2, 32: 6}
_KEYPOINTS = 4
_VALUES = 4 + 2 * _KEYPOINTS
_BOXES_SHAPE = (1, ANCHOR_COUNT, _VALUES)
_SCORES_SHAPE = (1, ANCHOR_COUNT, 1)
_VALUE_RANGE = (-1.0, 1.0)
_LOGIT_LIMIT = 100.0
SUPPRESSION_OVERLAP = 0.3


@dataclass(frozen=True)
class PersonDetection:
    """One person that the detector found.

    Attributes:
        score: Confidence, 0 to 1.
        region: Where to look for the landmarks.
    """

    score: float
    region: Region


class BlazePoseDetector:
    """Finds people in a whole image.

    Args:
        path: The file ``pose_detection.tflite``.
        num_threads: Threads of the network.
        min_score: Least confidence of a detection, 0 to 1.
        antialias: See ``LiteRtModel``.

    Raises:
        ModelFileError: If the file is no such network.

    Attributes:
        min_score: Least confidence of a detection, 0 to 1.
    """

    def __init__(
        self,
        path: Path,
        num_threads: int = 1,
        min_score: float = 0.5,
        antialias: bool = True,
    ) -> None:
        shapes = (_BOXES_SHAPE, _SCORES_SHAPE)
        self._model = LiteRtModel(path, num_threads, shapes, antialias)
        self._anchors = anchor_centers()
        self.min_score = min_score

    def detect(
        self, image_bgr: npt.NDArray[np.uint8], area: Region | None = None
    ) -> list[PersonDetection]:
        """Find people.

        Of two people the network often reports the more conspicuous one only: a smaller area finds
        the other.

        Args:
            image_bgr: (height, width, 3) image.
            area: Where to look; None looks at the whole image.

        Returns:
            The detections, best score first.
        """
        height_px, width_px = image_bgr.shape[:2]
        frame = area or Region.whole_image(width_px, height_px)
        self._model.load(image_bgr, frame, _VALUE_RANGE, cv2.BORDER_CONSTANT)
        self._model.run()
        boxes, scores = decode(
            self._model.output(_BOXES_SHAPE)[0],
            self._model.output(_SCORES_SHAPE)[0, :, 0],
            self._anchors,
            self.min_score,
        )
        found = []
        for box, score in weighted_suppression(boxes, scores):
            alignment = frame.to_image(box[4:8].reshape(2, 2))
            region = Region.around_body(alignment[0], alignment[1])
            if region.is_valid:
                found.append(PersonDetection(score, region))
        return found


def anchor_centers() -> FloatArray:
    """Centres of the anchors.

    Returns:
        (2254, 2) column and row as fractions of the input's side, in the order of the outputs:
        layer by layer, row by row, all anchors of a cell together.
    """
    layers = []
    for stride_px, per_cell in _ANCHORS_PER_CELL.items():
        cells = INPUT_SIDE_PX // stride_px
        rows, columns = np.divmod(np.arange(cells * cells), cells)
        centers = (np.column_stack([columns, rows]) + 0.5) / cells
        layers.append(np.repeat(centers, per_cell, axis=0))
    return np.concatenate(layers)


def decode(
    raw_boxes: npt.NDArray[np.float32],
    raw_scores: npt.NDArray[np.float32],
    anchors: FloatArray,
    min_score: float,
) -> tuple[FloatArray, FloatArray]:
    """Turn the network's outputs into boxes and keypoints.

    Args:
        raw_boxes: (2254, 12) centre, width and height of the box, then four keypoints, in pixels of
            the input relative to the anchor.
        raw_scores: (2254,) logits.
        anchors: (2254, 2) from ``anchor_centers``.
        min_score: Least confidence, 0 to 1.

    Returns:
        (n, 12) boxes as left, top, right, bottom, then the keypoints' columns and rows, as
        fractions of the input's side; and (n,) confidences.
    """
    logits = np.clip(raw_scores.astype(np.float64), -_LOGIT_LIMIT, _LOGIT_LIMIT)
    scores = 1.0 / (1.0 + np.exp(-logits))
    kept = np.flatnonzero(scores >= min_score)
    values = raw_boxes[kept].astype(np.float64) / INPUT_SIDE_PX
    centers = values[:, :2] + anchors[kept]
    half = values[:, 2:4] / 2.0
    keypoints = values[:, 4:] + np.tile(anchors[kept], _KEYPOINTS)
    return np.hstack([centers - half, centers + half, keypoints]), scores[kept]


def weighted_suppression(boxes: FloatArray, scores: FloatArray) -> list[tuple[FloatArray, float]]:
    """Merge overlapping boxes into their mean weighted by score (MediaPipe's WEIGHTED algorithm).

    Args:
        boxes: (n, 12) from ``decode``.
        scores: (n,) confidences.

    Returns:
        Merged box and best score of each group, best first.
    """
    order = np.argsort(-scores, kind="stable")
    boxes, scores = boxes[order], scores[order]
    merged = []
    while len(boxes):
        same = overlap(boxes[0], boxes) > SUPPRESSION_OVERLAP
        same[0] = True  # a degenerate box does not overlap even itself
        merged.append((np.average(boxes[same], axis=0, weights=scores[same]), float(scores[0])))
        boxes, scores = boxes[~same], scores[~same]
    return merged


def overlap(box: FloatArray, others: FloatArray) -> FloatArray:
    """Intersection over union of a box with others [-].

    Args:
        box: (>= 4,) left, top, right, bottom.
        others: (n, >= 4) the same.

    Returns:
        (n,) 0 to 1.
    """
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[2:4], others[:, 2:4])
    intersection = np.prod(np.maximum(high - low, 0.0), axis=1)
    areas = np.prod(others[:, 2:4] - others[:, :2], axis=1)
    union = np.prod(box[2:4] - box[:2]) + areas - intersection
    return np.divide(intersection, union, out=np.zeros_like(union), where=union > 0.0)
