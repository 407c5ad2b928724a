"""The simulated exoskeleton is physics: weight, torque balance, power, convergence."""

from dataclasses import replace

import numpy as np
import pinocchio as pin
import pytest

from monomsk_assist.device_errors import DeviceError
from monomsk_assist.simulated_device import SimulatedDevice
from monomsk_assist.simulated_device_following import FollowedPerson, MotionSample
from monomsk_assist.simulated_device_model import (
    DeviceDesign,
    ankle_exoskeleton,
    fit,
    hip_exoskeleton,
)
from monomsk_assist.simulated_device_person import StrappedSegments
from monomsk_assist.simulated_device_watchdog import CommandWatchdog
from monomsk_description.skeleton import Skeleton

STEP_S = 1e-3
GRAVITY = 9.81
DESIGNS = (hip_exoskeleton(), ankle_exoskeleton())


def segments_of(skeleton: Skeleton, design: DeviceDesign) -> StrappedSegments:
    return StrappedSegments(skeleton, [link.segment for link in design.links])


def worn(skeleton, design, q, v=None):
    person = segments_of(skeleton, design).at(q, np.zeros(37) if v is None else v)
    return SimulatedDevice(fit(design, skeleton), person), person


def settle(device, person, command, duration_s=1.5):
    for _ in range(round(duration_s / STEP_S)):
        state = device.step(person, np.array(command), STEP_S)
    return state


def bent(skeleton: Skeleton, **angles) -> np.ndarray:
    q = skeleton.neutral()
    for name, angle in angles.items():
        q[7 + skeleton.coordinate_index(name)] = angle
    return q


def mass_kg(design: DeviceDesign) -> float:
    return sum(link.mass_kg for link in design.links)


def test_jacobians_are_the_change_of_the_poses(skeleton):
    rng = np.random.default_rng(1)
    segments = StrappedSegments(skeleton, ("pelvis", "tibia_l", "calcn_r"))
    q = skeleton.integrate(skeleton.neutral(), 0.3 * rng.standard_normal(37))
    v, step = rng.standard_normal(37), 1e-6
    here = segments.at(q, v)
    later = segments.at(skeleton.integrate(q, step * v), v)
    expected = skeleton.segment_poses(q)
    for name, pose, moved, velocity in zip(
        ("pelvis", "tibia_l", "calcn_r"), here.poses, later.poses, here.velocities, strict=True
    ):
        assert pose.isApprox(expected[name], 1e-9)
        assert velocity.vector == pytest.approx(
            pin.log6(pose.actInv(moved)).vector / step, abs=1e-4
        )


def test_generalised_forces_do_the_work_of_the_wrench(skeleton):
    rng = np.random.default_rng(2)
    segments = StrappedSegments(skeleton, ("femur_r",))
    q = skeleton.integrate(skeleton.neutral(), 0.3 * rng.standard_normal(37))
    v = rng.standard_normal(37)
    person = segments.at(q, v)
    strap = pin.SE3.Random()
    wrench = pin.Force(rng.standard_normal(6))
    power = wrench.vector @ strap.actInv(person.velocities[0]).vector
    tau = person.generalized_forces(0, wrench, person.poses[0] * strap)
    assert tau @ v == pytest.approx(power)


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.name)
def test_straps_carry_the_weight_of_the_device(skeleton, design):
    device, person = worn(skeleton, design, skeleton.neutral())
    state = settle(device, person, (0.0, 0.0))
    assert state.strap_forces[:3] == pytest.approx([0, 0, -mass_kg(design) * GRAVITY], abs=1e-3)
    assert np.abs(state.rate).max() < 1e-6
    assert np.abs(state.angle).max() < 0.08


@pytest.mark.parametrize("design", DESIGNS, ids=lambda design: design.name)
def test_motor_torque_reaches_the_person_and_pushes_nobody_around(skeleton, design):
    q = bent(skeleton, hip_flexion_r=0.3, knee_angle_r=0.4, ankle_angle_r=0.1)
    device, person = worn(skeleton, design, q)
    idle = settle(device, person, (0.0, 0.0))
    driven = settle(device, person, (8.0, -4.0))
    change = driven.strap_forces - idle.strap_forces
    for hinge, torque in zip(design.hinges, (8.0, -4.0), strict=True):
        column = 6 + skeleton.coordinate_index(hinge.coordinate)
        assert change[column] == pytest.approx(torque, rel=0.06), hinge.name
    # a torque between two segments is no force from outside
    assert change[:3] == pytest.approx(np.zeros(3), abs=1e-3)
    assert driven.motor_torque == pytest.approx([8.0, -4.0])


