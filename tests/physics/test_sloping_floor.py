"""Where a recording's floor slopes is found from the soles; level floors stay level."""

import numpy as np
import pytest

from monomsk_analysis.plain_walk import PlainWalk
from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject
from monomsk_dynamics import rotations
from monomsk_dynamics.floor import Floor
from monomsk_dynamics.floor_frame import FloorFrame
from monomsk_dynamics.offline import analyze_motion
from monomsk_dynamics.options import DynamicsOptions, GroundOptions
from monomsk_dynamics.recorded_floor import (
    FloorSearch,
    Footholds,
    find_floor,
    find_footholds,
    fit_plane,
)

RATE_HZ = 60.0


@pytest.fixture(scope="module")
def skeleton() -> Skeleton:
    return build_skeleton(Subject(1.75, 70.0))


@pytest.fixture(scope="module")
def walk(skeleton: Skeleton) -> tuple[np.ndarray, np.ndarray]:
    source = PlainWalk(skeleton)
    times_s = np.arange(0.0, 4.0, 1 / RATE_HZ)
    q = np.array([source.configuration(time_s) for time_s in times_s])
    return np.round(times_s * 1e9).astype(np.int64), q


def tilted(q: np.ndarray, floor: Floor) -> np.ndarray:
    """The motion turned as one, from a level floor onto another."""
    frame = FloorFrame(floor)
    turn = rotations.matrix(frame.turn)
    moved = q.copy()
    moved[:, :3] = (q[:, :3] + [0.0, 0.0, floor.height_m * frame.normal[2]]) @ turn
    moved[:, 3:7] = rotations.multiply(
        np.broadcast_to(rotations.conjugate(frame.turn), (len(q), 4)), q[:, 3:7]
    )
    return moved


def off_deg(found: Floor, true: Floor) -> float:
    return float(
        np.degrees(np.arccos(min(1.0, FloorFrame(found).normal @ FloorFrame(true).normal)))
    )


@pytest.mark.parametrize("rise", [(5.0, 0.0), (-5.0, 0.0), (8.0, 0.0)])
def test_a_ramp_is_recognised(skeleton, walk, rise) -> None:
    stamps_ns, q = walk
    ramp = Floor.given(0.0, *rise)
    found = find_floor(skeleton, stamps_ns, tilted(q, ramp))
    assert found.source == "found"
    assert off_deg(found, ramp) < 0.7
    assert found.height_m == pytest.approx(0.0, abs=0.03)


def test_across_a_straight_walk_the_floor_stays_level(skeleton, walk) -> None:
    stamps_ns, q = walk
    found = find_floor(skeleton, stamps_ns, tilted(q, Floor.given(0.0, 5.0, 3.0)))
    assert found.rise_deg == pytest.approx((5.0, 0.0), abs=0.5)


def test_a_walk_around_a_corner_tells_both_slopes() -> None:
    rng = np.random.default_rng(4)
    way = np.concatenate([[[0.6 * k, 0.0] for k in range(5)], [[2.4, 0.6 * k] for k in range(5)]])
    ahead = np.repeat([[1.0, 0.0], [0.0, 1.0]], 5, axis=0)
    slope = np.array([0.05, -0.04])
    places = np.column_stack([way, way @ slope + 0.01 * rng.normal(size=10)])
    tilts = slope + 0.03 * rng.normal(size=(10, 2))
    side = np.tile([1.0, -1.0], 5)
    search = FloorSearch()
    fit = fit_plane(Footholds(places, tilts, ahead, side, places), search)
    np.testing.assert_allclose(fit.certain(search), slope, atol=0.012)
    level = fit_plane(Footholds(places * [1, 1, 0], 0.0 * tilts, ahead, side, places), search)
    np.testing.assert_array_equal(level.certain(search), 0.0)


def test_a_model_with_one_twisted_foot_stands_on_a_level_floor() -> None:
    # Exchanged markers rolled the right foot of a child in `gait_c3d` by 16 degrees.
    way = np.array([[0.1 * (k % 2), 0.55 * k] for k in range(10)])
    ahead, side = np.tile([0.0, 1.0], (10, 1)), np.tile([1.0, -1.0], 5)
    tilts = np.column_stack([np.where(side > 0.0, -0.29, 0.03), np.zeros(10)])
    places = np.column_stack([way, np.zeros(10)])
    search = FloorSearch()
    fit = fit_plane(Footholds(places, tilts, ahead, side, places), search)
    np.testing.assert_array_equal(fit.certain(search), 0.0)


