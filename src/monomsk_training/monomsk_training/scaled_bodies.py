"""Rigid-body dynamics of many people at once: one torch body whose constants have a batch."""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch import Tensor

from monomsk_description.anatomy_file import load_anatomy
from monomsk_description.assembly import Assembly
from monomsk_description.frames import Array
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject
from monomsk_dynamics.layers.torch_body import TorchBody
from monomsk_dynamics.layers.tree_constants import ROOT_JOINT

#: OpenSim's x, y, z in the order of REP-103's axes; a stretch has no sign.
_TO_REP103 = [0, 2, 1]


class ScaledBodies:
    """Makes bodies of any shape from the unscaled one; all weigh the same.

    Loads per weight do not depend on the weight, so nobody's mass is needed.

    Args:
        segments: Names in the order of the stretches.
        armature_kg_m2: Added inertia of each coordinate [kg m²], see `Body`.
        dtype: Of all numbers.

    Attributes:
        mass_kg: Of every body [kg].
    """

    def __init__(
        self,
        segments: tuple[str, ...],
        armature_kg_m2: float = 0.0,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        anatomy = load_anatomy()
        skeleton = build_skeleton(Subject(anatomy.height_m, anatomy.mass_kg))
        assembly = skeleton.assembly
        self.mass_kg = skeleton.mass_kg
        self._template = TorchBody(skeleton, armature_kg_m2=armature_kg_m2).to(dtype)
        carried = {frame.joint: name for name, frame in assembly.segments.items()}
        parents = [joint.parent for joint in anatomy.joints for _ in joint.axes]
        massive = [carried[joint + ROOT_JOINT] for joint in self._template.massive.tolist()]
        soles = list(skeleton.soles.segments)
        places = assembly.segments
        self._rows = {
            name: (
                torch.tensor([segments.index(segment) for segment in of]),
                torch.tensor(np.array([places[s].placement.rotation for s in of]), dtype=dtype),
            )
            for name, of in (("parents", parents), ("massive", massive), ("soles", soles))
        }
        self._along = torch.tensor(_translations(assembly), dtype=dtype)

    def body(self, factors: Tensor) -> TorchBody:
        """A body for samples (batch, frames, ...).

        Args:
            factors: Stretch of each segment along its axes (batch, segments, 3), OpenSim axes.
        """
        template = self._template
        scaled = copy.copy(template)
        scaled._buffers, scaled._modules = dict(template._buffers), dict(template._modules)
        scaled.tree = copy.copy(template.tree)
        scaled.tree._buffers = dict(template.tree._buffers)
        factors = factors[:, None][..., _TO_REP103].to(template.levers)
        parents, massive = self._stretch("parents", factors), self._stretch("massive", factors)
        soles = self._stretch("soles", factors)
        tree = template.tree
        scaled.tree.places = (parents @ tree.places[..., None]).squeeze(-1)
        gain = (self._along * factors[..., self._rows["parents"][0], :] * self._along).sum(
            -1, keepdim=True
        )
        gain = torch.where(tree.turning > 0.0, torch.ones_like(gain), gain)
        scaled.tree.slides, scaled.tree.directions = tree.slides * gain, tree.directions * gain
        scaled.levers = (massive @ template.levers[..., None]).squeeze(-1)
        scaled.contact_offsets = (soles @ template.contact_offsets[..., None]).squeeze(-1)
        scaled.inertias = _stretched(template.inertias, massive)
        return scaled

    def _stretch(self, name: str, factors: Tensor) -> Tensor:
        """Stretches (batch, 1, n, 3, 3) of vectors in the axes of the joints that carry them."""
        rows, rotation = self._rows[name]
        return (rotation * factors[..., rows, None, :]) @ rotation.transpose(-1, -2)


def _stretched(inertias: Tensor, stretch: Tensor) -> Tensor:
    """Inertias (..., 3, 3) after a stretch: second moments of mass follow its square."""
    identity = torch.eye(3, dtype=inertias.dtype)
    trace = inertias.diagonal(dim1=-2, dim2=-1).sum(-1)[..., None, None]
    moments = stretch @ (0.5 * trace * identity - inertias) @ stretch
    return moments.diagonal(dim1=-2, dim2=-1).sum(-1)[..., None, None] * identity - moments


def _translations(assembly: Assembly) -> Array:
    """Direction of each axis in its parent segment, REP-103 axes (n_axes, 3).

    A joint's first axis stands where the joint does; those after it do as well at zero.
    """
    model = assembly.model
    directions, rotation = [], np.eye(3)
    segment_of = {frame.joint: frame.placement for frame in assembly.segments.values()}
    for joint, axis in enumerate(assembly.axes, ROOT_JOINT + 1):
        if model.parents[joint] in segment_of:
            place = segment_of[int(model.parents[joint])]
            rotation = place.rotation.T @ model.jointPlacements[joint].rotation
        directions.append(rotation @ axis.axis[_TO_REP103] * [1.0, -1.0, 1.0])
    return np.array(directions)
