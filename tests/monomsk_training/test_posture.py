"""Postures that no image shows: walks are found, brought to the usual one, spread."""

from dataclasses import replace

import numpy as np
import pytest

from monomsk_description.landmarks import LANDMARK_NAMES
from monomsk_description.skeleton import build_skeleton
from monomsk_training.clip_checks import SUBJECT, configurations
from monomsk_training.generators import gait
from monomsk_training.library import Library, Source, load_libraries
from monomsk_training.motion_clip import COLUMN, MOTION_NAMES, MotionClip, at_rest
from monomsk_training.posture import (
    USUAL_LINE_DEG,
    USUAL_TILT_DEG,
    Change,
    changed,
    posture,
    towards_usual,
    unseen,
    usual,
    walks,
)
from monomsk_training.sampler import MotionSampler, SamplerOptions

TILT = COLUMN["pelvis_tilt"]
SEEN = [LANDMARK_NAMES.index(f"left_{name}") for name in ("shoulder", "hip", "knee", "ankle")]


@pytest.fixture(scope="module")
def skeleton():
    return build_skeleton(SUBJECT)


def walk(turns: float = 0.0) -> MotionClip:
    """A generated walk of two seconds that faces its way, or turns on it."""
    times = np.arange(120) / 60.0
    values = at_rest(len(times))
    swing = np.sin(2.0 * np.pi * times)
    for side, sense in (("r", 1.0), ("l", -1.0)):
        values[:, COLUMN[f"hip_flexion_{side}"]] = 0.2 + 0.4 * sense * swing
        values[:, COLUMN[f"knee_angle_{side}"]] = 0.5 + 0.4 * sense * swing
    values[:, COLUMN["pelvis_tilt"]] = np.radians(-17.0)
    values[:, COLUMN["pelvis_rotation"]] = turns * 2.0 * np.pi * times
    return MotionClip("walk", "someone", 60.0, values)


def standing() -> MotionClip:
    return MotionClip("standing", "someone", 60.0, at_rest(120))


def test_walks_are_told_from_other_motion() -> None:
    assert walks(walk())
    assert not walks(standing())
    together = walk().values.copy()
    together[:, COLUMN["hip_flexion_l"]] = together[:, COLUMN["hip_flexion_r"]]
    assert not walks(MotionClip("jump", "someone", 60.0, together))
    runner = walk().values.copy()
    runner[:, COLUMN["knee_angle_r"]] *= 2.0
    assert not walks(MotionClip("run", "someone", 60.0, runner))


def test_generated_gait_is_mostly_walking() -> None:
    times = np.arange(120) / 60.0
    rng = np.random.default_rng(0)
    found = [walks(MotionClip("", "", 60.0, gait(rng, times))) for _ in range(60)]
    assert np.mean(found) > 0.5


@pytest.mark.parametrize("measured", [True, False])
@pytest.mark.parametrize("turns", [0.0, 0.7])
def test_a_walk_is_brought_to_the_usual_posture(skeleton, measured, turns) -> None:
    before = posture(walk(turns), skeleton)
    (clip,) = usual([walk(turns)], skeleton, measured=measured)
    after = posture(clip, skeleton)
    assert np.degrees(after.tilt_rad) == pytest.approx(USUAL_TILT_DEG, abs=0.3)
    line = np.degrees(before.line_rad) if measured else USUAL_LINE_DEG
    assert np.degrees(after.line_rad) == pytest.approx(line, abs=1.5)
    # Nobody's legs turn, nor does anybody turn another way around.
    np.testing.assert_allclose(
        pelvis_to_foot(clip, skeleton), pelvis_to_foot(walk(turns), skeleton), atol=0.02
    )
    np.testing.assert_allclose(
        np.diff(clip.values[:, 2]), np.diff(walk(turns).values[:, 2]), atol=0.03
    )


def pelvis_to_foot(clip: MotionClip, skeleton) -> np.ndarray:
    """Ankle from hip in the world's axes [m]."""
    points = np.array([skeleton.points(q, skeleton.landmarks) for q in configurations(clip.values)])
    return points[:, SEEN[3]] - points[:, SEEN[1]]


def test_what_is_usual_stays(skeleton) -> None:
    (clip,) = usual([walk()], skeleton, measured=False)
    again = towards_usual(posture(clip, skeleton), measured=False)
    assert np.abs(np.degrees(again)).max() < 1.5


