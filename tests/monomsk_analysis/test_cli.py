import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from monomsk_analysis import __version__
from monomsk_analysis.cli import app
from monomsk_analysis.errors import OutputError, VideoError
from monomsk_analysis.exports import kinematics_table
from monomsk_analysis.frame_source import Frame
from monomsk_analysis.storage import write_storage
from monomsk_analysis.tracking import Observation
from monomsk_description.osim_reader import from_osim
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject

SIZE = ["--height-m", "1.75", "--mass-kg", "70"]


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "empty_room.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 30.0, (160, 120))
    for _ in range(20):
        writer.write(np.full((120, 160, 3), 90, dtype=np.uint8))
    writer.release()
    return path


@pytest.fixture(scope="module")
def motion(tmp_path_factory: pytest.TempPathFactory) -> Path:
    skeleton = build_skeleton(Subject(1.75, 70.0))
    q = np.repeat(skeleton.neutral()[None], 30, axis=0)
    path = tmp_path_factory.mktemp("motion") / "standing.mot"
    write_storage(path, kinematics_table(np.arange(30) / 50.0, q, skeleton.coordinate_names))
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def assert_refused(result: Result, *words: str) -> None:
    """One line on stderr that says the words, exit code 2, no traceback."""
    assert result.exit_code == 2, result.output
    lines = [line for line in result.stderr.splitlines() if line.startswith("monomsk: ")]
    assert len(lines) == 1
    assert "Traceback" not in result.output
    for word in words:
        assert word in lines[0]


class Nobody:
    """Perception that finds nobody."""

    def observe(self, frame: Frame) -> Observation:
        return Observation(None, None)

    def revise(self, observations: list[Observation]) -> list[Observation]:
        return observations


def test_version() -> None:
    assert run("version").stdout.strip() == __version__


def test_results_lie_here_when_nobody_said_where(
    motion: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("dynamics", motion, *SIZE, "--no-muscles")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "standing_monomsk" / "summary.json").is_file()
    again = run("dynamics", motion, *SIZE, "--no-muscles")
    assert_refused(again, "standing_monomsk", "--overwrite")


def test_help_lists_the_options_with_their_units() -> None:
    text = run("analyze", "--help").stdout
    for option in (
        "--height-m",
        "--mass-kg",
        "--focal-px",
        "--camera-pitch-deg",
        "--start-s",
        "--model",
    ):
        assert option in text


def test_missing_and_broken_videos(tmp_path: Path, video: Path) -> None:
    out = tmp_path / "out"
    result = run("analyze", tmp_path / "none.mp4", *SIZE, "--out", out)
    assert_refused(result, "none.mp4", "no such file")
    (tmp_path / "cut.mp4").write_bytes(video.read_bytes()[:400])
    assert_refused(run("analyze", tmp_path / "cut.mp4", *SIZE, "--out", out), "broken")
    assert not out.exists()


def test_what_the_system_refuses_is_one_line(motion: Path, tmp_path: Path) -> None:
    long = "a" * 300
    assert_refused(run("analyze", f"{long}.mp4", "--out", tmp_path / "out"), "name too long")
    assert_refused(run("dynamics", motion, "--out", tmp_path / long), "name too long")


def test_a_folder_that_is_no_bag_says_so(tmp_path: Path) -> None:
    result = run("analyze", tmp_path, *SIZE, "--out", tmp_path / "out")
    assert_refused(result, "metadata.yaml", "no rosbag2")


def test_no_person(video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monomsk_analysis.analyze._own_tracker", lambda *_: Nobody())
    result = run("analyze", video, *SIZE, "--out", tmp_path / "out")
    assert_refused(result, "no person found", "0 of 20 frames", "12 frames over 0.25 s")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--height-m", "17.5", "--mass-kg", "70"], ["height_m", "17.5"]),
        (["--height-m", "1.75", "--mass-kg", "-3"], ["mass_kg", "-3"]),
        ([*SIZE, "--focal-px", "0"], ["focal", "0"]),
        ([*SIZE, "--focal-px", "900", "--camera-info", "c.yaml"], ["give one of them"]),
        ([*SIZE, "--camera-info", "none.yaml"], ["none.yaml", "cannot be read"]),
        ([*SIZE, "--camera-height-m", "1.2"], ["--camera-pitch-deg", "give both"]),
        ([*SIZE, "--camera-height-m", "1.2", "--camera-pitch-deg", "95"], ["95 degrees"]),
        ([*SIZE, "--camera-height-m", "-1", "--camera-pitch-deg", "5"], ["-1 m"]),
        ([*SIZE, "--start-s", "3", "--end-s", "2"], ["no time between 3 s and 2 s"]),
        ([*SIZE, "--image-topic", "/image"], ["not a bag"]),
        ([*SIZE, "--image-rotation-deg", "45"], ["--image-rotation-deg", "45", "270"]),
        (["--model", "nobody.osim"], ["nobody.osim: cannot be read: No such file"]),
        (["--model", "nobody.yaml"], ["nobody.yaml", "cannot be read"]),
    ],
)
def test_impossible_options(
    video: Path, tmp_path: Path, options: list[str], words: list[str]
) -> None:
    result = run("analyze", video, *options, "--out", tmp_path / "out")
    assert_refused(result, *words)
    assert not (tmp_path / "out").exists()


