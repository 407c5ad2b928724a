"""Writes the OpenSim model of one scaled subject, for OpenSim to judge.

Usage, with the project's Python, then with one that has `opensim`:
    python scripts/golden/write_subject.py written_subject.osim
    python scripts/golden/opensim_golden.py --model written_subject.osim \
        --out tests/monomsk_description/data
"""

import sys
from pathlib import Path

from monomsk_description.osim_writer import to_osim
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject

SUBJECT = Subject(1.82, 81.5, segment_lengths_m={"thigh": 0.47, "pelvis_width": 0.175})


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    to_osim(build_skeleton(SUBJECT), Path(sys.argv[1]))


if __name__ == "__main__":
    main()
