"""What the project's lifecycle nodes share: described parameters, a status, a start, an end.

The one file of this package that needs ROS; nothing in the package imports it. Nodes that do one
thing until it is done or until they are stopped, lifecycle or not, start and end by
`run_until_done` and `run_until_stopped`.
"""

import gc
import signal
import sys
from collections.abc import Callable, Mapping
from threading import Event
from typing import Any, TypeVar

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.clock import Clock, ClockType
from rclpy.exceptions import InvalidParameterValueException, ParameterException
from rclpy.executors import ExternalShutdownException
from rclpy.experimental import EventsExecutor
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.signals import SignalHandlerOptions
from rclpy.timer import Timer

from monomsk_description.node_parameters import AUTOSTART, NodeParameter, problems
from monomsk_description.status_level import Level
from monomsk_description.threads import use_one_thread

#: How often a node tells its status [s].
STATUS_PERIOD_S = 1.0

_SPIN_TIMEOUT_S = 0.2

AnyNode = TypeVar("AnyNode", bound=Node)


class StatusNode(LifecycleNode):
    """A lifecycle node with described, bounded parameters and a diagnostic status.

    A change of parameters at run time is checked against the table, then by `refuse_parameters`,
    and, once it is in force, told to `on_parameters_changed`.

    Args:
        name: The node's.
        parameters: By name; `autostart` is added.

    Raises:
        InvalidParameterValueException: A value from outside is out of its range or no choice.
    """

    def __init__(self, name: str, parameters: Mapping[str, NodeParameter]) -> None:
        super().__init__(name)
        self._is_active = False
        self._timers_that_run: list[Timer] = []
        self._described = {"autostart": AUTOSTART, **parameters}
        for key, parameter in self._described.items():
            default = parameter.default
            start = list(default) if isinstance(default, tuple) else default
            value = self.declare_parameter(key, start, descriptor_of(parameter)).value
            reason = parameter.problem(value)
            if reason:
                raise InvalidParameterValueException(key, value, reason)
        self.add_on_set_parameters_callback(self._check_change)
        self.add_post_set_parameters_callback(self._tell_change)

    def parameter(self, name: str) -> Any:
        """The value of a declared parameter."""
        return self.get_parameter(name).value

    def start_by_itself(self) -> bool:
        """Configure and activate; whether both succeeded."""
        success = TransitionCallbackReturn.SUCCESS
        return self.trigger_configure() is success and self.trigger_activate() is success

    def refuse_parameters(self, values: Mapping[str, Any]) -> str:
        """Why these new values cannot be taken together; empty: they can. For subclasses."""
        return ""

    def on_parameters_changed(self, values: Mapping[str, Any]) -> None:
        """New values are in force. For subclasses."""

    def _check_change(self, changes: list[Parameter]) -> SetParametersResult:
        values = {change.name: change.value for change in changes}
        reason = problems(self._described, values) or self.refuse_parameters(values)
        if reason:
            self.get_logger().warning(f"parameters refused: {reason}")
        return SetParametersResult(successful=not reason, reason=reason)

    def _tell_change(self, changes: list[Parameter]) -> None:
        mine = {c.name: c.value for c in changes if c.name in self._described}
        if mine:
            self.on_parameters_changed(mine)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Be active."""
        self._is_active = True
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Be inactive."""
        self._is_active = False
        return super().on_deactivate(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop and take everything away, as on the way back to unconfigured."""
        if state.label == "active":
            self.on_deactivate(state)
        if state.label in ("active", "inactive"):
            self.on_cleanup(state)
        return super().on_shutdown(state)

    def start_status(self, tell: Callable[[], None]) -> None:
        """Have the status told, every `STATUS_PERIOD_S`, also while simulated time stands still.

        Args:
            tell: Calls `publish_status`.
        """
        self._status_publisher = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self._status_timer = self.start_timer(STATUS_PERIOD_S, tell)

    def start_timer(self, period_s: float, call: Callable[[], None]) -> Timer:
        """Have something called again and again, also while simulated time stands still.

        Once `stop_timer` took the timer away, no call follows: without this the events executor
        still makes those that were due, on what may be gone by then.

        Args:
            period_s: Between two calls [s].
            call: What is called.
        """

        def call_while_it_runs() -> None:
            if timer in self._timers_that_run:
                call()

        steady = Clock(clock_type=ClockType.STEADY_TIME)
        timer = self.create_timer(period_s, call_while_it_runs, clock=steady)
        self._timers_that_run.append(timer)
        return timer

    def stop_timer(self, timer: Timer) -> None:
        """Take away what `start_timer` made."""
        self._timers_that_run.remove(timer)
        self.destroy_timer(timer)

    def stop_status(self) -> None:
        """Take away what `start_status` made."""
        self.stop_timer(self._status_timer)
        self.destroy_publisher(self._status_publisher)

    def publish_status(self, level: Level, text: str, values: Mapping[str, Any]) -> None:
        """Publish this node's status: how bad it is, a sentence, numbers."""
        name = self.get_fully_qualified_name()
        status = DiagnosticStatus(level=bytes([level]), name=name, message=text)
        status.values = [KeyValue(key=key, value=str(value)) for key, value in values.items()]
        array = DiagnosticArray(status=[status])
        array.header.stamp = self.get_clock().now().to_msg()
        self._status_publisher.publish(array)


def descriptor_of(parameter: NodeParameter) -> ParameterDescriptor:
    """What ROS is told of a parameter, so that it refuses numbers out of range."""
    descriptor = ParameterDescriptor(description=parameter.text, read_only=parameter.read_only)
    if parameter.choices:
        descriptor.additional_constraints = "one of " + ", ".join(parameter.choices)
    if parameter.low is None or parameter.high is None:
        return descriptor
    if isinstance(parameter.default, tuple):
        low, high = parameter.low, parameter.high
        descriptor.additional_constraints = f"each number within {low:g} to {high:g}"
    elif isinstance(parameter.default, int):
        bounds = IntegerRange(from_value=int(parameter.low), to_value=int(parameter.high))
        descriptor.integer_range = [bounds]
    else:
        span = FloatingPointRange(from_value=parameter.low, to_value=parameter.high)
        descriptor.floating_point_range = [span]
    return descriptor


def run(
    node_class: type[StatusNode], args: list[str] | None = None, events_executor: bool = False
) -> None:
    """Run a node until it is interrupted; exits with 1 when it cannot start by itself.

    Args:
        node_class: Names itself.
        args: Of the command line.
        events_executor: Wake by events rather than by wait sets: cheaper and more regular for a
            fast loop.
    """
    use_one_thread()
    rclpy.init(args=args)
    try:
        node = node_class()  # type: ignore[call-arg]  # the nodes name themselves
    except ParameterException as error:
        rclpy.logging.get_logger(node_class.__name__).error(str(error))
        rclpy.try_shutdown()
        sys.exit(1)
    started = True
    try:
        if node.parameter("autostart"):
            started = node.start_by_itself()
            if started:
                node.get_logger().info("active")
        if started:
            keep_long_lived_objects()
            spin = _spin_by_events if events_executor else rclpy.spin
            spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        # A second interrupt while the node is destroyed would only print a traceback.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        node.destroy_node()
        rclpy.try_shutdown()
    sys.exit(0 if started else 1)


def keep_long_lived_objects() -> None:
    """Take what exists now out of the garbage collector: its full runs would stop the stream."""
    gc.collect()
    gc.freeze()


def _spin_by_events(node: StatusNode) -> None:
    executor = EventsExecutor()
    executor.add_node(node)
    # This executor is C++: an interrupt raised in what it calls may abort the process.
    stop = _stop_signal()
    # Its own `spin` was seen to hang at shutdown.
    while rclpy.ok() and not stop.is_set():
        executor.spin_once(timeout_sec=_SPIN_TIMEOUT_S)


def _stop_signal() -> Event:
    """The event that SIGINT and SIGTERM set from now on, instead of interrupting anything."""
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    return stop


def run_until_done(
    name: str,
    make_node: Callable[[], AnyNode],
    work: Callable[[AnyNode], int | None],
    errors: tuple[type[Exception], ...],
) -> int:
    """Make a node and let it work; an interrupt is a good end.

    Args:
        name: Of the logger that tells errors: the node may not exist yet.
        make_node: Makes the node.
        work: What it does; gives the exit code, None for 0.
        errors: Those that are told in a line.

    Returns:
        The exit code; 1 after an error.
    """
    rclpy.init()
    return _make_and_work(name, make_node, work, errors)


def run_until_stopped(
    name: str,
    make_node: Callable[[], AnyNode],
    work: Callable[[AnyNode, Event], int | None],
    errors: tuple[type[Exception], ...],
) -> int:
    """Make a node and let it work until a signal, which does not interrupt it: files get closed.

    Args:
        name: Of the logger that tells errors: the node may not exist yet.
        make_node: Makes the node.
        work: What it does until the event that SIGINT or SIGTERM sets, and then to finish; gives
            the exit code, None for 0.
        errors: Those that are told in a line.

    Returns:
        The exit code; 1 after an error.
    """
    # with rclpy's own handlers nothing could be published or logged after the signal
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    stop = _stop_signal()
    return _make_and_work(name, make_node, lambda node: work(node, stop), errors)


def _make_and_work(
    name: str,
    make_node: Callable[[], AnyNode],
    work: Callable[[AnyNode], int | None],
    errors: tuple[type[Exception], ...],
) -> int:
    node = None
    try:
        node = make_node()
        return work(node) or 0
    except errors as error:
        rclpy.logging.get_logger(name).error(str(error))
        return 1
    except (KeyboardInterrupt, ExternalShutdownException):
        return 0
    finally:
        # a second SIGINT must not interrupt the shutdown
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()
