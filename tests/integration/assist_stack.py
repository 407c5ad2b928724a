"""An assist node with whatever feeds it, and a receiver that times its commands.

Times are those of the system's clock at which DDS received a message in this process, before
anything of this process's own delays it; faults are timed by the same clock.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.conftest import ROOT, StartedProcess, load_message_libraries
from tests.integration.assist_times import PERIOD_S, Arrival, Ending, ending
from tests.integration.steered_process import SteeredProcess

from monomsk_assist.mapping import Safety

#: What the mapping below configures: from a fault to zero at the receiver [s].
ZERO_WITHIN_S = 0.1
#: Its parts.
TIMES = Safety(zero_within_s=ZERO_WITHIN_S)
#: On top of it, for the way to the receiver on a machine that is slow or has other work to do [s].
TRANSPORT_MARGIN_S = 0.2
DISCOVERY_S = 20.0
LEAST_TORQUE_N_M = 1.0
_WATCH_S = 0.8

MAPPING = """
device: hip exoskeleton of the tests
joints:
  right_hip:
    {coordinate: hip_flexion, side: right, sign: 1, law: &law {type: torque_gain, gain: 0.3},
     limits: &limits {torque_nm: 15, torque_rate_nm_s: 1000, power_w: 200,
                      lower_rad: -0.5, upper_rad: 2.0}}
  left_hip: {coordinate: hip_flexion, side: left, sign: 1, law: *law, limits: *limits}
