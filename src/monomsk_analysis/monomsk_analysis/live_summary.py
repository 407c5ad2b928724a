"""How the live graph did: rates, losses and latencies, from what the recorder wrote.

    python -m monomsk_analysis.live_summary BAG [--out summary.json]

A message's age is its log time (when the recorder's middleware received it) minus its stamp (when
the image was taken): what another process on this machine would have seen.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from rosbags.highlevel import AnyReader
from rosbags.interfaces import Connection

from monomsk_analysis.errors import AnalysisError, BagError
from monomsk_analysis.message_types import load_typestore

STATUS_TRACKED = 1
_FRAMES, _LANDMARKS, _STATE, _DYNAMICS = "camera_info", "landmarks", "body_state", "body_dynamics"


@dataclass(frozen=True)
class Latency:
    """Age of messages on arrival [ms]; None without messages.

    Attributes:
        median_ms: Median.
        p99_ms: 99th percentile.
        max_ms: Largest.
    """

    median_ms: float | None
    p99_ms: float | None
    max_ms: float | None


@dataclass(frozen=True)
class LiveSummary:
    """What became of the frames of a live run.

    Attributes:
        frames_in: Frames that the camera published.
        landmarks_out: Frames whose landmarks were published, with a person or without.
        frames_tracked: Frames in which the person was measured.
        states_out: Messages on `body_state`.
        dynamics_out: Messages on `body_dynamics`.
        frames_unanswered: Frames without a `body_dynamics` message of the same stamp.
        duration_s: From the first frame to the last [s].
        frame_rate_hz: Rate of the frames [Hz].
        dynamics_rate_hz: Rate of `body_dynamics` from its first message to its last [Hz].
        image_to_landmarks: Age of `landmarks`.
        image_to_state: Age of `body_state`.
        image_to_dynamics: Age of `body_dynamics`.
        message_counts: Messages by topic.
    """

    frames_in: int
    landmarks_out: int
    frames_tracked: int
    states_out: int
    dynamics_out: int
    frames_unanswered: int
    duration_s: float
    frame_rate_hz: float | None
    dynamics_rate_hz: float | None
    image_to_landmarks: Latency
    image_to_state: Latency
    image_to_dynamics: Latency
    message_counts: dict[str, int]


@dataclass(frozen=True)
class _Arrivals:
    """Stamps and log times of one topic's messages [ns], and how many said "tracked"."""

    stamps_ns: tuple[int, ...] = ()
    logs_ns: tuple[int, ...] = ()
    tracked: int = 0


def summarize_live(bag: Path) -> LiveSummary:
    """Summarise a bag of the recorder.

    Args:
        bag: The bag's folder.

    Returns:
        The summary; topics that are absent count as empty.

    Raises:
        BagError: Not a bag, or a broken one.
    """
    arrivals, counts = _read(bag)
    frames = arrivals[_FRAMES]
    dynamics = arrivals[_DYNAMICS]
    stamps_ns = np.array(sorted(frames.stamps_ns), dtype=np.int64)
    return LiveSummary(
        frames_in=len(stamps_ns),
        landmarks_out=len(arrivals[_LANDMARKS].stamps_ns),
        frames_tracked=arrivals[_LANDMARKS].tracked,
        states_out=len(arrivals[_STATE].stamps_ns),
        dynamics_out=len(dynamics.stamps_ns),
        frames_unanswered=len(set(frames.stamps_ns) - set(dynamics.stamps_ns)),
        duration_s=float(stamps_ns[-1] - stamps_ns[0]) / 1e9 if len(stamps_ns) else 0.0,
        frame_rate_hz=_rate_hz(frames.stamps_ns),
        dynamics_rate_hz=_rate_hz(dynamics.stamps_ns),
        image_to_landmarks=_latency(arrivals[_LANDMARKS]),
        image_to_state=_latency(arrivals[_STATE]),
        image_to_dynamics=_latency(dynamics),
        message_counts=counts,
    )


def describe(summary: LiveSummary) -> str:
    """Say a summary in a few lines for people."""
    latency = summary.image_to_dynamics
    lines = [
        f"frames in              {summary.frames_in} in {summary.duration_s:.1f} s"
        f" ({_number(summary.frame_rate_hz)} Hz)",
        f"frames with a person   {summary.frames_tracked}",
        f"body_state             {summary.states_out}",
        f"body_dynamics          {summary.dynamics_out} ({_number(summary.dynamics_rate_hz)} Hz)",
        f"frames unanswered      {summary.frames_unanswered}",
        "image to body_dynamics "
        f"median {_number(latency.median_ms)} ms, p99 {_number(latency.p99_ms)} ms,"
        f" max {_number(latency.max_ms)} ms",
    ]
    return "\n".join(lines)


def _read(bag: Path) -> tuple[dict[str, _Arrivals], dict[str, int]]:
    typestore = load_typestore()
    arrivals = dict.fromkeys((_FRAMES, _LANDMARKS, _STATE, _DYNAMICS), _Arrivals())
    try:
        with AnyReader([bag], default_typestore=typestore) as reader:
            counts = {connection.topic: connection.msgcount for connection in reader.connections}
            for connection in reader.connections:
                name = connection.topic.rsplit("/", 1)[-1]
                if name in arrivals:
                    arrivals[name] = _arrivals(reader, connection)
    except Exception as error:
        # the reader raises errors of many kinds on broken files
        raise BagError(bag, f"cannot be read as a bag: {error}") from error
    return arrivals, counts


def _arrivals(reader: AnyReader, connection: Connection) -> _Arrivals:
    stamps_ns, logs_ns, tracked = [], [], 0
    for _, log_ns, data in reader.messages([connection]):
        message = reader.deserialize(data, connection.msgtype)
        stamp = message.header.stamp
        stamps_ns.append(stamp.sec * 1_000_000_000 + stamp.nanosec)
        logs_ns.append(log_ns)
        tracked += getattr(message, "status", None) == STATUS_TRACKED
    return _Arrivals(tuple(stamps_ns), tuple(logs_ns), tracked)


def _latency(arrivals: _Arrivals) -> Latency:
    if not arrivals.stamps_ns:
        return Latency(None, None, None)
    ages_ms = (np.array(arrivals.logs_ns) - np.array(arrivals.stamps_ns)) / 1e6
    median, p99, most = np.percentile(ages_ms, [50, 99, 100]).round(2).tolist()
    return Latency(median, p99, most)


def _rate_hz(stamps_ns: Sequence[int]) -> float | None:
    if len(stamps_ns) < 2 or max(stamps_ns) == min(stamps_ns):
        return None
    return round((len(stamps_ns) - 1) * 1e9 / (max(stamps_ns) - min(stamps_ns)), 2)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(description="Rates, losses and latencies of a live run.")
    parser.add_argument("bag", type=Path, help="folder that the recorder wrote")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    options = parser.parse_args(arguments)
    try:
        summary = summarize_live(options.bag)
        if options.out is not None:
            options.out.write_text(json.dumps(asdict(summary), indent=2) + "\n")
    except (AnalysisError, OSError) as error:
        print(f"live_summary: error: {error}", file=sys.stderr)
        return 1
    print(describe(summary))
    return 0


if __name__ == "__main__":
    sys.exit(main())
