"""Motion and forces optimised together: no root residual, friction, still soles, windows."""

from dataclasses import replace

import numpy as np
import pytest

from monomsk_dynamics.frame import evaluate_frame
from monomsk_dynamics.gait_phase import GaitPhase
from monomsk_dynamics.generators import GeneratorMap
from monomsk_dynamics.load_sharing import LoadSharing
from monomsk_dynamics.offline import analyze_motion
from monomsk_dynamics.optimization import windows
from monomsk_dynamics.optimization_options import OptimizationOptions
from monomsk_dynamics.options import DynamicsOptions, SolverOptions
from monomsk_dynamics.wrench_rows import prior_rows

RATE_HZ = 60.0
FRAMES = 40
OPTIONS = OptimizationOptions(window_frames=22, window_s=0.3)


@pytest.fixture(scope="module")
def reaching(skeleton):
    """A standing person whose arms swing and whose trunk bends: more than the soles can follow."""
    times_s = np.arange(FRAMES) / RATE_HZ
    q = np.tile(skeleton.neutral(), (FRAMES, 1))
    wave = np.sin(2 * np.pi * 1.5 * times_s)
    for name, size in (("arm_flex_r", 0.5), ("arm_flex_l", 0.3), ("lumbar_extension", 0.05)):
        q[:, 7 + skeleton.coordinate_index(name)] += size * wave
    return np.round(1e9 * times_s).astype(np.int64), q


@pytest.fixture(scope="module")
def solved(skeleton, reaching):
    """Results of the optimisation, and the windows that it told of."""
    told = []
    options = replace(DynamicsOptions(), offline_solver="optimization", optimization=OPTIONS)
    results = analyze_motion(
        skeleton, *reaching, options, progress=lambda done, total: told.append((done, total))
    )
    return results, told


def test_no_root_residual_remains(skeleton, solved):
    residual = np.array([result.root_residual for result in solved[0]])
    assert np.linalg.norm(residual[:, :3], axis=1).max() < 1.0
    assert np.linalg.norm(residual[:, 3:], axis=1).max() < 1.0


def test_the_equations_of_motion_hold(skeleton, solved):
    for result in solved[0][::7]:
        left = skeleton.inverse_dynamics(result.q, result.v, result.a)
        total = np.zeros(3)
        for sole in result.soles:
            total += sole.force
        rotation = skeleton.segment_poses(result.q)["pelvis"].rotation
        np.testing.assert_allclose(rotation @ left[:3], total, atol=0.5)


def test_forces_stay_in_their_pyramids_and_sum_to_the_weight(skeleton, solved):
    forces = np.array([[sole.force for sole in result.soles] for result in solved[0]])
    friction = SolverOptions().friction
    level = np.abs(forces[..., :2]).sum(axis=-1)
    assert (level <= np.sqrt(2.0) * friction * forces[..., 2] + 1e-6).all()
    mean = forces[..., 2].sum(axis=1).mean()
    assert mean == pytest.approx(skeleton.mass_kg * 9.81, rel=0.03)


def test_soles_and_motion_stay_where_they_were(skeleton, reaching, solved):
    for q, result in zip(reaching[1], solved[0], strict=True):
        moved = skeleton.points(result.q, skeleton.soles) - skeleton.points(q, skeleton.soles)
        assert np.abs(moved).max() < 0.005
        assert np.abs(skeleton.difference(q, result.q)).max() < 0.06


def test_derivatives_are_those_of_the_exported_motion(skeleton, solved):
    results = solved[0]
    before, now, after = results[19].q, results[20], results[21].q
    v = skeleton.difference(before, after) * RATE_HZ / 2
    np.testing.assert_allclose(v, now.v, atol=0.03)


def test_progress_and_windows(solved):
    told = solved[1]
    assert told == [(k + 1, len(told)) for k in range(len(told))]
    assert len(told) > 1


def test_windows_overlap_and_reach_every_frame():
    options = OptimizationOptions(window_frames=40, window_s=0.5, overlap_s=0.1)
    spans = windows(np.arange(200) / 60.0, options)
    assert spans[0] == (0, 40)
    assert spans[-1][1] == 200
    for (_, stop), (start, _) in zip(spans, spans[1:], strict=False):
        assert stop - start == 6
    assert windows(np.arange(12) / 60.0, options) == [(0, 12)]


def test_two_windows_give_what_one_gives(skeleton, reaching, solved):
    whole = OptimizationOptions(window_frames=FRAMES)
    options = replace(DynamicsOptions(), offline_solver="optimization", optimization=whole)
    one = analyze_motion(skeleton, *reaching, options)
    torques = [np.array([r.tau[6:] for r in results]) for results in (one, solved[0])]
    assert np.sqrt(np.mean((torques[0] - torques[1]) ** 2)) < 1.5


def test_generators_span_the_pyramid(skeleton, feet):
    terms = evaluate_frame(skeleton, skeleton.neutral(), np.zeros(37))
    phase = GaitPhase(np.array([0.5, 0.5]), None, np.nan)
    sharing = LoadSharing(feet, skeleton.mass_kg * 9.81)
    prior = sharing.prior(terms, np.array([True, True]), phase, np.array([0.9, 0.5]))
    generators = GeneratorMap.of(feet, prior, 0.8, 700.0)
    rng = np.random.default_rng(0)
    magnitudes = rng.uniform(0.0, 0.2, generators.size)
    forces = generators.all_forces(magnitudes)
    found = generators.magnitudes(forces)
    assert (found >= 0.0).all()
    np.testing.assert_allclose(generators.all_forces(found), forces, atol=1e-9)
    rows = rng.normal(size=(5, 48))
    np.testing.assert_allclose(generators.pull_back(rows) @ magnitudes, rows @ forces.ravel())
    # The expected wrenches cost nothing more than what keeps the points' forces small.
    matrix, targets = prior_rows(prior, 700.0)
    all_rows, _ = generators.expectation(terms, prior, (matrix, targets), SolverOptions())
    wrench = np.zeros(12)
    for foot in (0, 1):
        own = feet.points[foot]
        arm = terms.points[own] - prior.center_of_pressure[foot]
        wrench[6 * foot : 6 * foot + 3] = forces[own].sum(axis=0)
        wrench[6 * foot + 3 : 6 * foot + 6] = np.cross(arm, forces[own]).sum(axis=0)
    np.testing.assert_allclose((all_rows @ magnitudes)[: len(matrix)], matrix @ wrench, atol=1e-8)
