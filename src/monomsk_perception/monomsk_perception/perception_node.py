"""Node `perception`: images in, landmarks and body states out."""

from __future__ import annotations

import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, JointState
from std_srvs.srv import Trigger

from monomsk_description.errors import DescriptionError
from monomsk_description.lifecycle_node import StatusNode, run
from monomsk_description.message_fields import (
    StateContext,
    body_model,
    body_state,
    fill,
    joint_state,
)
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject
from monomsk_msgs.msg import BodyModel, BodyState, Landmarks
from monomsk_msgs.srv import SetSubject
from monomsk_perception import message_fields
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.camera_pose import CameraPose, CameraPoseSource
from monomsk_perception.conversions import (
    is_uncalibrated,
    stamp_to_ns,
    to_bgr,
    to_intrinsics,
    to_subject,
)
from monomsk_perception.errors import PerceptionError
from monomsk_perception.frozen_images import FrozenImages
from monomsk_perception.landmarker import Landmarker, LandmarkerOptions
from monomsk_perception.lifter_factory import LifterChoice, usable_choice
from monomsk_perception.perception_parameters import PARAMETERS
from monomsk_perception.pipeline import Perception, PerceptionOptions, PerceptionResult
from monomsk_perception.stamp_guard import StampGuard, StampVerdict
from monomsk_perception.stream_monitor import StreamMonitor

_NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
#: Deterministic: nothing is lost while this many images wait.
_EVERY = QoSProfile(depth=100)
_LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
_DIAGNOSTICS_PERIOD_S = 1.0

#: BodyState's CAMERA_POSE_* by source.
_POSE_SOURCES = {
    CameraPoseSource.PARAMETER: BodyState.CAMERA_POSE_PARAMETER,
    CameraPoseSource.TF: BodyState.CAMERA_POSE_TF,
    CameraPoseSource.IMU: BodyState.CAMERA_POSE_IMU,
    CameraPoseSource.ESTIMATED: BodyState.CAMERA_POSE_ESTIMATED,
}


