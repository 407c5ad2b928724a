"""From a result's torques to muscles and joint contact forces."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

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

_ROOT_NQ, _ROOT_NV = 7, 6


@dataclass(frozen=True, eq=False)
class MuscleResult:
    """Muscles and joint contact forces of one instant."""

    muscles: MuscleSolution
    contact: JointContactForces


class MuscleAnalysis:
    """Analyses results of one person. Not thread-safe.

    Args:
        skeleton: The person's.
        options: Of the static optimisation.
    """

    def __init__(
        self, skeleton: Skeleton, options: StaticOptimizationOptions | None = None
    ) -> None:
        self.geometry = MuscleGeometry(skeleton)
        self._optimization = StaticOptimization(self.geometry, options)
        self._loads = JointLoads(skeleton, self.geometry)

    def analyze(self, result: BodyDynamics) -> MuscleResult:
        """Muscles and joint contact forces of one result.

        Raises:
            SolverError: The activations' quadratic programme has no solution.
            ShapeError: The result holds NaN.
        """
        muscles = solve_for(self._optimization, result)
        return MuscleResult(muscles, self._loads.forces(result, muscles.forces))

    def with_activations(self, results: Sequence[BodyDynamics]) -> list[BodyDynamics]:
        """The results of a recording with their muscle activations filled in.

        Raises:
            SolverError: The activations' quadratic programme has no solution.
            ShapeError: A result holds NaN.
        """
        if not results:
            return []
        q = np.array([result.q[_ROOT_NQ:] for result in results])
        rates = np.array([result.v[_ROOT_NV:] for result in results])
        tau = np.array([result.tau[_ROOT_NV:] for result in results])
        return [
            replace(result, muscle_activations=named_activations(muscles))
            for result, muscles in zip(
                results, self._optimization.solve_all(q, rates, tau), strict=True
            )
        ]


def solve_for(optimization: StaticOptimization, result: BodyDynamics) -> MuscleSolution:
    """The muscles that explain a result's joint torques."""
    return optimization.solve(result.q[_ROOT_NQ:], result.v[_ROOT_NV:], result.tau[_ROOT_NV:])


def named_activations(muscles: MuscleSolution) -> tuple[tuple[str, float], ...]:
    """(name, activation) of every muscle."""
    return tuple(zip(muscles.names, muscles.activations.tolist(), strict=True))


def muscle_activations_for(
    skeleton: Skeleton, geometry: MuscleGeometry, result: BodyDynamics
) -> tuple[tuple[str, float], ...]:
    """(name, activation 0..1) of the muscles behind a result's torques, with default options.

    Args:
        skeleton: The person's; the geometry must be of the same coordinates.
        geometry: Of the person's muscles.
        result: Any instant's.

    Raises:
        SolverError: The activations' quadratic programme has no solution.
        ShapeError: The geometry is of other coordinates, or the result holds NaN.
    """
    if skeleton.coordinate_names != geometry.coordinate_names:
        raise ShapeError("geometry", "its coordinates are not the skeleton's")
    return named_activations(solve_for(StaticOptimization(geometry), result))
