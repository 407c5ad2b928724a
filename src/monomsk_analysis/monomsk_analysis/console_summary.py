"""The few lines that a person reads at the end of a run."""

from __future__ import annotations

import json
from pathlib import Path

from rich.console import Console

from monomsk_analysis.result_folder import SUMMARY_FILE


def print_results(console: Console, out: Path) -> None:
    """Print what was used and assumed, how good the results of a folder are, and where they lie."""
    summary = json.loads((out / SUMMARY_FILE).read_text(encoding="utf-8"))
    frames, quality = summary["frames"], summary["quality"]
    bridged = f", {frames['interpolated']} interpolated" if frames["interpolated"] else ""
    lines = [
        f"{frames['analysed']} of {frames['read']} frames analysed ({frames['lost']} lost{bridged})"
    ]
    angle_deg = quality.get("joint_angle_sigma_median_deg")
    torque_n_m = quality["joint_torque_sigma_median_n_m"]
    if angle_deg is not None and torque_n_m is not None:
        lines.append(
            f"standard deviations, median: joint angles {angle_deg:.1f} deg, "
            f"joint torques {torque_n_m:.1f} N m"
        )
    lines.append(
        f"root residual {quality['root_residual_force_rms_percent_body_weight']:.1f} % of body "
        f"weight, mean vertical force {quality['mean_vertical_force_percent_body_weight']:.0f} %"
    )
    lines += [f"note: {sentence}" for sentence in summary["assumptions"]]
    lines += [f"warning: {sentence}" for sentence in summary["warnings"]]
    lines.append(f"results in {out}")
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True, markup=False)
