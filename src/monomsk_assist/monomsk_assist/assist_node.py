"""Node `assist`: body dynamics and gait in, bounded commands for a device out, on its own clock."""

from __future__ import annotations

import time
from dataclasses import asdict

from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from sensor_msgs.msg import JointState
from std_srvs.srv import SetBool, Trigger

from monomsk_assist import conversions, scheduling
from monomsk_assist.assist_parameters import PARAMETERS
from monomsk_assist.assistant import Assistant, Person
from monomsk_assist.command import Command, State
from monomsk_assist.command_publisher import CommandPublisher
from monomsk_assist.conversions import EstimateReader, to_gait, to_joint_angles
from monomsk_assist.errors import AssistError, MessageError, NotFiniteError, ParameterError
from monomsk_assist.loop_monitor import LoopMonitor
from monomsk_assist.mapping import DeviceMapping
from monomsk_assist.mapping_file import check_period, load_mapping
from monomsk_assist.motion_prediction import ForwardStepper
from monomsk_assist.predictor import Predictor
from monomsk_assist.reasons import Reason
from monomsk_description.body_model_message import skeleton_of
from monomsk_description.errors import DescriptionError
from monomsk_description.lifecycle_node import STATUS_PERIOD_S, StatusNode, run
from monomsk_description.message_fields import stamp_to_ns
from monomsk_description.skeleton import Skeleton
from monomsk_description.status_level import Level
from monomsk_msgs.msg import BodyDynamics, BodyModel, GaitState


