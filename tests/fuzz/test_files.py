"""No reader of files fails in another way than with an error of its own that says why."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.fuzz.damage import damaged
from tests.fuzz.examples import few

from monomsk_analysis.bag_tape import BagTape
from monomsk_analysis.bag_writer import BagTopic, BagWriter
from monomsk_analysis.bags import BagSource
from monomsk_analysis.camera_file import read_camera_file
from monomsk_analysis.errors import AnalysisError
from monomsk_analysis.frame_source import TimeWindow
from monomsk_analysis.marker_recording import read_markers
from monomsk_analysis.motion_file import read_motion
from monomsk_analysis.storage import Table, write_storage
from monomsk_analysis.subject_file import read_subject_file
from monomsk_analysis.trc import read_trc
from monomsk_assist.errors import AssistError
from monomsk_assist.mapping_file import load_mapping
from monomsk_bringup.errors import BringupError
from monomsk_bringup.launch_file import read_launch_file
from monomsk_description.errors import DescriptionError
from monomsk_description.osim_reader import from_osim
from monomsk_description.osim_writer import to_osim
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject
from monomsk_dynamics.errors import DynamicsError
from monomsk_perception.errors import PerceptionError

OWN = (AnalysisError, AssistError, BringupError, DescriptionError, DynamicsError, PerceptionError)
ROOT = Path(__file__).resolve().parents[2]
SKELETON = build_skeleton(Subject(1.75, 70.0))

TRC = b"""PathFileType\t4\t(X/Y/Z)\tmarkers.trc
DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames
100\t100\t3\t2\tmm\t100\t1\t3
Frame#\tTime\tR.ASIS\t\t\tL.ASIS\t\t
\t\tX1\tY1\tZ1\tX2\tY2\tZ2

