"""Kinetics without force plates against force plates: forces, centres of pressure, moments, events.

Joint moments are compared with inverse dynamics of the same kinematics with the measured forces,
filtered at 6 Hz as OpenSim's users do. Fore-aft and lateral follow the pelvis' heading.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from monomsk_analysis.analysis import Analysis
from monomsk_analysis.measured_dynamics import (
    MeasuredLoads,
    low_pass,
    measured_inverse_dynamics,
)
from monomsk_analysis.plate_feet import FootLoads, PlateContact
from monomsk_analysis.scoring import (
    LEG_MOMENTS,
    PRESSURE_LOAD,
    frames_with_complete_plates,
    score_forces,
    score_leg_moments,
    score_pressure,
)
from monomsk_description.frames import GRAVITY_M_S2, to_opensim
from monomsk_dynamics.smoothing import smooth_motion

Array = NDArray[np.float64]

CUTOFF_HZ = 6.0
#: Frames with a larger residual of the inverse dynamics with the plates are left out: a foot stood
#: beside them. Somebody with a load of RUNNING_LOAD runs, where even complete plates leave more
#: than walking does, and a missing foot leaves more than a body weight. Per body weight.
WALKING_RESIDUAL = 0.15
RUNNING_RESIDUAL = 0.5
RUNNING_LOAD = 1.8
SIDES = ("right", "left")
_MAX_EVENT_DISTANCE_S = 0.3


@dataclass(frozen=True)
class ReferenceScore:
    """How far kinetics are from the force plates.

    Attributes:
        frames: analysed frames.
        frames_compared: those in which the plates measured everything, by foot.
        forces: per foot, errors in % of body weight.
        pressure: per foot, error of the centre of pressure [mm].
        moment_rmse: per joint moment [N m/kg].
        leg_moment_rmse: mean over hip flexion, hip adduction, knee and ankle of both legs [N m/kg].
        event_error_ms: estimated less measured contact changes at 20 N [ms].
    """

    frames: int
    frames_compared: int
    forces: dict[str, dict[str, float]]
    pressure: dict[str, dict[str, float]]
    moment_rmse: dict[str, float]
    leg_moment_rmse: float
    event_error_ms: tuple[float, ...]

    def entries(self) -> dict[str, Any]:
        """Entries of a summary."""
        return asdict(self)

    def mean_force(self, name: str) -> float:
        """An error of `forces`, mean of both feet."""
        return float(np.mean([errors[name] for errors in self.forces.values()]))

    def sentence(self) -> str:
        """The numbers in one line."""
        forces = " / ".join(
            f"{self.mean_force(name):.1f}"
            for name in ("vertical_rmse", "fore_aft_rmse", "lateral_rmse")
        )
        return (
            f"against the force plates ({self.frames_compared} of {self.frames} frames): "
            f"vertical / fore-aft / lateral RMSE {forces} % of body weight per foot, "
            f"leg moments {self.leg_moment_rmse:.3f} N m/kg"
        )


def score_reference(analysis: Analysis, loads: FootLoads) -> ReferenceScore | None:
    """Score an analysis against what the plates said of each foot; None if they saw too little.

    Args:
        analysis: of the motion.
        loads: at all of its frames.
    """
    skeleton, used = analysis.skeleton, np.flatnonzero(analysis.analysed)
    weight_n = skeleton.mass_kg * GRAVITY_M_S2
    moments = _measured_moments(analysis, loads.measured())[used]
    results = analysis.results
    residual = moments[:, :3] + _beyond_cutoff(analysis, loads)[used]
    runs = loads.force[..., 2].max() > RUNNING_LOAD * weight_n
    fraction = RUNNING_RESIDUAL if runs else WALKING_RESIDUAL
    valid = frames_with_complete_plates(residual, weight_n, fraction) & loads.certain[used]
    if not valid.any():
        return None
    heading = _headings(np.array([result.q for result in results]))
    forces, pressure = {}, {}
    for foot, side in enumerate(SIDES):
        soles = [result.soles[foot] for result in results]
        own = (
            _ahead(np.array([sole.force for sole in soles]), heading),
            _ahead(np.array([sole.center_of_pressure for sole in soles]), heading),
        )
        plate = (
            _ahead(loads.force[used, foot], heading),
            _ahead(loads.center_of_pressure[used, foot], heading),
        )
        forces[side] = asdict(score_forces(own[0], plate[0], weight_n, valid))
        pressure[side] = asdict(score_pressure(own, plate, PRESSURE_LOAD * weight_n, valid))
    own_moments = np.array([result.tau for result in results])
    columns = [6 + skeleton.coordinate_index(name) for name in LEG_MOMENTS]
    by_joint, mean = score_leg_moments(
        own_moments[:, columns], moments[:, columns], skeleton.mass_kg, valid
    )
    return ReferenceScore(
        frames=len(results),
        frames_compared=int(valid.sum()),
        forces=forces,
        pressure=pressure,
        moment_rmse=by_joint,
        leg_moment_rmse=mean,
        event_error_ms=event_errors_ms(analysis, loads.contacts),
    )


def _measured_moments(analysis: Analysis, loads: MeasuredLoads) -> Array:
    """Generalised forces (n, 37) with measured forces; NaN where there is no motion."""
    moments = np.full((len(analysis.times), analysis.skeleton.nv), np.nan)
    for segment in analysis.split.segments:
        if len(segment.frames) < 2:
            continue
        gap_s = 1e-9 * float(np.diff(segment.stamps_ns).max()) * 2.0
        for motion in smooth_motion(segment.stamps_ns, segment.q, CUTOFF_HZ, gap_s):
            frames = segment.frames[np.searchsorted(segment.stamps_ns, motion.stamps_ns)]
            own = MeasuredLoads(
                loads.force[frames], loads.center_of_pressure[frames], loads.free_torque[frames]
            )
            moments[frames] = measured_inverse_dynamics(analysis.skeleton, motion, own)
    return moments


def _beyond_cutoff(analysis: Analysis, loads: FootLoads) -> Array:
    """What of the plates' force (n, 3) filtered kinematics cannot know, in the pelvis frame [N].

    Impacts are faster than the filter: that is no sign of a foot beside the plates.
    """
    force = loads.force.sum(axis=1)
    rate_hz = 1.0 / float(np.median(np.diff(analysis.times)))
    fast = np.zeros_like(force)
    if rate_hz > 2.5 * CUTOFF_HZ and len(force) > 2:
        fast = force - low_pass(force, rate_hz, CUTOFF_HZ)
    for frame, result in enumerate(analysis.dynamics):
        if result is not None:
            fast[frame] = pin.Quaternion(result.q[3:7]).matrix().T @ fast[frame]
    return fast


def event_errors_ms(analysis: Analysis, contacts: Sequence[PlateContact]) -> tuple[float, ...]:
    """Estimated less measured time of each contact's beginning and end [ms].

    Contacts that the recording cuts off do not count, nor those without an estimate near.
    """
    times = analysis.times[analysis.analysed]
    errors = []
    for contact in contacts:
        if not contact.whole:
            continue
        loaded = np.array([result.soles[contact.foot].in_contact for result in analysis.results])
        changes = np.diff(loaded.astype(int))
        middle = 0.5 * (times[1:] + times[:-1])
        for time_s, sign in ((contact.start_s, 1), (contact.end_s, -1)):
            own = middle[changes == sign]
            if len(own):
                nearest = float(own[np.argmin(np.abs(own - time_s))] - time_s)
                if abs(nearest) < _MAX_EVENT_DISTANCE_S:
                    errors.append(1e3 * nearest)
    return tuple(errors)


def _headings(q: Array) -> Array:
    """Direction (n, 2) of the pelvis' forward axis on the floor."""
    x, y, z, w = q[:, 3:7].T
    ahead = np.stack([1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y + w * z)], axis=1)
    return np.asarray(ahead / np.linalg.norm(ahead, axis=1)[:, None])


def _ahead(vectors: Array, heading: Array) -> Array:
    """World vectors (n, 3) in OpenSim's axes with x along a heading (n, 2)."""
    forward = np.sum(vectors[:, :2] * heading, axis=1)
    left = vectors[:, 1] * heading[:, 0] - vectors[:, 0] * heading[:, 1]
    return to_opensim(np.stack([forward, left, vectors[:, 2]], axis=1))
