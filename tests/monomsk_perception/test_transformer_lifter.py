"""The learned lifter: delays, stamps, gaps with a network that knows the truth; shipped weights."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pinocchio as pin
import pytest
from tests.monomsk_perception.conftest import standing

from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.camera_pose import CameraPose, CameraPoseSource
from monomsk_perception.errors import LifterWeightsError, OptionError
from monomsk_perception.lifter_answer import (
    HISTORY_FRAMES,
    MAX_LOOK_AHEAD,
    WINDOW_FRAMES,
    Answer,
    Track,
    live_numbers,
)
from monomsk_perception.lifter_factory import LifterChoice, make_lifter, usable_choice
from monomsk_perception.lifter_network import CARD_NAME, DATA_FOLDER, WEIGHTS_NAME, OnnxLifter
from monomsk_perception.lifter_options import LifterOptions
from monomsk_perception.transformer_lifter import TransformerLifter

FRAME_NS = 33_333_333
CAMERA = CameraPose.level(1.4, CameraPoseSource.PARAMETER, pitch_rad=0.08)
KNEES = ("knee_angle_r", "knee_angle_l")

needs_weights = pytest.mark.skipif(
    not (DATA_FOLDER / WEIGHTS_NAME).exists(), reason="the weights of the lifter are not here"
)


def squat(skeleton: Skeleton, frame: float) -> np.ndarray:
    return standing(skeleton, knee_rad=0.1 + 0.35 * (1 - np.cos(frame * 0.15)))


class Oracle:
    """A network that knows the squat: it reads the frame's time off the height of the nose."""

    def __init__(self, skeleton: Skeleton) -> None:
        self._skeleton = skeleton
        self.later: list[int] = []
        self._noses, self._knees = self._table()

    def __call__(
        self, track: Track, subject: np.ndarray, asked: Sequence[int] | None = None
    ) -> Answer:
        if asked is not None:
            self.later.append(int(track.numbers[-1] - track.numbers[asked[0]]))
        chosen = range(len(track)) if asked is None else asked
        frames = len(chosen)
        knees = np.interp(track.rays[chosen, 0, 1], self._noses, self._knees)
        poses = [standing(self._skeleton, knee_rad=float(knee)) for knee in knees]
        placed = [CAMERA.pose_world_camera.actInv(pin.XYZQUATToSE3(q[:7])) for q in poses]
        return Answer(
            np.array([pose.rotation for pose in placed]),
            np.array([pose.translation for pose in placed]),
            np.full((frames, 2), np.log(0.03)),
            np.array([q[7:] for q in poses]),
            np.full((frames, 31), np.log(0.03)),
            np.zeros((frames, 8)),
            np.full((frames, 4), 5.0),
        )

    def _table(self) -> tuple[np.ndarray, np.ndarray]:
        knees = np.linspace(0.05, 0.9, 60)
        noses = []
        for knee in knees:
            q = standing(self._skeleton, knee_rad=float(knee))
            nose = CAMERA.to_camera(self._skeleton.points(q, self._skeleton.landmarks)[:1])[0][0]
            noses.append(nose[1] / nose[2])
        order = np.argsort(noses)
        return np.array(noses)[order], knees[order]


@pytest.fixture
def lifter(skeleton: Skeleton, intrinsics: CameraIntrinsics) -> Callable[..., TransformerLifter]:
    def build(look_ahead: int = 0, network: object = None) -> TransformerLifter:
        chosen = network or Oracle(skeleton)
        return TransformerLifter(
            skeleton, intrinsics, CAMERA, network=chosen, look_ahead=look_ahead
        )

    return build


def knee_error_deg(skeleton: Skeleton, states: list, truth: list[np.ndarray]) -> float:
    columns = [7 + skeleton.coordinate_index(name) for name in KNEES]
    found = np.array([state.q[columns] for state in states])
    return float(np.degrees(np.abs(found - np.array([q[columns] for q in truth])).max()))


@pytest.mark.parametrize("look_ahead", [0, 3, 8])
def test_live_states_come_late_by_the_look_ahead_and_keep_their_stamps(
    skeleton: Skeleton, lifter: Callable, make_film: Callable, look_ahead: int
) -> None:
    film, oracle = make_film(CAMERA), Oracle(skeleton)
    live = lifter(look_ahead, oracle)
    truth = [squat(skeleton, k) for k in range(25)]
    answers = [live.lift(film(q, k * FRAME_NS)) for k, q in enumerate(truth)]
    assert all(state is None for state in answers[:look_ahead])
    states = [state for state in answers if state is not None]
    assert [state.stamp_ns for state in states] == [k * FRAME_NS for k in range(25 - look_ahead)]
    assert knee_error_deg(skeleton, states, truth[: len(states)]) < 4.0
    assert set(oracle.later) == {look_ahead}


