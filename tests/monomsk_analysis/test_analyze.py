import json
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from rosbags.highlevel import AnyReader

from monomsk_analysis.analyze import AnalyzeRequest, run_analyze
from monomsk_analysis.camera_choice import CameraRequest
from monomsk_analysis.errors import NoPersonError, OutputError, VideoError
from monomsk_analysis.frame_source import Frame, TimeWindow
from monomsk_analysis.gait import GAIT_FILE
from monomsk_analysis.result_folder import RESULT_FILES
from monomsk_analysis.storage import read_storage
from monomsk_analysis.tracking import Observation
from monomsk_analysis.trc import read_trc
from monomsk_description.body_state import BodyState
from monomsk_description.landmarks import LANDMARK_NAMES
from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.camera_pose import CameraPose, CameraPoseSource
from monomsk_perception.landmarks import Landmarks

SUBJECT = Subject(1.75, 70.0)
#: Who stands makes no steps to tabulate.
WITHOUT_STEPS = sorted(set(RESULT_FILES) - {GAIT_FILE})
WEIGHT_N = 70.0 * 9.81
FRAMES, RATE_HZ, SIZE = 45, 30.0, (160, 240)


class StandingPerson:
    """Perception that sees a person who stands three metres in front, and sometimes nobody."""

    def __init__(
        self,
        skeleton: Skeleton,
        is_lost: Callable[[int], bool],
        *,
        visibility: Sequence[float] = (1.0,) * 33,
    ) -> None:
        self._skeleton, self._is_lost, self._visibility = skeleton, is_lost, visibility
        self._camera = CameraIntrinsics.from_focal(*SIZE)
        self._pose = CameraPose.level(1.0, CameraPoseSource.ESTIMATED).pose_world_camera
        self._q = skeleton.neutral()
        self._q[0] = 3.0

    def observe(self, frame: Frame) -> Observation:
        if self._is_lost(frame.index):
            return Observation(None, None, timings_s={"detect": 0.002})
        points = self._skeleton.points(self._q, self._skeleton.landmarks)
        in_camera = (points - self._pose.translation) @ self._pose.rotation
        landmarks = Landmarks(
            frame.stamp_ns,
            self._camera.project(in_camera) + [3.0, 4.0],
            np.array(self._visibility),
            np.ones(33),
            in_camera,
            0.9,
            SIZE,
        )
        state = BodyState(
            frame.stamp_ns, self._q, np.zeros(37), sigma_q=np.full(37, 0.02), quality=0.7
        )
        return Observation(landmarks, state, self._pose, {"fit": 0.003})

    def revise(self, observations: Sequence[Observation]) -> Sequence[Observation]:
        return observations


@pytest.fixture(scope="module")
def skeleton() -> Skeleton:
    return build_skeleton(SUBJECT)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "clip.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), RATE_HZ, SIZE)
    for k in range(FRAMES):
        writer.write(np.full((SIZE[1], SIZE[0], 3), 100 + k, dtype=np.uint8))
    writer.release()
    return path


