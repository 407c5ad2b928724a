import json
from dataclasses import replace

import numpy as np
import pytest

from monomsk_analysis.figure_labels import coordinate_groups, coordinate_labels
from monomsk_analysis.figure_parts import MOST_POINTS, SIDE_COLORS, runs
from monomsk_analysis.figures import figure_groups
from monomsk_analysis.report_data import (
    DynamicsSeries,
    MotionSeries,
    ReportData,
    ReportDataError,
    SubjectFacts,
)

NAMES = ("hip_flexion_r", "knee_angle_r", "hip_flexion_l", "knee_angle_l", "lumbar_extension")
MASS_KG = 50.0
NAN = float("nan")


def report_data(frames=40, lost=slice(10, 15)):
    """A body that sways: every coordinate a sine of 0.5 rad, torque 100 N m, alternate feet."""
    times = np.arange(frames) / 20.0
    m = len(NAMES)
    angle = 0.5 * np.sin(times)[:, None] * np.ones(m)
    torque = 100.0 * np.cos(times)[:, None] * np.ones(m)
    right = np.sin(2.0 * times) > 0.0
    contact = np.column_stack([right, ~right])
    forces = np.zeros((frames, 2, 3))
    forces[:, :, 2] = contact * MASS_KG * 9.81
    pressure = np.where(contact[:, :, None], times[:, None, None] * np.ones((1, 2, 3)), NAN)
    tracked = np.ones(frames, bool)
    tracked[lost] = False
    contact[lost] = False
    for array in (angle, torque, forces, pressure):
        array[lost] = NAN
    motion = MotionSeries(
        times, tracked, NAMES, angle, np.full((frames, m), 0.1), np.full(frames, 3.0),
        np.full(frames, 0.9),
    )  # fmt: skip
    dynamics = DynamicsSeries(
        torques=torque,
        torques_sigma=np.full((frames, m), 5.0),
        in_contact=contact,
        contact_probability=contact.astype(float),
        sole_forces=forces,
        sole_forces_sigma=np.full((frames, 2, 3), 20.0),
        centers_of_pressure=pressure,
        free_moments=np.zeros((frames, 2)),
        root_residual=np.tile([3.0, 0.0, 4.0, 0.0, 0.0, 1.0], (frames, 1)),
        unexplained_load=np.zeros((frames, 6)),
        consistency_error=np.full(frames, 0.01),
    )
    return ReportData("sway", "sway.mp4", SubjectFacts(1.7, MASS_KG), None, motion, dynamics)


def figures_of(data):
    return {figure.key: figure for group in figure_groups(data) for figure in group.figures}


def lines_of(figure):
    return [t for t in figure.specification["data"] if t.get("fill") is None]


def bands_of(figure):
    return [t for t in figure.specification["data"] if t.get("fill") == "toself"]


def test_both_sides_of_a_coordinate_share_a_figure_in_degrees():
    figure = figures_of(report_data())["angle-knee_angle"]
    right, left = lines_of(figure)
    assert (right["line"]["color"], left["line"]["color"]) == SIDE_COLORS
    assert right["y"][31] == pytest.approx(np.degrees(0.5 * np.sin(31 / 20)), rel=1e-5)
    assert "[deg]" in figure.title and "flexion" in figure.note


def test_torques_are_per_body_mass_and_forces_in_body_weight():
    figures = figures_of(report_data())
    assert lines_of(figures["torque-hip_flexion"])[0]["y"][0] == pytest.approx(2.0)
    vertical = lines_of(figures["force-2"])
    loaded = [value for value in vertical[0]["y"] + vertical[1]["y"] if value]
    assert loaded and all(value == pytest.approx(100.0) for value in loaded)
    residual = lines_of(figures["residual-force"])[0]["y"]
    assert residual[0] == pytest.approx(100.0 * 5.0 / (MASS_KG * 9.81), rel=1e-5)
    assert lines_of(figures["consistency"])[0]["y"][0] == pytest.approx(np.degrees(0.01), rel=1e-5)


def test_band_is_one_sigma_wide_and_does_not_bridge_lost_frames():
    figure = figures_of(report_data())["angle-hip_flexion"]
    band = bands_of(figure)[0]
    gap = band["x"].index(None)
    assert gap == 20  # ten frames there and back
    assert max(x for x in band["x"][:gap]) < min(x for x in band["x"][gap + 1 :])
    upper, lower = band["y"][0], band["y"][gap - 1]
    assert upper - lower == pytest.approx(2.0 * np.degrees(0.1), rel=1e-4)
    line = lines_of(figure)[0]
    assert line["y"][10:15] == [None] * 5 and not line["connectgaps"]


