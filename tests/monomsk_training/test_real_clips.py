"""Real clips: read, lifted, compared; those that are the test stay out of selection."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from monomsk_perception.lifter_answer import Answer, Track
from monomsk_training.errors import RecipeError
from monomsk_training.motion_clip import COORDINATE_NAMES
from monomsk_training.real_clips import LEG_NAMES, RealClip, leg_means, load_real_clips
from monomsk_training.score import report

FRAMES, RATE_HZ = 60, 60.0
KNEE = COORDINATE_NAMES.index("knee_angle_r")


class Bent:
    """A network that sees every knee bent by 30 degrees and all else straight."""

    def __call__(
        self, track: Track, subject: np.ndarray, asked: Sequence[int] | None = None
    ) -> Answer:
        frames = len(track if asked is None else asked)
        coordinates = np.zeros((frames, 31))
        coordinates[:, [KNEE, KNEE + 7]] = np.radians(30.0)
        return Answer(
            np.repeat(np.eye(3)[None], frames, axis=0), np.zeros((frames, 3)),
            np.zeros((frames, 2)), coordinates, np.zeros((frames, 31)), np.zeros((frames, 8)),
            np.zeros((frames, 4)),
        )  # fmt: skip


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    """A list of two clips with landmarks and a reference whose right knee bends 20 to 40."""
    rng = np.random.default_rng(0)
    pixels = 300.0 + 50.0 * rng.random((FRAMES, 33, 2))
    pixels[10] = np.nan
    np.savez(
        tmp_path / "lm.npz", px=pixels, vis=np.ones((FRAMES, 33)), W=np.zeros((FRAMES, 33, 3)),
        size=np.array([640, 480]),
    )  # fmt: skip
    seconds = np.arange(FRAMES) / RATE_HZ
    knee = 30.0 + 10.0 * np.where(np.arange(FRAMES) % 2, 1.0, -1.0)
    columns = [seconds, *(knee if name == "knee_angle_r" else 0.0 * seconds for name in LEG_NAMES)]
    header = ",".join(["time", *LEG_NAMES])
    np.savetxt(tmp_path / "ref.csv", np.array(columns).T, delimiter=",", header=header, comments="")
    entry = "landmarks: lm.npz, reference: ref.csv, focal_px: 600, rate_hz: 60, height_m: 1.7"
    path = tmp_path / "clips.yaml"
    path.write_text(
        f"clips:\n  - {{name: one, selects: true, {entry}}}\n"
        f"  - {{name: test, selects: false, {entry}}}\n"
    )
    return path


def test_test_clips_are_not_even_read_for_selection(listed: Path) -> None:
    folder = listed.parent
    assert [clip.name for clip in load_real_clips(listed, folder, folder)] == ["one", "test"]
    chosen = load_real_clips(listed, folder, folder, selecting=True)
    assert [clip.name for clip in chosen] == ["one"]


@pytest.mark.parametrize("look_ahead", [None, 0])
def test_errors_are_those_of_the_angles(listed: Path, look_ahead: int | None) -> None:
    clip = load_real_clips(listed, listed.parent, listed.parent, selecting=True)[0]
    assert len(clip.times) == FRAMES - 1
    errors = clip.errors(*clip.angles(Bent(), look_ahead))
    assert errors["knee_angle_r"] == pytest.approx((10.0, 10.0), abs=0.2)
    assert errors["knee_angle_l"] == pytest.approx((30.0, 0.0), abs=1e-6)
    assert errors["hip_flexion_r"] == pytest.approx((0.0, 0.0), abs=1e-6)
    assert leg_means([errors])[0] == pytest.approx(40.0 / 8.0, abs=0.05)


@pytest.mark.parametrize("lost", ["all frames", "those of the reference"])
def test_clips_whose_reference_saw_somebody_else_are_refused(listed: Path, lost: str) -> None:
    folder = listed.parent
    if lost == "all frames":
        with np.load(folder / "lm.npz") as file:
            arrays = dict(file)
        np.savez(folder / "lm.npz", **{**arrays, "px": np.full_like(arrays["px"], np.nan)})
    else:
        rows = np.loadtxt(folder / "ref.csv", delimiter=",", skiprows=1) + 100.0
        header = ",".join(["time", *LEG_NAMES])
        np.savetxt(folder / "ref.csv", rows, delimiter=",", header=header, comments="")
    with pytest.raises(RecipeError, match="one: nobody was found"):
        load_real_clips(listed, folder, folder)


def test_the_report_keeps_selection_and_test_apart(listed: Path) -> None:
    clips = load_real_clips(listed, listed.parent, listed.parent)

    def bent(clip: RealClip) -> tuple[np.ndarray, np.ndarray]:
        degrees = 1.0 if clip.selects else 3.0
        return clip.times, np.full((len(clip.times), 31), np.radians(degrees))

    chosen, tested = (leg_means([clip.errors(*bent(clip))])[0] for clip in clips)
    text = report(clips, {"bent": bent}, detailed=True)
    assert f"MEAN selection {chosen:.2f}" in text
    assert f"MEAN test {tested:.2f}" in text
    assert "    test: hip_flexion_r 3.0/0.0" in text
