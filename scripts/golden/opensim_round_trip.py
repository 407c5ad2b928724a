"""Gives results of `monomsk` to OpenSim's inverse-dynamics tool and compares the moments.

Usage, after `monomsk analyze|dynamics`, with any Python that has `opensim` (4.6) and `numpy`:
    python scripts/golden/opensim_round_trip.py RESULTS... --out bench/opensim_round_trip.json
For the benchmarks the results are those that `python -m monomsk_analysis.bench --work WORK` leaves.

Each folder holds model.osim, kinematics.mot, ground_reaction.mot with its .xml, and the
inverse_dynamics.sto that is checked. The motion is filtered already: the tool does not filter.
Its spline and ours differ at the ends: frames closer to an end, or to a gap, than the margin are
not compared. Errors are stated in N m and in percent of the joint's peak moment.
"""

import argparse
import json
import math
import tempfile
from pathlib import Path

import numpy as np
import opensim as osim  # type: ignore[import-not-found]
from numpy.typing import NDArray

Array = NDArray[np.float64]

MARGIN_S = 0.1
_JOINTS = (
    "hip_flexion", "hip_adduction", "hip_rotation", "knee_angle", "ankle_angle", "subtalar_angle",
)  # fmt: skip
LEG_COORDINATES = tuple(f"{joint}_{side}" for side in "rl" for joint in _JOINTS)
#: A gap is this many usual steps of time.
_GAP = 1.5

osim.Logger.setLevelString("error")
osim.Logger.removeFileSink()


def inverse_dynamics(results: Path) -> tuple[Array, dict[str, Array]]:
    """Times and OpenSim's moments [N m] by coordinate, of the motion in a folder."""
    times, _ = read_table(results / "kinematics.mot")
    tool = osim.InverseDynamicsTool()
    tool.setModelFileName(str(results / "model.osim"))
    tool.setCoordinatesFileName(str(results / "kinematics.mot"))
    tool.setExternalLoadsFileName(str(results / "ground_reaction.xml"))
    tool.setLowpassCutoffFrequency(-1.0)
    tool.setStartTime(float(times[0]))
    tool.setEndTime(float(times[-1]))
    with tempfile.TemporaryDirectory() as work:
        tool.setResultsDir(work)
        tool.setOutputGenForceFileName("opensim.sto")
        if not tool.run():
            raise SystemExit(f"{results}: OpenSim's inverse dynamics failed")
        times, forces = read_table(Path(work) / "opensim.sto")
    return times, {name.removesuffix("_moment"): values for name, values in forces.items()}


def read_table(path: Path) -> tuple[Array, dict[str, Array]]:
    """Times and columns of a .mot or .sto file."""
    table = osim.TimeSeriesTable(str(path))
    columns = {
        name: table.getDependentColumn(name).to_numpy().copy() for name in table.getColumnLabels()
    }
    return np.array(table.getIndependentColumn()), columns


def compared_frames(times: Array) -> NDArray[np.bool_]:
    """Frames far enough from both ends and from gaps."""
    steps = np.diff(times)
    gaps = np.flatnonzero(steps > _GAP * np.median(steps))
    edges = np.concatenate([times[[0, -1]], times[gaps], times[gaps + 1]])
    return np.asarray(np.abs(times[:, None] - edges).min(axis=1) > MARGIN_S)


def compare(results: Path) -> dict[str, object]:
    """What goes into the file about one folder."""
    times, ours = read_table(results / "inverse_dynamics.sto")
    opensim_times, theirs = inverse_dynamics(results)
    kept = compared_frames(times)
    joints = {}
    for name in LEG_COORDINATES:
        own = ours[f"{name}_moment"]
        error = (np.interp(times, opensim_times, theirs[name]) - own)[kept]
        peak = float(np.abs(own[kept]).max())
        joints[name] = {
            "peak_n_m": peak,
            "max_error_n_m": float(np.abs(error).max()),
            "rms_error_n_m": math.sqrt(float(np.mean(error**2))),
            "max_error_percent_of_peak": 100.0 * float(np.abs(error).max()) / peak,
        }
    return {
        "result": results.name,
        "frames": len(times),
        "frames_compared": int(kept.sum()),
        "coordinates": joints,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("results", type=Path, nargs="+", help="folders that monomsk wrote")
    parser.add_argument("--out", type=Path, required=True, help="JSON file of the comparison")
    arguments = parser.parse_args()
    rows = [compare(folder.resolve()) for folder in arguments.results]
    content = {"opensim": osim.GetVersion(), "margin_s": MARGIN_S, "results": _rounded(rows)}
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(content, indent=1) + "\n")
    for row in rows:
        print(f"{row['result']}: {row['frames_compared']} of {row['frames']} frames compared")
        for name, errors in row["coordinates"].items():  # type: ignore[attr-defined]
            print(
                f"  {name:18s} peak {errors['peak_n_m']:6.1f} N m, error at most "
                f"{errors['max_error_n_m']:6.2f} N m = {errors['max_error_percent_of_peak']:5.2f} %"
            )


def _rounded(value: object) -> object:
    """Numbers to five digits, so that the file stays readable."""
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_rounded(entry) for entry in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value


if __name__ == "__main__":
    main()
