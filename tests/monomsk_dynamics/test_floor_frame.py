"""A sloping floor as the level floor of another world, and the results back in the recording's."""

from dataclasses import replace

import numpy as np
import pytest

from monomsk_dynamics import rotations
from monomsk_dynamics.errors import OptionError
from monomsk_dynamics.floor import LEVEL_FLOOR, Floor
from monomsk_dynamics.floor_frame import FloorFrame, lean
from monomsk_dynamics.offline import analyze_motion
from monomsk_dynamics.options import DynamicsOptions, GroundOptions
from monomsk_dynamics.results import SoleContact

#: Falling ahead: the centre of pressure stays between heel and toes.
RAMP = Floor.given(0.1, -4.0, 2.0)


@pytest.fixture(scope="module")
def sway(skeleton):
    """Stamps and configurations of somebody who sways about the ankles on the ramp."""
    times_s = np.arange(0.0, 1.5, 1 / 60.0)
    q = np.tile(skeleton.neutral(), (len(times_s), 1))
    ankle = skeleton.sole_poses(skeleton.neutral())[0].translation + [0.0, 0.0, 0.09]
    pivot = np.array([ankle[0], 0.0, ankle[2]])
    for k, angle in enumerate(0.01 * np.sin(2 * np.pi * 0.5 * times_s)):
        turn = rotations.exp(np.array([0.0, angle, 0.0]))
        q[k, :3] = pivot + rotations.matrix(turn) @ (q[k, :3] - pivot)
        q[k, 3:7] = turn
        for side in "rl":
            q[k, 7 + skeleton.coordinate_index(f"ankle_angle_{side}")] = angle
    return np.round(times_s * 1e9).astype(np.int64), on_floor(RAMP, q)


def on_floor(floor: Floor, q: np.ndarray) -> np.ndarray:
    """Configurations of a level floor's world, put on a floor."""
    frame = FloorFrame(floor)
    back = rotations.conjugate(frame.turn)
    moved = q.copy()
    above = floor.height_m * frame.normal[2]
    moved[:, :3] = (q[:, :3] + [0.0, 0.0, above]) @ rotations.matrix(frame.turn)
    moved[:, 3:7] = rotations.multiply(np.broadcast_to(back, (len(q), 4)), q[:, 3:7])
    return moved


def test_the_plane_is_level_and_at_zero_in_its_world():
    frame = FloorFrame(RAMP)
    xy = np.random.default_rng(1).uniform(-3.0, 3.0, (20, 2))
    plane = np.column_stack([xy, RAMP.height_m + xy @ RAMP.slope])
    np.testing.assert_allclose(frame.places(plane)[:, 2], 0.0, atol=1e-12)
    assert RAMP.rise_deg == pytest.approx((-4.0, 2.0))
    assert RAMP.slope_deg == pytest.approx(np.degrees(np.arccos(frame.normal[2])))


def test_gravity_leans_and_the_body_stays_the_same(skeleton):
    leaning = FloorFrame(RAMP).skeleton(skeleton)
    assert leaning.mass_kg == skeleton.mass_kg
    # What holds the body points uphill in the floor's world.
    np.testing.assert_allclose(lean(leaning), np.tan(np.radians([-4.0, 2.0])), rtol=0.01)
    np.testing.assert_array_equal(lean(skeleton), 0.0)


def test_results_return_to_the_world_exactly(skeleton, sway):
    stamps_ns, q = sway
    options = DynamicsOptions(ground=GroundOptions(floor=RAMP))
    results = analyze_motion(skeleton, stamps_ns, q, options, sigma_q=np.full(37, np.nan))
    for result in results[10:-10:20]:
        needed = skeleton.inverse_dynamics(result.q, result.v, result.a)[:6]
        pelvis = rotations.matrix(result.q[3:7])
        force = sum(sole.force for sole in result.soles) + result.root_residual[:3]
        moment = sum(sole.moment_about(result.q[:3]) for sole in result.soles)
        np.testing.assert_allclose(pelvis @ needed[:3], force, atol=1e-6)
        np.testing.assert_allclose(
            pelvis @ needed[3:], moment + result.root_residual[3:], atol=1e-6
        )


