"""A person's skeleton from markers: segment lengths, then where each marker sits on it.

Lengths and poses of some frames are fitted together: markers by how closely each shows its bone,
lengths by what is known of people of this height (`proportions`), both sides alike. A static
trial adds soles that stand flat. Then every marker is put where it was measured.

Arms raised in a static trial lift the shoulders by up to 10 cm over the trunk: with a static
trial, it says where pelvis and legs are, and some frames of the motion say where trunk and arms
are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.marker_ik import rigid_fit
from monomsk_analysis.marker_sets import MarkerSet
from monomsk_description.anatomy import Anatomy, Site
from monomsk_description.anatomy_file import load_anatomy
from monomsk_description.frames import to_opensim
from monomsk_description.mass_distribution import distribute_mass
from monomsk_description.proportions import LengthBelief, population_of
from monomsk_description.scaling import scale
from monomsk_description.skeleton import Skeleton
from monomsk_description.subject import Subject

Array = NDArray[np.float64]

_ROOT = 6
_ITERATIONS = 25
_TOLERANCE = 1e-5
_LENGTH_STEP = 1e-4


@dataclass(frozen=True)
class CalibrationOptions:
    """Settings of the calibration.

    Attributes:
        posture_sigma_rad: of a coordinate in a static trial [rad].
        moving_sigma_rad: of a coordinate in a moving frame [rad].
        lumbar_sigma_rad: of a lumbar coordinate in a moving frame [rad].
        sole_flat_sigma_m: of a sole point's height over the mean sole, standing [m].
        sole_height_sigma_m: of the mean sole's height over the floor: shoes [m].
        limit_sigma_rad: of a coordinate beyond its range [rad].
        cluster_sigma_m: from this sigma on a marker is a cluster's [m].
    """

    posture_sigma_rad: float = 0.35
    moving_sigma_rad: float = 1.0
    lumbar_sigma_rad: float = 0.25
    sole_flat_sigma_m: float = 0.004
    sole_height_sigma_m: float = 0.015
    limit_sigma_rad: float = 0.05
    cluster_sigma_m: float = 0.05


@dataclass(frozen=True)
class CalibrationFrames:
    """Frames to calibrate on.

    Attributes:
        positions: (k, m, 3) of the markers [m]; NaN where one is not seen or not to be used.
        standing: (k,) whether the person stands still with flat soles.
    """

    positions: Array
    standing: NDArray[np.bool_]


@dataclass(frozen=True)
class Calibration:
    """A person's skeleton with markers.

    Attributes:
        skeleton: scaled; its markers sit where they were measured.
        pose: (38,) of the last frame used.
        names: of the markers used.
        lengths_m: fitted lengths by name [m].
        residual_m: root mean square distance of the bony markers before they were moved [m].
        moved_m: how far each marker was moved [m].
    """

    skeleton: Skeleton
    pose: Array
    names: tuple[str, ...]
    lengths_m: dict[str, float]
    residual_m: float
    moved_m: dict[str, float]


class Calibrator:
    """Fits lengths and poses to frames of markers."""

    def __init__(
        self,
        subject: Subject,
        markers: MarkerSet,
        names: tuple[str, ...],
        options: CalibrationOptions | None = None,
    ) -> None:
        """Args: whose markers, where they should sit, those to use."""
        self._subject = subject
        self._options = options or CalibrationOptions()
        self._names = names
        self._sigma_m = markers.sigma_m(names)
        anatomy = markers.on(load_anatomy(), names)
        self._anatomy: Anatomy = distribute_mass(anatomy, subject.sex)
        self._belief: LengthBelief = population_of(subject)
        self._information = np.linalg.inv(self._belief.covariance[1:, 1:])
        moving = self._options.moving_sigma_rad
        self._moving_sigma = np.array(
            [
                self._options.lumbar_sigma_rad if name.startswith("lumbar") else moving
                for name in self._skeleton(self._belief.mean[1:]).coordinate_names
            ]
        )

    def fit(self, frames: CalibrationFrames) -> Calibration:
        """The skeleton that explains some frames best."""
        logs = self._belief.mean[1:].copy()
        skeleton = self._skeleton(logs)
        poses = [self._placed(skeleton, measured) for measured in frames.positions]
        for iteration in range(_ITERATIONS):
            step, moves = self._step(skeleton, logs, poses, frames)
            poses = [skeleton.integrate(q, move) for q, move in zip(poses, moves, strict=True)]
            # First the pose: lengths would explain what the guess of the pose does not.
            if iteration >= 5:
                logs = logs + np.clip(step, -0.05, 0.05)
                skeleton = self._skeleton(logs)
            largest = max(np.abs(step).max(), *(np.abs(move).max() for move in moves))
            if iteration > 5 and largest < _TOLERANCE:
                break
        return self._result(skeleton, logs, poses, frames)

    def _skeleton(self, logs: Array) -> Skeleton:
        lengths = dict(zip(self._belief.names, np.exp(logs).tolist(), strict=True))
        subject = self._subject.with_lengths(lengths)
        return Skeleton(subject, scale(self._anatomy, subject))

    def _placed(self, skeleton: Skeleton, measured: Array) -> Array:
        q = skeleton.neutral()
        seen = np.isfinite(measured).all(axis=1)
        own = skeleton.points(q, skeleton.markers)
        up = np.array([0.0, 0.0, 1.0])
        rotation, translation = rigid_fit(own[seen], measured[seen], up)
        q[:3] = rotation @ q[:3] + translation
        yaw = np.arctan2(rotation[1, 0], rotation[0, 0])
        q[3:7] = [0.0, 0.0, np.sin(0.5 * yaw), np.cos(0.5 * yaw)]
        return q

    def _step(
        self, skeleton: Skeleton, logs: Array, poses: list[Array], frames: CalibrationFrames
    ) -> tuple[Array, list[Array]]:
        """A Gauss-Newton step of log lengths, and of each pose (37,): poses eliminated first."""
        hessian = self._information.copy()
        gradient = self._information @ (self._belief.mean[1:] - logs)
        kept = []
        # Moving frames share their systematic errors: together they tell of lengths like one.
        shares = np.where(frames.standing, 1.0, 1.0 / max(int(np.sum(~frames.standing)), 1))
        stretched = [self._skeleton(logs + _LENGTH_STEP * one) for one in np.eye(len(logs))]
        for k, (q, measured) in enumerate(zip(poses, frames.positions, strict=True)):
            standing = bool(frames.standing[k])
            error, by_pose = self._rows(skeleton, q, measured, standing)
            longer = np.stack([self._errors(one, q, measured, standing) for one in stretched], 1)
            by_length = (error[:, None] - longer) / _LENGTH_STEP
            inner = by_pose.T @ by_pose + 1e-6 * np.eye(skeleton.nv)
            cross = by_pose.T @ by_length
            direct = by_pose.T @ error
            solved = np.linalg.solve(inner, np.column_stack([cross, direct]))
            hessian += shares[k] * (by_length.T @ by_length - cross.T @ solved[:, :-1])
            gradient += shares[k] * (by_length.T @ error - cross.T @ solved[:, -1])
            kept.append(solved)
        step = np.linalg.solve(hessian, gradient)
        moves = []
        for solved in kept:
            move = solved[:, -1] - solved[:, :-1] @ step
            moves.append(move * min(1.0, 0.5 / max(float(np.abs(move).max()), 1e-12)))
        return step, moves

    def _rows(
        self, skeleton: Skeleton, q: Array, measured: Array, standing: bool
    ) -> tuple[Array, Array]:
        """Weighted errors (r,) and their negative derivative (r, 37) over the pose."""
        error = self._errors(skeleton, q, measured, standing)
        seen = np.isfinite(measured).all(axis=1)
        jacobians = skeleton.point_jacobians(q, skeleton.markers)[seen]
        scale_m = np.repeat(self._sigma_m[seen], 3)
        rows = [jacobians.reshape(-1, skeleton.nv) / scale_m[:, None]]
        posture = np.zeros((skeleton.nv - _ROOT, skeleton.nv))
        posture[:, _ROOT:] = np.diag(1.0 / self._posture_sigma(standing))
        outside = np.zeros_like(posture)
        beyond = (q[7:] < skeleton.lower_limits) | (q[7:] > skeleton.upper_limits)
        outside[beyond, _ROOT + np.flatnonzero(beyond)] = 1.0 / self._options.limit_sigma_rad
        rows += [posture, outside]
        if standing:
            heights = skeleton.point_jacobians(q, skeleton.soles)[:, 2]
            rows += [self._sole_rows(heights)]
        return error, np.vstack(rows)

    def _errors(self, skeleton: Skeleton, q: Array, measured: Array, standing: bool) -> Array:
        """Weighted errors (r,): measured less modelled."""
        seen = np.isfinite(measured).all(axis=1)
        away = (measured - skeleton.points(q, skeleton.markers))[seen]
        clipped = np.clip(q[7:], skeleton.lower_limits, skeleton.upper_limits)
        parts = [
            (away / self._sigma_m[seen, None]).ravel(),
            -q[7:] / self._posture_sigma(standing),
            (clipped - q[7:]) / self._options.limit_sigma_rad,
        ]
        if standing:
            heights = skeleton.points(q, skeleton.soles)[:, 2]
            parts.append(-self._sole_rows(heights[:, None])[:, 0])
        return np.concatenate(parts)

    def _sole_rows(self, heights: Array) -> Array:
        """Deviation of sole points (16, k) from the mean of all, and that mean, weighted."""
        options = self._options
        mean = heights.mean(axis=0, keepdims=True)
        flat = (heights - mean) / (options.sole_flat_sigma_m * np.sqrt(len(heights)))
        return np.vstack([flat, mean / options.sole_height_sigma_m])

    def _posture_sigma(self, standing: bool) -> Array:
        if standing:
            return np.full_like(self._moving_sigma, self._options.posture_sigma_rad)
        return self._moving_sigma

    def _result(
        self, skeleton: Skeleton, logs: Array, poses: list[Array], frames: CalibrationFrames
    ) -> Calibration:
        sites = place_markers(skeleton, poses, frames)
        before = skeleton.anatomy.markers
        moved = {
            site.name: float(np.linalg.norm(site.location_m - old.location_m))
            for site, old in zip(sites, before, strict=True)
        }
        bones = self._sigma_m < self._options.cluster_sigma_m
        places = np.array([skeleton.points(q, skeleton.markers) for q in poses])
        away = np.linalg.norm(frames.positions - places, axis=2)[:, bones]
        return Calibration(
            Skeleton(skeleton.subject, replace(skeleton.anatomy, markers=sites)),
            poses[-1],
            self._names,
            dict(zip(self._belief.names, np.exp(logs).tolist(), strict=True)),
            float(np.sqrt(np.nanmean(away**2))),
            moved,
        )


def place_markers(
    skeleton: Skeleton, poses: list[Array], frames: CalibrationFrames
) -> tuple[Site, ...]:
    """The skeleton's markers where they were measured.

    Where the person stands, the last frame that shows a marker counts; else the mean of all that
    show it. A marker that no frame shows stays where it was.
    """
    segments = [skeleton.segment_poses(q) for q in poses]
    sites = []
    for column, site in enumerate(skeleton.anatomy.markers):
        seen = np.isfinite(frames.positions[:, column]).all(axis=1)
        local = {
            k: to_opensim(segments[k][site.segment].actInv(frames.positions[k, column]))
            for k in np.flatnonzero(seen).tolist()
        }
        standing = [place for k, place in local.items() if frames.standing[k]]
        if standing:
            sites.append(replace(site, location_m=standing[-1]))
        elif local:
            sites.append(replace(site, location_m=np.mean(list(local.values()), axis=0)))
        else:
            sites.append(site)
    return tuple(sites)
