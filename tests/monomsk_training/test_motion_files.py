"""Readers of recorded motion: small files made here whose angles are known."""

import json
from pathlib import Path

import numpy as np
import pytest

from monomsk_training.acclaim_files import read_amc, read_asf, read_exponential_maps
from monomsk_training.amass_files import read_amass
from monomsk_training.bvh_files import read_bvh
from monomsk_training.deepmimic_files import read_deepmimic
from monomsk_training.errors import MotionFileError
from monomsk_training.library import Source
from monomsk_training.motion_clip import COLUMN, MOTION_NAMES, mirrored
from monomsk_training.opensim_files import read_named_arrays, read_opensim

_BONES = (
    # name, parent, direction, axis, degrees
    ("lfemur", "root", (0.342, -0.940, 0.0), (0, 0, 20), "rx ry rz"),
    ("ltibia", "lfemur", (0.342, -0.940, 0.0), (0, 0, 20), "rx"),
    ("lfoot", "ltibia", (0.089, -0.244, 0.966), (-90, 0, 20), "rx rz"),
    ("rfemur", "root", (-0.342, -0.940, 0.0), (0, 0, -20), "rx ry rz"),
    ("rtibia", "rfemur", (-0.342, -0.940, 0.0), (0, 0, -20), "rx"),
    ("rfoot", "rtibia", (-0.103, -0.283, 0.954), (-90, 0, -20), "rx rz"),
    ("thorax", "root", (0.0, 1.0, 0.0), (0, 0, 0), "rx ry rz"),
    ("lhumerus", "thorax", (1.0, 0.0, 0.0), (180, -30, -90), "rx ry rz"),
    ("lradius", "lhumerus", (1.0, 0.0, 0.0), (180, -30, -90), "rx"),
    ("rhumerus", "thorax", (-1.0, 0.0, 0.0), (180, 30, 90), "rx ry rz"),
    ("rradius", "rhumerus", (-1.0, 0.0, 0.0), (180, 30, 90), "rx"),
)


@pytest.fixture
def asf(tmp_path: Path) -> Path:
    text = ":units\n:root\n:bonedata\n"
    for name, _, direction, axis, degrees in _BONES:
        text += f"begin\n name {name}\n direction {' '.join(map(str, direction))}\n length 1.0\n"
        text += f" axis {' '.join(map(str, axis))} XYZ\n dof {degrees}\nend\n"
    text += ":hierarchy\nbegin\n"
    for parent in (
        "root",
        "lfemur",
        "ltibia",
        "rfemur",
        "rtibia",
        "thorax",
        "lhumerus",
        "rhumerus",
    ):
        text += f" {parent} {' '.join(b[0] for b in _BONES if b[1] == parent)}\n"
    path = tmp_path / "02.asf"
    path.write_text(text + "end\n")
    return path


def amc(folder: Path, frames: list[dict[str, str]]) -> Path:
    text = "#\n:FULLY-SPECIFIED\n:DEGREES\n"
    for number, changes in enumerate(frames, 1):
        values = {"root": "0 17 0 0 0 0"}
        values |= {n: " ".join("0" for _ in degrees.split()) for n, *_, degrees in _BONES}
        text += f"{number}\n" + "".join(f"{n} {v}\n" for n, v in (values | changes).items())
    path = folder / "02_01.amc"
    path.write_text(text)
    return path


def degrees(clip, name: str) -> float:
    return float(np.degrees(clip.values[-1, COLUMN[name]]))


def test_acclaim_hinges_and_rest_pose(asf: Path, tmp_path: Path) -> None:
    bent = {"rtibia": "50", "ltibia": "20", "rradius": "70"}
    clip = read_amc(amc(tmp_path, [bent] * 10), read_asf(asf), "02")
    assert degrees(clip, "knee_angle_r") == pytest.approx(50.0, abs=0.5)
    assert degrees(clip, "knee_angle_l") == pytest.approx(20.0, abs=0.5)
    assert abs(degrees(clip, "hip_flexion_r")) < 0.5
    # Legs spread by 20 degrees: both abducted, which is negative on both sides.
    assert degrees(clip, "hip_adduction_r") == pytest.approx(-20.0, abs=0.5)
    assert degrees(clip, "hip_adduction_l") == pytest.approx(-20.0, abs=0.5)
    # The elbow's hinge leans by 30 degrees, so the flexion about z alone is a little off.
    assert 55.0 < degrees(clip, "elbow_flex_r") < 75.0
    assert degrees(clip, "pelvis_tilt") == pytest.approx(0.0, abs=0.5)


