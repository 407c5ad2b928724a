"""Draws the safety states of assistance: docs/images/assist_states.png.

Usage:
    python scripts/draw_assist_states.py [--docs docs]

The states and severities are read from monomsk_assist, so that the figure cannot name others.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from monomsk_assist.command import State
from monomsk_assist.reasons import Severity

_WIDTH, _HEIGHT = 2.9, 1.15
_ZERO, _TORQUE, _FAULT = "#e8eef4", "#dcefdc", "#f6dcd8"


@dataclass(frozen=True)
class Box:
    """A state: where its centre is, its colour and what it means."""

    x: float
    y: float
    color: str
    text: str


BOXES = {
    State.DISABLED: Box(1.7, 5.2, _ZERO, "zero\nnot enabled"),
    State.ARMING: Box(6.5, 5.2, _ZERO, "zero\nall must be well for arming_s"),
    State.ACTIVE: Box(11.5, 5.2, _TORQUE, "follows the estimate;\nlevel rises over fade_in_s"),
    State.FADING: Box(11.5, 1.6, _TORQUE, "last command to zero,\nwhatever comes in"),
    State.FAULT: Box(4.4, 1.6, _FAULT, "zero\nuntil reset"),
}


@dataclass(frozen=True)
class Way:
    """A transition: from a point to a point, with words at a place."""

    start: tuple[float, float]
    end: tuple[float, float]
    text: str
    at: tuple[float, float]


def _ways() -> list[Way]:
    wait, stop, latch = (severity.name for severity in Severity)
    return [
        Way((3.15, 5.45), (5.05, 5.45), "~/enable true", (4.1, 5.65)),
        Way((5.05, 4.95), (3.15, 4.95), "~/enable false", (4.1, 4.72)),
        Way((7.95, 5.2), (10.05, 5.2), "well for arming_s", (9.0, 5.4)),
        Way(
            (12.0, 4.62), (12.0, 2.18), f"{wait}, {stop}, {latch}\nor ~/enable false", (13.25, 3.4)
        ),
        Way((11.0, 2.18), (11.0, 4.62), f"only {wait}s,\nall over", (11.5, 3.4)),
        Way((10.05, 1.95), (7.3, 4.62), f"at zero:\n{stop}, or {wait}\nthat lasted", (9.55, 3.6)),
        Way((10.05, 1.45), (5.85, 1.45), f"at zero: {latch},\nor max_fades in 10 s", (7.95, 1.05)),
        Way((6.1, 4.62), (5.1, 2.18), latch, (6.05, 3.4)),
        Way((3.8, 2.18), (2.4, 4.62), "~/reset_fault,\ncause gone", (3.95, 3.4)),
        Way((0.9, 0.2), (0.9, 4.62), "at zero: ~/enable false", (6.0, 0.38)),
    ]


def draw(axes: Axes) -> None:
    """Draw all states and transitions."""
    for state, box in BOXES.items():
        corner = (box.x - 0.5 * _WIDTH, box.y - 0.5 * _HEIGHT)
        axes.add_patch(
            FancyBboxPatch(
                corner, _WIDTH, _HEIGHT, boxstyle="round,pad=0.02,rounding_size=0.12",
                facecolor=box.color, edgecolor="#333333",
            )
        )  # fmt: skip
        axes.text(box.x, box.y + 0.28, state.name, ha="center", va="center", weight="bold")
        axes.text(box.x, box.y - 0.18, box.text, ha="center", va="center", fontsize=7.5)
    for way in _ways():
        axes.add_patch(
            FancyArrowPatch(
                way.start, way.end, arrowstyle="-|>", mutation_scale=12, color="#333333",
                shrinkA=1, shrinkB=1,
            )
        )  # fmt: skip
        axes.text(*way.at, way.text, ha="center", va="center", fontsize=8)
    axes.plot([11.5, 11.5, 0.9], [1.02, 0.2, 0.2], color="#333333", linewidth=1.0)
    axes.set_xlim(0.0, 14.4)
    axes.set_ylim(0.0, 6.0)
    axes.set_axis_off()


def main() -> None:
    """Write the figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    folder = parser.parse_args().docs / "images"
    figure, axes = plt.subplots(figsize=(11.0, 5.0))
    draw(axes)
    figure.savefig(folder / "assist_states.png", dpi=110, bbox_inches="tight")


if __name__ == "__main__":
    main()
