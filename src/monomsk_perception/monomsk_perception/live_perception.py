"""One live stream of images to landmarks and body states, whatever happens to the stream.

Knows neither ROS nor threads: one thread calls it. What it learns of the camera from others goes
through `CameraGeometry`, what goes wrong into the `StreamMonitor`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from monomsk_description.skeleton import Skeleton
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.camera_geometry import CameraGeometry, CameraPoseError
from monomsk_perception.camera_pose import CameraPose, CameraPoseSource
from monomsk_perception.errors import PerceptionError
from monomsk_perception.fit_watch import FitWatch
from monomsk_perception.image_gate import Image, ImageGate
from monomsk_perception.landmarker import Landmarker
from monomsk_perception.landmarks import Landmarks
from monomsk_perception.lifter_factory import skeleton_fit
from monomsk_perception.live_result import LiveOptions, LiveResult
from monomsk_perception.pipeline import Perception, PerceptionOptions
from monomsk_perception.stamp_guard import StampVerdict
from monomsk_perception.stream_monitor import StreamMonitor, Trouble

_SAME_LENS = 0.02  # relative change of the focal length that the motion survives


class LivePerception:
    """Follows one person in a stream of images.

    Args:
        skeleton: The subject's.
        options: Of all stages.
        landmarker: One that exists already.
        on_trouble: Told of everything that goes wrong, besides the monitor.

    Attributes:
        geometry: What is known of the camera.
        monitor: What happened.
    """

    def __init__(
        self,
        skeleton: Skeleton,
        options: LiveOptions | None = None,
        landmarker: Landmarker | None = None,
        on_trouble: Callable[[Trouble], None] = lambda trouble: None,
    ) -> None:
        self.skeleton = skeleton
        self.options = options or LiveOptions()
        self.landmarker = landmarker or Landmarker(self.options.landmarker)
        self.geometry = CameraGeometry(self.options.geometry)
        self.monitor = StreamMonitor()
        self._on_trouble = on_trouble
        self._gate = ImageGate(self.monitor, self.report)
        self._fit = FitWatch()
        self._perception: Perception | None = None
        self._size: tuple[int, int] | None = None
        self._first_image_s: float | None = None

    def warm_up(self) -> None:
        """Do once, for nobody, what is slow the first time; nothing of it is kept."""
        options = PerceptionOptions(self.options.landmarker, self.options.lifter)
        lens = CameraIntrinsics.from_focal(640, 480)
        Perception(self.skeleton, lens, None, options, landmarker=self.landmarker).warm_up()

    # Changes ------------------------------------------------------------------------------------

    def set_skeleton(self, skeleton: Skeleton) -> None:
        """Another subject: the motion starts anew, the person stays followed."""
        self.skeleton = skeleton
        self._fit.forget()
        self._perception = None

    def retune(self, options: LiveOptions) -> None:
        """Go on with other options; only what they change starts anew."""
        before, self.options = self.options, options
        if options.landmarker != before.landmarker:
            self.landmarker.retune(options.landmarker)
        if options.geometry != before.geometry:
            self.geometry.options = options.geometry
            self.geometry.forget_pose_source()
            self._perception = None
            if options.geometry.quarter_turns != before.geometry.quarter_turns:
                self.landmarker.reset()
        if options.lifter != before.lifter:
            same = replace(before.lifter, options=options.lifter.options) == options.lifter
            if same and self._perception is not None:
                skeleton_fit(self._perception.lifter).retune(options.lifter.options)
            else:
                self._perception = None

    def forget(self) -> None:
        """Forget the person and the motion; what is known of the camera's lens stays."""
        self.landmarker.forget_people()
        self.geometry.forget_pose_source()
        self._fit.forget()
        self._perception = None

    def assumptions(self) -> tuple[str, ...]:
        """What nobody gave: subject, focal length, camera pose. Any thread may ask."""
        assumed = sorted(self.skeleton.subject.assumed)
        now = self._perception
        if now is not None:
            if now.lifter.intrinsics.assumed:
                assumed.append("focal_length")
            if now.camera.source is CameraPoseSource.ESTIMATED:
                assumed.append("camera_pose")
        return tuple(assumed)

    def report(self, event: str, text: str, is_error: bool = True) -> None:
        """Something went wrong: say so, here and to whoever wants to know."""
        self._on_trouble(self.monitor.trouble(event, f"{event}: {text}", is_error))

    @property
    def pose_source(self) -> CameraPoseSource:
        """Where the camera's pose comes from now. Any thread may ask."""
        now = self._perception
        return CameraPoseSource.ESTIMATED if now is None else now.camera.source

    def knows_lens(self) -> bool:
        """Whether images can be answered, or a calibration is still waited for."""
        if self._first_image_s is None:
            self._first_image_s = time.perf_counter()
        waited_s = time.perf_counter() - self._first_image_s
        known = self.geometry.is_calibrated or self.geometry.is_uncalibrated
        return known or waited_s >= self.options.geometry.info_wait_s

    # Images -------------------------------------------------------------------------------------

    def process(
        self, take_image: Callable[[], Image], stamp_ns: int, camera_frame: str
    ) -> LiveResult | None:
        """Answer one image.

        Args:
            take_image: Gives the image (height, width, 3); called only for one that is wanted.
            stamp_ns: Its stamp [ns].
            camera_frame: Name of the camera's optical frame.

        Returns:
            None where the image was refused or ignored: the monitor knows why.
        """
        if not self._is_next(stamp_ns):
            return None
        try:
            result = self._answer(take_image, stamp_ns, camera_frame)
        except PerceptionError as error:
            self.report("image failed", str(error))
            return None
        if result is not None:
            self._give_up_bad_fit(result)
        return result

    def _is_next(self, stamp_ns: int) -> bool:
        verdict = self._gate.order(stamp_ns)
        if verdict is StampVerdict.JUMPED_BACK:
            self.forget()
        return verdict is not StampVerdict.OUT_OF_ORDER

    def _answer(
        self, take_image: Callable[[], Image], stamp_ns: int, camera_frame: str
    ) -> LiveResult | None:
        start_s = time.perf_counter()
        image = take_image()
        size = (image.shape[1], image.shape[0])
        upright = self.geometry.upright(image)
        if not self._gate.is_new(image, stamp_ns):
            return None
        intrinsics = self._lens(upright)
        if intrinsics is None:
            self.monitor.count("images before camera_info")
            return None
        pose, has_pose = self._pose(stamp_ns, camera_frame)
        perception = self._pipeline(intrinsics, pose)
        stages_s = {"convert": time.perf_counter() - start_s}
        landmarks = None
        if self._gate.is_blank(upright):
            self.landmarker.miss(stamp_ns)
        else:
            landmarks = perception.find(upright, stamp_ns)
            stages_s |= self.landmarker.networks.timings_s
        lift_start_s = time.perf_counter()
        state = perception.lift(landmarks, pose) if has_pose and landmarks is not None else None
        stages_s["lift"] = time.perf_counter() - lift_start_s
        return LiveResult(
            stamp_ns,
            camera_frame,
            size,
            self.landmarker.status,
            self.landmarker.person_number,
            None if landmarks is None else self._as_seen(landmarks, size),
            state,
            perception.camera.source,
            self.geometry.of_camera(perception.camera.pose_world_camera),
            stages_s,
        )

    def _give_up_bad_fit(self, result: LiveResult) -> None:
        """Look anew where what is followed is no person, whatever the landmark network says."""
        state = result.state
        if state is None or not self._fit.gives_up(state.stamp_ns, state.quality):
            return
        self.report("bad fit", "no skeleton fits what is followed, looking anew", is_error=False)
        self.landmarker.reset()
        self._perception = None

    def _lens(self, upright: Image) -> CameraIntrinsics | None:
        now_s = time.perf_counter()
        if self._first_image_s is None:
            self._first_image_s = now_s
        height, width = upright.shape[:2]
        if self._size not in (None, (width, height)):
            self.monitor.count("changes of the image size")
            self.landmarker.reset()
        self._size = (width, height)
        intrinsics = self.geometry.intrinsics(width, height, now_s - self._first_image_s)
        if intrinsics is not None and self._perception is None and not self.geometry.is_calibrated:
            source = "assumed" if intrinsics.assumed else "taken from focal_px"
            text = f"camera_info gives none: focal length {source}"
            self.report("no calibration", text, is_error=False)
        return intrinsics

    def _pose(self, stamp_ns: int, camera_frame: str) -> tuple[CameraPose | None, bool]:
        """The measured pose or None for one to be estimated; whether a state can be given."""
        try:
            return self.geometry.pose(stamp_ns, camera_frame), True
        except CameraPoseError as error:
            self.report("no camera pose", str(error))
            return None, False

    def _pipeline(self, intrinsics: CameraIntrinsics, pose: CameraPose | None) -> Perception:
        """The pipeline for this lens and this kind of pose."""
        current = self._perception
        source = CameraPoseSource.ESTIMATED if pose is None else pose.source
        if current is not None and pose is not None and current.camera.source is not source:
            current = None
        if current is None:
            options = PerceptionOptions(self.options.landmarker, self.options.lifter)
            self._perception = Perception(
                self.skeleton, intrinsics, pose, options, landmarker=self.landmarker
            )
            return self._perception
        if intrinsics != current.lifter.intrinsics:
            ratio = _view_of(intrinsics) / _view_of(current.lifter.intrinsics)
            skeleton_fit(current.lifter).intrinsics = intrinsics
            if abs(ratio - 1.0) > _SAME_LENS:
                self.monitor.count("changes of the lens")
                current.forget()
        return current

    def _as_seen(self, landmarks: Landmarks, size: tuple[int, int]) -> Landmarks:
        """Landmarks in the image as it came."""
        if not self.options.geometry.quarter_turns % 4:
            return landmarks
        return replace(
            landmarks,
            pixels=self.geometry.camera_pixels(landmarks.pixels, *landmarks.image_size),
            metric=self.geometry.camera_vectors(landmarks.metric),
            image_size=size,
        )


def _view_of(camera: CameraIntrinsics) -> float:
    """Focal length in image widths [-]: what a change of the size leaves alone."""
    return camera.focal_x_px / camera.width_px
