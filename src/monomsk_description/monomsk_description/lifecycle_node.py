"""What the project's lifecycle nodes share: described parameters, a status, a start, an end.

The one file of this package that needs ROS; nothing in the package imports it.
"""

import signal
import sys
from collections.abc import Mapping
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.executors import ExternalShutdownException
from rclpy.lifecycle import LifecycleNode, TransitionCallbackReturn

from monomsk_description.node_parameters import AUTOSTART, NodeParameter
from monomsk_description.threads import use_one_thread


class StatusNode(LifecycleNode):
    """A lifecycle node with described, bounded parameters and a diagnostic status.

    Args:
        name: The node's.
        parameters: By name; `autostart` is added.
    """

    def __init__(self, name: str, parameters: Mapping[str, NodeParameter]) -> None:
        super().__init__(name)
        for key, parameter in {"autostart": AUTOSTART, **parameters}.items():
            self.declare_parameter(key, parameter.default, _descriptor(parameter))

    def parameter(self, name: str) -> Any:
        """The value of a declared parameter."""
        return self.get_parameter(name).value

    def create_status_publisher(self) -> None:
        """Create the publisher of `/diagnostics`."""
        self._status_publisher = self.create_publisher(DiagnosticArray, "/diagnostics", 10)

    def publish_status(self, level: bytes, text: str, values: Mapping[str, Any]) -> None:
        """Publish this node's status: one of DiagnosticStatus' levels, a sentence, numbers."""
        status = DiagnosticStatus(level=level, name=self.get_fully_qualified_name(), message=text)
        status.values = [KeyValue(key=key, value=str(value)) for key, value in values.items()]
        array = DiagnosticArray(status=[status])
        array.header.stamp = self.get_clock().now().to_msg()
        self._status_publisher.publish(array)


def _descriptor(parameter: NodeParameter) -> ParameterDescriptor:
    descriptor = ParameterDescriptor(description=parameter.text)
    if parameter.low is None or parameter.high is None:
        return descriptor
    if isinstance(parameter.default, int):
        low, high = int(parameter.low), int(parameter.high)
        descriptor.integer_range = [IntegerRange(from_value=low, to_value=high)]
    else:
        bounds = FloatingPointRange(from_value=parameter.low, to_value=parameter.high)
        descriptor.floating_point_range = [bounds]
    return descriptor


def run(node_class: type[StatusNode], args: list[str] | None = None) -> None:
    """Run a node until it is interrupted; exits with 1 when it cannot start by itself."""
    use_one_thread()
    rclpy.init(args=args)
    node = node_class()  # type: ignore[call-arg]  # the nodes name themselves
    started = True
    try:
        if node.parameter("autostart"):
            started = (
                node.trigger_configure() is TransitionCallbackReturn.SUCCESS
                and node.trigger_activate() is TransitionCallbackReturn.SUCCESS
            )
        if started:
            rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        # A second interrupt while the node is destroyed would only print a traceback.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        node.destroy_node()
        rclpy.try_shutdown()
    sys.exit(0 if started else 1)