@pytest.mark.parametrize("heading_deg", [0.0, 70.0])
def test_a_level_floor_stays_level(skeleton, walk, heading_deg) -> None:
    stamps_ns, q = walk
    turn = rotations.exp(np.array([0.0, 0.0, np.radians(heading_deg)]))
    turned = q.copy()
    turned[:, :3] = q[:, :3] @ rotations.matrix(turn).T
    turned[:, 3:7] = rotations.multiply(np.broadcast_to(turn, (len(q), 4)), q[:, 3:7])
    assert find_floor(skeleton, stamps_ns, turned).source == "level"


def test_a_slight_slope_is_level(skeleton, walk) -> None:
    stamps_ns, q = walk
    assert find_floor(skeleton, stamps_ns, tilted(q, Floor.given(0.0, 1.0))).source == "level"


def test_stairs_are_no_slope(skeleton, walk) -> None:
    stamps_ns, q = walk
    climbing = q.copy()
    # Soles stay level while every step is 10 cm higher.
    climbing[:, 2] += 0.10 * (q[:, 0] - q[0, 0]) / 0.3
    assert find_floor(skeleton, stamps_ns, climbing).source == "level"


def test_somebody_who_stands_tells_no_slope(skeleton) -> None:
    q = np.tile(skeleton.neutral(), (120, 1))
    q[:, 7 + skeleton.coordinate_index("ankle_angle_r")] += 0.05
    stamps_ns = (np.arange(120) / RATE_HZ * 1e9).astype(np.int64)
    assert find_floor(skeleton, stamps_ns, q).source == "level"


def test_a_foot_rests_on_either_side_of_a_gap_but_not_through_it(skeleton) -> None:
    times_s = np.arange(80) / RATE_HZ
    times_s[40:] += 60.0
    q = np.tile(skeleton.neutral(), (80, 1))
    q[40:, :7] += [1.0, 0.0, 0.1, 0.0, 0.0, 0.0, 0.0]
    q[40:, 3:7] = [0.0, 0.0, 1.0, 0.0]  # facing back
    stamps_ns = np.round(times_s * 1e9).astype(np.int64)
    found = find_footholds(skeleton, stamps_ns, q, FloorSearch())
    np.testing.assert_array_equal(found.side, [1.0, 1.0, -1.0, -1.0])
    np.testing.assert_allclose(found.forward[:, 0], [1.0, -1.0, 1.0, -1.0])
    np.testing.assert_allclose(found.places[:, 2], [0.0, 0.1, 0.0, 0.1], atol=1e-9)


def test_a_foot_that_turns_on_the_spot_has_no_direction(skeleton) -> None:
    angle = np.interp(np.arange(121), [40, 80], [0.0, np.pi])
    q = np.tile(skeleton.neutral(), (121, 1))
    pivot = skeleton.points(q[0], skeleton.soles)[:8].mean(axis=0)
    for row, yaw in zip(q, angle, strict=True):
        turn = rotations.exp(np.array([0.0, 0.0, yaw]))
        row[:3] = pivot + rotations.matrix(turn) @ (row[:3] - pivot)
        row[3:7] = turn
    stamps_ns = np.round(np.arange(121) / RATE_HZ * 1e9).astype(np.int64)
    found = find_footholds(skeleton, stamps_ns, q, FloorSearch())
    # The left foot, which goes around, stood before and afterwards.
    np.testing.assert_array_equal(found.side, [-1.0, -1.0])
    np.testing.assert_allclose(np.abs(found.forward[:, 0]), 1.0, atol=1e-6)


def test_walking_up_a_ramp_has_the_contacts_of_the_plane(skeleton, walk) -> None:
    stamps_ns, q = walk
    ramp = Floor.given(0.0, 5.0)
    level = analyze_motion(skeleton, stamps_ns, q)
    on_ramp = analyze_motion(skeleton, stamps_ns, tilted(q, ramp))
    believed_level = analyze_motion(
        skeleton, stamps_ns, tilted(q, ramp),
        DynamicsOptions(ground=GroundOptions(floor=Floor.given(0.0))),
    )  # fmt: skip
    contact, same, wrong = (
        np.array([[sole.in_contact for sole in result.soles] for result in results])
        for results in (level, on_ramp, believed_level)
    )
    assert (contact == same).mean() > 0.97
    assert (contact == wrong).mean() < 0.9
    forces, usual = (
        np.array([sum(sole.force for sole in result.soles) for result in results]).mean(axis=0)
        for results in (on_ramp, level)
    )
    # The ramp takes no more and no less, and holds against gravity, not against its normal.
    assert forces[2] == pytest.approx(usual[2], rel=0.01)
    assert abs(forces[0]) < 0.03 * forces[2]
    residual = np.array([np.linalg.norm(result.root_residual[:3]) for result in on_ramp])
    assert np.median(residual) < 0.01 * skeleton.mass_kg * 9.81
