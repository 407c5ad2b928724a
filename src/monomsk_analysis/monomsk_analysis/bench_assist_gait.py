"""One measured stride as a walk without end: the person of the assistance benchmark.

The stride that closes best is cut from the recording; what is left of a difference between its ends
(half a degree) is taken off evenly along it. Torques are those of inverse dynamics with the force
plates, on the person's own OpenSim model.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.spatial.transform import Rotation

from monomsk_analysis.bench_gait import TRIALS, plate_events
from monomsk_analysis.bench_measured import (
    CUTOFF_HZ,
    HEIGHT_M,
    MODEL_FILE,
    measured_moments,
)
from monomsk_analysis.body_choice import make_body, read_person
from monomsk_analysis.measured_dynamics import filtered_motion
from monomsk_analysis.motion_file import read_motion
from monomsk_analysis.storage import read_storage
from monomsk_description.frames import GRAVITY_M_S2
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.gait_steps import GaitEventKind

Array = NDArray[np.float64]

#: Columns of the plates under right and left foot.
VERTICAL_FORCES = TRIALS[0].vertical
#: Durations of a stride of walking that are tried [s].
_STRIDE_S = (0.9, 1.3)
_STEP_S = 1e-3
_ROOT_Q, _ROOT_V = 7, 6
_LEGS = slice(_ROOT_Q, _ROOT_Q + 14)


@dataclass(frozen=True, eq=False)
class CyclicGait:
    """A stride that repeats for ever.

    Attributes:
        skeleton: The person's own.
        stride_s: Duration of the stride [s].
        advance_m: How far a stride leads (3,) [m].
        curves: Pelvis position (3) less the advance [m], its rotation vector from `upright` (3)
            [rad], then 31 coordinates [rad], over the time within the stride.
        upright: Mean orientation of the pelvis.
        torques: Generalised forces (37) [N, N m] over the same time.
        heel_strikes_s: Of right and left foot, by the plates, within the stride [s].
    """

    skeleton: Skeleton
    stride_s: float
    advance_m: Array
    curves: CubicSpline
    upright: Rotation
    torques: CubicSpline
    heel_strikes_s: tuple[float, float]

    def configuration(self, time_s: float) -> Array:
        """Configuration (38,) at a time [s]."""
        values = self.curves(time_s % self.stride_s)
        turned = self.upright * Rotation.from_rotvec(values[3:6])
        place = values[:3] + self.advance_m * (time_s / self.stride_s)
        return np.concatenate([place, turned.as_quat(), values[6:]])

    def velocity(self, time_s: float) -> Array:
        """Velocity (37,) at a time [s]."""
        before, after = (self.configuration(time_s + step) for step in (-_STEP_S, _STEP_S))
        return self.skeleton.difference(before, after) / (2.0 * _STEP_S)

    def torque(self, time_s: float, coordinate: str) -> float:
        """Joint torque with the measured floor forces at a time [s], in N m."""
        column = _ROOT_V + self.skeleton.coordinate_index(coordinate)
        return float(self.torques(time_s % self.stride_s)[column])

    def fraction(self, time_s: float, foot: int) -> float:
        """Fraction of a foot's cycle since its heel strike at a time [s]; foot 0 is the right."""
        return ((time_s - self.heel_strikes_s[foot]) / self.stride_s) % 1.0

    @property
    def root_force_share(self) -> float:
        """Largest force that the plates leave to the pelvis, in body weights."""
        times = np.linspace(0.0, self.stride_s, 200)
        forces = np.linalg.norm(self.torques(times)[:, :3], axis=1)
        return float(forces.max() / (GRAVITY_M_S2 * self.skeleton.mass_kg))


def read_cyclic_gait(folder: Path) -> CyclicGait:
    """The best closing stride of the recording `mocap_walking_3d`.

    Raises:
        AnalysisError: a file cannot be read.
        DescriptionError: the model cannot be used.
    """
    skeleton = make_body(*read_person(folder / MODEL_FILE, height_m=HEIGHT_M)).skeleton
    recorded = read_motion(folder / "coordinates.sto", skeleton.coordinate_names)
    q = filtered_motion(recorded, CUTOFF_HZ).q
    times, torques = measured_moments(folder, skeleton)
    q = q[:: round(len(q) / len(times))]
    start, stop = _best_stride(times, q)
    span = slice(start, stop + 1)
    at_s = times[span] - times[start]
    upright = Rotation.from_quat(q[span, 3:_ROOT_Q]).mean()
    turns = (upright.inv() * Rotation.from_quat(q[span, 3:_ROOT_Q])).as_rotvec()
    advance = (q[stop, :3] - q[start, :3]) * [1.0, 1.0, 0.0]
    share = at_s / at_s[-1]
    places = q[span, :3] - share[:, None] * advance
    curves = np.hstack([places, turns, q[span, _ROOT_Q:]])
    return CyclicGait(
        skeleton, float(at_s[-1]), advance, _closed(at_s, curves), upright,
        _closed(at_s, torques[span]), _heel_strikes_s(folder, times[start], times[stop]),
    )  # fmt: skip


def _heel_strikes_s(folder: Path, start_s: float, stop_s: float) -> tuple[float, float]:
    """Heel strikes of right and left foot within a span, counted from its start [s]."""
    plates = read_storage(folder / "grf_walk.mot")
    events = plate_events(plates.times, plates.columns(VERTICAL_FORCES))
    right, left = (
        next(
            time_s - start_s
            for side, kind, time_s in events
            if (side, kind) == (foot, GaitEventKind.HEEL_STRIKE) and start_s <= time_s <= stop_s
        )
        for foot in (0, 1)
    )
    return right, left


def _best_stride(times: Array, q: Array) -> tuple[int, int]:
    """First and last frame of the stride whose legs end as they began."""
    found: list[tuple[float, int, int]] = []
    for start in range(len(times)):
        lengths = times - times[start]
        for stop in np.flatnonzero((lengths >= _STRIDE_S[0]) & (lengths <= _STRIDE_S[1])):
            gap = float(np.square(q[stop, _LEGS] - q[start, _LEGS]).sum())
            found.append((gap, start, int(stop)))
    _, first, last = min(found)
    return first, last


def _closed(at_s: Array, values: Array) -> CubicSpline:
    """A periodic curve: the difference between the ends is taken off evenly."""
    share = at_s / at_s[-1] - 0.5
    closed = values - share[:, None] * (values[-1] - values[0])
    closed[-1] = closed[0]
    return CubicSpline(at_s, closed, bc_type="periodic")
