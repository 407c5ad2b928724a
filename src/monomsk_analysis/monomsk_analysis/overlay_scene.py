"""What one overlay picture shows: the body, its contacts and its torques, projected to pixels."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from monomsk_description.frames import GRAVITY_M_S2

if TYPE_CHECKING:
    from monomsk_description.skeleton import Skeleton
    from monomsk_dynamics.results import BodyDynamics
    from monomsk_perception.camera import CameraIntrinsics
    from monomsk_perception.landmarks import Landmarks

FloatArray = NDArray[np.float64]


ARROW_HEIGHTS_PER_BODY_WEIGHT = 0.5
"""Length of a force arrow of one body weight, in body heights."""

RIGHT, LEFT, MIDLINE = 0, 1, 2

READOUTS = (("hip", "hip_flexion"), ("knee", "knee_angle"), ("ankle", "ankle_angle"))
"""Joints of the display and the coordinate that each shows, less its side."""

_SUFFIXES = ("_r", "_l")
_OUTLYING_IMAGE_SIZES = 4.0  # far outside; the drawing's fixed-point pixels would overflow

_LIMBS = (
    ("hip", "knee", 1.0),
    ("knee", "ankle", 0.8),
    ("ankle", "heel", 0.5),
    ("heel", "toe", 0.45),
    ("ankle", "toe", 0.5),
    ("shoulder", "elbow", 0.7),
    ("elbow", "wrist", 0.55),
    ("wrist", "hand", 0.4),
)
_TRUNK = (
    ("hip_r", "hip_l", 0.8),
    ("pelvis", "lumbar", 0.9),
    ("lumbar", "neck", 0.9),
    ("shoulder_r", "shoulder_l", 0.7),
    ("neck", "head", 0.6),
)
_JOINT_SEGMENTS = {
    "hip": "femur",
    "knee": "tibia",
    "ankle": "talus",
    "shoulder": "humerus",
    "elbow": "ulna",
    "wrist": "hand",
}
_SITE_LANDMARKS = {"heel": "heel", "toe": "foot_index", "hand": "index"}
_HEAD_LANDMARKS = ("left_ear", "right_ear")


@dataclasses.dataclass(frozen=True)
class Bone:
    """One limb of the drawn skeleton.

    Attributes:
        start_px: (2,) column and row of its first end [px].
        end_px: (2,) of its second end.
        side: RIGHT, LEFT or MIDLINE.
        width: width relative to the thigh.
    """

    start_px: FloatArray
    end_px: FloatArray
    side: int
    width: float


@dataclasses.dataclass(frozen=True)
class JointReadout:
    """One joint of the display.

    Attributes:
        name: 'hip', 'knee' or 'ankle'.
        position_px: (2,) the joint centre [px].
        angle: flexion coordinate [rad].
        angle_sigma: its standard deviation [rad], NaN unknown.
        torque: joint torque along the coordinate per body mass [N m/kg].
        torque_sigma: its standard deviation [N m/kg], NaN unknown.
    """

    name: str
    position_px: FloatArray
    angle: float
    angle_sigma: float
    torque: float
    torque_sigma: float


@dataclasses.dataclass(frozen=True)
class SoleView:
    """One sole and the force on it.

    Attributes:
        in_contact: the sole is loaded.
        outline_px: (k, 2) convex outline of the sole [px], empty unknown.
        arrow_px: (2, 2) centre of pressure and tip of the force arrow [px], NaN without force.
        vertical_force: vertical force in body weights, NaN unknown.
        vertical_force_sigma: its standard deviation in body weights, NaN unknown.
    """

    in_contact: bool
    outline_px: FloatArray
    arrow_px: FloatArray
    vertical_force: float
    vertical_force_sigma: float


@dataclasses.dataclass(frozen=True)
class OverlayScene:
    """Everything drawn over one frame. Pixels count from the centre of the first pixel.

    Attributes:
        time_s: time since the first frame [s].
        tracked: whether the person was found; else only the LOST tag is drawn.
        bones: limbs of the skeleton.
        head_px: (3,) column, row and radius of the head [px], NaN unknown.
        body_height_px: the body's height as seen by the camera [px]; scales what is drawn.
        landmarks_px: (33, 2) detected landmarks [px]; empty in a frame that the motion bridges.
        landmark_visibility: (33,) 0 to 1.
        readouts: hip, knee, ankle per side (right, left).
        soles: right and left.
        notes: short remarks shown at the bottom, such as 'mass assumed'.
    """

    time_s: float
    tracked: bool
    bones: tuple[Bone, ...] = ()
    head_px: FloatArray = dataclasses.field(default_factory=lambda: np.full(3, np.nan))
    body_height_px: float = float("nan")
    landmarks_px: FloatArray = dataclasses.field(default_factory=lambda: np.empty((0, 2)))
    landmark_visibility: FloatArray = dataclasses.field(default_factory=lambda: np.empty(0))
    readouts: tuple[tuple[JointReadout, ...], tuple[JointReadout, ...]] = ((), ())
    soles: tuple[SoleView, ...] = ()
    notes: tuple[str, ...] = ()


def lost_scene(time_s: float, notes: tuple[str, ...] = ()) -> OverlayScene:
    """Return the scene of a frame without a person.

    Args:
        time_s: time since the first frame [s].
        notes: short remarks shown at the bottom.
    """
    return OverlayScene(time_s=time_s, tracked=False, notes=notes)


def scene_from_dynamics(
    skeleton: Skeleton,
    dynamics: BodyDynamics,
    landmarks: Landmarks | None,
    camera: CameraIntrinsics,
    pose_world_camera: pin.SE3,
    time_s: float,
    sigma_q: FloatArray | None = None,
) -> OverlayScene:
    """Project one instant of a body and its forces into the image.

    Args:
        skeleton: the scaled body.
        dynamics: its state, torques and contacts.
        landmarks: the detected landmarks of the same frame; None where the person was not found
            and the motion bridges the gap, which the picture then says.
        camera: intrinsics of the image.
        pose_world_camera: maps points of the camera's optical frame to the world.
        time_s: time since the first frame [s].
        sigma_q: (37,) standard deviations of the configuration [m, rad], None unknown.
    """
    projector = _Projector(camera, pose_world_camera)
    joints = _joint_positions(skeleton, dynamics.q)
    pixels = dict(zip(joints, projector.pixels(np.array(list(joints.values()))), strict=True))
    height_px = projector.size_px(skeleton.subject.height_m, joints["pelvis"])
    return OverlayScene(
        time_s=time_s,
        tracked=True,
        bones=_bones(pixels),
        head_px=np.append(pixels["head"], 0.06 * height_px),
        body_height_px=height_px,
        landmarks_px=np.empty((0, 2)) if landmarks is None else landmarks.pixels,
        landmark_visibility=np.empty(0) if landmarks is None else landmarks.visibility,
        readouts=(
            _side_readouts(RIGHT, skeleton, dynamics, sigma_q, pixels),
            _side_readouts(LEFT, skeleton, dynamics, sigma_q, pixels),
        ),
        soles=_sole_views(skeleton, dynamics, projector),
        notes=tuple(f"{name.split('_')[0]} assumed" for name in sorted(skeleton.subject.assumed)),
    )


class _Projector:
    """World points to pixels through one camera."""

    def __init__(self, camera: CameraIntrinsics, pose_world_camera: pin.SE3) -> None:
        self._camera = camera
        self._pose_camera_world = pose_world_camera.inverse()
        self._limit_px = _OUTLYING_IMAGE_SIZES * max(camera.width_px, camera.height_px)

    def pixels(self, points_world: FloatArray) -> FloatArray:
        """Pixels (n, 2) of world points (n, 3) [m]; NaN behind the camera or far outside."""
        pose = self._pose_camera_world
        pixels: FloatArray = self._camera.project(points_world @ pose.rotation.T + pose.translation)
        with np.errstate(invalid="ignore"):
            drawable = (np.abs(pixels) < self._limit_px).all(axis=1, keepdims=True)
        return np.where(drawable, pixels, np.nan)

    def size_px(self, length_m: float, point_world: FloatArray) -> float:
        """Size [px] of a length [m] across the view at a world point (3,); NaN behind."""
        depth_m = float((self._pose_camera_world * point_world)[2])
        return self._camera.focal_y_px * length_m / depth_m if depth_m > 0.0 else float("nan")


def _joint_positions(skeleton: Skeleton, q: FloatArray) -> dict[str, FloatArray]:
    """World places [m] of the drawn skeleton's nodes by name."""
    segments = skeleton.segment_poses(q)
    sites = dict(zip(skeleton.landmarks.names, skeleton.points(q, skeleton.landmarks), strict=True))
    nodes: dict[str, FloatArray] = {"lumbar": segments["torso"].translation}
    for suffix, side in zip(_SUFFIXES, ("right", "left"), strict=True):
        for joint, segment in _JOINT_SEGMENTS.items():
            nodes[joint + suffix] = segments[segment + suffix].translation
        for node, landmark in _SITE_LANDMARKS.items():
            nodes[node + suffix] = sites[f"{side}_{landmark}"]
    nodes["pelvis"] = 0.5 * (nodes["hip_r"] + nodes["hip_l"])
    nodes["neck"] = 0.5 * (nodes["shoulder_r"] + nodes["shoulder_l"])
    nodes["head"] = np.mean([sites[name] for name in _HEAD_LANDMARKS], axis=0)
    return nodes


