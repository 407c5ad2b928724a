"""From a result's torques to muscles and joint contact forces."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monomsk_description.muscles import MuscleGeometry
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.errors import ShapeError
from monomsk_dynamics.joint_loads import JointContactForces, JointLoads
from monomsk_dynamics.results import BodyDynamics
from monomsk_dynamics.static_optimization import (
    MuscleSolution,
    StaticOptimization,
    StaticOptimizationOptions,
)

Array = NDArray[np.float64]

_ROOT_NQ, _ROOT_NV = 7, 6


@dataclass(frozen=True, eq=False)
class MuscleResult:
    """Muscles and joint contact forces of one instant."""

    muscles: MuscleSolution
    contact: JointContactForces


@dataclass(frozen=True, eq=False)
class MuscleSeries:
    """Muscles and joint contact forces of n instants.

    Attributes:
        names: Of the m muscles.
        activations: (n, m), 0 to 1.
        forces: Of the tendons (n, m) [N].
        coordinate_names: Whose torques were explained, k of them.
        torques: What was to be explained (n, k) [N m].
        reserves: What the muscles could not make up of it (n, k) [N m].
        joints: `hip_r`, `knee_r`, `ankle_r` and the left ones.
        contact_forces: On the joints' lower bones (n, 6, 3), axes of their segments (REP-103) [N].
    """

    names: tuple[str, ...]
    activations: Array
    forces: Array
    coordinate_names: tuple[str, ...]
    torques: Array
    reserves: Array
    joints: tuple[str, ...]
    contact_forces: Array


class MuscleAnalysis:
    """Analyses results of one person. Not thread-safe.

    Args:
        skeleton: The person's.
        options: Of the static optimisation.
        geometry: The person's muscles; None: the shipped ones at the skeleton's size.

    Raises:
        ShapeError: The geometry is of other coordinates.
    """

    def __init__(
        self,
        skeleton: Skeleton,
        options: StaticOptimizationOptions | None = None,
        geometry: MuscleGeometry | None = None,
    ) -> None:
        self.geometry = MuscleGeometry(skeleton) if geometry is None else geometry
        if skeleton.coordinate_names != self.geometry.coordinate_names:
            raise ShapeError("geometry", "its coordinates are not the skeleton's")
        self._optimization = StaticOptimization(self.geometry, options)
        self._loads = JointLoads(skeleton, self.geometry)

    def analyze(self, result: BodyDynamics) -> MuscleResult:
        """Muscles and joint contact forces of one result.

        Raises:
            SolverError: The activations' quadratic programme has no solution.
            ShapeError: The result holds NaN.
        """
        muscles = self._optimization.solve(
            result.q[_ROOT_NQ:], result.v[_ROOT_NV:], result.tau[_ROOT_NV:]
        )
        return MuscleResult(muscles, self._loads.forces(result, muscles.forces))

    def with_activation(self, result: BodyDynamics) -> BodyDynamics:
        """One result with its muscle activations and what they took, for the live path.

        Raises:
            SolverError: The activations' quadratic programme has no solution.
            ShapeError: The result holds NaN.
        """
        begin_s = time.perf_counter()
        (muscles,) = self._solve([result])
        timings_s = {**result.timings_s, "muscles": time.perf_counter() - begin_s}
        return replace(result, muscle_activations=named_activations(muscles), timings_s=timings_s)

    def analyze_all(self, results: Sequence[BodyDynamics]) -> MuscleSeries:
        """Muscles and joint contact forces of a recording, at least one instant.

        Raises:
            SolverError: The activations' quadratic programme has no solution.
            ShapeError: A result holds NaN.
        """
        solutions = self._solve(results)
        contact = [
            self._loads.forces(result, solution.forces).in_segment
            for result, solution in zip(results, solutions, strict=True)
        ]
        coordinates = solutions[0].coordinate_names
        columns = [
            _ROOT_NV + self.geometry.coordinate_names.index(coordinate)
            for coordinate in coordinates
        ]
        return MuscleSeries(
            names=self.geometry.names,
            activations=np.array([solution.activations for solution in solutions]),
            forces=np.array([solution.forces for solution in solutions]),
            coordinate_names=coordinates,
            torques=np.array([result.tau[columns] for result in results]),
            reserves=np.array([solution.reserves for solution in solutions]),
            joints=self._loads.joints,
            contact_forces=np.array(contact),
        )

    def _solve(self, results: Sequence[BodyDynamics]) -> list[MuscleSolution]:
        if not results:
            return []
        q = np.array([result.q[_ROOT_NQ:] for result in results])
        rates = np.array([result.v[_ROOT_NV:] for result in results])
        tau = np.array([result.tau[_ROOT_NV:] for result in results])
        return list(self._optimization.solve_all(q, rates, tau))


def named_activations(muscles: MuscleSolution) -> tuple[tuple[str, float], ...]:
    """(name, activation) of every muscle."""
    return tuple(zip(muscles.names, muscles.activations.tolist(), strict=True))
