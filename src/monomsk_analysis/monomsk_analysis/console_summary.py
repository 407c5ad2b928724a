"""The few lines that a person reads at the end of a run."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from monomsk_analysis.analysis import Analysis
from monomsk_analysis.summary import quality_entries


def print_analysis(console: Console, analysis: Analysis, out: Path) -> None:
    """Print what was used, how good it is, and where the results are."""
    split = analysis.split
    quality = quality_entries(analysis)
    bridged = f", {split.interpolated} interpolated" if split.interpolated else ""
    console.print(
        f"{int(analysis.analysed.sum())} of {split.frames} frames analysed "
        f"({split.lost} lost{bridged})"
    )
    console.print(
        "root residual "
        f"{quality['root_residual_force_rms_percent_body_weight']:.1f} % of body weight, "
        f"mean vertical force {quality['mean_vertical_force_percent_body_weight']:.0f} %"
    )
    supported = 100 * quality["supported_fraction"]
    if supported > 0:
        console.print(
            f"another support than the soles in {supported:.0f} % of the frames, up to "
            f"{quality['unexplained_load_peak_percent_body_weight']:.0f} % of body weight"
        )
    console.print(f"results in {out}", highlight=False)
