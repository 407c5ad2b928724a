import math

import cv2
import numpy as np
import pytest

from monomsk_perception.region import REGION_SCALE, Region
from monomsk_perception.region_filter import RegionFilter

TILTED = Region(300.0, 200.0, 400.0, math.radians(30))


@pytest.mark.parametrize(
    ("top", "angle_deg"),
    [
        ((100, 50), 0),
        ((150, 100), 90),
        ((100, 150), -180),
        ((50, 100), -90),
        ((135.355, 64.645), 45),
    ],
)
def test_rotation_turns_the_crop_s_up_to_the_head(top, angle_deg):
    region = Region.around_body((100, 100), top)
    difference = math.remainder(region.rotation_rad - math.radians(angle_deg), math.tau)
    assert difference == pytest.approx(0.0, abs=1e-4)
    assert region.size_px == pytest.approx(100 * REGION_SCALE, rel=1e-4)
    head_in_crop = (0.5, 0.5 - 0.5 / REGION_SCALE)
    np.testing.assert_allclose(region.to_image([head_in_crop])[0], top, atol=1e-2)


def test_center_and_corners_of_the_crop():
    corners = TILTED.to_image([[0.5, 0.5], [0, 0], [1, 0], [1, 1], [0, 1]])
    np.testing.assert_allclose(corners[0], [300, 200])
    sides = np.linalg.norm(np.diff(corners[[1, 2, 3, 4, 1]], axis=0), axis=1)
    np.testing.assert_allclose(sides, 400)
    expected = cv2.boxPoints(((300, 200), (400, 400), 30.0))
    assert {tuple(c) for c in corners[1:].round(2)} == {
        tuple(float(v) for v in c) for c in expected.astype(float).round(2)
    }


def test_crop_matrix_agrees_with_to_image():
    points = np.array([[0.0, 0.0], [31.0, 7.0], [64.0, 64.0]])
    matrix = TILTED.matrix_image_crop(64)
    np.testing.assert_allclose(
        points @ matrix[:, :2].T + matrix[:, 2], TILTED.to_image(points / 64), atol=1e-9
    )


def test_turning_metric_points_is_the_same_turn():
    points = np.array([[0.2, -0.1, 0.4], [0.0, 1.0, -0.3]])
    turned = TILTED.turn_to_image(points)
    directions = TILTED.to_image(points[:, :2]) - TILTED.to_image([[0.0, 0.0]])
    np.testing.assert_allclose(turned[:, :2], directions / TILTED.size_px, atol=1e-12)
    np.testing.assert_array_equal(turned[:, 2], points[:, 2])


def test_whole_image_is_in_the_middle():
    assert Region.whole_image(640, 480) == Region(320.0, 240.0, 640.0)


def test_distance_and_growth():
    other = Region(300.0, 360.0, 240.0)
    assert TILTED.distance_to(other) == pytest.approx(0.5)
    assert TILTED.size_ratio_to(other) == other.size_ratio_to(TILTED) == pytest.approx(5 / 3)


@pytest.mark.parametrize(
    "region", [Region(np.nan, 0, 9), Region(0, np.inf, 9), Region(0, 0, 0.0), Region(0, 0, -9)]
)
def test_useless_regions_say_so(region):
    assert not region.is_valid
    assert TILTED.is_valid


def alignment(x, noise=0.0, radius=200.0):
    return np.array([[x, 500.0], [x, 500.0 - radius]]) + noise


def filtered_positions(xs, noise, rate_hz):
    keeper = RegionFilter()
    return np.array(
        [
            keeper.update(alignment(x, n), int(k * 1e9 / rate_hz)).center_x_px
            for k, (x, n) in enumerate(zip(xs, noise, strict=True))
        ]
    )


def test_filter_quiets_a_person_at_rest():
    noise = np.random.default_rng(5).normal(0.0, 1.5, 300)
    filtered = filtered_positions(np.full(300, 700.0), noise, 30.0)
    assert np.std(filtered[50:]) < 0.5 * np.std(noise)
    assert np.abs(np.diff(filtered[50:])).mean() < 0.3 * np.abs(np.diff(noise)).mean()


@pytest.mark.parametrize("rate_hz", [15.0, 30.0, 60.0])
def test_filter_keeps_up_with_a_walk(rate_hz):
    """1.5 m/s across the image: 0.75 body diameters of 400 px each second."""
    time_s = np.arange(0.0, 3.0, 1.0 / rate_hz)
    xs = 300.0 * time_s
    lag_px = xs - filtered_positions(xs, np.zeros_like(xs), rate_hz)
    assert np.abs(lag_px[len(lag_px) // 2 :]).max() < 0.03 * 400


def test_filter_starts_where_the_person_is_and_stands_a_stopped_clock():
    keeper = RegionFilter()
    assert keeper.update(alignment(50.0), 0).center_x_px == 50.0
    assert 50.0 < keeper.update(alignment(80.0), 0).center_x_px <= 80.0
