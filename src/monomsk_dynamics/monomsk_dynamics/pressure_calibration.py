"""Where a person's centre of pressure really runs, from the person's own single support.

On one foot the equations of motion themselves give the centre of pressure: noisy from frame to
frame, but right on average. The expected path, which differs between people by centimetres, is
shifted by most of the mean difference, pooled over all single support of a recording; in running,
where the foot need not land on the heel, also turned over the phase of stance.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monomsk_dynamics.frame import FrameTerms
from monomsk_dynamics.gait_phase import GaitPhase
from monomsk_dynamics.load_sharing import LoadPrior
from monomsk_dynamics.pressure_calibration_options import PressureCalibrationOptions
from monomsk_dynamics.wrench_maps import root_to_world

Array = NDArray[np.float64]

_OUTWARD = (-1.0, 1.0)


@dataclass(frozen=True)
class PressureCalibration:
    """A shift of the expected centre of pressure, forward and to the outside of the foot.

    Attributes:
        shift_m: (2,) [m].
        turn_m: Change of the shift over a whole stance (2,) [m].
    """

    shift_m: Array
    turn_m: Array

    def of(self, prior: LoadPrior, phase: GaitPhase, weight: float) -> LoadPrior:
        """The prior with its centre of pressure shifted by a weight of this."""
        pressure = prior.center_of_pressure.copy()
        for foot in (0, 1):
            at = float(np.nan_to_num(phase.stance[foot], nan=0.5)) - 0.5
            forward, outward = weight * (self.shift_m + at * self.turn_m)
            axes = prior.foot_axes[foot]
            pressure[foot] += axes[:, 0] * forward + axes[:, 1] * outward * _OUTWARD[foot]
        return replace(prior, center_of_pressure=pressure)


def calibrate_pressure(
    frames: Sequence[tuple[FrameTerms, Array, LoadPrior, GaitPhase]],
    times_s: Array,
    weight_n: float,
    options: PressureCalibrationOptions,
    *,
    running: bool = False,
) -> PressureCalibration:
    """Find the shift of a recording; none where there is too little single support.

    Args:
        frames: Kinematics, acceleration (37,), expected loads and phase of each frame.
        times_s: Of the frames (n,) [s].
        weight_n: Of the person [N].
        options: Gains and what counts.
        running: Whether the path may also turn over the phase.
    """
    none = PressureCalibration(np.zeros(2), np.zeros(2))
    rows = [row for frame in frames if (row := _difference(*frame, weight_n, options)) is not None]
    period_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.0
    if len(rows) * period_s < options.least_s:
        return none
    found = np.array(rows)
    loads, phases, differences = found[:, 0], found[:, 1] - 0.5, found[:, 2:]
    powers = [np.ones(len(found)), phases] if running else [np.ones(len(found))]
    design = np.stack(powers, axis=1)
    weighted = design * loads[:, None]
    best = np.linalg.solve(weighted.T @ design, weighted.T @ differences)
    fitted = best * np.array(options.gains)
    turn = np.array([fitted[1, 0], 0.0]) if running else np.zeros(2)
    if running:
        fitted[0, 1] = 0.0  # runners land close to the midline, where it says little
    bounded = [np.clip(part, -options.largest_m, options.largest_m) for part in (fitted[0], turn)]
    return PressureCalibration(bounded[0], bounded[1])


def _difference(
    terms: FrameTerms,
    acceleration: Array,
    prior: LoadPrior,
    phase: GaitPhase,
    weight_n: float,
    options: PressureCalibrationOptions,
) -> tuple[float, float, float, float] | None:
    """Load [body weights], phase, and where the motion's own centre of pressure lies [m].

    Forward and outward of the expected one; None for a frame that does not count.
    """
    if prior.in_contact.sum() != 1 or prior.support is not None:
        return None
    foot = int(prior.in_contact.argmax())
    at = float(phase.stance[foot])
    if not options.phases[0] <= at <= options.phases[1]:
        return None
    expected = prior.center_of_pressure[foot]
    wrench = root_to_world(terms, expected) @ (
        terms.mass_matrix[:6] @ acceleration + terms.bias[:6]
    )
    load = float(wrench[2]) / weight_n
    if load < options.least_load:
        return None
    off = np.array([-wrench[4], wrench[3], 0.0]) / wrench[2]
    axes = prior.foot_axes[foot]
    return load, at, float(off @ axes[:, 0]), float(off @ axes[:, 1]) * _OUTWARD[foot]
