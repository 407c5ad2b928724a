import dataclasses
import json
import re
import resource
from html.parser import HTMLParser

import numpy as np
import pytest

from monomsk_analysis.errors import AnalysisError
from monomsk_analysis.report import render_report, write_report
from monomsk_analysis.report_data import (
    CameraFacts,
    DynamicsSeries,
    GaitSummary,
    KeyFrame,
    MotionSeries,
    ReportData,
    StageTiming,
    SubjectFacts,
)
from monomsk_analysis.report_tables import gait_rows, key_numbers, range_rows

NAMES = ("hip_flexion_r", "hip_flexion_l", "lumbar_extension", "wrist_flex_r")
FRAMES, MASS_KG = 30, 60.0
NAN = float("nan")


def motion_series(known=True):
    times = np.arange(FRAMES) / 30.0
    angles = np.radians(np.linspace(-20.0, 35.0, FRAMES))[:, None] * np.ones(len(NAMES))
    unknown = np.full((FRAMES, len(NAMES)), NAN)
    tracked = np.full(FRAMES, known)
    tracked[7:10] = False
    return MotionSeries(
        times_s=times,
        tracked=tracked,
        coordinate_names=NAMES,
        coordinates=angles if known else unknown,
        coordinates_sigma=np.full_like(unknown, 0.05) if known else unknown,
        reprojection_error_px=np.full(FRAMES, 4.25 if known else NAN),
        fit_quality=np.full(FRAMES, 0.8 if known else NAN),
    )


def dynamics_series(known=True):
    value = 1.0 if known else NAN
    forces = np.zeros((FRAMES, 2, 3))
    forces[:, 0, 2] = MASS_KG * 9.81
    return DynamicsSeries(
        torques=np.full((FRAMES, len(NAMES)), -90.0 * value),
        torques_sigma=np.full((FRAMES, len(NAMES)), 6.0 * value),
        in_contact=np.tile([known, False], (FRAMES, 1)),
        contact_probability=np.full((FRAMES, 2), value),
        sole_forces=forces * value,
        sole_forces_sigma=np.full((FRAMES, 2, 3), 10.0 * value),
        centers_of_pressure=np.full((FRAMES, 2, 3), value),
        free_moments=np.full((FRAMES, 2), value),
        root_residual=np.full((FRAMES, 6), value),
        unexplained_load=np.zeros((FRAMES, 6)),
        consistency_error=np.full(FRAMES, value),
    )


def full_report():
    rng = np.random.default_rng(4)
    picture = rng.integers(0, 255, (40, 30, 3), np.uint8)
    return ReportData(
        title="walk <script>alert(1)</script>",
        source="walk.mp4",
        subject=SubjectFacts(1.7, MASS_KG, assumed=frozenset({"mass_kg"})),
        camera=CameraFacts(640, 480, 512.0, focal_assumed=True, pose_estimated=True),
        motion=motion_series(),
        dynamics=dynamics_series(),
        assumptions=("The mass was not given; 60 kg was assumed.",),
        warnings=("3 frames lost.",),
        gait=GaitSummary(1.25, 110.0, (1.3, NAN), (0.61, 0.62), 0.23, (4, 0)),
        key_frames=(KeyFrame(0.2, picture), KeyFrame(0.8, picture)),
        timings=(StageTiming("landmarks", 0.0123, 0.02),),
        provenance=(("monomsk", "0.1.0"),),
        files=(("overlay.mp4", "video"), ("a b&c.mot", "angles")),
    )


def empty_report():
    motion = dataclasses.replace(motion_series(False), tracked=np.zeros(FRAMES, bool))
    return ReportData("x", "x", SubjectFacts(1.7, NAN), None, motion, dynamics_series(False))


class Page(HTMLParser):
    """Elements, text and what the page would load."""

    LOADING = ("src", "srcset", "poster", "data", "action", "background", "manifest")

    def __init__(self, source):
        super().__init__()
        self.loads, self.links, self.elements, self.texts = [], [], [], {}
        self._open = []
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.elements.append((tag, attributes))
        self._open.append((tag, attributes.get("id")))
        self.loads += [attributes[name] for name in self.LOADING if name in attributes]
        if tag == "link":
            self.loads.append(attributes.get("href", ""))
        if tag == "a":
            self.links.append(attributes["href"])

    def handle_data(self, text):
        tag, key = self._open[-1] if self._open else ("", None)
        self.texts.setdefault(key or tag, []).append(text)


