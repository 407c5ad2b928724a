import numpy as np
import pytest

from monomsk_description.errors import ShapeError
from monomsk_description.measured_lengths import measure_lengths
from monomsk_description.proportions import population
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject

FRAMES, NOISE_M, OFFSET_M = 80, 0.015, 0.008


@pytest.fixture(scope="module")
def person():
    generator = np.random.default_rng(7)
    belief = population(1.75, "male")
    logs = generator.multivariate_normal(belief.mean, belief.covariance)[1:]
    lengths = dict(zip(belief.names, np.exp(logs), strict=True))
    return build_skeleton(Subject(1.75, 75.0, "male", lengths))


def _clip(skeleton, points, rng):
    """Places (n, k, 3) over random postures."""
    frames = []
    for _ in range(FRAMES):
        q = skeleton.neutral()
        coordinates = rng.normal(scale=0.3, size=31)
        q[7:] = np.clip(coordinates, skeleton.lower_limits, skeleton.upper_limits)
        frames.append(skeleton.points(q, points))
    return np.array(frames)


def test_clean_joint_centres_give_the_lengths_back(person, rng):
    points = person.joint_centers
    positions = _clip(person, points, rng)
    measured = measure_lengths(points.names, positions, np.zeros(len(points)))
    lengths = person.subject.segment_lengths_m
    assert {one.name for one in measured} == set(lengths)
    for one in measured:
        # A length of the skeleton runs along an axis, a distance between centres also aside.
        assert one.length_m == pytest.approx(lengths[one.name], rel=0.006)


@pytest.mark.parametrize("kind", ["joint_centers", "landmarks"])
def test_noise_outliers_and_offsets_stay_within_the_stated_deviations(person, rng, kind):
    points = getattr(person, kind)
    scores = []
    for _ in range(8):
        clip = _clip(person, points, rng)
        clip = clip + NOISE_M * rng.normal(size=clip.shape)
        clip = clip + OFFSET_M * rng.normal(size=clip.shape[1:])
        clip[:4] += rng.normal(scale=0.3, size=clip[:4].shape)
        measured = measure_lengths(points.names, clip, np.full(len(points), NOISE_M), OFFSET_M)
        belief = population(1.75, "male").given(measured)
        truth = person.subject.segment_lengths_m
        scores += [(belief.lengths_m[n] - truth[n]) / belief.sigma_m[n] for n in truth]
    assert 0.5 < np.sqrt(np.mean(np.square(scores))) < 1.5


def test_noise_does_not_lengthen(person, rng):
    points = person.joint_centers
    clip = _clip(person, points, rng)
    noisy = np.concatenate([clip + 0.04 * rng.normal(size=clip.shape) for _ in range(20)])
    measured = measure_lengths(points.names, noisy, np.full(len(points), 0.04))
    for one in measured:
        length_m = person.subject.segment_lengths_m[one.name]
        assert one.length_m == pytest.approx(length_m, abs=4 * one.sigma_m + 0.006 * length_m)


def test_both_sides_count_alike(person, rng):
    points = person.joint_centers
    clip = _clip(person, points, rng)
    clip += 0.01 * rng.normal(size=clip.shape)
    mirror = [n[:-1] + {"r": "l", "l": "r"}[n[-1]] if n[-2] == "_" else n for n in points.names]
    sigma = np.full(len(points), 0.01)
    once = measure_lengths(points.names, clip, sigma)
    swapped = measure_lengths(mirror, clip, sigma)
    for one, other in zip(once, swapped, strict=True):
        assert one.length_m == pytest.approx(other.length_m, rel=1e-9)
    # One hidden leg: the other speaks for both, less surely.
    right = [name for name in points.names if name != "tibia_l"]
    columns = [points.names.index(name) for name in right]
    half = measure_lengths(right, clip[:, columns], sigma[columns])
    pairs = {one.name: one for one in once}
    for one in half:
        if one.name in ("thigh", "shank"):
            assert one.sigma_m == pytest.approx(np.sqrt(2) * pairs[one.name].sigma_m, rel=0.2)


def test_frames_that_repeat_each_other_add_nothing(person, rng):
    points = person.joint_centers
    clip = _clip(person, points, rng) + 0.01 * rng.normal(size=(FRAMES, len(points), 3))
    sigma = np.full(len(points), 0.01)
    all_frames = measure_lengths(points.names, clip, sigma)
    few = measure_lengths(points.names, clip, sigma, independent_frames=FRAMES // 16)
    for one, other in zip(all_frames, few, strict=True):
        assert other.length_m == one.length_m
        assert other.sigma_m == pytest.approx(4 * one.sigma_m)


def test_unknown_points_are_passed_over_and_missing_frames_left_out(person, rng):
    points = person.joint_centers
    clip = _clip(person, points, rng)
    clip[::3] = np.nan
    sigma = np.zeros(len(points))
    assert len(measure_lengths(points.names, clip, sigma)) == 8
    assert measure_lengths(["hat", "shoe"], clip[:, :2], sigma[:2]) == ()
    clip[:, points.names.index("talus_r")] = np.nan
    clip[:, points.names.index("talus_l")] = np.nan
    assert "shank" not in {one.name for one in measure_lengths(points.names, clip, sigma)}


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(ShapeError, match="positions"):
        measure_lengths(["femur_r"], np.zeros((4, 2, 3)), np.zeros(1))
    with pytest.raises(ShapeError, match="sigma_m"):
        measure_lengths(["femur_r", "tibia_r"], np.zeros((4, 2, 3)), np.zeros(3))
