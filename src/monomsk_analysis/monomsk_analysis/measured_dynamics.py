"""Inverse dynamics with measured ground forces, as OpenSim's tool does it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfiltfilt

from monomsk_analysis.exports import ground_reaction_labels
from monomsk_analysis.motion_file import ImportedMotion
from monomsk_analysis.opensim_kinematics import (
    configuration_from_opensim,
    opensim_from_configuration,
)
from monomsk_analysis.storage import Table
from monomsk_description.anatomy import Site
from monomsk_description.frames import to_rep103
from monomsk_description.points import PointSet, PointSetFactory
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.smoothing import SmoothMotion, smooth_motion

Array = NDArray[np.float64]

_ORDER = 3
_SIDES = ("r", "l")


@dataclass(frozen=True)
class MeasuredLoads:
    """What the ground does to the feet, right and left, in the world.

    Attributes:
        force: (n, 2, 3) [N].
        center_of_pressure: (n, 2, 3) [m].
        free_torque: (n, 2, 3) [N m].
    """

    force: Array
    center_of_pressure: Array
    free_torque: Array

    @classmethod
    def read(cls, table: Table, times: Array) -> MeasuredLoads:
        """Read a table of OpenSim's ground reactions at other times, linearly interpolated.

        Raises:
            MissingColumnsError: a column is not there.
        """
        feet = []
        for side in _SIDES:
            columns = table.columns(ground_reaction_labels(side))
            at_times = [np.interp(times, table.times, column) for column in columns.T]
            feet.append(to_rep103(np.stack(at_times, axis=1).reshape(-1, 3, 3)))
        stacked = np.stack(feet, axis=1)
        return cls(stacked[:, :, 0], stacked[:, :, 1], stacked[:, :, 2])


def low_pass(values: Array, rate_hz: float, cutoff_hz: float) -> Array:
    """Filter columns as OpenSim's tools do: 3rd-order Butterworth, there and back.

    Both ends are extended by half of the length, mirrored through the end points.

    Args:
        values: (n, k), evenly sampled.
        rate_hz: sampling rate [Hz].
        cutoff_hz: of one pass [Hz].
    """
    pad = len(values) // 2
    before = 2 * values[0] - values[pad:0:-1]
    after = 2 * values[-1] - values[-2 : -pad - 2 : -1]
    extended = np.concatenate([before, values, after])
    sections = butter(_ORDER, cutoff_hz, fs=rate_hz, output="sos")
    filtered: Array = sosfiltfilt(sections, extended, axis=0, padlen=0)
    return filtered[pad : pad + len(values)]


def filtered_motion(motion: ImportedMotion, cutoff_hz: float) -> SmoothMotion:
    """Filter OpenSim's coordinates, then differentiate a spline through them.

    Args:
        motion: evenly sampled.
        cutoff_hz: of one pass [Hz].

    Raises:
        DynamicsError: the motion is too short, or has gaps.
    """
    rate_hz = 1.0 / float(np.median(np.diff(motion.times)))
    coordinates = low_pass(opensim_from_configuration(motion.q), rate_hz, cutoff_hz)
    q = configuration_from_opensim(coordinates)
    # What is left lies far below half the sampling rate: the spline passes through it.
    (smooth,) = smooth_motion(motion.stamps_ns, q, rate_hz, math.inf)
    return smooth


def measured_inverse_dynamics(
    skeleton: Skeleton, motion: SmoothMotion, loads: MeasuredLoads
) -> Array:
    """Return the generalised forces (n, 37) that the ground forces leave to pelvis and joints.

    Args:
        skeleton: the person's; the forces act on its calcanei.
        motion: n frames with derivatives.
        loads: in the same frames.
    """
    points = PointSetFactory(skeleton.assembly)
    feet = [points.make(_marks(f"calcn_{side}")) for side in _SIDES]
    forces = np.empty_like(motion.v)
    for frame, (q, v, a) in enumerate(zip(motion.q, motion.v, motion.a, strict=True)):
        forces[frame] = skeleton.inverse_dynamics(q, v, a)
        for side, marks in enumerate(feet):
            force = loads.force[frame, side]
            origin, linear, angular = _segment_jacobian(skeleton, q, marks)
            arm = loads.center_of_pressure[frame, side] - origin
            moment = np.cross(arm, force) + loads.free_torque[frame, side]
            forces[frame] -= linear.T @ force + angular.T @ moment
    return forces


def _marks(segment: str) -> list[Site]:
    """The segment's origin, and one point along each axis."""
    places = np.vstack([np.zeros(3), np.eye(3)])
    return [Site(f"{segment}_{k}", segment, place) for k, place in enumerate(places)]


def _segment_jacobian(skeleton: Skeleton, q: Array, marks: PointSet) -> tuple[Array, Array, Array]:
    """Origin (3,), linear and angular Jacobian (3, 37) of a segment in the world."""
    places, jacobians = skeleton.points_with_jacobians(q, marks)
    axes, changes = places[1:] - places[0], jacobians[1:] - jacobians[0]
    # An axis e turns by w x e, and the sum of e x (w x e) over three orthonormal axes is 2 w.
    angular = 0.5 * np.cross(axes[:, :, None], changes, axis=1).sum(axis=0)
    return places[0], jacobians[0], angular
