"""Node `dynamics`: body states in, torques, sole wrenches and markers out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from geometry_msgs.msg import WrenchStamped
from rclpy.duration import Duration
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.qos import DurabilityPolicy, LivelinessPolicy, QoSProfile
from sensor_msgs.msg import JointState
from visualization_msgs.msg import MarkerArray

from monomsk_description.errors import DescriptionError
from monomsk_description.frames import GRAVITY_M_S2
from monomsk_description.lifecycle_node import STATUS_PERIOD_S, StatusNode, run
from monomsk_description.message_fields import fill, joint_state, stamp_to_ns
from monomsk_description.skeleton import Skeleton
from monomsk_description.watchdog_times import DYNAMICS_DEADLINE_S, DYNAMICS_LEASE_S
from monomsk_dynamics import message_fields, results
from monomsk_dynamics.conversions import (
    to_body_state,
    to_marker_array,
    to_skeleton,
    to_transforms,
)
from monomsk_dynamics.dynamics_parameters import PARAMETERS, options_of
from monomsk_dynamics.dynamics_status import judge
from monomsk_dynamics.errors import DynamicsError, MessageError, OptionError, StampError
from monomsk_dynamics.gait_steps import VIDEO_EVENT_SIGMA_S
from monomsk_dynamics.gait_tracker import GaitTracker
from monomsk_dynamics.live import LiveDynamics
from monomsk_dynamics.markers import shapes
from monomsk_dynamics.muscle_analysis import MuscleAnalysis
from monomsk_dynamics.state_filter import ResetReason
from monomsk_dynamics.state_monitor import StateMonitor
from monomsk_msgs.msg import BodyDynamics, BodyModel, BodyState, GaitState

try:
    from tf2_msgs.msg import TFMessage
except ImportError:  # not among the ROS wheels
    TFMessage = None

_LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
_DEPTH = 10
#: Who drives a device by these messages learns from DDS when they stop.
_WATCHED = QoSProfile(
    depth=_DEPTH,
    deadline=Duration(nanoseconds=round(DYNAMICS_DEADLINE_S * 1e9)),
    liveliness=LivelinessPolicy.AUTOMATIC,
    liveliness_lease_duration=Duration(nanoseconds=round(DYNAMICS_LEASE_S * 1e9)),
)
_EVERY_DEPTH = 2000  # deterministic: nothing is lost while this many states wait


class DynamicsNode(StatusNode):
    """Computes the dynamics of the newest body state; older waiting ones are dropped."""

    def __init__(self) -> None:
        super().__init__("dynamics", PARAMETERS)
        self._monitor = StateMonitor()
        self._skeleton: Skeleton | None = None
        self._dynamics: LiveDynamics | None = None
        self._gait: GaitTracker | None = None
        self._muscles: MuscleAnalysis | None = None
        self._track_id = 0
        self._trouble = ""

    # Lifecycle ----------------------------------------------------------------------------------

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Create publishers and subscriptions."""
        right, left = "right_sole/wrench", "left_sole/wrench"
        self._dynamics_publisher = self.create_publisher(BodyDynamics, "body_dynamics", _WATCHED)
        self._torques_publisher = self.create_publisher(JointState, "joint_torques", _DEPTH)
        self._wrench_publishers = [
            self.create_publisher(WrenchStamped, topic, _DEPTH) for topic in (right, left)
        ]
        self._gait_publisher = self.create_publisher(GaitState, "gait", _DEPTH)
        self._markers_publisher = self.create_publisher(MarkerArray, "markers", _DEPTH)
        self._tf_publisher = None
        if TFMessage is not None and self.parameter("publish_tf"):
            self._tf_publisher = self.create_publisher(TFMessage, "/tf", 100)
        self.start_status(self._publish_diagnostics)
        self._models = self.create_subscription(
            BodyModel, "body_model", self._on_body_model, _LATCHED
        )
        depth = _EVERY_DEPTH if self.parameter("deterministic") else _DEPTH
        self._states = self.create_subscription(BodyState, "body_state", self._on_body_state, depth)
        return TransitionCallbackReturn.SUCCESS

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop to compute; forget the past."""
        self._forget()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Take publishers, subscriptions and timers away again."""
        self.stop_status()
        for subscription in (self._models, self._states):
            self.destroy_subscription(subscription)
        for publisher in [
            self._dynamics_publisher, self._torques_publisher, *self._wrench_publishers,
            self._gait_publisher, self._markers_publisher, self._tf_publisher,
        ]:  # fmt: skip
            if publisher is not None:
                self.destroy_publisher(publisher)
        self._skeleton = self._dynamics = self._gait = None
        return TransitionCallbackReturn.SUCCESS

    # Inputs -------------------------------------------------------------------------------------

    def _on_body_model(self, message: BodyModel) -> None:
        try:
            self._skeleton = to_skeleton(message)
        except DynamicsError as error:
            self._skeleton = self._dynamics = self._gait = None
            self._complain("bad body models", str(error))
            return
        self._dynamics = LiveDynamics(self._skeleton, options_of(self._values()))
        self._start_muscles()
        self._gait = GaitTracker(self._skeleton, VIDEO_EVENT_SIGMA_S)
        subject = self._skeleton.subject
        self.get_logger().info(f"body model: {subject.height_m:g} m, {subject.mass_kg:g} kg")

    def _values(self) -> dict[str, Any]:
        return {name: self.parameter(name) for name in PARAMETERS}

    def _start_muscles(self) -> None:
        self._muscles = None
        if self._skeleton is not None and self.parameter("muscles"):
            self._muscles = MuscleAnalysis(self._skeleton)

    def refuse_parameters(self, values: Mapping[str, Any]) -> str:
        """Why new values do not fit the others."""
        try:
            options_of({**self._values(), **values})
        except OptionError as error:
            return str(error)
        return ""

    def on_parameters_changed(self, values: Mapping[str, Any]) -> None:
        """Take new values; the stream goes on."""
        if self._dynamics is not None:
            self._dynamics.adopt(options_of(self._values()))
        if "muscles" in values:
            self._start_muscles()

    def _on_body_state(self, message: BodyState) -> None:
        if not self.parameter("deterministic"):
            message = self._newest(message)
        if not self._is_active:
            return
        if message.status == BodyState.STATUS_LOST:
            self._monitor.count("states of a lost person")
            return
        if self._skeleton is None or self._dynamics is None:
            self._complain("states before a body model", "no body_model yet: state ignored")
            return
        self._follow(int(message.track_id))
        try:
            state = to_body_state(message, self._skeleton)
            result = self._with_muscles(self._dynamics.update(state))
        except StampError:
            self._monitor.count("states out of order")
            return
        except MessageError as error:
            self._complain("bad states", str(error))
            return
        except (DynamicsError, DescriptionError) as error:
            self._complain("solver failures", str(error))
            return
        self._note_reset(self._dynamics.reset_reason)
        self._publish(result, message, self._skeleton)
        self._publish_gait(result, message.header.frame_id)

    def _follow(self, track_id: int) -> None:
        """Another person has another past; 0: nobody says who it is."""
        if track_id == 0:
            return
        if self._track_id not in (0, track_id):
            self._forget()
            self._monitor.count("changes of person")
        self._track_id = track_id

    def _forget(self) -> None:
        if self._dynamics is not None and self._gait is not None:
            self._dynamics.reset()
            self._gait.reset()

    def _with_muscles(self, result: results.BodyDynamics) -> results.BodyDynamics:
        """Torques without muscles are better than none."""
        if self._muscles is None:
            return result
        try:
            return self._muscles.with_activation(result)
        except DynamicsError as error:
            self._complain("muscle failures", str(error))
            return result

    def _newest(self, message: BodyState) -> BodyState:
        """Drop what waited behind a slow computation: only the newest state is of use."""
        dropped = 0
        while (waiting := self._states.handle.take_message(BodyState, False)) is not None:
            message, dropped = waiting[0], dropped + 1
        self._monitor.count("states dropped", dropped)
        return message

    def _note_reset(self, reason: ResetReason | None) -> None:
        if reason is ResetReason.TIME_JUMPED_BACK:
            self._complain("time jumped back", "the stamps went back: the past is forgotten")
        elif reason is ResetReason.LONG_GAP:
            self._monitor.count("long gaps")

    # Outputs ------------------------------------------------------------------------------------

    def _publish(self, result: results.BodyDynamics, state: BodyState, skeleton: Skeleton) -> None:
        world = state.header.frame_id
        stamp_ns = stamp_to_ns(state.header.stamp)
        age_s = (self.get_clock().now().nanoseconds - stamp_ns) * 1e-9
        fields = message_fields.body_dynamics(result, skeleton, world, age_s)
        fields |= {
            "track_id": state.track_id,
            "perception_stage_names": state.stage_names,
            "perception_stage_durations": state.stage_durations,
        }
        self._dynamics_publisher.publish(fill(BodyDynamics(), fields))
        joints = joint_state(stamp_ns, skeleton, result.q[7:], result.v[6:], result.tau[6:])
        self._torques_publisher.publish(fill(JointState(), joints))
        prefix = self.parameter("frame_prefix")
        wrenches = message_fields.sole_wrenches(result, skeleton, prefix)
        for publisher, wrench in zip(self._wrench_publishers, wrenches, strict=True):
            publisher.publish(fill(WrenchStamped(), wrench))
        self._monitor.result(result, age_s)
        if self.parameter("publish_markers"):
            drawn = shapes(result, skeleton)
            self._markers_publisher.publish(to_marker_array(drawn, stamp_ns, world, prefix))
        if self._tf_publisher is not None:
            poses = skeleton.segment_poses(result.q)
            poses |= dict(
                zip(message_fields.SOLE_FRAMES, skeleton.sole_poses(result.q), strict=True)
            )
            transforms = to_transforms(poses, stamp_ns, world, prefix)
            self._tf_publisher.publish(TFMessage(transforms=transforms))

    def _publish_gait(self, result: results.BodyDynamics, world: str) -> None:
        if self._gait is None or self._dynamics is None:
            return
        if self._dynamics.reset_reason is not None:
            self._gait.reset()
        fields = message_fields.gait(self._gait.update(result, self._dynamics.toes), world)
        self._gait_publisher.publish(fill(GaitState(), fields))

    def _complain(self, event: str, text: str) -> None:
        self._monitor.count(event)
        self._trouble = f"{event}: {text}"
        self.get_logger().warning(self._trouble, throttle_duration_sec=5.0)

    def _publish_diagnostics(self) -> None:
        summary = self._monitor.summarize(STATUS_PERIOD_S)
        weight_n = None if self._skeleton is None else self._skeleton.mass_kg * GRAVITY_M_S2
        stopped = "" if self._is_active else "not active"
        level, text = judge(summary, weight_n, self._trouble, stopped)
        self._trouble = ""
        numbers = asdict(summary)
        values = {**numbers.pop("counts"), **numbers}
        self.publish_status(level, text, values)


def main(args: list[str] | None = None) -> None:
    """Run the node until it is interrupted."""
    run(DynamicsNode, args)


if __name__ == "__main__":
    main()
