"""Where filmed bodies go, and what of their soles touches the ground."""

from __future__ import annotations

import torch
from torch import Tensor

from monomsk_training.detector_noise import length
from monomsk_training.kinematics import turn
from monomsk_training.motion_clip import COLUMN

#: Sole points (first, last) of right heel, right toes, left heel, left toes.
CONTACT_GROUPS = ((0, 3), (4, 8), (8, 11), (12, 16))
_RIGHT, _LEFT = slice(0, 8), slice(8, 16)
#: Points touch that are this low and this slow; the lowest points carry, within a centimetre.
_LOW_M, _SLOW_M_S, _CARRY_M = 0.035, 0.5, 0.01
#: A foot of stairs touches when it carries at least so much.
_CARRIES = 0.1


def body_paths(
    motion: Tensor, travels: Tensor, soles: Tensor, yaw: Tensor, heights: Tensor, rate_hz: float
) -> tuple[Tensor, Tensor]:
    """Pelvis places in the world and contacts.

    The lowest point of the soles is on the floor, in flight so far above it as `pelvis_ty` says.
    Where the recording's own travel is of no use, the lowest points stand still. On stairs each
    foot has a floor of its own: the foot that carries stands still, up and down too.

    Args:
        motion: (batch, frames, 37) in the order of `MOTION_NAMES`.
        travels: Whether the pelvis places are real (batch,).
        soles: Sole points from the pelvis, in the world's axes (batch, frames, 16, 3) [m].
        yaw: Turn of the recording's ground in the world (batch, 1, 3, 3).
        heights: Statures (batch,) [m].
        rate_hz: Frames a second.

    Returns:
        (batch, frames, 3) [m] and 1.0 where right heel, right toes, left heel, left toes touch
        (batch, frames, 4).
    """
    scale = (heights / 1.75)[:, None]
    lowest = soles[..., 2].amin(-1) - motion[..., COLUMN["pelvis_ty"]] * scale
    above = soles[..., 2] - lowest[..., None]
    carries = torch.softmax(-above / _CARRY_M, dim=-1)
    # The recorded travel, turned as the body was.
    x, y, z = motion[..., 3:6].unbind(-1)
    own = turn(yaw, torch.stack([x, -z, y], -1))[..., :2] * scale[..., None]
    flat = torch.where(travels[:, None, None], own, _standing(soles, carries)[..., :2])
    path = torch.cat([flat - flat.mean(1, keepdim=True), -lowest[..., None]], dim=-1)
    climbs = ~travels & (motion[:, 0, COLUMN["pelvis_tx"]] > 0.5)
    if climbs.any():
        share = 0.5 + 0.5 * motion[climbs][..., COLUMN["pelvis_tz"], None]
        path[climbs], above[climbs] = _climb(soles[climbs], share)
    places = soles + path[..., None, :]
    speed = torch.zeros_like(above)
    speed[:, 1:] = length(places[:, 1:] - places[:, :-1]) * rate_hz
    touching = ((above < _LOW_M) & (speed < _SLOW_M_S)).float()
    groups = [touching[..., first:last].amax(-1) for first, last in CONTACT_GROUPS]
    return path, torch.stack(groups, dim=-1)


def _standing(soles: Tensor, carries: Tensor) -> Tensor:
    """Places of the pelvis with which the soles that carry stand still (batch, frames, 3) [m]."""
    slip = (soles[:, 1:] - soles[:, :-1]) * carries[:, 1:, :, None]
    return torch.cumsum(torch.nn.functional.pad(-slip.sum(2), (0, 0, 1, 0)), dim=1)


def _climb(soles: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
    """Pelvis places on stairs, and how high soles are above the steps that their feet stand on.

    Args:
        soles: (batch, frames, 16, 3) [m].
        right: Share of the right foot in what both carry (batch, frames, 1).
    """
    carries, above = torch.empty_like(soles[..., 0]), torch.empty_like(soles[..., 0])
    for side, share in ((_RIGHT, right), (_LEFT, 1.0 - right)):
        height = soles[:, :, side, 2]
        above[:, :, side] = height - height.amin(-1, keepdim=True)
        carries[:, :, side] = share * torch.softmax(-above[:, :, side] / _CARRY_M, dim=-1)
        # A foot in the air touches nothing, however level it is.
        above[:, :, side] += (share < _CARRIES).float()
    path = _standing(soles, carries)
    origin = path.mean(1, keepdim=True)
    # The lowest step is the floor.
    origin[..., 2] = (soles[..., 2] + path[..., None, 2]).amin((1, 2))[:, None]
    return path - origin, above