@pytest.fixture(scope="module")
def results(skeleton: Skeleton, video: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of a person who is lost for three frames in the middle."""
    out = tmp_path_factory.mktemp("results") / "out"
    tracker = StandingPerson(skeleton, lambda k: 20 <= k < 23)
    run_analyze(AnalyzeRequest(video, out, SUBJECT), tracker=tracker)
    return out


def test_every_promised_file_is_there(results: Path) -> None:
    assert sorted(file.name for file in results.iterdir()) == WITHOUT_STEPS
    assert all(file.stat().st_size > 500 for file in results.iterdir())


def test_kinematics_and_forces_of_standing(results: Path) -> None:
    kinematics = read_storage(results / "kinematics.mot")
    np.testing.assert_allclose(kinematics.times, np.arange(FRAMES) / RATE_HZ, atol=1e-6)
    # The dynamics move an unsure motion a little, so that its derivatives fit the forces.
    np.testing.assert_allclose(kinematics.column("pelvis_tx"), 3.0, atol=0.01)
    np.testing.assert_allclose(kinematics.column("knee_angle_r"), 0.0, atol=0.5)
    forces = read_storage(results / "ground_reaction.mot")
    vertical = forces.column("ground_force_r_vy") + forces.column("ground_force_l_vy")
    np.testing.assert_allclose(vertical, WEIGHT_N, rtol=0.02)
    assert len(read_trc(results / "markers.trc").times) == FRAMES


def test_interpolated_frames_are_said_everywhere(results: Path) -> None:
    frames = json.loads((results / "summary.json").read_text())["frames"]
    assert (frames["read"], frames["tracked"], frames["lost"]) == (45, 42, 3)
    assert (frames["interpolated"], frames["analysed"]) == (3, 45)
    for name in ("kinematics.mot", "inverse_dynamics.sto", "ground_reaction.mot"):
        assert "not found) at 0.6667, 0.7000, 0.7333 s" in (results / name).read_text()


def test_summary_says_what_was_assumed_and_how_good_it_is(results: Path) -> None:
    summary = json.loads((results / "summary.json").read_text())
    assert summary["subject"]["assumed"] == []
    assert summary["camera"]["focal_assumed"]
    assert summary["camera"]["pose_estimated"]
    assert summary["camera"]["height_above_floor_m"] == pytest.approx(1.0)
    assert len(summary["assumptions"]) == 2
    assert summary["quality"]["fit_quality_median"] == pytest.approx(0.7)
    # The landmarks lie 3 and 4 pixels beside the fit.
    assert summary["quality"]["reprojection_error_median_px"] == pytest.approx(5.0)
    # Settling hardly moves somebody who stands still.
    assert 0.0 <= summary["quality"]["image_change_median_px"] < 0.5
    assert summary["quality"]["image_change_p95_px"] < 1.0
    assert summary["rates"]["source_hz"] == pytest.approx(30.0)
    assert {"decode", "perception", "fit", "detect", "dynamics"} <= set(summary["timings"])
    assert summary["timings"]["fit"]["median_ms"] == pytest.approx(3.0)
    assert sorted(summary["files"]) == WITHOUT_STEPS
    assert summary["input"]["file"] == "clip.mp4"


def test_images_are_turned_before_anybody_looks(
    skeleton: Skeleton, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lying.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), RATE_HZ, SIZE[::-1])
    for k in range(FRAMES):
        writer.write(np.full((SIZE[0], SIZE[1], 3), 100 + k, dtype=np.uint8))
    writer.release()
    tracker, shapes = StandingPerson(skeleton, lambda k: False), set()
    observe = tracker.observe
    monkeypatch.setattr(
        tracker, "observe", lambda frame: shapes.add(frame.image_bgr.shape[:2]) or observe(frame)
    )
    out = tmp_path / "out"
    run_analyze(AnalyzeRequest(path, out, SUBJECT, image_rotation_deg=90), tracker=tracker)
    assert shapes == {SIZE[::-1]}
    summary = json.loads((out / "summary.json").read_text())
    assert summary["input"]["quarter_turns"] == 1
    assert (summary["camera"]["width_px"], summary["camera"]["height_px"]) == SIZE
    capture = cv2.VideoCapture(str(out / "overlay.mp4"))
    assert capture.get(cv2.CAP_PROP_FRAME_HEIGHT) > capture.get(cv2.CAP_PROP_FRAME_WIDTH)
    capture.release()


def test_messages_count_the_frames(results: Path) -> None:
    with AnyReader([results / "result.mcap"]) as reader:
        counts = {topic: info.msgcount for topic, info in reader.topics.items()}
    assert counts["/landmarks"] == 45
    assert counts["/body_state"] == counts["/joint_states"] == 42
    assert counts["/body_dynamics"] == counts["/left_sole/wrench"] == 45


def test_messages_and_tables_hold_the_same_muscles(results: Path) -> None:
    table = read_storage(results / "activations.sto")
    with AnyReader([results / "result.mcap"]) as reader:
        wanted = [c for c in reader.connections if c.topic == "/body_dynamics"]
        messages = [
            reader.deserialize(raw, connection.msgtype)
            for connection, _, raw in reader.messages(wanted)
        ]
    assert tuple(messages[0].muscle_names) == table.labels
    activations = np.array([message.muscle_activations for message in messages])
    np.testing.assert_allclose(activations, table.values, atol=1e-7)
    assert activations.max() > 0.011


def test_overlay_has_all_frames(results: Path) -> None:
    capture = cv2.VideoCapture(str(results / "overlay.mp4"))
    count = 0
    while capture.grab():
        count += 1
    capture.release()
    assert count == FRAMES


def test_report_and_files_share_a_ground_that_faces_forward(
    skeleton: Skeleton, video: Path, tmp_path: Path
) -> None:
    tracker = StandingPerson(skeleton, lambda k: False)
    tracker._q[3:7] = [0.0, 0.0, np.sin(0.5 * 2.7), np.cos(0.5 * 2.7)]
    out = tmp_path / "out"
    run_analyze(AnalyzeRequest(video, out, SUBJECT, overlay=False, muscles=False), tracker=tracker)
    page = (out / "report.html").read_text()
    figures = json.loads(page.split('id="figures">')[1].split("</script>")[0])
    forces = read_storage(out / "ground_reaction.mot")
    for side, trace in zip("rl", figures["pressure"]["data"], strict=True):
        forward, right = (forces.column(f"ground_force_{side}_p{axis}") for axis in "xz")
        np.testing.assert_allclose(trace["x"], forward, atol=1e-4)
        np.testing.assert_allclose(trace["y"], -right, atol=1e-4)


def test_causal_results_say_what_was_answered(
    skeleton: Skeleton, video: Path, tmp_path: Path
) -> None:
    request = AnalyzeRequest(
        video, tmp_path / "out", SUBJECT, overlay=False, causal=True, muscles=False
    )
    # Stretches that an analysis in hindsight would leave out, and a gap that it would bridge.
    run_analyze(request, tracker=StandingPerson(skeleton, lambda k: 6 <= k < 9 or k >= 15))
    summary = json.loads((request.out / "summary.json").read_text())
    frames = summary["frames"]
    assert (frames["tracked"], frames["lost"], frames["interpolated"]) == (12, 33, 0)
    assert frames["too_short"] == 0
    assert sum(segment["frames"] for segment in frames["segments"]) == frames["analysed"] > 8
    assert not any("too short" in sentence for sentence in summary["warnings"])
    header = (request.out / "kinematics.mot").read_text().split("endheader")[0]
    assert f"{frames['analysed']} of 45 frames analysed" in header


def test_nobody_in_view_is_an_error_and_leaves_nothing(
    skeleton: Skeleton, video: Path, tmp_path: Path
) -> None:
    request = AnalyzeRequest(video, tmp_path / "out", SUBJECT)
    with pytest.raises(NoPersonError, match=r"0 of 45 frames tracked") as caught:
        run_analyze(request, tracker=StandingPerson(skeleton, lambda k: True))
    assert caught.value.tracked == 0
    assert not request.out.exists()


def test_a_person_seen_for_an_instant_is_not_enough(
    skeleton: Skeleton, video: Path, tmp_path: Path
) -> None:
    with pytest.raises(NoPersonError, match="5 of 45"):
        run_analyze(
            AnalyzeRequest(video, tmp_path / "out", SUBJECT),
            tracker=StandingPerson(skeleton, lambda k: not 10 <= k < 15),
        )


def test_a_long_loss_cuts_the_motion_and_is_warned_about(
    skeleton: Skeleton, video: Path, tmp_path: Path
) -> None:
    request = AnalyzeRequest(video, tmp_path / "out", SUBJECT, overlay=False)
    run_analyze(request, tracker=StandingPerson(skeleton, lambda k: 16 <= k < 28))
    summary = json.loads((request.out / "summary.json").read_text())
    assert len(summary["frames"]["segments"]) == 2
    assert summary["frames"]["interpolated"] == 0
    assert any("33 of 45 frames" in sentence for sentence in summary["warnings"])
    times = read_storage(request.out / "kinematics.mot").times
    assert len(times) == 33
    assert not (request.out / "overlay.mp4").exists()
    # Markers keep every frame; the lost ones are empty.
    positions = read_trc(request.out / "markers.trc").positions
    assert np.isnan(positions[16:28]).all()
    assert np.isfinite(positions[:16]).all()


@pytest.mark.parametrize(("hidden", "warned"), [("both", True), ("right", False)])
def test_hidden_legs_are_warned_of(
    skeleton: Skeleton, video: Path, tmp_path: Path, hidden: str, warned: bool
) -> None:
    sides = ("left", "right") if hidden == "both" else (hidden,)
    names = [f"{side}_{joint}" for side in sides for joint in ("knee", "ankle")]
    visibility = [0.1 if name in names else 1.0 for name in LANDMARK_NAMES]
    tracker = StandingPerson(skeleton, lambda k: False, visibility=visibility)
    run_analyze(AnalyzeRequest(video, tmp_path / "out", SUBJECT, overlay=False), tracker=tracker)
    warnings = json.loads((tmp_path / "out" / "summary.json").read_text())["warnings"]
    assert any("both legs are hidden" in sentence for sentence in warnings) == warned


def test_a_window_keeps_the_videos_clock(skeleton: Skeleton, video: Path, tmp_path: Path) -> None:
    request = AnalyzeRequest(
        video, tmp_path / "out", SUBJECT, window=TimeWindow(0.5, 1.2), overlay=False
    )
    run_analyze(request, tracker=StandingPerson(skeleton, lambda k: False))
    times = read_storage(request.out / "kinematics.mot").times
    assert times[0] == pytest.approx(0.5)
    assert times[-1] == pytest.approx(1.2)


def test_a_folder_in_use_is_refused_before_any_work(video: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")

    class NeverAsked:
        def observe(self, frame: Frame) -> Observation:
            raise AssertionError("the images were looked at")

        def revise(self, observations: Sequence[Observation]) -> Sequence[Observation]:
            return observations

    with pytest.raises(OutputError, match="not empty"):
        run_analyze(AnalyzeRequest(video, tmp_path, SUBJECT), tracker=NeverAsked())


def test_a_full_disk_while_writing_leaves_nothing(
    skeleton: Skeleton, video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, entries: object) -> None:
        path.write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("monomsk_analysis.analyze.write_summary", full)
    request = AnalyzeRequest(video, tmp_path / "out", SUBJECT, overlay=False)
    with pytest.raises(OutputError, match="no space left on the disk"):
        run_analyze(request, tracker=StandingPerson(skeleton, lambda k: False))
    assert not request.out.exists()


def test_a_bad_video_leaves_no_folder(tmp_path: Path) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"nothing of a video" * 50)
    request = AnalyzeRequest(tmp_path / "bad.mp4", tmp_path / "out", SUBJECT, CameraRequest())
    with pytest.raises(VideoError):
        run_analyze(request)
    assert not request.out.exists()
