from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from monomsk_analysis.analyze import AnalyzeRequest, run_analyze
from monomsk_analysis.camera_choice import CameraRequest
from monomsk_analysis.frame_source import Frame, TimeWindow
from monomsk_analysis.perception_tracker import PerceptionTracker
from monomsk_analysis.storage import read_storage
from monomsk_description.body_state import BodyState
from monomsk_description.subject import Subject
from monomsk_perception.camera_pose import CameraPose, CameraPoseSource
from monomsk_perception.errors import ModelFileError
from monomsk_perception.model_files import find_model


@dataclass
class Result:
    """What the fake perception gives for an image."""

    landmarks: Any
    state: BodyState | None
    camera: CameraPose
    timings_s: dict[str, float]


@dataclass
class Lifted:
    """Whether the fit started anew with this image."""

    restarted: bool


class Lifter:
    last: Lifted | None = None


def body(stamp_ns: int, quality: float) -> BodyState:
    q = np.zeros(38)
    q[6] = 1.0
    return BodyState(stamp_ns, q, np.zeros(37), quality=quality)


class FakePerception:
    """Nobody in image 2; a restart in images 0 and 3; the camera's height is the image number."""

    def __init__(self) -> None:
        self.lifter = Lifter()
        self._stamps: list[int] = []

    def process(self, image_bgr: np.ndarray, stamp_ns: int) -> Result:
        camera = CameraPose.level(1.0 + stamp_ns, CameraPoseSource.ESTIMATED)
        if stamp_ns == 2:
            return Result(None, None, camera, {})
        self.lifter.last = Lifted(restarted=stamp_ns in (0, 3))
        self._stamps.append(stamp_ns)
        return Result("landmarks", body(stamp_ns, 0.5), camera, {"lift": 0.1})

    def smoothed(self) -> list[BodyState]:
        return [body(stamp_ns, 0.9) for stamp_ns in self._stamps]


def test_hindsight_gives_smoothed_states_and_the_camera_of_the_stretchs_end() -> None:
    tracker = PerceptionTracker(FakePerception())  # type: ignore[arg-type]
    image = np.zeros((2, 2, 3), dtype=np.uint8)
    seen = [tracker.observe(Frame(k, 0.1 * k, k, image)) for k in range(6)]
    assert [observation.state is None for observation in seen] == [k == 2 for k in range(6)]
    revised = tracker.revise(seen)
    assert len(revised) == 6
    heights, qualities = [], []
    for observation in revised:
        pose = observation.pose_world_camera
        heights.append(None if pose is None else pose.translation[2])
        qualities.append(None if observation.state is None else observation.state.quality)
    # Images 0 and 1 rest on what was believed before the restart, the others on the end's belief.
    assert heights == [3.0, 3.0, None, 6.0, 6.0, 6.0]
    assert qualities == [0.9, 0.9, None, 0.9, 0.9, 0.9]


def test_a_real_person_in_a_real_video(shared_data: Path, tmp_path: Path) -> None:
    try:
        find_model("pose_detection")
        find_model("pose_landmark_lite")
    except ModelFileError as error:
        pytest.skip(str(error))
    request = AnalyzeRequest(
        source=shared_data / "lab_walk_trunk_sway" / "video.mp4",
        out=tmp_path / "out",
        subject=Subject(1.60, 58.0),
        camera=CameraRequest(focal_px=913.0),
        window=TimeWindow(0.3, 0.8),
        model_complexity="lite",
        overlay=False,
    )
    analysis = run_analyze(request)
    assert analysis.split.tracked == analysis.split.frames == 31
    kinematics = read_storage(request.out / "kinematics.mot")
    assert kinematics.times[0] == pytest.approx(0.3, abs=0.001)
    assert np.abs(kinematics.column("knee_angle_r")).max() < 90.0
    way = kinematics.columns(("pelvis_tx", "pelvis_tz"))
    assert 0.2 < np.linalg.norm(way[-1] - way[0]) < 1.5, "she walks"
    forces = read_storage(request.out / "ground_reaction.mot")
    total = forces.column("ground_force_r_vy") + forces.column("ground_force_l_vy")
    assert 0.6 < total.mean() / (58.0 * 9.81) < 1.4
