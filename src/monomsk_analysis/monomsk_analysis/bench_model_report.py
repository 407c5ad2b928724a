"""The section of the benchmarks about the human model."""

from __future__ import annotations

from monomsk_analysis.bench_measured import LEG_COORDINATES
from monomsk_analysis.bench_model import CallCost, ModelScore, RoundTripScore
from monomsk_analysis.markdown_table import number, table
from monomsk_analysis.opensim_golden import PoseScore

_TEXT = (
    "The same models in OpenSim 4.6. OpenSim has its own Python environment: its side is written "
    "by `scripts/golden` into `bench/opensim_*.json`, which this page reads; the rest is measured."
)
_POSES_TEXT = (
    "Worst over random poses within the coordinates' ranges, at random rates and accelerations. "
    "Errors of inverse dynamics are relative to the pose's largest force or moment. In motion, "
    "OpenSim's own velocity terms break OpenSim's own energy by up to 1e-3 where one coordinate "
    "turns several axes (Rajagopal's knee; Gait2392's turns one), ours keep it: that is the last "
    "column. `rajagopal2015_scaled` is a file of OpenSim 3, whose orientations OpenSim rounds to "
    "six digits. `written_subject` was written by `to_osim`."
)
_WALKING_TEXT = (
    "Measured walking (`mocap_walking_3d`, its scaled model and its force plates), filtered as "
    "OpenSim's tool filters, root mean square difference in N m. `id_walk.sto` came with the "
    "recording; OpenSim 4.6 itself differs from it by 0.25 N m at the hip and 0.14 N m at knee "
    "and ankle, so it was made with a slightly different model."
)
_TRIP_TEXT = (
    "`model.osim`, `kinematics.mot` and `ground_reaction.mot` of a result, given to OpenSim's "
    "inverse-dynamics tool without a filter, against the result's `inverse_dynamics.sto`. Largest "
    "error and its root mean square, in percent of the joint's peak moment. The toe joints are "
    "left out: a single force on the calcaneus passes them by."
)
_COST_TEXT = (
    "Thread time in microseconds per call with a new configuration: Pinocchio alone over all axes; "
    "the skeleton's method over the 37 coordinates as it would be with hinges for knees (one axis "
    "a coordinate), and as it is, with the knees' coupled axes. The last row is the live path."
)


def model_sections(score: ModelScore) -> list[str]:
    """Paragraphs and tables."""
    sections = ["## Human model against OpenSim", _TEXT]
    if score.poses:
        sections += ["### Random poses", _POSES_TEXT, _pose_table(score.poses)]
    if score.opensim_walking_n_m or score.measured is not None:
        sections += ["### Measured walking", _WALKING_TEXT, _walking_table(score)]
    if score.round_trips:
        sections += ["### Round trip", _TRIP_TEXT]
        sections += [_trip_table(trip) for trip in score.round_trips]
    sections += ["### Cost of coupled axes", _COST_TEXT, _cost_table(score.costs)]
    if score.missing:
        sections.append(f"Not there: {', '.join(score.missing)}.")
    return sections


def _pose_table(scores: tuple[PoseScore, ...]) -> str:
    head = (
        "model",
        "poses",
        "joint centres [mm]",
        "markers [mm]",
        "inverse dynamics from rest",
        "in motion",
    )
    rows = [
        (
            score.model,
            str(score.poses),
            f"{score.center_mm:.1g}",
            f"{score.marker_mm:.1g}",
            f"{score.rest_force_relative:.1g}",
            f"{score.moving_force_relative:.1g}",
        )
        for score in scores
    ]
    return table(head, rows)


def _walking_table(score: ModelScore) -> str:
    head = (
        "moment",
        "OpenSim 4.6, patellae massless",
        "`id_walk.sto`, patellae massless",
        "`id_walk.sto`, patellae lumped",
    )
    nothing: dict[str, float] = {}
    columns = (
        score.opensim_walking_n_m,
        score.measured.massless if score.measured else nothing,
        score.measured.lumped if score.measured else nothing,
    )
    rows = [
        (name, *(number(column.get(name, float("nan")), 3) for column in columns))
        for name in LEG_COORDINATES
    ]
    return table(head, rows)


def _trip_table(trip: RoundTripScore) -> str:
    head = (trip.result, "peak [N m]", "largest error [%]", "RMS error [%]")
    rows = [
        (
            name,
            number(peak, 1),
            number(trip.max_percent[name], 2),
            number(trip.rms_percent[name], 2),
        )
        for name, peak in trip.peak_n_m.items()
    ]
    frames = f"{trip.frames_compared} frames, {trip.margin_s:g} s off both ends left out."
    return f"{table(head, rows)}\n\n{frames}"


def _cost_table(costs: tuple[CallCost, ...]) -> str:
    rows = [
        (cost.name, number(cost.axes_us, 1), number(cost.simple_us, 1), number(cost.whole_us, 1))
        for cost in costs
    ]
    head = ("call", "Pinocchio [us]", "knees as hinges [us]", "coupled axes [us]")
    return table(head, rows)
