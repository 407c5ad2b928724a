"""Estimates data/body_shapes.yaml from the ANSUR II survey (2012, 6,068 adults, US Army, public).

    python -m monomsk_training.body_shape_statistics ANSUR_II_BOTH_Public.csv

Each length is a difference of the survey's measures that spans the same bones; only its spread and
correlations are used, the means stay the anatomy's.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import yaml

#: Added and subtracted measures of the survey for each length of the anatomy.
MEASURES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "thigh": (("trochanterionheight",), ("lateralfemoralepicondyleheight",)),
    "shank": (("lateralfemoralepicondyleheight",), ("lateralmalleolusheight",)),
    "foot": (("footlength",), ()),
    "pelvis_width": (("bicristalbreadth",), ()),
    "trunk": (("acromialheight",), ("trochanterionheight",)),
    "shoulder_width": (("biacromialbreadth",), ()),
    "upper_arm": (("acromionradialelength",), ()),
    "forearm": (("radialestylionlength",), ()),
}


def estimate(path: Path) -> dict[str, object]:
    """Names, standard deviations and correlations of log length over stature."""
    with path.open(encoding="latin-1", newline="") as file:
        rows = list(csv.DictReader(file))
    stature = np.array([float(row["stature"]) for row in rows])
    columns = []
    for added, subtracted in MEASURES.values():
        length = sum(np.array([float(row[name]) for row in rows]) for name in added)
        for name in subtracted:
            length = length - np.array([float(row[name]) for row in rows])
        columns.append(np.log(length / stature))
    table = np.array(columns)
    return {
        "names": list(MEASURES),
        "sigma": [round(float(s), 4) for s in table.std(axis=1)],
        "correlation": [[round(float(c), 3) for c in row] for row in np.corrcoef(table)],
    }


if __name__ == "__main__":
    sys.stdout.write(yaml.safe_dump(estimate(Path(sys.argv[1])), default_flow_style=None))
