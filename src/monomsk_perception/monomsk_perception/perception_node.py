"""Node `perception`: images in, landmarks and body states out.

The executor's thread only hears and answers; a worker thread looks at the images.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, Imu, JointState
from std_srvs.srv import Trigger

from monomsk_description.errors import DescriptionError
from monomsk_description.lifecycle_node import StatusNode, run
from monomsk_description.message_fields import body_model, fill, joint_state
from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject
from monomsk_msgs.msg import BodyModel, BodyState, Landmarks
from monomsk_msgs.srv import SetSubject
from monomsk_perception.conversions import (
    hear_imu,
    hear_transforms,
    is_uncalibrated,
    stamp_to_ns,
    to_bgr,
    to_intrinsics,
    to_landmarks_message,
    to_state_message,
    to_subject,
)
from monomsk_perception.errors import PerceptionError
from monomsk_perception.lifter_factory import usable_choice
from monomsk_perception.live_perception import LiveOptions, LivePerception, LiveResult
from monomsk_perception.network_choice import NetworkChoice
from monomsk_perception.newest_worker import NewestWorker
from monomsk_perception.perception_parameters import (
    NETWORK,
    PARAMETERS,
    SUBJECT,
    live_options,
    starting_model,
)
from monomsk_perception.perception_status import Level, judge, status_values
from monomsk_perception.stream_monitor import Trouble

try:
    from tf2_msgs.msg import TFMessage
except ImportError:  # not among the ROS wheels
    TFMessage = None

_NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
#: Deterministic: nothing is lost while this many images wait.
_EVERY = QoSProfile(depth=100)
_SENSOR = QoSProfile(depth=100, reliability=ReliabilityPolicy.BEST_EFFORT)
_LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
_STATIC = QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)
_DIAGNOSTICS_PERIOD_S = 1.0
_RETRY_S = 0.01
_WAITING_IMAGES = 100


class PerceptionNode(StatusNode):
    """Follows one person in a stream of images; the newest image wins."""

    _live: LivePerception
    _worker: NewestWorker[Image | CompressedImage]
    # the subject asked for last; the worker takes it over between two images
    _asked_skeleton: Skeleton

    def __init__(self) -> None:
        super().__init__("perception", PARAMETERS)
        self._is_active = self._is_configured = False
        self._network = NetworkChoice()
        self._no_transformer = ""
        self._summarized_s = time.perf_counter()

    # Lifecycle ----------------------------------------------------------------------------------

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the models, build the subject, create publishers, subscriptions and services."""
        try:
            values = self._values()
            skeleton = build_skeleton(_subject(values))
            first = live_options(values, starting_model(values)).landmarker
            asked = values["model_complexity"], values["frame_budget_s"]
            landmarker = self._network.open(*asked, first)
            options = live_options(values, self._network.model)
            landmarker.retune(options.landmarker)
            choice, self._no_transformer = usable_choice(options.lifter, skeleton)
        except (PerceptionError, DescriptionError) as error:
            self.get_logger().error(str(error))
            return TransitionCallbackReturn.FAILURE
        if self._no_transformer:
            text = f"geometric lifter instead of the transformer: {self._no_transformer}"
            self.get_logger().warning(text)
        options = replace(options, lifter=choice)
        self._live = LivePerception(skeleton, options, landmarker, self._log_trouble)
        self._live.warm_up()
        self._asked_skeleton = skeleton
        self._create_outputs()
        self._publish_body_model(skeleton)
        self._worker = NewestWorker(
            self._look, self._on_worker_error, self.parameter("deterministic"), _WAITING_IMAGES
        )
        self._create_inputs()
        self._is_configured = True
        return TransitionCallbackReturn.SUCCESS

    def _create_outputs(self) -> None:
        frames = _EVERY if self.parameter("deterministic") else _NEWEST
        self._landmarks_publisher = self.create_publisher(Landmarks, "landmarks", frames)
        self._model_publisher = self.create_publisher(BodyModel, "body_model", _LATCHED)
        self._joints_publisher = self.create_publisher(JointState, "joint_states", 10)
        self._state_publisher = self.create_publisher(BodyState, "body_state", 10)
        self.create_status_publisher()

    def _create_inputs(self) -> None:
        frames = _EVERY if self.parameter("deterministic") else _NEWEST
        if self.parameter("compressed"):
            kind, topic = CompressedImage, "image/compressed"
        else:
            kind, topic = Image, "image"
        listen = self.create_subscription
        self._inputs = [
            listen(kind, topic, self._on_image, frames),
            listen(CameraInfo, "camera_info", self._on_camera_info, _NEWEST),
            listen(Imu, "imu", lambda m: hear_imu(m, self._live.geometry.gravity), _SENSOR),
        ]
        if TFMessage is not None:
            for topic, qos in (("/tf", _EVERY), ("/tf_static", _STATIC)):
                self._inputs.append(listen(TFMessage, topic, self._hear_tf(topic), qos))
        self._requests = [
            self.create_service(SetSubject, "set_subject", self._on_set_subject),
            self.create_service(Trigger, "reset", self._on_reset),
        ]
        self._timer = self.create_timer(_DIAGNOSTICS_PERIOD_S, self._publish_diagnostics)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Start to process images."""
        self._is_active = True
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop to process images; forget the person."""
        self._is_active = False
        self._worker.clear()
        self._worker.submit(self._live.forget)
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Take everything away again that configuring made."""
        self._is_active = self._is_configured = False
        self._worker.end()
        self.destroy_timer(self._timer)
        for subscription in self._inputs:
            self.destroy_subscription(subscription)
        for service in self._requests:
            self.destroy_service(service)
        for publisher in (
            self._landmarks_publisher, self._model_publisher, self._joints_publisher,
            self._state_publisher, self._status_publisher,
        ):  # fmt: skip
            self.destroy_publisher(publisher)
        return TransitionCallbackReturn.SUCCESS

    def destroy_node(self) -> None:
        """End the worker first: it publishes."""
        if hasattr(self, "_worker"):
            self._worker.end()
        super().destroy_node()

    # Parameters ---------------------------------------------------------------------------------

    def _values(self) -> dict[str, Any]:
        return {name: self.parameter(name) for name in PARAMETERS}

    def refuse_parameters(self, values: Mapping[str, Any]) -> str:
        """What fits no person, no image or no installation."""
        together = self._values() | dict(values)
        try:
            live_options(together, self._network.model)
            if any(name in values for name in SUBJECT):
                build_skeleton(_subject(together))
            if "lifter" in values and values["lifter"] == "transformer" and self._no_transformer:
                return f"lifter: {self._no_transformer}"
            if self._is_configured and any(name in values for name in NETWORK):
                asked = together["model_complexity"], together["frame_budget_s"]
                self._network.choose(*asked, self._live.landmarker)
        except (PerceptionError, DescriptionError) as error:
            return str(error)
        return ""

    def on_parameters_changed(self, values: Mapping[str, Any]) -> None:
        """Take them into the running stream, between two images."""
        if not self._is_configured:
            return
        if any(name in values for name in SUBJECT):
            self._set_skeleton(build_skeleton(_subject(self._values())))
        options = self._options()
        self._worker.submit(lambda: self._live.retune(options))

    def _options(self) -> LiveOptions:
        options = live_options(self._values(), self._network.model)
        if self._no_transformer:
            options = replace(options, lifter=replace(options.lifter, name="geometric"))
        return options

    def _set_skeleton(self, skeleton: Skeleton) -> None:
        """Another subject, between two images; whoever listens hears of it in the same order."""

        def change() -> None:
            self._live.set_skeleton(skeleton)
            self._publish_body_model(skeleton)

        self._asked_skeleton = skeleton
        self._worker.submit(change)

    # Inputs -------------------------------------------------------------------------------------

    def _hear_tf(self, topic: str) -> Callable[[Any], None]:
        return lambda m: hear_transforms(m, self._live.geometry.transforms, topic == "/tf_static")

    def _on_camera_info(self, message: CameraInfo) -> None:
        try:
            camera = None if is_uncalibrated(message) else to_intrinsics(message)
        except PerceptionError as error:
            self._live.report("bad camera_info", str(error))
            return
        if self._live.geometry.calibrate(camera):
            self.get_logger().info(f"camera: {camera}", throttle_duration_sec=5.0)

    def _on_image(self, message: Image | CompressedImage) -> None:
        if not self._is_active:
            return
        self._live.monitor.image()
        self._live.monitor.count("images dropped", self._worker.offer(message))

    def _on_set_subject(
        self, request: SetSubject.Request, response: SetSubject.Response
    ) -> SetSubject.Response:
        try:
            self._set_skeleton(build_skeleton(to_subject(request)))
        except (DescriptionError, ValueError) as error:
            response.success, response.message = False, str(error)
        else:
            response.success, response.message = True, "subject set; the past is forgotten"
        fill(response.body_model, self._body_model_fields(self._asked_skeleton))
        return response

    def _on_reset(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._worker.submit(self._live.forget)
        response.success, response.message = True, "the past is forgotten"
        return response

    # The worker's thread ------------------------------------------------------------------------

    def _look(self, message: Image | CompressedImage) -> None:
        """Answer one image."""
        if not self._is_active:
            return
        live, stamp_ns = self._live, stamp_to_ns(message.header.stamp)
        while self.parameter("deterministic") and not self._worker.is_ending:
            if live.knows_lens():
                break
            time.sleep(_RETRY_S)
        result = live.process(lambda: to_bgr(message), stamp_ns, message.header.frame_id)
        if result is None:
            return
        self._landmarks_publisher.publish(to_landmarks_message(result))
        if result.state is None:
            kind = "images without a person" if result.landmarks is None else "images without state"
            live.monitor.count(kind)
            return
        self._publish_state(result)
        self._watch_budget(result.stages_s["landmarks"])

    def _publish_state(self, result: LiveResult) -> None:
        state, skeleton = result.state, self._live.skeleton
        assert state is not None and result.landmarks is not None
        world, assumed = self.parameter("world_frame"), self._live.assumptions()
        self._state_publisher.publish(to_state_message(result, skeleton, world, assumed))
        effort = state.torque_prior[6:]
        joints = joint_state(state.stamp_ns, skeleton, state.q[7:], state.v[6:], effort)
        self._joints_publisher.publish(fill(JointState(), joints))
        age_s = (self.get_clock().now().nanoseconds - state.stamp_ns) * 1e-9
        seen = float(result.landmarks.visibility.mean())
        self._live.monitor.result(age_s, result.stages_s, state.quality, seen)

    def _watch_budget(self, took_s: float) -> None:
        asked, budget_s = self.parameter("model_complexity"), self.parameter("frame_budget_s")
        if self._network.became_lighter(asked, took_s, budget_s):
            self._live.retune(self._options())
            text = f"the landmarks take too long: {self._network.model} from now on"
            self._live.report("lighter network", text, is_error=False)

    def _on_worker_error(self, error: Exception) -> None:
        """An error that nobody expected: said with its place, and the motion starts anew."""
        where = "".join(traceback.format_exception(error)[-2:]).strip()
        self._live.report("unexpected error", where)
        self._live.forget()

    # Outputs ------------------------------------------------------------------------------------

    def _body_model_fields(self, skeleton: Skeleton) -> dict[str, Any]:
        now_ns = self.get_clock().now().nanoseconds
        return body_model(skeleton, now_ns, self.parameter("world_frame"))

    def _publish_body_model(self, skeleton: Skeleton) -> None:
        self._model_publisher.publish(fill(BodyModel(), self._body_model_fields(skeleton)))

    def _log_trouble(self, trouble: Trouble) -> None:
        self.get_logger().warning(trouble.text, throttle_duration_sec=5.0)

    def _publish_diagnostics(self) -> None:
        now_s = time.perf_counter()
        summary = self._live.monitor.summarize(now_s - self._summarized_s)
        self._summarized_s = now_s
        landmarker = self._live.landmarker
        level, text = judge(summary, landmarker.status, landmarker.person_number)
        if not self._is_active:
            level, text = Level.OK, "inactive"
        values = status_values(summary, landmarker.status, landmarker.person_number)
        values["landmark network"] = self._network.model
        values["camera pose"] = self._live.pose_source.value
        values["assumptions"] = ", ".join(self._live.assumptions())
        self.publish_status(bytes([level]), text, values)


def _subject(values: Mapping[str, Any]) -> Subject:
    height_m, mass_kg = values["height_m"], values["mass_kg"]
    return Subject.assume(height_m or None, mass_kg or None, values["sex"])


def main(args: list[str] | None = None) -> None:
    """Run the node until it is interrupted."""
    run(PerceptionNode, args)


if __name__ == "__main__":
    main()
