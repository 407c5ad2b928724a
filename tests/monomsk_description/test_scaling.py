import numpy as np
import pytest

from monomsk_description.anatomy_file import load_anatomy
from monomsk_description.errors import ImplausibleSubjectError, UnknownNameError
from monomsk_description.scaling import scale, scale_factors
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject


@pytest.fixture(scope="module")
def anatomy():
    return load_anatomy()


def _joint_place(anatomy, name):
    return next(j for j in anatomy.joints if j.name == name).in_parent.translation


@pytest.mark.parametrize(("height_m", "mass_kg"), [(1.1, 19.0), (1.75, 68.0), (2.1, 140.0)])
def test_mass_is_exact(anatomy, height_m, mass_kg):
    scaled = scale(anatomy, Subject(height_m, mass_kg))
    assert scaled.mass_kg == pytest.approx(mass_kg, rel=1e-12)
    ratios = [scaled.segments[n].mass_kg / s.mass_kg for n, s in anatomy.segments.items()]
    np.testing.assert_allclose(ratios, mass_kg / anatomy.mass_kg)


def test_uniform_scaling_multiplies_inertia_by_mass_and_length_squared(anatomy):
    stretch, heavier = 1.2, 1.5
    subject = Subject(anatomy.height_m * stretch, anatomy.mass_kg * heavier)
    scaled = scale(anatomy, subject)
    for name, segment in anatomy.segments.items():
        np.testing.assert_allclose(
            scaled.segments[name].inertia_kg_m2,
            segment.inertia_kg_m2 * heavier * stretch**2,
            atol=1e-15,
        )
        np.testing.assert_allclose(
            scaled.segments[name].center_of_mass_m, segment.center_of_mass_m * stretch
        )


def test_uniform_scaling_multiplies_every_distance(anatomy, rng):
    """Also those that the knee's coupled translations make."""
    base = build_skeleton(Subject(anatomy.height_m, anatomy.mass_kg))
    tall = build_skeleton(Subject(anatomy.height_m * 1.15, anatomy.mass_kg))
    q = base.neutral()
    q[:3] = 0.0
    q[7:] = rng.uniform(base.lower_limits, base.upper_limits)
    for name in ("joint_centers", "soles", "landmarks"):
        np.testing.assert_allclose(
            tall.points(q, getattr(tall, name)),
            1.15 * base.points(q, getattr(base, name)),
            atol=1e-12,
        )


@pytest.mark.parametrize(
    ("name", "length_m", "between"),
    [
        ("thigh", 0.45, ("femur_r", "tibia_r")),
        ("shank", 0.38, ("tibia_l", "talus_l")),
        ("pelvis_width", 0.17, ("femur_r", "femur_l")),
        ("trunk", 0.42, ("torso", "humerus_r")),
        ("shoulder_width", 0.38, ("humerus_r", "humerus_l")),
        ("upper_arm", 0.32, ("humerus_r", "ulna_r")),
        ("forearm", 0.27, ("ulna_l", "hand_l")),
        ("foot", 0.20, ("calcn_r", "toes_r")),
    ],
)
def test_a_measured_length_is_kept(name, length_m, between):
    """Along the axis that the rule names; the joint centres' small offsets stay."""
    skeleton = build_skeleton(Subject(1.78, 72.0, segment_lengths_m={name: length_m}))
    rule = load_anatomy().length_rules[name]
    q = skeleton.neutral()
    centers = dict(
        zip(
            skeleton.joint_centers.names,
            skeleton.points(q, skeleton.joint_centers),
            strict=True,
        )
    )
    apart = np.abs(centers[between[0]] - centers[between[1]])
    # OpenSim's x, y, z are x, z, y of the world in the neutral posture.
    assert apart[(0, 2, 1)[rule.axis]] == pytest.approx(length_m, abs=0.006)


def test_a_measured_length_stretches_only_its_own_axis(anatomy):
    subject = Subject(1.78, 72.0, segment_lengths_m={"thigh": 0.46})
    by_height = 1.78 / anatomy.height_m
    factors = scale_factors(anatomy, subject)
    for side in "rl":
        thigh = 0.46 / anatomy.length_rules["thigh"].model_length_m
        np.testing.assert_allclose(factors[f"femur_{side}"], [by_height, thigh, by_height])
    others = [factors[n] for n in anatomy.segments if not n.startswith("femur")]
    np.testing.assert_allclose(others, by_height)
    scaled = scale(anatomy, subject)
    base = _joint_place(anatomy, "walker_knee_r")
    np.testing.assert_allclose(_joint_place(scaled, "walker_knee_r"), base * factors["femur_r"])
    assert scaled.mass_kg == pytest.approx(72.0)


def test_inertia_of_a_stretched_segment_is_that_of_the_stretched_mass(anatomy, rng):
    """A cloud of point masses with the segment's inertia, stretched point by point."""
    segment = anatomy.segments["torso"]
    moments = 0.5 * np.trace(segment.inertia_kg_m2) * np.eye(3) - segment.inertia_kg_m2
    points = rng.normal(size=(50, 3))
    points -= points.mean(axis=0)
    whiten = np.linalg.inv(np.linalg.cholesky(points.T @ points / 50))
    spread = np.linalg.cholesky(moments / segment.mass_kg)
    points = points @ whiten.T @ spread.T
    subject = Subject(1.78, 72.0, segment_lengths_m={"trunk": 0.48, "shoulder_width": 0.32})
    scaled = scale(anatomy, subject)
    stretched = points * scaled.scale_factors["torso"]
    point_mass = scaled.segments["torso"].mass_kg / 50
    expected = point_mass * (np.sum(stretched**2) * np.eye(3) - stretched.T @ stretched)
    np.testing.assert_allclose(scaled.segments["torso"].inertia_kg_m2, expected, atol=1e-12)


def test_scaling_twice_is_scaling_once(anatomy):
    subject = Subject(1.9, 90.0, segment_lengths_m={"thigh": 0.5, "pelvis_width": 0.18})
    first = Subject(1.5, 50.0, segment_lengths_m={"thigh": 0.4})
    once, twice = scale(anatomy, subject), scale(scale(anatomy, first), subject)
    for name, segment in once.segments.items():
        np.testing.assert_allclose(twice.scale_factors[name], once.scale_factors[name])
        np.testing.assert_allclose(
            twice.segments[name].inertia_kg_m2, segment.inertia_kg_m2, atol=1e-15
        )


@pytest.mark.parametrize(("length_m", "name"), [(0.20, "thigh"), (0.75, "thigh"), (0.9, "foot")])
def test_impossible_proportions_are_refused_by_name(anatomy, length_m, name):
    with pytest.raises(ImplausibleSubjectError, match=name) as caught:
        scale(anatomy, Subject(1.78, 72.0, segment_lengths_m={name: length_m}))
    assert caught.value.value == length_m
    low, high = caught.value.bounds
    assert not low <= length_m <= high


def test_an_unknown_length_is_named_with_the_known_ones(anatomy):
    with pytest.raises(UnknownNameError, match="neck") as caught:
        scale(anatomy, Subject(1.78, 72.0, segment_lengths_m={"neck": 0.1}))
    assert caught.value.name == "neck"
    assert "thigh" in str(caught.value)