def test_a_zero_camera_matrix(video: Path, tmp_path: Path) -> None:
    (tmp_path / "camera.yaml").write_text(
        "width: 160\nheight: 120\nk: [0, 0, 0, 0, 0, 0, 0, 0, 0]\nd: []\n"
    )
    result = run(
        "analyze", video, *SIZE, "--camera-info", tmp_path / "camera.yaml", "--out", tmp_path / "o"
    )
    assert_refused(result, "camera")


def test_unknown_choices_are_refused_by_name(video: Path, tmp_path: Path) -> None:
    result = run("analyze", video, "--model-complexity", "huge", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "huge" in result.stderr


def test_debug_shows_the_error_itself(tmp_path: Path) -> None:
    result = run("analyze", tmp_path / "none.mp4", *SIZE, "--out", tmp_path / "out", "--debug")
    assert isinstance(result.exception, VideoError)


def test_dynamics_writes_its_results_and_refuses_to_overwrite_them(
    motion: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert run("dynamics", motion, *SIZE, "--out", out).exit_code == 0
    assert {"inverse_dynamics.sto", "ground_reaction.mot"} <= {file.name for file in out.iterdir()}
    assert_refused(run("dynamics", motion, *SIZE, "--out", out), "not empty", "--overwrite")
    assert run("dynamics", motion, *SIZE, "--out", out, "--overwrite").exit_code == 0


def test_what_nobody_gave_is_assumed_and_said(motion: Path, tmp_path: Path) -> None:
    result = run("dynamics", motion, "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert "note: The height was not given" in result.stderr
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["subject"]["assumed"] == ["height_m", "mass_kg"]


def test_a_subject_file_gives_size_and_lengths(motion: Path, tmp_path: Path) -> None:
    path = tmp_path / "subject.yaml"
    path.write_text("height_m: 1.8\nmass_kg: 80\nsegment_lengths_m:\n  thigh: 0.43\n")
    result = run("dynamics", motion, "--model", path, "--mass-kg", "90", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    subject = json.loads((tmp_path / "out" / "summary.json").read_text())["subject"]
    assert (subject["height_m"], subject["mass_kg"]) == (1.8, 90.0)
    assert subject["segment_lengths_m"] == {"thigh": 0.43}


def test_sex_moves_masses_and_muscles_may_be_left_out(motion: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run("dynamics", motion, *SIZE, "--sex", "female", "--no-muscles", "--out", out)
    assert result.exit_code == 0, result.output
    assert json.loads((out / "summary.json").read_text())["subject"]["sex"] == "female"
    assert not (out / "activations.sto").exists()
    masses = {
        name: segment.mass_kg for name, segment in from_osim(out / "model.osim").segments.items()
    }
    assert masses["femur_r"] / sum(masses.values()) == pytest.approx(0.1478, abs=1e-3)
    assert run("dynamics", motion, *SIZE, "--out", out, "--overwrite").exit_code == 0
    assert (out / "activations.sto").stat().st_size > 1000


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("heigth_m: 1.8\n", "unknown entry heigth_m"),
        ("height_m: tall\n", "height_m is not a number"),
        ("- 1\n", "no subject"),
        ("height_m: [1\n", "not YAML"),
        ("height_m: 1.8\nsegment_lengths_m: 3\n", "segment_lengths_m"),
        ("height_m: 1.8\nsegment_lengths_m: {tail: 0.3}\n", "tail"),
        ("height_m: 1.8\nsegment_lengths_m: {thigh: }\n", "no length given for thigh"),
        ("1: 1.8\nheigth_m: 1.8\n", "unknown entry 1, heigth_m"),
        ("height_m: 5\n", "height_m = 5"),
    ],
)
def test_bad_subject_files(motion: Path, tmp_path: Path, text: str, word: str) -> None:
    (tmp_path / "subject.yaml").write_text(text)
    result = run(
        "dynamics", motion, "--model", tmp_path / "subject.yaml", "--out", tmp_path / "out"
    )
    assert_refused(result, word)


def test_dynamics_of_something_else(tmp_path: Path, video: Path) -> None:
    out = tmp_path / "out"
    assert_refused(run("dynamics", video, *SIZE, "--out", out), "not an OpenSim storage file")
    assert_refused(run("dynamics", tmp_path / "none.mot", *SIZE, "--out", out), "no such file")


def test_a_full_disk_is_one_line(
    motion: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, table: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("monomsk_analysis.result_tables.write_storage", full)
    result = run("dynamics", motion, *SIZE, "--out", tmp_path / "out")
    assert_refused(result, "no space left on the disk")
    assert not (tmp_path / "out").exists()


def test_an_output_that_cannot_be_made(motion: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert_refused(run("dynamics", motion, *SIZE, "--out", tmp_path / "file" / "out"))
    debug = run("dynamics", motion, *SIZE, "--out", tmp_path / "file", "--debug")
    assert isinstance(debug.exception, OutputError)


def test_a_missing_library_is_named(
    motion: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object) -> None:
        raise ModuleNotFoundError("No module named 'daqp'", name="daqp")

    monkeypatch.setattr("monomsk_analysis.dynamics_command.run_dynamics", missing)
    result = run("dynamics", motion, *SIZE, "--out", tmp_path / "out")
    assert_refused(result, "'daqp' is missing", "make setup")
