"""The assistance loop without a network: camera frames, latency, ticks, on one timeline.

Frames of a measured walk go through the live dynamics; each result arrives a latency later at the
assistant, which is asked for a command at every tick, as its node does it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.bench_assist_gait import CyclicGait
from monomsk_assist.assistant import Assistant, Person
from monomsk_assist.command import Command
from monomsk_assist.estimate import Estimate, GaitEstimate, LegCycle, Sole
from monomsk_assist.mapping import DeviceMapping
from monomsk_assist.motion_prediction import ForwardStepper
from monomsk_assist.predictor import Predictor
from monomsk_description.body_state import BodyState
from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject
from monomsk_dynamics.gait_steps import VIDEO_EVENT_SIGMA_S
from monomsk_dynamics.gait_tracker import GaitTracker
from monomsk_dynamics.live import LiveDynamics

Array = NDArray[np.float64]

FRAME_RATE_HZ = 30.0
TICK_RATE_HZ = 200.0
_NANOSECONDS = 1_000_000_000
#: The stamps of the walk begin here: zero would mean "unknown" in messages.
_EPOCH_NS = 1_000 * _NANOSECONDS
_ROOT_V = 6


@dataclass(frozen=True, eq=False)
class Frame:
    """What is known of one image.

    Attributes:
        time_s: Of the image, since the walk began [s].
        estimate: Of dynamics.
        gait: Of the gait tracker.
    """

    time_s: float
    estimate: Estimate
    gait: GaitEstimate


def estimator_skeleton(gait: CyclicGait) -> Skeleton:
    """What monomsk knows of the walker: height and mass."""
    return build_skeleton(Subject(gait.skeleton.subject.height_m, gait.skeleton.mass_kg))


def stamp_ns(time_s: float) -> int:
    """Stamp of a time of the walk [s]."""
    return _EPOCH_NS + round(time_s * _NANOSECONDS)


def live_frames(gait: CyclicGait, duration_s: float) -> list[Frame]:
    """The walk, seen at 30 Hz without noise, through the live dynamics."""
    skeleton = estimator_skeleton(gait)
    dynamics, tracker = LiveDynamics(skeleton), GaitTracker(skeleton, VIDEO_EVENT_SIGMA_S)
    frames = []
    for time_s in np.arange(0.0, duration_s, 1.0 / FRAME_RATE_HZ):
        q = gait.configuration(time_s)
        result = dynamics.update(BodyState(stamp_ns(time_s), q, np.zeros(skeleton.nv)))
        state = tracker.update(result)
        right, left = (
            Sole(s.in_contact, s.force, s.center_of_pressure, s.free_moment) for s in result.soles
        )
        estimate = Estimate(
            stamp_ns=result.stamp_ns,
            q=result.q,
            v=result.v,
            a=result.a,
            tau=result.tau,
            tau_sigma=result.tau_sigma,
            soles=(right, left),
            root_residual=result.root_residual,
            consistency_error=result.consistency_error,
        )
        legs = tuple(LegCycle(leg.cycle_fraction, leg.cycle_fraction_sigma) for leg in state.legs)
        phase = GaitEstimate(result.stamp_ns, (legs[0], legs[1]), state.step_rate_hz)
        frames.append(Frame(float(time_s), estimate, phase))
    return frames


@dataclass(frozen=True)
class Tick:
    """A command and when it was given, since the walk began [s]."""

    time_s: float
    command: Command


def run_loop(
    skeleton: Skeleton,
    frames: Sequence[Frame],
    mapping: DeviceMapping,
    latency_s: float,
    predicts: bool,
) -> Iterator[Tick]:
    """Ticks of an enabled assistant while frames arrive one latency after their image.

    Args:
        skeleton: What monomsk knows of the walker.
        frames: Of `live_frames`.
        mapping: The device.
        latency_s: From an image to its estimate at the assistant [s].
        predicts: Whether commands look ahead.
    """
    period_s = 1.0 / TICK_RATE_HZ
    assistant = Assistant(mapping, period_s, predicts=predicts)
    joints = tuple(skeleton.coordinate_index(name) for name in mapping.coordinates)
    lead_s = max(joint.delay_s for joint in mapping.joints)
    predictor = Predictor(joints, ForwardStepper(skeleton), mapping.safety.max_horizon_s, lead_s)
    assistant.set_person(Person(skeleton.mass_kg, joints, predictor))
    assistant.enable()
    waiting = list(frames)
    for k in range(round(frames[-1].time_s * TICK_RATE_HZ)):
        now_s = k * period_s
        now_ns = stamp_ns(now_s)
        while waiting and waiting[0].time_s + latency_s <= now_s:
            frame = waiting.pop(0)
            assistant.see_estimate(frame.estimate, now_ns, now_s)
            assistant.see_gait(frame.gait)
        yield Tick(now_s, assistant.tick(now_ns, now_s))
        assistant.work(now_ns)


def held(ticks: Sequence[Tick], joint: int, times_s: Array) -> Array:
    """A joint's commanded torque on the person at times [s]: the last command holds, in N m."""
    given_s = np.array([tick.time_s for tick in ticks])
    torques = np.array([tick.command.on_person[joint].whole_torque_nm() for tick in ticks])
    last = np.searchsorted(given_s, times_s, side="right") - 1
    return torques[np.maximum(last, 0)]
