import numpy as np
import pytest

from monomsk_perception.blazepose_detector import (
    ANCHOR_COUNT,
    INPUT_SIDE_PX,
    anchor_centers,
    decode,
    overlap,
    weighted_suppression,
)


def logit(probability):
    return np.log(probability / (1.0 - probability))


def raw_of(index, box_px, keypoints_px, anchors):
    """Outputs of a network that sees one box (centre x, y, width, height) at one anchor."""
    boxes = np.zeros((ANCHOR_COUNT, 12), np.float32)
    anchor_px = anchors[index] * INPUT_SIDE_PX
    boxes[index] = [*(box_px[:2] - anchor_px), *box_px[2:], *(keypoints_px - anchor_px).ravel()]
    return boxes


def test_anchors_cover_the_input_layer_by_layer():
    anchors = anchor_centers()
    assert anchors.shape == (ANCHOR_COUNT, 2) == (2 * 28**2 + 2 * 14**2 + 6 * 7**2, 2)
    np.testing.assert_allclose(anchors.mean(axis=0), 0.5)
    np.testing.assert_allclose(anchors[:4] * 28, [[0.5, 0.5], [0.5, 0.5], [1.5, 0.5], [1.5, 0.5]])
    np.testing.assert_allclose(anchors[56] * 28, [0.5, 1.5])  # the second row
    np.testing.assert_allclose(anchors[1568] * 14, [0.5, 0.5])
    np.testing.assert_allclose(anchors[1960:1967] * 7, [[0.5, 0.5]] * 6 + [[1.5, 0.5]])


def test_decode_finds_the_box_again():
    anchors = anchor_centers()
    keypoints_px = np.array([[100.0, 120.0], [100.0, 40.0], [90.0, 60.0], [110.0, 60.0]])
    raw = raw_of(700, np.array([101.0, 55.0, 30.0, 20.0]), keypoints_px, anchors)
    scores = np.full(ANCHOR_COUNT, -50.0, np.float32)
    scores[700] = logit(0.8)
    boxes, confidences = decode(raw, scores, anchors, 0.5)
    assert confidences == pytest.approx([0.8], abs=1e-6)
    np.testing.assert_allclose(boxes[0, :4] * INPUT_SIDE_PX, [86, 45, 116, 65], atol=1e-4)
    np.testing.assert_allclose(boxes[0, 4:].reshape(4, 2) * INPUT_SIDE_PX, keypoints_px, atol=1e-4)


def test_decode_stands_huge_logits_and_nobody():
    anchors = anchor_centers()
    raw = np.zeros((ANCHOR_COUNT, 12), np.float32)
    scores = np.full(ANCHOR_COUNT, -1e30, np.float32)
    assert decode(raw, scores, anchors, 0.5)[0].shape == (0, 12)
    scores[3] = 1e30
    assert decode(raw, scores, anchors, 0.5)[1] == pytest.approx([1.0])


def box(left, top, right, bottom):
    return np.array([left, top, right, bottom, *[left, top] * 4], dtype=float)


def test_overlap_of_known_squares():
    others = np.array([box(0, 0, 2, 2), box(1, 0, 3, 2), box(2, 2, 3, 3), box(5, 5, 5, 5)])
    np.testing.assert_allclose(overlap(others[0], others), [1.0, 1 / 3, 0.0, 0.0])


def test_suppression_averages_one_person_and_keeps_two():
    boxes = np.array([box(10, 10, 11, 11), box(0, 0, 1, 1), box(0.1, 0.0, 1.1, 1.0)])
    merged = weighted_suppression(boxes, np.array([0.6, 0.9, 0.3]))
    assert [score for _, score in merged] == [0.9, 0.6]
    np.testing.assert_allclose(merged[0][0][:4], [0.025, 0.0, 1.025, 1.0])  # weights 3 : 1
    np.testing.assert_allclose(merged[1][0], boxes[0])


def test_suppression_ends_with_degenerate_boxes():
    assert len(weighted_suppression(np.zeros((3, 12)), np.full(3, 0.7))) == 3
    assert weighted_suppression(np.zeros((0, 12)), np.zeros(0)) == []