safety: {fade_in_s: 0.2, arming_s: 0.05, max_fades: 1000, %s}
"""
DEFAULT = f"zero_within_s: {ZERO_WITHIN_S:g}"
#: A video forward and backward in turn: only its timing is of interest, and that is the default.
#: On a slow machine every image comes late, so torque has to come quickly between two gaps.
GRAPH = (
    f"{DEFAULT}, max_age_s: 0.5, max_torque_sigma_nm_kg: 5, max_root_force_share: 2, "
    "max_root_moment_nm_kg: 10, max_consistency_error_rad: 3, max_violation_s: 10, "
    "violation_ratio: 100"
)


class Script(SteeredProcess):
    """A process of assist_script.py."""

    def __init__(
        self, role: str, environment: Mapping[str, str], arguments: list[str], log: Path
    ) -> None:
        words = [role, "--ros-args", *arguments]
        super().__init__("assist_script.py", words, environment, log)

    def set(self, **behaviour: Any) -> int:
        """Change the behaviour; returns when [ns]."""
        now_ns = time.time_ns()
        self.tell(behaviour)
        return now_ns


class AssistStack:
    """The processes and the receiver."""

    def __init__(self, environment: Mapping[str, str], folder: Path, namespace: str) -> None:
        import rclpy
        from rclpy.executors import SingleThreadedExecutor
        from sensor_msgs.msg import JointState
        from std_srvs.srv import SetBool, Trigger

        load_message_libraries()
        from monomsk_msgs.msg import AssistCommand, BodyDynamics

        self.environment, self.folder, self.namespace = dict(environment), folder, namespace
        self.processes: list[Any] = []
        self.context = rclpy.Context()
        rclpy.init(context=self.context)
        self.node = rclpy.create_node("receiver", namespace=namespace, context=self.context)
        self._executor = SingleThreadedExecutor(context=self.context)
        self._executor.add_node(self.node)
        self.commands: list[Arrival] = []
        self.estimates: list[Arrival] = []
        self.device: list[Arrival] = []
        node = self.node
        node.create_subscription(AssistCommand, "assist/command", self._into(self.commands), 500)
        node.create_subscription(BodyDynamics, "body_dynamics", self._into(self.estimates), 100)
        node.create_subscription(JointState, "device/joint_states", self._into(self.device), 500)
        self._enable = node.create_client(SetBool, "assist/enable")
        self._reset = node.create_client(Trigger, "assist/reset_fault")

    @staticmethod
    def _into(arrivals: list[Arrival]) -> Callable[[Any, Any], None]:
        def take(message: Any, info: Any) -> None:
            arrivals.append(Arrival(info["received_timestamp"], message, info["source_timestamp"]))

        return take

    # Processes ----------------------------------------------------------------------------------

    def script(self, role: str, **remaps: str) -> Script:
        arguments = ["-r", f"__ns:={self.namespace}"]
        for old, new in remaps.items():
            arguments += ["-r", f"{old}:={new}"]
        log = self.folder / f"{role}_{len(self.processes)}.log"
        script = Script(role, self.environment, arguments, log)
        self.processes.append(script)
        return script

    def start(self, executable: str, **parameters: Any) -> StartedProcess:
        """Start a node of monomsk_assist."""
        program = ROOT / "install" / "monomsk_assist" / "lib" / "monomsk_assist" / executable
        words = [str(program), "--ros-args", "-r", f"__ns:={self.namespace}"]
        for key, value in parameters.items():
            words += ["-p", f"{key}:={str(value).lower() if isinstance(value, bool) else value}"]
        if executable == "simulated_device":
            words += ["-r", "device/commands:=assist/commands"]
        log = self.folder / f"{executable}_{len(self.processes)}.log"
        process = StartedProcess(words, self.environment, log)
        self.processes.append(process)
        return process

    def start_assist(self, safety: str = DEFAULT, **parameters: Any) -> StartedProcess:
        mapping = self.folder / "mapping.yaml"
        mapping.write_text(MAPPING % safety)
        process = self.start("assist_node", mapping_file=mapping, **parameters)
        assert self.spin_until(self._enable.service_is_ready, DISCOVERY_S), process.output
        assert self.spin_until(lambda: self.commands, DISCOVERY_S), process.output
        return process

    # Talking ------------------------------------------------------------------------------------

    def spin_until(self, condition: Callable[[], Any], timeout_s: float) -> bool:
        deadline_s = time.monotonic() + timeout_s
        while not condition() and time.monotonic() < deadline_s:
            self._executor.spin_once(timeout_sec=0.01)
        return bool(condition())

    def listen(self, duration_s: float) -> None:
        self.spin_until(lambda: False, duration_s)

    def enable(self, wanted: bool = True) -> Any:
        from std_srvs.srv import SetBool

        return self._call(self._enable, SetBool.Request(data=wanted))

    def reset_fault(self) -> Any:
        from std_srvs.srv import Trigger

        return self._call(self._reset, Trigger.Request())

    def _call(self, client: Any, request: Any) -> Any:
        future = client.call_async(request)
        assert self.spin_until(future.done, 5.0), self.output()
        return future.result()

    def assist(self, timeout_s: float = 10.0) -> None:
        """Bring torque about: reset a fault, enable, wait until commands carry it."""
        deadline_s = time.monotonic() + timeout_s
        while not self.gives_torque() and time.monotonic() < deadline_s:
            self.reset_fault()
            self.enable()
            self.spin_until(self.gives_torque, 1.5)
        assert self.gives_torque(), self.output()
        # the node may have found the source before this receiver has
        assert self.spin_until(lambda: self.estimates, DISCOVERY_S), self.output()

    def gives_torque(self) -> bool:
        if not self.commands:
            return False
        last = self.commands[-1].message
        return last.state == last.STATE_ACTIVE and max(map(abs, last.effort)) > LEAST_TORQUE_N_M

    # Measuring ----------------------------------------------------------------------------------

    def torque_ends(self, fault_ns: int) -> Ending:
        """Watch; how torque ended after the fault."""
        self.listen(_WATCH_S)
        found = ending(self.commands, fault_ns)
        assert found is not None, f"torque does not end:\n{self.output()}"
        return found

    def torque_ends_s(self, fault_ns: int) -> float:
        """Watch; seconds from the fault to the command that began the lasting zero."""
        return (self.torque_ends(fault_ns).received_ns - fault_ns) * 1e-9

    def last_estimate_ns(self) -> int:
        """When the last `body_dynamics` came [ns]."""
        return self.estimates[-1].time_ns

    @property
    def state(self) -> int:
        return int(self.commands[-1].message.state)

    @property
    def reasons(self) -> list[str]:
        return list(self.commands[-1].message.reasons)

    def reasons_since(self, time_ns: int) -> set[str]:
        return {r for a in self.commands if a.time_ns >= time_ns for r in a.message.reasons}

    def output(self) -> str:
        logs = sorted(self.folder.glob("*.log"))
        texts = [f"--- {log.name}\n{log.read_text(errors='replace')[-1500:]}" for log in logs]
        last = self.commands[-1].message if self.commands else None
        return "\n".join([*texts, f"last command: {last}", f"{len(self.estimates)} estimates"])

    def close(self) -> None:
        import rclpy

        for process in reversed(self.processes):
            if isinstance(process, Script):
                if process.popen.poll() is None:
                    process.kill()
            else:
                process.end()
        self._executor.shutdown()
        self.node.destroy_node()
        rclpy.shutdown(context=self.context)


def tell(name: str, seconds: float) -> None:
    """Print a measured time, and add it to the file that MONOMSK_ASSIST_REPORT names."""
    line = json.dumps({"fault": name, "zero_after_ms": round(1e3 * seconds, 1)})
    print(line)
    report = os.environ.get("MONOMSK_ASSIST_REPORT")
    if report:
        with Path(report).open("a") as file:
            file.write(line + "\n")


def assert_in_time(
    name: str, seconds: float, output: Callable[[], str], limit_s: float = ZERO_WITHIN_S
) -> None:
    """The configured time, with the margin, where commands arrive; the measured time is told."""
    tell(name, seconds)
    assert seconds <= limit_s + TRANSPORT_MARGIN_S, output()


def assert_node_in_time(end: Ending, output: Callable[[], str]) -> None:
    """What the node guarantees by its own clock, however busy the machine is.

    Torque fades within the fade, and the fade begins once the silence is too long; both are seen
    at the next tick.
    """
    tick_s = end.longest_interval_s + 0.5 * PERIOD_S
    assert end.fade_s <= TIMES.fade_out_s + tick_s, f"{end}\n{output()}"
    assert end.silence_s <= TIMES.max_silence_s + tick_s, f"{end}\n{output()}"
