"""What no image shows of a posture: the pelvis' tilt between shoulders and thighs in place.

    python -m monomsk_training.posture --data DATA [--prepared MOTIONS] [--recipe FILE]

prints what walking people of the library have. Who stands as before, with the pelvis tilted and
hips and back bent against it, looks as before: two hip landmarks say nothing of the tilt. So what a
network answers there is what its training usually had, and recordings without markers on bones have
the zero pose of their capture system instead of a pelvis. `usual` brings walking people to the mean
of those with markers; the sampler spreads them as those are spread.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from monomsk_description.frames import Array
from monomsk_description.landmarks import LANDMARK_NAMES
from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_training.clip_checks import SUBJECT, configurations
from monomsk_training.motion_clip import COLUMN, MotionClip, leaning

#: Walking people with markers on their bones who train: seven children and two adults, means of
#: their means [deg] (of what this module prints; their tilts scatter by 6, their lines by 3).
USUAL_TILT_DEG, USUAL_LINE_DEG = -2.6, 3.4
#: How far the line from hips to shoulders leans forward for 1 of the pelvis' tilt under a trunk
#: that stays, and for 1 of the trunk's: means over walks (tests hold them against the skeleton).
_LINE_PER_TILT, _LINE_PER_TRUNK = -0.28, -0.70
#: Back that leaves the line from hips to shoulders in place while the pelvis tilts by 1.
_BACK_PER_TILT = -1.0 - _LINE_PER_TILT / _LINE_PER_TRUNK
#: Walks: hips that swing so far [rad] against each other, knees that stay below a runner's [rad].
_SWING_RAD, _OPPOSITE, _KNEE_RAD = np.radians(20.0), -0.5, np.radians(85.0)
_SECONDS = 0.8
_HIPS = [COLUMN["hip_flexion_r"], COLUMN["hip_flexion_l"]]
_KNEES = [COLUMN["knee_angle_r"], COLUMN["knee_angle_l"]]
_TILT, _BACK = COLUMN["pelvis_tilt"], COLUMN["lumbar_extension"]
_SIDES = [
    [LANDMARK_NAMES.index(f"{side}_{name}") for side in ("left", "right")]
    for name in ("shoulder", "hip")
]
#: Postures change slowly: one of so many frames is looked at.
_STRIDE = 6


class Posture(NamedTuple):
    """Means over a walk.

    Attributes:
        tilt_rad: Of the pelvis, OpenSim's sense: forward is negative [rad].
        line_rad: How far the shoulders are before the hips, as an angle [rad].
    """

    tilt_rad: float
    line_rad: float


class Change(NamedTuple):
    """What is added to a posture.

    Attributes:
        tilt_rad: To the pelvis' tilt, thighs and trunk in place [rad].
        trunk_rad: To the trunk's pitch, backward is positive [rad].
    """

    tilt_rad: float = 0.0
    trunk_rad: float = 0.0


def walks(clip: MotionClip) -> bool:
    """Whether someone walks throughout: the hips swing against each other, no knee bends far."""
    hips = clip.values[:, _HIPS]
    if clip.duration_s < _SECONDS or float(np.min(np.ptp(hips, axis=0))) < _SWING_RAD:
        return False
    together = np.asarray(np.corrcoef(hips.T))[0, 1]
    return bool(together < _OPPOSITE) and float(clip.values[:, _KNEES].max()) < _KNEE_RAD


def posture(clip: MotionClip, skeleton: Skeleton) -> Posture:
    """The mean posture of a clip."""
    configuration = configurations(clip.values[::_STRIDE])
    forward = Rotation.from_quat(configuration[:, 3:7]).as_matrix()[:, :, 0]
    points = np.array([skeleton.points(q, skeleton.landmarks) for q in configuration])
    shoulders, hips = (points[:, pair].mean(1) for pair in _SIDES)
    level = forward[:, :2] / np.linalg.norm(forward[:, :2], axis=1, keepdims=True)
    ahead = np.einsum("fi,fi->f", (shoulders - hips)[:, :2], level)
    line = np.arctan2(ahead, (shoulders - hips)[:, 2])
    return Posture(float(np.arcsin(forward[:, 2]).mean()), float(line.mean()))


def towards_usual(found: Posture, *, measured: bool) -> Change:
    """What makes a walking posture the usual one.

    Args:
        found: The posture.
        measured: Whether it is that of bones: the shoulders stay, then, where they are.
    """
    tilt = np.radians(USUAL_TILT_DEG) - found.tilt_rad
    line = 0.0 if measured else np.radians(USUAL_LINE_DEG) - found.line_rad
    return Change(float(tilt), float((line - _LINE_PER_TILT * tilt) / _LINE_PER_TRUNK))


def changed(clip: MotionClip, change: Change) -> MotionClip:
    """The clip in another posture: thighs and shanks keep their directions in the world.

    The hips are not at the pelvis' origin: they, and the legs with them, move by up to 3 cm.
    """
    values = clip.values.copy()
    turn = np.array([change.tilt_rad, 0.0, 0.0])
    turned = leaning(values[:, :3], turn)
    # Whoever turns around and around does so still.
    values[:, :3] = turned + 2.0 * np.pi * np.round((values[:, :3] - turned) / (2.0 * np.pi))
    values[:, _HIPS] -= change.tilt_rad
    values[:, _BACK] += change.trunk_rad - change.tilt_rad
    return replace(clip, values=values)


def usual(clips: Sequence[MotionClip], skeleton: Skeleton, *, measured: bool) -> list[MotionClip]:
    """The clips of one source with walking people in the usual posture.

    Where nobody walks, the source's median change takes out what its zero pose is off, unless
    bones were `measured`.
    """
    found = [
        towards_usual(posture(clip, skeleton), measured=measured) if walks(clip) else None
        for clip in clips
    ]
    known = [change for change in found if change is not None]
    other = Change() if measured or not known else Change(*np.median(known, axis=0).tolist())
    return [changed(clip, change or other) for clip, change in zip(clips, found, strict=True)]


def unseen(change: Array, tilt: Array) -> None:
    """Adds pelvic tilts that no image shows to changes of motions, in place.

    Args:
        change: Of the coordinates (..., 37) [rad].
        tilt: Of the pelvis (...) [rad].
    """
    change[..., _TILT] += tilt
    change[..., _HIPS] -= tilt[..., None]
    change[..., _BACK] += _BACK_PER_TILT * tilt


def main(words: list[str] | None = None) -> None:
    """Prints the postures of the library's walks, before anything is done to them."""
    from monomsk_training.library import load_recipe, read_clips

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the motions")
    parser.add_argument("--prepared", type=Path, help="folder of motions made of markers")
    parser.add_argument("--recipe", type=Path, help="motion library, YAML")
    arguments = parser.parse_args(words)
    skeleton = build_skeleton(SUBJECT)
    sys.stdout.write(f"{'clip':60s} {'tilt':>6s} {'line':>6s}  [deg]\n")
    for source, clip in read_clips(
        arguments.data, load_recipe(arguments.recipe), arguments.prepared
    ):
        if walks(clip):
            tilt, line = np.degrees(posture(clip, skeleton))
            kind = "measured" if source.measured else ""
            sys.stdout.write(
                f"{clip.subject + '/' + clip.name:60s} {tilt:6.1f} {line:6.1f}  {kind}\n"
            )


if __name__ == "__main__":
    main()
