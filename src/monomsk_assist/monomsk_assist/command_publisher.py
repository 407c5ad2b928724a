"""Commands on their way out: AssistCommand, and what a controller of ros2_control understands."""

from __future__ import annotations

from typing import Any

from monomsk_assist.adapters import ADAPTERS, ControllerOrder
from monomsk_assist.assist_parameters import NO_OUTPUT
from monomsk_assist.command import Command
from monomsk_assist.conversions import MESSAGE_CLASSES, command_quality, to_message
from monomsk_assist.errors import ParameterError
from monomsk_assist.mapping import DeviceMapping
from monomsk_description.message_fields import fill
from monomsk_msgs.msg import AssistCommand


class CommandPublisher:
    """Publishes `assist/command`, and `~/commands` by an adapter.

    Args:
        node: The rclpy node that publishes.
        mapping: The device.
        output: Name of an adapter, or NO_OUTPUT.
        controller_joints: Joints of the adapter's controller in its order; empty: the mapping's.

    Raises:
        ParameterError: The adapter cannot carry what the mapping's laws ask for.
        JointOrderError: The controller's joints are not the mapping's.
    """

    def __init__(
        self, node: Any, mapping: DeviceMapping, output: str, controller_joints: tuple[str, ...]
    ) -> None:
        self._node = node
        self._order: ControllerOrder | None = None
        if output != NO_OUTPUT:
            self._order = _order(mapping, output, controller_joints)
            message_name, self._adapt = ADAPTERS[output]
            self._message_class = MESSAGE_CLASSES[message_name]
        promise = command_quality(mapping.safety)
        self._publishers: list[Any] = [
            node.create_publisher(AssistCommand, "assist/command", promise)
        ]
        if self._order is not None:
            self._publishers.append(node.create_publisher(self._message_class, "~/commands", 1))

    def publish(self, command: Command) -> None:
        """Send a command to all who listen."""
        self._publishers[0].publish(to_message(command))
        if self._order is not None:
            now_ns = self._node.get_clock().now().nanoseconds
            fields = self._adapt(self._order.arrange(command), now_ns)
            self._publishers[1].publish(fill(self._message_class(), fields))

    def publishers_in_graph(self) -> int:
        """The largest number of publishers on one of these topics, this one included."""
        return max(self._node.count_publishers(p.topic_name) for p in self._publishers)

    def destroy(self) -> None:
        """Take the publishers away."""
        for publisher in self._publishers:
            self._node.destroy_publisher(publisher)


def _order(
    mapping: DeviceMapping, output: str, controller_joints: tuple[str, ...]
) -> ControllerOrder:
    if any(joint.law.on_device for joint in mapping.joints):
        raise ParameterError(
            "output", f"{output} carries no gains, but a law of the mapping runs on_device"
        )
    return ControllerOrder(controller_joints or mapping.device_joints, mapping.device_joints)