@pytest.mark.parametrize("rate_hz", [15.0, 30.0, 60.0])
def test_a_clip_of_any_frame_rate_gives_a_state_for_each_frame(
    skeleton: Skeleton, lifter: Callable, make_film: Callable, rate_hz: float
) -> None:
    film = make_film(CAMERA)
    frames = int(1.2 * rate_hz)
    truth = [squat(skeleton, 30.0 / rate_hz * k) for k in range(frames)]
    clip = [film(q, round(k / rate_hz * 1e9)) for k, q in enumerate(truth)]
    states = lifter().lift_clip(clip)
    assert [state.stamp_ns for state in states] == [landmarks.stamp_ns for landmarks in clip]
    assert knee_error_deg(skeleton, states, truth) < 5.0


def test_a_pause_separates_stretches_and_every_frame_is_still_answered(
    skeleton: Skeleton, lifter: Callable, make_film: Callable
) -> None:
    film = make_film(CAMERA)
    stamps = [k * FRAME_NS for k in (*range(10), *range(60, 75))]
    clip = [film(squat(skeleton, stamp / FRAME_NS), stamp) for stamp in stamps]
    states = lifter().lift_clip(clip)
    assert [state.stamp_ns for state in states] == stamps


def test_a_live_pause_forgets_what_was_before(
    skeleton: Skeleton, lifter: Callable, make_film: Callable
) -> None:
    film, live = make_film(CAMERA), lifter()
    for k in range(5):
        live.lift(film(squat(skeleton, k), k * FRAME_NS))
    state = live.lift(film(squat(skeleton, 200), 200 * FRAME_NS))
    assert live.last is not None and live.last.restarted
    assert knee_error_deg(skeleton, [state], [squat(skeleton, 200)]) < 6.0


@needs_weights
def test_an_image_that_waits_over_a_long_pause_is_still_answered(
    skeleton: Skeleton, intrinsics: CameraIntrinsics, make_film: Callable
) -> None:
    film, patient = make_film(CAMERA), LifterOptions(max_gap_s=5.0)
    live = TransformerLifter(skeleton, intrinsics, CAMERA, patient, look_ahead=8)
    for k in range(5):
        assert live.lift(film(squat(skeleton, k), k * FRAME_NS)) is None
    state = live.lift(film(squat(skeleton, 104), 104 * FRAME_NS))
    assert state is not None and state.stamp_ns == 4 * FRAME_NS
    assert knee_error_deg(skeleton, [state], [squat(skeleton, 4)]) < 20.0
    assert len(live._past) == 6


def test_measured_lengths_reach_the_network(
    intrinsics: CameraIntrinsics, skeleton: Skeleton
) -> None:
    suggested = skeleton.anatomy.length_rules["thigh"].model_length_m
    tall = build_skeleton(Subject(1.75, 70.0, segment_lengths_m={"thigh": 1.1 * suggested}))
    lifter = TransformerLifter(tall, intrinsics, CAMERA, network=Oracle(skeleton))
    assert lifter._token[1] == pytest.approx(10.0 * np.log(1.1), abs=1e-6)
    assert lifter._token[9] == 1.0
    assert not lifter._token[10:].any()
    assert lifter._token[0] == pytest.approx(3.0 * np.log(1.75 / 1.7))


def test_look_ahead_out_of_range_is_refused(lifter: Callable) -> None:
    with pytest.raises(OptionError, match="look_ahead"):
        lifter(9)


def test_unknown_lifters_are_refused(skeleton: Skeleton, intrinsics: CameraIntrinsics) -> None:
    with pytest.raises(OptionError, match="geometric, transformer"):
        make_lifter(LifterChoice("magic"), skeleton, intrinsics)


@needs_weights
def test_shipped_weights_lift_a_noisy_squat(
    skeleton: Skeleton, intrinsics: CameraIntrinsics, make_film: Callable
) -> None:
    film = make_film(CAMERA, noise_px=2.0)
    truth = [squat(skeleton, k) for k in range(70)]
    lifter = make_lifter(LifterChoice("transformer"), skeleton, intrinsics, CAMERA)
    assert isinstance(lifter, TransformerLifter)
    states = lifter.lift_clip([film(q, k * FRAME_NS) for k, q in enumerate(truth)])
    columns = [7 + skeleton.coordinate_index(name) for name in KNEES]
    found = np.array([state.q[columns] for state in states])
    error = np.degrees(found - np.array([q[columns] for q in truth]))
    assert np.sqrt((error**2).mean()) < 8.0


def test_a_live_window_fits_into_the_network() -> None:
    assert HISTORY_FRAMES + MAX_LOOK_AHEAD <= WINDOW_FRAMES


