import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monomsk_perception.camera import ASSUMED_FOCAL_PER_LONGER_SIDE, CameraIntrinsics
from monomsk_perception.errors import CameraError

K = [800.0, 0.0, 630.0, 0.0, 810.0, 350.0, 0.0, 0.0, 1.0]
DISTORTIONS = {
    "none": [],
    "plumb_bob_4": [-0.28, 0.09, 1e-3, -5e-4],
    "plumb_bob_5": [-0.3, 0.12, 1e-3, -8e-4, -0.02],
    "rational": [0.4, -0.1, 4e-4, -3e-4, 0.02, 0.7, -0.05, 0.03],
}


def camera(distortion=()):
    return CameraIntrinsics.from_matrix(K, distortion, 1280, 720)


def points_in_view(n=200, seed=3):
    generator = np.random.default_rng(seed)
    depth = generator.uniform(1.0, 8.0, n)
    return (
        np.column_stack([generator.uniform(-0.7, 0.7, (n, 2)) * [1.0, 0.6], np.ones(n)])
        * (depth[:, None])
    )


@pytest.mark.parametrize("name", DISTORTIONS)
def test_rays_undo_project(name):
    lens = camera(DISTORTIONS[name])
    points = points_in_view()
    rays = lens.rays(lens.project(points))
    np.testing.assert_allclose(rays, points / points[:, 2:], atol=1e-6)


@pytest.mark.parametrize("name", DISTORTIONS)
def test_project_is_opencv_s(name):
    lens = camera(DISTORTIONS[name])
    points = points_in_view()
    expected = cv2.projectPoints(
        points, np.zeros(3), np.zeros(3), lens.matrix, np.array(DISTORTIONS[name] or [0.0] * 4)
    )[0][:, 0]
    np.testing.assert_allclose(lens.project(points), expected, atol=1e-8)


# The outermost corners of the rational lens have no ray: `rays` says NaN there, as documented.
@given(st.floats(80, 1199), st.floats(80, 639), st.sampled_from(sorted(DISTORTIONS)))
@settings(max_examples=60, deadline=None)
def test_project_undoes_rays_inside_the_image(x, y, name):
    lens = camera(DISTORTIONS[name])
    rays = lens.rays([[x, y]])
    assert rays[0, 2] == 1.0
    np.testing.assert_allclose(lens.project(rays), [[x, y]], atol=1e-3)


def test_rays_without_answer_are_nan_and_do_not_spoil_others():
    rays = camera([-0.4, 0.0, 0.0, 0.0]).rays([[630, 350], [np.nan, 1.0], [1e5, 1e5]])
    np.testing.assert_allclose(rays[0], [0, 0, 1], atol=1e-12)
    assert np.isnan(rays[1:]).all()


def test_points_behind_the_camera_have_no_pixel():
    pixels = camera().project([[0.1, 0.2, -1.0], [0.1, 0.2, 0.0], [0.0, 0.0, 2.0]])
    assert np.isnan(pixels[:2]).all()
    assert pixels[2] == pytest.approx([630, 350])


def test_no_points_give_no_rays():
    assert camera(DISTORTIONS["rational"]).rays(np.zeros((0, 2))).shape == (0, 3)
    assert camera().project(np.zeros((0, 3))).shape == (0, 2)


def test_assumed_focal_is_said():
    guess = CameraIntrinsics.from_focal(720, 1280)
    assert guess.assumed
    assert guess.focal_x_px == guess.focal_y_px == ASSUMED_FOCAL_PER_LONGER_SIDE * 1280
    assert (guess.center_x_px, guess.center_y_px) == (359.5, 639.5)
    assert not CameraIntrinsics.from_focal(720, 1280, 913.0).assumed
    assert not camera().assumed


def changed(**entries):
    k = list(K)
    for index, value in entries.items():
        k[int(index[1:])] = value
    return k


@pytest.mark.parametrize(
    ("matrix", "field", "words"),
    [
        ([0.0] * 9, "matrix", "not calibrated"),
        (changed(_0=np.nan), "matrix", "finite"),
        (K[:8], "matrix", "9 numbers"),
        (np.reshape(K, (3, 3)).T, "matrix", "row by row"),
        (changed(_8=0.0), "matrix", "row by row"),
        (changed(_1=30.0), "matrix", "skew"),
        (changed(_0=0.0), "focal_x_px", "positive"),
        (changed(_4=-810.0), "focal_y_px", "positive"),
        (changed(_0=2.0, _4=2.0), "focal_x_px", "implausible"),
        (changed(_0=8000.0), "focal_x_px", "far from focal_y_px"),
        (changed(_2=5000.0), "center_x_px", "outside"),
    ],
)
def test_impossible_matrices_are_refused(matrix, field, words):
    with pytest.raises(CameraError, match=words) as caught:
        CameraIntrinsics.from_matrix(matrix, [], 1280, 720)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("distortion", "model", "field"),
    [
        ([0.1] * 3, "plumb_bob", "distortion"),
        ([0.1, np.nan, 0.0, 0.0], "plumb_bob", "distortion"),
        ([0.1, 0.0, 0.0, 0.0], "equidistant", "distortion_model"),
    ],
)
def test_impossible_distortions_are_refused(distortion, model, field):
    with pytest.raises(CameraError) as caught:
        CameraIntrinsics.from_matrix(K, distortion, 1280, 720, model)
    assert caught.value.field == field


@pytest.mark.parametrize("size", [(0, 720), (1280, -1)])
def test_impossible_sizes_are_refused(size):
    with pytest.raises(CameraError):
        CameraIntrinsics.from_matrix(K, [], *size)
    with pytest.raises(CameraError):
        CameraIntrinsics.from_focal(*size)


def test_zero_distortion_is_none():
    assert camera([0.0] * 5).distortion == ()


def test_zeros_of_the_longest_model_do_not_count():
    """OpenCV's model has 14 numbers; drivers that fill them all leave the thin prism at zero."""
    eight = [-0.3, 0.12, 1e-3, -8e-4, -0.02, 0.1, 0.05, 0.01]
    assert camera([*eight, *[0.0] * 6]).distortion == tuple(eight)
    with pytest.raises(CameraError, match="14 coefficients"):
        camera([*eight, *[0.0] * 5, 1e-3])


def test_scaled_moves_pixels_with_the_image():
    lens = camera(DISTORTIONS["plumb_bob_5"])
    half = lens.scaled(640, 360)
    points = points_in_view()
    # corners of the image stay corners: pixel centres sit at half-integers of that scale
    expected = (lens.project(points) + 0.5) / 2.0 - 0.5
    np.testing.assert_allclose(half.project(points), expected, atol=1e-9)
    with pytest.raises(CameraError, match="aspect"):
        lens.scaled(640, 480)


@pytest.mark.parametrize("turns", [1, 2, 3, 4, -1])
def test_rotated_follows_the_turned_image(turns):
    lens = camera(DISTORTIONS["rational"])
    turned = lens.rotated(turns)
    expected_points, expected = points_in_view(), None
    pixels, (width, height) = lens.project(expected_points), (1280, 720)
    for _ in range(turns % 4):
        pixels = np.column_stack([height - 1 - pixels[:, 1], pixels[:, 0]])
        expected_points = expected_points[:, [1, 0, 2]] * [-1, 1, 1]
        width, height = height, width
    expected = pixels
    assert (turned.width_px, turned.height_px) == (width, height)
    np.testing.assert_allclose(turned.project(expected_points), expected, atol=1e-9)
