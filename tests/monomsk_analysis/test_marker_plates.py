"""Force plates: the wrench on the person from channels, and the foot that stands there."""

from pathlib import Path

import numpy as np
import pytest

from monomsk_analysis.errors import MissingColumnsError
from monomsk_analysis.force_plates import (
    PlateChannels,
    plate_axes,
    plate_record,
    read_plate_table,
)
from monomsk_analysis.marker_recording import PlateRecord
from monomsk_analysis.plate_feet import loads_of_feet
from monomsk_analysis.storage import Table, write_storage
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject

#: 0.6 m x 0.4 m, turned by 90 degrees about the vertical, corner 1 at the plate's +x +y.
CORNERS = np.array([[1.2, 0.5, 0.0], [1.2, 1.1, 0.0], [1.6, 1.1, 0.0], [1.6, 0.5, 0.0]])
CENTER = CORNERS.mean(axis=0)
DEPTH_M = 0.04
FORCE = np.array([30.0, -20.0, 600.0])
PLACE = CENTER + [0.05, -0.11, 0.0]
FREE_N_M = 4.0


def channels(kind: int, sign: float, origin_sign: float) -> PlateChannels:
    """What the plate's sensor, 4 cm below the top, would say of a known load."""
    axes = plate_axes(CORNERS)
    action, twist = -FORCE, np.array([0.0, 0.0, -FREE_N_M])
    sensor = CENTER - axes @ [0.002, -0.001, -DEPTH_M]
    moment = np.cross(PLACE - sensor, action) + twist
    signals = sign * np.tile(np.concatenate([action @ axes, 1e3 * moment @ axes]), (5, 1))
    matrix = None
    if kind == 4:
        matrix = np.diag([2.0, 2.0, 3.0, 0.5, 0.5, 0.25]) + 0.01
        signals = signals @ np.linalg.inv(matrix).T
    origin = origin_sign * np.array([0.002, -0.001, -DEPTH_M])
    return PlateChannels(signals, CORNERS, origin, 1e-3, matrix)


@pytest.mark.parametrize("kind", [2, 4])
@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("origin_sign", [1.0, -1.0])
def test_a_known_load_is_found(kind: int, sign: float, origin_sign: float) -> None:
    record = plate_record(channels(kind, sign, origin_sign), 2.0, 1000.0)
    np.testing.assert_allclose(record.force, np.tile(FORCE, (5, 1)), atol=1e-9)
    np.testing.assert_allclose(record.center_of_pressure, np.tile(PLACE, (5, 1)), atol=1e-9)
    np.testing.assert_allclose(record.free_torque[:, 2], FREE_N_M, atol=1e-9)
    np.testing.assert_allclose(record.times, 2.0 + 1e-3 * np.arange(5))


def test_an_empty_plate_has_no_centre_of_pressure() -> None:
    empty = PlateChannels(np.full((4, 6), 0.5), CORNERS, np.zeros(3), 1.0)
    record = plate_record(empty, 0.0, 1000.0)
    assert (record.force == 0.0).all()
    assert np.isnan(record.center_of_pressure).all()


@pytest.mark.parametrize(
    ("force", "point", "torque"),
    [
        ("ground_force_{}_v", "ground_force_{}_p", "ground_torque_{}_"),
        ("{}_ground_force_v", "{}_ground_force_p", "{}_ground_torque_"),
    ],
)
def test_opensims_columns_are_read(tmp_path: Path, force: str, point: str, torque: str) -> None:
    sides = ("r", "l") if force.startswith("ground") else ("R", "L")
    labels = [
        f"{stem.format(s)}{a}" for s in sides for stem in (force, point, torque) for a in "xyz"
    ]
    row = [10, 700, -5, 0.3, 0, 0.1, 0, 2, 0, 0, 0, 0, 346, 0, 96, 0, 0, 0]
    write_storage(
        tmp_path / "grf.mot", Table(np.arange(3.0), tuple(labels), np.tile(row, (3, 1)) * 1.0)
    )
    right, left = read_plate_table(tmp_path / "grf.mot")
    np.testing.assert_allclose(right.force[0], [10.0, 5.0, 700.0])
    np.testing.assert_allclose(right.center_of_pressure[0], [0.3, -0.1, 0.0])
    np.testing.assert_allclose(right.free_torque[0], [0.0, 0.0, 2.0])
    assert np.isnan(left.center_of_pressure).all()


