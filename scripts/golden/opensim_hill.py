"""OpenSim's own De Groote-Fregly muscles with rigid tendons at random states, for the tests."""

from pathlib import Path

import numpy as np
import opensim as osim  # type: ignore[import-not-found]
from opensim_muscles import (  # type: ignore[import-not-found]
    COORDINATES,
    Array,
    draw_poses,
    load,
)


def rigid_tendon_forces(path: Path, count: int) -> dict[str, Array]:
    """Lengths, lengthening speeds, activations and forces (count, muscles) of the right leg.

    Force: of the tendon [N]. Passive strain at maximal isometric force 0.6, no damping, as in
    De Groote et al. 2016.
    """
    model = load(path)
    model.finalizeConnections()
    osim.DeGrooteFregly2016Muscle.replaceMuscles(model)
    every = model.updCoordinateSet()
    for index in range(every.getSize()):
        every.get(index).setDefaultLocked(False)
    found = model.updMuscles()
    names = [found.get(i).getName() for i in range(found.getSize())]
    muscles = [
        osim.DeGrooteFregly2016Muscle.safeDownCast(found.get(n)) for n in names if n.endswith("_r")
    ]
    for muscle in muscles:
        muscle.set_ignore_tendon_compliance(True)
        muscle.set_fiber_damping(0.0)
        muscle.set_passive_fiber_strain_at_one_norm_force(0.6)
    state = model.initSystem()
    rng = np.random.default_rng(11)
    rows = []
    for pose in draw_poses(count, rng):
        for name, value in zip(COORDINATES, pose, strict=True):
            for target in [f"{name}_r", f"{name}_r_beta"]:
                if every.contains(target):
                    every.get(target).setValue(state, float(value), False)
                    every.get(target).setSpeedValue(state, 0.0)
            every.get(f"{name}_r").setSpeedValue(state, float(rng.normal(scale=3.0)))
        knee = every.get("knee_angle_r").getSpeedValue(state)
        every.get("knee_angle_r_beta").setSpeedValue(state, knee)
        rows.append(_forces(model, state, muscles, rng))
    columns = zip(*rows, strict=True)
    keys = ("activations", "lengths", "speeds", "forces")
    return dict(zip(keys, map(np.array, columns), strict=True))


def _forces(
    model: osim.Model, state: osim.State, muscles: list[osim.Muscle], rng: np.random.Generator
) -> tuple[list[float], ...]:
    activations = [float(a) for a in rng.uniform(0.01, 1.0, len(muscles))]
    for muscle, activation in zip(muscles, activations, strict=True):
        muscle.setActivation(state, activation)
    model.realizeDynamics(state)
    return (
        activations,
        [muscle.getLength(state) for muscle in muscles],
        [muscle.getLengtheningSpeed(state) for muscle in muscles],
        [muscle.getTendonForce(state) for muscle in muscles],
    )
