"""Compares moments of measured walking with those of OpenSim's inverse-dynamics tool.

Usage: see write_walking.py. The tool filters the coordinates at 6 Hz, as the project did; the
patellae are massless in both, because their mass corrupts the tool's moments by up to 70 N m.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import opensim as osim  # type: ignore[import-not-found]
from opensim_round_trip import Array, read_table  # type: ignore[import-not-found]

CUTOFF_HZ = 6.0
JOINTS = ("hip_flexion", "hip_adduction", "hip_rotation", "knee_angle", "ankle_angle")
LEG_COORDINATES = tuple(f"{joint}_{side}" for side in "rl" for joint in JOINTS)
#: The tool cannot divide by no mass at all.
NO_MASS_KG = 1e-6
NO_INERTIA_KG_M2 = 1e-9


def opensim_moments(folder: Path) -> tuple[Array, dict[str, Array]]:
    """Times and OpenSim's generalised forces by column of the trial in a folder."""
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        times = _write_coordinates(folder / "coordinates.sto", work / "coordinates.sto")
        model = osim.Model(str(folder / "subject_walk_scaled.osim"))
        model.initSystem()
        for name in ("patella_r", "patella_l"):
            body = model.updBodySet().get(name)
            body.setMass(NO_MASS_KG)
            body.setInertia(osim.Inertia(*[NO_INERTIA_KG_M2] * 3, 0.0, 0.0, 0.0))
        model.updForceSet().clearAndDestroy()
        model.printToXML(str(work / "model.osim"))
        tool = osim.InverseDynamicsTool()
        tool.setModelFileName(str(work / "model.osim"))
        tool.setCoordinatesFileName(str(work / "coordinates.sto"))
        tool.setExternalLoadsFileName(str(folder / "grf_walk.xml"))
        tool.setLowpassCutoffFrequency(CUTOFF_HZ)
        tool.setStartTime(float(times[0]))
        tool.setEndTime(float(times[-1]))
        tool.setResultsDir(place)
        tool.setOutputGenForceFileName("forces.sto")
        if not tool.run():
            raise SystemExit("OpenSim's inverse dynamics failed")
        return read_table(work / "forces.sto")


def _write_coordinates(source: Path, target: Path) -> Array:
    """Copies a file of states with their coordinates' plain names; returns the times."""
    times, columns = read_table(source)
    names = [path.split("/")[-2] for path in columns]
    lines = ["coordinates", "version=1", f"nRows={len(times)}", f"nColumns={len(names) + 1}"]
    lines += ["inDegrees=no", "endheader", "\t".join(["time", *names])]
    for row in np.column_stack([times, *columns.values()]):
        lines.append("\t".join(f"{value:.12g}" for value in row))
    target.write_text("\n".join(lines) + "\n")
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("recording", type=Path, help="folder of mocap_walking_3d")
    parser.add_argument("moments", type=Path, help="what write_walking.py wrote")
    parser.add_argument("--out", type=Path, required=True, help="JSON file of the comparison")
    arguments = parser.parse_args()
    times, ours = read_table(arguments.moments)
    opensim_times, theirs = opensim_moments(arguments.recording.resolve())
    rms = {}
    for name in LEG_COORDINATES:
        label = f"{name}_moment"
        error = ours[label] - np.interp(times, opensim_times, theirs[label])
        rms[name] = float(f"{np.sqrt(np.mean(error**2)):.4g}")
        print(f"{name:18s} {rms[name]:.3f} N m RMS")
    content = {"opensim": osim.GetVersion(), "frames": len(times), "rms_error_n_m": rms}
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