def test_hinges_start_and_move_as_the_joints_of_the_person(skeleton):
    design = hip_exoskeleton()
    segments = segments_of(skeleton, design)
    column = skeleton.coordinate_index("hip_flexion_r")
    device, errors, rate_errors = None, [], []
    for k in range(2000):
        phase = 2 * np.pi * 1.0 * k * STEP_S
        q = bent(skeleton, hip_flexion_r=0.2 + 0.4 * np.sin(phase))
        v = np.zeros(37)
        v[6 + column] = 0.4 * 2 * np.pi * np.cos(phase)
        person = segments.at(q, v)
        if device is None:
            device = SimulatedDevice(fit(design, skeleton), person)
            assert device.q[device.fitted.angle_indices] == pytest.approx([0.2, 0.0], abs=1e-6)
            assert device.v[device.fitted.rate_indices] == pytest.approx([v[6 + column], 0.0])
        state = device.step(person, np.zeros(2), STEP_S)
        errors.append(state.angle[0] - q[7 + column])
        rate_errors.append(state.rate[0] - v[6 + column])
    assert np.std(errors) < 0.03
    assert np.std(rate_errors[1000:]) < 0.3
    # the work that moves link and motor comes from the person: what the straps resist is small
    assert 0.05 < abs(state.strap_forces[6 + column]) < 5.0


def test_what_disturbed_the_device_dies_away(skeleton):
    design = hip_exoskeleton()
    device, person = worn(skeleton, design, skeleton.neutral())
    rest = settle(device, person, (0.0, 0.0))
    device.v = device.v + 0.5 * np.random.default_rng(3).standard_normal(len(device.v))
    early = settle(device, person, (0.0, 0.0), 0.005)
    late = settle(device, person, (0.0, 0.0), 1.5)
    assert np.abs(early.rate).max() > 0.05
    assert late.strap_forces == pytest.approx(rest.strap_forces, abs=1e-3)


def test_a_smaller_step_changes_little(skeleton):
    design = hip_exoskeleton()
    torques = []
    for step_s in (2e-3, 2.5e-4):
        device, person = worn(skeleton, design, skeleton.neutral())
        for k in range(round(0.5 / step_s)):
            torque = 10.0 * np.sin(2 * np.pi * 2.0 * k * step_s)
            state = device.step(person, np.array([torque, 0.0]), step_s)
        torques.append(state.strap_forces[6 + skeleton.coordinate_index("hip_flexion_r")])
    assert torques[0] == pytest.approx(torques[1], abs=0.6)


def test_a_misaligned_hinge_pulls_at_the_cuff(skeleton):
    design = hip_exoskeleton()
    off = replace(
        design, hinges=tuple(replace(h, misalignment_m=(0.0, 0.0, 0.04)) for h in design.hinges)
    )
    pulls = []
    for each in (design, off):
        person = segments_of(skeleton, each)
        device = SimulatedDevice(fit(each, skeleton), person.at(skeleton.neutral(), np.zeros(37)))
        state = settle(device, person.at(bent(skeleton, hip_flexion_r=0.8), np.zeros(37)), (0, 0))
        pulls.append(np.linalg.norm(state.strap_wrenches[1, :3]))
    assert pulls[1] > pulls[0] + 5.0


def test_motors_lag_and_saturate(skeleton):
    design = replace(hip_exoskeleton(), torque_limit_n_m=12.0, motor_time_constant_s=0.01)
    device, person = worn(skeleton, design, skeleton.neutral())
    early = settle(device, person, (100.0, -100.0), 0.01)
    assert early.motor_torque == pytest.approx(12.0 * (1 - np.exp(-1)) * np.array([1, -1]))
    assert settle(device, person, (100.0, -100.0), 0.2).motor_torque == pytest.approx([12, -12])


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"child": "tibia_r"}, "tibia_r"),
        ({"parent": "torso"}, "torso"),
        ({"coordinate": "ankle_angle_r"}, "does not turn femur_r"),
    ],
)
def test_a_hinge_that_fits_nobody_is_refused(skeleton, change, text):
    design = hip_exoskeleton()
    broken = replace(design, hinges=(replace(design.hinges[0], **change),))
    with pytest.raises(DeviceError, match=text) as caught:
        fit(broken, skeleton)
    assert caught.value.part == "hip_right"


