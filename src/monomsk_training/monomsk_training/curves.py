"""Curves of a training run: a table that grows and a page that shows it."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

TABLE_NAME, PAGE_NAME = "curves.csv", "curves.html"
_COLUMNS = ("step", "minutes", "name", "value")


class Curves:
    """Numbers over the steps of a run, in `curves.csv`: step, minutes, name, value.

    Args:
        folder: Of the run; a table that is there is continued.
    """

    def __init__(self, folder: Path) -> None:
        self._table, self._page = folder / TABLE_NAME, folder / PAGE_NAME

    def add(self, step: int, minutes: float, values: Mapping[str, float]) -> None:
        """Appends one row a value."""
        new = not self._table.exists()
        with self._table.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            if new:
                writer.writerow(_COLUMNS)
            for name, value in values.items():
                writer.writerow((step, f"{minutes:.2f}", name, f"{value:.6g}"))

    def forget_after(self, step: int) -> None:
        """Drops what is newer than a checkpoint that is continued, or all of an earlier run."""
        rows = [row for row in self._rows() if int(row["step"]) <= step]
        with self._table.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, _COLUMNS)
            writer.writeheader()
            writer.writerows(rows)

    def read(self) -> dict[str, tuple[list[int], list[float]]]:
        """Steps and values of every name."""
        curves: dict[str, tuple[list[int], list[float]]] = {}
        for row in self._rows():
            steps, values = curves.setdefault(row["name"], ([], []))
            steps.append(int(row["step"]))
            values.append(float(row["value"]))
        return curves

    def draw(self) -> None:
        """Writes `curves.html`: the losses above, the scores of the checkpoints below."""
        # plotly takes a second to import; only checkpoints draw.
        from plotly.subplots import make_subplots

        figure = make_subplots(rows=2, cols=1, subplot_titles=("loss", "error of legs [deg]"))
        for name, (steps, values) in self.read().items():
            scored = name.startswith("score_")
            mode = "lines+markers" if scored else "lines"
            trace = {"type": "scatter", "x": steps, "y": values, "name": name, "mode": mode}
            figure.add_trace(trace, row=2 if scored else 1, col=1)
        figure.update_yaxes(type="log", row=1, col=1)
        figure.update_xaxes(title_text="step")
        figure.update_layout(height=900)
        figure.write_html(self._page, include_plotlyjs="cdn")

    def _rows(self) -> list[dict[str, str]]:
        if not self._table.exists():
            return []
        with self._table.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