def test_acclaim_walks_the_way_it_faces(asf: Path, tmp_path: Path) -> None:
    frames = [{"root": f"0 17 {k} 0 0 0"} for k in range(10)]
    values = read_amc(amc(tmp_path, frames), read_asf(asf), "02").values
    travel = values[-1, 3:6] - values[0, 3:6]
    assert travel[0] == pytest.approx(9 * 0.0254 / 0.45, abs=1e-6)
    assert np.abs(travel[1:]).max() < 1e-6


def test_exponential_maps_bend_the_same_joints(asf: Path, tmp_path: Path) -> None:
    table = np.zeros((100, 117))
    # The files hold transposed rotations: this turns the right tibia by +40 degrees about x.
    table[:, 3 + 3 * 9] = -np.radians(40.0)
    np.savez(tmp_path / "walking.npz", train__walking__walking_1=table)
    (clip,) = read_exponential_maps(tmp_path / "walking.npz", read_asf(asf))
    assert degrees(clip, "knee_angle_r") == pytest.approx(38.0, abs=3.0)
    assert degrees(clip, "knee_angle_l") == pytest.approx(0.0, abs=0.5)
    assert clip.subject == "cmu-expmap-train-walking"


def test_deepmimic_hinges_and_sides(tmp_path: Path) -> None:
    frame = [0.033, 0.0, 0.9, 0.0] + [1.0, 0.0, 0.0, 0.0] * 3
    half = np.radians(15.0)
    hip = [np.cos(half), -np.sin(half), 0.0, 0.0]
    frame += hip + [-0.9] + [1.0, 0, 0, 0] * 2 + [0.5] + hip + [-0.2] + [1.0, 0, 0, 0] * 2 + [0.3]
    path = tmp_path / "humanoid3d_test.txt"
    path.write_text(json.dumps({"Loop": "none", "Frames": [frame] * 20}))
    clip = read_deepmimic(path, "x")
    assert clip.values[0, COLUMN["knee_angle_r"]] == pytest.approx(0.9)
    assert clip.values[0, COLUMN["knee_angle_l"]] == pytest.approx(0.2)
    assert clip.values[0, COLUMN["elbow_flex_l"]] == pytest.approx(0.3)
    # The same turn about x spreads one leg and adducts the other.
    assert degrees(clip, "hip_adduction_r") == pytest.approx(-30.0, abs=1e-6)
    assert degrees(clip, "hip_adduction_l") == pytest.approx(30.0, abs=1e-6)
    path.write_text(json.dumps({"Frames": [[0.0, 1.0]] * 20}))
    with pytest.raises(MotionFileError, match="44"):
        read_deepmimic(path, "x")


def test_opensim_files_in_degrees_with_state_names_and_negative_knees(tmp_path: Path) -> None:
    names = ["time", "/jointset/hip_r/hip_flexion_r/value", "knee_angle_r", "pelvis_tx"]
    rows = "\n".join(f"{k / 100} 30 -20 0.5" for k in range(50))
    path = tmp_path / "walk.mot"
    path.write_text("Coordinates\ninDegrees=yes\nendheader\n" + "\t".join(names) + "\n" + rows)
    clip = read_opensim(path, "x", knee_flexion_negative=True)
    assert clip.rate_hz == pytest.approx(100.0)
    assert degrees(clip, "hip_flexion_r") == pytest.approx(30.0)
    assert degrees(clip, "knee_angle_r") == pytest.approx(20.0)
    assert clip.values[0, COLUMN["pelvis_tx"]] == 0.5
    path.write_text("no header")
    with pytest.raises(MotionFileError, match="endheader"):
        read_opensim(path, "x")


