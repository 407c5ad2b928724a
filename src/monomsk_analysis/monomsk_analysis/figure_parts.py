"""Building blocks of the report's figures: curves with bands over time, spans, numbers for JSON."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Literal

import numpy as np

from monomsk_analysis.report_data import BoolArray, FloatArray, ReportData

MOST_POINTS = 1500
"""Points of one curve beyond which every k-th is drawn."""

SIDE_COLORS = ("#e0622a", "#3a93d0")
"""Right and left; vermillion and blue, told apart in every common form of colour blindness."""

SIDE_NAMES = ("right", "left")
NEUTRAL_COLOR = "#8a8f98"
_BAND_ALPHA = 0.22
_BAR_HEIGHT = 0.028  # of the plot

Specification = dict[str, Any]
Contacts = Literal["none", "bars", "background"]


@dataclasses.dataclass(frozen=True)
class Figure:
    """One figure of the report.

    Attributes:
        key: its identifier in the page.
        title: what it shows, with the unit in brackets.
        note: how to read it, may be empty.
        over_time: the horizontal axis is time, and moves with that of the other figures.
        specification: Plotly's `data` and `layout`.
    """

    key: str
    title: str
    note: str
    over_time: bool
    specification: Specification


@dataclasses.dataclass(frozen=True)
class FigureGroup:
    """Figures under one heading.

    Attributes:
        key: its anchor in the page.
        title: the heading.
        note: one or two sentences under it.
        figures: in order.
        folded: closed until somebody opens it.
    """

    key: str
    title: str
    note: str
    figures: tuple[Figure, ...]
    folded: bool = False


@dataclasses.dataclass(frozen=True)
class Curve:
    """One line of a figure over time.

    Attributes:
        name: its name in the hover text.
        color: its colour.
        values: (n,) in the figure's unit.
        sigma: (n,) standard deviations drawn as a band, None for no band.
    """

    name: str
    color: str
    values: FloatArray
    sigma: FloatArray | None = None


def time_figure(
    data: ReportData,
    key: str,
    title: str,
    note: str,
    curves: list[Curve],
    *,
    contacts: Contacts = "none",
    from_zero: bool = False,
) -> Figure:
    """Return curves with bands over time; lost frames and contacts lie behind them."""
    times = data.motion.times_s
    keep = thinning(len(times))
    traces = [_band(times[keep], curve, keep) for curve in curves if curve.sigma is not None]
    traces += [_line(times[keep], curve, keep) for curve in curves]
    shapes = [_backdrop(run, NEUTRAL_COLOR, 0.25) for run in runs(times, ~data.motion.tracked)]
    shapes += _contact_shapes(data, contacts)
    layout: Specification = {"shapes": shapes, "xaxis": time_axis(times)}
    if from_zero:
        layout["yaxis"] = {"rangemode": "tozero"}
    return Figure(key, title, note, True, {"data": traces, "layout": layout})


def time_axis(times_s: FloatArray) -> Specification:
    """Return a horizontal axis over the whole recording [s]."""
    axis: Specification = {"title": {"text": "time [s]"}}
    if len(times_s):
        axis["range"] = numbers([times_s[0], max(times_s[-1], times_s[0] + 1e-3)])
    return axis


def thinning(count: int) -> slice:
    """Return which of `count` points are drawn."""
    return slice(None, None, max(1, math.ceil(count / MOST_POINTS)))


def runs(times_s: FloatArray, active: BoolArray) -> list[tuple[float, float]]:
    """Return the spans [s] of consecutive active frames; each reaches to the next frame."""
    if len(times_s) == 0:
        return []
    edges = np.flatnonzero(np.diff(np.concatenate([[False], active, [False]]).astype(int)))
    step_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.0
    ends = np.append(times_s, times_s[-1] + step_s)
    return [(float(times_s[a]), float(ends[b])) for a, b in edges.reshape(-1, 2)]


def _line(times: FloatArray, curve: Curve, keep: slice) -> Specification:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": curve.name,
        "x": numbers(times),
        "y": numbers(curve.values[keep]),
        "line": {"color": curve.color, "width": 1.8},
        "connectgaps": False,
    }


def _band(times: FloatArray, curve: Curve, keep: slice) -> Specification:
    """One closed polygon per gapless stretch; a band must not bridge lost frames."""
    values = curve.values[keep]
    sigma = np.zeros_like(values) if curve.sigma is None else curve.sigma[keep]
    known = np.isfinite(values) & np.isfinite(sigma)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(int)))
    x: list[float | None] = []
    y: list[float | None] = []
    for start, end in edges.reshape(-1, 2):
        span, low = slice(start, end), values[start:end] - sigma[start:end]
        high = values[span] + sigma[span]
        x += [*numbers(times[span]), *numbers(times[span][::-1]), None]
        y += [*numbers(high), *numbers(low[::-1]), None]
    red, green, blue = (int(curve.color[k : k + 2], 16) for k in (1, 3, 5))
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x[:-1],
        "y": y[:-1],
        "fill": "toself",
        "fillcolor": f"rgba({red},{green},{blue},{_BAND_ALPHA})",
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _contact_shapes(data: ReportData, contacts: Contacts) -> list[Specification]:
    """Spans of contact per side, behind the curves or as bars at the bottom."""
    if contacts == "none":
        return []
    shapes = []
    for side, color in enumerate(SIDE_COLORS):
        low, high, opacity = 0.0, 1.0, 0.10
        if contacts == "bars":
            # The right bar lies below the left one; both stay clear of each other.
            low = 1.25 * side * _BAR_HEIGHT
            high, opacity = low + _BAR_HEIGHT, 0.75
        spans = runs(data.motion.times_s, data.dynamics.in_contact[:, side])
        shapes += [_backdrop(span, color, opacity, low, high) for span in spans]
    return shapes


def _backdrop(
    span_s: tuple[float, float], color: str, opacity: float, low: float = 0.0, high: float = 1.0
) -> Specification:
    return {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": round(span_s[0], 5),
        "x1": round(span_s[1], 5),
        "y0": low,
        "y1": high,
        "fillcolor": color,
        "opacity": opacity,
        "line": {"width": 0},
        "layer": "below",
    }


def numbers(values: FloatArray | list[float]) -> list[float | None]:
    """Return numbers for JSON, which has no NaN: six digits each, None for what is not finite."""
    return [float(f"{v:.6g}") if math.isfinite(v) else None for v in map(float, values)]
