"""The inverse-dynamics transformer: from kinematic features to sole forces and leg torques.

Mechanics stays in charge of what it knows: the sum of both sole forces starts from the required
force, leg torques start from inverse dynamics without ground. The network says how the feet share,
what is noise in the sum, and what the ground adds to the torques.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from monomsk_dynamics.inverse_dynamics_transformer import WINDOW_FRAMES
from monomsk_dynamics.kinetics_features import COLUMNS, FEATURES
from monomsk_training.kinetics_data import LEGS

_FORCES = 6
#: Raw outputs: correction and trust of the sum, share, shear exchange, torques, log scales.
_RAW = 3 + 3 + 1 + 2 + LEGS + _FORCES + LEGS
_FAR = -1e4
_FEATURE_LIMIT = 6.0


@dataclass(frozen=True)
class KineticsNetworkOptions:
    """The network's size.

    Attributes:
        width: Numbers a token.
        layers: Transformer layers.
        heads: Attention heads.
        dropout: Share of numbers dropped in training.
    """

    width: int = 96
    layers: int = 3
    heads: int = 4
    dropout: float = 0.1


class Kinetics(NamedTuple):
    """What the network says of every frame; axes of the heading frame.

    Attributes:
        force: Right and left sole (batch, frames, 6), per weight.
        force_log_scale: Logarithm of the expected absolute error, likewise.
        torque: Legs (batch, frames, 14), per weight and stature.
        torque_log_scale: Logarithm of the expected absolute error, likewise.
    """

    force: Tensor
    force_log_scale: Tensor
    torque: Tensor
    torque_log_scale: Tensor


class KineticsModel(nn.Module):
    """The network.

    Args:
        options: Its size.
        mean: Of the features (FEATURES,).
        spread: Of the features (FEATURES,).
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, options: KineticsNetworkOptions, mean: Tensor, spread: Tensor) -> None:
        super().__init__()
        self.options = options
        self.register_buffer("mean", mean)
        self.register_buffer("spread", spread)
        self.enter = nn.Linear(FEATURES, options.width)
        self.place = nn.Parameter(0.02 * torch.randn(WINDOW_FRAMES, options.width))
        self.drop = nn.Dropout(options.dropout)
        self.blocks = nn.ModuleList(_Block(options) for _ in range(options.layers))
        self.leave = nn.LayerNorm(options.width)
        self.answer = nn.Linear(options.width, _RAW)

    def forward(self, features: Tensor, seen: Tensor) -> Kinetics:
        """Kinetics of windows.

        Args:
            features: (batch, frames, FEATURES).
            seen: 1.0 where a frame has features, else 0.0 (batch, frames).
        """
        scaled = (features - self.mean) / self.spread
        hidden = self.enter(scaled.clamp(-_FEATURE_LIMIT, _FEATURE_LIMIT))
        hidden = self.drop(hidden) + self.place
        mask = ((1.0 - seen) * _FAR)[:, None, None, :]
        for block in self.blocks:
            hidden = block(hidden, mask)
        raw = self.answer(self.leave(hidden))
        return _decoded(raw, features)


def _decoded(raw: Tensor, features: Tensor) -> Kinetics:
    correction, trust, share, shear, torque, force_log, torque_log = raw.split(
        [3, 3, 1, 2, LEGS, _FORCES, LEGS], dim=-1
    )
    required = features[..., COLUMNS["force"]]
    total = required * torch.sigmoid(4.0 + trust) + 0.1 * correction
    right = torch.sigmoid(4.0 * share)
    # Only while both feet stand can they push against each other.
    exchange = 4.0 * right * (1.0 - right) * 0.3 * shear
    exchange = torch.cat([exchange, torch.zeros_like(right)], dim=-1)
    force = torch.cat([right * total + exchange, (1.0 - right) * total - exchange], dim=-1)
    return Kinetics(
        force,
        (force_log - 3.0).clamp(-7.0, 1.0),
        features[..., COLUMNS["leg_torques"]] + 0.1 * torque,
        (torque_log - 4.0).clamp(-9.0, 1.0),
    )


class _Block(nn.Module):
    """Attention over time, then a small network, both on normalised input."""

    def __init__(self, options: KineticsNetworkOptions) -> None:
        super().__init__()
        width = options.width
        self.heads, self.dropout = options.heads, options.dropout
        self.before_attention, self.before_mix = nn.LayerNorm(width), nn.LayerNorm(width)
        self.project = nn.Linear(width, 3 * width)
        self.attended = nn.Linear(width, width)
        self.mix = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Dropout(options.dropout),
            nn.Linear(4 * width, width),
        )  # fmt: skip
        self.drop = nn.Dropout(options.dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """X (batch, frames, width); mask (batch, 1, 1, frames), added to the attention."""
        split = self.project(self.before_attention(x)).unflatten(-1, (3, self.heads, -1))
        query, key, value = split.permute(2, 0, 3, 1, 4).unbind(0)
        found = nn.functional.scaled_dot_product_attention(
            query, key, value, attn_mask=mask, dropout_p=self.dropout if self.training else 0.0
        )
        x = x + self.drop(self.attended(found.transpose(1, 2).flatten(-2)))
        mixed: Tensor = self.drop(self.mix(self.before_mix(x)))
        return x + mixed
