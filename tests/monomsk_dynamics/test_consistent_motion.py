"""A motion that is moved until forces on the soles explain it."""

import logging
from dataclasses import replace

import numpy as np
import pytest

from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject
from monomsk_dynamics.balance import Balance
from monomsk_dynamics.consistent_motion import ConsistentMotion, make_consistent
from monomsk_dynamics.consistent_motion_options import ConsistentMotionOptions
from monomsk_dynamics.errors import OptionError
from monomsk_dynamics.frame import FootGeometry
from monomsk_dynamics.frame_balance import FrameBalance, frame_balances
from monomsk_dynamics.load_expectations import LoadExpectations
from monomsk_dynamics.motion_fit import Beliefs, MotionFit
from monomsk_dynamics.options import DynamicsOptions
from monomsk_dynamics.smoothing import SmoothMotion, smooth_motion
from monomsk_dynamics.spline_basis import SplineBasis

FRAMES, RATE_HZ = 60, 50.0
WEIGHT_N = 70.0 * 9.81
UNKNOWN = np.full((FRAMES, 37), np.nan)


@pytest.fixture(scope="module")
def body() -> Skeleton:
    return build_skeleton(Subject(1.75, 70.0))


def motion_of(body: Skeleton, tangents: np.ndarray) -> SmoothMotion:
    """The motion through configurations at tangent steps (n, 37) from upright standing."""
    stamps_ns = np.round(np.arange(len(tangents)) * 1e9 / RATE_HZ).astype(np.int64)
    q = np.array([body.integrate(body.neutral(), row) for row in tangents])
    (motion,) = smooth_motion(stamps_ns, q, 1e6, np.inf)
    return motion


def bending(body: Skeleton) -> np.ndarray:
    """Knees and trunk that bend and stretch (n, 37), soles about where they were."""
    phase = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAMES) / FRAMES)
    tangents = np.zeros((FRAMES, 37))
    for name, share in (("hip_flexion", 0.3), ("knee_angle", 0.6), ("ankle_angle", 0.3)):
        for side in "rl":
            tangents[:, 6 + body.coordinate_index(f"{name}_{side}")] = share * phase
    for row in tangents:
        q = body.integrate(body.neutral(), row)
        row[2] -= body.points(q, body.soles)[:, 2].min()
    tangents[:, 6 + body.coordinate_index("lumbar_extension")] = -0.2 * phase
    return tangents


def expected(
    body: Skeleton, motion: SmoothMotion, seats: bool = True
) -> tuple[list[FrameBalance], np.ndarray]:
    """What is expected of the loads, as the offline path does it, and how the soles stand."""
    feet, options = FootGeometry.of(body), DynamicsOptions()
    loads = LoadExpectations(body, feet, options).of(motion, UNKNOWN)
    if not seats:
        loads = replace(loads, priors=[replace(prior, support=None) for prior in loads.priors])
    sigma_a = np.broadcast_to(options.solver.acceleration_sigmas(), UNKNOWN.shape)
    balance = Balance(feet, body.mass_kg, motion, sigma_a, options)
    solutions = balance.solve(loads.terms, loads.priors, loads.phases)
    sigma = np.repeat([0.001, 0.0003], 3) * WEIGHT_N
    rows = [
        (prior, balance.solver.vertical_load(solution.rows, prior))
        for prior, solution in zip(loads.priors, solutions, strict=True)
    ]
    balances = frame_balances(feet, loads.terms, rows, sigma, options.solver, WEIGHT_N)
    held = [np.maximum(one.point_forces[:, 2], 0.0) / WEIGHT_N for one in solutions]
    return balances, np.array(held)


def beliefs(held: np.ndarray, sigma: float = 0.01, sigma_a: float = 1.0) -> Beliefs:
    return Beliefs(np.full(UNKNOWN.shape, sigma), np.full(UNKNOWN.shape, sigma_a), held)


def moved(
    body: Skeleton, motion: SmoothMotion, sigma: float = 0.01, seats: bool = True
) -> ConsistentMotion:
    balances, held = expected(body, motion, seats)
    return make_consistent(body, motion, balances, beliefs(held, sigma), 6.0)