def test_lost_frames_and_contacts_lie_behind_the_curves():
    data = report_data()
    shapes = figures_of(data)["angle-hip_flexion"].specification["layout"]["shapes"]
    lost = [s for s in shapes if (s["y0"], s["y1"]) == (0.0, 1.0)]
    assert [(s["x0"], s["x1"]) for s in lost] == [(0.5, 0.75)]
    bars = [s for s in shapes if s["fillcolor"] == SIDE_COLORS[0] and s["y1"] < 0.1]
    expected = runs(data.motion.times_s, data.dynamics.in_contact[:, 0])
    assert [(s["x0"], s["x1"]) for s in bars] == [pytest.approx(span) for span in expected]


def test_contact_timeline_spans_sum_to_the_time_in_contact():
    data = report_data()
    left, right = figures_of(data)["contacts"].specification["data"]
    assert (left["y"][0], right["y"][0]) == ("left", "right")
    for trace, side in ((left, 1), (right, 0)):
        expected_s = 0.05 * data.dynamics.in_contact[:, side].sum()
        assert sum(trace["x"]) == pytest.approx(expected_s)


def test_runs():
    times = np.array([0.0, 0.1, 0.2, 0.3])
    active = np.array([True, False, True, True])
    assert runs(times, active) == [(0.0, 0.1), (0.2, pytest.approx(0.4))]
    assert runs(times, np.zeros(4, bool)) == []
    assert runs(times[:0], np.zeros(0, bool)) == []
    assert runs(times[:1], np.ones(1, bool)) == [(0.0, 0.0)]


@pytest.mark.parametrize("frames", [0, 1, 2])
def test_tiny_and_empty_recordings_give_valid_json(frames):
    data = report_data(frames, lost=slice(0, 0))
    specifications = [figure.specification for figure in figures_of(data).values()]
    json.dumps(specifications, allow_nan=False)
    assert len(specifications) > 5


def test_long_recordings_are_thinned_over_their_whole_length():
    data = report_data(6000)
    line = lines_of(figures_of(data)["angle-hip_flexion"])[0]
    assert len(line["x"]) <= MOST_POINTS
    assert line["x"][-1] > 0.99 * data.motion.times_s[-1]


def test_quality_without_images_has_no_reprojection_figure():
    data = report_data()
    data.motion.reprojection_error_px[:] = NAN
    assert "reprojection" not in figures_of(data)
    assert "residual-force" in figures_of(data)


def test_labels_pair_sides_whatever_their_order():
    names = ("knee_angle_l", "odd", "knee_angle_r")
    labels = {entry.base: entry for entry in coordinate_labels(names)}
    assert labels["knee_angle"].columns == (2, 0)
    assert labels["odd"].columns == (1, None) and not labels["odd"].paired
    groups = dict(coordinate_groups((*NAMES, "odd", "elbow_flex_r")))
    assert list(groups) == ["legs", "trunk", "arms", "other"]
    assert groups["arms"][0].columns == (6, None)


def test_arrays_of_another_length_are_refused_by_name():
    data = report_data()
    with pytest.raises(ReportDataError, match="tracked") as caught:
        MotionSeries(
            data.motion.times_s, data.motion.tracked[:-1], NAMES, data.motion.coordinates,
            data.motion.coordinates_sigma, data.motion.fit_quality, data.motion.fit_quality,
        )  # fmt: skip
    assert (caught.value.expected, caught.value.actual) == ((40,), (39,))
    with pytest.raises(ReportDataError, match="torques"):
        ReportData("", "", data.subject, None, data.motion, report_data(30).dynamics)


def test_other_supports_are_drawn_only_where_there_are_any():
    report = report_data()
    assert "unexplained-load" not in figures_of(report)
    load = np.zeros_like(report.dynamics.unexplained_load)
    load[:, 2] = 0.5 * MASS_KG * 9.81
    seated = replace(report, dynamics=replace(report.dynamics, unexplained_load=load))
    up = lines_of(figures_of(seated)["unexplained-load"])[0]
    assert max(y for y in up["y"] if y is not None) == pytest.approx(50.0, abs=0.1)
