"""The core gives what the laws ask for, by the gait and by encoders, in the device's signs."""

import math

import numpy as np
import pytest
from tests.monomsk_assist.core_run import PERIOD_S, SAFETY

from monomsk_assist.command import State
from monomsk_assist.curves import PeriodicCurve
from monomsk_assist.estimate import GaitEstimate, LegCycle
from monomsk_assist.laws import ImpedanceLaw, PhaseTorqueLaw
from monomsk_assist.mapping import EncoderUse
from monomsk_assist.reasons import Reason


def test_standing_still_gives_no_torque_over_phase_and_walking_fades_it_in(make_run):
    run = make_run(law=PhaseTorqueLaw(PeriodicCurve.constant(0.1)))
    run.core.enable()
    command = run.run(0.6)
    assert command.state is State.ACTIVE
    assert command.on_person[0].effort_nm == 0.0
    assert command.reasons == ("unknown:hip_flexion_r",)
    efforts = []
    for _ in range(60):
        run.core.see_gait(GaitEstimate(run.clock_ns, (LegCycle(0.3, 0.01),) * 2, 1.8))
        efforts.append(run.run(PERIOD_S).on_person[0].effort_nm)
    assert efforts[-1] == pytest.approx(7.0)
    assert max(np.diff(efforts)) == pytest.approx(7.0 * PERIOD_S / SAFETY.fade_in_s, rel=1e-6)


def test_an_impedance_on_the_device_has_the_reference_in_its_signs(make_run):
    law = ImpedanceLaw(
        PeriodicCurve.constant(0.3), PeriodicCurve.constant(0.01), PeriodicCurve.constant(0.4),
        on_device=True,
    )  # fmt: skip
    run = make_run(law=law)
    run.core.enable()
    for _ in range(120):
        run.core.see_gait(GaitEstimate(run.clock_ns, (LegCycle(0.3, 0.01),) * 2, 1.8))
        command = run.run(PERIOD_S)
    person, device = command.on_person[0], command.on_device[0]
    assert (person.stiffness_nm_rad, person.damping_nm_s_rad) == pytest.approx((21.0, 0.7))
    assert person.position_rad == 0.4
    assert device.position_rad == pytest.approx(-(0.4 - 0.1))
    assert device.stiffness_nm_rad == person.stiffness_nm_rad
    assert person.whole_torque_nm() == pytest.approx(21.0 * 0.2)
    assert device.whole_torque_nm() == pytest.approx(-person.whole_torque_nm())
    # What the limits take away is taken from the gains and the feed-forward together.
    run.changes = {"angle_rad": -0.3}
    for _ in range(60):
        run.core.see_gait(GaitEstimate(run.clock_ns, (LegCycle(0.3, 0.01),) * 2, 1.8))
        command = run.run(PERIOD_S)
    assert command.on_person[0].whole_torque_nm() == pytest.approx(10.0)
    assert command.on_person[0].stiffness_nm_rad == pytest.approx(21.0 * 10.0 / (21.0 * 0.7))


@pytest.mark.parametrize("angle_rad", [0.4, 0.41])
def test_gains_fade_in_also_where_the_spring_gives_no_torque(make_run, angle_rad):
    law = ImpedanceLaw(
        PeriodicCurve.constant(0.3), PeriodicCurve.constant(0.01), PeriodicCurve.constant(0.4),
        on_device=True,
    )  # fmt: skip
    run = make_run(law=law)
    run.changes = {"angle_rad": angle_rad}
    run.core.enable()
    for _ in range(80):
        run.core.see_gait(GaitEstimate(run.clock_ns, (LegCycle(0.3, 0.01),) * 2, 1.8))
        command = run.run(PERIOD_S)
        person = command.on_person[0]
        assert person.stiffness_nm_rad == pytest.approx(21.0 * command.fade)
        assert person.damping_nm_s_rad == pytest.approx(0.7 * command.fade)
    assert command.fade == 1.0


def test_assistance_over_phase_comes_back_after_time_went_back(make_run):
    run = make_run(law=PhaseTorqueLaw(PeriodicCurve.constant(0.1)), clock_is_simulated=True)

    def walk(seconds):
        for _ in range(round(seconds / PERIOD_S)):
            run.core.see_gait(GaitEstimate(run.clock_ns, (LegCycle(0.3, 0.01),) * 2, 1.8))
            last = run.run(PERIOD_S)
        return last

    run.core.enable()
    assert walk(0.6).on_person[0].effort_nm == pytest.approx(7.0)
    run.clock_ns -= 20 * 10**9
    assert walk(0.2).state is State.FAULT
    assert run.core.reset_fault() == ""
    assert run.core.enable() == ""
    assert walk(0.6).on_person[0].effort_nm == pytest.approx(7.0)


def test_the_strides_of_somebody_else_do_not_count(make_run):
    run = make_run()

    def go(seconds, torque_nm, fraction=0.3, track_id=1):
        for _ in range(round(seconds / (6 * PERIOD_S))):
            run.send(torque_nm=torque_nm(fraction), track_id=track_id)
            stamp_ns = run.clock_ns - 30_000_000
            run.core.see_gait(GaitEstimate(stamp_ns, (LegCycle(fraction % 1.0, 0.01),) * 2, 1.8))
            fraction += 6 * PERIOD_S * 0.9 if track_id == 1 else 0.0
            for _ in range(6):
                last = run.tick()
        return last

    run.core.enable()
    go(4.0, lambda fraction: 10.0 + 8.0 * np.sin(2 * np.pi * fraction))
    assert go(0.3, lambda fraction: 10.0, track_id=2).state is State.FAULT
    assert run.core.reset_fault() == ""
    run.core.enable()
    assert go(0.6, lambda fraction: 10.0, track_id=2).on_person[0].effort_nm == pytest.approx(5.0)


@pytest.fixture
def with_encoder(make_run):
    run = make_run(encoders=EncoderUse(True, max_age_s=0.02, max_difference_rad=0.3))

    def go(seconds, angle_rad=-0.15, rate_rad_s=-0.4):
        for _ in range(round(seconds / PERIOD_S)):
            stamp_ns = run.clock_ns
            run.core.see_encoders(stamp_ns, {"hip_motor": angle_rad}, {"hip_motor": rate_rad_s})
            last = run.run(PERIOD_S)
        return last

    run.core.enable()
    return run, go


def test_the_encoder_replaces_the_cameras_angle(with_encoder):
    run, go = with_encoder
    person = go(0.5).on_person[0]
    assert run.core.state is State.ACTIVE
    assert person.rate_rad_s == pytest.approx(0.4)
    assert person.angle_rad == pytest.approx(0.15 + 0.1 + PERIOD_S * 0.4)


@pytest.mark.parametrize(
    ("angle", "reason"),
    [(-0.6, Reason.ENCODER_DISAGREES), (math.nan, Reason.ENCODER_SILENT),
     (None, Reason.ENCODER_SILENT)],
)  # fmt: skip
def test_an_encoder_that_is_silent_or_elsewhere_stops_assistance(with_encoder, angle, reason):
    run, go = with_encoder
    go(0.5)
    for _ in range(20):
        command = run.run(PERIOD_S) if angle is None else go(PERIOD_S, angle)
    assert command.on_person[0].effort_nm == 0.0
    assert reason.text in command.reasons


def test_encoders_count_again_after_time_went_back(with_encoder):
    run, go = with_encoder
    go(0.5)
    run.clock_ns -= 20 * 10**9
    assert go(0.2).state is State.FAULT
    assert run.core.reset_fault() == ""
    run.core.enable()
    assert go(0.5).state is State.ACTIVE