class PerceptionNode(StatusNode):
    """Follows one person in a stream of images; the newest image wins."""

    def __init__(self) -> None:
        super().__init__("perception", PARAMETERS)
        self._monitor = StreamMonitor()
        self._guard = StampGuard()
        self._frozen = FrozenImages()
        self._intrinsics: CameraIntrinsics | None = None
        self._perception: Perception | None = None
        self._is_active = False
        self._is_uncalibrated = False
        self._trouble = ""
        self._activated_s = 0.0

    # Lifecycle ----------------------------------------------------------------------------------

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the models, build the subject, create publishers, subscriptions and services."""
        try:
            self._landmarker = Landmarker(
                LandmarkerOptions(
                    model=self.parameter("model_complexity"),
                    num_threads=self.parameter("num_threads"),
                )
            )
            self._landmarker.warm_up()
            height_m, mass_kg = self.parameter("height_m"), self.parameter("mass_kg")
            subject = Subject.assume(height_m or None, mass_kg or None, self.parameter("sex"))
            self._skeleton = build_skeleton(subject)
            asked = LifterChoice(self.parameter("lifter"), self.parameter("look_ahead"))
            self._lifter_choice, trouble = usable_choice(asked, self._skeleton)
        except (PerceptionError, DescriptionError) as error:
            self.get_logger().error(str(error))
            return TransitionCallbackReturn.FAILURE
        if trouble:
            self.get_logger().warning(f"geometric lifter instead of the transformer: {trouble}")
        self._create_interfaces()
        self._publish_body_model()
        return TransitionCallbackReturn.SUCCESS

    def _create_interfaces(self) -> None:
        frames = _EVERY if self.parameter("deterministic") else _NEWEST
        self._landmarks_publisher = self.create_publisher(Landmarks, "landmarks", frames)
        self._model_publisher = self.create_publisher(BodyModel, "body_model", _LATCHED)
        self._joints_publisher = self.create_publisher(JointState, "joint_states", 10)
        self._state_publisher = self.create_publisher(BodyState, "body_state", 10)
        self.create_status_publisher()
        if self.parameter("compressed"):
            kind, topic = CompressedImage, "image/compressed"
        else:
            kind, topic = Image, "image"
        self.create_subscription(kind, topic, self._on_image, frames)
        self.create_subscription(CameraInfo, "camera_info", self._on_camera_info, _NEWEST)
        self.create_service(SetSubject, "set_subject", self._on_set_subject)
        self.create_service(Trigger, "reset", self._on_reset)
        self.create_timer(_DIAGNOSTICS_PERIOD_S, self._publish_diagnostics)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Start to process images."""
        self._is_active = True
        self._activated_s = time.perf_counter()
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop to process images; forget the person."""
        self._is_active = False
        self._forget()
        return super().on_deactivate(state)

    # Inputs -------------------------------------------------------------------------------------

    def _on_camera_info(self, message: CameraInfo) -> None:
        self._is_uncalibrated = is_uncalibrated(message)
        if self._is_uncalibrated:
            return
        try:
            intrinsics = to_intrinsics(message)
        except PerceptionError as error:
            self._complain("bad camera_info", str(error))
            return
        if intrinsics != self._intrinsics:
            self.get_logger().info(f"camera: {intrinsics}")
            self._intrinsics = intrinsics
            self._perception = None

    def _on_image(self, message: Image | CompressedImage) -> None:
        if not self._is_active:
            return
        self._monitor.image()
        stamp_ns = stamp_to_ns(message.header.stamp)
        verdict = self._guard.check(stamp_ns)
        if verdict is StampVerdict.OUT_OF_ORDER:
            self._monitor.count("images out of order")
            return
        if verdict is StampVerdict.JUMPED_BACK:
            self._complain("time jumped back", "the image stamps went back: starting anew")
            self._forget()
            self._perception = None  # another recording, or a loop: another camera pose too
        try:
            image = to_bgr(message)
            if self._frozen.check(image, stamp_ns):
                self._complain("frozen images", "the camera repeats one image")
                return
            height, width = image.shape[:2]
            perception = self._perception_for(width, height)
            if perception is None:
                self._monitor.count("images before camera_info")
                return
            result = perception.process(image, stamp_ns)
        except PerceptionError as error:
            self._complain("image failed", str(error))
            return
        self._publish(result, stamp_ns, message.header.frame_id, (width, height))

    def _on_set_subject(
        self, request: SetSubject.Request, response: SetSubject.Response
    ) -> SetSubject.Response:
        try:
            self._skeleton = build_skeleton(to_subject(request))
        except (DescriptionError, ValueError) as error:
            response.success, response.message = False, str(error)
        else:
            self._perception = None
            self._publish_body_model()
            response.success, response.message = True, "subject set; the past is forgotten"
        fill(response.body_model, self._body_model_fields())
        return response

    def _on_reset(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._forget()
        response.success, response.message = True, "the past is forgotten"
        return response

    # Processing ---------------------------------------------------------------------------------

    def _perception_for(self, width: int, height: int) -> Perception | None:
        """The pipeline for images of this size; None while camera_info is awaited."""
        current = self._perception
        if current is not None:
            camera = current.lifter.intrinsics
            if (camera.width_px, camera.height_px) == (width, height):
                return current
        intrinsics = self._choose_intrinsics(width, height)
        if intrinsics is None:
            return None
        self._perception = Perception(
            self._skeleton,
            intrinsics,
            self._known_camera_pose(),
            PerceptionOptions(lifter=self._lifter_choice),
            landmarker=self._landmarker,
        )
        return self._perception

    def _choose_intrinsics(self, width: int, height: int) -> CameraIntrinsics | None:
        if self._intrinsics is not None:
            return self._intrinsics.scaled(width, height)
        waited_s = time.perf_counter() - self._activated_s
        if not self._is_uncalibrated and waited_s < self.parameter("camera_info_wait_s"):
            return None
        focal_px = self.parameter("focal_px") or None
        source = "assumed" if focal_px is None else "taken from focal_px"
        self._complain("no calibration", f"camera_info gives none: focal length {source}")
        return CameraIntrinsics.from_focal(width, height, focal_px)

    def _known_camera_pose(self) -> CameraPose | None:
        height_m = self.parameter("camera_height_m")
        if height_m <= 0.0:
            return None
        pitch_rad = self.parameter("camera_pitch_rad")
        return CameraPose.level(height_m, CameraPoseSource.PARAMETER, pitch_rad)

    def _forget(self) -> None:
        if self._perception is not None:
            self._perception.reset()

    # Outputs ------------------------------------------------------------------------------------

    def _publish(
        self, result: PerceptionResult, stamp_ns: int, camera_frame: str, size: tuple[int, int]
    ) -> None:
        if result.landmarks is None:
            was_followed = self._monitor.counts["results"] > 0
            fields = message_fields.no_landmarks(stamp_ns, camera_frame, size, was_followed)
            self._landmarks_publisher.publish(fill(Landmarks(), fields))
            self._monitor.count("images without a person")
            return
        fields = message_fields.landmarks(result.landmarks, camera_frame)
        self._landmarks_publisher.publish(fill(Landmarks(), fields))
        if result.state is None:
            self._monitor.count("images that wait for their look-ahead")
            return
        state, skeleton = result.state, self._skeleton
        context = StateContext(
            world_frame=self.parameter("world_frame"),
            assumptions=self._assumptions(),
            camera_pose_source=_POSE_SOURCES[result.camera.source],
            pose_world_camera=result.camera.pose_world_camera,
        )
        self._state_publisher.publish(fill(BodyState(), body_state(state, skeleton, context)))
        effort = state.torque_prior[6:]
        joints = joint_state(state.stamp_ns, skeleton, state.q[7:], state.v[6:], effort)
        self._joints_publisher.publish(fill(JointState(), joints))
        age_s = (self.get_clock().now().nanoseconds - state.stamp_ns) * 1e-9
        self._monitor.result(age_s, result.timings_s)

    def _assumptions(self) -> tuple[str, ...]:
        """What nobody gave: subject, focal length, camera pose."""
        assumed = sorted(self._skeleton.subject.assumed)
        if self._perception is not None:
            if self._perception.lifter.intrinsics.assumed:
                assumed.append("focal_length")
            if self._perception.camera.source is CameraPoseSource.ESTIMATED:
                assumed.append("camera_pose")
        return tuple(assumed)

    def _body_model_fields(self) -> dict[str, Any]:
        now_ns = self.get_clock().now().nanoseconds
        return body_model(self._skeleton, now_ns, self.parameter("world_frame"))

    def _publish_body_model(self) -> None:
        self._model_publisher.publish(fill(BodyModel(), self._body_model_fields()))

    def _complain(self, event: str, text: str) -> None:
        self._monitor.count(event)
        self._trouble = f"{event}: {text}"
        self.get_logger().warning(self._trouble, throttle_duration_sec=5.0)

    def _publish_diagnostics(self) -> None:
        summary = self._monitor.summarize(_DIAGNOSTICS_PERIOD_S)
        level, text = DiagnosticStatus.OK, "following a person"
        if self._trouble:
            level, text = DiagnosticStatus.ERROR, self._trouble
        elif summary.rate_hz == 0.0:
            level, text = DiagnosticStatus.STALE, "no images"
        elif not summary.stages_s:
            level, text = DiagnosticStatus.WARN, "nobody in view"
        self._trouble = ""
        values: dict[str, Any] = {
            "rate_hz": summary.rate_hz,
            "age_s": summary.age_s,
            **summary.counts,
        }
        values |= {f"{stage}_s": seconds for stage, seconds in summary.stages_s.items()}
        values["assumptions"] = ", ".join(self._assumptions())
        self.publish_status(level, text, values)


def main(args: list[str] | None = None) -> None:
    """Run the node until it is interrupted."""
    run(PerceptionNode, args)


if __name__ == "__main__":
    main()