@needs_weights
def test_the_shipped_network_answers_for_one_frame_of_a_short_window_as_among_all(
    skeleton: Skeleton,
) -> None:
    """As in a window of full length whose last frames are unseen, whatever they show."""
    rng = np.random.default_rng(4)
    network = OnnxLifter(skeleton.coordinate_names)
    rays = 0.2 * rng.normal(size=(WINDOW_FRAMES, 19, 2))
    seen = (np.arange(WINDOW_FRAMES) < 30).astype(float)
    whole = Track(rays, rng.random(rays.shape[:2]), seen)
    subject = 0.1 * rng.normal(size=17)
    short = network(whole.rows(slice(0, 30)), subject, [21])
    full = network(whole, subject)
    for name in ("coordinates", "log_scale", "pelvis_rotation", "pelvis_position", "contact"):
        answers = getattr(short, name)[0], getattr(full, name)[21]
        np.testing.assert_allclose(*answers, rtol=1e-5, atol=1e-5, err_msg=name)


@needs_weights
def test_frames_that_are_left_out_are_as_good_as_unseen(skeleton: Skeleton) -> None:
    rng = np.random.default_rng(5)
    network = OnnxLifter(skeleton.coordinate_names)
    rays, numbers = 0.2 * rng.normal(size=(52, 19, 2)), live_numbers(43, 8)
    seen = np.isin(np.arange(52), numbers).astype(float)
    whole = Track(rays, rng.random(rays.shape[:2]), seen)
    subject = 0.1 * rng.normal(size=17)
    own = np.flatnonzero(numbers == 43)
    thinned = network(replace(whole.rows(numbers), numbers=numbers), subject, own)
    full = network(whole, subject, [43])
    for name in ("coordinates", "log_scale", "pelvis_rotation", "pelvis_position", "contact"):
        answers = getattr(thinned, name), getattr(full, name)
        np.testing.assert_allclose(*answers, rtol=1e-5, atol=1e-5, err_msg=name)


@needs_weights
def test_windows_answered_at_once_know_nothing_of_each_other(skeleton: Skeleton) -> None:
    rng = np.random.default_rng(6)
    network = OnnxLifter(skeleton.coordinate_names)
    rays, subject = 0.2 * rng.normal(size=(40, 19, 2)), 0.1 * rng.normal(size=17)
    numbers, windows = np.tile(np.arange(20), 2), np.repeat([0, 1], 20)
    both = Track(rays, rng.random(rays.shape[:2]), np.ones(40), numbers, windows)
    at_once = network(both, subject, [5, 19, 33])
    apart = [network(both.rows(slice(0, 20)), subject, [5, 19])]
    apart.append(network(both.rows(slice(20, 40)), subject, [13]))
    for name in ("coordinates", "log_scale", "pelvis_rotation", "pelvis_position", "contact"):
        alone = np.concatenate([getattr(answer, name) for answer in apart])
        np.testing.assert_allclose(getattr(at_once, name), alone, atol=1e-5, err_msg=name)


@needs_weights
def test_wrong_or_damaged_weights_are_refused_by_name(tmp_path: Path, skeleton: Skeleton) -> None:
    with pytest.raises(LifterWeightsError, match="other coordinates"):
        OnnxLifter(("hip_flexion_r",))
    with pytest.raises(LifterWeightsError, match="card cannot be read"):
        OnnxLifter(skeleton.coordinate_names, tmp_path)
    (tmp_path / CARD_NAME).write_text("{sha256: a, skeleton: b, coordinates: [], landmarks: [x]}")
    with pytest.raises(LifterWeightsError, match="card is unreadable"):
        OnnxLifter(skeleton.coordinate_names, tmp_path)
    shutil.copy(DATA_FOLDER / CARD_NAME, tmp_path)
    with pytest.raises(LifterWeightsError, match="cannot be read"):
        OnnxLifter(skeleton.coordinate_names, tmp_path)
    (tmp_path / WEIGHTS_NAME).write_bytes(b"other")
    with pytest.raises(LifterWeightsError, match="checksum"):
        OnnxLifter(skeleton.coordinate_names, tmp_path)


@needs_weights
def test_weights_of_another_version_are_refused(
    skeleton: Skeleton, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monomsk_perception.lifter_network.INPUTS", ("rays", "reach"))
    with pytest.raises(LifterWeightsError, match="another version.*export"):
        OnnxLifter(skeleton.coordinate_names)


def test_without_weights_the_geometric_lifter_is_used_and_the_reason_is_said(
    skeleton: Skeleton, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("monomsk_perception.lifter_network.DATA_FOLDER", tmp_path)
    monkeypatch.setattr("monomsk_perception.lifter_factory._network", OnnxLifter)
    choice, reason = usable_choice(LifterChoice("transformer"), skeleton)
    assert choice.name == "geometric"
    assert "model card cannot be read" in reason
    assert usable_choice(LifterChoice("geometric"), skeleton) == (LifterChoice("geometric"), "")