def test_named_arrays(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", q_hip_flexion_r=np.full(20, 0.3), dq_hip_flexion_r=np.ones(20))
    clip = read_named_arrays(tmp_path / "a.npz", "x", 50.0)
    assert clip.values[0, COLUMN["hip_flexion_r"]] == pytest.approx(0.3)
    assert clip.duration_s == pytest.approx(19 / 50)


def test_mirroring_twice_changes_nothing_and_once_swaps_sides() -> None:
    values = np.random.default_rng(0).normal(size=(5, len(MOTION_NAMES)))
    np.testing.assert_allclose(mirrored(mirrored(values)), values)
    once = mirrored(values)
    np.testing.assert_allclose(once[:, COLUMN["knee_angle_r"]], values[:, COLUMN["knee_angle_l"]])
    np.testing.assert_allclose(
        once[:, COLUMN["lumbar_bending"]], -values[:, COLUMN["lumbar_bending"]]
    )
    np.testing.assert_allclose(once[:, COLUMN["pelvis_tilt"]], values[:, COLUMN["pelvis_tilt"]])


_BVH_TREE = {
    "Hips": (0.0, 0.0, 0.0), "Spine1": (0.0, 20.0, 0.0),
    "RightUpLeg": (-9.0, 0.0, 0.0), "RightLeg": (0.0, -40.0, 0.0), "RightFoot": (0.0, -40.0, 0.0),
    "RightToe": (0.0, -5.0, 12.0),
    "LeftUpLeg": (9.0, 0.0, 0.0), "LeftLeg": (0.0, -40.0, 0.0), "LeftFoot": (0.0, -40.0, 0.0),
    "LeftToe": (0.0, -5.0, 12.0),
    "RightArm": (-18.0, 20.0, 0.0), "RightForeArm": (-28.0, 0.0, 0.0),
    "RightHand": (-25.0, 0.0, 0.0),
    "LeftArm": (18.0, 20.0, 0.0), "LeftForeArm": (28.0, 0.0, 0.0), "LeftHand": (25.0, 0.0, 0.0),
}  # fmt: skip
_BVH_CHAINS = (
    ("Spine1", (("RightArm", "RightForeArm", "RightHand"), ("LeftArm", "LeftForeArm", "LeftHand"))),
    ("RightUpLeg", (("RightLeg", "RightFoot", "RightToe"),)),
    ("LeftUpLeg", (("LeftLeg", "LeftFoot", "LeftToe"),)),
)


def bvh(path: Path, turned: dict[str, tuple[float, float, float]], frames: int = 10) -> Path:
    """A T-posed person; joints turned about Z, X, Y in degrees."""
    order: list[str] = []

    def joint(name: str, inside: str) -> str:
        place = " ".join(map(str, _BVH_TREE[name]))
        return (
            f"JOINT {name} {{ OFFSET {place} CHANNELS 3 Zrotation Xrotation Yrotation {inside} }}\n"
        )

    def chain(names: tuple[str, ...]) -> str:
        order.append(names[0])
        inside = chain(names[1:]) if len(names) > 1 else "End Site { OFFSET 0 0 1 }"
        return joint(names[0], inside)

    text = "HIERARCHY\nROOT Hips { OFFSET 0 0 0 CHANNELS 6 Xposition Yposition Zposition "
    text += "Zrotation Xrotation Yrotation\n"
    for name, chains in _BVH_CHAINS:
        order.append(name)
        text += joint(name, "".join(chain(names) for names in chains))
    text += f"}}\nMOTION\nFrames: {frames}\nFrame Time: 0.02\n"
    for frame in range(frames):
        angles = [turned.get(name, (0.0, 0.0, 0.0)) for name in ("Hips", *order)]
        numbers = [0.0, 90.0, 3.0 * frame, *(value for row in angles for value in row)]
        text += " ".join(map(str, numbers)) + "\n"
    path.write_text(text)
    return path


def test_bvh_knees_hips_and_travel(tmp_path: Path) -> None:
    # About x the shank swings back by a positive angle, the thigh forward by a negative one.
    turned = {"RightLeg": (0.0, 50.0, 0.0), "RightUpLeg": (0.0, -30.0, 0.0)}
    clip = read_bvh(bvh(tmp_path / "walk.bvh", turned), "x")
    assert clip.rate_hz == pytest.approx(50.0)
    assert degrees(clip, "knee_angle_r") == pytest.approx(50.0, abs=0.5)
    assert degrees(clip, "hip_flexion_r") == pytest.approx(30.0, abs=0.5)
    assert degrees(clip, "knee_angle_l") == pytest.approx(0.0, abs=0.5)
    travel = clip.values[-1, 3:6] - clip.values[0, 3:6]
    np.testing.assert_allclose(travel, [0.27, 0.0, 0.0], atol=1e-9)


def test_bvh_says_what_it_lacks(tmp_path: Path) -> None:
    path = bvh(tmp_path / "walk.bvh", {})
    path.write_text(path.read_text().replace("RightForeArm", "Strange"))
    with pytest.raises(MotionFileError, match="ulna_r"):
        read_bvh(path, "x")
    path.write_text("nothing")
    with pytest.raises(MotionFileError, match="HIERARCHY"):
        read_bvh(path, "x")


def test_amass_bends_the_joints_of_smpl(tmp_path: Path) -> None:
    poses = np.zeros((10, 156))
    # The body stands: AMASS has z up, SMPL's rest pose y up.
    poses[:, :3] = [np.pi / 2.0, 0.0, 0.0]
    poses[:, 3 * 5] = np.radians(50.0)
    poses[:, 3 * 2] = -np.radians(30.0)
    # The left arm down from the T pose, then the elbow forward.
    poses[:, 3 * 16 + 2] = -np.pi / 2.0
    poses[:, 3 * 18 + 1] = -np.radians(70.0)
    places = np.zeros((10, 3))
    places[:, 1] = -np.arange(10.0)
    np.savez(tmp_path / "a.npz", poses=poses, trans=places, mocap_framerate=120.0)
    clip = read_amass(tmp_path / "a.npz", "x")
    assert clip.rate_hz == 120.0
    assert degrees(clip, "knee_angle_r") == pytest.approx(50.0, abs=0.5)
    assert degrees(clip, "hip_flexion_r") == pytest.approx(30.0, abs=0.5)
    assert degrees(clip, "pelvis_tilt") == pytest.approx(0.0, abs=0.5)
    assert degrees(clip, "elbow_flex_l") == pytest.approx(70.0, abs=3.0)
    assert clip.values[-1, 3] - clip.values[0, 3] == pytest.approx(9.0)
    np.savez(tmp_path / "b.npz", poses=poses)
    with pytest.raises(MotionFileError, match="trans"):
        read_amass(tmp_path / "b.npz", "x")


def _mot(path: Path, rows: str, names: str = "time hip_flexion_r") -> Path:
    path.write_text(f"version=1\ninDegrees=yes\nendheader\n{names}\n{rows}")
    return path


@pytest.mark.parametrize(
    "rows",
    ["", "0.0 1\n", "0.0 1\n0.1\n0.2 1\n", "0.0 1\n0.1 x\n", "0.0 1\n0.1 1\n0.2 1\n0.9 1\n1.0 1\n",
     "0.2 1\n0.1 1\n0.0 1\n", "0.0 1\n0.0 1\n0.0 1\n"],
    ids=["empty", "one", "ragged", "word", "gap", "backwards", "still"],
)  # fmt: skip
def test_opensim_files_without_a_motion_are_refused_by_name(tmp_path: Path, rows: str) -> None:
    with pytest.raises(MotionFileError, match="a.mot"):
        read_opensim(_mot(tmp_path / "a.mot", rows), "s")


def test_rounded_times_are_even(tmp_path: Path) -> None:
    rows = "".join(f"{k / 60.0:.2f} {k}\n" for k in range(30))
    assert read_opensim(_mot(tmp_path / "a.mot", rows), "s").rate_hz == pytest.approx(
        60.0, rel=0.01
    )


@pytest.mark.parametrize(
    ("reader", "name", "content"),
    [
        ("acclaim", "99_01.amc", "1\nroot 0 0 0 0 0 0\n"),
        ("deepmimic", "a.txt", "{}"),
        ("deepmimic", "a.txt", json.dumps({"Frames": [[0.0] * 44] * 10})),
        ("deepmimic", "a.txt", "no JSON"),
        ("bvh", "a.bvh", "HIERARCHY ROOT hips { } MOTION\nFrames: 1\n"),
    ],
)
def test_files_of_another_kind_are_named(
    tmp_path: Path, reader: str, name: str, content: str
) -> None:
    (tmp_path / name).write_text(content)
    source = Source("x", "y", name, reader, 1.0, {})
    with pytest.raises(MotionFileError, match=name):
        source.read(tmp_path / name)


@pytest.mark.parametrize(
    ("reader", "arrays"),
    [
        ("named_arrays", {"pelvis_tx": np.zeros(5)}),
        ("amass", {"poses": np.zeros((9, 66)), "trans": np.zeros((9, 3)), "mocap_framerate": 0.0}),
        ("exponential_maps", {"walking": np.zeros((80, 117))}),
    ],
)
def test_archives_of_another_kind_are_named(
    tmp_path: Path, reader: str, arrays: dict[str, np.ndarray]
) -> None:
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(MotionFileError, match=r"a.npz"):
        Source("x", "y", "a.npz", reader, 1.0, {}).read(tmp_path / "a.npz")
