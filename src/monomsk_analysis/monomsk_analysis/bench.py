"""Scores of this version on reference recordings: `python -m monomsk_analysis.bench`.

Writes `docs/benchmarks.md` for people and `bench/results.json` for programs.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from monomsk_analysis.bench_angles import CLIPS, ClipScore, bench_clip
from monomsk_analysis.bench_assist import AssistBench, bench_assist
from monomsk_analysis.bench_gait import bench_gait
from monomsk_analysis.bench_gait_c3d import FOLDER as WALKS
from monomsk_analysis.bench_gait_c3d import bench_walks
from monomsk_analysis.bench_layers_report import LayerSpeed
from monomsk_analysis.bench_markers import MarkerRow, bench_markers
from monomsk_analysis.bench_memory import MemoryScore, bench_walk_memory
from monomsk_analysis.bench_model import ModelScore, bench_model
from monomsk_analysis.bench_muscles import MuscleScores, bench_muscles
from monomsk_analysis.bench_report import render_markdown
from monomsk_analysis.bench_speed import (
    StageSpeed,
    lifter_speeds,
    live_dynamics_speeds,
    recorded_speeds,
)
from monomsk_analysis.bench_walking import RECORDING, WalkingScore, bench_walking
from monomsk_analysis.cli import EXIT_BAD_INPUT, PROJECT_ERRORS
from monomsk_analysis.gait_scoring import EventScore
from monomsk_analysis.progress import Stages
from monomsk_analysis.reference_data import ReferenceDataMissingError, reference_folder
from monomsk_analysis.summary import provenance, write_summary
from monomsk_description.threads import use_one_thread

MARKDOWN = Path("docs") / "benchmarks.md"
RESULTS = Path("bench") / "results.json"
COMMAND = "make bench"


@dataclass(frozen=True)
class BenchResults:
    """All scores.

    Attributes:
        date: when they were measured, ISO 8601.
        command: how to measure them again.
        provenance: versions and machine.
        clips: joint angles against motion capture.
        walking: kinetics against force plates; None if the recording is not there.
        model: the human model against OpenSim; None if it was not looked at.
        speed: durations of the stages.
        skipped: what could not be measured, and why.
        markers: kinetics from markers against force plates.
        assist: assistance against the ideal; None if the recording is not there.
        muscles: the muscles against OpenSim and electromyography; None if not looked at.
        gait: events of gait against force plates and stored events.
        layers: times of the differentiable layers; empty without torch.
        memory: of the live dynamics over an hour of states; None if not watched.
    """

    date: str
    command: str
    provenance: dict[str, str]
    clips: tuple[ClipScore, ...]
    walking: WalkingScore | None
    model: ModelScore | None
    speed: tuple[StageSpeed, ...]
    skipped: tuple[str, ...]
    markers: tuple[MarkerRow, ...] = ()
    assist: AssistBench | None = None
    muscles: MuscleScores | None = None
    gait: tuple[EventScore, ...] = ()
    layers: tuple[LayerSpeed, ...] = ()
    memory: MemoryScore | None = None


def measure(folder: Path, work: Path, root: Path, stages: Stages) -> BenchResults:
    """Run every benchmark whose recording is there.

    Args:
        folder: the reference recordings.
        work: where analyses may write.
        root: the project's folder, for what was measured with OpenSim.
        stages: shows the progress.
    """
    clips: list[ClipScore] = []
    speed: list[StageSpeed] = []
    skipped: list[str] = []
    for name in CLIPS:
        if not (folder / name).is_dir():
            skipped.append(f"{name}: not in {folder.name}")
            continue
        score, analysis = bench_clip(folder / name, work, stages)
        clips.append(score)
        if not speed:
            speed = [*recorded_speeds(work / name), *live_dynamics_speeds(analysis)]
            speed += lifter_speeds(analysis.skeleton)
    walking = assist = None
    if (folder / RECORDING).is_dir():
        walking = bench_walking(folder / RECORDING, work, stages)
        assist = bench_assist(folder / RECORDING)
    else:
        skipped.append(f"{RECORDING}: not in {folder.name}")
    memory = _memory(folder / RECORDING, stages)
    layers = _layers()
    if not layers:
        skipped.append("differentiable layers: torch is not installed")
    model = bench_model(root, folder / RECORDING, work)
    markers, missing = bench_markers(folder, work, stages)
    return BenchResults(
        date=datetime.now(UTC).date().isoformat(),
        command=COMMAND,
        provenance=provenance(),
        clips=tuple(clips),
        walking=walking,
        model=model,
        speed=tuple(speed),
        skipped=(*skipped, *missing),
        markers=markers,
        assist=assist,
        muscles=bench_muscles(root, folder / RECORDING),
        gait=(*bench_gait(folder), *bench_walks(folder / WALKS)),
        layers=layers,
        memory=memory,
    )


def _memory(recording: Path, stages: Stages) -> MemoryScore | None:
    if not recording.is_dir():
        return None
    with stages.stage("an hour of states", 12) as advance:
        return bench_walk_memory(recording, tell=lambda *_: advance())


def _layers() -> tuple[LayerSpeed, ...]:
    if importlib.util.find_spec("torch") is None:
        return ()
    from monomsk_analysis.bench_layers import bench_layers

    return bench_layers()


def write_results(root: Path, results: BenchResults) -> None:
    """Write the tables and the numbers below a folder.

    Raises:
        OSError: a file cannot be written.
    """
    for path in (MARKDOWN, RESULTS):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / MARKDOWN).write_text(render_markdown(results), encoding="utf-8")
    write_summary(root / RESULTS, asdict(results))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=Path(), help="where docs/ and bench/ are")
    parser.add_argument("--work", type=Path, help="keep the analyses in this folder")
    options = parser.parse_args(arguments)
    use_one_thread()
    console = Console(stderr=True)
    try:
        folder = reference_folder()
    except ReferenceDataMissingError as error:
        print(f"bench: skipped, {error}")
        return
    try:
        with tempfile.TemporaryDirectory() as temporary:
            work = options.work or Path(temporary)
            results = measure(folder, work, options.root, Stages(console))
        write_results(options.root, results)
    except (*PROJECT_ERRORS, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        sys.exit(EXIT_BAD_INPUT)
    print(render_markdown(results))


if __name__ == "__main__":
    main()
