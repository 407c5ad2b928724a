"""What assistance stands on: are torque standard deviations honest, how good are predicted angles?

    source install/setup.bash
    python scripts/score_assist_inputs.py

The repeated stride of `mocap_walking_3d` with simulated noise through the live dynamics at 30 Hz.
Prints the two tables of docs/assist.md: share of the torque errors within the stated 90 % interval
with RMSE and median standard deviation [N m/kg], and RMSE of angles 80 ms ahead [deg].
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.bench_assist_gait import CyclicGait, read_cyclic_gait
from monomsk_analysis.bench_assist_loop import estimator_skeleton, stamp_ns
from monomsk_analysis.markdown_table import table
from monomsk_analysis.reference_data import reference_folder
from monomsk_assist.estimate import Estimate, GaitEstimate, LegCycle, Sole
from monomsk_assist.joint_outlook import JointOutlook
from monomsk_assist.motion_prediction import ForwardStepper
from monomsk_assist.phase_clock import PhaseClock
from monomsk_assist.predictor import JointPrediction
from monomsk_description.body_state import BodyState
from monomsk_description.skeleton import Skeleton
from monomsk_description.threads import use_one_thread
from monomsk_dynamics.gait_steps import VIDEO_EVENT_SIGMA_S
from monomsk_dynamics.gait_tracker import GaitTracker
from monomsk_dynamics.live import LiveDynamics
from monomsk_dynamics.results import BodyDynamics

Array = NDArray[np.float64]

JOINTS = ("hip_flexion", "knee_angle", "ankle_angle")
NAMES = tuple(f"{joint}_{side}" for joint in JOINTS for side in "rl")
AHEAD_S, STEP_S, FRAME_S, WALK_S = 0.08, 0.01, 1.0 / 30.0, 20.0
SETTLED_S = {"torques": 3.0, "angles": 6.0}
#: Half of the 90 % interval, in standard deviations.
HALF_INTERVAL = 1.645
CADENCE_VARIES = 0.05
_ROOT_Q, _ROOT_V, _NV = 7, 6, 37


@dataclass(frozen=True)
class Noise:
    """Of states: standard deviations and how long an error lasts."""

    angle_deg: float
    place_m: float
    lasts_s: float

    @property
    def sigma(self) -> Array:
        """Standard deviations (37,) in tangent space [m, rad]."""
        sigma = np.full(_NV, math.radians(self.angle_deg))
        sigma[:3] = self.place_m
        return sigma


@dataclass(frozen=True, eq=False)
class Walk:
    """The stride, repeated at a cadence that may vary."""

    gait: CyclicGait
    skeleton: Skeleton
    times_s: Array
    along_s: Array

    def along(self, time_s: float) -> float:
        """Place along the recorded stride [s]."""
        return float(np.interp(time_s, self.times_s, self.along_s))

    def configuration(self, time_s: float) -> Array:
        """Configuration (38,) at a time [s]."""
        return self.gait.configuration(self.along(time_s))


def make_walk(gait: CyclicGait, varies: float, seed: int) -> Walk:
    """A walk whose cadence changes by so large a share within a second."""
    times_s = np.arange(0.0, WALK_S + 2.0, 1e-3)
    changes = np.random.default_rng(seed).normal(size=int(WALK_S) + 5)
    speed = 1.0 + varies * np.interp(times_s, np.arange(len(changes)), changes)
    return Walk(gait, estimator_skeleton(gait), times_s, 1e-3 * np.cumsum(speed))


def live(walk: Walk, noise: Noise, seed: int) -> Iterator[tuple[float, BodyDynamics]]:
    """Times [s] and what the live dynamics make of the noisy states."""
    rng = np.random.default_rng(seed)
    dynamics, error = LiveDynamics(walk.skeleton), rng.normal(size=_NV)
    kept = math.exp(-FRAME_S / noise.lasts_s) if noise.lasts_s else 0.0
    told = noise.sigma if noise.angle_deg else np.full(_NV, np.nan)
    for time_s in np.arange(0.0, WALK_S, FRAME_S):
        error = kept * error + math.sqrt(1.0 - kept**2) * rng.normal(size=_NV)
        q = walk.skeleton.integrate(walk.configuration(time_s), noise.sigma * error)
        yield float(time_s), dynamics.update(BodyState(stamp_ns(time_s), q, np.zeros(_NV), told))


def score_torques(gait: CyclicGait, noise: Noise) -> list[str]:
    """Per joint: coverage, RMSE, median standard deviation."""
    walk, rows = make_walk(gait, 0.0, 0), []
    columns = [_ROOT_V + walk.skeleton.coordinate_index(name) for name in NAMES]
    for time_s, result in live(walk, noise, 0):
        if time_s > SETTLED_S["torques"]:
            truth = [gait.torque(walk.along(time_s), name) for name in NAMES]
            rows.append([result.tau[columns] - truth, result.tau_sigma[columns]])
    error, sigma = np.array(rows).transpose(1, 0, 2) / gait.skeleton.mass_kg
    cells = []
    for joint in range(len(JOINTS)):
        both = slice(2 * joint, 2 * joint + 2)
        inside = np.mean(np.abs(error[:, both]) <= HALF_INTERVAL * sigma[:, both])
        rmse, median = np.sqrt(np.mean(error[:, both] ** 2)), np.median(sigma[:, both])
        cells.append(f"{100 * inside:.0f} %, {rmse:.2f} / {median:.2f}")
    return cells


def score_angles(gait: CyclicGait, noise: Noise, seed: int) -> list[list[str]]:
    """Rows of the angles' table: held, simulated, as the assistant predicts."""
    walk = make_walk(gait, CADENCE_VARIES, seed)
    columns = [walk.skeleton.coordinate_index(name) for name in NAMES]
    tracker, stepper = (
        GaitTracker(walk.skeleton, VIDEO_EVENT_SIGMA_S),
        ForwardStepper(walk.skeleton),
    )
    clock, outlooks = PhaseClock(1.0, 0.08), [JointOutlook(name) for name in NAMES]
    errors = []
    for time_s, result in live(walk, noise, seed):
        state = tracker.update(result)
        right, left = (LegCycle(leg.cycle_fraction, leg.cycle_fraction_sigma) for leg in state.legs)
        clock.update(GaitEstimate(result.stamp_ns, (right, left), state.step_rate_hz))
        stepper.start(_estimate(result))
        for _ in range(round(AHEAD_S / STEP_S)):
            angles, rates = stepper.step(STEP_S)
        true = walk.configuration(time_s + AHEAD_S)[_ROOT_Q:][columns]
        held = result.q[_ROOT_Q:][columns]
        predicted = []
        for k, column in enumerate(columns):
            places = [clock.fraction(k % 2, result.stamp_ns + round(s * 1e9)) for s in (0, AHEAD_S)]
            now = JointPrediction(held[k], result.v[_ROOT_V + column], 0.0)
            ahead = JointPrediction(angles[column], rates[column], AHEAD_S)
            motion = (now.angle_rad, now.rate_rad_s)
            outlooks[k].learn(result.stamp_ns, places[0], 0.0, motion)
            predicted.append(outlooks[k].motion(now, ahead, *places)[0])
        if time_s > SETTLED_S["angles"]:
            errors.append([held - true, angles[columns] - true, np.array(predicted) - true])
    rmse = np.rad2deg(np.sqrt(np.mean(np.square(errors), axis=0)))
    means = rmse.reshape(3, len(JOINTS), 2).mean(axis=2)
    names = ("last estimate held", "simulated alone", "as it is")
    return [[n, *(f"{x:.1f}" for x in row)] for n, row in zip(names, means, strict=True)]