def residual(body: Skeleton, motion: SmoothMotion, forces: np.ndarray) -> np.ndarray:
    rows = []
    for q, v, a, force in zip(motion.q, motion.v, motion.a, forces, strict=True):
        jacobians = body.point_jacobians(q, body.soles)
        rows.append(body.inverse_dynamics(q, v, a) - np.tensordot(force, jacobians, axes=2))
    return np.array(rows)[:, :6]


@pytest.fixture(scope="module")
def seen(body: Skeleton) -> SmoothMotion:
    """What a camera makes of a true motion."""
    rng = np.random.default_rng(11)
    seconds = np.arange(FRAMES) / RATE_HZ
    waves = np.sin(2 * np.pi * np.outer(seconds, rng.uniform(0.5, 2.0, 37)) + rng.uniform(0, 6, 37))
    return motion_of(body, bending(body) + 0.01 * waves)


@pytest.fixture(scope="module")
def found(body: Skeleton, seen: SmoothMotion) -> ConsistentMotion:
    return moved(body, seen)


def test_the_moved_motion_obeys_the_equations_of_motion(body, seen, found) -> None:
    balances, held = expected(body, seen)
    basis = SplineBasis.over(seen.times_s, 0.03)
    options = ConsistentMotionOptions()
    fit = MotionFit(body, seen, balances, beliefs(held), basis, options)
    before = fit.trial(fit.start(), np.ones(FRAMES))
    assert before.excess.max() > 20.0
    sigma = np.repeat([0.001, 0.0003], 3) * WEIGHT_N
    assert np.linalg.norm(found.root_residual / sigma, axis=1).max() < 4.0
    after = residual(body, found.motion, found.point_forces)
    assert np.sqrt(np.mean(after**2, axis=0)).max() < 0.005 * WEIGHT_N
    np.testing.assert_allclose(found.root_residual, after, atol=1e-6)


def test_forces_push_and_stay_within_friction(found) -> None:
    upright, level = found.point_forces[..., 2], np.abs(found.point_forces[..., :2])
    assert (upright >= 0.0).all()
    assert (level.max(axis=-1) <= 0.8 * upright * np.sqrt(2.0) + 1e-6).all()


def test_it_moves_no_further_than_what_disturbed_the_motion_suggests(found) -> None:
    """A disturbance of 1 cm and 1/100 rad whose derivatives were wrong, not its places."""
    assert np.abs(found.correction).max() < 0.08
    assert np.sqrt(np.mean(found.correction[:, 6:] ** 2)) < 0.01


def test_velocity_and_acceleration_are_derivatives_of_the_moved_configurations(body, found) -> None:
    q, v, a = found.motion.q, found.motion.v, found.motion.a
    period_s = 1.0 / RATE_HZ
    for k in range(5, FRAMES - 5):
        step = body.difference(q[k - 1], q[k + 1]) / (2 * period_s)
        np.testing.assert_allclose(step, v[k], atol=0.03 * np.abs(v).max())
    change = (v[2:] - v[:-2]) / (2 * period_s)
    np.testing.assert_allclose(change[5:-5], a[6:-6], atol=0.05 * np.abs(a).max())


def test_the_system_is_the_slope_of_the_cost(body, seen) -> None:
    """Right side of the normal equations against finite differences."""
    balances, held = expected(body, seen)
    basis = SplineBasis.over(seen.times_s, 0.1)
    fit = MotionFit(body, seen, balances, beliefs(0 * held), basis, ConsistentMotionOptions())
    rng = np.random.default_rng(5)
    doubts = np.ones(FRAMES)
    at = 0.0003 * rng.normal(size=fit.start().shape)
    _, target = fit.system(fit.trial(at, doubts))
    for _ in range(4):
        way = rng.normal(size=at.shape)
        step = 1e-6 * way
        ahead, behind = fit.trial(at + step, doubts).cost, fit.trial(at - step, doubts).cost
        # The cost is that of squares: its slope is minus twice the right side.
        slope = -2.0 * float(target @ way.ravel())
        assert (ahead - behind) / 2e-6 == pytest.approx(slope, rel=0.05)


