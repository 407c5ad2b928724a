"""Synthetic markers of a known motion give the motion back."""

import numpy as np
import pytest

from monomsk_analysis.marker_ik import IkOptions, MarkerSolver, rigid_fit, solve_markers
from monomsk_analysis.marker_sets import load_marker_set
from monomsk_description.anatomy_file import load_anatomy
from monomsk_description.frames import Array
from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject

FRAMES = 25
NAMES = tuple(n for n, p in load_marker_set("plug_in_gait").places.items() if p.weight > 0)


@pytest.fixture(scope="module")
def skeleton() -> Skeleton:
    markers = load_marker_set("plug_in_gait")
    return build_skeleton(Subject(1.75, 70.0), markers.on(load_anatomy(), NAMES))


def make_motion(skeleton: Skeleton) -> Array:
    """Walking-like motion (n, 38) that turns around, every coordinate inside its range."""
    time = np.linspace(0.0, 1.0, FRAMES)
    rng = np.random.default_rng(7)
    middle = 0.5 * (skeleton.lower_limits + skeleton.upper_limits)
    middle = np.clip(middle, -0.3, 0.3)
    reach = np.minimum(0.25, 0.3 * (skeleton.upper_limits - skeleton.lower_limits))
    phase = rng.uniform(0.0, 2.0 * np.pi, 31)
    q = np.tile(skeleton.neutral(), (FRAMES, 1))
    q[:, 0] = 1.2 * time
    yaw = 2.0 * time
    q[:, 5], q[:, 6] = np.sin(0.5 * yaw), np.cos(0.5 * yaw)
    q[:, 7:] = middle + reach * np.sin(2.0 * np.pi * time[:, None] + phase)
    return q


def solve(skeleton: Skeleton, positions: Array) -> tuple[Array, Array]:
    weights = load_marker_set("plug_in_gait").weights(NAMES)
    solver = MarkerSolver(skeleton, skeleton.markers, weights)
    fit = solve_markers(solver, positions, skeleton.neutral(), NAMES)
    return np.array([q for q in fit.configurations if q is not None]), fit.residual_m


def test_markers_of_a_motion_give_the_motion_back(skeleton: Skeleton) -> None:
    motion = make_motion(skeleton)
    positions = np.array([skeleton.points(q, skeleton.markers) for q in motion])
    found, residual = solve(skeleton, positions)
    assert np.nanmax(residual) < 1e-3
    error_deg = np.degrees(np.abs(found[:, 7:] - motion[:, 7:]).max(axis=0))
    assert error_deg.max() < 0.2, dict(zip(skeleton.coordinate_names, error_deg, strict=True))
    assert np.abs(found[:, :3] - motion[:, :3]).max() < 1e-3


def test_gaps_of_some_markers_change_little(skeleton: Skeleton) -> None:
    motion = make_motion(skeleton)
    positions = np.array([skeleton.points(q, skeleton.markers) for q in motion])
    positions[8:14, [NAMES.index(n) for n in ("RASI", "LTHI", "RELB", "LHEE")]] = np.nan
    found, _ = solve(skeleton, positions)
    assert len(found) == FRAMES
    assert np.degrees(np.abs(found[:, 7:] - motion[:, 7:])).max() < 0.5


def test_a_frame_with_few_markers_has_no_result(skeleton: Skeleton) -> None:
    motion = make_motion(skeleton)
    positions = np.array([skeleton.points(q, skeleton.markers) for q in motion])
    positions[10, ::2] = np.nan
    weights = load_marker_set("plug_in_gait").weights(NAMES)
    solver = MarkerSolver(skeleton, skeleton.markers, weights)
    fit = solve_markers(solver, positions, skeleton.neutral(), NAMES)
    assert fit.configurations[10] is None
    assert sum(q is None for q in fit.configurations) == 1


def test_a_marker_in_a_wrong_place_shows_in_its_residual(skeleton: Skeleton) -> None:
    motion = make_motion(skeleton)
    positions = np.array([skeleton.points(q, skeleton.markers) for q in motion])
    positions[:, NAMES.index("LKNE")] += [0.0, 0.0, 0.08]
    weights = load_marker_set("plug_in_gait").weights(NAMES)
    solver = MarkerSolver(skeleton, skeleton.markers, weights)
    table = solve_markers(solver, positions, skeleton.neutral(), NAMES).by_marker()
    assert max(table, key=lambda name: table[name][0]) == "LKNE"


def test_markers_without_weight_do_not_count(skeleton: Skeleton) -> None:
    positions = np.array([skeleton.points(q, skeleton.markers) for q in make_motion(skeleton)[:3]])
    aside = NAMES.index("LTHI")
    positions[:, aside] += [0.0, 0.5, 0.0]
    weights = load_marker_set("plug_in_gait").weights(NAMES)
    weights[aside] = 0.0
    solver = MarkerSolver(skeleton, skeleton.markers, weights)
    fit = solve_markers(solver, positions, skeleton.neutral(), NAMES)
    assert fit.rms_m < 1e-3
    assert fit.by_marker()["LTHI"][0] == pytest.approx(0.5, abs=1e-2)


def test_exchanged_labels_are_left_out_and_named(skeleton: Skeleton) -> None:
    motion = make_motion(skeleton)
    positions = np.array([skeleton.points(q, skeleton.markers) for q in motion])
    pair = [NAMES.index("RP1M"), NAMES.index("RLCA")]
    positions[:, pair] = positions[:, pair[::-1]]
    weights = load_marker_set("plug_in_gait").weights(NAMES)
    solver = MarkerSolver(skeleton, skeleton.markers, weights)
    fit = solve_markers(solver, positions, skeleton.neutral(), NAMES)
    assert set(fit.often_rejected()) == {"RP1M", "RLCA"}
    assert fit.rms_m < 1e-3
    found = np.array([q for q in fit.configurations if q is not None])
    assert np.degrees(np.abs(found[:, 7:] - motion[:, 7:])).max() < 0.5


def test_limits_hold(skeleton: Skeleton) -> None:
    knee = skeleton.coordinate_index("knee_angle_r")
    q = skeleton.neutral()
    q[7 + knee] = -0.4
    options = IkOptions(limit_slack_rad=0.0)
    solver = MarkerSolver(skeleton, skeleton.markers, np.ones(len(NAMES)), options)
    found = solver.solve(skeleton.neutral(), skeleton.points(q, skeleton.markers))
    assert found[7 + knee] == pytest.approx(skeleton.lower_limits[knee], abs=1e-9)


def test_rigid_fit_finds_a_turn_about_the_vertical() -> None:
    rng = np.random.default_rng(1)
    points = rng.normal(size=(6, 3))
    turn = np.array([[np.cos(2.5), -np.sin(2.5), 0.0], [np.sin(2.5), np.cos(2.5), 0.0], [0, 0, 1]])
    rotation, shift = rigid_fit(points, points @ turn.T + [1.0, 2.0, 3.0], np.array([0, 0, 1.0]))
    np.testing.assert_allclose(rotation, turn, atol=1e-12)
    np.testing.assert_allclose(shift, [1.0, 2.0, 3.0], atol=1e-12)