def _estimate(result: BodyDynamics) -> Estimate:
    right, left = (
        Sole(s.in_contact, s.force, s.center_of_pressure, s.free_moment) for s in result.soles
    )
    return Estimate(
        stamp_ns=result.stamp_ns, q=result.q, v=result.v, a=result.a, tau=result.tau,
        tau_sigma=result.tau_sigma, soles=(right, left), root_residual=result.root_residual,
        consistency_error=result.consistency_error,
    )  # fmt: skip


def main() -> None:
    """Print both tables."""
    use_one_thread()
    gait = read_cyclic_gait(reference_folder() / "mocap_walking_3d")
    rows = []
    for noise in (
        Noise(0.0, 0.0, 0.0), Noise(1.5, 0.01, 0.3), Noise(3.0, 0.02, 0.3), Noise(5.0, 0.03, 0.3),
        Noise(1.5, 0.01, 0.0),
    ):  # fmt: skip
        label = f"{noise.angle_deg:g} deg, {1e3 * noise.place_m:g} mm, lasts {noise.lasts_s:g} s"
        rows.append([label, *score_torques(gait, noise)])
    print(table(["Noise", *JOINTS], rows), "\n")
    print(table(["", *JOINTS], score_angles(gait, Noise(1.5, 0.01, 0.3), 2)))


if __name__ == "__main__":
    main()
