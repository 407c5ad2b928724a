"""Node `assist_watch`: enables an assist node, and tells how regular and strong its commands are.

When it is interrupted it writes `assist.json` (intervals between commands as they arrive here,
states, torques) and `assist.png` (commanded and delivered torque, states) into its output folder.
"""

from __future__ import annotations

import sys
from pathlib import Path
from threading import Event
from typing import Any

import rclpy
from rcl_interfaces.msg import ParameterDescriptor
from rclpy.exceptions import InvalidParameterTypeException
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import JointState
from std_srvs.srv import SetBool, Trigger

from monomsk_analysis.assist_picture import draw_assistance
from monomsk_analysis.assist_record import AssistRecord, CommandRow, summarize_assistance
from monomsk_analysis.errors import AnalysisError, OutputError
from monomsk_analysis.summary import write_summary
from monomsk_assist.scheduling import prefer_process
from monomsk_description.lifecycle_node import run_until_stopped
from monomsk_msgs.msg import AssistCommand

_DEPTH = 200
_ASK_PERIOD_S = 1.0
_SIGNAL_PERIOD_S = 0.2
#: `straps` comes at 500 Hz: a tenth of it is enough for a picture.
_EVERY_STRAP = 10


class AssistWatch(Node):
    """Keeps what arrives; times are those at which DDS received it."""

    def __init__(self) -> None:
        super().__init__("assist_watch")
        self.output = Path(self._parameter("output", "", "folder for assist.json and assist.png"))
        wants_device = self._parameter("watch_device", True, "listen to the simulated device too")
        priority = self._parameter(
            "realtime_priority", 0, "SCHED_FIFO priority of this receiver, as a device has; 0: none"
        )
        if not self.output.name:
            raise OutputError(self.output, "parameter output: no folder given")
        self.record = AssistRecord()
        self._straps = 0
        qos = QoSProfile(depth=_DEPTH)
        self.create_subscription(AssistCommand, "assist/command", self._on_command, qos)
        if wants_device:
            self.create_subscription(JointState, "device/straps", self._on_straps, qos)
        self._enable = self.create_client(SetBool, "assist/enable")
        self._reset = self.create_client(Trigger, "assist/reset_fault")
        self.create_timer(_ASK_PERIOD_S, self._ask)
        refused = prefer_process(0, priority) if priority else ""
        if refused:
            self.get_logger().warning(refused)

    def _parameter(self, name: str, default: Any, text: str) -> Any:
        descriptor = ParameterDescriptor(description=text, read_only=True)
        return self.declare_parameter(name, default, descriptor).value

    def _ask(self) -> None:
        """A demonstration asks for assistance whenever there is none; a real device must not."""
        if not self.record.commands or not self._enable.service_is_ready():
            return
        state = self.record.commands[-1].state
        if state == AssistCommand.STATE_FAULT:
            self._reset.call_async(Trigger.Request())
        elif state == AssistCommand.STATE_DISABLED:
            self._enable.call_async(SetBool.Request(data=True))

    def _on_command(self, message: AssistCommand, info: dict[str, int]) -> None:
        self.record.commands.append(
            CommandRow(
                received_ns=info["received_timestamp"],
                sent_ns=info["source_timestamp"],
                state=message.state,
                joints=tuple(message.joint_names),
                effort=tuple(message.effort),
                age_s=message.state_age_s,
                horizon_s=message.horizon_s,
                reasons=tuple(message.reasons),
            )
        )

    def _on_straps(self, message: JointState, info: dict[str, int]) -> None:
        self._straps += 1
        if self._straps % _EVERY_STRAP == 0:
            efforts = dict(zip(message.name, message.effort, strict=True))
            self.record.delivered.append((info["received_timestamp"], efforts))


def _finish(node: AssistWatch) -> None:
    """Write the files.

    Raises:
        OutputError: The folder cannot be written.
    """
    try:
        node.output.mkdir(parents=True, exist_ok=True)
        write_summary(node.output / "assist.json", summarize_assistance(node.record))
        draw_assistance(node.record, node.output / "assist.png")
    except OSError as error:
        raise OutputError(node.output, str(error)) from error


def main() -> int:
    """Watch until interrupted; returns the exit code."""
    errors = (AnalysisError, InvalidParameterTypeException)
    return run_until_stopped("assist_watch", AssistWatch, _watch, errors)


def _watch(node: AssistWatch, stop: Event) -> None:
    while not stop.is_set():
        rclpy.spin_once(node, timeout_sec=_SIGNAL_PERIOD_S)
    _finish(node)


if __name__ == "__main__":
    sys.exit(main())
