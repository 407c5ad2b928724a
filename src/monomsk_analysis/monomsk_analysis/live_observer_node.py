"""Node `live_observer`: how old results are on arrival in another process, for hours if need be.

Writes one JSON line per window to a file: counts, the ages of all `body_dynamics`, and the
duration of each stage. Messages are hardly decoded, so that watching costs next to nothing.
"""

from __future__ import annotations

import json
import struct
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import rclpy
from rcl_interfaces.msg import ParameterDescriptor
from rclpy.exceptions import InvalidParameterTypeException
from rclpy.node import Node
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import CameraInfo

from monomsk_analysis.errors import AnalysisError, OutputError
from monomsk_description.lifecycle_node import run_until_done
from monomsk_msgs.msg import BodyDynamics, BodyState, Landmarks

_DEPTH = 100
_DECODE_EVERY = 10  # messages of which the stages are looked at


class LiveObserver(Node):
    """Counts and ages of what the graph says."""

    def __init__(self) -> None:
        super().__init__("live_observer")
        output = self._parameter("output", "", "file to write; one JSON object per line")
        window_s = self._parameter("window_s", 10.0, "length of a window [s]")
        if not output:
            raise OutputError(Path(), "parameter output: no file given")
        self._path = Path(output)
        self._append("")
        self._begun_s = time.monotonic()
        self._clear()
        quality = QoSProfile(depth=_DEPTH, reliability=QoSReliabilityPolicy.BEST_EFFORT)
        for topic, kind in (
            ("camera_info", CameraInfo),
            ("landmarks", Landmarks),
            ("body_state", BodyState),
            ("body_dynamics", BodyDynamics),
        ):
            self.create_subscription(kind, topic, partial(self._take, topic), quality, raw=True)
        self.create_timer(window_s, self.tell)

    def _parameter(self, name: str, default: Any, text: str) -> Any:
        descriptor = ParameterDescriptor(description=text, read_only=True)
        return self.declare_parameter(name, default, descriptor).value

    def _clear(self) -> None:
        self._counts = dict.fromkeys(("camera_info", "landmarks", "body_state", "body_dynamics"), 0)
        self._ages_ms: list[float] = []
        self._stages_ms: dict[str, list[float]] = {}

    def _take(self, topic: str, cdr: bytes, info: Any) -> None:
        self._counts[topic] += 1
        if topic != "body_dynamics":
            return
        seconds, nanoseconds = struct.unpack_from("<iI", cdr, 4)
        received_ns = info["received_timestamp"] or self.get_clock().now().nanoseconds
        age_ms = (received_ns - seconds * 1_000_000_000 - nanoseconds) * 1e-6
        self._ages_ms.append(round(age_ms, 2))
        if self._counts[topic] % _DECODE_EVERY == 0:
            self._note_stages(deserialize_message(cdr, BodyDynamics))

    def _note_stages(self, message: BodyDynamics) -> None:
        for prefix, names, durations in (
            ("perception", message.perception_stage_names, message.perception_stage_durations),
            ("dynamics", message.stage_names, message.stage_durations),
        ):
            for name, seconds in zip(names, durations, strict=False):
                self._stages_ms.setdefault(f"{prefix}: {name}", []).append(round(seconds * 1e3, 3))

    def destroy_node(self) -> None:
        """Tell what was observed first."""
        self.tell()
        super().destroy_node()

    def tell(self) -> None:
        """Write the window and begin the next one."""
        line = {
            "time_s": round(time.monotonic() - self._begun_s, 3),
            "counts": self._counts,
            "ages_ms": self._ages_ms,
            "stages_ms": self._stages_ms,
        }
        self._append(json.dumps(line) + "\n")
        self._clear()

    def _append(self, text: str) -> None:
        try:
            with self._path.open("a") as file:
                file.write(text)
        except OSError as error:
            raise OutputError(self._path, str(error)) from error


def main() -> int:
    """Run the node; returns the exit code: 1 when the file cannot be written."""
    errors = (AnalysisError, InvalidParameterTypeException)
    return run_until_done("live_observer", LiveObserver, rclpy.spin, errors)


if __name__ == "__main__":
    sys.exit(main())
