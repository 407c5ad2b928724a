"""How hard the bones press on each other at hip, knee and ankle.

A joint must supply the force that moves what hangs on it: mass times acceleration, less weight and
floor. Muscles that cross it supply a part, each along its line of action; the rest is the force
between the bones. Only forces are given: the moment that is left after the muscles', which the
model's other degrees of freedom would carry, depends on where in the joint they meet.
"""

from dataclasses import dataclass

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from monomsk_description.coupling import Coupling
from monomsk_description.muscles import MuscleGeometry
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.errors import ShapeError
from monomsk_dynamics.joint_load_terms import JOINTS_A_SIDE, JointLoadTerms
from monomsk_dynamics.results import BodyDynamics

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class JointContactForces:
    """Forces between the bones, on the lower bone.

    Attributes:
        joints: `hip_r`, `knee_r`, `ankle_r` and the left ones.
        forces: (6, 3), world axes [N]. The knee's is that of femur on tibia; patella and femur are
            one body.
        in_segment: The same in the axes of the lower bone's segment (REP-103).
    """

    joints: tuple[str, ...]
    forces: Array
    in_segment: Array

    def magnitude(self, joint: str) -> float:
        """Of a joint's force [N]."""
        return float(np.linalg.norm(self.forces[self.joints.index(joint)]))


class JointLoads:
    """Joint contact forces of one person. Not thread-safe.

    Args:
        skeleton: The person's.
        geometry: Of the person's muscles.
    """

    def __init__(self, skeleton: Skeleton, geometry: MuscleGeometry) -> None:
        assembly = skeleton.assembly
        self._model, self._data = assembly.model, assembly.model.createData()
        self._coupling = Coupling(assembly.axes, assembly.coordinates)
        self._geometry = geometry
        self._terms = JointLoadTerms.of(skeleton, geometry)
        self.joints = self._terms.joints
        self._onto = np.zeros((len(self.joints), len(geometry.pulls)))
        self._onto[self._terms.joint_of_pull, np.arange(len(geometry.pulls))] = 1.0

    def forces(self, result: BodyDynamics, muscle_forces: Array) -> JointContactForces:
        """Of one instant.

        Args:
            result: Motion and sole contacts.
            muscle_forces: Of the tendons (80,) [N].

        Raises:
            ShapeError: Not as many forces as muscles.
        """
        if muscle_forces.shape != (len(self._geometry.names),):
            raise ShapeError("muscle_forces", f"shape {muscle_forces.shape}")
        pulled = self._geometry.pull_directions(result.q[7:]).reshape(-1, 3)
        tensions = muscle_forces[self._terms.muscles]
        by_muscles = self._onto @ (pulled * tensions[:, None])
        rotations = self._segment_rotations(result)
        by_muscles = np.einsum("jab,jb->ja", rotations, by_muscles)
        soles = np.repeat([sole.force for sole in result.soles], JOINTS_A_SIDE, axis=0)
        forces = self._supplied() - soles - by_muscles
        return JointContactForces(self.joints, forces, np.einsum("jba,jb->ja", rotations, forces))

    def _segment_rotations(self, result: BodyDynamics) -> Array:
        """World rotations (6, 3, 3) of the joints' children; leaves their inverse dynamics."""
        axes = self._coupling.expand(result.q)
        v, a = self._coupling.expand_motion(axes, result.v, result.a)
        pin.rnea(self._model, self._data, axes.q, v, a)
        pin.updateGlobalPlacements(self._model, self._data)
        terms, poses = self._terms, self._data.oMi
        own = zip(terms.carriers, terms.in_carriers, strict=True)
        return np.array([(poses[carrier] * segment).rotation for carrier, segment in own])

    def _supplied(self) -> Array:
        """What joints supply in all, to move and carry what hangs on them (6, 3), world [N]."""
        return np.array(
            [
                self._data.oMi[carrier].rotation @ self._data.f[carrier].linear
                for carrier in self._terms.carriers
            ]
        )
