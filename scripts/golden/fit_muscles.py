"""Fits the muscles' length polynomials to OpenSim 4.6 and writes the tests' golden files.

Usage, with any Python that has `opensim` and `numpy` (`pip install opensim==4.6` in a venv):
    python scripts/golden/fit_muscles.py --model ../shared/data/models/Rajagopal2016.osim

Writes the data file of `monomsk_description` and, for the tests, what OpenSim says on 1,000
held-out poses, of a scaled model, of De Groote-Fregly muscles, and of a body that is held still.
Takes about five minutes on a free core.
"""

import argparse
from pathlib import Path

import numpy as np
import opensim as osim  # type: ignore[import-not-found]
from muscle_file import FittedMuscle, write  # type: ignore[import-not-found]
from muscle_fits import (  # type: ignore[import-not-found]
    ScalingWeights,
    fit_length,
    fit_pull,
    scaling_weights,
    score,
)
from opensim_hill import rigid_tendon_forces  # type: ignore[import-not-found]
from opensim_muscles import (  # type: ignore[import-not-found]
    BELOW,
    COORDINATES,
    Array,
    LegMuscles,
    Samples,
    draw_poses,
    load,
    scaled,
)
from opensim_reactions import held_reactions  # type: ignore[import-not-found]
from sparse_fit import Polynomial  # type: ignore[import-not-found]

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "src/monomsk_description/monomsk_description/data/rajagopal2016_muscles.yaml"
TESTS = ROOT / "tests"
TRAINING_POSES, HELD_OUT_POSES, PULL_POSES, SCALED_POSES = 4000, 1000, 100, 60
HILL_STATES, HELD_POSES = 60, 30
#: A person of other proportions, for the tests of the scaling rule.
PROPORTIONS = {
    "pelvis": (1.0, 1.0, 1.1), "femur": (1.0, 1.08, 1.0), "tibia": (1.0, 0.94, 1.0),
    "calcn": (1.05, 1.0, 1.0),
}  # fmt: skip
#: Lengths and moment arms in golden files are integers of this size [m].
GOLDEN_STEP_M = 1e-5


def golden_poses(count: int, seed: int) -> Array:
    """Poses as a golden file holds them, in single precision."""
    poses = draw_poses(count, np.random.default_rng(seed)).astype(np.float32)
    return np.asarray(poses, dtype=np.float64)


def fit_all(
    path: Path, leg: LegMuscles, training: Samples, held_out: Samples
) -> tuple[list[FittedMuscle], Array]:
    """The fitted muscles, and which held-out poses (n, muscles) OpenSim's path slips in."""
    weights: ScalingWeights = scaling_weights(path, leg.crosses)
    parameters = leg.parameters()
    fitted, slipped = [], np.zeros(held_out.lengths.shape, dtype=bool)
    for index, name in enumerate(leg.names):
        crosses = leg.crosses[index]
        length = fit_length(leg, training, index)
        found, slipped[:, index] = score(leg, length, held_out, index)
        fitted.append(
            FittedMuscle(
                name, parameters[index], crosses, length, _pulls(training, index, crosses),
                weights.length[index], weights.arm[index], found,
            )
        )  # fmt: skip
        print(f"{name:11s} {len(length.exponents):3d} terms, length {found.length_median:.3f} to "
              f"{found.length_worst:.2f} mm, arms {found.arm_median:.3f} to {found.arm_worst:.2f} "
              f"({found.arm_worst_slipped:.2f}) mm, slipped {slipped[:, index].sum()}",
              flush=True)  # fmt: skip
    return fitted, slipped


def _pulls(training: Samples, muscle: int, crosses: Array) -> dict[str, Polynomial]:
    """By joint that the muscle crosses, the direction of its pull on what hangs there."""
    return {
        joint: fit_pull(training, muscle, index, crosses)
        for index, joint in enumerate(BELOW)
        if np.linalg.norm(training.pulls[:, muscle, index], axis=1).min() > 0.5
    }


