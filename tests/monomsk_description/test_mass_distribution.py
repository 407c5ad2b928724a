from dataclasses import replace

import numpy as np
import pytest

from monomsk_description.anatomy_file import load_anatomy
from monomsk_description.errors import IncompleteSkeletonError, UnknownNameError
from monomsk_description.mass_distribution import distribute_mass
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject

# de Leva 1996, Table 4: percent of the body's mass, women and men.
PERCENT = {
    ("femur_r",): (14.78, 14.16),
    ("tibia_l",): (4.81, 4.33),
    ("talus_r", "calcn_r", "toes_r"): (1.29, 1.37),
    ("humerus_l",): (2.55, 2.71),
    ("ulna_r", "radius_r"): (1.38, 1.62),
    ("hand_l",): (0.56, 0.61),
    ("pelvis",): (12.47, 11.17),
    ("torso",): (6.68 + 15.45 + 14.65, 6.94 + 15.96 + 16.33),
}
SEXES = ("female", "male")


@pytest.fixture(scope="module")
def bodies():
    return {sex: build_skeleton(Subject(1.68, 63.0, sex)) for sex in (*SEXES, "unspecified")}


@pytest.mark.parametrize("sex", ["female", "male", "unspecified"])
def test_masses_sum_to_the_body(bodies, sex):
    assert bodies[sex].mass_kg == pytest.approx(63.0, abs=1e-9)
    total = sum(inertia.mass for inertia in bodies[sex].model.inertias)
    assert total == pytest.approx(63.0, abs=1e-9)


@pytest.mark.parametrize("column", [0, 1])
def test_shares_are_de_leva_s(bodies, column):
    segments = bodies[SEXES[column]].anatomy.segments
    for names, percent in PERCENT.items():
        share = sum(segments[name].mass_kg for name in names) / 63.0
        # The table's rounded numbers sum to 99.99.
        assert 100 * share == pytest.approx(percent[column], rel=2e-4)


def test_unspecified_keeps_rajagopal_s_shares(bodies):
    rajagopal = load_anatomy()
    for name, segment in bodies["unspecified"].anatomy.segments.items():
        share = rajagopal.segments[name].mass_kg / rajagopal.mass_kg
        assert segment.mass_kg / 63.0 == pytest.approx(share)


def test_centres_lie_where_de_leva_puts_them(bodies):
    for sex, thigh, arm in (("female", 0.3612, 0.5754), ("male", 0.4095, 0.5772)):
        anatomy = bodies[sex].anatomy
        joints = {joint.child: joint.in_parent.translation for joint in anatomy.joints}
        for segment, child, fraction in (
            ("femur_r", "tibia_r", thigh), ("femur_l", "tibia_l", thigh),
            ("humerus_r", "ulna_r", arm),
        ):  # fmt: skip
            center = anatomy.segments[segment].center_of_mass_m[1]
            assert center / joints[child][1] == pytest.approx(fraction, rel=1e-6)


def test_trunk_and_head_together_lie_where_de_leva_puts_them(bodies):
    """Table 4's whole trunk (hips to shoulders, 0.4310 from the shoulders) and head, men."""
    anatomy = bodies["male"].anatomy
    joints = {joint.child: joint.in_parent.translation for joint in anatomy.joints}
    hips, lumbar = joints["femur_r"][1], joints["torso"][1]
    shoulders = lumbar + joints["humerus_r"][1]
    pelvis, torso = anatomy.segments["pelvis"], anatomy.segments["torso"]
    total = pelvis.mass_kg + torso.mass_kg
    height = (
        pelvis.mass_kg * pelvis.center_of_mass_m[1]
        + torso.mass_kg * (lumbar + torso.center_of_mass_m[1])
    ) / total
    trunk_m = 0.5155 * (1 - 0.4310)
    head_m = 0.6033 + 0.2429 * (1 - 0.5002)
    expected = (43.46 * trunk_m + 6.94 * head_m) / (43.46 + 6.94) / 0.5155
    assert (height - hips) / (shoulders - hips) == pytest.approx(expected, abs=0.01)


def test_thigh_and_torso_inertia_follow_the_radii(bodies):
    anatomy = bodies["female"].anatomy
    thigh = anatomy.segments["femur_r"]
    knee = next(j for j in anatomy.joints if j.child == "tibia_r").in_parent.translation[1]
    expected = thigh.mass_kg * (np.array([0.369, 0.162, 0.364]) * knee) ** 2
    np.testing.assert_allclose(np.diag(thigh.inertia_kg_m2), expected, rtol=1e-9)
    # The torso is more than its parts: they lie apart.
    men = bodies["male"].anatomy.segments["torso"]
    parts = 63.0 * (0.1633 * (0.482 * 0.2155) ** 2 + 0.1596 * (0.505 * 0.2421) ** 2)
    assert men.inertia_kg_m2[0, 0] > 1.5 * parts


@pytest.mark.parametrize("sex", SEXES)
def test_inertias_are_a_body_s(bodies, sex):
    for segment in bodies[sex].anatomy.segments.values():
        moments = np.linalg.eigvalsh(segment.inertia_kg_m2)
        assert moments[0] > 0.0
        assert moments[0] + moments[1] >= moments[2] * (1 - 1e-9)
    q = bodies[sex].neutral()
    assert np.linalg.eigvalsh(bodies[sex].mass_matrix(q)).min() > 0.0


def test_sides_mirror_each_other(bodies):
    segments = bodies["female"].anatomy.segments
    for name, segment in segments.items():
        if name.endswith("_r"):
            twin = segments[f"{name[:-2]}_l"]
            assert twin.mass_kg == pytest.approx(segment.mass_kg)
            np.testing.assert_allclose(twin.center_of_mass_m * [1, 1, -1], segment.center_of_mass_m)
            flip = np.diag([1, 1, -1])
            np.testing.assert_allclose(flip @ twin.inertia_kg_m2 @ flip, segment.inertia_kg_m2)


def test_women_carry_more_mass_in_the_legs(bodies):
    def height(sex):
        skeleton = bodies[sex]
        return skeleton.center_of_mass(skeleton.neutral())[2]

    assert height("female") != pytest.approx(height("male"), abs=1e-3)
    legs = {
        sex: sum(
            segment.mass_kg
            for name, segment in bodies[sex].anatomy.segments.items()
            if name[:-2] in ("femur", "tibia", "talus", "calcn", "toes")
        )
        for sex in SEXES
    }
    expected = (14.78 + 4.81 + 1.29) / (14.16 + 4.33 + 1.37)
    assert legs["female"] / legs["male"] == pytest.approx(expected, rel=1e-3)


def test_only_full_bodies_and_known_sexes():
    anatomy = load_anatomy()
    armless = {n: s for n, s in anatomy.segments.items() if not n.startswith("hand")}
    with pytest.raises(IncompleteSkeletonError, match="hand_r"):
        distribute_mass(replace(anatomy, segments=armless), "female")
    with pytest.raises(UnknownNameError, match="woman"):
        distribute_mass(anatomy, "woman")
