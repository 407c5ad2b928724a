"""The live check follows the motion by simulation, one step a frame."""

from dataclasses import replace

import numpy as np
import pytest

from monomsk_dynamics.consistency import DIVERGED_RAD, Simulation, consistency_error, distance
from monomsk_dynamics.live_consistency import RollingConsistency
from monomsk_dynamics.options import ConsistencyOptions

NO_ARMATURE = 1e-12


def rolling(skeleton, frames=4, horizon_s=1.0, armature_kg_m2=NO_ARMATURE):
    return RollingConsistency(skeleton, ConsistencyOptions(frames, horizon_s, armature_kg_m2))


def test_a_new_value_comes_with_every_simulation_that_ends(skeleton, solved_motion):
    check = rolling(skeleton)
    errors = [check.update(frame) for frame in solved_motion(60.0, 0.2)]
    assert np.isnan(errors[:4]).all()
    assert len(set(errors[4:8])) == 1
    assert errors[8] != errors[7]


def test_it_equals_the_check_in_hindsight(skeleton, solved_motion):
    frames, check = solved_motion(60.0, 0.2, disturb=5.0), rolling(skeleton)
    errors = [check.update(frame) for frame in frames]
    assert errors[4] == pytest.approx(consistency_error(skeleton, frames[:5]), rel=1e-3)
    assert errors[8] == pytest.approx(consistency_error(skeleton, frames[4:9]), rel=1e-3)


def test_its_steps_converge_to_the_motion_that_forces_cause(skeleton, solved_motion):
    first, *_, last = solved_motion(60.0, 0.1)

    def forced(steps):
        """Frames of whatever motion forces cause that are linear in time."""
        return [
            replace(
                first,
                time_s=first.time_s + 0.1 * share,
                generalised_force=(1.0 - share) * first.generalised_force
                + share * last.generalised_force,
            )
            for share in np.linspace(0.0, 1.0, steps + 1)
        ]

    reached, _ = Simulation(skeleton).run(forced(40))
    errors = []
    for steps in (2, 4):
        check, frames = rolling(skeleton, steps), forced(steps)
        frames[-1] = replace(frames[-1], q=reached)
        errors.append([check.update(frame) for frame in frames][-1])
    coarse, fine = errors
    assert coarse < np.radians(0.01)
    assert fine < coarse / 3.5


def test_at_low_rates_it_spans_one_interval(skeleton, solved_motion):
    check = rolling(skeleton, horizon_s=0.11)
    first, second, third = (check.update(frame) for frame in solved_motion(10.0, 0.2))
    assert np.isnan(first)
    assert np.isfinite([second, third]).all()
    assert second != third


def test_terms_that_are_known_change_nothing(skeleton, solved_motion):
    frames = solved_motion(60.0, 0.15)
    known = [
        replace(f, mass_matrix=skeleton.mass_matrix(f.q), bias=skeleton.bias_forces(f.q, f.v))
        for f in frames
    ]
    without, with_terms = (
        [check.update(frame) for frame in motion]
        for check, motion in ((rolling(skeleton), frames), (rolling(skeleton), known))
    )
    np.testing.assert_allclose(with_terms, without, rtol=1e-9)


def test_an_armature_leaves_exact_forces_exact(skeleton, solved_motion, derivatives):
    frames = [
        replace(frame, acceleration=derivatives(frame.time_s)[1])
        for frame in solved_motion(60.0, 0.1)
    ]
    check = rolling(skeleton, armature_kg_m2=0.01)
    assert [check.update(frame) for frame in frames][-1] < np.radians(0.02)
    reached = Simulation(skeleton, 0.01).run(frames[:5])
    assert distance(frames[4].q, *reached) < np.radians(0.02)


def test_reset_forgets_the_past(skeleton, solved_motion):
    check = rolling(skeleton)
    frames = solved_motion(60.0, 0.1)
    errors = [check.update(frame) for frame in frames]
    check.reset()
    assert np.isnan(check.update(frames[0]))
    np.testing.assert_array_equal([check.update(frame) for frame in frames[1:]], errors[1:])


def test_a_diverging_simulation_is_told_by_the_largest_error(skeleton, solved_motion):
    check = rolling(skeleton)
    with np.errstate(all="raise"):
        errors = [check.update(frame) for frame in solved_motion(30.0, 0.4, disturb=1e5)]
    assert DIVERGED_RAD in errors
