"""Compares skeletons with OpenSim over many poses and keeps the scores, for `make bench`.

Usage, with a Python that has `opensim`, then with the project's:
    python scripts/golden/write_subject.py POSES/written_subject.osim      # the project's Python
    python scripts/golden/opensim_golden.py --data ../shared/data --out POSES --poses 1000
    python scripts/golden/opensim_golden.py --model POSES/written_subject.osim \
        --out POSES --poses 1000
    python scripts/golden/compare_poses.py --data ../shared/data --poses POSES \
        --out bench/opensim_poses.json                                     # the project's Python
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from golden_models import MODELS  # type: ignore[import-not-found]
from write_subject import SUBJECT  # type: ignore[import-not-found]

from monomsk_analysis.opensim_golden import PoseScore, compare_poses
from monomsk_description.osim_reader import from_osim
from monomsk_description.skeleton import build_skeleton, personal_skeleton


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of reference data")
    parser.add_argument("--poses", type=Path, required=True, help="what opensim_golden.py wrote")
    parser.add_argument("--out", type=Path, required=True, help="JSON file of the scores")
    arguments = parser.parse_args()
    scores = []
    for name, place in MODELS.items():
        skeleton = personal_skeleton(from_osim(arguments.data / place))
        scores.append(compare_poses(arguments.poses / f"{name}.npz", skeleton))
    written = arguments.poses / "written_subject.npz"
    scores.append(compare_poses(written, build_skeleton(SUBJECT)))
    for score in scores:
        print(score)
    content = {"opensim": "4.6", "models": [_rounded(score) for score in scores]}
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(content, indent=1) + "\n")


def _rounded(score: PoseScore) -> dict[str, object]:
    return {
        name: float(f"{value:.3g}") if isinstance(value, float) else value
        for name, value in asdict(score).items()
    }


if __name__ == "__main__":
    main()
