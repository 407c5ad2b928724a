"""Moves a motion, as little as possible, until its own derivatives obey the equations of motion.

A recorded motion and ground forces never fit each other exactly: what is left is a force at the
pelvis that nothing exerts. Residual reduction (Delp et al. 2007) alters the motion instead. Here
all 37 coordinates get a quintic spline d(t), and every frame its best forces, that minimise

  sum V(w(q + d, v + d', a + d'')) + |d / sigma_q|² + |d'' / sigma_a|² + soles + image

V: what it costs to need the wrench w at the root, see frame_balance.py; soles: loaded sole points
stay about where they were seen and do not slide; image: so do landmarks, across the lines of sight
of a camera (image_fit.py). Steps are those of Gauss and Newton with the
analytical derivatives of inverse dynamics, damped (Levenberg and Marquardt) until the cost falls.
A residual pays per force (Huber): frames that only an implausibly large change could explain, as
those of somebody who sits on a chair, keep theirs.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded

from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.consistent_motion_options import ConsistentMotionOptions
from monomsk_dynamics.errors import SolverError
from monomsk_dynamics.force_solver import ForceSolution
from monomsk_dynamics.frame import FrameTerms
from monomsk_dynamics.frame_balance import FrameBalance
from monomsk_dynamics.motion_fit import Beliefs, MotionFit, Trial
from monomsk_dynamics.smoothing import SmoothMotion
from monomsk_dynamics.spline_basis import SplineBasis
from monomsk_dynamics.wrench_maps import world_to_root

Array = NDArray[np.float64]

_LOGGER = logging.getLogger(__name__)

_NV = 37
_ROOT = 6
#: Damping grows by this factor after a refused step and falls by it after another.
_DAMPING_STEP = 10.0
_LEAST_DAMPING = 1e-4
_REFUSALS = 6
#: How fast trust in a frame falls with the change that it asks for, over the limit.
_DISTRUST = 8
#: A residual of so many standard deviations, three body weights, is not to be mended.
_HOPELESS = 3000.0
#: So many steps are made, however little they gain.
_FIRST_STEPS = 3


@dataclass(frozen=True)
class ConsistentMotion:
    """A motion and what holds at its frames.

    Attributes:
        motion: n frames; `v` and `a` are the derivatives of a spline through `q`.
        terms: Rigid-body terms of each frame.
        correction: Tangent steps (n, 37) from the given to this motion [m, rad].
        coefficients: Of the spline that the correction is; empty for another method's.
        root_residual: What no force explains (n, 6), generalised, pelvis frame [N, N m].
        point_forces: On the sole points (n, 16, 3), world [N].
        supports: Wrenches of other supports (n, 6) about the world's origin [N, N m].
    """

    motion: SmoothMotion
    terms: list[FrameTerms]
    correction: Array
    coefficients: Array
    root_residual: Array
    point_forces: Array
    supports: Array


def make_consistent(
    skeleton: Skeleton,
    motion: SmoothMotion,
    balances: Sequence[FrameBalance],
    beliefs: Beliefs,
    cutoff_hz: float,
    options: ConsistentMotionOptions | None = None,
    start: Array | None = None,
) -> ConsistentMotion:
    """Move a motion until forces on the soles explain it.

    The result is never less consistent than the motion that came in; where no step makes it
    more so, that motion is returned, with a warning.

    Args:
        skeleton: The person's.
        motion: n frames; its `v` and `a` are not used.
        balances: What is expected of each frame's loads.
        beliefs: How the motion may be moved.
        cutoff_hz: Of the motion's smoothing: tells how quickly the correction may change [Hz].
        options: Weights and iterations.
        start: Coefficients of an earlier correction of the same motion; None: no correction.

    Raises:
        SolverError: The quadratic programme of a frame failed at the motion that came in.
    """
    options = options or ConsistentMotionOptions()
    basis = SplineBasis.over(motion.times_s, options.knot_cycles / cutoff_hz)
    fit = MotionFit(skeleton, motion, balances, beliefs, basis, options)
    first = fit.trial(fit.start(), np.ones(len(motion.q)))
    best = first if start is None else fit.trial(start, np.ones(len(motion.q)))
    best = _settled(fit, best, options)
    if not _size(best) <= _size(first):
        _LOGGER.warning("no motion near the recorded one obeys the equations of motion better")
        best = first
    return _result(best)


def _settled(fit: MotionFit, best: Trial, options: ConsistentMotionOptions) -> Trial:
    """The cheapest motion that steps from a first one lead to."""
    damping = options.damping
    # Frames in which nothing fits would keep all others from being settled.
    distrust = np.maximum(1.0, best.excess / _HOPELESS) ** _DISTRUST
    for step in range(options.iterations):
        # Trust that was lost does not return, or the same frames would be tried forever.
        distrust *= fit.overreach(best) ** _DISTRUST
        doubts = fit.doubts(best) * distrust
        best = fit.weighed(best, doubts)
        found = _improved(fit, best, doubts, damping)
        if found is None:
            break
        # What had to be damped more will have to be again.
        refused = found[1] > damping
        gain = 1.0 - found[0].cost / best.cost
        best, damping = found[0], found[1] / (1.0 if refused else _DAMPING_STEP)
        if step >= _FIRST_STEPS and gain < options.tolerance:
            break
    return best


def _improved(
    fit: MotionFit, trial: Trial, doubts: Array, damping: float
) -> tuple[Trial, float] | None:
    """A cheaper motion and the damping that it took; None if no step leads to one."""
    band, target = fit.system(trial)
    for _ in range(_REFUSALS):
        damped = band.copy()
        damped[0] *= 1.0 + damping
        try:
            step = solveh_banded(damped, target, lower=True).reshape(-1, _NV)
            found = fit.trial(trial.coefficients + step, doubts)
        except (SolverError, np.linalg.LinAlgError, ValueError):
            found = None
        if found is not None and found.cost < trial.cost:
            return found, damping
        damping = max(damping, _LEAST_DAMPING) * _DAMPING_STEP
    return None


def _size(trial: Trial) -> float:
    """Of the residual that is left, in standard deviations; frames without hope count alike."""
    return float(np.mean(np.minimum(trial.excess, _HOPELESS)))


def _result(trial: Trial) -> ConsistentMotion:
    return ConsistentMotion(
        motion=trial.motion,
        terms=trial.terms,
        correction=trial.correction,
        coefficients=trial.coefficients,
        root_residual=np.array([value.residual for value in trial.values]),
        point_forces=np.array([value.point_forces for value in trial.values]),
        supports=np.array([value.support for value in trial.values]),
    )


def explained(moved: ConsistentMotion, solutions: Sequence[ForceSolution]) -> list[ForceSolution]:
    """The solutions of the frames with the forces, accelerations and torques of a moved motion."""
    changed = []
    rows = zip(
        moved.terms, moved.motion.a, moved.point_forces, moved.supports, solutions, strict=True
    )
    for terms, a, forces, support, solution in rows:
        loads = np.tensordot(forces, terms.jacobians, axes=2)
        tau = terms.mass_matrix @ a + terms.bias - loads
        slack = tau[:_ROOT] - world_to_root(terms, support)
        tau[:_ROOT] = 0.0
        changed.append(
            replace(solution, a=a, tau=tau, root_slack=slack, point_forces=forces, support=support)
        )
    return changed
