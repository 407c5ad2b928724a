"""A network that answers for the mirrored motion exactly the mirrored answer."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from monomsk_training.kinetics_data import LEGS, mirror_of_features
from monomsk_training.kinetics_network import Kinetics, KineticsModel


class SymmetricKinetics(nn.Module):
    """Mean of a network's answers for a motion and for the same seen in a mirror.

    Args:
        model: The network.
    """

    order: Tensor
    sign: Tensor
    force_sign: Tensor

    def __init__(self, model: KineticsModel) -> None:
        super().__init__()
        self.model = model
        order, sign = mirror_of_features()
        self.register_buffer("order", torch.as_tensor(order))
        self.register_buffer("sign", torch.as_tensor(sign, dtype=torch.float32))
        self.register_buffer("force_sign", torch.tensor([1.0, -1.0, 1.0, 1.0, -1.0, 1.0]))

    def forward(self, features: Tensor, seen: Tensor) -> Kinetics:
        """Kinetics of windows, as the network's."""
        plain = self.model(features, seen)
        other = self.model((features * self.sign)[..., self.order], seen)
        half = LEGS // 2
        back = Kinetics(
            _exchanged(other.force, 3) * self.force_sign,
            _exchanged(other.force_log_scale, 3),
            _exchanged(other.torque, half),
            _exchanged(other.torque_log_scale, half),
        )
        return Kinetics(*(0.5 * (one + two) for one, two in zip(plain, back, strict=True)))


def _exchanged(values: Tensor, half: int) -> Tensor:
    """Numbers of the right and the left side exchanged."""
    return torch.cat([values[..., half:], values[..., :half]], dim=-1)
