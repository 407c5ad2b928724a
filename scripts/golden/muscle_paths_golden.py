"""Writes what OpenSim 4.6 says of muscle paths, for the tests of the project's own geometry.

Usage, with any Python that has `opensim` (4.6) and `numpy`:
    python scripts/golden/muscle_paths_golden.py --data ../shared/data

Right legs of a scaled Rajagopal model (wrapping cylinders, patella) and of a scaled Gait2392
(conditional and moving points).
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import opensim as osim  # type: ignore[import-not-found]

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "tests/monomsk_description/data/muscle_paths.npz"
MODELS = {
    "subject_walk": "mocap_walking_3d/subject_walk_scaled.osim",
    "gait2392": "opensim_pipelines/Gait2392_Simbody/OutputReference/subject01_simbody.osim",
}
COORDINATES = (
    "hip_flexion_r", "hip_adduction_r", "hip_rotation_r", "knee_angle_r", "ankle_angle_r",
    "subtalar_angle_r", "mtp_angle_r",
)  # fmt: skip
#: Where people walk, run and squat [degrees]; Gait2392 counts knee flexion as negative.
RANGES_DEG = ((-30, 90), (-20, 20), (-20, 20), (0, 100), (-30, 25), (-15, 15), (-20, 20))
POSES = 60

osim.Logger.setLevelString("error")
osim.Logger.removeFileSink()


def sample(path: Path, flip_knee: bool) -> dict[str, np.ndarray]:
    """Lengths and moment arms of the right leg's muscles at random poses."""
    model = osim.Model(str(path))
    found = model.updCoordinateSet()
    for index in range(found.getSize()):
        found.get(index).setDefaultLocked(False)
    state = model.initSystem()
    there = {found.get(i).getName(): found.get(i) for i in range(found.getSize())}
    low, high = np.radians(RANGES_DEG).T
    poses = np.random.default_rng(3).uniform(low, high, size=(POSES, len(COORDINATES)))
    poses[:, [name not in there for name in COORDINATES]] = 0.0
    if flip_knee:
        poses[:, 3] *= -1.0
    muscles = [m for m in model.getMuscles() if m.getName().endswith("_r")]
    rows = []
    for pose in poses:
        for name, value in zip(COORDINATES, pose, strict=True):
            if name in there:
                there[name].setValue(state, float(value), False)
        if "knee_angle_r_beta" in there:
            there["knee_angle_r_beta"].setValue(state, float(pose[3]), False)
        model.realizePosition(state)
        lengths = [muscle.getLength(state) for muscle in muscles]
        arms = [
            [
                muscle.computeMomentArm(state, there[name]) if name in there else 0.0
                for name in COORDINATES
            ]
            for muscle in muscles
        ]
        rows.append((lengths, arms))
    columns = zip(*rows, strict=True)
    content = {
        name: np.array(column) for name, column in zip(("lengths", "arms"), columns, strict=True)
    }
    names = np.array([muscle.getName() for muscle in muscles])
    return {"names": names, "poses": poses, **content}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    content: dict[str, Any] = {
        "coordinates": np.array(COORDINATES),
        "opensim": np.array(osim.GetVersion()[:3]),
    }
    for model, path in MODELS.items():
        for name, values in sample(data / path, flip_knee=model == "gait2392").items():
            kept = values.astype(np.float32) if values.dtype == np.float64 else values
            content[f"{model}_{name}"] = kept
    np.savez_compressed(OUT, **content)
    print(f"{OUT.name}: {OUT.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
