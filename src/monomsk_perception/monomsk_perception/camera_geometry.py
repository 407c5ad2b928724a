"""What is known of the camera while it runs: its lens, its pose, how its images lie.

Calibrations, transforms, gravity and parameters come from one thread, images from another.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import pinocchio as pin

from monomsk_description.frames import Array
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.camera_pose import CameraPose, CameraPoseSource
from monomsk_perception.errors import PerceptionError
from monomsk_perception.gravity import GravityEstimator, level_rotation
from monomsk_perception.transform_buffer import TransformBuffer, TransformError

POSE_SOURCES = ("auto", "estimated", "parameter", "tf", "imu")
IMU_AXES = ("tf", "optical", "body")

# A quarter turn clockwise: right becomes down, up becomes right.
_QUARTER = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
#: Optical axes of a frame with x forward, y left, z up.
_ROTATION_OPTICAL_BODY = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]])
_CV_TURNS = {1: cv2.ROTATE_90_CLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_COUNTERCLOCKWISE}
_RANK = {
    CameraPoseSource.ESTIMATED: 0,
    CameraPoseSource.IMU: 1,
    CameraPoseSource.TF: 2,
    CameraPoseSource.PARAMETER: 3,
}


class CameraPoseError(PerceptionError):
    """The camera's pose is asked of a source that does not give it now.

    Attributes:
        source: The source.
    """

    def __init__(self, source: CameraPoseSource, reason: str) -> None:
        self.source = source
        self.reason = reason
        super().__init__(f"no camera pose from {source.value}: {reason}")


@dataclass(frozen=True)
class GeometryOptions:
    """How the camera's geometry is found.

    Attributes:
        pose_source: One of `POSE_SOURCES`; auto takes parameters, TF, IMU, the person, in this
            order. It may change to a better source, never back: the world would jump.
        height_m: Height of the lens above the floor [m]; 0: not given.
        pitch_rad: How far the camera looks down [rad].
        focal_px: Focal length [px] where nobody calibrated the camera; 0: assumed.
        info_wait_s: How long a calibration is waited for [s].
        quarter_turns: Turns of 90 degrees clockwise that put the images upright, 0 to 3.
        world_frame: Name of the world frame in TF.
        tf_tolerance_s: How far the image may lie outside the known transforms [s].
        imu_axes: One of `IMU_AXES`: how the unit's axes lie in the optical frame.
    """

    pose_source: str = "auto"
    height_m: float = 0.0
    pitch_rad: float = 0.0
    focal_px: float = 0.0
    info_wait_s: float = 2.0
    quarter_turns: int = 0
    world_frame: str = "world"
    tf_tolerance_s: float = 0.1
    imu_axes: str = "tf"


class CameraGeometry:
    """Lens and pose of the camera for each image.

    Args:
        options: How they are found.

    Attributes:
        transforms: Filled by whoever hears /tf.
        gravity: Filled by whoever hears an inertial unit.
        is_uncalibrated: Whether the camera's driver says that nobody calibrated it.
    """

    def __init__(self, options: GeometryOptions | None = None) -> None:
        self.options = options or GeometryOptions()
        self.transforms = TransformBuffer()
        self.gravity = GravityEstimator()
        self.is_uncalibrated = False
        self._calibrated: CameraIntrinsics | None = None
        self._source: CameraPoseSource | None = None

    @property
    def is_calibrated(self) -> bool:
        """Whether a calibration came."""
        return self._calibrated is not None

    def forget_pose_source(self) -> None:
        """Choose the source of the pose anew with the next image."""
        self._source = None

    # Images and lens ----------------------------------------------------------------------------

    def upright(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """The image, turned so that people stand upright."""
        turns = self.options.quarter_turns % 4
        return np.asarray(cv2.rotate(image, _CV_TURNS[turns])) if turns else image

    def calibrate(self, camera: CameraIntrinsics | None) -> bool:
        """Take in a calibration of the images as they come; None: nobody calibrated the camera.

        Returns:
            Whether it is another one than before.
        """
        self.is_uncalibrated = camera is None
        if camera is None or camera == self._calibrated:
            return False
        self._calibrated = camera
        return True

    def intrinsics(self, width_px: int, height_px: int, waited_s: float) -> CameraIntrinsics | None:
        """The lens of upright images of this size; None while a calibration is waited for.

        Args:
            width_px: Of the upright image [px].
            height_px: Of the upright image [px].
            waited_s: How long images have been coming [s].

        Raises:
            CameraError: The calibration is of images of another shape.
        """
        options = self.options
        turns = options.quarter_turns % 4
        if self._calibrated is not None:
            size = (height_px, width_px) if turns % 2 else (width_px, height_px)
            return self._calibrated.scaled(*size).rotated(turns)
        if not self.is_uncalibrated and waited_s < options.info_wait_s:
            return None
        return CameraIntrinsics.from_focal(width_px, height_px, options.focal_px or None)

    # Pose ---------------------------------------------------------------------------------------

    def pose(self, stamp_ns: int, camera_frame: str) -> CameraPose | None:
        """The pose of the upright images' optical frame; None: to be estimated from the person.

        Args:
            stamp_ns: Of the image [ns].
            camera_frame: Its frame.

        Raises:
            CameraPoseError: The source in use, or the one asked for, gives none now.
        """
        asked = self.options.pose_source
        if asked != "auto":
            return self._from(CameraPoseSource(asked), stamp_ns, camera_frame)
        best = self._source or CameraPoseSource.ESTIMATED
        for source in sorted(_RANK, key=lambda s: -_RANK[s]):
            try:
                pose = self._from(source, stamp_ns, camera_frame)
            except CameraPoseError:
                if source is best:
                    raise
                continue
            self._source = source
            return pose
        raise CameraPoseError(best, "no source at all")

    def _from(
        self, source: CameraPoseSource, stamp_ns: int, camera_frame: str
    ) -> CameraPose | None:
        if source is CameraPoseSource.ESTIMATED:
            return None
        if source is CameraPoseSource.PARAMETER:
            if self.options.height_m <= 0.0:
                raise CameraPoseError(source, "camera_height_m is not given")
            return CameraPose.level(self.options.height_m, source, self.options.pitch_rad)
        if source is CameraPoseSource.TF:
            return self._from_transforms(stamp_ns, camera_frame)
        return self._from_gravity(stamp_ns, camera_frame)

    def _from_transforms(self, stamp_ns: int, camera_frame: str) -> CameraPose:
        options = self.options
        try:
            pose = self.transforms.pose(
                options.world_frame, camera_frame, stamp_ns, options.tf_tolerance_s
            )
        except TransformError as error:
            raise CameraPoseError(CameraPoseSource.TF, str(error)) from error
        return CameraPose.known(self.of_upright(pose), CameraPoseSource.TF)

    def _from_gravity(self, stamp_ns: int, camera_frame: str) -> CameraPose:
        source = CameraPoseSource.IMU
        up_imu = self.gravity.up(stamp_ns)
        if up_imu is None:
            raise CameraPoseError(source, "no trustworthy reading near the image's time")
        up = self._rotation_camera_imu(stamp_ns, camera_frame) @ up_imu
        try:
            rotation = level_rotation(self._turn().T @ up)
        except ValueError as error:
            raise CameraPoseError(source, str(error)) from error
        return CameraPose.known(pin.SE3(rotation, np.zeros(3)), source)

    def _rotation_camera_imu(self, stamp_ns: int, camera_frame: str) -> Array:
        options, imu_frame = self.options, self.gravity.frame_id
        if options.imu_axes == "body":
            return _ROTATION_OPTICAL_BODY
        if options.imu_axes == "optical" or imu_frame == camera_frame:
            return np.eye(3)
        try:
            pose = self.transforms.pose(camera_frame, imu_frame, stamp_ns, options.tf_tolerance_s)
        except TransformError as error:
            reason = f"{error}; give the transform or imu_axes"
            raise CameraPoseError(CameraPoseSource.IMU, reason) from error
        return pose.rotation

    # Between the camera's frame and that of the upright images ----------------------------------

    def of_upright(self, pose_world_camera: pin.SE3) -> pin.SE3:
        """The pose of the upright images' optical frame from that of the camera's own."""
        return pose_world_camera * pin.SE3(self._turn(), np.zeros(3))

    def of_camera(self, pose_world_upright: pin.SE3) -> pin.SE3:
        """The pose of the camera's own optical frame from that of the upright images."""
        return pose_world_upright * pin.SE3(self._turn().T, np.zeros(3))

    def camera_vectors(self, vectors: Array) -> Array:
        """Vectors (n, 3) of the upright images' frame in the camera's own."""
        return vectors @ self._turn().T

    def camera_pixels(self, pixels: Array, width_px: int, height_px: int) -> Array:
        """Pixels (n, 2) of upright images in the images as they come.

        Args:
            pixels: Column and row in the upright image [px].
            width_px: Of the upright image [px].
            height_px: Of the upright image [px].
        """
        column, row = pixels[:, 0], pixels[:, 1]
        turns = self.options.quarter_turns % 4
        if turns == 1:
            return np.column_stack([row, width_px - 1 - column])
        if turns == 2:
            return np.column_stack([width_px - 1 - column, height_px - 1 - row])
        if turns == 3:
            return np.column_stack([height_px - 1 - row, column])
        return pixels

    def _turn(self) -> Array:
        """Columns: the axes of the upright images' frame in the camera's own."""
        return np.linalg.matrix_power(_QUARTER, self.options.quarter_turns % 4)
