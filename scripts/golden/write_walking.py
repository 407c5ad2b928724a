"""Writes the moments of the measured walking trial, for OpenSim's tool to be compared with.

Usage, with the project's Python, then with one that has `opensim`:
    python scripts/golden/write_walking.py ../shared/data/mocap_walking_3d moments.sto
    python scripts/golden/opensim_walking.py ../shared/data/mocap_walking_3d moments.sto \
        --out bench/opensim_walking.json
"""

import sys
import tempfile
from pathlib import Path

from monomsk_analysis.bench_measured import (
    HEIGHT_M,
    MODEL_FILE,
    measured_moments,
    without_patella_masses,
)
from monomsk_analysis.body_choice import make_body, read_person
from monomsk_analysis.exports import force_label
from monomsk_analysis.storage import Table, write_storage


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as work:
        model = Path(work) / MODEL_FILE
        model.write_text(without_patella_masses((folder / MODEL_FILE).read_text()))
        skeleton = make_body(*read_person(model, height_m=HEIGHT_M)).skeleton
    times, forces = measured_moments(folder, skeleton)
    labels = tuple(force_label(name) for name in skeleton.coordinate_names)
    write_storage(out, Table(times, labels, forces[:, 6:]))


if __name__ == "__main__":
    main()
