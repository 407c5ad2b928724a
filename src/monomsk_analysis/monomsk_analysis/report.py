"""The report: one HTML file that needs nothing else, with every number's unit and uncertainty."""

from __future__ import annotations

import base64
import json
import os
from importlib import resources
from pathlib import Path

import cv2
import jinja2

from monomsk_analysis.errors import AnalysisError, OutputError
from monomsk_analysis.figure_parts import FigureGroup
from monomsk_analysis.figures import figure_groups
from monomsk_analysis.number_text import number
from monomsk_analysis.report_data import KeyFrame, ReportData
from monomsk_analysis.report_tables import (
    camera_rows,
    gait_rows,
    key_numbers,
    range_rows,
    subject_rows,
)

_TEMPLATE = "report.html.j2"
_JPEG_QUALITY = 84


class ReportUnavailableError(AnalysisError):
    """A library that the report is made of is missing.

    Attributes:
        library: its name.
    """

    def __init__(self, library: str) -> None:
        self.library = library
        super().__init__(f"the report needs the Python package '{library}'")


def write_report(path: Path, data: ReportData) -> None:
    """Write a report; the file appears only when it is complete.

    Args:
        path: the .html file, replaced if there.
        data: what it shows.

    Raises:
        OutputError: the file cannot be written (a full disk among others).
        ReportUnavailableError: plotly is not installed.
    """
    page = render_report(data)
    part = path.with_name(f".{path.stem}.{os.getpid()}.part.html")
    try:
        part.write_text(page, encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        raise OutputError(path, f"cannot write the report: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def render_report(data: ReportData) -> str:
    """Return a report as one page of HTML.

    Args:
        data: what it shows.

    Raises:
        ReportUnavailableError: plotly is not installed.
    """
    groups = figure_groups(data)
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_template_source),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    return environment.get_template(_TEMPLATE).render(
        data=data,
        key_numbers=key_numbers(data),
        subject_rows=subject_rows(data),
        camera_rows=camera_rows(data),
        gait_rows=gait_rows(data),
        range_rows=range_rows(data),
        pictures=[(frame.time_s, _jpeg_url(frame)) for frame in data.key_frames],
        groups=groups,
        figures_json=_script_json(groups),
        plotly_source=_plotly_source(),
    )


def _template_source(name: str) -> str:
    # Not PackageLoader: this also works from a zip and needs no package on disk.
    return (resources.files("monomsk_analysis") / "templates" / name).read_text(encoding="utf-8")


def _plotly_source() -> str:
    try:
        from plotly.offline import get_plotlyjs
    except ImportError as error:
        raise ReportUnavailableError("plotly") from error
    return str(get_plotlyjs())


def _script_json(groups: tuple[FigureGroup, ...]) -> str:
    """Figures by key as JSON that may stand inside a script element."""
    specifications = {
        figure.key: {**figure.specification, "over_time": figure.over_time}
        for group in groups
        for figure in group.figures
    }
    text = json.dumps(specifications, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def _jpeg_url(frame: KeyFrame) -> str:
    parameters = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    _, data = cv2.imencode(".jpg", frame.image_bgr, parameters)
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode()
