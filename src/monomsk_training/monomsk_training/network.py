"""The lifter's network: a temporal transformer from landmark rays to a posed skeleton.

Everything between camera rays and physical quantities is part of the network, so that the exported
file is complete: it turns the rays into a frame that looks at the person, divides by the person's
apparent size (so that any focal length and distance look alike), and turns its answers back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from monomsk_perception.lifter_answer import USED_LANDMARKS
from monomsk_training.motion_clip import COORDINATE_NAMES

LANDMARKS = len(USED_LANDMARKS)
SUBJECT = 17
PROPORTIONS, CONTACTS, COORDINATES = 8, 4, len(COORDINATE_NAMES)
_LEFT_HIP, _RIGHT_HIP = 9, 10
#: Numbers a frame: pelvis 6 + 3, its log scales 2, coordinates twice, proportions, contacts.
_OUTPUTS = 6 + 3 + 2 + 2 * COORDINATES + PROPORTIONS + CONTACTS
_FAR = -1e4


@dataclass(frozen=True)
class NetworkOptions:
    """The network's size.

    Attributes:
        frames: Length of its window, and the most that it can be asked about.
        width: Numbers a token.
        layers: Transformer layers.
        heads: Attention heads.
    """

    frames: int = 64
    width: int = 160
    layers: int = 5
    heads: int = 5


class Lifted(NamedTuple):
    """What the network says of the frames that it is asked for.

    Attributes:
        pelvis_rotation: Pelvis axes (REP-103) in the optical frame (batch, frames, 3, 3).
        pelvis_position: In the optical frame (batch, frames, 3) [m].
        pelvis_log_scale: Logarithm of the expected error: angle [rad], place over distance
            (batch, frames, 2).
        coordinates: (batch, frames, 31) [rad].
        log_scale: Logarithm of their expected absolute error (batch, frames, 31) [rad].
        proportions: Logarithms of lengths over what the stature suggests (batch, 8).
        contact: Log odds: right heel, right toes, left heel, left toes (batch, frames, 4).
    """

    pelvis_rotation: Tensor
    pelvis_position: Tensor
    pelvis_log_scale: Tensor
    coordinates: Tensor
    log_scale: Tensor
    proportions: Tensor
    contact: Tensor


class View(NamedTuple):
    """Rays as seen by a camera turned to the person.

    Attributes:
        tokens: (batch, frames, 19 * 3 + 3).
        hips: Where it looks: the ray of their middle, in the plane z = 1 (batch, frames, 2).
        size: Apparent size of the person (batch, frames, 1).
    """

    tokens: Tensor
    hips: Tensor
    size: Tensor

    def of_frames(self, asked: Tensor) -> View:
        """Some frames of it, by row."""
        return View(*(part[..., asked, :] for part in self))


class Block(nn.Module):
    """Attention over time, then a small network, both on normalised input."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.before_attention, self.before_mix = nn.LayerNorm(width), nn.LayerNorm(width)
        self.project = nn.Linear(width, 3 * width)
        self.attended = nn.Linear(width, width)
        self.mix = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: Tensor, mask: Tensor, asked: Tensor | None = None) -> Tensor:
        """One layer.

        Args:
            x: (..., frames, width).
            mask: Added to the attention that frames get, from all alike or from each frame
                (..., 1, 1 or frames, frames).
            asked: Rows of the frames to answer for; None: all.
        """
        split = self.project(self.before_attention(x)).unflatten(-1, (3 * self.heads, -1))
        query, key, value = split.transpose(-3, -2).split(self.heads, dim=-3)
        if asked is not None:
            x, query = x[..., asked, :], query[..., asked, :]
            mask = mask if mask.shape[-2] == 1 else mask[..., asked, :]
        # Written out: on a CPU the fused attention's gradient costs more than all the rest.
        match = (query @ key.transpose(-1, -2)).float() * query.shape[-1] ** -0.5
        found = torch.softmax(match + mask, dim=-1).to(value.dtype) @ value
        x = x + self.attended(found.transpose(-3, -2).flatten(-2))
        mixed: Tensor = self.mix(self.before_mix(x))
        return x + mixed


