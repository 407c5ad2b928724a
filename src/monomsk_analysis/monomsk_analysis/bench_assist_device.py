"""The benchmark's walk in the simulated hip exoskeleton: what commands mean to the person.

The person walks as measured whatever the device does; what the straps give at the hips, the person
needs not give. The device's weight is carried through the straps by pelvis and legs; how the
floor's reaction to it changes the joint torques is left out, with and without assistance alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from monomsk_analysis.bench_assist_gait import CyclicGait
from monomsk_analysis.bench_assist_loop import Tick, held
from monomsk_assist.simulated_device import SimulatedDevice
from monomsk_assist.simulated_device_model import fit, hip_exoskeleton
from monomsk_assist.simulated_device_person import PersonInstant, StrappedSegments

Array = NDArray[np.float64]

STEP_S = 1e-3
_ROOT_V = 6


@dataclass(frozen=True, eq=False)
class Worn:
    """A walk in the device; columns are the right and the left hip.

    Attributes:
        times_s: (n,) [s].
        needed: Hip flexion torque that the motion needs (n, 2) [N m].
        straps: Generalised force of the straps on hip flexion (n, 2) [N m].
        motors: Torque of the motors (n, 2) [N m].
        slack_rad: Angle of the hinges less that of the hips (n, 2) [rad].
    """

    times_s: Array
    needed: Array
    straps: Array
    motors: Array
    slack_rad: Array

    @property
    def person(self) -> Array:
        """What is left for the person's muscles (n, 2) [N m]."""
        return self.needed - self.straps


@dataclass(frozen=True)
class DeviceScore:
    """What a walk with assistance is to the person, against the device worn without torque.

    Attributes:
        trial: Which.
        assisted_share: Of the hip torque that the motion needs, taken over by the device: slope of
            the torque taken over against the torque needed.
        person_rms_share: RMS of the person's hip torque over that in the idle device.
        delivered_rms_nm_kg: RMS of the torque taken over [N m/kg].
        slack_deg: RMS of the hinges' angles less the hips' [deg].
    """

    trial: str
    assisted_share: float
    person_rms_share: float
    delivered_rms_nm_kg: float
    slack_deg: float


def wear(gait: CyclicGait, ticks: Sequence[Tick], duration_s: float) -> Worn:
    """Walk in the device while it follows commands; without any, its motors rest."""
    design = hip_exoskeleton()
    names = [hinge.coordinate for hinge in design.hinges]
    stride = _stride(gait, tuple(link.segment for link in design.links))
    device = SimulatedDevice(fit(design, gait.skeleton), stride.at(0.0))
    times_s = np.arange(0.0, duration_s, STEP_S)
    commands = np.zeros((len(times_s), 2))
    if ticks:
        commands = np.column_stack([held(ticks, joint, times_s) for joint in (0, 1)])
    columns = [_ROOT_V + gait.skeleton.coordinate_index(name) for name in names]
    rows = []
    for time_s, command in zip(times_s, commands, strict=True):
        state = device.step(stride.at(time_s), command, STEP_S)
        needed = [gait.torque(time_s, name) for name in names]
        hips = gait.curves(time_s % gait.stride_s)[columns]
        rows.append([needed, state.strap_forces[columns], state.motor_torque, state.angle - hips])
    stacked = np.array(rows).transpose(1, 0, 2)
    return Worn(times_s, *stacked)


def score_device(trial: str, worn: Worn, idle: Worn, from_s: float, mass_kg: float) -> DeviceScore:
    """Compare a walk with assistance with one in the idle device.

    Args:
        trial: Its name.
        worn: With assistance.
        idle: Without.
        from_s: Where all has settled [s].
        mass_kg: Of the person [kg].
    """
    late = worn.times_s >= from_s
    taken = idle.person[late] - worn.person[late]
    needed = worn.needed[late]
    return DeviceScore(
        trial=trial,
        assisted_share=float((taken * needed).sum() / np.square(needed).sum()),
        person_rms_share=_rms(worn.person[late]) / _rms(idle.person[late]),
        delivered_rms_nm_kg=_rms(taken) / mass_kg,
        slack_deg=float(np.rad2deg(_rms(worn.slack_rad[late]))),
    )


def _rms(values: Array) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


@dataclass(frozen=True, eq=False)
class _Stride:
    """The strapped segments over one stride, every millisecond."""

    gait: CyclicGait
    instants: tuple[PersonInstant, ...]

    def at(self, time_s: float) -> PersonInstant:
        """At any time: strides on, the same further along."""
        strides, index = divmod(round(time_s / STEP_S), len(self.instants))
        instant = self.instants[index]
        moved = pin.SE3(np.eye(3), strides * self.gait.advance_m)
        poses = tuple(moved * pose for pose in instant.poses)
        return PersonInstant(poses, instant.velocities, instant.jacobians)


@cache
def _stride(gait: CyclicGait, segments: tuple[str, ...]) -> _Stride:
    strapped = StrappedSegments(gait.skeleton, segments)
    times_s = STEP_S * np.arange(round(gait.stride_s / STEP_S))
    instants = tuple(strapped.at(gait.configuration(t), gait.velocity(t)) for t in times_s)
    return _Stride(gait, instants)