1\t0.00\t1.0\t900.0\t100.0\t1.0\t900.0\t-100.0
2\t0.01\t2.0\t901.0\t100.0\t2.0\t901.0\t-100.0
3\t0.02\t3.0\t902.0\t100.0\t3.0\t902.0\t-100.0
"""
SUBJECT = b"height_m: 1.8\nmass_kg: 75\nsex: male\nsegment_lengths_m: {thigh: 0.42, shank: 0.43}\n"
CAMERA = b"""image_width: 640
image_height: 480
camera_name: front
camera_matrix: {rows: 3, cols: 3, data: [500.0, 0, 320, 0, 500, 240, 0, 0, 1]}
distortion_model: plumb_bob
distortion_coefficients: {rows: 1, cols: 5, data: [0.1, -0.2, 0.0, 0.0, 0.0]}
"""


def tries(read: Callable[[Path], object], path: Path, content: bytes) -> bool:
    """Whether a damaged file is read, or refused in our own words; other errors pass through."""
    path.write_bytes(content)
    try:
        read(path)
    except OWN as error:
        return bool(str(error))
    return True


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@pytest.fixture(scope="module")
def motion(folder) -> bytes:
    labels = SKELETON.coordinate_names
    path = folder / "good.mot"
    values = np.zeros((5, len(labels)))
    write_storage(path, Table(np.arange(5) * 0.01, labels, values, in_degrees=True, name="good"))
    return path.read_bytes()


@few(150)
@given(data=st.data())
def test_motion_files(folder, motion, data):
    content = data.draw(damaged(motion))
    assert tries(lambda p: read_motion(p, SKELETON.coordinate_names), folder / "a.mot", content)


@few(150)
@given(content=damaged(TRC))
def test_marker_files(folder, content):
    assert tries(read_trc, folder / "a.trc", content)
    assert tries(read_markers, folder / "b.trc", content)


@few(120)
@given(content=damaged(SUBJECT))
def test_subject_files(folder, content):
    assert tries(lambda p: read_subject_file(p, None, None), folder / "a.yaml", content)


@few(120)
@given(content=damaged(CAMERA))
def test_camera_files(folder, content):
    assert tries(read_camera_file, folder / "c.yaml", content)


@pytest.fixture(scope="module")
def osim(folder) -> bytes:
    path = folder / "good.osim"
    to_osim(SKELETON, path)
    return path.read_bytes()


@few(25)
@given(data=st.data())
def test_opensim_models(folder, osim, data):
    content = data.draw(damaged(osim))
    assert tries(from_osim, folder / "a.osim", content)


@few(80)
@given(data=st.data())
def test_launch_files(folder, data):
    good = (ROOT / "launch" / "view.launch.xml").read_bytes()
    assert tries(read_launch_file, folder / "a.launch.xml", data.draw(damaged(good)))


@cache
def mappings() -> list[Path]:
    return [p for p in sorted((ROOT / "config").rglob("*.yaml")) if _is_mapping(p)]


def _is_mapping(path: Path) -> bool:
    try:
        load_mapping(path)
    except (AssistError, yaml.YAMLError):
        return False
    return True


@few(80)
@given(data=st.data())
def test_device_mappings(folder, data):
    known = mappings()
    if not known:
        pytest.skip("no device mapping is shipped")
    content = data.draw(damaged(data.draw(st.sampled_from(known)).read_bytes()))
    assert tries(load_mapping, folder / "m.yaml", content)


@pytest.fixture(scope="module")
def bag(folder) -> bytes:
    from tests.fuzz.small_bag import image_and_info

    path = folder / "good"
    with BagWriter(path, reserve_bytes=0) as writer:
        for topic, kind, stamp_ns, cdr in image_and_info(4):
            if stamp_ns == 0:
                writer.add_topic(BagTopic(topic, kind))
            writer.write(topic, stamp_ns, cdr)
    return (path / "good.mcap").read_bytes()


def read_bag(path: Path) -> None:
    for _ in BagSource(path).frames(TimeWindow()):
        pass


def play_bag(path: Path) -> None:
    for message in BagTape(path).messages():
        _ = message.stamp_ns


@few(80)
@given(data=st.data())
def test_bags(folder, bag, data):
    content = data.draw(damaged(bag))
    assert tries(read_bag, folder / "a.mcap", content)
    assert tries(play_bag, folder / "b.mcap", content)


@few(120)
@given(content=st.binary(max_size=400))
def test_anything_is_not_a_bag_nor_a_recording(folder, content):
    assert tries(read_bag, folder / "c.db3", content)
    assert tries(read_bag, folder / "d.bag", content)
    assert tries(read_markers, folder / "e.c3d", content)


C3D_TRIES = 25
READ_DAMAGED_C3D = """
import random, sys
from pathlib import Path
from tests.fuzz.damage import _damage
from tests.fuzz.test_files import OWN
from monomsk_analysis.marker_recording import read_markers
good, damaged = Path(sys.argv[1]), Path(sys.argv[2])
for seed in range(int(sys.argv[3])):
    damaged.write_bytes(_damage(good.read_bytes(), seed, 1 + seed % 3))
    try:
        read_markers(damaged)
    except OWN as error:
        assert str(error)
print("done")
"""


def test_damaged_c3d_files(folder, workspace_environment):
    """In a process of its own: the library behind it is compiled, and could end the process."""
    ezc3d = pytest.importorskip("ezc3d", reason="ezc3d has no wheel here")
    c3d = ezc3d.c3d()
    c3d["parameters"]["POINT"]["RATE"]["value"] = [100]
    c3d["parameters"]["POINT"]["LABELS"]["value"] = ["RASI", "LASI", "RHEE"]
    c3d["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    c3d["data"]["points"] = 900.0 * np.random.default_rng(0).random((4, 3, 8))
    good = folder / "good.c3d"
    c3d.write(str(good))
    read_markers(good)
    words = [sys.executable, "-c", READ_DAMAGED_C3D, good, folder / "bad.c3d", C3D_TRIES]
    environment = workspace_environment | {
        "PYTHONPATH": f"{ROOT}:{workspace_environment.get('PYTHONPATH', '')}"
    }
    done = subprocess.run(
        [str(word) for word in words],
        capture_output=True, text=True, timeout=120, env=environment, cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 0 and "done" in done.stdout, done.stderr[-3000:]
