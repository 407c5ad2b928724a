"""Forces between the bones in OpenSim, of a body that is held still while its muscles pull."""

from pathlib import Path

import numpy as np
import opensim as osim  # type: ignore[import-not-found]
from opensim_muscles import (  # type: ignore[import-not-found]
    COORDINATES,
    Array,
    draw_poses,
    load,
)

JOINTS = ("hip_r", "walker_knee_r", "ankle_r")
GRAVITY_M_S2 = 9.81


def held_reactions(path: Path, count: int) -> dict[str, Array]:
    """Muscle forces (count, muscles) and what the joints press with (count, 3, 3) [N].

    The right leg at poses (count, 7), everything else at zero, the pelvis level. Joint forces act
    on the lower bone, in the ground's axes.
    """
    model = load(path)
    model.updConstraintSet().clearAndDestroy()
    model.setGravity(osim.Vec3(0, -GRAVITY_M_S2, 0))
    state = model.initSystem()
    found = model.getMuscles()
    muscles = [found.get(i) for i in range(found.getSize())]
    rng = np.random.default_rng(13)
    poses = draw_poses(count, rng).astype(np.float32)
    tensions = rng.uniform(0.0, 500.0, (count, len(muscles))).astype(np.float32)
    forces = []
    for pose, tension in zip(poses, tensions, strict=True):
        _hold(model, state, dict(zip(COORDINATES, pose, strict=True)))
        for muscle, force in zip(muscles, tension, strict=True):
            muscle.overrideActuation(state, True)
            muscle.setOverrideActuation(state, float(force))
        model.realizeAcceleration(state)
        forces.append([_reaction(model, state, joint) for joint in JOINTS])
    return {
        "names": np.array([muscle.getName() for muscle in muscles]),
        "coordinates": np.array(COORDINATES),
        "mass_kg": np.array(model.getTotalMass(state)),
        "poses": poses,
        "tensions": tensions,
        "forces": np.array(forces),
    }


def _hold(model: osim.Model, state: osim.State, pose: dict[str, float]) -> None:
    """Locks every coordinate, the right leg's at a pose and the others at zero."""
    every = model.getCoordinateSet()
    for index in range(every.getSize()):
        coordinate = every.get(index)
        name = coordinate.getName()
        coordinate.setLocked(state, False)
        value = pose.get(name.removesuffix("_beta").removesuffix("_r"), 0.0)
        coordinate.setValue(state, float(value) if "_r" in name else 0.0, False)
        coordinate.setSpeedValue(state, 0.0)
        coordinate.setLocked(state, True)


def _reaction(model: osim.Model, state: osim.State, joint: str) -> list[float]:
    force = model.getJointSet().get(joint).calcReactionOnChildExpressedInGround(state).get(1)
    return [force.get(i) for i in range(3)]
