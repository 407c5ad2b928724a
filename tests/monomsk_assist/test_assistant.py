"""The core through whole episodes: enabling, each fault, the way back."""

import math

import numpy as np
import pytest
from tests.monomsk_assist.core_run import PERIOD_S, SAFETY

from monomsk_assist.command import State
from monomsk_assist.reasons import Reason, Severity


def test_enabling_arms_then_fades_in_to_the_whole_share(make_run):
    run = make_run()
    run.run(0.5)
    assert {c.state for c in run.commands} == {State.DISABLED}
    run.core.enable()
    last = run.run(0.5)
    states = [c.state for c in run.commands[100:]]
    armed_s = states.index(State.ACTIVE) * PERIOD_S
    assert armed_s == pytest.approx(SAFETY.arming_s, abs=2 * PERIOD_S)
    rising = [c.fade for c in run.commands if c.state is State.ACTIVE]
    assert np.diff(rising).min() >= 0.0
    assert rising.index(1.0) * PERIOD_S == pytest.approx(SAFETY.fade_in_s, abs=2 * PERIOD_S)
    # Half of 20 N m on the person; the motor turns the other way.
    assert last.on_person[0].effort_nm == pytest.approx(10.0)
    assert last.on_device[0].effort_nm == pytest.approx(-10.0)
    assert last.on_device[0].angle_rad == pytest.approx(-(0.2 - 0.1))
    assert last.reasons == ()


def test_ages_and_horizons_are_told(active):
    command = active.run(0.2)
    assert 0.03 <= command.state_age_s <= 0.08
    assert command.horizon_s == pytest.approx(command.state_age_s)
    assert command.valid_for_s == SAFETY.valid_for_s


def test_without_prediction_the_last_image_counts(make_run):
    run = make_run(predicts=False)
    run.changes = {"rate_rad_s": 2.0}
    run.core.enable()
    command = run.run(0.5)
    assert command.horizon_s == 0.0
    assert command.on_person[0].angle_rad == pytest.approx(0.2)


def inject(run, reason):
    """Make a reason come true now."""
    watch = run.core.watch
    match reason:
        case Reason.INPUT_SILENT | Reason.TOO_OLD:
            run.sending = False
        case Reason.NO_ESTIMATE:
            run.set_person()
        case Reason.NO_BODY_MODEL:
            run.core.set_person(None)
        case Reason.LIVELINESS_LOST:
            watch.liveliness(True)
            watch.liveliness(False)
        case Reason.NOT_FINITE:
            run.send(0.02, rate_rad_s=math.nan)
        case Reason.BAD_MESSAGE:
            run.core.see_bad_message(reason)
        case Reason.UNCERTAIN_TORQUE:
            run.send(0.02, sigma_nm=100.0)
        case Reason.ROOT_RESIDUAL:
            run.send(0.02, root_residual=np.array([0, 0, 500.0, 0, 0, 0]))
        case Reason.INCONSISTENT:
            run.send(0.02, consistency_error=1.0)
        case Reason.PERSON_CHANGED:
            run.send(0.02, track_id=2)
        case Reason.STAMP_JUMP:
            run.send(-0.5)
        case Reason.CLOCK_JUMP:
            run.clock_ns += 200_000_000
        case Reason.SECOND_INPUT:
            watch.input_publishers = 2
        case Reason.SECOND_OUTPUT:
            watch.output_publishers = 2
        case Reason.LIMITS_VIOLATED:
            run.changes = {"torque_nm": 1000.0}
            run.run(SAFETY.max_violation_s + 0.03)
        case Reason.LOOP_LATE:
            run.tick(0.2)


#: A single missed deadline is a wait that is over at the next estimate.
_OTHERWISE = (
    Reason.ENCODER_SILENT, Reason.ENCODER_DISAGREES, Reason.TOO_MANY_FADES, Reason.DEADLINE_MISSED,
)  # fmt: skip
INJECTED = [reason for reason in Reason if reason not in _OTHERWISE]


@pytest.mark.parametrize("reason", INJECTED, ids=lambda reason: reason.text)
def test_each_fault_is_named_and_leads_to_zero_in_time(active, reason):
    inject(active, reason)
    active.sending = active.sending and reason is not Reason.NO_ESTIMATE
    taken_s = active.until_zero_s()
    assert taken_s <= SAFETY.zero_within_s
    told = {name for c in active.commands[-20:] for name in c.reasons}
    assert reason.text in told or reason is Reason.TOO_OLD
    after = active.run(0.2).state
    if reason.severity is Severity.LATCH:
        assert after is State.FAULT
    else:
        assert after in (State.ARMING, State.ACTIVE)


LATCHING = [reason for reason in INJECTED if reason.severity is Severity.LATCH]


@pytest.mark.parametrize("reason", LATCHING, ids=lambda reason: reason.text)
def test_a_latched_fault_needs_its_cause_gone_a_reset_and_an_enabling(active, reason):
    inject(active, reason)
    active.run(0.5)
    assert "reset_fault" in active.core.enable()
    lasting = reason in (Reason.SECOND_INPUT, Reason.SECOND_OUTPUT)
    if lasting:
        assert reason.text in active.core.reset_fault()
        active.core.watch.input_publishers = active.core.watch.output_publishers = 1
    active.changes = {"track_id": 2} if reason is Reason.PERSON_CHANGED else {}
    active.run(0.3)
    assert active.core.state is State.FAULT
    assert active.core.reset_fault() == ""
    assert active.run(0.3).state is State.DISABLED
    assert active.core.enable() == ""
    assert active.run(0.6).state is State.ACTIVE


def test_a_single_late_estimate_only_dents_the_assistance(active):
    active.send(0.02)
    active.sending = False
    active.run(0.07)
    assert active.core.state is State.FADING
    active.sending = True
    active.send(0.02)
    fades = [active.run(PERIOD_S).fade for _ in range(80)]
    assert active.core.state is State.ACTIVE
    assert 0.0 < min(fades) < 1.0
    assert fades[-1] == 1.0


def test_a_stop_goes_to_zero_even_if_assistance_is_wanted_again(active):
    active.core.disable()
    active.run(0.01)
    assert active.commands[-1].reasons == ("stop_requested",)
    active.core.enable()
    assert active.until_zero_s() <= SAFETY.zero_within_s
    assert active.run(0.5).state is State.ACTIVE


def test_repeated_fades_are_a_fault(active):
    for _ in range(SAFETY.max_fades):
        assert active.core.state is not State.FAULT
        active.send(0.02, rate_rad_s=math.nan)
        active.run(0.7)
    assert active.core.state is State.FAULT
    assert Reason.TOO_MANY_FADES.text in active.commands[-1].reasons


def test_a_late_loop_gives_zero_at_once_and_within_the_torque_rate(active):
    command = active.tick(0.06)
    assert command.state is State.ARMING
    assert command.on_person[0].effort_nm == 0.0
    assert Reason.LOOP_LATE.text in command.reasons


def test_a_short_pause_changes_the_torque_by_no_more_than_its_time_allows(active):
    before = active.commands[-1].on_person[0].effort_nm
    active.send(torque_nm=-40.0)
    for _ in range(3):
        active.core.work(active.clock_ns)
    after = active.tick(0.012).on_person[0].effort_nm
    rate = active.mapping.joints[0].limits.torque_rate_nm_s
    assert before - after == pytest.approx(0.012 * rate)