def test_a_consistent_motion_stays(body, found) -> None:
    again = moved(body, found.motion)
    assert np.abs(again.correction).max() < 0.01
    assert np.abs(again.root_residual).max() < 0.01 * WEIGHT_N


def leaning(body: Skeleton, angle_rad: float) -> SmoothMotion:
    """Somebody who stands as no one can: the body far behind the soles."""
    tangents = np.zeros((FRAMES, 37))
    tangents[:, 2] = -0.9 * (1.0 - np.cos(angle_rad))
    tangents[:, 4] = -angle_rad
    for side in "rl":
        tangents[:, 6 + body.coordinate_index(f"ankle_angle_{side}")] = -angle_rad
    return motion_of(body, tangents)


def test_what_only_a_chair_explains_stays_a_residual(body) -> None:
    """Angles known to half a degree do not turn by 26 to please the equations of motion."""
    found = moved(body, leaning(body, 0.45), seats=False)
    assert np.abs(found.root_residual[5:-5, 3:]).max(axis=1).mean() > 0.02 * WEIGHT_N
    assert np.abs(found.correction[:, 3:]).max() < 0.1


def test_badly_known_angles_turn_as_far_as_they_are_unknown(body) -> None:
    sigma = 0.12
    found = moved(body, leaning(body, 0.25), sigma, seats=False)
    assert np.sqrt(np.mean(found.root_residual**2, axis=0)).max() < 0.01 * WEIGHT_N
    assert np.sqrt(np.mean(found.correction**2, axis=0)).max() < 3.0 * sigma


def test_a_motion_that_nothing_explains_is_never_made_worse(body, caplog) -> None:
    """Someone thrown about the room within frames: whatever comes out is finite and no worse."""
    rng = np.random.default_rng(2)
    tangents = bending(body)
    tangents[:, :6] += rng.normal(size=(FRAMES, 6)) * np.r_[np.full(3, 2.0), np.full(3, 1.0)]
    thrown = motion_of(body, tangents)
    balances, held = expected(body, thrown)
    with caplog.at_level(logging.WARNING):
        found = make_consistent(body, thrown, balances, beliefs(held, 0.1), 6.0)
    basis = SplineBasis.over(thrown.times_s, 0.03)
    fit = MotionFit(body, thrown, balances, beliefs(held, 0.1), basis, ConsistentMotionOptions())
    start = fit.trial(fit.start(), np.ones(FRAMES))
    sigma = np.repeat([0.001, 0.0003], 3) * WEIGHT_N
    left = np.linalg.norm(found.root_residual / sigma, axis=1)
    assert np.isfinite(found.root_residual).all()
    # Three body weights of residual say that nothing fits, however much more it is.
    assert np.minimum(left, 3000.0).mean() <= 1.01 * np.minimum(start.excess, 3000.0).mean()


def test_a_moment_that_nothing_explains_does_not_spoil_the_rest(body, seen) -> None:
    """Somebody who is thrown across the room for a fifth of a second, and stands before it."""
    tangents = bending(body)
    tangents[:10, :3] += np.linspace(3.0, 0.0, 10)[:, None] ** 2
    found = moved(body, motion_of(body, tangents), seats=False)
    sigma = np.repeat([0.001, 0.0003], 3) * WEIGHT_N
    left = np.linalg.norm(found.root_residual / sigma, axis=1)
    assert np.median(left[25:]) < 3.0
    assert np.abs(found.correction[25:]).max() < 0.1


def test_impossible_options_are_refused() -> None:
    with pytest.raises(OptionError, match="knot_cycles"):
        ConsistentMotionOptions(knot_cycles=0.0)
    with pytest.raises(OptionError, match="sigma = .*: expected more than 0"):
        ConsistentMotionOptions(sigma=(0.01, 0.0, 0.01))
