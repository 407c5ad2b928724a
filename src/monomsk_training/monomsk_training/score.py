"""Scores lifters on real clips with reference angles, side by side.

    python -m monomsk_training.score --data DATA --landmarks FOLDER [--weights FOLDER]

For each clip and lifter: mean over the eight leg coordinates of the root mean square error [deg],
raw / without each coordinate's mean error. `network` is the network alone, `transformer` with the
skeleton fit behind it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from monomsk_description.body_state import BodyState
from monomsk_description.frames import Array
from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject
from monomsk_perception.geometric_lifter import GeometricLifter
from monomsk_perception.lifter_network import OnnxLifter
from monomsk_perception.lifter_options import LifterOptions
from monomsk_perception.motion_history import MotionHistory
from monomsk_perception.transformer_lifter import TransformerLifter
from monomsk_training.motion_clip import COORDINATE_NAMES
from monomsk_training.real_clips import LEG_NAMES, RealClip, leg_means, load_real_clips

Method = Callable[[RealClip], tuple[Array, Array]]


def methods(folder: Path | None, options: LifterOptions) -> dict[str, Method]:
    """The lifters by name, each from a clip to times [s] and coordinates (n, 31) [rad]."""
    network = OnnxLifter(COORDINATE_NAMES, folder)

    def transformer(clip: RealClip, look_ahead: int) -> TransformerLifter:
        skeleton = _skeleton(clip)
        return TransformerLifter(
            skeleton, clip.camera, options=options, network=network, look_ahead=look_ahead
        )

    def live(clip: RealClip, look_ahead: int) -> tuple[Array, Array]:
        lifter = transformer(clip, look_ahead)
        states = [lifter.lift(landmarks) for landmarks in clip.landmarks]
        return _table([state for state in states if state is not None])

    return {
        "geometric, live": lambda clip: _geometric(clip, options, False),
        "geometric, offline": lambda clip: _geometric(clip, options, True),
        "network, offline": lambda clip: clip.angles(network, None),
        "network, 8 frames ahead": lambda clip: clip.angles(network, 8),
        "network, no delay": lambda clip: clip.angles(network, 0),
        "transformer, offline": lambda clip: _table(transformer(clip, 0).lift_clip(clip.landmarks)),
        "transformer, 8 frames ahead": lambda clip: live(clip, 8),
        "transformer, no delay": lambda clip: live(clip, 0),
    }


def report(clips: Sequence[RealClip], chosen: dict[str, Method], detailed: bool) -> str:
    """The table as text."""
    lines = []
    for name, method in chosen.items():
        errors = {clip.name: clip.errors(*method(clip)) for clip in clips}
        cells = [
            "{} {:.2f} / {:.2f}".format(clip, *leg_means([row])) for clip, row in errors.items()
        ]
        for label, selects in (("selection", True), ("test", False)):
            rows = [errors[clip.name] for clip in clips if clip.selects is selects]
            if rows:
                cells.append("MEAN {} {:.2f} / {:.2f}".format(label, *leg_means(rows)))
        lines.append(f"{name:28s} " + " | ".join(cells))
        if detailed:
            lines += [f"    {clip}: {_details(row)}" for clip, row in errors.items()]
    return "\n".join(lines) + "\n"


def _details(errors: dict[str, tuple[float, float]]) -> str:
    names = [*LEG_NAMES, *(name for name in errors if name not in LEG_NAMES)]
    return ", ".join("{} {:.1f}/{:.1f}".format(n, *errors[n]) for n in names if n in errors)


def _skeleton(clip: RealClip) -> Skeleton:
    return build_skeleton(Subject.assume(clip.height_m))


def _geometric(clip: RealClip, options: LifterOptions, smooth: bool) -> tuple[Array, Array]:
    lifter = GeometricLifter(_skeleton(clip), clip.camera, options=options)
    history, states = MotionHistory(lifter), []
    for landmarks in clip.landmarks:
        states.append(lifter.lift(landmarks))
        history.add()
    return _table(history.smoothed() if smooth else states)


def _table(states: Sequence[BodyState]) -> tuple[Array, Array]:
    times = np.array([state.stamp_ns for state in states]) * 1e-9
    return times, np.array([state.q[7:] for state in states])


def main(words: list[str] | None = None) -> None:
    """Scores."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the references")
    parser.add_argument("--landmarks", type=Path, required=True, help="folder of the landmarks")
    parser.add_argument("--clips", type=Path, default=Path("config/real_clips.yaml"))
    parser.add_argument("--weights", type=Path, help="folder of weights and card; else the shipped")
    parser.add_argument("--only", default="", help="a piece of the names of lifters to run")
    parser.add_argument("--detailed", action="store_true", help="every coordinate")
    arguments = parser.parse_args(words)
    clips = load_real_clips(arguments.clips, arguments.data, arguments.landmarks)
    chosen = methods(arguments.weights, LifterOptions())
    chosen = {name: method for name, method in chosen.items() if arguments.only in name}
    sys.stdout.write(report(clips, chosen, arguments.detailed))


if __name__ == "__main__":
    main()