def test_other_clips_of_a_source_follow_its_walks_unless_bones_were_measured(skeleton) -> None:
    _, still = usual([walk(), standing()], skeleton, measured=False)
    expected = changed(standing(), towards_usual(posture(walk(), skeleton), measured=False))
    np.testing.assert_allclose(still.values, expected.values)
    _, measured = usual([walk(), standing()], skeleton, measured=True)
    np.testing.assert_allclose(measured.values, standing().values)
    (alone,) = usual([standing()], skeleton, measured=False)
    np.testing.assert_allclose(alone.values, standing().values)


def test_an_unseen_tilt_moves_no_landmark_below_the_head(skeleton) -> None:
    change = np.zeros((1, len(MOTION_NAMES)))
    unseen(change, np.radians(np.array([6.0])))
    clip = standing()
    tilted = changed(
        clip, Change(change[0, 0], change[0, COLUMN["lumbar_extension"]] + change[0, 0])
    )
    for side in "rl":
        name = COLUMN[f"hip_flexion_{side}"]
        assert tilted.values[0, name] == pytest.approx(clip.values[0, name] + change[0, name])
    places = [
        skeleton.points(configurations(one.values[:1])[0], skeleton.landmarks)[SEEN]
        for one in (clip, tilted)
    ]
    # The root is the pelvis' origin: from hip to hip. Shoulders sink a little.
    moved = (places[1] - places[1][1]) - (places[0] - places[0][1])
    assert np.abs(moved[:, 0]).max() < 0.006
    assert np.abs(moved).max() < 0.015


def test_recorded_windows_alone_get_unseen_tilts() -> None:
    options = SamplerOptions(mixture={"clips": 1.0}, habit_deg=0.0, drift_deg=0.0, posture_deg=4.0)
    library = Library((walk(),), np.ones(1))
    windows, _ = MotionSampler(library, options, 30, 30.0).sample(np.random.default_rng(0), 300)
    tilt = np.degrees(windows[..., TILT].mean(1))
    assert tilt.std() == pytest.approx(4.0, rel=0.15)
    without = replace(options, posture_deg=0.0)
    plain, _ = MotionSampler(library, without, 30, 30.0).sample(np.random.default_rng(0), 300)
    assert np.ptp(plain[..., TILT]) < 1e-6
    unseen_tilt = windows[..., TILT] - plain[..., TILT]
    for side in "rl":
        hip = COLUMN[f"hip_flexion_{side}"]
        np.testing.assert_allclose(windows[..., hip] + unseen_tilt, plain[..., hip], atol=1e-5)
    back = COLUMN["lumbar_extension"]
    taken = (windows[..., back] - plain[..., back]) / unseen_tilt
    assert np.ptp(taken) < 1e-3
    assert -1.6 < taken.mean() < -1.2
    generated = SamplerOptions(mixture={"squat": 1.0}, habit_deg=0.0, drift_deg=0.0)
    first, _ = MotionSampler(library, generated, 30, 30.0).sample(np.random.default_rng(1), 20)
    none = SamplerOptions(mixture={"squat": 1.0}, habit_deg=0.0, drift_deg=0.0, posture_deg=0.0)
    second, _ = MotionSampler(library, none, 30, 30.0).sample(np.random.default_rng(1), 20)
    np.testing.assert_array_equal(first, second)


def test_measured_people_validate_as_they_are(tmp_path) -> None:
    rows = walk().values
    names = " ".join(MOTION_NAMES)
    lines = "\n".join(
        " ".join(f"{number:.6f}" for number in (k / 60.0, *row)) for k, row in enumerate(rows)
    )
    text = f"Coordinates\ninDegrees=no\nendheader\ntime {names}\n{lines}\n"
    for name in ("A_walk", "B_walk"):
        (tmp_path / f"{name}.mot").write_text(text)
    tilts = {}
    for measured in (True, False):
        source = Source("x", "y", "*.mot", "opensim", 1.0, {}, (), ("B_",), measured=measured)
        for library in load_libraries(tmp_path, [source]):
            (clip,) = library.clips
            tilts[measured, clip.name[0]] = np.degrees(clip.values[:, TILT].mean())
    assert tilts[True, "B"] == pytest.approx(-17.0, abs=0.1)
    for key in ((True, "A"), (False, "A"), (False, "B")):
        assert tilts[key] == pytest.approx(USUAL_TILT_DEG, abs=0.3)
