"""What the inverse-dynamics transformer sees of a moving person, free of size, weight and heading.

Lengths are per stature h, forces per body weight m g, moments per m g h, speeds per sqrt(g h) and
rates per sqrt(g / h), so that children and adults look alike. Directions are those of the heading
frame: z up, x where the pelvis faces. The wrench that the ground must give in sum is among the
features: what the network adds is how two feet share it.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monomsk_description.frames import GRAVITY_M_S2
from monomsk_description.points import PointSet
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.frame import SIDES
from monomsk_dynamics.load_sharing import upright
from monomsk_dynamics.rotations import matrix

Array = NDArray[np.float64]

#: Coordinates of both legs, whose torques depend on how the feet share the load.
LEG_COORDINATES = tuple(
    f"{name}_{side}"
    for side in SIDES
    for name in (
        "hip_flexion", "hip_adduction", "hip_rotation", "knee_angle", "ankle_angle",
        "subtalar_angle", "mtp_angle",
    )
)  # fmt: skip
LUMBAR_COORDINATES = ("lumbar_extension", "lumbar_bending", "lumbar_rotation")
_SOLE_POINTS = ("heel_back", "metatarsal_fifth", "toe_first")
_PLACES = 3 * len(_SOLE_POINTS) * len(SIDES)

#: Blocks of the features in order, and their lengths. Feet are ordered right, left.
BLOCKS = {
    "gravity": 3,  # the world's vertical in the pelvis frame
    "height": 1,  # of the pelvis
    "velocity": 3,  # of the pelvis, heading frame
    "rotation": 3,  # rate of the pelvis, pelvis frame
    "legs": len(LEG_COORDINATES),
    "leg_rates": len(LEG_COORDINATES),
    "lumbar": len(LUMBAR_COORDINATES),
    "sole_places": _PLACES,  # relative to the pelvis
    "sole_heights": _PLACES // 3,  # over the floor
    "sole_velocities": _PLACES,
    "force": 3,  # that must act on the person in sum
    "moment": 3,  # the same, about the floor below the pelvis
    "mass_center": 3,  # relative to the floor below the pelvis
    "leg_torques": len(LEG_COORDINATES),  # of inverse dynamics without ground forces
    "noise": 1,  # standard deviation of the pelvis' place [cm]
}
_ENDS = np.cumsum(list(BLOCKS.values()))
#: Columns of each block.
COLUMNS = {
    name: slice(int(end) - size, int(end))
    for (name, size), end in zip(BLOCKS.items(), _ENDS, strict=True)
}
FEATURES = int(_ENDS[-1])
_MOST_NOISE_CM = 1.5


@dataclass(frozen=True)
class KineticsScales:
    """What the numbers of a person are divided by.

    Attributes:
        length_m: Stature.
        force_n: Body weight.
    """

    length_m: float
    force_n: float

    @classmethod
    def of(cls, skeleton: Skeleton) -> "KineticsScales":
        """Those of a skeleton."""
        return cls(skeleton.subject.height_m, skeleton.mass_kg * GRAVITY_M_S2)

    @property
    def moment_n_m(self) -> float:
        """Of moments."""
        return self.length_m * self.force_n

    @property
    def speed_m_s(self) -> float:
        """Of speeds."""
        return math.sqrt(GRAVITY_M_S2 * self.length_m)

    @property
    def rate_rad_s(self) -> float:
        """Of rates."""
        return math.sqrt(GRAVITY_M_S2 / self.length_m)


class KineticsFeatures:
    """Computes the features of frames.

    Args:
        skeleton: The person's.
    """

    def __init__(self, skeleton: Skeleton) -> None:
        self._skeleton = skeleton
        self.scales = KineticsScales.of(skeleton)
        self._legs = np.array([skeleton.coordinate_index(name) for name in LEG_COORDINATES])
        self._lumbar = np.array([skeleton.coordinate_index(name) for name in LUMBAR_COORDINATES])
        names = [f"{point}_{side}" for side in SIDES for point in _SOLE_POINTS]
        soles: PointSet = skeleton.soles
        self._points = np.array([soles.names.index(name) for name in names])

    @property
    def leg_columns(self) -> NDArray[np.int64]:
        """Where the legs' coordinates lie in a tangent vector (14,)."""
        return 6 + self._legs

    def motion(
        self, q: Array, v: Array, a: Array, floor_m: float, pelvis_sigma_m: float
    ) -> tuple[Array, Array]:
        """Features of n frames.

        Args:
            q: Configurations (n, 38) [m, rad].
            v: Velocities (n, 37) [m/s, rad/s].
            a: Accelerations (n, 37) [m/s², rad/s²].
            floor_m: Height of the floor [m].
            pelvis_sigma_m: Standard deviation of the pelvis' place [m]; NaN: motion capture.

        Returns:
            Features (n, FEATURES) and world rotations (n, 3, 3) of the heading frame.
        """
        frames = [self.frame(*row, floor_m, pelvis_sigma_m) for row in zip(q, v, a, strict=True)]
        return np.array([frame[0] for frame in frames]), np.array([frame[1] for frame in frames])

    def frame(
        self, q: Array, v: Array, a: Array, floor_m: float, pelvis_sigma_m: float
    ) -> tuple[Array, Array]:
        """The same for one frame: features (FEATURES,), heading (3, 3)."""
        skeleton, scales = self._skeleton, self.scales
        rotation = matrix(q[3:7])
        heading = upright(rotation[:, 0])
        below = np.array([q[0], q[1], floor_m])
        required = skeleton.inverse_dynamics(q, v, a)
        force = rotation @ required[:3]
        moment = rotation @ required[3:6] + np.cross(q[:3] - below, force)
        points = skeleton.points(q, skeleton.soles)[self._points]
        velocities = skeleton.point_velocities(q, v, skeleton.soles)[self._points]
        sigma_cm = 100.0 * pelvis_sigma_m if math.isfinite(pelvis_sigma_m) else 0.0
        parts = (
            rotation[2],
            [(q[2] - floor_m) / scales.length_m],
            heading.T @ rotation @ v[:3] / scales.speed_m_s,
            v[3:6] / scales.rate_rad_s,
            q[7 + self._legs],
            v[6 + self._legs] / scales.rate_rad_s,
            q[7 + self._lumbar],
            (points - q[:3]) @ heading / scales.length_m,
            (points[:, 2] - floor_m) / scales.length_m,
            velocities @ heading / scales.speed_m_s,
            heading.T @ force / scales.force_n,
            heading.T @ moment / scales.moment_n_m,
            heading.T @ (skeleton.center_of_mass(q) - below) / scales.length_m,
            required[6 + self._legs] / scales.moment_n_m,
            [min(sigma_cm, _MOST_NOISE_CM)],
        )
        return np.concatenate([np.ravel(part) for part in parts]), heading
