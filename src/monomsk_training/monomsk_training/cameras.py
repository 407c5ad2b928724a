"""Where virtual cameras stand, how they move while they film, and what their lenses do."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from monomsk_training.generators import smooth_weights
from monomsk_training.kinematics import euler_zxy, product

#: Hands sway slowly and tremble: periods [s] and their shares of the standard deviation.
_SWAY = ((1.2, 0.9), (0.2, 0.25))


@dataclass(frozen=True)
class CameraOptions:
    """Where cameras stand and how they move.

    Attributes:
        height_m: Lowest and highest lens [m].
        distance_m: Nearest and farthest person [m].
        focal_per_height: Shortest and longest focal length over the image's height.
        aim_deg: Standard deviation of the aim: pitch, yaw, roll [deg].
        tilted_share: Share of the films whose camera is mounted or held askew.
        tilted_deg: Standard deviation of what that adds to the roll [deg].
        pitch_deg: Turned down by so much more than towards the person [deg].
        roll_deg: Turned counter-clockwise by so much more than level [deg].
        moving_share: Share of the films whose camera is held in the hand.
        sway_deg: Standard deviation of how a hand turns the camera [deg].
        sway_m: The same of how it moves it [m].
        follow_share: Share of those whose camera turns after the person.
        travel_share: Share of those whose camera goes along with the person.
        distortion: Standard deviation of what the lens does that nobody corrects, in half of the
            films: growth of a ray's distance from the axis where that is 1, in proportion to its
            square.
    """

    height_m: tuple[float, float] = (0.6, 2.1)
    distance_m: tuple[float, float] = (2.0, 6.0)
    focal_per_height: tuple[float, float] = (0.6, 1.6)
    aim_deg: tuple[float, float, float] = (6.0, 4.0, 2.0)
    tilted_share: float = 0.2
    tilted_deg: float = 15.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    moving_share: float = 0.3
    sway_deg: float = 0.7
    sway_m: float = 0.015
    follow_share: float = 0.4
    travel_share: float = 0.3
    distortion: float = 0.03


def camera_poses(
    path: Tensor, heights: Tensor, options: CameraOptions, rate_hz: float, draw: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Rotations from the world to the optical frame and lens places.

    Args:
        path: Pelvis places in the world (batch, frames, 3) [m].
        heights: Statures (batch,) [m].
        options: Where cameras stand and how they move.
        rate_hz: Frames a second.
        draw: Where chance comes from.

    Returns:
        (batch, frames, 3, 3) and (batch, frames, 3) [m]; one frame where no camera moves.
    """
    films = len(path)

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(films, 1, 1, generator=draw)

    def share(probability: float) -> Tensor:
        return (torch.rand(films, 1, 1, generator=draw) < probability).float()

    focal = uniform(*options.focal_per_height)
    # Far enough for most of the body to be in the image.
    distance = torch.maximum(uniform(*options.distance_m), 1.15 * heights[:, None, None] * focal)
    azimuth = uniform(0.0, 2.0 * math.pi)
    lens = torch.cat(
        [distance * azimuth.cos(), distance * azimuth.sin(), uniform(*options.height_m)], -1
    )
    target = path.mean(1, keepdim=True)
    aim = torch.tensor(options.aim_deg) * torch.randn(films, 1, 3, generator=draw)
    askew_deg = options.tilted_deg * torch.randn(films, 1, 1, generator=draw)
    roll = options.roll_deg + share(options.tilted_share) * askew_deg
    aim = aim + torch.nn.functional.pad(roll, (2, 0)) + torch.tensor([options.pitch_deg, 0.0, 0.0])
    if options.moving_share > 0.0:
        held = share(options.moving_share)
        travels = held * share(options.travel_share) * uniform(0.3, 1.0)
        follows = torch.maximum(travels, held * share(options.follow_share) * uniform(0.3, 1.0))
        way = (path - target) * torch.tensor([1.0, 1.0, 0.0])
        frames = path.shape[1]
        lens = lens + travels * way + held * options.sway_m * _sway(films, frames, rate_hz, draw)
        target = target + follows * way
        aim = aim + held * options.sway_deg * _sway(films, frames, rate_hz, draw)
    pitch, yaw, roll = (math.pi / 180.0 * aim).unbind(-1)
    return product(euler_zxy(roll, pitch, yaw), _looking(target - lens)), lens


def _looking(forward: Tensor) -> Tensor:
    """World to optical frame (..., 3, 3) of level cameras that look along vectors (..., 3)."""
    x, y, z = forward.unbind(-1)
    flat = torch.sqrt(x**2 + y**2)
    length = torch.sqrt(flat**2 + z**2)
    zero = torch.zeros_like(x)
    rows = [
        y / flat, -x / flat, zero,
        x * z / (flat * length), y * z / (flat * length), -flat / length,
        x / length, y / length, z / length,
    ]  # fmt: skip
    return torch.stack(rows).unflatten(0, (3, 3)).movedim((0, 1), (-2, -1))


def _sway(films: int, frames: int, rate_hz: float, draw: torch.Generator) -> Tensor:
    """How a hand moves (films, frames, 3), about unit variance."""
    total = torch.zeros(films, frames, 3)
    for period_s, size in _SWAY:
        weights = smooth_weights(np.arange(frames) / rate_hz, period_s)
        curve = torch.as_tensor(weights, dtype=torch.float32)
        total += size * (curve @ torch.randn(films, curve.shape[1], 3, generator=draw))
    return total


def distorted(rays: Tensor, options: CameraOptions, draw: torch.Generator) -> Tensor:
    """Rays (batch, frames, n, 2) as a lens bends them that nobody has calibrated."""
    films = len(rays)
    bend = options.distortion * torch.randn(films, 1, 1, 1, generator=draw)
    bend = bend * (torch.rand(films, 1, 1, 1, generator=draw) < 0.5)
    # Lenses are corrected where images end; far outside them the square means nothing.
    square = (rays**2).sum(-1, keepdim=True).clamp_max(1.0)
    return rays * (1.0 + bend * square)
