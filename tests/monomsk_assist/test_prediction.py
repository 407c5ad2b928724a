"""Predictions: the body model's own motion, bounded in reach and work, never implausible."""

import math

import numpy as np
import pytest
from tests.monomsk_assist.core_run import CoastingStepper

from monomsk_assist import motion_prediction
from monomsk_assist.estimate import GaitEstimate, LegCycle
from monomsk_assist.motion_prediction import ForwardStepper, coast
from monomsk_assist.phase_clock import PhaseClock
from monomsk_assist.predictor import STEPS_AT_ONCE, Predictor

START_NS = 10**18
MS = 1_000_000


def steps_of(stepper, estimate, count, period_s=0.01):
    nodes = [stepper.start(estimate)]
    nodes += [stepper.step(period_s) for _ in range(count)]
    return np.array([np.concatenate(node) for node in nodes])


@pytest.fixture
def falling(skeleton, make_estimate):
    """A person in the air, bent and turning, limp: gravity alone acts."""
    rng = np.random.default_rng(3)
    q = skeleton.integrate(skeleton.neutral(), 0.2 * rng.normal(size=37))
    v = 0.3 * rng.normal(size=37)
    a = skeleton.forward_dynamics(q, v, np.zeros(37))
    return make_estimate(START_NS, q=q, v=v, a=a, tau=np.zeros(37))


def test_with_lasting_forces_the_model_falls_as_physics_says(skeleton, falling, monkeypatch):
    """Against a hundred times finer steps of the same equations; energy is kept."""
    monkeypatch.setattr(motion_prediction, "FORCE_MEMORY_S", 1e9)
    coarse = steps_of(ForwardStepper(skeleton), falling, 5)
    q, v = falling.q, falling.v
    for _ in range(2000):
        v = v + 2.5e-5 * skeleton.forward_dynamics(q, v, np.zeros(37))
        q = skeleton.integrate(q, 2.5e-5 * v)
    np.testing.assert_allclose(coarse[-1][:31], q[7:], atol=2e-3)
    np.testing.assert_allclose(coarse[-1][31:], v[6:], atol=0.08)


def test_the_first_step_has_the_estimates_acceleration(skeleton, falling):
    start, after = steps_of(ForwardStepper(skeleton), falling, 1, period_s=1e-4)
    np.testing.assert_allclose((after - start)[31:] / 1e-4, falling.a[6:], rtol=0.02, atol=0.5)


def test_motion_dies_away_beyond_the_memory_of_the_forces(skeleton, falling):
    rates = np.abs(steps_of(ForwardStepper(skeleton), falling, 60)[:, 31:]).max(axis=1)
    assert rates[-1] < 0.01 * rates[0]


def test_an_implausible_simulation_is_given_up_for_the_kinematics(skeleton, make_estimate):
    a = np.zeros(37)
    a[6:] = 2000.0
    wild = make_estimate(START_NS, q=skeleton.neutral(), v=np.zeros(37), a=a)
    stepper = ForwardStepper(skeleton)
    nodes = steps_of(stepper, wild, 15)
    assert stepper.is_kinematic
    assert np.isfinite(nodes).all()
    assert (np.abs(nodes[:, 31:]) <= 30.0).all()


def test_coasting_is_the_integral_of_its_rate():
    lasts_s, left = coast(0.07)
    times_s = np.linspace(0.0, 0.07, 7001)
    rates = [coast(time_s)[1] for time_s in times_s]
    assert lasts_s == pytest.approx(np.trapezoid(rates, times_s), rel=1e-6)
    assert left == pytest.approx(rates[-1])


@pytest.fixture
def predictor():
    return Predictor((0,), CoastingStepper(), max_horizon_s=0.15, lead_s=0.01)


def work_off(predictor, now_ns, times=20):
    for _ in range(times):
        predictor.work(now_ns)


def test_before_an_estimate_there_is_no_prediction(predictor):
    predictor.work(START_NS)
    assert predictor.at(0, START_NS) is None
    assert predictor.stamp_ns is None


