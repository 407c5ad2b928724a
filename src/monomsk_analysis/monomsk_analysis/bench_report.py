"""Benchmark results as Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from monomsk_analysis import gait_scoring
from monomsk_analysis.bench_angles import ClipScore, SystemScore
from monomsk_analysis.bench_assist import assist_sections
from monomsk_analysis.bench_layers_report import layer_sections
from monomsk_analysis.bench_markers import marker_sections
from monomsk_analysis.bench_memory import memory_sections
from monomsk_analysis.bench_model_report import model_sections
from monomsk_analysis.bench_muscles_report import muscle_sections
from monomsk_analysis.bench_speed import StageSpeed
from monomsk_analysis.bench_walking import WalkingScore
from monomsk_analysis.markdown_table import number, percent, table

if TYPE_CHECKING:
    from monomsk_analysis.bench import BenchResults


def render_markdown(results: BenchResults) -> str:
    """Return all tables as one page."""
    sections = [
        "# Benchmarks",
        f"Measured on {results.date} with `{results.command}`. This page is generated.",
        _provenance(results.provenance),
    ]
    if results.clips:
        sections += ["## Joint angles from video", _ANGLES_TEXT, _leg_table(results.clips)]
        for clip in results.clips:
            sections += [f"### {clip.clip}, every coordinate", _coordinate_table(clip)]
    if results.walking is not None:
        sections += ["## Kinetics from measured kinematics", _WALKING_TEXT]
        sections += _walking_tables(results.walking)
    if results.markers:
        sections += marker_sections(results.markers)
    if results.gait:
        sections += ["## Gait events", _GAIT_TEXT, gait_scoring.render(results.gait)]
    if results.assist is not None:
        sections += assist_sections(results.assist)
    if results.model is not None:
        sections += model_sections(results.model)
    if results.muscles is not None:
        sections += muscle_sections(results.muscles)
    if results.speed:
        sections += ["## Speed", _SPEED_TEXT, _speed_table(results.speed)]
    if results.memory is not None:
        sections += memory_sections(results.memory)
    if results.layers:
        sections += layer_sections(results.layers)
    if results.skipped:
        sections += ["## Not measured", "\n".join(f"- {line}" for line in results.skipped)]
    return "\n\n".join(sections) + "\n"


_ANGLES_TEXT = (
    "RMSE in degrees against marker-based motion capture: mean over hip flexion, hip adduction, "
    "knee and ankle of both legs, without time shift; raw, and after removing each coordinate's "
    "constant error. The two other systems are scored by the same code on their published "
    "results for the same videos. Where the ground's x axis points is a free choice: pelvis angles "
    "are compared after turning it to fit. Sides count as exchanged where that would lessen the "
    "mean error of the leg angles by 5 degrees; travel is the pelvis' place without its mean."
)
_WALKING_TEXT = (
    "`monomsk dynamics` on marker-based kinematics of one walking adult, without force plates, "
    "against the plates and the inverse dynamics with them. The reference kinematics were "
    "adjusted with the plates, so these errors are a lower bound. Frames in which a foot stood "
    "beside the plates are left out."
)
_GAIT_TEXT = (
    "Heel strikes and toe offs from kinematics alone against force plates at 20 N, and against the "
    "events that a laboratory stored; late is positive. Live events are dated back: toe offs are "
    "told when the foot is clearly off, for the time when its toes began to move. The two trials "
    "of adults chose the thresholds of contact; they and the children HC002 to HC033 chose those "
    "of live toe offs."
)
_SPEED_TEXT = (
    "Milliseconds per frame, from the first clip above; `perception` contains landmarks and lift, "
    "`lift` the lifter's network and the fit after it. The network's own rows are of a live answer "
    "on one core, one after the other, and as a node asks, with other work in between."
)


def _provenance(rows: dict[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in rows.items()) + "."


def _leg_table(clips: Sequence[ClipScore]) -> str:
    rows = [
        (
            clip.clip,
            system.system,
            number(system.leg_rmse_deg, 2),
            number(system.leg_rmse_without_offset_deg, 2),
            percent(system.compared_fraction),
            str(system.exchanged_frames),
            " / ".join(number(value, 1) for value in system.travel_rmse_cm),
        )
        for clip in clips
        for system in clip.systems
    ]
    tracked = ", ".join(f"{clip.clip} {percent(clip.tracked_fraction)}" for clip in clips)
    head = (
        "clip",
        "system",
        "raw",
        "offset removed",
        "frames compared",
        "sides exchanged [frames]",
        "pelvis travel, level / upright [cm]",
    )
    return f"{table(head, rows)}\n\nFrames tracked by monomsk: {tracked}."


def _coordinate_table(clip: ClipScore) -> str:
    head = ["coordinate"]
    for system in clip.systems:
        head += [system.system, "offset removed"]
    labels = list(clip.systems[0].rmse_deg)
    rows = [(label, *_coordinate_cells(label, clip.systems)) for label in labels]
    return table(head, rows)


def _coordinate_cells(label: str, systems: Iterable[SystemScore]) -> list[str]:
    cells = []
    for system in systems:
        cells.append(number(system.rmse_deg.get(label, math.nan), 1))
        cells.append(number(system.rmse_without_offset_deg.get(label, math.nan), 1))
    return cells


def _walking_tables(score: WalkingScore) -> list[str]:
    forces = [
        (
            side,
            *(
                number(errors[name], 2)
                for name in ("vertical_rmse", "fore_aft_rmse", "lateral_rmse", "vertical_mae")
            ),
            number(score.pressure[side]["fore_aft_rmse_mm"], 1),
            number(score.pressure[side]["lateral_rmse_mm"], 1),
        )
        for side, errors in score.forces.items()
    ]
    head = (
        "foot",
        "vertical RMSE [% BW]",
        "fore-aft RMSE [% BW]",
        "lateral RMSE [% BW]",
        "vertical MAE [% BW]",
        "CoP fore-aft [mm]",
        "CoP lateral [mm]",
    )
    moments = [(name, number(error, 3)) for name, error in score.moment_rmse.items()]
    mean = ("**mean** (hip flexion, adduction, knee, ankle)", number(score.leg_moment_rmse, 3))
    return [
        f"{score.frames_compared} of {score.frames} frames compared.",
        table(head, forces),
        table(("joint moment", "RMSE [N m/kg]"), [*moments, mean]),
    ]


def _speed_table(speed: Sequence[StageSpeed]) -> str:
    rows = [
        (stage.stage, number(stage.median_ms, 2), number(stage.p99_ms, 2), str(stage.frames))
        for stage in speed
    ]
    return table(("stage", "median [ms]", "p99 [ms]", "frames"), rows)
