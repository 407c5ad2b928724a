"""The report's tables and key numbers as rows of text."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from monomsk_analysis.figure_labels import coordinate_labels
from monomsk_analysis.number_text import UNKNOWN, number, spread, statistic
from monomsk_analysis.report_data import FloatArray, ReportData
from monomsk_description.frames import GRAVITY_M_S2


@dataclasses.dataclass(frozen=True)
class KeyNumber:
    """One of the numbers at the head of the report.

    Attributes:
        label: what it is.
        value: the number with its unit.
        detail: a remark below it.
    """

    label: str
    value: str
    detail: str


@dataclasses.dataclass(frozen=True)
class Row:
    """One row of a two-column table.

    Attributes:
        name: what it is, with the unit in brackets.
        value: the value.
        tag: 'assumed' or 'estimated' where nobody gave it.
    """

    name: str
    value: str
    tag: str = ""


@dataclasses.dataclass(frozen=True)
class RangeRow:
    """Extremes of one coordinate on one side.

    Attributes:
        name: coordinate for people.
        side: 'right', 'left' or empty.
        lowest: lowest angle [deg].
        highest: highest angle [deg].
        angle_sigma: median standard deviation of the angle [deg].
        torque_lowest: lowest torque [N m/kg].
        torque_highest: highest torque [N m/kg].
        torque_sigma: median standard deviation of the torque [N m/kg].
    """

    name: str
    side: str
    lowest: str
    highest: str
    angle_sigma: str
    torque_lowest: str
    torque_highest: str
    torque_sigma: str


def key_numbers(data: ReportData) -> list[KeyNumber]:
    """Return the numbers at the head of the report."""
    motion, dynamics = data.motion, data.dynamics
    frames, tracked = len(motion.times_s), int(np.count_nonzero(motion.tracked))
    share = 100.0 * tracked / frames if frames else float("nan")
    weight_n = data.subject.mass_kg * GRAVITY_M_S2
    vertical = 100.0 * dynamics.sole_forces[:, :, 2] / weight_n
    right, left = (number(statistic(np.max, vertical[:, side]), 0) for side in (0, 1))
    residual = np.linalg.norm(dynamics.root_residual[:, :3], axis=1) / weight_n
    residual_rms = 100.0 * statistic(_root_mean_square, residual)
    reprojection_px = statistic(np.median, motion.reprojection_error_px)
    consistency = math.degrees(statistic(np.median, dynamics.consistency_error))
    angle = number(math.degrees(statistic(np.median, motion.coordinates_sigma)), 1)
    torque = number(statistic(np.median, dynamics.torques_sigma) / data.subject.mass_kg, 2)
    duration_s = float(motion.times_s[-1] - motion.times_s[0]) if frames else 0.0
    rate_hz = (frames - 1) / duration_s if duration_s > 0.0 else float("nan")
    found = "Frames analysed" if data.camera is None else "Frames tracked"
    numbers = [
        KeyNumber("Recording", f"{duration_s:.2f} s", f"{frames} frames, {number(rate_hz, 1)} Hz"),
        KeyNumber(found, f"{number(share, 1)} %", f"{frames - tracked} lost"),
        KeyNumber("Reprojection error", f"{number(reprojection_px, 1)} px", "median"),
        KeyNumber("Joint angles", f"{angle} deg", "standard deviation, median"),
        KeyNumber("Joint torques", f"{torque} N m/kg", "standard deviation, median"),
        KeyNumber("Peak vertical force", f"{right} / {left} %", "body weight, right / left"),
        KeyNumber("Residual force", f"{number(residual_rms, 1)} %", "body weight, RMS"),
        KeyNumber("Consistency error", f"{number(consistency, 2)} deg", "median"),
    ]
    support = np.linalg.norm(dynamics.unexplained_load[:, :3], axis=1) / weight_n
    if np.nanmax(support, initial=0.0) > 0.0:
        numbers.append(
            KeyNumber(
                "Other supports", f"{number(100.0 * np.nanmax(support), 0)} %", "body weight, peak"
            )
        )
    # What a motion file alone cannot tell is left out rather than shown as unknown.
    return [entry for entry in numbers if not entry.value.startswith(UNKNOWN)]


def subject_rows(data: ReportData) -> list[Row]:
    """Return the table of the person."""
    subject = data.subject
    return [
        Row("height [m]", number(subject.height_m, 2), _assumed("height_m" in subject.assumed)),
        Row("body mass [kg]", number(subject.mass_kg, 1), _assumed("mass_kg" in subject.assumed)),
        Row("sex", subject.sex, _assumed("sex" in subject.assumed)),
    ]


def camera_rows(data: ReportData) -> list[Row]:
    """Return the table of the camera, empty without one."""
    camera = data.camera
    if camera is None:
        return []
    pose_tag = "estimated" if camera.pose_estimated else ""
    pitch_deg = math.degrees(camera.pitch_rad)
    return [
        Row("image [px]", f"{camera.width_px} x {camera.height_px}"),
        Row("focal length [px]", number(camera.focal_px, 0), _assumed(camera.focal_assumed)),
        Row("height above the floor [m]", number(camera.height_above_floor_m, 2), pose_tag),
        Row("looks down by [deg]", number(pitch_deg, 1), pose_tag),
    ]


def gait_rows(data: ReportData) -> list[Row]:
    """Return the table of gait numbers, empty without gait."""
    gait = data.gait
    if gait is None:
        return []
    stride = " / ".join(number(length_m, 2) for length_m in gait.stride_length_m)
    stance = " / ".join(number(100.0 * share, 0) for share in gait.stance_fraction)
    step = " / ".join(number(length_m, 2) for length_m in gait.step_length_m)
    symmetry = " / ".join(
        number(percent, 0)
        for percent in (
            gait.step_length_symmetry_percent,
            gait.step_time_symmetry_percent,
            gait.stance_time_symmetry_percent,
        )
    )
    rows = [
        Row("speed [m/s]", number(gait.speed_mps, 2)),
        Row("cadence [steps/min]", number(gait.cadence_spm, 0)),
        Row("stride length, right / left [m]", stride),
        Row("step length, right / left [m]", step),
        Row("step width [m]", number(gait.step_width_m, 2)),
        Row("stance, right / left [% of the cycle]", stance),
        Row("double support [% of the cycle]", number(100.0 * gait.double_support_fraction, 0)),
        Row("symmetry index of step length / step time / stance time [%]", symmetry),
        Row("complete strides, right / left", f"{gait.strides[0]} / {gait.strides[1]}"),
    ]
    return [row for row in rows if row.value.strip(f"{UNKNOWN} /")]


def range_rows(data: ReportData) -> list[RangeRow]:
    """Return the extremes of every coordinate, right before left."""
    motion = data.motion
    angles, angle_sigmas = np.degrees(motion.coordinates), np.degrees(motion.coordinates_sigma)
    torques = data.dynamics.torques / data.subject.mass_kg
    torque_sigmas = data.dynamics.torques_sigma / data.subject.mass_kg
    rows = []
    for label in coordinate_labels(motion.coordinate_names):
        for side, column in zip(("right", "left"), label.columns, strict=True):
            if column is None:
                continue
            angle_sigma = statistic(np.median, angle_sigmas[:, column])
            torque_sigma = statistic(np.median, torque_sigmas[:, column])
            rows.append(
                RangeRow(
                    name=label.name,
                    side=side if label.paired else "",
                    lowest=number(statistic(np.min, angles[:, column]), 1),
                    highest=number(statistic(np.max, angles[:, column]), 1),
                    angle_sigma=spread(angle_sigma, 1) or UNKNOWN,
                    torque_lowest=number(statistic(np.min, torques[:, column]), 2),
                    torque_highest=number(statistic(np.max, torques[:, column]), 2),
                    torque_sigma=spread(torque_sigma, 2) or UNKNOWN,
                )
            )
    return rows


def _assumed(assumed: bool) -> str:
    return "assumed" if assumed else ""


def _root_mean_square(values: FloatArray) -> float:
    return float(np.sqrt(np.mean(values**2)))
