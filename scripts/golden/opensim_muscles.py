"""What the muscle scripts need of an OpenSim model: lengths, moment arms and pulls of one leg.

Needs `opensim` (4.6), which cannot share a process with casadi: run it from its own environment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import opensim as osim  # type: ignore[import-not-found]
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Of one leg, from the pelvis down.
COORDINATES = (
    "hip_flexion", "hip_adduction", "hip_rotation", "knee_angle", "ankle_angle", "subtalar_angle",
    "mtp_angle",
)  # fmt: skip
#: Where polynomials hold [degrees]. Beyond, some of OpenSim's paths leave their wrapping surfaces.
RANGES_DEG = np.array(
    [[-30.0, 110.0], [-30.0, 20.0], [-30.0, 30.0], [0.0, 120.0], [-40.0, 30.0], [-20.0, 20.0],
     [-30.0, 30.0]]
)  # fmt: skip
#: A joint whose load can be asked for, and the segments that hang on it, the joint's child first.
BELOW = {
    "hip": ("femur", "patella", "tibia", "talus", "calcn", "toes"),
    "knee": ("tibia", "talus", "calcn", "toes"),
    "ankle": ("talus", "calcn", "toes"),
}
#: Segments that are scaled, with those that follow them.
SEGMENTS = {
    "pelvis": (), "femur": ("patella",), "tibia": (), "talus": (), "calcn": (), "toes": (),
}  # fmt: skip

osim.Logger.setLevelString("error")
osim.Logger.removeFileSink()


@dataclass(frozen=True)
class Samples:
    """Muscles at poses.

    Attributes:
        poses: Coordinates [rad], (n, 7).
        lengths: (n, muscles) [m].
        arms: Moment arms (n, muscles, 7) [m].
        pulls: Direction in which a muscle pulls what hangs on a joint, in the axes of the joint's
            child, (n, muscles, 3 joints, 3); zero where it does not cross the joint.
    """

    poses: Array
    lengths: Array
    arms: Array
    pulls: Array


class LegMuscles:
    """The muscles of one leg in one model.

    Attributes:
        names: Of the muscles, without the side.
        crosses: Which coordinates each muscle crosses (muscles, 7).
    """

    #: A moment arm that never exceeds this is a wrapping surface's rounding [m].
    SMALLEST_ARM_M = 2e-3
    #: Changes over half a degree or so that no path on a smooth surface makes [m].
    LENGTH_JUMP_M, ARM_JUMP_M = 5e-4, 2e-3

    def __init__(self, model: osim.Model, side: str = "r") -> None:
        every = model.updCoordinateSet()
        for index in range(every.getSize()):
            every.get(index).setDefaultLocked(False)
        self._model = model
        self._side = side
        self._state = model.initSystem()
        self._coordinates = [every.get(f"{name}_{side}") for name in COORDINATES]
        self._patella = every.get(f"knee_angle_{side}_beta")
        found = model.getMuscles()
        names = [found.get(i).getName() for i in range(found.getSize())]
        self.names = [name[:-2] for name in names if name.endswith(f"_{side}")]
        self._muscles = [found.get(f"{name}_{side}") for name in self.names]
        self._paths = [osim.GeometryPath.safeDownCast(m.getPath()) for m in self._muscles]
        self.crosses = np.ones((len(self.names), len(COORDINATES)), dtype=bool)
        few = draw_poses(24, np.random.default_rng(1))
        arms = np.array([self._at(pose).arms() for pose in few])
        self.crosses = np.abs(arms).max(axis=0) > self.SMALLEST_ARM_M

    def sample(self, poses: Array) -> Samples:
        """Everything at poses (n, 7) [rad]."""
        rows = [(self._at(p).lengths(), self.arms(), self.pulls()) for p in poses]
        lengths, arms, pulls = (np.array(column) for column in zip(*rows, strict=True))
        return Samples(poses, lengths, arms, pulls)

    def slips_on_the_way(self, pose: Array, muscle: int, steps: int = 200) -> bool:
        """Whether a path jumps between the neutral pose (zero everywhere) and a pose.

        A path that leaves its wrapping surface jumps: its length changes as its moment arms do not
        explain, or its moment arms change at once.
        """
        way = np.linspace(0.0, 1.0, steps)[:, None] * pose
        lengths, arms = [], []
        for point in way:
            self._at(point)
            lengths.append(self._muscles[muscle].getLength(self._state))
            arms.append(self._arms_of(muscle))
        means = 0.5 * (np.array(arms)[1:] + np.array(arms)[:-1])
        explained = -(means * np.diff(way, axis=0)).sum(axis=1)
        by_length = np.abs(np.diff(lengths) - explained).max()
        by_arm = np.abs(np.diff(arms, axis=0)).max()
        return bool(by_length > self.LENGTH_JUMP_M or by_arm > self.ARM_JUMP_M)

    def parameters(self) -> list[dict[str, float]]:
        """The numbers behind each muscle's forces."""
        return [
            {
                "max_isometric_force_n": m.getMaxIsometricForce(),
                "optimal_fiber_length_m": m.getOptimalFiberLength(),
                "tendon_slack_length_m": m.getTendonSlackLength(),
                "pennation_rad": m.getPennationAngleAtOptimalFiberLength(),
                "max_contraction_velocity": m.getMaxContractionVelocity(),
            }
            for m in self._muscles
        ]

    def _at(self, pose: Array) -> "LegMuscles":
        for coordinate, value in zip(self._coordinates, pose, strict=True):
            coordinate.setValue(self._state, float(value), False)
        self._patella.setValue(self._state, float(pose[COORDINATES.index("knee_angle")]), False)
        self._model.realizePosition(self._state)
        return self

    def lengths(self) -> Array:
        """At the present pose (muscles,) [m]."""
        return np.array([muscle.getLength(self._state) for muscle in self._muscles])

    def arms(self) -> Array:
        """At the present pose (muscles, 7) [m]."""
        return np.array([self._arms_of(muscle) for muscle in range(len(self.names))])

    def _arms_of(self, muscle: int) -> Array:
        arms = np.zeros(len(COORDINATES))
        for index in np.flatnonzero(self.crosses[muscle]):
            arms[index] = self._muscles[muscle].computeMomentArm(
                self._state, self._coordinates[index]
            )
        return arms

    def pulls(self) -> Array:
        """At the present pose (muscles, 3 joints, 3)."""
        pulls = np.zeros((len(self.names), len(BELOW), 3))
        bodies = self._model.getBodySet()
        for muscle, path in enumerate(self._paths):
            points, segments = self._points(path)
            steps = np.diff(points, axis=0)
            directions = steps / np.maximum(np.linalg.norm(steps, axis=1), 1e-12)[:, None]
            for joint, below in enumerate(BELOW.values()):
                inside = np.array([segment in below for segment in segments], dtype=float)
                total = -np.diff(inside) @ directions
                frame = bodies.get(f"{below[0]}_{self._side}").getTransformInGround(self._state)
                pulls[muscle, joint] = total @ _rotation(frame)
        return pulls

    def _points(self, path: osim.GeometryPath) -> tuple[Array, list[str]]:
        """Places in the ground of the path's points as they are now, and their segments."""
        current = path.getCurrentPath(self._state)
        points = [current.get(i) for i in range(current.getSize())]
        places = [point.getLocationInGround(self._state) for point in points]
        segments = [point.getParentFrame().findBaseFrame().getName() for point in points]
        suffix = f"_{self._side}"
        return (
            np.array([[place.get(i) for i in range(3)] for place in places]),
            [name.removesuffix(suffix) for name in segments],
        )


