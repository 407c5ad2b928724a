"""Which muscles share a torque: the least sum of squared activations, frame by frame."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monomsk_description.muscle_parameters import SIDES
from monomsk_description.muscles import MuscleGeometry
from monomsk_dynamics.errors import OptionError, ShapeError
from monomsk_dynamics.hill import active_tendon_forces, tendon_forces
from monomsk_dynamics.muscle_sharing import LegShare

Array = NDArray[np.float64]

#: Whose moment arms are held at a time.
_FRAMES_AT_ONCE = 256


@dataclass(frozen=True)
class StaticOptimizationOptions:
    """How torques become activations.

    Attributes:
        coordinates: Of each leg, whose torques the muscles explain. The toes are left out: the
            plantar fascia carries most of their torque, and the model has none.
        minimum_activation: [0..1].
        reserve_weight: What a reserve torque costs [1/(N m)²], in squared activations: with 1, one
            N m of reserve costs as much as one muscle's full activation.
        passive: Whether stretched fibres pull without being activated. Off, as in OpenSim's static
            optimisation: with tendons that do not stretch, fibres come out too long, and their
            passive forces would take over from the muscles that are active in walking.
    """

    coordinates: tuple[str, ...] = (
        "hip_flexion", "hip_adduction", "hip_rotation", "knee_angle", "ankle_angle",
        "subtalar_angle",
    )  # fmt: skip
    minimum_activation: float = 0.01
    reserve_weight: float = 1.0
    passive: bool = False

    def __post_init__(self) -> None:
        if not 0.0 <= self.minimum_activation < 1.0:
            raise OptionError("minimum_activation", self.minimum_activation, "0 to below 1")
        if not self.reserve_weight > 0.0:
            raise OptionError("reserve_weight", self.reserve_weight, "more than 0")
        if not self.coordinates:
            raise OptionError("coordinates", self.coordinates, "at least one")


@dataclass(frozen=True, eq=False)
class MuscleSolution:
    """Muscles that explain the torques of one instant.

    Attributes:
        names: Of the muscles, (80,).
        activations: (80,), 0 to 1.
        forces: Of the tendons (80,) [N].
        coordinate_names: Whose torques were explained, right leg first.
        reserves: Torques that the muscles could not make up (coordinates,) [N m].
    """

    names: tuple[str, ...]
    activations: Array
    forces: Array
    coordinate_names: tuple[str, ...]
    reserves: Array


class StaticOptimization:
    """Finds activations for one person's muscles; the legs are independent problems.

    Args:
        geometry: Of the muscles.
        options: See there.

    Raises:
        OptionError: A coordinate is none that the muscles cross.
    """

    def __init__(
        self, geometry: MuscleGeometry, options: StaticOptimizationOptions | None = None
    ) -> None:
        self._geometry = geometry
        self._options = options or StaticOptimizationOptions()
        self._muscles_per_leg = len(geometry.names) // len(SIDES)
        #: Of each leg, indices of the coordinates whose torques are explained.
        self.leg_coordinates = [self._indices(side) for side in SIDES]
        self._leg = LegShare(
            self._muscles_per_leg,
            len(self._options.coordinates),
            self._options.minimum_activation,
            self._options.reserve_weight,
        )
        self.coordinate_names = tuple(
            f"{name}_{side}" for side in SIDES for name in self._options.coordinates
        )

    def solve(self, q: Array, rates: Array, tau: Array) -> MuscleSolution:
        """Activations of one instant.

        Args:
            q: Coordinates (31,) [rad].
            rates: Their rates (31,) [rad/s].
            tau: Torques (31,) [N m].

        Raises:
            ShapeError: An array of the wrong shape, or one that holds NaN.
            SolverError: The quadratic programme has no solution.
        """
        return next(self.solve_all(q[None], rates[None], tau[None]))

    def solve_all(self, q: Array, rates: Array, tau: Array) -> Iterator[MuscleSolution]:
        """Activations of many instants one after another, faster than one by one.

        Args:
            q: Coordinates (n, 31) [rad].
            rates: Their rates (n, 31) [rad/s].
            tau: Torques (n, 31) [N m].

        Raises:
            ShapeError: An array of the wrong shape, or one that holds NaN.
            SolverError: A quadratic programme has no solution.
        """
        expected = (len(q), len(self._geometry.coordinate_names))
        for name, values in (("q", q), ("rates", rates), ("tau", tau)):
            if values.shape != expected:
                raise ShapeError(name, f"shape {values.shape}, expected {expected}")
            if not np.isfinite(values).all():
                raise ShapeError(name, "holds NaN or infinity")
        for first in range(0, len(q), _FRAMES_AT_ONCE):
            frames = slice(first, first + _FRAMES_AT_ONCE)
            yield from self._solve_some(q[frames], rates[frames], tau[frames])

    def leg_muscles(self, leg: int) -> slice:
        """Where a leg's muscles (0 right, 1 left) stand among all."""
        return slice(leg * self._muscles_per_leg, (leg + 1) * self._muscles_per_leg)

    def share(self, per_activation: Array, wanted: Array) -> Array:
        """Activations of one leg's muscles.

        Args:
            per_activation: Torques at full activation (coordinates, muscles) [N m].
            wanted: Torques that the muscles shall make (coordinates,) [N m].

        Raises:
            SolverError: The quadratic programme has no solution.
        """
        return self._leg.activations(per_activation, wanted)

    def _solve_some(self, q: Array, rates: Array, tau: Array) -> Iterator[MuscleSolution]:
        lengths, arms = self._geometry.lengths_with_moment_arms(q)
        velocities = -(arms @ rates[:, :, None])[:, :, 0]
        active, passive = self._forces(lengths, velocities)
        for frame in zip(arms, active, passive, tau, strict=True):
            yield self._solve_one(*frame)

    def _solve_one(self, arms: Array, active: Array, passive: Array, tau: Array) -> MuscleSolution:
        """Of moment arms (80, 31), forces at full activation and without any (80,), torques."""
        activations, reserves = np.empty(len(active)), []
        for leg, coordinates in enumerate(self.leg_coordinates):
            muscles = self.leg_muscles(leg)
            turning = arms[muscles, coordinates].T
            wanted = tau[coordinates] - turning @ passive[muscles]
            per_activation = turning * active[muscles]
            activations[muscles] = self.share(per_activation, wanted)
            reserves.append(wanted - per_activation @ activations[muscles])
        return MuscleSolution(
            names=self._geometry.names,
            activations=activations,
            forces=activations * active + passive,
            coordinate_names=self.coordinate_names,
            reserves=np.concatenate(reserves),
        )

    def _forces(self, lengths: Array, velocities: Array) -> tuple[Array, Array]:
        """Of the tendons at full activation and without any, (n, 80) each [N]."""
        parameters = self._geometry.parameters
        if self._options.passive:
            forces = tendon_forces(parameters, lengths, velocities)
            return forces.active, forces.passive
        return active_tendon_forces(parameters, lengths, velocities), np.zeros_like(lengths)

    def _indices(self, side: str) -> list[int]:
        names = self._geometry.coordinate_names
        crossed = set(np.flatnonzero(self._geometry.crosses.any(axis=0)).tolist())
        wanted = [f"{name}_{side}" for name in self._options.coordinates]
        for name in wanted:
            if name not in names or names.index(name) not in crossed:
                raise OptionError("coordinates", name, "a coordinate that muscles cross")
        return [names.index(name) for name in wanted]
