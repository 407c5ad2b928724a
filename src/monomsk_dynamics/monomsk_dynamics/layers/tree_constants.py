"""The constants of a skeleton's tree of axes, for every backend that does its own mathematics.

Frames are numbered from the pelvis (0); frame k + 1 belongs to axis k. A frame in its parent's:
rotation = fixed + sin(x) with_sine + (1 - cos(x)) with_versine, position = places + x slides, x the
axis' value [rad or m].
"""

from dataclasses import dataclass

import numpy as np
import pinocchio as pin

from monomsk_description.assembly import Assembly
from monomsk_description.frames import Array, to_rep103

#: The model's joint of the pelvis; then comes one joint an axis.
ROOT_JOINT = 1


@dataclass(frozen=True)
class TreeConstants:
    """All that does not depend on the configuration.

    Attributes:
        parents: The frame that each axis moves in (n_axes).
        moves: 1.0 where an axis (column) moves a frame (row), (1 + n_axes, n_axes).
        fixed, with_sine, with_versine: (n_axes, 3, 3).
        places, slides: (n_axes, 3).
        directions: Unit vectors in the axes' own frames (n_axes, 3).
        turning: 1.0 for a rotation, 0.0 for a translation (n_axes, 1).
        massive: Frames whose bodies have mass (m).
        masses: (m, 1) [kg].
        levers: Centres of mass in their frames (m, 3) [m].
        inertias: About them (m, 3, 3) [kg m²].
        gravity: World (3,) [m/s²].
    """

    parents: list[int]
    moves: Array
    fixed: Array
    with_sine: Array
    with_versine: Array
    places: Array
    slides: Array
    directions: Array
    turning: Array
    massive: list[int]
    masses: Array
    levers: Array
    inertias: Array
    gravity: Array

    @classmethod
    def of(cls, assembly: Assembly) -> "TreeConstants":
        """The constants of an assembly."""
        model = assembly.model
        joints = range(ROOT_JOINT + 1, model.njoints)
        fixed = np.array([model.jointPlacements[i].rotation for i in joints])
        directions = np.array([to_rep103(axis.axis) for axis in assembly.axes])
        turning = np.array([[float(axis.kind == "rotation")] for axis in assembly.axes])
        skews = np.zeros((len(directions), 3, 3))
        skews[:, (2, 0, 1), (1, 2, 0)] = directions * turning
        skews[:, (1, 2, 0), (2, 0, 1)] = -directions * turning
        massive = [i for i in range(ROOT_JOINT, model.njoints) if model.inertias[i].mass > 0.0]
        bodies = [model.inertias[i] for i in massive]
        return cls(
            parents=[int(model.parents[i]) - ROOT_JOINT for i in joints],
            moves=_moves(model),
            fixed=fixed,
            with_sine=fixed @ skews,
            with_versine=fixed @ skews @ skews,
            places=np.array([model.jointPlacements[i].translation for i in joints]),
            slides=(fixed @ (directions * (1.0 - turning))[:, :, None])[:, :, 0],
            directions=directions,
            turning=turning,
            massive=[i - ROOT_JOINT for i in massive],
            masses=np.array([[body.mass] for body in bodies]),
            levers=np.array([body.lever for body in bodies]),
            inertias=np.array([body.inertia for body in bodies]),
            gravity=np.array(model.gravity.linear),
        )


def _moves(model: pin.Model) -> Array:
    frames = model.njoints - ROOT_JOINT
    moves = np.zeros((frames, frames - 1))
    for frame in range(1, frames):
        for ancestor in model.supports[frame + ROOT_JOINT]:
            if ancestor > ROOT_JOINT:
                moves[frame, ancestor - ROOT_JOINT - 1] = 1.0
    return moves
