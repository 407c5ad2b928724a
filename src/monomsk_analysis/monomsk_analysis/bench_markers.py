"""Kinetics from markers against force plates: `python -m monomsk_analysis.bench_markers [NAMES]`.

Each trial runs through `monomsk dynamics` as a user would run it: markers, scaling, inverse
kinematics, dynamics without the plates. The plates only score the result.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from monomsk_analysis.dynamics_command import DynamicsRequest, run_dynamics
from monomsk_analysis.errors import AnalysisError
from monomsk_analysis.marker_trials import GROUPS, MarkerTrial, trials
from monomsk_analysis.progress import Stages
from monomsk_analysis.reference_data import ReferenceDataMissingError, reference_folder
from monomsk_analysis.reference_score import ReferenceScore
from monomsk_description.errors import DescriptionError
from monomsk_description.threads import use_one_thread
from monomsk_dynamics.errors import DynamicsError


@dataclass(frozen=True)
class MarkerRow:
    """Scores of one trial.

    Attributes:
        name: of the trial.
        group: of the trial.
        tuned: whether a constant of the dynamics was chosen on this recording.
        marker_rms_mm: residual of inverse kinematics [mm].
        score: against the plates.
        forward_deg: median and largest error of the forward simulation [deg].
        residual_n: root mean square of the residual force [N].
        residual_n_m: of the residual moment [N m].
    """

    name: str
    group: str
    tuned: bool
    marker_rms_mm: float
    score: ReferenceScore
    forward_deg: tuple[float, float] = (math.nan, math.nan)
    residual_n: float = math.nan
    residual_n_m: float = math.nan

    def numbers(self) -> tuple[float, ...]:
        """Vertical RMSE, MAE, fore-aft, lateral [% BW]; CoP fore-aft, lateral [mm]; moments."""
        pressure = self.score.pressure.values()
        return (
            *(
                self.score.mean_force(name)
                for name in ("vertical_rmse", "vertical_mae", "fore_aft_rmse", "lateral_rmse")
            ),
            float(np.nanmean([foot["fore_aft_rmse_mm"] for foot in pressure])),
            float(np.nanmean([foot["lateral_rmse_mm"] for foot in pressure])),
            self.score.leg_moment_rmse,
        )


def bench_markers(
    folder: Path, work: Path, stages: Stages | None = None, names: Sequence[str] = ()
) -> tuple[tuple[MarkerRow, ...], tuple[str, ...]]:
    """Run the trials that are there.

    Args:
        folder: the reference recordings.
        work: where analyses may write.
        stages: shows the progress.
        names: parts of names of the trials to run; all if none.

    Returns:
        A row a trial, and sentences about those that could not be scored.
    """
    rows, skipped = [], []
    for trial in trials():
        if names and not any(name in trial.name for name in names):
            continue
        if not (folder / trial.motion).is_file():
            skipped.append(f"{trial.name}: {trial.motion} is not there")
            continue
        try:
            row = run_trial(trial, folder, work, stages)
        except (AnalysisError, DescriptionError, DynamicsError) as error:
            skipped.append(f"{trial.name}: {error}")
            continue
        if row is None:
            skipped.append(f"{trial.name}: the plates see no frame whole")
        else:
            rows.append(row)
    return tuple(rows), tuple(skipped)


def run_trial(
    trial: MarkerTrial, folder: Path, work: Path, stages: Stages | None = None
) -> MarkerRow | None:
    """Analyse and score one trial; None if the plates saw too little.

    Raises:
        AnalysisError: the trial cannot be used.
    """
    request = DynamicsRequest(
        folder / trial.motion,
        work / trial.name.replace(" ", "_"),
        trial.subject,
        overwrite=True,
        model=folder / trial.model if trial.model else None,
        markers=trial.request(folder),
    )
    run = run_dynamics(request, stages)
    if run.score is None or run.motion.markers is None:
        return None
    rms_mm = 1e3 * run.motion.markers.fit.rms_m
    results = run.analysis.results
    forward = np.degrees([result.consistency_error for result in results])
    residual = np.array([result.root_residual for result in results])
    return MarkerRow(
        trial.name, trial.group, trial.tuned, rms_mm, run.score,
        (float(np.nanmedian(forward)), float(np.nanmax(forward))),
        _rms(residual[:, :3]), _rms(residual[:, 3:]),
    )  # fmt: skip


def _rms(vectors: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.sum(vectors**2, axis=1))))


HEAD = (
    "trial", "markers [mm]", "frames", "vertical RMSE", "MAE", "fore-aft", "lateral [% BW]",
    "CoP fore-aft", "lateral [mm]", "moments [N m/kg]", "events [ms]",
)  # fmt: skip


_TEXT = (
    "`monomsk dynamics` on marker recordings: scaling from the static trial, inverse kinematics, "
    "dynamics without the plates, against the plates and the inverse dynamics with them. Per foot, "
    "mean of both; fore-aft and lateral follow the pelvis. Moments: mean over hip flexion, hip "
    "adduction, knee and ankle. Events: median distance of contact changes from the plates at "
    "20 N. Left out are frames in which a foot stood beside the plates (residual of the inverse "
    "dynamics above 15 % of body weight, in running 50 %) or two feet on one. * marks recordings "
    "that a constant of the dynamics was chosen on, or that the inverse-dynamics transformer "
    "trained on: the others are people nobody has seen."
)


def marker_sections(rows: Sequence[MarkerRow]) -> list[str]:
    """Heading, explanation and table, as Markdown."""
    sections = ["## Kinetics from markers", _TEXT, render(rows)]
    if any(math.isfinite(row.residual_n) for row in rows):
        sections += ["### Forward and inverse", _FORWARD_TEXT, render_forward(rows)]
    return sections


_FORWARD_TEXT = (
    "The same recordings: how far a forward simulation with the found torques and forces, over the "
    "last four frame intervals, ends from the motion (joint coordinates, root mean square), and "
    "what the forces leave unexplained at the pelvis."
)


def render_forward(rows: Sequence[MarkerRow]) -> str:
    """The table of the forward simulation and of the residual, as Markdown."""
    lines = ["| trial | forward, median [deg] | max [deg] | residual RMS [N] | [N m] |", "|---" * 5]
    lines[1] += "|"
    lines += [
        f"| {row.name} | {row.forward_deg[0]:.3f} | {row.forward_deg[1]:.2f} "
        f"| {row.residual_n:.1f} | {row.residual_n_m:.1f} |"
        for row in rows
    ]
    return "\n".join(lines)


def render(rows: Sequence[MarkerRow]) -> str:
    """The table as Markdown, each group with its mean; * marks trials with a tuned constant."""
    lines = [f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|"]
    for group in GROUPS:
        own = [row for row in rows if row.group == group]
        lines += [_line(row) for row in own]
        untouched = [row for row in own if not row.tuned]
        for rows_of, name in ((own, group), (untouched, f"{group}, without *")):
            if len(rows_of) > 2 and (rows_of is own or len(rows_of) < len(own)):
                means = np.mean([row.numbers() for row in rows_of], axis=0)
                cells = ["", "", *_cells(means), ""]
                lines.append(f"| **mean of {len(rows_of)}, {name}** | {' | '.join(cells)} |")
    return "\n".join(lines)


def _line(row: MarkerRow) -> str:
    events = np.abs(row.score.event_error_ms)
    cells = [
        f"{row.name}{' *' if row.tuned else ''}",
        f"{row.marker_rms_mm:.1f}",
        f"{row.score.frames_compared}/{row.score.frames}",
        *_cells(row.numbers()),
        f"{np.median(events):.0f}" if len(events) else "n/a",
    ]
    return f"| {' | '.join(cells)} |"


def _cells(numbers: Sequence[float] | np.ndarray) -> list[str]:
    digits = (1, 1, 1, 1, 0, 0, 3)
    return [f"{value:.{digit}f}" for value, digit in zip(numbers, digits, strict=True)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the trials and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="parts of trial names; all if none")
    options = parser.parse_args(arguments)
    use_one_thread()
    try:
        folder = reference_folder()
    except ReferenceDataMissingError as error:
        print(f"bench: skipped, {error}")
        return
    with tempfile.TemporaryDirectory() as work:
        rows, skipped = bench_markers(folder, Path(work), names=options.names)
    print(render(rows))
    for line in skipped:
        print(f"- {line}")


if __name__ == "__main__":
    main()
