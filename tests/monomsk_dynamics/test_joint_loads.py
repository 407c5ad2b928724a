"""Joint contact forces against OpenSim (golden file of fit_muscles.py) and Newton's law."""

from pathlib import Path

import numpy as np
import pytest

from monomsk_description.frames import to_rep103
from monomsk_description.muscles import MuscleGeometry
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject
from monomsk_dynamics.errors import ShapeError
from monomsk_dynamics.joint_loads import JointLoads
from monomsk_dynamics.results import BodyDynamics, SoleContact

DATA = Path(__file__).parent / "data" / "held_joint_reactions.npz"
AIR = SoleContact(False, 0.0, np.zeros(3), np.full(3, np.nan), 0.0)
FOOT = ("talus", "calcn", "toes")
BELOW = {"hip": ("femur", "tibia", *FOOT), "knee": ("tibia", *FOOT), "ankle": FOOT}


def instant(q, v=None, a=None, soles=(AIR, AIR)):
    zero = np.zeros(37)
    v, a = (zero if value is None else value for value in (v, a))
    return BodyDynamics(0, q, v, a, zero, zero, soles, np.zeros(6), float("nan"))


@pytest.fixture(scope="module")
def loads(skeleton):
    return JointLoads(skeleton, MuscleGeometry(skeleton))


def test_joints_of_a_held_body_press_as_opensims():
    with np.load(DATA) as file:
        golden = dict(file)
    skeleton = build_skeleton(Subject(1.70, float(golden["mass_kg"])))
    geometry = MuscleGeometry(skeleton)
    loads = JointLoads(skeleton, geometry)
    order = [list(golden["names"]).index(name) for name in geometry.names]
    errors, sizes = [], []
    for pose, tensions, expected in zip(
        golden["poses"], golden["tensions"], golden["forces"], strict=True
    ):
        q = skeleton.neutral()
        for name, angle in zip(golden["coordinates"], pose, strict=True):
            q[7 + skeleton.coordinate_index(f"{name}_r")] = angle
        found = loads.forces(instant(q), tensions[order].astype(float))
        assert found.joints[:3] == ("hip_r", "knee_r", "ankle_r")
        turned = np.stack([expected[:, 0], -expected[:, 2], expected[:, 1]], axis=1)
        errors.append(np.linalg.norm(found.forces[:3] - turned, axis=1))
        sizes.append(np.linalg.norm(expected, axis=1))
    relative = np.array(errors) / np.array(sizes)
    assert len(relative) == 30
    assert np.median(relative) < 0.005
    assert relative.max() < 0.02


def momentum(skeleton, q, v, segments):
    """Linear momentum (3,) of some segments, from their displacement along v [kg m/s]."""
    total = np.zeros(3)
    step = 1e-6
    before = skeleton.segment_poses(skeleton.integrate(q, -step * v))
    after = skeleton.segment_poses(skeleton.integrate(q, step * v))
    for name in segments:
        segment = skeleton.anatomy.segments[name]
        center = to_rep103(segment.center_of_mass_m)
        total += segment.mass_kg * (after[name].act(center) - before[name].act(center))
    return total / (2 * step)


def test_without_muscles_joints_carry_and_accelerate_what_hangs_on_them(
    skeleton, loads, random_state
):
    q, v = random_state(1)
    a = np.random.default_rng(2).normal(scale=3.0, size=37)
    sole = SoleContact(True, 1.0, np.array([30.0, -20.0, 400.0]), np.array([0.1, -0.1, 0.0]), 2.0)
    found = loads.forces(instant(q, v, a, (sole, AIR)), np.zeros(80))
    step = 1e-4
    for side, external in (("r", sole.force), ("l", np.zeros(3))):
        for joint, names in BELOW.items():
            segments = [f"{name}_{side}" for name in names]
            ahead, behind = (
                momentum(
                    skeleton,
                    skeleton.integrate(q, s * step * v + 0.5 * step**2 * a),
                    v + s * step * a,
                    segments,
                )
                for s in (1.0, -1.0)
            )
            mass = sum(skeleton.anatomy.segments[name].mass_kg for name in segments)
            expected = (ahead - behind) / (2 * step) + [0.0, 0.0, 9.81 * mass] - external
            row = found.joints.index(f"{joint}_{side}")
            np.testing.assert_allclose(found.forces[row], expected, atol=2e-2)


def test_a_soleus_presses_the_ankle_together(skeleton, loads):
    q = skeleton.neutral()
    forces = np.zeros(80)
    relaxed = loads.forces(instant(q), forces)
    forces[MuscleGeometry(skeleton).names.index("soleus_r")] = 1000.0
    tense = loads.forces(instant(q), forces)
    change = tense.forces - relaxed.forces
    ankle = tense.joints.index("ankle_r")
    assert np.linalg.norm(change[ankle]) == pytest.approx(1000.0, rel=0.01)
    assert change[ankle, 2] < -950.0
    assert not np.delete(change, ankle, axis=0).any()
    assert tense.magnitude("ankle_r") > 900.0


def test_a_wrong_number_of_forces_is_refused(skeleton, loads):
    with pytest.raises(ShapeError, match="muscle_forces"):
        loads.forces(instant(skeleton.neutral()), np.zeros(40))
