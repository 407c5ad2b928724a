"""Assistance against the ideal: `python -m monomsk_analysis.bench_assist`.

The walk `mocap_walking_3d` (one measured stride, repeated) in the simulated hip exoskeleton. Ideal
is the assistance law applied to the joint torque of inverse dynamics with the force plates, at the
same instant. Commands come from the loop of `bench_assist_loop` with the measured live latency.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.bench_assist_device import DeviceScore, score_device, wear
from monomsk_analysis.bench_assist_gait import CyclicGait, read_cyclic_gait
from monomsk_analysis.bench_assist_loop import (
    Tick,
    estimator_skeleton,
    held,
    live_frames,
    run_loop,
)
from monomsk_analysis.markdown_table import number, percent, table
from monomsk_analysis.reference_data import reference_folder
from monomsk_assist.command import State
from monomsk_assist.curves import PeriodicCurve
from monomsk_assist.laws import Law, PhaseTorqueLaw, TorqueGainLaw
from monomsk_assist.mapping import DeviceMapping, JointLimits, JointMapping, Safety
from monomsk_description.threads import use_one_thread

Array = NDArray[np.float64]

RECORDING = "mocap_walking_3d"
#: Median age of `body_dynamics` on arrival in the live graph [s]; see the section on speed.
LATENCY_S = 0.045
GAIN = 0.3
#: How late the live estimates of this walk are at the image's own time [s]: hip torque, gait phase.
#: Measured on it by cross-correlation.
TORQUE_LAG_S, PHASE_LAG_S = 0.075, 0.053
MOTOR_DELAY_S = 0.005
#: Mean hip torque of the walk over the cycle, in N m/kg, times the gain: a profile like those that
#: devices use.
_PROFILE = PhaseTorqueLaw(
    PeriodicCurve(
        (0.0, 0.1, 0.2, 0.35, 0.5, 0.6, 0.75, 0.9),
        (-0.15, -0.15, -0.12, 0.05, 0.2, 0.15, 0.03, -0.05),
    )
)
_WALK_S = 16.0
_SETTLED_S = 7.0
_STEP_S = 1e-3
_LONGEST_DELAY_S = 0.3


@dataclass(frozen=True)
class AssistScore:
    """Commanded against ideal assistance torque, mean of both hips.

    Attributes:
        law: What was asked for.
        latency_ms: From image to estimate [ms].
        prediction: What is done about the delay.
        rmse_nm_kg: Root mean square error [N m/kg].
        delay_ms: Of the command after the ideal torque, by cross-correlation [ms].
        shape_rmse_nm_kg: The error that is left once the delay is taken off [N m/kg].
        active_share: Share of the ticks in which assistance was in force.
    """

    law: str
    latency_ms: float
    prediction: str
    rmse_nm_kg: float
    delay_ms: float
    shape_rmse_nm_kg: float
    active_share: float


@dataclass(frozen=True)
class AssistBench:
    """All scores.

    Attributes:
        latency_ms: From image to estimate [ms].
        ideal_rms_nm_kg: Of the ideal torque of the share law [N m/kg].
        scores: Commanded against ideal.
        device: What it means to the person.
    """

    latency_ms: float
    ideal_rms_nm_kg: float
    scores: tuple[AssistScore, ...]
    device: tuple[DeviceScore, ...]


def bench_assist(folder: Path, latency_s: float = LATENCY_S) -> AssistBench:
    """Run all trials.

    Args:
        folder: The recording.
        latency_s: From image to estimate [s].

    Raises:
        AnalysisError: a file cannot be read.
    """
    gait = read_cyclic_gait(folder)
    frames = live_frames(gait, _WALK_S)
    skeleton = estimator_skeleton(gait)
    share = TorqueGainLaw(GAIN)
    idle = wear(gait, (), _WALK_S)
    scores, device = [], []
    for trial in (
        _Trial(share, 0.0, False),
        _Trial(share, latency_s, False),
        _Trial(share, latency_s, True),
        _Trial(share, latency_s, True, TORQUE_LAG_S),
        _Trial(_PROFILE, latency_s, False),
        _Trial(_PROFILE, latency_s, True),
        _Trial(_PROFILE, latency_s, True, PHASE_LAG_S),
    ):
        mapping = hip_mapping(trial.law, trial.lag_s)
        ticks = list(run_loop(skeleton, frames, mapping, trial.latency_s, trial.predicts))
        scores.append(_score(gait, ticks, trial))
        if trial.law is share and trial.latency_s:
            worn = wear(gait, ticks, _WALK_S)
            device.append(score_device(trial.name, worn, idle, _SETTLED_S, gait.skeleton.mass_kg))
    times_s = _times(gait)
    return AssistBench(
        1e3 * latency_s, _rms(_ideal(gait, share, 0, times_s)) / gait.skeleton.mass_kg,
        tuple(scores), tuple(device),
    )  # fmt: skip


@dataclass(frozen=True)
class _Trial:
    law: Law
    latency_s: float
    predicts: bool
    lag_s: float = 0.0

    @property
    def name(self) -> str:
        """What is done about the delay."""
        if not self.predicts:
            return "not predicted"
        return f"predicted, lag of {1e3 * self.lag_s:.0f} ms made up" if self.lag_s else "predicted"


def hip_mapping(law: Law, lag_s: float = 0.0) -> DeviceMapping:
    """A bilateral hip exoskeleton whose limits do not cut the assistance of this walk."""
    limits = JointLimits(30.0, 1000.0, 120.0, -0.5, 1.2)
    joints = tuple(
        JointMapping(
            f"hip_{name}", f"hip_flexion_{name[0]}", side, 1, 0.0, law, limits, MOTOR_DELAY_S, lag_s
        )
        for side, name in enumerate(("right", "left"))
    )
    return DeviceMapping("hip exoskeleton", joints, Safety())


def _times(gait: CyclicGait) -> Array:
    """Whole strides after everything has settled [s]."""
    strides = int((_WALK_S - _SETTLED_S - _LONGEST_DELAY_S - 1.0) / gait.stride_s)
    return np.arange(_SETTLED_S, _SETTLED_S + strides * gait.stride_s, _STEP_S)


def _ideal(gait: CyclicGait, law: Law, side: int, times_s: Array) -> Array:
    """What the law gives for the true torque and the true phase, in N m."""
    if isinstance(law, TorqueGainLaw):
        name = f"hip_flexion_{'rl'[side]}"
        return np.array([law.gain * gait.torque(t, name) for t in times_s])
    if isinstance(law, PhaseTorqueLaw):
        curve, mass_kg = law.torque_nm_kg, gait.skeleton.mass_kg
        return np.array([mass_kg * curve(gait.fraction(t, side)) for t in times_s])
    raise TypeError(f"no ideal for {law.kind}")


def _score(gait: CyclicGait, ticks: Sequence[Tick], trial: _Trial) -> AssistScore:
    times_s = _times(gait)
    errors, delays_s, shapes = [], [], []
    for side in (0, 1):
        ideal = _ideal(gait, trial.law, side, times_s)
        # a command is made for when the motor will have followed it
        due_s = times_s - MOTOR_DELAY_S
        shifts_s = np.arange(-_LONGEST_DELAY_S, _LONGEST_DELAY_S, _STEP_S)
        shifted = [held(ticks, side, due_s + shift_s) for shift_s in shifts_s]
        best = int(np.argmax([np.corrcoef(ideal, torque)[0, 1] for torque in shifted]))
        errors.append(_rms(held(ticks, side, due_s) - ideal))
        delays_s.append(shifts_s[best])
        shapes.append(_rms(shifted[best] - ideal))
    settled = [tick.command.state for tick in ticks if tick.time_s >= _SETTLED_S]
    mass_kg = gait.skeleton.mass_kg
    return AssistScore(
        law=trial.law.kind,
        latency_ms=1e3 * trial.latency_s,
        prediction=trial.name,
        rmse_nm_kg=float(np.mean(errors)) / mass_kg,
        delay_ms=1e3 * float(np.mean(delays_s)),
        shape_rmse_nm_kg=float(np.mean(shapes)) / mass_kg,
        active_share=float(np.mean([state is State.ACTIVE for state in settled])),
    )


def _rms(values: Array) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


# Report ---------------------------------------------------------------------------------------


def assist_sections(results: AssistBench) -> list[str]:
    """The results as sections of the page of benchmarks."""
    return ["## Assistance", _TEXT.format(results=results), *_tables(results)]


_TEXT = (
    "One measured stride of walking, repeated, with its inverse dynamics from force plates; the "
    "hip exoskeleton gives 30 % of the hip flexion torque, RMS {results.ideal_rms_nm_kg:.3f} "
    "N m/kg. Frames at 30 Hz without noise reach the assistant {results.latency_ms:.0f} ms after "
    "they were taken; it commands at 200 Hz. Ideal is the law applied to the true torque, or to "
    "the true gait phase, at the same instant. The lags that are made up for were measured on "
    "this walk."
)


def _tables(results: AssistBench) -> list[str]:
    head = ("law", "latency [ms]", "prediction", "RMSE [N m/kg]", "delay [ms]",
            "RMSE without the delay [N m/kg]", "in force")  # fmt: skip
    rows = [
        (
            score.law,
            number(score.latency_ms, 0),
            score.prediction,
            number(score.rmse_nm_kg, 3),
            number(score.delay_ms, 0),
            number(score.shape_rmse_nm_kg, 3),
            percent(score.active_share),
        )
        for score in results.scores
    ]
    device_head = ("in the simulated device", "share taken over", "person's torque, RMS",
                   "delivered, RMS [N m/kg]", "hinge against hip [deg]")  # fmt: skip
    device_rows = [
        (
            score.trial,
            percent(score.assisted_share),
            percent(score.person_rms_share),
            number(score.delivered_rms_nm_kg, 3),
            number(score.slack_deg, 1),
        )
        for score in results.device
    ]
    return [table(head, rows), table(device_head, device_rows)]


def main() -> None:
    """Print the scores."""
    use_one_thread()
    results = bench_assist(reference_folder() / RECORDING)
    print("\n\n".join(assist_sections(results)))


if __name__ == "__main__":
    main()
