"""Compares a skeleton with what OpenSim said of the same model, as scripts/golden wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from monomsk_description.anatomy import Site
from monomsk_description.frames import ROTATION_REP103_OPENSIM, to_rep103
from monomsk_description.points import PointSet, PointSetFactory, join
from monomsk_description.skeleton import Skeleton

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PoseScore:
    """Worst disagreement with OpenSim over random poses.

    Attributes:
        model: its name.
        poses: number of poses.
        center_mm: distance of any joint centre [mm].
        marker_mm: distance of any marker [mm].
        rest_force_relative: inverse dynamics that starts from rest; difference over the largest
            generalised force of the same kind (forces, moments) in the same pose.
        moving_force_relative: the same in motion.
    """

    model: str
    poses: int
    center_mm: float
    marker_mm: float
    rest_force_relative: float
    moving_force_relative: float


class GoldenPoses:
    """A golden file, in the project's axes and a skeleton's order of coordinates.

    Args:
        file: as `scripts/golden/opensim_golden.py` writes it.
        skeleton: of the same model.
    """

    def __init__(self, file: Path, skeleton: Skeleton) -> None:
        with np.load(file) as arrays:
            self._arrays = dict(arrays)
        self._skeleton = skeleton
        names = self.names("coordinate")
        self._order = [names.index(name) for name in skeleton.coordinate_names]
        turn = ROTATION_REP103_OPENSIM
        self._rotations = turn @ self._arrays["pelvis_rotation"] @ turn.T

    def __len__(self) -> int:
        return len(self._rotations)

    def names(self, kind: str) -> list[str]:
        """Names of the file's `coordinate`s, `segment`s or `marker`s."""
        return [str(name) for name in self._arrays[f"{kind}_names"]]

    def places(self, kind: str) -> Array:
        """World positions (poses, n, 3) [m] of `origins` or `markers`."""
        return to_rep103(self._arrays[kind])

    def configurations(self) -> Array:
        """(poses, 38)."""
        pelvis = self.places("origins")[:, self.names("segment").index("pelvis")]
        turned = Rotation.from_matrix(self._rotations).as_quat()
        return np.hstack([pelvis, turned, self._ordered("coordinates")])

    def velocities(self) -> Array:
        """(poses, 37)."""
        return np.hstack([self._in_pelvis("pelvis_velocity"), self._ordered("rates")])

    def accelerations(self) -> Array:
        """(poses, 37) time derivatives of the velocities: of components in the pelvis frame."""
        pelvis, velocity = self._in_pelvis("pelvis_acceleration"), self.velocities()
        pelvis[:, :3] -= np.cross(velocity[:, 3:6], velocity[:, :3])
        return np.hstack([pelvis, self._ordered("accelerations")])

    def accelerations_from_rest(self) -> Array:
        """(poses, 37)."""
        pelvis = self._in_pelvis("rest_pelvis_acceleration")
        return np.hstack([pelvis, self._ordered("accelerations")])

    def forces(self, prefix: str = "") -> Array:
        """OpenSim's inverse dynamics (poses, 37); with `rest_`, from rest."""
        wrench = self._in_pelvis(f"{prefix}pelvis_wrench")
        return np.hstack([wrench, self._ordered(f"{prefix}forces")])

    def _ordered(self, name: str) -> Array:
        ordered: Array = self._arrays[name][:, self._order]
        return ordered

    def _in_pelvis(self, name: str) -> Array:
        """Pairs of world vectors (poses, 6), such as velocity and spin, as pelvis components."""
        pairs = to_rep103(self._arrays[name].reshape(-1, 2, 3))
        return np.einsum("pji,pkj->pki", self._rotations, pairs).reshape(-1, 6)


def compare_poses(file: Path, skeleton: Skeleton) -> PoseScore:
    """Compare all poses of a golden file."""
    golden = GoldenPoses(file, skeleton)
    q, v = golden.configurations(), golden.velocities()
    rest = _forces(skeleton, q, np.zeros_like(v), golden.accelerations_from_rest())
    moving = _forces(skeleton, q, v, golden.accelerations())
    make = PointSetFactory(skeleton.assembly).make
    origins = make([Site(name, name, np.zeros(3)) for name in golden.names("segment")])
    known = join(skeleton.landmarks, skeleton.markers)
    return PoseScore(
        model=file.stem,
        poses=len(golden),
        center_mm=_worst_mm(skeleton, q, origins, golden.places("origins")),
        marker_mm=_worst_mm(skeleton, q, known, golden.places("markers"), golden.names("marker")),
        rest_force_relative=_worst_relative(rest, golden.forces("rest_")),
        moving_force_relative=_worst_relative(moving, golden.forces()),
    )


def _forces(skeleton: Skeleton, q: Array, v: Array, a: Array) -> Array:
    return np.array([skeleton.inverse_dynamics(*row) for row in zip(q, v, a, strict=True)])


def _worst_mm(
    skeleton: Skeleton, q: Array, points: PointSet, expected: Array, names: list[str] | None = None
) -> float:
    """Largest distance [mm] of points, or of those with the given names, over all poses."""
    # Of two points with one name, the anatomy's own marker comes last and counts.
    place = {name: row for row, name in enumerate(points.names)}
    rows = [place[name] for name in names or points.names]
    found = np.array([skeleton.points(row, points)[rows] for row in q])
    return 1e3 * float(np.linalg.norm(found - expected, axis=-1).max())


def _worst_relative(found: Array, expected: Array) -> float:
    errors, scale = np.abs(found - expected), np.abs(expected)
    return max(
        float((errors[:, kind].max(axis=1) / scale[:, kind].max(axis=1)).max())
        for kind in (slice(0, 3), slice(3, None))
    )
