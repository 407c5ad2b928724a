"""The body's state at one image: what perception gives and dynamics takes."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from monomsk_description.errors import ShapeError
from monomsk_description.frames import Array


def _unknown(*shape: int) -> Array:
    return np.full(shape, np.nan)


@dataclass(frozen=True)
class BodyState:
    """Kinematics of one instant, with what is known of its kinetics beforehand.

    NaN in any array but `q` and `v` means unknown. Arrays are read-only copies.

    Attributes:
        stamp_ns: Time of the image [ns].
        q: Configuration (38,): pelvis position in the world [m], pelvis quaternion x y z w,
            31 coordinates [rad].
        v: Velocity (37,): pelvis linear [m/s] and angular [rad/s], both in the pelvis frame,
            31 coordinate rates [rad/s].
        sigma_q: Standard deviations (37,) in tangent space [m, rad].
        sigma_v: Standard deviations (37,) of `v`.
        contact_probability: Right and left sole (2,), 0 to 1.
        torque_prior: Expected generalised forces (37,) [N, N m].
        torque_prior_sigma: Their standard deviations (37,).
        sole_force_prior: Expected force on the right and left sole (2, 3), world frame [N].
        sole_force_prior_sigma: Their standard deviations (2, 3) [N].
        quality: How well the skeleton explains the image, 0 (not at all) to 1.

    Raises:
        ShapeError: A shape is wrong, or `q` or `v` holds NaN or infinity.
    """

    stamp_ns: int
    q: Array
    v: Array
    sigma_q: Array = field(default_factory=lambda: _unknown(37))
    sigma_v: Array = field(default_factory=lambda: _unknown(37))
    contact_probability: Array = field(default_factory=lambda: _unknown(2))
    torque_prior: Array = field(default_factory=lambda: _unknown(37))
    torque_prior_sigma: Array = field(default_factory=lambda: _unknown(37))
    sole_force_prior: Array = field(default_factory=lambda: _unknown(2, 3))
    sole_force_prior_sigma: Array = field(default_factory=lambda: _unknown(2, 3))
    quality: float = float("nan")

    _SHAPES: ClassVar[dict[str, tuple[int, ...]]] = {
        "q": (38,), "v": (37,), "sigma_q": (37,), "sigma_v": (37,), "contact_probability": (2,),
        "torque_prior": (37,), "torque_prior_sigma": (37,), "sole_force_prior": (2, 3),
        "sole_force_prior_sigma": (2, 3),
    }  # fmt: skip

    def __post_init__(self) -> None:
        for name, shape in self._SHAPES.items():
            array = np.array(getattr(self, name), dtype=float)
            if array.shape != shape:
                raise ShapeError(name, f"shape {array.shape}, expected {shape}")
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        for name in ("q", "v"):
            if not np.isfinite(getattr(self, name)).all():
                raise ShapeError(name, "holds NaN or infinity")
