"""What the landmark detector does to a film: offsets, coloured scatter, swaps, gaps.

The numbers are those measured on real video against marker-based and multi-camera references: an
offset per person and landmark that stays, scatter that lasts 0.1 to 0.4 s and is partly common to
all landmarks, a fast part that grows with speed, worse where a limb is hidden.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from monomsk_perception.lifter_answer import OTHER_SIDE
from monomsk_training.errors import RecipeError

_LEGS = tuple(range(9, 19))
#: The factor that stands for none, which has no logarithm.
_NO_NOISE = 1e-9


@dataclass(frozen=True)
class NoiseOptions:
    """Size and kind of the detector's errors.

    Attributes:
        offset_gain: Smallest and largest factor on the landmarks' own spread of offsets.
        view_m: Standard deviation of an offset across the line of sight that a view has [m].
        flesh_m: Standard deviation of how far hip and shoulder landmarks follow thigh and arm [m].
        scatter_m: Standard deviation of the slow scatter, shoulders to ankles [m].
        foot_scatter_m: The same of heel and toe [m].
        common: Share of its variance that all landmarks have in common.
        last_s: Shortest and longest time constant of the slow scatter of a moving person [s].
        moving_m_s: Mean speed of the landmarks of whom these hold for [m/s]; the scatter goes
            through its course in proportion to the speed, at most twice as fast.
        rest_pace: Slowest and fastest pace of that course in a film where the person rests, over
            that of a moving one.
        fast_m: Standard deviation of the fast scatter of a moving person [m].
        fast_at_rest: What is left of it at rest.
        fast_per_speed: Growth of the fast scatter at 1 m/s, feet only.
        gain: Smallest and largest factor on all scatter of a film; its logarithm is drawn evenly.
        hidden_gain: Growth of the scatter of a hidden landmark.
        smooth_share: Share of whole windows whose landmarks are low-passed as those of recordings
            are, at about 6 Hz; live nothing is.
        swap_share: Share of films where left and right are exchanged for some frames.
        gap_share: Share of films where the person is lost for some frames.
        outlier_share: Share of films where one landmark strays for some frames.
        missing_share: Share of films where some landmarks are not found for a while, or never, as
            with a detector that has no feet or a picture that ends at the knees.

    Raises:
        RecipeError: The gains are not positive (or both zero) or fall; a speed is not positive.
    """

    offset_gain: tuple[float, float] = (0.5, 1.5)
    view_m: float = 0.012
    flesh_m: float = 0.013
    scatter_m: float = 0.012
    foot_scatter_m: float = 0.017
    common: float = 0.13
    last_s: tuple[float, float] = (0.1, 0.4)
    moving_m_s: float = 0.5
    rest_pace: tuple[float, float] = (0.05, 0.3)
    fast_m: float = 0.004
    fast_at_rest: float = 0.4
    fast_per_speed: float = 1.0
    gain: tuple[float, float] = (0.3, 2.2)
    hidden_gain: float = 2.0
    smooth_share: float = 0.75
    swap_share: float = 0.08
    gap_share: float = 0.08
    outlier_share: float = 0.15
    missing_share: float = 0.2

    def __post_init__(self) -> None:
        low, high = self.gain
        if not 0.0 < low <= high and not low == high == 0.0:
            raise RecipeError("films.noise.gain", f"{self.gain} must be positive and rise")
        if not self.moving_m_s > 0.0:
            raise RecipeError("films.noise.moving_m_s", f"{self.moving_m_s} is not positive")


def coloured(shape: tuple[int, ...], keep: Tensor, draw: torch.Generator) -> Tensor:
    """First-order noise of unit variance (batch, frames, ...).

    Args:
        shape: Of the noise.
        keep: What each frame has of the one before, 0 to 1 (batch, frames); the first is not used.
        draw: Where chance comes from.
    """
    white = torch.randn(shape, generator=draw)
    # Each frame is the sum of all fresh numbers until then, each as far as it was kept since.
    kept_so_far = torch.log(keep.clamp_min(1e-6)).cumsum(1)
    since = kept_so_far[:, :, None] - kept_so_far[:, None, :]
    kept = torch.exp(since.clamp_max(0.0)).tril()
    kept[:, :, 1:] *= torch.sqrt(1.0 - keep[:, None, 1:] ** 2)
    return torch.bmm(kept, white.flatten(2)).view(shape)


def length(vectors: Tensor) -> Tensor:
    """Lengths of vectors (..., n); quicker than a norm at this size."""
    square = vectors[..., 0] ** 2
    for k in range(1, vectors.shape[-1]):
        square = square + vectors[..., k] ** 2
    return torch.sqrt(square)


def hidden(rays: Tensor, depth: Tensor) -> Tensor:
    """How hidden each landmark is, 0 to 1 (batch, frames, 19): behind its partner, in line."""
    other = list(OTHER_SIDE)
    behind = torch.sigmoid((depth - depth[..., other] - 0.10) / 0.03)
    size = (rays[..., 1].amax(-1) - rays[..., 1].amin(-1)).unsqueeze(-1).clamp_min(1e-3)
    apart = length(rays - rays[..., other, :]) / size
    return behind * torch.sigmoid((0.09 - apart) / 0.02)


def scattered(
    points: Tensor, options: NoiseOptions, rate_hz: float, draw: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Noisy rays (batch, frames, 19, 2) and visibility (batch, frames, 19).

    Args:
        points: Landmarks with their offsets in the optical frame (batch, frames, 19, 3) [m].
        options: The noise.
        rate_hz: Frames a second.
        draw: Where chance comes from.
    """
    depth = points[..., 2]
    rays = (points[..., :2] / depth.unsqueeze(-1)).contiguous()
    cover = hidden(rays, depth)
    films, frames, count = depth.shape
    low, high = options.last_s
    last = low + (high - low) * torch.rand(films, 1, generator=draw)
    speed = torch.zeros(films, frames, count)
    speed[:, 1:] = length(points[:, 1:] - points[:, :-1]) * rate_hz
    slow_pace, fast_pace = options.rest_pace
    rest = slow_pace + (fast_pace - slow_pace) * torch.rand(films, 1, generator=draw)
    moving = speed.mean(-1) / options.moving_m_s
    keep = torch.exp(-torch.maximum(moving.clamp_max(2.0), rest) / (rate_hz * last))
    own = coloured((films, frames, count, 2), keep, draw)
    common = coloured((films, frames, 1, 2), keep, draw)
    slow = options.common**0.5 * common + (1.0 - options.common) ** 0.5 * own
    sigma = torch.full((count,), options.scatter_m)
    sigma[-4:] = options.foot_scatter_m
    left = options.fast_at_rest
    growth = (left + (1.0 - left) * moving.clamp_max(1.0))[..., None].repeat(1, 1, count)
    growth[..., -6:] += options.fast_per_speed * speed[..., -6:].clamp_max(2.0)
    fast = options.fast_m * growth.unsqueeze(-1) * torch.randn(rays.shape, generator=draw)
    least, most = (math.log(max(gain, _NO_NOISE)) for gain in options.gain)
    gain = torch.exp(least + (most - least) * torch.rand(films, 1, 1, 1, generator=draw))
    lasting = options.view_m * torch.randn(films, 1, count, 2, generator=draw)
    error_m = gain * (
        lasting + (1.0 + options.hidden_gain * cover.unsqueeze(-1)) * (sigma[:, None] * slow + fast)
    )
    visibility = 1.0 - 0.02 * torch.rand(depth.shape, generator=draw)
    visibility = visibility - 0.5 * cover * torch.rand(films, 1, count, generator=draw)
    return rays + error_m / depth.unsqueeze(-1), visibility.clamp(0.0, 1.0)