def write_golden(path: Path, leg: LegMuscles, held_out: Samples, slipped: Array) -> None:
    """The tests' files."""
    poses = golden_poses(SCALED_POSES, 9)
    stretched = LegMuscles(scaled(path, PROPORTIONS)).sample(poses)
    opposite = LegMuscles(load(path), side="l").sample(held_out.poses[:PULL_POSES])
    np.savez_compressed(
        TESTS / "monomsk_description/data/rajagopal2016_muscles.npz",
        source=np.array(f"{path.name}, OpenSim {osim.GetVersion()[:3]}"),
        names=np.array(leg.names),
        coordinates=np.array(COORDINATES),
        crosses=leg.crosses,
        step_m=np.array(GOLDEN_STEP_M),
        poses=held_out.poses.astype(np.float32),
        lengths=_steps(held_out.lengths),
        arms=_steps(held_out.arms[:, leg.crosses]),
        slipped=slipped,
        pulls=held_out.pulls[:PULL_POSES].astype(np.float16),
        left_lengths=_steps(opposite.lengths),
        left_arms=_steps(opposite.arms[:, leg.crosses]),
        scaled_segments=np.array(list(PROPORTIONS)),
        scaled_factors=np.array(list(PROPORTIONS.values())),
        scaled_poses=poses.astype(np.float32),
        scaled_lengths=_steps(stretched.lengths),
        scaled_arms=_steps(stretched.arms[:, leg.crosses]),
    )
    np.savez_compressed(
        TESTS / "monomsk_dynamics/data/rigid_tendon_muscles.npz",
        source=np.array(f"{path.name}, DeGrooteFregly2016Muscle, OpenSim {osim.GetVersion()[:3]}"),
        names=np.array(leg.names),
        **rigid_tendon_forces(path, HILL_STATES),
    )
    np.savez_compressed(
        TESTS / "monomsk_dynamics/data/held_joint_reactions.npz",
        source=np.array(f"{path.name}, OpenSim {osim.GetVersion()[:3]}"),
        **held_reactions(path, HELD_POSES),
    )


def _steps(values_m: Array) -> Array:
    return np.round(values_m / GOLDEN_STEP_M).astype(np.int16 if values_m.min() < 0 else np.uint16)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, required=True, help="Rajagopal2016.osim")
    arguments = parser.parse_args()
    leg = LegMuscles(load(arguments.model))
    rng = np.random.default_rng(0)
    training = leg.sample(draw_poses(TRAINING_POSES, rng, towards_limits=True))
    held_out = leg.sample(golden_poses(HELD_OUT_POSES, 7))
    fitted, slipped = fit_all(arguments.model, leg, training, held_out)
    names = [n for n, s in zip(leg.names, slipped.T, strict=True) if s.any()]
    left_out = (
        f"Left out are {slipped.sum()} of {slipped.size:,} lengths, whose path slips off\n"
        f"#     its wrapping surface between the neutral pose and theirs ({', '.join(names)})."
    )
    facts = {"version": osim.GetVersion()[:3], "held_out": f"{HELD_OUT_POSES:,}"}
    write(DATA, fitted, {**facts, "slipped": left_out})
    for folder in ("monomsk_description", "monomsk_dynamics"):
        (TESTS / folder / "data").mkdir(parents=True, exist_ok=True)
    write_golden(arguments.model, leg, held_out, slipped)
    print(f"{sum(len(m.length.exponents) for m in fitted)} terms of length, "
          f"{sum(len(p.exponents) for m in fitted for p in m.pulls.values())} of pulls; "
          f"median moment arm error {np.median([m.errors.arm_median for m in fitted]):.3f} mm, "
          f"worst {max(m.errors.arm_worst for m in fitted):.2f} mm")  # fmt: skip


if __name__ == "__main__":
    main()