def draw_poses(count: int, rng: np.random.Generator, towards_limits: bool = False) -> Array:
    """Random poses (count, 7) [rad], each coordinate stratified over its range.

    `towards_limits` draws more of them there, where polynomials err most.
    """
    strata = [(rng.permutation(count) + rng.random(count)) / count for _ in COORDINATES]
    share = np.array(strata).T
    if towards_limits:
        even = rng.random(share.shape) < 0.5
        share = np.where(even, share, 0.5 - 0.5 * np.cos(np.pi * share))
    low, high = np.radians(RANGES_DEG).T
    return np.asarray(low + share * (high - low))


def load(path: Path) -> osim.Model:
    """The model in a file."""
    return osim.Model(str(path))


def scaled(path: Path, factors: dict[str, Sequence[float]]) -> osim.Model:
    """The model in a file with segments of both sides stretched along x, y, z."""
    model = load(path)
    state = model.initSystem()
    scales = osim.ScaleSet()
    for segment, factor in factors.items():
        for name in (segment, *SEGMENTS[segment]):
            for body in [name] if name == "pelvis" else [f"{name}_r", f"{name}_l"]:
                scale = osim.Scale()
                scale.setSegmentName(body)
                scale.setScaleFactors(osim.Vec3(*map(float, factor)))
                scale.setApply(True)
                scales.cloneAndAppend(scale)
    model.scale(state, scales, True)
    return model


def _rotation(transform: osim.Transform) -> Array:
    rotation = transform.R()
    return np.array([[rotation.get(i, j) for j in range(3)] for i in range(3)])