def low_passed(rays: Tensor) -> Tensor:
    """The same rays, smoothed over time (about 6 Hz at 30 Hz)."""
    kernel = torch.tensor([0.06, 0.24, 0.40, 0.24, 0.06])
    padded = torch.cat([rays[:, :1], rays[:, :1], rays, rays[:, -1:], rays[:, -1:]], dim=1)
    frames = rays.shape[1]
    return torch.as_tensor(sum(kernel[k] * padded[:, k : k + frames] for k in range(5)))


def disturbed(
    rays: Tensor, visibility: Tensor, options: NoiseOptions, draw: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Swaps, strays and gaps. Rays and visibility, and which frames have landmarks at all.

    Where there are none, rays and visibility lie between those around, as the lifter gets them.
    """
    films, frames, count = visibility.shape
    rays, visibility = rays.clone(), visibility.clone()
    seen = torch.ones(films, frames, dtype=torch.bool)
    swapped = list(OTHER_SIDE)
    legs_only = [swapped[k] if k in _LEGS else k for k in range(count)]

    def chosen(share: float) -> list[int]:
        return torch.nonzero(torch.rand(films, generator=draw) < share)[:, 0].tolist()

    def span(longest: int) -> slice:
        start = int(torch.randint(0, frames, (1,), generator=draw))
        return slice(start, start + int(torch.randint(2, longest, (1,), generator=draw)))

    for film in chosen(options.swap_share):
        where, order = span(8), legs_only if film % 3 else swapped
        rays[film, where] = rays[film, where][:, order]
        visibility[film, where] = 0.8 * visibility[film, where][:, order]
    for film in chosen(options.outlier_share):
        where, one = span(25), int(torch.randint(0, count, (1,), generator=draw))
        size = rays[film, :, :, 1].max() - rays[film, :, :, 1].min()
        rays[film, where, one] += 0.06 * size * torch.randn(2, generator=draw)
        visibility[film, where, one] *= 0.4
    for film in chosen(options.gap_share):
        gap = span(12)
        seen[film, gap] = False
        _bridge(rays[film], gap)
        _bridge(visibility[film], gap)
    for film in chosen(options.missing_share):
        visibility[film, _missing(frames, count, draw)] = 0.0
    return rays, visibility, seen


def _bridge(values: Tensor, gap: slice) -> None:
    """Puts what lies between its neighbours into a gap of values (frames, ...)."""
    frames = len(values)
    inside = torch.arange(gap.start, min(gap.stop, frames))
    before, after = max(gap.start - 1, 0), min(gap.stop, frames - 1)
    if gap.start == 0:
        before = after
    elif gap.stop >= frames:
        after = before
    share = (inside - before) / max(after - before, 1)
    share = share.clamp(0.0, 1.0).view(-1, *[1] * (values.dim() - 1))
    values[inside] = torch.lerp(values[before], values[after], share)


#: Landmarks that are missing together: heels and toes, from the ankles down, head and arms, a side.
_TOGETHER = (
    (15, 16, 17, 18), (13, 14, 15, 16, 17, 18), (0, 1, 2), (5, 6, 7, 8), (0, 1, 2, 5, 6, 7, 8),
    (11, 13, 15, 17), (12, 14, 16, 18), (7, 8),
)  # fmt: skip


def _missing(frames: int, count: int, draw: torch.Generator) -> Tensor:
    """Which landmarks a film lacks (frames, 19)."""
    lost = torch.zeros(frames, count, dtype=torch.bool)
    kind = float(torch.rand(1, generator=draw))
    if kind < 0.4:
        group = _TOGETHER[int(torch.randint(0, len(_TOGETHER), (1,), generator=draw))]
        first, last = sorted(torch.randint(0, frames + 1, (2,), generator=draw).tolist())
        lost[(slice(None) if kind < 0.25 else slice(first, last)), list(group)] = True
        return lost
    # Each landmark on its own, for a third of a second or longer at a time.
    pieces = int(torch.randint(10, 33, (1,), generator=draw))
    share = 0.05 + 0.35 * torch.rand(1, generator=draw)
    pattern = torch.rand(-(-frames // pieces), count, generator=draw) < share
    return pattern.repeat_interleave(pieces, dim=0)[:frames]
