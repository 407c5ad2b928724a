"""Landmarks of a moved motion stay where an image shows them."""

from dataclasses import replace

import numpy as np
import pytest

from monomsk_description.landmarks import LANDMARK_NAMES
from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject
from monomsk_dynamics.consistent_motion_options import ConsistentMotionOptions
from monomsk_dynamics.errors import ShapeError
from monomsk_dynamics.image_fit import ImageFit
from monomsk_dynamics.offline import analyze_motion
from monomsk_dynamics.sightings import Sightings
from monomsk_dynamics.smoothing import SmoothMotion, smooth_motion

FRAMES, RATE_HZ = 16, 50.0
CAMERA = np.array([-4.0, 0.3, 1.4])
OPTIONS = ConsistentMotionOptions()


@pytest.fixture(scope="module")
def body() -> Skeleton:
    return build_skeleton(Subject(1.75, 70.0))


def waving(body: Skeleton, rate_hz: float = RATE_HZ) -> SmoothMotion:
    """Somebody whose arms and knees go to and fro."""
    stamps_ns = np.round(np.arange(FRAMES) * 1e9 / rate_hz).astype(np.int64)
    phase = 0.4 * np.sin(np.arange(FRAMES) / 3.0)
    q = np.tile(body.neutral(), (FRAMES, 1))
    for name in ("arm_flex_r", "arm_add_l", "elbow_flex_l", "knee_angle_r", "lumbar_bending"):
        q[:, 7 + body.coordinate_index(name)] = phase
    (motion,) = smooth_motion(stamps_ns, q, 1e6, np.inf)
    return motion


def seen(visibility: float = 1.0) -> Sightings:
    return Sightings(np.tile(CAMERA, (FRAMES, 1)), np.full((FRAMES, 33), visibility))


def disturbed(body: Skeleton, motion: SmoothMotion, size: float = 0.03) -> np.ndarray:
    rng = np.random.default_rng(3)
    return np.array([body.integrate(q, size * rng.normal(size=37)) for q in motion.q])


def test_the_motion_itself_fits_its_image(body) -> None:
    motion = waving(body)
    fit = ImageFit(body, motion, seen(), OPTIONS)
    np.testing.assert_allclose(fit.errors(motion.q), 0.0, atol=1e-9)


def test_rows_are_the_slope_of_the_errors(body) -> None:
    motion = waving(body)
    fit = ImageFit(body, motion, seen(), OPTIONS)
    q = disturbed(body, motion)
    rows, target = fit.rows(5, q[5])
    np.testing.assert_allclose(target, -fit.errors(q)[5], atol=1e-9)
    for way in np.eye(37):
        ahead, behind = q.copy(), q.copy()
        ahead[5], behind[5] = body.integrate(q[5], 1e-6 * way), body.integrate(q[5], -1e-6 * way)
        slope = (fit.errors(ahead)[5] - fit.errors(behind)[5]) / 2e-6
        np.testing.assert_allclose(rows @ way, slope, atol=1e-5 * np.abs(rows).max())


def test_an_error_is_the_landmarks_distance_across_the_line_of_sight(body) -> None:
    """One wrist 3 cm beside its image, of a fit that errs by 6 mm and 1 mrad."""
    motion = waving(body)
    q = motion.q.copy()
    q[7, 7 + body.coordinate_index("pro_sup_r")] += 0.4
    names = [LANDMARK_NAMES.index(name) for name in ("right_wrist", "right_index")]
    before = body.points(motion.q[7], body.landmarks)[names] - CAMERA
    after = body.points(q[7], body.landmarks)[names] - CAMERA
    depth = np.linalg.norm(before, axis=1)
    units = [arms / np.linalg.norm(arms, axis=1)[:, None] for arms in (before, after)]
    angles = np.tan(np.arccos(np.sum(units[0] * units[1], axis=1)))
    # All frames within 0.2 s count as one measurement.
    sigma = np.hypot(0.006 / depth, 0.001) * np.sqrt(0.2 * RATE_HZ)
    errors = ImageFit(body, motion, seen(), OPTIONS).errors(q)
    assert np.sum(errors**2) == pytest.approx(np.sum((angles / sigma) ** 2), rel=1e-6)
    np.testing.assert_allclose(np.delete(errors, 7, axis=0), 0.0, atol=1e-9)


def test_the_distance_from_the_camera_stays_almost_free(body) -> None:
    motion = waving(body)
    fit = ImageFit(body, motion, seen(), OPTIONS)
    rows, _ = fit.rows(4, motion.q[4])
    information = np.zeros((37, 37)) + rows.T @ rows
    pelvis = np.linalg.eigvalsh(np.linalg.inv(information + 1e-6 * np.eye(37))[:3, :3])
    # Along the line of sight a place is known several times worse than across.
    assert np.sqrt(pelvis[2] / pelvis[1]) > 5.0


def test_what_nobody_saw_does_not_count(body) -> None:
    motion = waving(body)
    q = disturbed(body, motion)
    lost = seen()
    lost.camera_positions[3] = np.nan
    lost.visibility[5] = 0.0
    errors = ImageFit(body, motion, lost, OPTIONS).errors(q)
    assert not errors[[3, 5]].any() and np.abs(errors[4]).max() > 0.1
    doubtful = ImageFit(body, motion, seen(0.25), OPTIONS).errors(q)
    certain = ImageFit(body, motion, seen(), OPTIONS).errors(q)
    np.testing.assert_allclose(doubtful, 0.5 * certain, atol=1e-12)


def test_more_images_of_the_same_errors_say_no_more(body) -> None:
    slow, quick = waving(body), waving(body, 4 * RATE_HZ)
    q = disturbed(body, slow)
    few, many = (ImageFit(body, one, seen(), OPTIONS).errors(q) for one in (slow, quick))
    np.testing.assert_allclose(4 * np.sum(many**2), np.sum(few**2), rtol=1e-9)
    rare = waving(body, 2.0)
    alone = ImageFit(body, rare, seen(), replace(OPTIONS, image_correlation_s=0.1)).errors(q)
    np.testing.assert_allclose(alone, np.sqrt(10.0) * few, rtol=1e-9)


def test_sightings_of_other_shapes_are_refused() -> None:
    with pytest.raises(ShapeError, match="sightings"):
        Sightings(np.zeros((4, 3)), np.zeros((4, 17)))


def test_sightings_of_another_recording_are_refused(body) -> None:
    motion = waving(body)
    longer = Sightings(np.tile(CAMERA, (FRAMES + 1, 1)), np.ones((FRAMES + 1, 33)))
    with pytest.raises(ShapeError, match="of 17 frames, expected 16"):
        analyze_motion(
            body, motion.stamps_ns, motion.q, sigma_q=np.full(37, 0.02), sightings=longer
        )
