"""Memory of the live dynamics over hours of states: `python -m monomsk_analysis.bench_memory`.

A measured walk at camera rate, over and over, as fast as it goes, with what goes wrong in a live
stream: lost images, gaps, clocks that jump back, repeated stamps, states that are no person's.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
import psutil
from numpy.typing import NDArray

from monomsk_analysis.gait_replay import frames_at
from monomsk_analysis.markdown_table import number, table
from monomsk_analysis.recorded_walk import read_walk
from monomsk_analysis.reference_data import reference_folder
from monomsk_description.body_state import BodyState
from monomsk_description.errors import DescriptionError
from monomsk_description.skeleton import Skeleton
from monomsk_description.threads import use_one_thread
from monomsk_dynamics import message_fields
from monomsk_dynamics.errors import DynamicsError
from monomsk_dynamics.gait_steps import VIDEO_EVENT_SIGMA_S
from monomsk_dynamics.gait_tracker import GaitTracker
from monomsk_dynamics.live import LiveDynamics
from monomsk_dynamics.muscle_analysis import MuscleAnalysis
from monomsk_dynamics.state_monitor import StateMonitor

Array = NDArray[np.float64]

RECORDING = "mocap_walking_3d"
RATE_HZ = 30.0
_PERIOD_NS = round(1e9 / RATE_HZ)
#: Every so many states: one is lost, a second is lost, the clock jumps back, a stamp is repeated, a
#: state is nowhere on earth. Primes, so that they meet every part of the walk.
_LOST, _GAP, _BACK, _REPEATED, _ABSURD = 101, 1801, 9001, 503, 2003
_GAP_NS = 1_000_000_000
_BACK_NS = 10_000_000_000
_MEGABYTE = 1e6
#: Until then buffers and caches still fill [min].
_SETTLED_MIN = 5.0


@dataclass(frozen=True)
class MemoryScore:
    """Resident memory over simulated time.

    Attributes:
        states: how many came.
        answered: how many of them got a result.
        resets: how often the past was forgotten.
        minutes: simulated time of each sample [min].
        resident_mb: memory at each [MB].
    """

    states: int
    answered: int
    resets: int
    minutes: tuple[float, ...]
    resident_mb: tuple[float, ...]

    @property
    def slope_mb_per_h(self) -> float:
        """Growth once settled, by least squares [MB/h]; NaN with fewer than two samples."""
        settled = [
            (minute / 60.0, memory)
            for minute, memory in zip(self.minutes, self.resident_mb, strict=True)
            if minute >= _SETTLED_MIN
        ]
        if len(settled) < 2:
            return float("nan")
        hours, memory = np.array(settled).T
        # Flat memory leaves a rounding error of either sign.
        return round(float(np.polyfit(hours, memory, 1)[0]), 6) + 0.0


class LivePipeline:
    """What the live node does with a state, without ROS.

    Args:
        skeleton: The person's.

    Attributes:
        answered: How many states got a result.
        resets: How often the past was forgotten.
    """

    def __init__(self, skeleton: Skeleton) -> None:
        self._skeleton = skeleton
        self._dynamics = LiveDynamics(skeleton)
        self._muscles = MuscleAnalysis(skeleton)
        self._gait = GaitTracker(skeleton, VIDEO_EVENT_SIGMA_S)
        self._monitor = StateMonitor()
        self.answered = self.resets = 0

    def take(self, state: BodyState) -> None:
        """One state, from filter to the fields of its messages."""
        try:
            result = self._muscles.with_activation(self._dynamics.update(state))
        except (DynamicsError, DescriptionError):
            self._monitor.count("refused")
            return
        self.answered += 1
        if self._dynamics.reset_reason is not None:
            self.resets += 1
            self._gait.reset()
        message_fields.gait(self._gait.update(result, self._dynamics.toes), "world")
        message_fields.body_dynamics(result, self._skeleton, "world")
        self._monitor.result(result, 0.0)
        if self.answered % round(RATE_HZ) == 0:
            self._monitor.summarize(1.0)


def stream(configurations: Array) -> Iterator[BodyState]:
    """States without end: configurations (n, 38) at camera rate, again and again, with faults.

    Where the motion begins again, the person jumps back to its start.
    """
    stamp_ns, unknown = 0, np.zeros(37)
    for k in count(1):
        q = configurations[k % len(configurations)]
        if k % _ABSURD == 0:
            q = np.concatenate([[1e9], q[1:]])
        if k % _GAP == 0:
            stamp_ns += _GAP_NS
        elif k % _BACK == 0:
            stamp_ns -= _BACK_NS
        elif k % _REPEATED:
            stamp_ns += _PERIOD_NS
        if k % _LOST:
            yield BodyState(max(stamp_ns, 0), q, unknown)


def bench_memory(
    skeleton: Skeleton,
    configurations: Array,
    states: int,
    every: int,
    tell: Callable[[float, float], None] = lambda minute, memory: None,
) -> MemoryScore:
    """Feed states and watch the memory of this process.

    Args:
        skeleton: Of the configurations.
        configurations: One repetition (n, 38) at `RATE_HZ`.
        states: How many.
        every: So many states between two samples.
        tell: Called with minute and memory [MB] of each sample.
    """
    pipeline, process = LivePipeline(skeleton), psutil.Process()
    minutes, resident = [], []
    for k, state in zip(range(1, states + 1), stream(configurations), strict=False):
        pipeline.take(state)
        if k % every == 0:
            minutes.append(k / RATE_HZ / 60.0)
            resident.append(process.memory_info().rss / _MEGABYTE)
            tell(minutes[-1], resident[-1])
    return MemoryScore(states, pipeline.answered, pipeline.resets, tuple(minutes), tuple(resident))


def bench_walk_memory(
    folder: Path, minutes: float = 60.0, tell: Callable[[float, float], None] | None = None
) -> MemoryScore:
    """Over the walk `mocap_walking_3d`, a sample every five simulated minutes.

    Args:
        folder: Of that recording.
        minutes: Simulated time [min].
        tell: Called with minute and memory [MB] of each sample.
    """
    walk = read_walk(folder)
    frames = frames_at(walk.times_s, RATE_HZ)
    q = np.array([walk.results[k].q for k in frames])
    a_minute = round(60 * RATE_HZ)
    return bench_memory(
        walk.skeleton, q, round(minutes * a_minute), 5 * a_minute, tell or (lambda *_: None)
    )


def memory_sections(score: MemoryScore) -> list[str]:
    """The samples and their slope, in Markdown."""
    rows = [
        (f"{minute:.0f}", number(memory, 2))
        for minute, memory in zip(score.minutes, score.resident_mb, strict=True)
    ]
    return [
        "## Memory of the live dynamics",
        f"{score.states} states of a measured walk at {RATE_HZ:.0f} Hz, over and over as fast as "
        "they go, through filter, forces, muscles, gait and message fields, with lost states, "
        f"gaps, clocks that jump back and absurd states: {score.answered} answered, "
        f"{score.resets} resets. Resident memory of the process grows by "
        f"{number(score.slope_mb_per_h, 2)} MB an hour after the first five minutes.",
        table(("simulated minute", "resident [MB]"), rows),
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Memory of the live dynamics.")
    parser.add_argument("--minutes", type=float, default=60.0, help="simulated time")
    options = parser.parse_args(arguments)
    use_one_thread()
    score = bench_walk_memory(
        reference_folder() / RECORDING,
        options.minutes,
        lambda minute, memory: print(f"{minute:5.0f} min {memory:9.2f} MB", flush=True),
    )
    print("\n\n".join(memory_sections(score)))


if __name__ == "__main__":
    main()
