import numpy as np
import pytest

from monomsk_perception.blazepose_landmarks import refine, sigmoid
from monomsk_perception.errors import ModelFileError
from monomsk_perception.litert_model import LiteRtModel


def blob(column, row, logit=6.0, size=64, others=-12.0):
    """A heatmap whose confidence is a peak around a place between the cells."""
    y, x = np.mgrid[:size, :size]
    distance2 = (x - column) ** 2 + (y - row) ** 2
    return np.maximum(logit - 4.0 * distance2, others)[:, :, None].astype(np.float32)


def test_refine_moves_to_the_peak_nearby():
    start = np.array([[20.6, 31.2]]) / 64
    refined = refine(start, blob(22.25, 30.5))
    np.testing.assert_allclose(refined * 64, [[22.25, 30.5]], atol=0.1)


def test_refine_ignores_weak_maps():
    start = np.array([[20.6, 31.2]]) / 64
    np.testing.assert_array_equal(refine(start, blob(21, 31, logit=-0.1)), start)


def test_refine_ignores_peaks_out_of_reach():
    start = np.array([[20.6, 31.2]]) / 64
    np.testing.assert_array_equal(refine(start, blob(40, 31)), start)


@pytest.mark.parametrize("place", [(-3.0, 10.0), (10.0, 64.5), (1e9, -1e9)])
def test_points_outside_stay(place):
    start = np.array([place]) / 64
    np.testing.assert_array_equal(refine(start, blob(5, 10)), start)


def test_refine_at_the_edge_uses_what_is_there():
    refined = refine(np.array([[0.4, 63.5]]) / 64, blob(1.0, 62.0))
    np.testing.assert_allclose(refined * 64, [[1.0, 62.0]], atol=0.1)


def test_every_point_uses_its_own_map():
    maps = np.concatenate([blob(10, 10), blob(50, 20)], axis=2)
    refined = refine(np.array([[11.0, 11.0], [49.0, 19.0]]) / 64, maps)
    np.testing.assert_allclose(refined * 64, [[10, 10], [50, 20]], atol=0.05)


def test_sigmoid_does_not_overflow():
    with np.errstate(all="raise"):
        np.testing.assert_allclose(sigmoid(np.array([-1e4, 0.0, 1e4])), [0, 0.5, 1], atol=1e-12)


def test_a_file_that_is_no_network_is_refused(tmp_path):
    path = tmp_path / "rubbish.tflite"
    path.write_bytes(b"no flatbuffer" * 100)
    with pytest.raises(ModelFileError, match="LiteRT"):
        LiteRtModel(path, 1, (), antialias=False)
