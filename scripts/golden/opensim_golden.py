"""Writes what OpenSim 4.6 says of some models at random motions: the tests' golden files.

Usage, with any Python that has `opensim` and `numpy`:
    python scripts/golden/opensim_golden.py --data ../shared/data \
        --out tests/monomsk_description/data [--poses 20]
    python scripts/golden/opensim_golden.py --model written_subject.osim --out ...

Each file `<name>.npz` holds, over random coordinates within their ranges, random rates and
accelerations: places of every segment's origin, of one more point of it, and of the markers;
inverse dynamics without external forces, moving and (`rest_`) with the same accelerations but no
rates; and the rate of the model's kinetic and potential energy. Patellae are lumped into the
femurs, gravity is 9.81 m/s². All in OpenSim's ground: x forward, y up, z right.
"""

import argparse
from pathlib import Path

import numpy as np
from golden_models import MODELS  # type: ignore[import-not-found]
from opensim_model import Array, GoldenModel, Motion  # type: ignore[import-not-found]

STATION_M = (0.11, -0.07, 0.05)


def golden(model: GoldenModel, poses: int, rng: np.random.Generator) -> dict[str, Array]:
    """Everything that goes into one file, one row a pose."""
    rows: dict[str, list[Array]] = {}
    for _ in range(poses):
        motion, pelvis = _random_motion(model, rng)
        for name, value in _pose(model, motion, pelvis).items():
            rows.setdefault(name, []).append(value)
    return {name: np.array(values) for name, values in rows.items()}


def _random_motion(model: GoldenModel, rng: np.random.Generator) -> tuple[Motion, Motion]:
    count = len(model.coordinates)
    motion = Motion(
        rng.uniform(*model.ranges.T), rng.normal(scale=2.0, size=count),
        rng.normal(scale=10.0, size=count),
    )  # fmt: skip
    pelvis = Motion(
        rng.uniform(-1.0, 1.0, size=6), rng.normal(size=6), rng.normal(scale=5.0, size=6)
    )
    return motion, pelvis


def _pose(model: GoldenModel, motion: Motion, pelvis: Motion) -> dict[str, Array]:
    model.move(motion, pelvis)
    places = {
        "origins": model.origins(),
        "stations": model.stations(np.array(STATION_M)),
        "markers": model.marker_places(),
        "pelvis_rotation": model.pelvis_rotation(),
    }
    spin = model.pelvis_spin_axes() @ pelvis.rates[:3]
    return {
        **places,
        "coordinates": motion.values,
        "rates": motion.rates,
        "accelerations": motion.accelerations,
        "pelvis_velocity": np.concatenate([pelvis.rates[3:], spin]),
        "pelvis_acceleration": model.pelvis_acceleration(motion, pelvis),
        "rest_pelvis_acceleration": model.pelvis_acceleration(motion.at_rest(), pelvis.at_rest()),
        "energy_rate": np.array(model.energy_rate(motion, pelvis)),
        **_forces(model, motion, pelvis, ""),
        **_forces(model, motion.at_rest(), pelvis.at_rest(), "rest_"),
    }


def _forces(model: GoldenModel, motion: Motion, pelvis: Motion, prefix: str) -> dict[str, Array]:
    """Inverse dynamics: force and moment on the pelvis in the ground, then the coordinates'."""
    forces = model.inverse_dynamics(motion, pelvis)
    translation = np.array([forces[n] for n in ("pelvis_tx", "pelvis_ty", "pelvis_tz")])
    by_angle = np.array([forces[n] for n in ("pelvis_tilt", "pelvis_list", "pelvis_rotation")])
    # The moment about the pelvis' origin whose power equals that of the three angles' forces.
    moment = np.linalg.solve(model.pelvis_spin_axes().T, by_angle)
    return {
        f"{prefix}pelvis_wrench": np.concatenate([translation, moment]),
        f"{prefix}forces": np.array([forces[n] for n in model.coordinates]),
    }


def _write(name: str, path: Path, source: str, out: Path, poses: int) -> None:
    model = GoldenModel(path)
    arrays = golden(model, poses, np.random.default_rng(len(name)))
    file = out / f"{name}.npz"
    np.savez_compressed(
        file,
        source=np.array(f"{source}, OpenSim 4.6"),
        coordinate_names=np.array(model.coordinates),
        segment_names=np.array(model.segments),
        marker_names=np.array(model.markers),
        station_m=np.array(STATION_M),
        mass_kg=np.array(model.total_mass_kg()),
        **arrays,
    )
    print(f"{file}: {poses} poses, {file.stat().st_size / 1024:.0f} KiB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    models = parser.add_mutually_exclusive_group(required=True)
    models.add_argument("--data", type=Path, help="folder of reference data: all models in it")
    models.add_argument("--model", type=Path, help="one model file instead")
    parser.add_argument("--out", type=Path, required=True, help="folder for the golden files")
    parser.add_argument("--poses", type=int, default=20)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    if arguments.model:
        file = arguments.model
        _write(file.stem, file, file.name, arguments.out, arguments.poses)
        return
    for name, place in MODELS.items():
        _write(name, arguments.data / place, place, arguments.out, arguments.poses)


if __name__ == "__main__":
    main()
