"""Node `perception`: images in, landmarks and body states out.

The executor's thread only hears and answers; a worker thread looks at the images.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, Imu
from std_srvs.srv import Trigger

from monomsk_description.errors import DescriptionError
from monomsk_description.lifecycle_node import StatusNode, run
from monomsk_description.message_fields import fill, stamp_to_ns
from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.status_level import Level
from monomsk_msgs.srv import SetSubject
from monomsk_perception.conversions import (
    hear_imu,
    hear_transforms,
    is_uncalibrated,
    to_bgr,
    to_intrinsics,
    to_subject,
)
from monomsk_perception.errors import PerceptionError
from monomsk_perception.live_perception import LivePerception
from monomsk_perception.live_result import LiveResult
from monomsk_perception.live_setup import LiveSetup, skeleton_of
from monomsk_perception.newest_worker import NewestWorker
from monomsk_perception.perception_parameters import PARAMETERS, SUBJECT
from monomsk_perception.perception_status import judge, status_values
from monomsk_perception.result_publishers import ResultPublishers
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
        self._is_configured = False
        self._setup = LiveSetup()
        self._summarized_s = time.perf_counter()

    # Lifecycle ----------------------------------------------------------------------------------

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the models, build the subject, create publishers, subscriptions and services."""
        try:
            self._live = self._setup.open(self._values(), self._log_trouble)
        except (PerceptionError, DescriptionError) as error:
            self.get_logger().error(str(error))
            return TransitionCallbackReturn.FAILURE
        if self._setup.no_transformer:
            text = f"geometric lifter instead of the transformer: {self._setup.no_transformer}"
            self.get_logger().warning(text)
        self._asked_skeleton = self._live.skeleton
        self._create_outputs()
        self._out.model(self._live.skeleton)
        self._worker = NewestWorker(
            self._look, self._on_worker_error, self.parameter("deterministic"), _WAITING_IMAGES
        )
        self._create_inputs()
        self._is_configured = True
        return TransitionCallbackReturn.SUCCESS

    def _create_outputs(self) -> None:
        frames = _EVERY if self.parameter("deterministic") else _NEWEST
        self._out = ResultPublishers(self, self.parameter("world_frame"), frames, _LATCHED)
        self.start_status(self._publish_diagnostics)

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

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop to process images; forget the person."""
        success = super().on_deactivate(state)
        self._worker.clear()
        self._worker.submit(self._live.forget)
        return success

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Take everything away again that configuring made."""
        self._is_configured = False
        self._worker.end()
        self.stop_status()
        for subscription in self._inputs:
            self.destroy_subscription(subscription)
        for service in self._requests:
            self.destroy_service(service)
        self._out.destroy()
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
        landmarker = self._live.landmarker if self._is_configured else None
        return self._setup.refusal(self._values() | dict(values), values, landmarker)

    def on_parameters_changed(self, values: Mapping[str, Any]) -> None:
        """Take them into the running stream, between two images."""
        if not self._is_configured:
            return
        if any(name in values for name in SUBJECT):
            self._set_skeleton(skeleton_of(self._values()))
        options = self._setup.options(self._values())
        self._worker.submit(lambda: self._live.retune(options))

    def _set_skeleton(self, skeleton: Skeleton) -> None:
        """Another subject, between two images; whoever listens hears of it in the same order."""

        def change() -> None:
            self._live.set_skeleton(skeleton)
            self._out.model(skeleton)

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
        except DescriptionError as error:
            response.success, response.message = False, str(error)
        else:
            response.success, response.message = True, "subject set; the past is forgotten"
        fill(response.body_model, self._out.model_fields(self._asked_skeleton))
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
        self._out.landmarks(result)
        if result.state is None:
            kind = "images without a person" if result.landmarks is None else "images without state"
            live.monitor.count(kind)
            return
        self._publish_state(result)
        self._watch_budget(result.stages_s["landmarks"])

    def _publish_state(self, result: LiveResult) -> None:
        state, landmarks = result.state, result.landmarks
        assert state is not None and landmarks is not None
        self._out.state(result, self._live.skeleton, self._live.assumptions())
        age_s = (self.get_clock().now().nanoseconds - state.stamp_ns) * 1e-9
        seen = float(landmarks.visibility.mean()), landmarks.leg_visibility
        self._live.monitor.result(age_s, result.stages_s, state.quality, *seen)

    def _watch_budget(self, took_s: float) -> None:
        asked, budget_s = self.parameter("model_complexity"), self.parameter("frame_budget_s")
        network = self._setup.network
        if network.became_lighter(asked, took_s, budget_s):
            self._live.retune(self._setup.options(self._values()))
            text = f"the landmarks take too long: {network.model} from now on"
            self._live.report("lighter network", text, is_error=False)

    def _on_worker_error(self, error: Exception) -> None:
        """An error that nobody expected: said with its place, and the motion starts anew."""
        where = "".join(traceback.format_exception(error)[-2:]).strip()
        self._live.report("unexpected error", where)
        self._live.forget()

    # Outputs ------------------------------------------------------------------------------------

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
        values["landmark network"] = self._setup.network.model
        values["camera pose"] = self._live.pose_source.value
        values["assumptions"] = ", ".join(self._live.assumptions())
        self.publish_status(level, text, values)


def main(args: list[str] | None = None) -> None:
    """Run the node until it is interrupted."""
    run(PerceptionNode, args)


if __name__ == "__main__":
    main()
