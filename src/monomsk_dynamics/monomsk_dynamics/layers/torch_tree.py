"""Batched kinematics of a skeleton's tree of axes, in the pelvis frame.

Seen from the pelvis nothing depends on the pelvis' own pose but the direction of gravity. Axes of
equal depth are computed together, so that the work is in a dozen operations on whole batches.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from monomsk_dynamics.layers.manifold import cross, turn
from monomsk_dynamics.layers.tree_constants import TreeConstants

_BUFFERS = (
    "moves", "fixed", "with_sine", "with_versine", "places", "slides", "directions", "turning",
)  # fmt: skip


class TreePose(NamedTuple):
    """Frames of the pelvis and of every axis in the pelvis frame.

    Attributes:
        rotations: (..., 1 + n_axes, 3, 3).
        positions: (..., 1 + n_axes, 3) [m].
    """

    rotations: Tensor
    positions: Tensor


def spread(matrix: Tensor, values: Tensor) -> Tensor:
    """A constant matrix (n, m) times values (..., m, c); quicker than a broadcast product."""
    return torch.einsum("nm,...mc->...nc", matrix, values)


class TorchTree(nn.Module):
    """The tree of axes; see `TreeConstants` for the buffers.

    Attributes:
        moves: 1.0 where an axis (column) moves a frame (row), (1 + n_axes, n_axes).
    """

    moves: Tensor
    fixed: Tensor
    with_sine: Tensor
    with_versine: Tensor
    places: Tensor
    slides: Tensor
    directions: Tensor
    turning: Tensor

    def __init__(self, constants: TreeConstants) -> None:
        super().__init__()
        for name in _BUFFERS:
            self.register_buffer(name, torch.tensor(getattr(constants, name)))
        parents = constants.parents
        levels = _levels(parents)
        for number, level in enumerate(levels):
            self.register_buffer(f"level_{number}", torch.tensor(level) - 1)
            above = [0] if number == 0 else levels[number - 1]
            rows = [above.index(parents[frame - 1]) for frame in level]
            self.register_buffer(f"parents_{number}", torch.tensor(rows))
        self._depth = len(levels)
        order = [0, *(frame for level in levels for frame in level)]
        self.register_buffer("_sorted", torch.tensor(np.argsort(order)))

    def forward(self, axes: Tensor) -> TreePose:
        """Frames at axis values (..., n_axes) [rad or m]."""
        angle = axes[..., None, None]
        local = self.fixed + angle.sin() * self.with_sine + (1.0 - angle.cos()) * self.with_versine
        place = self.places + self.slides * axes[..., None]
        identity = torch.eye(3, dtype=axes.dtype, device=axes.device)
        rotation = identity.expand(*axes.shape[:-1], 1, 3, 3)
        position = torch.zeros_like(place[..., :1, :])
        rotations, positions = [rotation], [position]
        for number in range(self._depth):
            frames, rows = self.get_buffer(f"level_{number}"), self.get_buffer(f"parents_{number}")
            above = rotation.index_select(-3, rows)
            position = position.index_select(-2, rows) + turn(above, place.index_select(-2, frames))
            rotation = above @ local.index_select(-3, frames)
            rotations.append(rotation)
            positions.append(position)
        ordered = self.get_buffer("_sorted")
        return TreePose(
            torch.cat(rotations, dim=-3).index_select(-3, ordered),
            torch.cat(positions, dim=-2).index_select(-2, ordered),
        )

    def axes_twists(self, pose: TreePose) -> Tensor:
        """Twist of every axis at unit speed (..., n_axes, 6): linear at the pelvis, angular."""
        direction = turn(pose.rotations[..., 1:, :, :], self.directions)
        angular = direction * self.turning
        linear = cross(pose.positions[..., 1:, :], angular) + direction * (1.0 - self.turning)
        return torch.cat([linear, angular], dim=-1)


def _levels(parents: list[int]) -> list[list[int]]:
    """Frames (the pelvis is 0) of each depth below the pelvis; a parent is one level above."""
    depth = [0]
    for parent in parents:
        depth.append(depth[parent] + 1)
    return [
        [frame for frame, d in enumerate(depth) if d == level] for level in range(1, max(depth) + 1)
    ]