def test_a_person_on_a_ramp_is_held_upright_on_its_plane(skeleton, sway):
    stamps_ns, q = sway
    options = DynamicsOptions(ground=GroundOptions(floor=RAMP))
    results = analyze_motion(skeleton, stamps_ns, q, options)
    weight = skeleton.mass_kg * 9.81
    total = np.array([sum(sole.force for sole in result.soles) for result in results])
    np.testing.assert_allclose(total[:, 2].mean(), weight, rtol=0.01)
    assert np.abs(total[:, :2].mean(axis=0)).max() < 0.02 * weight
    assert all(sole.in_contact for result in results for sole in result.soles)
    for result in results[::20]:
        places = np.array([sole.center_of_pressure for sole in result.soles])
        on_plane = RAMP.height_m + places[:, :2] @ RAMP.slope
        np.testing.assert_allclose(places[:, 2], on_plane, atol=1e-9)


def leaning_share(results) -> np.ndarray:
    """Force along the ramp over force across it, of every sole of every twentieth result."""
    normal = FloorFrame(RAMP).normal
    forces = np.array([sole.force for result in results[::20] for sole in result.soles])
    across = forces @ normal
    return np.linalg.norm(forces - across[:, None] * normal, axis=1) / across


def test_friction_is_that_of_the_plane(skeleton, sway):
    stamps_ns, q = sway
    usual = DynamicsOptions(ground=GroundOptions(floor=RAMP))
    slippery = replace(usual, solver=replace(usual.solver, friction=0.03))
    held, sliding = (
        leaning_share(analyze_motion(skeleton, stamps_ns, q, options))
        for options in (usual, slippery)
    )
    # Held against gravity on a ramp of 4.5 degrees (0.078): with less friction soles slide.
    assert (held > 0.03).all() and (held < 0.2).all()
    assert (sliding < 0.03 * np.sqrt(2.0) + 1e-6).all()


def test_a_moment_about_the_normal_becomes_one_about_the_vertical():
    frame = FloorFrame(RAMP)
    turned = SoleContact(True, 1.0, np.array([40.0, -30.0, 600.0]), np.array([0.2, 0.1, 0.0]), 5.0)
    back = rotations.matrix(frame.turn).T
    origin = back @ [0.0, 0.0, frame.places(np.zeros((1, 3)))[0, 2]] * -1.0
    found = frame._about_vertical(turned.moved(back, origin))
    moment = back @ turned.moment_about(np.zeros(3))
    np.testing.assert_allclose(found.moment_about(origin), moment, atol=1e-9)


def test_a_given_height_is_taken_as_it_is(skeleton, sway):
    stamps_ns, _ = sway
    q = np.tile(skeleton.neutral(), (len(stamps_ns), 1))
    q[:, 2] += 0.25
    lost = analyze_motion(skeleton, stamps_ns, q)
    floor = Floor.given(0.25)
    found = analyze_motion(
        skeleton, stamps_ns, q, DynamicsOptions(ground=GroundOptions(floor=floor))
    )
    assert not any(sole.in_contact for result in lost for sole in result.soles)
    assert all(sole.in_contact for result in found for sole in result.soles)
    assert found[30].soles[0].center_of_pressure[2] == pytest.approx(0.25)


def test_floors_that_nobody_stands_on_are_refused():
    with pytest.raises(OptionError, match="slope"):
        Floor.given(0.0, 50.0, 0.0)
    with pytest.raises(OptionError, match="slope"):
        Floor.given(0.0, 0.0, 170.0)  # its tangent is that of -10 degrees
    with pytest.raises(OptionError, match="height"):
        Floor.given(float("nan"))
    assert LEVEL_FLOOR.source == "level"