@pytest.fixture(scope="module")
def source():
    return render_report(full_report())


@pytest.fixture(scope="module")
def page(source):
    return Page(source)


def test_page_loads_nothing_from_outside(page):
    assert page.loads and all(url.startswith("data:image/jpeg;base64,") for url in page.loads)
    styles = "".join(page.texts["style"])
    assert "@import" not in styles and "url(" not in styles
    assert not [link for link in page.links if re.match(r"[a-z]+:|//", link)]
    policies = [a["content"] for tag, a in page.elements if a.get("http-equiv")]
    assert len(policies) == 1 and policies[0].startswith("default-src 'none'")
    assert "http" not in policies[0]


def test_plotly_is_inside_once(source):
    assert source.count("* plotly.js v") == 1


def test_every_figure_has_its_place_and_its_data(page):
    specifications = json.loads("".join(page.texts["figures"]))
    places = [a["data-figure"] for _, a in page.elements if "data-figure" in a]
    assert sorted(places) == sorted(specifications)
    assert {"angle-hip_flexion", "torque-hip_flexion", "force-2", "pressure"} <= set(places)


def test_a_title_cannot_break_the_page(source):
    head = source[: source.index('id="figures"')]
    assert "<script>alert" not in head
    assert "walk &lt;script&gt;" in head


def test_assumptions_warnings_and_tables_are_there(source):
    body = source[: source.index('id="figures"')]
    for text in (
        "The mass was not given; 60 kg was assumed.",
        "3 frames lost.",
        "1.30 / --",
        "12.3",
        "a%20b%26c.mot",
        "estimated",
        "negative knee torque",
    ):
        assert text in body, text
    assert not re.search(r"\bnan\b", re.sub(r"data:image[^\"]*", "", body), re.IGNORECASE)


def test_no_assumption_is_said_too():
    given = dataclasses.replace(full_report(), assumptions=())
    assert "Nothing was assumed" in render_report(given)


def test_nothing_known_still_gives_a_page_without_nan():
    source = render_report(empty_report())
    page = Page(source)
    parts = [part for key, part in page.texts.items() if key not in ("script", "style")]
    text = " ".join(piece for part in parts for piece in part)
    assert not re.search(r"\b(nan|inf)\b", text, re.IGNORECASE)
    json.loads("".join(page.texts["figures"]), parse_constant=pytest.fail)


def test_key_numbers():
    numbers = {entry.label: entry for entry in key_numbers(full_report())}
    assert numbers["Frames tracked"].value == "90.0 %"
    assert numbers["Recording"].detail == "30 frames, 30.0 Hz"
    assert numbers["Peak vertical force"].value == "100 / 0 %"
    assert numbers["Reprojection error"].value == "4.2 px"
    assert numbers["Joint torques"].value == "0.10 N m/kg"
    assert list(key_numbers(empty_report())) and "Reprojection error" not in {
        entry.label for entry in key_numbers(empty_report())
    }


def test_gait_rows_that_nobody_knows_are_left_out():
    rows = {row.name: row.value for row in gait_rows(full_report())}
    assert rows["stride length, right / left [m]"] == "1.30 / --"
    assert "step width [m]" not in rows


def test_range_rows_are_degrees_and_torque_per_mass():
    rows = range_rows(full_report())
    assert [(row.name, row.side) for row in rows] == [
        ("Hip flexion", "right"), ("Hip flexion", "left"), ("Lumbar extension", ""),
        ("Wrist flexion", "right"),
    ]  # fmt: skip
    assert (rows[0].lowest, rows[0].highest) == ("-20.0", "35.0")
    assert (rows[0].torque_lowest, rows[0].torque_sigma) == ("-1.50", "±0.10")


def test_file_is_written_whole(tmp_path, source):
    path = tmp_path / "report.html"
    path.write_text("old")
    write_report(path, full_report())
    assert path.read_text(encoding="utf-8") == source
    assert list(tmp_path.iterdir()) == [path]


def test_full_disk_is_an_error_and_keeps_the_old_report(tmp_path):
    path = tmp_path / "report.html"
    path.write_text("old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(AnalysisError, match=r"report\.html"):
            write_report(path, full_report())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_missing_folder_is_an_error(tmp_path):
    with pytest.raises(AnalysisError, match="No such file"):
        write_report(tmp_path / "none" / "report.html", full_report())
