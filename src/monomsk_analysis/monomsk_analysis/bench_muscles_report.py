"""The section of the benchmarks about the muscles."""

from __future__ import annotations

from monomsk_analysis.bench_muscles import (
    CurveScore,
    GeometryScore,
    MuscleScores,
    ShareTiming,
    WalkScore,
)
from monomsk_analysis.markdown_table import number, table
from monomsk_analysis.recorded_walk import DELAYS_S

_TEXT = (
    "80 muscles of the legs as polynomials fitted to OpenSim 4.6 (`scripts/golden/fit_muscles.py`, "
    "whose golden files these numbers are from), rigid tendons, static optimisation."
)
_SLIP_TEXT = (
    "OpenSim's path over a wrapping surface depends on how the pose was reached: some slip off "
    "between the neutral pose and the held-out one. Their moment arms jump there, and they are "
    "left out of the worst one. The two-joint gastrocnemius is wrapped twice: OpenSim ends its "
    "search before both ways have settled, so that its lengths differ from its own moment arms."
)
_TIMING_TEXT = (
    "All 80 muscles of a frame on one core: geometry, Hill curves and both legs' programmes, over "
    "measured walking."
)
_WALK_TEXT = (
    "Measured walking (`mocap_walking_3d`): torques of OpenSim's inverse dynamics with force "
    "plates, activations against the recorded electromyography of the right leg. Force follows "
    "excitation by 50 to 100 ms and static optimisation knows no such delay, so the electrodes "
    "are also compared delayed."
)
_POOR_TEXT = (
    "The poor ones. **Gluteus maximus**: its electrode hardly rests (0.55 to 1.0 of its maximum "
    "over the whole stride); its burst comes 70 ms after heel strike, the estimated one 80 ms "
    "later. **Gluteus medius**: the electrode shows a burst at heel strike and little in "
    "midstance, where the hip's abduction torque goes on and the estimate with it. **Rectus "
    "femoris**: both show it at the beginning of swing; the electrode also through stance, most "
    "when the vasti beside it are active (cross-talk is likely), where the estimate leaves a "
    "muscle alone that flexes the hip against the torque wanted. **Biceps femoris**: both brake "
    "the leg at the end of swing; the electrode's larger burst in late stance the estimate gives "
    "to the short head, which flexes the knee and lies under the same electrode. No optimisation "
    "of single instants shows co-contraction. One subject, one walk of two steps."
)


def muscle_sections(scores: MuscleScores) -> list[str]:
    """Paragraphs and tables."""
    sections = ["## Muscles", _TEXT]
    if scores.geometry is not None:
        sections += ["### Geometry and curves", _geometry_table(scores.geometry, scores.curves)]
        sections.append(_SLIP_TEXT)
    if scores.timing is not None:
        sections += ["### Static optimisation", _TIMING_TEXT, _timing_table(scores.timing)]
    if scores.walks:
        sections += ["### Activations in walking", _WALK_TEXT]
        for walk in scores.walks:
            sections += [f"Muscles: {walk.whose}.", _electrode_table(walk), _load_line(walk)]
        sections.append(_POOR_TEXT)
    return sections


def _geometry_table(score: GeometryScore, curves: CurveScore | None) -> str:
    rows = [
        ("moment arms, median [mm]", number(score.arm_median, 3)),
        ("moment arms, 99.9 % [mm]", number(score.arm_p99_9, 2)),
        (
            "moment arms, worst [mm]",
            f"{number(score.arm_worst, 2)} ({_named(score.arm_worst_by_muscle)})",
        ),
        (
            f"moment arms of {score.slipped} slipped paths, worst [mm]",
            number(score.arm_worst_slipped, 2),
        ),
        ("lengths, median [mm]", number(score.length_median, 3)),
        ("lengths, worst [mm]", _named(score.length_worst)),
    ]
    if curves is not None:
        rows.append(
            (
                f"forces along the curves, {curves.states} states: median / worst [%]",
                f"{number(curves.median, 4)} / {number(curves.worst, 3)}",
            )
        )
    return table((f"{score.poses} held-out poses", "against OpenSim"), rows)


def _timing_table(score: ShareTiming) -> str:
    head = ("frames", "median [ms]", "p99 [ms]", "all together [ms a frame]")
    row = (
        str(score.frames),
        number(score.median_ms, 3),
        number(score.p99_ms, 3),
        number(score.together_ms, 3),
    )
    return table(head, [row])


def _electrode_table(walk: WalkScore) -> str:
    head = (
        "electrode",
        *(f"correlation, delayed {1e3 * delay_s:.0f} ms" for delay_s in DELAYS_S),
        "largest activation",
        "largest force [N]",
    )
    rows = [
        (
            name.replace("_", " "),
            *(number(value, 2) for value in electrode.correlations),
            number(electrode.activation_peak, 2),
            number(electrode.force_peak_n, 0),
        )
        for name, electrode in walk.electrodes.items()
    ]
    return table(head, rows)


def _load_line(walk: WalkScore) -> str:
    peaks = ", ".join(f"{name} {number(peak, 1)}" for name, peak in walk.contact_peaks.items())
    return (
        f"Largest reserve torque {number(walk.largest_reserve_n_m, 2)} N m. Peak forces between "
        f"the bones [body weight]: {peaks}."
    )


def _named(errors: dict[str, float]) -> str:
    return ", ".join(f"{name} {number(error, 2)}" for name, error in errors.items())
