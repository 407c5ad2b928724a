"""Prints what the clips of the motion library would take of a body, and which are dropped for it.

    python scripts/check_motions.py --data DATA [--prepared MOTIONS] [--recipe FILE]

Columns: length [s]; how fast carrying feet slide against each other, and together, as on a belt
[m/s]; factor on the travel; range of heights at which feet carry [m]; share of frames in which the
floor would pull; its highest force over the weight; highest torque of trunk and shoulders [N m/kg];
highest flight [m].
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from monomsk_description.skeleton import build_skeleton
from monomsk_training.clip_checks import SUBJECT, ClipLimits, clip_physics
from monomsk_training.library import load_recipe, read_clips

_HEADER = (
    f"{'clip':52s} {'s':>6s} {'slide':>6s} {'belt':>6s} {'travel':>6s} {'range':>6s} "
    f"{'pull':>6s} {'push':>6s} {'torque':>6s} {'flight':>6s}\n"
)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the motions")
    parser.add_argument("--prepared", type=Path, help="folder of motions made of markers")
    parser.add_argument("--recipe", type=Path, help="motion library, YAML")
    arguments = parser.parse_args()
    skeleton = build_skeleton(SUBJECT)
    sys.stdout.write(_HEADER)
    read = read_clips(arguments.data, load_recipe(arguments.recipe), arguments.prepared)
    for _, clip in read:
        physics = clip_physics(clip, skeleton)
        numbers = (
            clip.duration_s, physics.slide_m_s, physics.belt_m_s, physics.travel_scale,
            physics.float_m, physics.pull, physics.heave, physics.joint_nm_per_kg,
            physics.flight_m.max(),
        )  # fmt: skip
        row = " ".join(f"{number:6.2f}" for number in numbers)
        faults = "; ".join(physics.faults(ClipLimits()))
        dropped = f"  DROPPED: {faults}" if faults else ""
        sys.stdout.write(f"{clip.subject + '/' + clip.name:52s} {row}{dropped}\n")


if __name__ == "__main__":
    main()
