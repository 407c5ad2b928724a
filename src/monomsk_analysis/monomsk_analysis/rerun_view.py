"""Results in Rerun's viewer: body, forces, angles and torques over time.

Rerun is an option that the set-up does not install: `pip install rerun-sdk`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from monomsk_analysis.bag_reader import open_bag
from monomsk_analysis.errors import AnalysisError, InputError
from monomsk_analysis.message_types import load_typestore

_BODY, _MARKERS = "body_dynamics", "markers"
_SHOWN = ("hip_flexion", "knee_angle", "ankle_angle")
_ARROW, _SPHERE, _LINE_LIST = 0, 2, 5
_ADD = 0


class RerunMissingError(AnalysisError):
    """Rerun's Python package is not installed."""

    def __init__(self) -> None:
        super().__init__("the viewer is an option: .venv/bin/pip install rerun-sdk")


def show(recording: Path, save: Path | None = None) -> int:
    """Show a recording in Rerun, or save it as .rrd; returns the number of results.

    Args:
        recording: what `monomsk analyze` or the recorder wrote: an .mcap file or a bag's folder.
        save: an .rrd file to write instead of opening the viewer.

    Raises:
        RerunMissingError: Rerun is not installed.
        InputError: no result is in the recording.
        BagError: it cannot be read.
    """
    try:
        import rerun
    except ImportError as error:
        raise RerunMissingError from error
    if not recording.exists():
        raise InputError(recording, "no such recording")
    stream = rerun.RecordingStream("monomsk")
    if save is None:
        stream.spawn()
    else:
        stream.save(str(save))
    count = 0
    for name, message in _messages(recording):
        if name == _MARKERS:
            for marker in message.markers:
                _log_marker(rerun, stream, marker)
        elif name == _BODY:
            count += 1
            _log_dynamics(rerun, stream, message)
    stream.flush()
    if not count:
        raise InputError(recording, f"no message on {_BODY}: nothing to show")
    return count


def _messages(recording: Path) -> Iterator[tuple[str, Any]]:
    with open_bag(recording, load_typestore()) as reader:
        wanted = [c for c in reader.connections if c.topic.rsplit("/", 1)[-1] in (_BODY, _MARKERS)]
        for connection, _, data in reader.messages(wanted):
            name = connection.topic.rsplit("/", 1)[-1]
            yield name, reader.deserialize(data, connection.msgtype)


def _set_time(stream: Any, header: Any) -> None:
    stamp_ns = header.stamp.sec * 1_000_000_000 + header.stamp.nanosec
    # a time since the epoch where there is one, so that days of recordings can be told apart
    stream.set_time("image", timestamp=np.datetime64(stamp_ns, "ns"))


def _log_marker(rerun: Any, stream: Any, marker: Any) -> None:
    path = f"world/{marker.ns}/{marker.id}"
    _set_time(stream, marker.header)
    if marker.action != _ADD:
        stream.log(path, rerun.Clear(recursive=False))
        return
    c = marker.color
    color = [round(255 * part) for part in (c.r, c.g, c.b, c.a)]
    points = np.array([(p.x, p.y, p.z) for p in marker.points], dtype=float)
    if marker.type == _LINE_LIST:
        strips = points.reshape(-1, 2, 3)
        drawn = rerun.LineStrips3D(strips, colors=color, radii=0.5 * marker.scale.x)
    elif marker.type == _ARROW:
        vector = points[1:] - points[:1]
        drawn = rerun.Arrows3D(origins=points[:1], vectors=vector, colors=color)
    elif marker.type == _SPHERE:
        at = marker.pose.position
        drawn = rerun.Points3D([(at.x, at.y, at.z)], colors=color, radii=0.5 * marker.scale.x)
    else:
        return
    stream.log(path, drawn)


def _log_dynamics(rerun: Any, stream: Any, message: Any) -> None:
    _set_time(stream, message.header)
    numbers = {
        "forces/right [N]": message.right_sole.force.z,
        "forces/left [N]": message.left_sole.force.z,
        "trust/root residual [N]": _length(message.root_residual.force),
        "trust/consistency error [rad]": message.consistency_error,
    }
    for index, name in enumerate(message.coordinate_names):
        if name.startswith(_SHOWN):
            numbers[f"angles/{name} [rad]"] = message.position[index]
            numbers[f"torques/{name} [N m]"] = message.effort[index]
    for path, number in numbers.items():
        if np.isfinite(number):
            stream.log(path, rerun.Scalars(float(number)))


def _length(vector: Any) -> float:
    return float(np.linalg.norm([vector.x, vector.y, vector.z]))
