"""How fast torque ends when something goes wrong, with the whole graph at work.

    source install/setup.bash
    python scripts/bench_assist_faults.py [--repeats 10] [--json FILE]

Camera, perception, dynamics and assist as processes, with the default times of `safety`; the
receiver's DDS threads have the real-time priority of assist, as a device's have, where that is
permitted. Prints a table: from the fault (of silence: from the last estimate) to the first of the
lasting zeros where commands arrive. Needs a quiet machine: estimates that come late let torque fade
before any fault.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.integration.assist_stack import DISCOVERY_S, GRAPH, ZERO_WITHIN_S, AssistStack  # noqa: E402
from tests.integration.assist_times import Ending  # noqa: E402
from tests.integration.fault_stack import Stack  # noqa: E402

from monomsk_analysis.markdown_table import table  # noqa: E402
from monomsk_bringup.private_domain import PrivateDomain  # noqa: E402

PRIORITY = 20
_TORQUE_S = 60.0


@dataclass(frozen=True)
class Trial:
    """One fault.

    Attributes:
        fault: Its name.
        counted_ms: From where `zero_within_s` counts to zero at the receiver [ms].
        whole_ms: From the fault itself [ms].
        late_ms: The node's latest tick in between [ms].
    """

    fault: str
    counted_ms: float
    whole_ms: float
    late_ms: float


@dataclass(frozen=True)
class Graph:
    """The processes of a bench."""

    sources: Stack
    assist: AssistStack

    def trial(self, fault: str, fault_ns: int, counts_from_silence: bool = False) -> Trial:
        """Watch how torque ends after a fault [ns]."""
        end = self.assist.torque_ends(fault_ns)
        from_ns = max(self._last_estimate_ns(end), fault_ns) if counts_from_silence else fault_ns
        return Trial(
            fault, 1e-6 * (end.received_ns - from_ns), 1e-6 * (end.received_ns - fault_ns),
            1e3 * end.late_s,
        )  # fmt: skip

    def _last_estimate_ns(self, end: Ending) -> int:
        """When the last estimate before the end arrived [ns]."""
        return max(a.time_ns for a in self.assist.estimates if a.time_ns <= end.received_ns)


# Faults: each brings one about, measures, and mends it -------------------------------------------


def stop_requested(graph: Graph) -> Trial:
    asked_ns = time.time_ns()
    graph.assist.enable(False)
    return graph.trial("stop requested", asked_ns)


def camera_frozen(graph: Graph) -> Trial:
    return _camera(graph, "camera repeats one image", content="frozen")


def camera_silent(graph: Graph) -> Trial:
    return _camera(graph, "camera unplugged", running=False)


def _camera(graph: Graph, name: str, **behaviour: object) -> Trial:
    camera = graph.sources.camera
    assert camera is not None
    fault_ns = time.time_ns()
    camera.set(**behaviour)
    result = graph.trial(name, fault_ns, counts_from_silence=True)
    camera.set(content="person", running=True)
    return result


def perception_killed(graph: Graph) -> Trial:
    fault_ns = time.time_ns()
    graph.sources.kill("perception")
    result = graph.trial("perception killed", fault_ns, counts_from_silence=True)
    graph.sources.start("perception")
    return result


def second_command_publisher(graph: Graph) -> Trial:
    from monomsk_msgs.msg import AssistCommand

    return _second(graph, AssistCommand, "assist/command")


def second_input_publisher(graph: Graph) -> Trial:
    from monomsk_msgs.msg import BodyDynamics

    return _second(graph, BodyDynamics, "body_dynamics")


def _second(graph: Graph, kind: type, topic: str) -> Trial:
    node = graph.assist.node
    intruder = node.create_publisher(kind, topic, 1)
    seen = graph.assist.spin_until(lambda: node.count_publishers(topic) > 1, DISCOVERY_S)
    assert seen, graph.assist.output()
    result = graph.trial(f"second publisher of {topic}", time.time_ns())
    node.destroy_publisher(intruder)
    graph.assist.spin_until(lambda: node.count_publishers(topic) == 1, DISCOVERY_S)
    return result


def delayed(graph: Graph) -> Trial:
    relay = graph.assist.processes[0]
    fault_ns = relay.set(delay_s=0.6)
    result = graph.trial("estimates delayed by 0.6 s", fault_ns, counts_from_silence=True)
    relay.set(delay_s=0.0)
    return result


def clock_forward(graph: Graph) -> Trial:
    return _clock(graph, "clock jumps by +5 s", 5.0)


def clock_back(graph: Graph) -> Trial:
    return _clock(graph, "clock jumps by -5 s", -5.0)


def _clock(graph: Graph, name: str, offset_s: float) -> Trial:
    clock = graph.assist.processes[1]
    result = graph.trial(name, clock.set(clock_offset_s=offset_s))
    clock.set(clock_offset_s=0.0)
    return result


PLAIN = (
    stop_requested, camera_frozen, camera_silent, second_command_publisher,
    second_input_publisher, perception_killed,
)  # fmt: skip
#: Through a relay, the clock of assist simulated: it runs as the others' does, until it jumps.
SIMULATED = (delayed, clock_forward, clock_back)


# Running -----------------------------------------------------------------------------------------


@contextmanager
def running(environment: Mapping[str, str], folder: Path, simulated: bool) -> Iterator[Graph]:
    """The graph, until it is left."""
    name = "/simulated" if simulated else "/plain"
    folder = folder / name.strip("/")
    folder.mkdir()
    sources, assist = Stack(environment, folder, name), AssistStack(environment, folder, name)
    try:
        if simulated:
            assist.script("relay")
            assist.script("clock")
        sources.start_camera()
        sources.start("perception")
        through = {"body_dynamics": "body_dynamics_source"} if simulated else {}
        sources.start("dynamics", through)
        assist.start_assist(GRAPH, use_sim_time=simulated)
        prefer_receiver()
        yield Graph(sources, assist)
    finally:
        assist.close()
        sources.close()


def prefer_receiver() -> None:
    """Give this process's DDS threads a device's priority; not its own, which is inherited."""
    for thread in (int(path.name) for path in Path("/proc/self/task").iterdir()):
        if thread == os.getpid():
            continue
        try:
            os.sched_setscheduler(thread, os.SCHED_FIFO, os.sched_param(PRIORITY))
        except PermissionError:
            print("no real-time priority for the receiver: its times are less sure")
            return
        except ProcessLookupError:
            continue


def bench(
    environment: Mapping[str, str], faults: tuple[Callable[[Graph], Trial], ...], repeats: int,
    simulated: bool,
) -> list[Trial]:  # fmt: skip
    """Every fault in turn, so often."""
    trials = []
    with (
        tempfile.TemporaryDirectory() as folder,
        running(environment, Path(folder), simulated) as graph,
    ):
        for repeat in range(repeats):
            for fault in faults:
                graph.assist.assist(_TORQUE_S)
                trials.append(fault(graph))
                print(f"{repeat + 1}: {trials[-1]}", file=sys.stderr, flush=True)
    return trials


def describe(trials: list[Trial]) -> str:
    """The table."""
    rows = []
    for name in dict.fromkeys(trial.fault for trial in trials):
        own = [trial for trial in trials if trial.fault == name]
        counted = np.array([trial.counted_ms for trial in own])
        whole = np.median([trial.whole_ms for trial in own])
        in_time = int((counted <= 1e3 * ZERO_WITHIN_S).sum())
        rows.append([
            name, f"{np.median(counted):.0f}", f"{counted.max():.0f}", f"{in_time} of {len(own)}",
            f"{whole:.0f}", f"{max(trial.late_ms for trial in own):.1f}",
        ])  # fmt: skip
    head = ["Fault", "median [ms]", "largest [ms]", f"within {1e3 * ZERO_WITHIN_S:.0f} ms",
            "from the fault itself, median [ms]", "latest tick [ms]"]  # fmt: skip
    return table(head, rows)


def main() -> int:
    """Run the command; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=10, help="how often each fault happens")
    parser.add_argument("--json", type=Path, help="file for every single time")
    given = parser.parse_args()
    with PrivateDomain() as domain:
        os.environ.update(domain.environment())
        setup = subprocess.run(
            ["bash", "-c", f'source "{ROOT}/install/setup.bash" && env -0'],
            capture_output=True, check=True, text=True,
        )  # fmt: skip
        entries = (entry.partition("=") for entry in setup.stdout.split("\0"))
        environment = {name: value for name, _, value in entries if name}
        trials = bench(environment, PLAIN, given.repeats, simulated=False)
        trials += bench(environment, SIMULATED, given.repeats, simulated=True)
    print(describe(trials))
    if given.json:
        given.json.write_text(json.dumps([asdict(trial) for trial in trials], indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