def _bones(pixels: dict[str, FloatArray]) -> tuple[Bone, ...]:
    trunk = [Bone(pixels[a], pixels[b], MIDLINE, width) for a, b, width in _TRUNK]
    limbs = [
        Bone(pixels[a + suffix], pixels[b + suffix], side, width)
        for side, suffix in enumerate(_SUFFIXES)
        for a, b, width in _LIMBS
    ]
    return tuple(trunk + limbs)


def _side_readouts(
    side: int,
    skeleton: Skeleton,
    dynamics: BodyDynamics,
    sigma_q: FloatArray | None,
    pixels: dict[str, FloatArray],
) -> tuple[JointReadout, ...]:
    readouts = []
    for name, coordinate in READOUTS:
        index = skeleton.coordinate_index(coordinate + _SUFFIXES[side])
        readouts.append(
            JointReadout(
                name=name,
                position_px=pixels[name + _SUFFIXES[side]],
                angle=float(dynamics.q[7 + index]),
                angle_sigma=float("nan") if sigma_q is None else float(sigma_q[6 + index]),
                torque=float(dynamics.tau[6 + index]) / skeleton.mass_kg,
                torque_sigma=float(dynamics.tau_sigma[6 + index]) / skeleton.mass_kg,
            )
        )
    return tuple(readouts)


def _sole_views(
    skeleton: Skeleton, dynamics: BodyDynamics, projector: _Projector
) -> tuple[SoleView, ...]:
    weight_n = skeleton.mass_kg * GRAVITY_M_S2
    metres_per_newton = ARROW_HEIGHTS_PER_BODY_WEIGHT * skeleton.subject.height_m / weight_n
    outlines = np.split(projector.pixels(skeleton.points(dynamics.q, skeleton.soles)), 2)
    views = []
    for side, sole in enumerate(dynamics.soles):
        start = sole.center_of_pressure
        ends = np.array([start, start + sole.force * metres_per_newton])
        views.append(
            SoleView(
                in_contact=sole.in_contact,
                outline_px=outlines[side],
                arrow_px=projector.pixels(ends) if sole.in_contact else np.full((2, 2), np.nan),
                vertical_force=float(sole.force[2]) / weight_n,
                vertical_force_sigma=float(dynamics.sole_force_sigma[side, 2]) / weight_n,
            )
        )
    return tuple(views)