class LifterModel(nn.Module):
    """The network.

    Args:
        options: Its size.
    """

    def __init__(self, options: NetworkOptions) -> None:
        super().__init__()
        self.options = options
        self.enter = nn.Linear(LANDMARKS * 3 + 3, options.width)
        self.person = nn.Linear(SUBJECT, options.width)
        self.place = nn.Parameter(0.02 * torch.randn(options.frames, options.width))
        self.blocks = nn.ModuleList(
            Block(options.width, options.heads) for _ in range(options.layers)
        )
        self.leave = nn.LayerNorm(options.width)
        self.answer = nn.Linear(options.width, _OUTPUTS)
        nn.init.normal_(self.answer.weight, std=0.01)
        nn.init.zeros_(self.answer.bias)
        with torch.no_grad():
            self.answer.bias[:6] = torch.tensor([1.0, 0.0, 0.0, 0.0, 1.0, 0.0])

    def forward(
        self,
        rays: Tensor,
        visibility: Tensor,
        seen: Tensor,
        subject: Tensor,
        asked: Tensor | None = None,
        numbers: Tensor | None = None,
        windows: Tensor | None = None,
    ) -> Lifted:
        """Lifts windows.

        A window shorter than `NetworkOptions.frames` is answered as one whose last frames are
        unseen. The batch may be lacking: one window alone is quicker so.

        Args:
            rays: (batch, frames, 19, 2) in the plane z = 1; anything finite where not visible.
            visibility: (batch, frames, 19), 0 to 1.
            seen: 1.0 where a frame has landmarks, else 0.0 (batch, frames).
            subject: (batch, 17).
            asked: Rows of the frames to answer for; None: all. The last layer leaves the others
                out.
            numbers: Which frames of a whole window the rows are (frames,); None: the first ones,
                without gaps. Those left out are as good as unseen and cost nothing.
            windows: Which of several windows of one person each row is of (frames,); None: all of
                one. Two at once are quicker than one after the other.
        """
        view = turned_to_person(rays, visibility)
        place = self.place[: rays.shape[-3]] if numbers is None else self.place[numbers]
        hidden = self.enter(view.tokens) + place + self.person(subject)[..., None, :]
        unseen = ((1.0 - seen) * _FAR)[..., None, None, :]
        if windows is not None:
            unseen = unseen + (windows[:, None] != windows).float() * _FAR
        *blocks, last = self.blocks
        for block in blocks:
            hidden = block(hidden, unseen)
        hidden = last(hidden, unseen, asked)
        if asked is not None:
            view, seen = view.of_frames(asked), seen[..., asked]
        return self._decode(self.answer(self.leave(hidden)).float(), view, seen, subject)

    def _decode(self, raw: Tensor, view: View, seen: Tensor, subject: Tensor) -> Lifted:
        parts = raw.split([6, 3, 2, COORDINATES, COORDINATES, PROPORTIONS, CONTACTS], dim=-1)
        back = rotation_to(view.hips).transpose(-1, -2)
        height = 1.7 * torch.exp(subject[..., None, :1] / 3.0)
        depth = torch.exp(parts[1][..., 2:].clamp(-2.0, 2.0)) / view.size
        place = torch.cat([0.3 * parts[1][..., :2], depth], dim=-1) * height
        weight = seen / seen.sum(-1, keepdim=True).clamp_min(1.0)
        return Lifted(
            pelvis_rotation=back @ _rotation_from_six(parts[0]),
            pelvis_position=(back @ place[..., None])[..., 0],
            pelvis_log_scale=parts[2].clamp(-7.0, 2.0),
            coordinates=parts[3],
            log_scale=parts[4].clamp(-7.0, 2.0),
            proportions=0.1 * (parts[5] * weight[..., None]).sum(-2),
            contact=parts[6],
        )


def turned_to_person(rays: Tensor, visibility: Tensor) -> View:
    """The rays in a frame whose z looks at the middle of the hips, divided by their extent."""
    hips = 0.5 * (rays[..., _LEFT_HIP, :] + rays[..., _RIGHT_HIP, :])
    x, y = rays[..., 0], rays[..., 1]
    cos_y, sin_y, cos_x, sin_x = _turns_to(hips)
    after_y = sin_y * x + cos_y
    depth = (sin_x * y + cos_x * after_y).clamp_min(0.2)
    # What is not seen is put between the hips, where it widens nothing.
    shown = (visibility > 0.0) / depth
    across, down = cos_y * x - sin_y, cos_x * y - sin_x * after_y
    plane = torch.stack([across * shown, down * shown], dim=-1)
    extent = plane.amax(-2) - plane.amin(-2)
    size = torch.sqrt((extent**2).sum(-1, keepdim=True)).clamp_min(0.02)
    spread = 3.0 * plane / size[..., None]
    tokens = torch.cat([spread.flatten(-2), visibility, hips, torch.log(size)], dim=-1)
    return View(tokens, hips, size)


def rotation_to(hips: Tensor) -> Tensor:
    """From the optical frame to one whose z looks along rays (..., 2) of z = 1: (..., 3, 3)."""
    cos_y, sin_y, cos_x, sin_x = _turns_to(hips)
    rows = [
        cos_y, torch.zeros_like(cos_y), -sin_y,
        -sin_x * sin_y, cos_x, -sin_x * cos_y,
        cos_x * sin_y, sin_x, cos_x * cos_y,
    ]  # fmt: skip
    return torch.cat(rows, dim=-1).unflatten(-1, (3, 3))


def _turns_to(hips: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Cosine and sine (..., 1) of the turns about y, then x, that bring rays straight ahead."""
    x, y = hips.split(1, dim=-1)
    flat = torch.sqrt(1.0 + x**2)
    length = torch.sqrt(flat**2 + y**2)
    return 1.0 / flat, x / flat, flat / length, y / length


def _rotation_from_six(raw: Tensor) -> Tensor:
    """Rotations (..., 3, 3) from two column vectors (..., 6) (Zhou et al. 2019, CVPR)."""
    first = _unit(raw[..., :3])
    second = raw[..., 3:]
    second = _unit(second - (first * second).sum(-1, keepdim=True) * first)
    # torch.linalg.cross has no ONNX form.
    x1, y1, z1 = first.split(1, dim=-1)
    x2, y2, z2 = second.split(1, dim=-1)
    third = torch.cat([y1 * z2 - z1 * y2, z1 * x2 - x1 * z2, x1 * y2 - y1 * x2], dim=-1)
    return torch.stack([first, second, third], dim=-1)


def _unit(vector: Tensor) -> Tensor:
    return vector / torch.sqrt((vector**2).sum(-1, keepdim=True) + 1e-8)