def test_a_command_that_is_not_renewed_fades():
    watchdog = CommandWatchdog(2, valid_for_s=0.05, fade_s=0.02)
    assert watchdog.torque(0.0) == pytest.approx([0, 0])
    assert watchdog.expiries == 0
    watchdog.receive(np.array([4.0, -2.0]), 1.0)
    assert watchdog.torque(1.049) == pytest.approx([4, -2])
    assert watchdog.torque(1.06) == pytest.approx([2, -1])
    assert watchdog.torque(1.08) == pytest.approx([0, 0])
    assert watchdog.expiries == 1
    watchdog.receive(np.array([np.nan, 1.0]), 2.0)
    assert watchdog.torque(2.0) == pytest.approx([0, 0])


def swing(skeleton: Skeleton, time_s: float) -> tuple[np.ndarray, np.ndarray]:
    """A pelvis that turns as it moves on, a hip that swings."""
    angle, rate = 0.5 * np.sin(6.0 * time_s), 3.0 * np.cos(6.0 * time_s)
    q = bent(skeleton, hip_flexion_l=angle)
    turned = pin.exp3(np.array([0.0, 0.0, 0.4 * time_s]))
    q[:2] = 1.2 * time_s, 0.1
    q[3:7] = pin.Quaternion(turned).coeffs()
    v = np.zeros(37)
    v[:3] = turned.T @ [1.2, 0.0, 0.0]
    v[5] = 0.4
    v[6 + skeleton.coordinate_index("hip_flexion_l")] = rate
    return q, v


def test_the_followed_person_moves_smoothly_between_images(skeleton):
    person = FollowedPerson(skeleton)
    assert person.at(0) is None
    for k in range(10):
        time_s = k / 30.0
        assert person.add(MotionSample(round(time_s * 1e9), *swing(skeleton, time_s))) == (k == 0)
    for time_s in np.arange(0.01, 0.29, 0.013):
        q, v = person.at(round(time_s * 1e9))
        expected_q, expected_v = swing(skeleton, time_s)
        assert skeleton.difference(expected_q, q) == pytest.approx(np.zeros(37), abs=2e-4)
        assert v == pytest.approx(expected_v, abs=0.03)
    q, v = person.at(10**9)
    assert q == pytest.approx(swing(skeleton, 0.3)[0])
    assert not v.any()


def test_a_gap_or_a_jump_back_begins_another_motion(skeleton):
    person = FollowedPerson(skeleton)
    still = skeleton.neutral(), np.zeros(37)
    stamps_s = [1.0, 1.03, 1.03, 1.4, 1.43, 0.2]
    begins = [person.add(MotionSample(round(t * 1e9), *still)) for t in stamps_s]
    assert begins == [True, False, False, True, False, True]


def test_who_waited_for_late_images_catches_up_without_a_jump(skeleton):
    person = FollowedPerson(skeleton)
    assert person.play(0, 0.002) is None
    for k in range(4):
        person.add(MotionSample(round(k / 30 * 1e9), *swing(skeleton, k / 30)))
    shown = [person.play(round((0.05 + 0.002 * k) * 1e9), 0.002) for k in range(50)]
    assert shown[-1] == 100_000_000  # nothing later is known
    for k in range(4, 12):
        person.add(MotionSample(round(k / 30 * 1e9), *swing(skeleton, k / 30)))
    shown += [person.play(round((0.15 + 0.002 * k) * 1e9), 0.002) for k in range(80)]
    steps = np.diff(shown)
    assert steps.min() >= 0 and steps.max() <= 3_000_000
    assert shown[-1] == 308_000_000  # it has caught up


def test_a_leap_begins_another_motion(skeleton):
    person = FollowedPerson(skeleton)
    still = skeleton.neutral(), np.zeros(37)
    far = skeleton.neutral()
    far[0] += 1.0
    bent_at_once = bent(skeleton, knee_angle_r=1.2), np.zeros(37)
    assert person.add(MotionSample(10**9, *still))
    assert person.add(MotionSample(10**9 + 33_000_000, far, np.zeros(37)))
    assert person.add(MotionSample(10**9 + 66_000_000, *bent_at_once))
