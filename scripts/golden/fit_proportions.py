"""Learns how segment lengths go with stature and sex, from ANSUR II, for data/proportions.yaml.

Usage:
    python scripts/golden/fit_proportions.py \
        --survey ../shared/data/anthropometry/ANSUR_II_BOTH_Public.csv \
        --out src/monomsk_description/monomsk_description/data/proportions.yaml

A body measure runs between landmarks on the skin, a length of the skeleton between joint centres.
The skeleton stands for a man of 1.70 m (Rajagopal et al. 2016), so each measure is multiplied by
the factor that makes the survey's mean man of that stature as long as the skeleton; what the survey
says of other statures, of women, and of scatter is kept. Log lengths are fitted by least squares
over log stature, for each sex, without people who lie beyond four deviations.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from monomsk_description.anatomy_file import load_anatomy

Array = NDArray[np.float64]

#: The survey's columns behind each length: those added, those taken away.
MEASURES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "thigh": (("trochanterionheight",), ("lateralfemoralepicondyleheight",)),
    "shank": (("lateralfemoralepicondyleheight",), ("lateralmalleolusheight",)),
    "foot": (("balloffootlength",), ()),
    "pelvis_width": (("bicristalbreadth",), ()),
    "trunk": (("acromialheight",), ("trochanterionheight",)),
    "shoulder_width": (("biacromialbreadth",), ()),
    "upper_arm": (("acromionradialelength",), ()),
    "forearm": (("radialestylionlength",), ()),
}
MODEL_SEX = "Male"
OUTLIER_DEVIATIONS = 4.0
HEADER = """\
# How long segments are, given stature and sex: log(length / stature) is normal around
#   log(ratio) + (slope - 1) log(stature / {reference:g} m), with these deviations and correlations.
#
# Made by scripts/golden/fit_proportions.py from ANSUR II, the 2012 Anthropometric Survey of U.S.
# Army Personnel (Gordon et al. 2014, NATICK/TR-15/007): {count} adults. Soldiers: children, the
# old and the very small are not in it.
#
# measure: what the survey measured; a length of the skeleton (as in rajagopal2016.yaml, joint
#   centre to joint centre) is factor times that. The factor makes the mean man of {reference:g} m
#   as long as the skeleton, which stands for such a man. From `trunk`, the pelvis between hips and
#   lumbar joint is taken away first: in the skeleton it follows the stature.
# stature_m: mean and deviation; stature_range_m: first and 99th percentile.
# definition_sigma: how far a length between joint centres strays from what the survey's measure
#   tells, as a fraction (about 1 cm in a thigh); assumed.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--survey", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    rows = read_survey(arguments.survey)
    table = fit(rows)
    header = HEADER.format(reference=load_anatomy().height_m, count=len(rows))
    content = yaml.safe_dump(table, sort_keys=False, default_flow_style=None, width=98)
    arguments.out.write_text(header + content)


def read_survey(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="latin-1", newline="") as file:
        return list(csv.DictReader(file))


def fit(rows: list[dict[str, str]]) -> dict[str, object]:
    """The table's content."""
    anatomy = load_anatomy()
    reference_m = anatomy.height_m
    by_sex = {sex: [row for row in rows if row["Gender"] == sex] for sex in ("Female", "Male")}
    statures = {sex: _column(chosen, "stature") for sex, chosen in by_sex.items()}
    lengths = {sex: measured(chosen, pelvis_share()) for sex, chosen in by_sex.items()}
    fits = {sex: regress(lengths[sex], statures[sex] / reference_m) for sex in by_sex}
    model = np.array([anatomy.length_rules[name].model_length_m for name in MEASURES])
    factors = model / np.exp(fits[MODEL_SEX][0])
    entries = {
        name: {"measure": _formula(name), "factor": round(float(factor), 4)}
        for name, factor in zip(MEASURES, factors, strict=True)
    }
    return {
        "reference_stature_m": reference_m,
        "definition_sigma": 0.02,
        "lengths": entries,
        **{sex.lower(): _summary(statures[sex], factors, fits[sex], reference_m) for sex in by_sex},
    }


def pelvis_share() -> float:
    """Height of the lumbar joint above the hips, over stature."""
    anatomy = load_anatomy()
    places = {joint.name: joint.in_parent.translation[1] for joint in anatomy.joints}
    return float(places["back"] - places["hip_r"]) / anatomy.height_m


def measured(rows: list[dict[str, str]], pelvis: float) -> Array:
    """The survey's measures (people, lengths) [m], the pelvis taken from the trunk."""
    columns = []
    for name, (added, taken) in MEASURES.items():
        length = _sum(rows, added) - _sum(rows, taken)
        columns.append(length - pelvis * _column(rows, "stature") if name == "trunk" else length)
    return np.stack(columns, axis=1)


def regress(lengths: Array, relative_stature: Array) -> tuple[Array, Array, Array]:
    """Log lengths at the reference stature, slopes, and covariance of what remains."""
    design = np.stack([np.ones(len(lengths)), np.log(relative_stature)], axis=1)
    logs = np.log(lengths)
    keep = np.ones(len(lengths), dtype=bool)
    for _ in range(5):
        solution = np.linalg.lstsq(design[keep], logs[keep], rcond=None)[0]
        rest = logs - design @ solution
        keep = (np.abs(rest) < OUTLIER_DEVIATIONS * rest[keep].std(axis=0)).all(axis=1)
    return solution[0], solution[1], np.cov(rest[keep].T)


def _summary(
    statures: Array, factors: Array, fitted: tuple[Array, Array, Array], reference_m: float
) -> dict[str, object]:
    logs, slopes, covariance = fitted
    deviations = np.sqrt(np.diag(covariance))
    correlations = covariance / np.outer(deviations, deviations)
    low, high = np.percentile(statures, [1, 99])
    ratios = factors * np.exp(logs) / reference_m
    return {
        "people": len(statures),
        "stature_m": [round(float(statures.mean()), 3), round(float(statures.std()), 3)],
        "stature_range_m": [round(float(low), 3), round(float(high), 3)],
        "ratio": _by_name(ratios, 4),
        "slope": _by_name(slopes, 2),
        "sigma": _by_name(deviations, 4),
        "correlation": [[round(float(value), 2) for value in row] for row in correlations],
    }


def _by_name(values: Array, digits: int) -> dict[str, float]:
    pairs = zip(MEASURES, values, strict=True)
    return {name: round(float(value), digits) for name, value in pairs}


def _formula(name: str) -> str:
    added, taken = MEASURES[name]
    return " + ".join(added) + "".join(f" - {column}" for column in taken)


def _sum(rows: list[dict[str, str]], names: tuple[str, ...]) -> Array:
    columns = [np.zeros(len(rows)), *(_column(rows, name) for name in names)]
    return np.asarray(np.sum(columns, axis=0))


def _column(rows: list[dict[str, str]], name: str) -> Array:
    """A measure of everybody [m]; the survey writes millimetres."""
    return np.array([float(row[name]) for row in rows]) / 1000.0


if __name__ == "__main__":
    main()
