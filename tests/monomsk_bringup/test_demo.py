import json
from pathlib import Path

import pytest

from monomsk_bringup.demo import DemoOptions, live_command, main
from monomsk_bringup.launch_file import read_launch_file
from monomsk_bringup.launch_model import Argument

LAUNCH = Path(__file__).resolve().parents[2] / "launch" / "monomsk.launch.xml"
OPTIONS = DemoOptions(Path("/v/walk.mp4"), 2, 1.8, None, Path("/out"))


@pytest.mark.parametrize("has_ros2", [True, False])
def test_the_graph_starts_with_arguments_that_its_launch_file_has(monkeypatch, has_ros2):
    monkeypatch.setattr("shutil.which", lambda name: "/opt/ros2" if has_ros2 else None)
    command = live_command(OPTIONS, Path("/out/bag"))
    assert (command[:2] == ["ros2", "launch"]) is has_ros2
    at = command.index("monomsk_bringup")
    assert command[at : at + 2] == ["monomsk_bringup", "monomsk.launch.xml"]
    given = dict(word.split(":=", 1) for word in command[at + 2 :])
    declared = {a.name for a in read_launch_file(LAUNCH).actions if isinstance(a, Argument)}
    assert set(given) <= declared
    assert (given["play"], given["record"]) == ("/v/walk.mp4", "/out/bag")
    # 0 is how the nodes are told that nobody gave it
    assert (given["height_m"], given["mass_kg"]) == ("1.8", "0.0")


def test_a_missing_video_is_told_in_one_line(tmp_path, capsys):
    assert main(["--video", str(tmp_path / "no.mp4"), "--out", str(tmp_path / "demo")]) == 1
    assert capsys.readouterr().err == f"demo: error: video: no such file: {tmp_path / 'no.mp4'}\n"
    assert not (tmp_path / "demo").exists()


def test_a_graph_that_fails_is_told_with_the_end_of_its_log(tmp_path, monkeypatch, capsys):
    video = tmp_path / "v.mp4"
    video.write_bytes(b"no video")
    monkeypatch.setattr(
        "monomsk_bringup.demo.live_command",
        lambda *_: ["printf", r"noise\n[camera_player-4] [ERROR] [1.0] what went wrong\nnoise\n%z"],
    )
    assert main(["--video", str(video), "--out", str(tmp_path / "demo")]) == 1
    error = capsys.readouterr().err
    assert "live: failed\n[camera_player-4] [ERROR]" in error and "noise" not in error
    assert str(tmp_path / "demo" / "live" / "log.txt") in error


def test_no_results_are_a_failure_even_when_every_process_was_content(
    tmp_path, monkeypatch, capsys
):
    video = tmp_path / "v.mp4"
    video.write_bytes(b"no video")
    summary = tmp_path / "demo" / "live" / "summary.json"
    monkeypatch.setattr("monomsk_bringup.demo.live_command", lambda *_: ["true"])
    # stands in for monomsk_analysis.live_summary
    fake = tmp_path / "python"
    fake.write_text(f"#!/bin/sh\necho '{json.dumps({'dynamics_out': 0})}' > {summary}\n")
    fake.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(fake))
    assert main(["--video", str(video), "--out", str(tmp_path / "demo")]) == 1
    assert "no results came" in capsys.readouterr().err
    assert json.loads(summary.read_text())["played"]["video"] == str(video)