def test_between_the_nodes_and_beyond_them_it_is_the_same_motion(predictor, make_estimate):
    predictor.accept(make_estimate(START_NS, angle_rad=0.3, rate_rad_s=2.0))
    for now_ms in (0, 40, 200):
        work_off(predictor, START_NS + now_ms * MS)
        for ahead_ms in (0, 3, 10, 57, 120, 149):
            seen = predictor.at(0, START_NS + ahead_ms * MS)
            lasts_s, left = coast(1e-3 * ahead_ms)
            assert seen.angle_rad == pytest.approx(0.3 + 2.0 * lasts_s, abs=2e-3)
            assert seen.rate_rad_s == pytest.approx(2.0 * left, abs=0.03)
            assert seen.horizon_s == pytest.approx(1e-3 * ahead_ms)


def test_the_horizon_is_bounded(predictor, make_estimate):
    predictor.accept(make_estimate(START_NS, rate_rad_s=2.0))
    work_off(predictor, START_NS + 10_000 * MS)
    last, beyond = predictor.at(0, START_NS + 150 * MS), predictor.at(0, START_NS + 9_000 * MS)
    assert beyond == last
    assert predictor.at(0, START_NS - 50 * MS).horizon_s == 0.0


def test_a_new_estimate_counts_once_its_way_ahead_is_there(predictor, make_estimate):
    predictor.accept(make_estimate(START_NS, angle_rad=0.1))
    now_ns = START_NS + 90 * MS
    work_off(predictor, now_ns)
    predictor.accept(make_estimate(START_NS + 33 * MS, angle_rad=0.5))
    assert predictor.stamp_ns == START_NS
    predictor.work(now_ns)
    assert predictor.stamp_ns == START_NS
    work_off(predictor, now_ns)
    assert predictor.stamp_ns == START_NS + 33 * MS
    assert predictor.at(0, now_ns).angle_rad == pytest.approx(0.5)


def test_estimates_faster_than_the_work_do_not_starve_it(predictor, make_estimate):
    for index in range(40):
        stamp_ns = START_NS + index * 8 * MS
        predictor.accept(make_estimate(stamp_ns))
        predictor.work(stamp_ns + 80 * MS)
    assert (stamp_ns - predictor.stamp_ns) * 1e-9 < 0.08


def test_a_portion_of_work_is_bounded(make_estimate):
    class Counting(CoastingStepper):
        steps = 0

        def step(self, period_s):
            self.steps += 1
            return super().step(period_s)

    stepper = Counting()
    predictor = Predictor((0,), stepper, max_horizon_s=0.15, lead_s=0.01)
    predictor.accept(make_estimate(START_NS))
    predictor.work(START_NS + 100 * MS)
    assert stepper.steps == STEPS_AT_ONCE
    work_off(predictor, START_NS + 100 * MS, 100)
    assert stepper.steps <= 15


# Phase ------------------------------------------------------------------------------------------


def test_the_phase_goes_on_at_the_cadence_and_around():
    clock = PhaseClock(max_horizon_s=0.3, max_sigma=0.05)
    clock.update(GaitEstimate(START_NS, (LegCycle(0.95, 0.02), LegCycle(0.45, 0.02)), 2.0))
    assert clock.fraction(0, START_NS) == pytest.approx(0.95)
    assert clock.fraction(0, START_NS + 100 * MS) == pytest.approx(0.05)
    assert clock.fraction(1, START_NS + 100 * MS) == pytest.approx(0.55)
    # predictions stand on the image before for a moment
    assert clock.fraction(0, START_NS - 50 * MS) == pytest.approx(0.90)
    assert math.isnan(clock.fraction(0, START_NS - 150 * MS))


def test_a_phase_that_is_old_unsure_or_of_no_leg_is_unknown():
    clock = PhaseClock(max_horizon_s=0.3, max_sigma=0.05)
    assert math.isnan(clock.fraction(0, START_NS))
    clock.update(GaitEstimate(START_NS, (LegCycle(0.2, 0.06), LegCycle(0.7, 0.02)), 2.0))
    assert math.isnan(clock.fraction(0, START_NS))
    assert math.isnan(clock.fraction(None, START_NS))
    assert math.isnan(clock.fraction(1, START_NS + 301 * MS))
    clock.update(GaitEstimate(START_NS - 1, (LegCycle(0.1, 0.01),) * 2, 2.0))
    assert clock.fraction(1, START_NS) == pytest.approx(0.7)
    clock.update(GaitEstimate(START_NS + 1, (LegCycle(),) * 2))
    assert math.isnan(clock.fraction(1, START_NS + 1))
