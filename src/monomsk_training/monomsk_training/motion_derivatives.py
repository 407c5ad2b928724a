"""Velocities and accelerations of a filmed motion: a parabola through the frames around each."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from monomsk_dynamics.layers.manifold import configuration, cross, turn_back


class Motion(NamedTuple):
    """A motion on the manifold, smoothed; see `Skeleton` for the order.

    Attributes:
        q: Configurations (..., frames, 38) [m, rad].
        v: (..., frames, 37) [m/s, rad/s].
        a: (..., frames, 37) [m/s², rad/s²].
    """

    q: Tensor
    v: Tensor
    a: Tensor


class Track(NamedTuple):
    """Poses frame by frame.

    Attributes:
        rotation: Of the pelvis in the world (batch, frames, 3, 3).
        position: Of its origin (batch, frames, 3) [m].
        coordinates: (batch, frames, 31) [rad].
    """

    rotation: Tensor
    position: Tensor
    coordinates: Tensor


def smooth_motion(track: Track, half: int, rate_hz: float) -> Motion:
    """The motion (batch, frames - 2 half) of a track, without its first and last `half` frames.

    Every number follows a parabola fitted to 2 half + 1 frames (Savitzky and Golay 1964); the
    elements of the rotation do so too and are made orthogonal again. What is fitted is linear in
    the poses, so that equal poses give equal motions.
    """
    stacked = torch.cat([track.rotation.flatten(-2), track.position, track.coordinates], dim=-1)
    value, rate, bend = _parabolas(stacked, half, rate_hz)
    matrix = value[..., :9].unflatten(-1, (3, 3))
    columns = torch.cat([matrix[..., 0], matrix[..., 1]], dim=-1)
    x = torch.nn.functional.normalize(columns[..., :3], dim=-1)
    y = columns[..., 3:]
    y = torch.nn.functional.normalize(y - (x * y).sum(-1, keepdim=True) * x, dim=-1)
    rotation = torch.stack([x, y, cross(x, y)], dim=-1)
    linear = turn_back(rotation, rate[..., 9:12])
    angular = _turning(rotation, rate[..., :9])
    pushed = turn_back(rotation, bend[..., 9:12]) - cross(angular, linear)
    return Motion(
        configuration(value[..., 9:12], columns, value[..., 12:]),
        torch.cat([linear, angular, rate[..., 12:]], dim=-1),
        torch.cat([pushed, _turning(rotation, bend[..., :9]), bend[..., 12:]], dim=-1),
    )


def _turning(rotation: Tensor, change: Tensor) -> Tensor:
    """Rotation vector (..., 3) in the body's frame of a change (..., 9) of its matrix.

    The skew part: what centripetal terms add to a second derivative is symmetric.
    """
    local = rotation.transpose(-1, -2) @ change.unflatten(-1, (3, 3))
    skew = 0.5 * (local - local.transpose(-1, -2))
    return torch.stack([skew[..., 2, 1], skew[..., 0, 2], skew[..., 1, 0]], dim=-1)


def _parabolas(values: Tensor, half: int, rate_hz: float) -> tuple[Tensor, Tensor, Tensor]:
    """Value, first and second derivative (batch, frames - 2 half, n) of values in time."""
    windows = values.unfold(1, 2 * half + 1, 1) @ _kernels(half).to(values)
    value, rate, bend = windows.unbind(-1)
    return value, rate * rate_hz, bend * rate_hz**2


@cache
def _kernels(half: int) -> Tensor:
    """Weights (2 half + 1, 3) of a parabola's value, slope and second derivative."""
    frames = torch.arange(-half, half + 1, dtype=torch.float64)
    design = torch.stack([torch.ones_like(frames), frames, 0.5 * frames**2], dim=-1)
    return torch.linalg.pinv(design).T.contiguous()
