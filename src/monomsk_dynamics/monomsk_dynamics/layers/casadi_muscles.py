"""Static optimisation as a CasADi function, differentiable by the implicit function theorem."""

from typing import Any

import casadi as ca

from monomsk_description.muscle_parameters import SIDES
from monomsk_description.muscles import MuscleGeometry
from monomsk_dynamics.hill import tendon_forces
from monomsk_dynamics.static_optimization import StaticOptimization, StaticOptimizationOptions

_MOST_STEPS = 200


def build_muscle_function(
    geometry: MuscleGeometry, options: StaticOptimizationOptions | None = None
) -> Any:
    """The `casadi.Function` (q, rates, tau), 31 each -> (activations, forces), 80 each.

    It finds the multipliers of the torques by Newton's method with a line search: activations are
    what the multipliers pull at, within their bounds.

    Args:
        geometry: Of the muscles.
        options: See there.

    Raises:
        OptionError: A coordinate is none that the muscles cross.
    """
    options = options or StaticOptimizationOptions()
    solver = StaticOptimization(geometry, options)
    size = len(geometry.coordinate_names)
    q, rates, tau = (ca.MX.sym(name, size) for name in ("q", "rates", "tau"))
    lengths, arms = geometry.lengths_with_moment_arms(q)
    able = tendon_forces(geometry.parameters, lengths, -ca.mtimes(arms, rates))
    passive = able.passive if options.passive else ca.MX.zeros(*able.passive.shape)
    share = _share(len(geometry.names) // len(SIDES), len(options.coordinates), options)
    legs = []
    for leg, coordinates in enumerate(solver.leg_coordinates):
        muscles = solver.leg_muscles(leg)
        turning = ca.densify(arms[muscles, coordinates]).T
        wanted = tau[coordinates] - ca.mtimes(turning, passive[muscles])
        full = turning * ca.repmat(able.active[muscles].T, len(coordinates), 1)
        legs.append(share(full, wanted))
    activations = ca.vertcat(*legs)
    forces = activations * able.active + passive
    names = (["q", "rates", "tau"], ["activations", "forces"])
    return ca.Function("muscles", [q, rates, tau], [activations, forces], *names)


def _share(muscles: int, rows: int, options: StaticOptimizationOptions) -> Any:
    """Function (torques at full activation (rows, muscles), torques (rows)) -> activations."""
    lowest, weight = options.minimum_activation, options.reserve_weight
    turning, torques = ca.MX.sym("turning", rows, muscles), ca.MX.sym("torques", rows)
    multipliers = ca.MX.sym("multipliers", rows)

    def pulled(at: Any, full: Any) -> Any:
        return ca.fmin(ca.fmax(ca.mtimes(full.T, at), lowest), 1.0)

    left = ca.mtimes(turning, pulled(multipliers, turning)) + multipliers / weight - torques
    given = ca.vertcat(ca.vec(turning), torques)
    newton = ca.rootfinder(
        "multipliers",
        "newton",
        {"x": multipliers, "p": given, "g": left},
        {"max_iter": _MOST_STEPS, "line_search": True},
    )
    # With every muscle free the multipliers are those of a linear system.
    free = ca.mtimes(turning, turning.T) + ca.DM.eye(rows) / weight
    found = newton(ca.solve(free, torques), given)
    return ca.Function("share", [turning, torques], [pulled(found, turning)])
