"""Joint contact forces in torch: batched, with gradients to motion, sole and muscle forces."""

import numpy as np
import torch
from torch import Tensor, nn

from monomsk_description.coupling import ROOT_NQ
from monomsk_description.muscles import MuscleGeometry
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.joint_load_terms import JOINTS_A_SIDE, JointLoadTerms
from monomsk_dynamics.layers.manifold import turn
from monomsk_dynamics.layers.torch_body import TorchBody
from monomsk_dynamics.layers.tree_constants import ROOT_JOINT


class TorchJointLoads(nn.Module):
    """What `JointLoads` computes, for batches.

    Attributes:
        joints: `hip_r`, `knee_r`, `ankle_r` and the left ones.

    Args:
        skeleton: The person's.
        geometry: Of the person's muscles.
    """

    frames: Tensor
    in_frames: Tensor
    onto: Tensor

    def __init__(self, skeleton: Skeleton, geometry: MuscleGeometry) -> None:
        super().__init__()
        terms = JointLoadTerms.of(skeleton, geometry)
        self.joints = terms.joints
        self._geometry, self._muscles = geometry, terms.muscles
        self._body = TorchBody(skeleton)
        onto = torch.zeros(len(terms.joints), len(terms.muscles), dtype=torch.float64)
        onto[terms.joint_of_pull, torch.arange(len(terms.muscles))] = 1.0
        self.register_buffer("onto", onto)
        frames = torch.tensor(terms.carriers) - ROOT_JOINT
        rotations = np.array([segment.rotation for segment in terms.in_carriers])
        self.register_buffer("frames", frames)
        self.register_buffer("in_frames", torch.tensor(rotations))

    def forward(
        self, q: Tensor, v: Tensor, a: Tensor, sole_forces: Tensor, muscle_forces: Tensor
    ) -> Tensor:
        """Forces between the bones (..., 6, 3), on the lower bone, world axes [N].

        Args:
            q: Configurations (..., 38).
            v: Velocities (..., 37).
            a: Accelerations (..., 37).
            sole_forces: Of the floor on the right and the left sole (..., 2, 3), world [N].
            muscle_forces: Of the tendons (..., 80) [N].
        """
        rotations = self._body.frame_rotations(q, self.frames) @ self.in_frames
        pulled = self._geometry.pull_directions(q[..., ROOT_NQ:]).unflatten(-1, (-1, 3))
        tensions = muscle_forces[..., self._muscles, None]
        by_muscles = turn(rotations, self.onto @ (pulled * tensions))
        soles = sole_forces.repeat_interleave(JOINTS_A_SIDE, dim=-2)
        return self._body.carried_forces(q, v, a, self.frames) - soles - by_muscles