class AssistNode(StatusNode):
    """Runs the core at a steady rate; every callback only hands something to it."""

    def __init__(self) -> None:
        super().__init__("assist", PARAMETERS)
        self._trouble = ""
        self._assistant: Assistant
        self._period_s: float

    # Lifecycle ----------------------------------------------------------------------------------

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the mapping; create publishers, subscriptions, services."""
        try:
            self._create_core()
            self._create_outputs()
        except AssistError as error:
            self.get_logger().error(str(error))
            return TransitionCallbackReturn.FAILURE
        self._create_inputs()
        refused = scheduling.prefer_process(
            self.parameter("niceness"), self.parameter("realtime_priority")
        )
        if refused:
            self.get_logger().warning(f"{refused}: expect more jitter on a busy machine")
        return TransitionCallbackReturn.SUCCESS

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Start the loop, disabled."""
        self._loop = self.start_timer(self._period_s, self._tick)
        self._monitor.restart()
        scheduling.stop_collecting()
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Fade to zero, then stop."""
        self.stop_timer(self._loop)
        self._assistant.disable()
        while self._assistant.state in (State.ACTIVE, State.FADING):
            self._tick()
            time.sleep(self._period_s)
        scheduling.collect_again()
        self._assistant = self._new_assistant()
        if self._skeleton is not None:
            self._set_person(self._skeleton)
        self._out.publish(self._assistant.tick(self.get_clock().now().nanoseconds, self._now_s()))
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Take everything away again."""
        self.stop_status()
        for subscription in self._inputs:
            self.destroy_subscription(subscription)
        self._out.destroy()
        for service in self._services_of_device:
            self.destroy_service(service)
        return TransitionCallbackReturn.SUCCESS

    # Setting up ---------------------------------------------------------------------------------

    def _create_core(self) -> None:
        self._period_s = 1.0 / self.parameter("rate_hz")
        if not self.parameter("mapping_file"):
            raise ParameterError("mapping_file", "is empty: name a device's YAML file")
        self._mapping: DeviceMapping = load_mapping(self.parameter("mapping_file"))
        check_period(self._mapping, self._period_s)
        self._skeleton: Skeleton | None = None
        self._reader: EstimateReader | None = None
        self._assistant = self._new_assistant()
        self._monitor = LoopMonitor(self._period_s)
        self._said: State | None = None
        self._reasons: tuple[str, ...] = ()
        mapping = self._mapping
        self.get_logger().info(
            f"{mapping.name}: {', '.join(mapping.device_joints)} (SHA-256 {mapping.digest[:12]})"
        )

    def _new_assistant(self) -> Assistant:
        simulated = bool(self.get_parameter("use_sim_time").value)
        return Assistant(self._mapping, self._period_s, simulated, self.parameter("predict"))

    def _create_outputs(self) -> None:
        names = [name.strip() for name in self.parameter("controller_joints").split(",")]
        joints = tuple(name for name in names if name)
        self._out = CommandPublisher(self, self._mapping, self.parameter("output"), joints)
        self.start_status(self._publish_diagnostics)
        self._services_of_device = [
            self.create_service(SetBool, "~/enable", self._on_enable),
            self.create_service(Trigger, "~/reset_fault", self._on_reset_fault),
        ]

    def _create_inputs(self) -> None:
        events = SubscriptionEventCallbacks(
            deadline=self._on_deadline, liveliness=self._on_liveliness,
            incompatible_qos=self._on_incompatible,
        )  # fmt: skip
        watched = conversions.input_quality(self._mapping.safety)
        listen = self.create_subscription
        self._inputs = [
            listen(
                BodyDynamics, "body_dynamics", self._on_dynamics, watched, event_callbacks=events
            ),
            listen(GaitState, "gait", self._on_gait, 1),
        ]
        self._watched_topics = [subscription.topic_name for subscription in self._inputs]
        self._inputs.append(
            listen(BodyModel, "body_model", self._on_body_model, conversions.LATCHED)
        )
        if self._mapping.encoders.correct_angles:
            self._inputs.append(
                listen(JointState, "device/joint_states", self._on_encoders, conversions.SENSOR)
            )

    # Inputs -------------------------------------------------------------------------------------

    def _on_body_model(self, message: BodyModel) -> None:
        try:
            skeleton = skeleton_of(message)
        except DescriptionError as error:
            self._skeleton = self._reader = None
            self._assistant.set_person(None)
            self._complain("bad body models", str(error))
            return
        self._set_person(skeleton)
        self.get_logger().info(f"body model: {skeleton.mass_kg:g} kg")

    def _set_person(self, skeleton: Skeleton) -> None:
        self._skeleton = skeleton
        self._reader = EstimateReader(skeleton.coordinate_names)
        joints = tuple(skeleton.coordinate_index(name) for name in self._mapping.coordinates)
        lead_s = max(joint.delay_s for joint in self._mapping.joints)
        horizon_s = self._mapping.safety.max_horizon_s
        predictor = Predictor(joints, ForwardStepper(skeleton), horizon_s, lead_s)
        self._assistant.set_person(Person(skeleton.mass_kg, joints, predictor))

    def _on_dynamics(self, message: BodyDynamics) -> None:
        if self._reader is None:
            self._monitor.count("estimates before a body model")
            return
        try:
            estimate = self._reader.read(message)
        except MessageError as error:
            is_number = not isinstance(error, NotFiniteError)
            self._assistant.see_bad_message(Reason.BAD_MESSAGE if is_number else Reason.NOT_FINITE)
            self._complain("bad estimates", str(error))
            return
        self._monitor.count("estimates")
        self._assistant.see_estimate(estimate, self.get_clock().now().nanoseconds, self._now_s())

    def _on_gait(self, message: GaitState) -> None:
        self._assistant.see_gait(to_gait(message))

    def _on_encoders(self, message: JointState) -> None:
        try:
            angles, rates = to_joint_angles(message)
        except MessageError as error:
            self._complain("bad joint states", str(error))
            return
        self._assistant.see_encoders(stamp_to_ns(message.header.stamp), angles, rates)

    def _on_deadline(self, event) -> None:  # type: ignore[no-untyped-def]  # a pybind11 status
        self._monitor.count("deadlines missed")
        self._assistant.watch.event(Reason.DEADLINE_MISSED)

    def _on_liveliness(self, event) -> None:  # type: ignore[no-untyped-def]  # a pybind11 status
        self._assistant.watch.liveliness(event.alive_count > 0)

    def _on_incompatible(self, event) -> None:  # type: ignore[no-untyped-def]  # a pybind11 status
        self._complain(
            "incompatible publishers",
            "a publisher of body_dynamics promises no deadline or no liveliness: it is not heard",
        )

    def _on_enable(self, request: SetBool.Request, answer: SetBool.Response) -> SetBool.Response:
        refusal = ""
        if not self._is_active:
            refusal = "the node is not active"
        elif request.data:
            refusal = self._assistant.enable()
        else:
            self._assistant.disable()
        answer.success, answer.message = not refusal, refusal
        self.get_logger().info(f"enable: {request.data}; {refusal or 'granted'}")
        return answer

    def _on_reset_fault(
        self, request: Trigger.Request, answer: Trigger.Response
    ) -> Trigger.Response:
        refusal = self._assistant.reset_fault()
        answer.success, answer.message = not refusal, refusal
        self.get_logger().info(f"reset_fault: {refusal or 'granted'}")
        return answer

    # The loop -----------------------------------------------------------------------------------

    def _tick(self) -> None:
        start_s = self._now_s()
        now_ns = self.get_clock().now().nanoseconds
        self._count_publishers()
        command = self._assistant.tick(now_ns, start_s)
        self._out.publish(command)
        taken_s = self._now_s() - start_s
        self._monitor.tick(start_s, taken_s, command.state_age_s, command.horizon_s)
        self._say(command)
        # What is not urgent comes after the command.
        self._assistant.work(now_ns)

    @staticmethod
    def _now_s() -> float:
        return time.perf_counter()

    def _count_publishers(self) -> None:
        watch = self._assistant.watch
        watch.input_publishers = max(map(self.count_publishers, self._watched_topics))
        watch.output_publishers = self._out.publishers_in_graph()

    def _say(self, command: Command) -> None:
        """Log a change of state."""
        self._reasons = command.reasons
        if self._said is command.state:
            return
        why = f" ({', '.join(command.reasons)})" if command.reasons else ""
        text = f"{command.state.name.lower()}{why}"
        # rclpy's logger refuses two severities from one line
        if command.state is State.FAULT:
            self.get_logger().error(text)
        else:
            self.get_logger().info(text)
        self._said = command.state

    # Diagnostics --------------------------------------------------------------------------------

    def _complain(self, event: str, text: str) -> None:
        self._monitor.count(event)
        self._trouble = f"{event}: {text}"
        self.get_logger().warning(self._trouble, throttle_duration_sec=5.0)

    def _publish_diagnostics(self) -> None:
        summary = asdict(self._monitor.summarize(STATUS_PERIOD_S))
        level, text = Level.OK, self._assistant.state.name.lower()
        if self._assistant.state is State.FAULT:
            level, text = Level.ERROR, f"fault: {', '.join(self._reasons)}"
        elif self._trouble:
            level, text = Level.WARN, self._trouble
        elif not self._is_active:
            text = "inactive"
        self._trouble = ""
        values = {"mapping": self._mapping.digest, **summary.pop("counts"), **summary}
        self.publish_status(level, text, values)
        if self._is_active:
            scheduling.collect_some()


def main(args: list[str] | None = None) -> None:
    """Run the node until it is interrupted."""
    run(AssistNode, args, events_executor=True)


if __name__ == "__main__":
    main()
