"""What dynamics gives: for one instant, torques, sole contacts and how far to trust them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from monomsk_dynamics import rotations
from monomsk_dynamics.errors import ShapeError

Array = NDArray[np.float64]


def read_only(name: str, value: object, shape: tuple[int, ...]) -> Array:
    """A read-only copy of `value` as floats.

    Raises:
        ShapeError: It has not the given shape.
    """
    array = np.array(value, dtype=float)
    if array.shape != shape:
        raise ShapeError(name, f"shape {array.shape}, expected {shape}")
    array.setflags(write=False)
    return array


def _no_timings() -> Mapping[str, float]:
    return MappingProxyType({})


@dataclass(frozen=True)
class SoleContact:
    """One sole on the floor.

    Attributes:
        in_contact: Whether the sole bears load.
        probability: Probability of contact, 0 to 1.
        force: Force on the person (3,), world frame [N]; zero without contact.
        center_of_pressure: Point on the floor (3,), world frame [m], about which the force has
            no horizontal moment; NaN without contact.
        free_moment: Moment on the person about the world's vertical through the centre of
            pressure [N m]; zero without contact.
    """

    in_contact: bool
    probability: float
    force: Array
    center_of_pressure: Array
    free_moment: float

    def __post_init__(self) -> None:
        for name in ("force", "center_of_pressure"):
            object.__setattr__(self, name, read_only(name, getattr(self, name), (3,)))

    def moment_about(self, point: Array) -> Array:
        """Moment (3,) of this contact about a world point (3,), world frame [N m]."""
        if not self.in_contact:
            return np.zeros(3)
        moment: Array = np.cross(self.center_of_pressure - point, self.force)
        moment[2] += self.free_moment
        return moment

    def moved(self, matrix: Array, shift: Array) -> "SoleContact":
        """The same in a world turned by a matrix (3, 3), then shifted (3,) [m].

        The free moment stays what it was, about the axis it was about.
        """
        return replace(
            self,
            force=matrix @ self.force,
            center_of_pressure=matrix @ self.center_of_pressure + shift,
        )


@dataclass(frozen=True)
class BodyDynamics:
    """Consistent kinematics and the forces that explain them, at one instant.

    The equations of motion hold to rounding: with contacts `soles`, and root residual and
    unexplained load acting at the pelvis, `inverse_dynamics(q, v, a)` equals `tau` plus the
    contacts' generalised force.

    Attributes:
        stamp_ns: Time of the state [ns].
        q: Configuration (38,), layout of `BodyState.q` [m, rad].
        v: Velocity (37,), pelvis part in the pelvis frame [m/s, rad/s].
        a: Its time derivative (37,) [m/s², rad/s²].
        tau: Generalised forces (37,); the first six are zero by definition (what is left there
            is `root_residual`), then joint torques [N m].
        tau_sigma: Standard deviations (37,) of `tau` [N m].
        soles: Right and left contact.
        root_residual: Force [N] and moment [N m] (6,) that no contact explains, at the pelvis
            origin, world axes.
        unexplained_load: Force [N] and moment [N m] (6,) of other supports than the soles (a
            seat, a rail), at the pelvis origin, world axes; zero where none was recognised. Not
            part of `root_residual`.
        consistency_error: Root mean square over joint coordinates of a short forward simulation
            against the filtered motion [rad]; NaN when there are too few frames, pi where the
            simulation diverged.
        sole_force_sigma: Standard deviations (2, 3) of the sole forces, world frame [N].
        muscle_activations: (name, activation 0..1) pairs, empty without muscles.
        timings_s: Seconds spent per stage.
    """

    stamp_ns: int
    q: Array
    v: Array
    a: Array
    tau: Array
    tau_sigma: Array
    soles: tuple[SoleContact, SoleContact]
    root_residual: Array
    consistency_error: float
    sole_force_sigma: Array = field(default_factory=lambda: np.full((2, 3), np.nan))
    unexplained_load: Array = field(default_factory=lambda: np.zeros(6))
    muscle_activations: tuple[tuple[str, float], ...] = ()
    timings_s: Mapping[str, float] = field(default_factory=_no_timings)

    _SHAPES: ClassVar[dict[str, tuple[int, ...]]] = {
        "q": (38,), "v": (37,), "a": (37,), "tau": (37,), "tau_sigma": (37,),
        "root_residual": (6,), "sole_force_sigma": (2, 3), "unexplained_load": (6,),
    }  # fmt: skip

    def __post_init__(self) -> None:
        for name, shape in self._SHAPES.items():
            object.__setattr__(self, name, read_only(name, getattr(self, name), shape))
        object.__setattr__(self, "timings_s", MappingProxyType(dict(self.timings_s)))

    def moved(self, turn: Array, shift: Array) -> "BodyDynamics":
        """The same in a world turned by a unit quaternion (4,), then shifted (3,) [m].

        Free moments of the soles stay about the axis they were about, see `SoleContact.moved`.
        """
        matrix = rotations.matrix(turn)
        place = matrix @ self.q[:3] + shift
        right, left = (sole.moved(matrix, shift) for sole in self.soles)
        return replace(
            self,
            q=np.concatenate([place, rotations.multiply(turn, self.q[3:7]), self.q[7:]]),
            soles=(right, left),
            root_residual=(self.root_residual.reshape(2, 3) @ matrix.T).ravel(),
            unexplained_load=(self.unexplained_load.reshape(2, 3) @ matrix.T).ravel(),
            sole_force_sigma=np.sqrt(self.sole_force_sigma**2 @ (matrix**2).T),
        )