def test_a_table_without_forces_is_refused(tmp_path: Path) -> None:
    write_storage(tmp_path / "a.mot", Table(np.arange(3.0), ("x",), np.zeros((3, 1))))
    with pytest.raises(MissingColumnsError, match="ground_force_r_vx"):
        read_plate_table(tmp_path / "a.mot")
    half = Table(np.arange(3.0), ("ground_force_r_vx",), np.zeros((3, 1)))
    write_storage(tmp_path / "half.mot", half)
    with pytest.raises(MissingColumnsError, match=r"half\.mot: missing ground_force_r_vy"):
        read_plate_table(tmp_path / "half.mot")


def test_the_foot_on_the_plate_gets_its_load() -> None:
    skeleton = build_skeleton(Subject(1.75, 70.0))
    times = 0.01 * np.arange(60)
    q = skeleton.neutral()
    left = skeleton.sole_poses(q)[1].translation
    plate_times = 0.001 * np.arange(600)
    loaded = (plate_times > 0.2) & (plate_times < 0.45)
    force = np.where(loaded[:, None], [0.0, 0.0, 500.0], 0.0)
    place = np.where(loaded[:, None], left + [0.05, 0.01, 0.0], np.nan)
    place[:, 2] = np.where(loaded, 0.0, np.nan)
    plate = PlateRecord(plate_times, force, place, np.zeros_like(force))
    loads = loads_of_feet((plate,), times, [q] * 60, skeleton)
    assert loads.force[:, 0].max() == 0.0
    np.testing.assert_allclose(loads.force[32, 1], [0.0, 0.0, 500.0], atol=2.0)
    np.testing.assert_allclose(loads.center_of_pressure[32, 1, :2], place[320, :2], atol=1e-3)
    (contact,) = loads.contacts
    assert contact.foot == 1
    assert contact.whole
    assert contact.start_s == pytest.approx(0.2, abs=2e-3)
    assert contact.end_s == pytest.approx(0.45, abs=2e-3)
    assert loads.certain.all()


def test_a_load_far_from_both_feet_is_uncertain() -> None:
    skeleton = build_skeleton(Subject(1.75, 70.0))
    times = 0.01 * np.arange(30)
    force = np.tile([0.0, 0.0, 500.0], (30, 1))
    plate = PlateRecord(times, force, np.tile([1.5, 0.0, 0.0], (30, 1)), np.zeros_like(force))
    loads = loads_of_feet((plate,), times, [skeleton.neutral()] * 30, skeleton)
    assert not loads.certain.any()


def test_both_feet_on_one_plate_are_uncertain() -> None:
    skeleton = build_skeleton(Subject(1.75, 70.0))
    times = 0.01 * np.arange(30)
    q = skeleton.neutral()
    place = np.tile(skeleton.sole_poses(q)[0].translation * [1.0, 1.0, 0.0], (30, 1))
    force = np.tile([0.0, 0.0, 500.0], (30, 1))
    shared = np.array([[0.5, 0.4, 0.0], [-0.5, 0.4, 0.0], [-0.5, -0.4, 0.0], [0.5, -0.4, 0.0]])
    for corners, certain in ((shared, False), (shared * [1.0, 0.01, 1.0], True), (None, True)):
        plate = PlateRecord(times, force, place, np.zeros_like(force), corners)
        loads = loads_of_feet((plate,), times, [q] * 30, skeleton)
        assert loads.certain.all() == certain
