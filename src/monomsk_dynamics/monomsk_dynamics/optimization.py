"""Motion and forces of a recording together: direct transcription, window by window.

The motion is moved by a quintic spline x(t) over all 37 coordinates, so that its derivatives are
exact, and the forces are non-negative sums of the edges of friction pyramids. IPOPT minimises, in
overlapping windows and from the balance of each frame alone,

  |x / sigma_q|² + |x'' / sigma_a|² + |J x / sigma_s|² + |A f - b|² + price |r|

with the equations of motion as equality constraints: torques follow from them, and the six
equations of the pelvis must hold without a root residual r. J: loaded sole points, which stay where
they were seen; A, b: what is expected of the loads (load_sharing.py). The price is linear, so r is
exactly zero unless only an implausible change of the motion would explain the frame.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monomsk_description.frames import GRAVITY_M_S2
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.balance import Balance
from monomsk_dynamics.consistent_motion import ConsistentMotion, explained
from monomsk_dynamics.errors import OptimizationError
from monomsk_dynamics.filter_options import per_group
from monomsk_dynamics.force_solver import ForceSolution
from monomsk_dynamics.frame import FootGeometry, FrameTerms, evaluate_frame
from monomsk_dynamics.generators import GeneratorMap
from monomsk_dynamics.layers.compiled import Buffered, compiled
from monomsk_dynamics.layers.motion_correction import build_correction_functions
from monomsk_dynamics.load_sharing import LoadPrior
from monomsk_dynamics.optimization_options import OptimizationOptions
from monomsk_dynamics.options import DynamicsOptions
from monomsk_dynamics.smoothing import SmoothMotion, smooth_motion
from monomsk_dynamics.spline_basis import SPAN, SplineBasis
from monomsk_dynamics.window_cost import FrameLoads, Layout, window_cost
from monomsk_dynamics.window_solver import Evaluators, RootEquations, solve_window
from monomsk_dynamics.wrench_rows import prior_rows

Array = NDArray[np.float64]

_NV = 37
_NO_CUTOFF_HZ = 1e6
#: A correction of more standard deviations than this is none.
_LARGEST = 15.0

_LOGGER = logging.getLogger(__name__)

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Optimized:
    """What the optimisation found.

    Attributes:
        moved: The motion, and what is left at its root.
        point_forces: On the sole points (n, 16, 3) [N].
        iterations: Of IPOPT, one number a window.
    """

    moved: ConsistentMotion
    point_forces: Array
    iterations: tuple[int, ...]


def spline_motion(motion: SmoothMotion) -> SmoothMotion:
    """The motion with the derivatives of a spline through its configurations."""
    (through,) = smooth_motion(motion.stamps_ns, motion.q, _NO_CUTOFF_HZ, np.inf)
    return through


def windows(times_s: Array, options: OptimizationOptions) -> list[tuple[int, int]]:
    """First frame of each window and the one behind its last; each but the first overlaps."""
    count = len(times_s)
    period_s = float(np.median(np.diff(times_s))) if count > 1 else 1.0
    length = max(options.window_frames, round(options.window_s / period_s))
    step = max(1, length - max(1, round(options.overlap_s / period_s)))
    found = []
    start = 0
    while True:
        # What would be left for a last window too short to matter joins this one.
        stop = start + length if start + step + length // 3 < count else count
        found.append((start, min(stop, count)))
        if found[-1][1] == count:
            return found
        start += step


class MotionOptimizer:
    """Optimises recordings of one skeleton.

    Args:
        skeleton: The person's.
        options: Weights, windows and tolerances.
        frames: About how many frames there are: decides whether compiling pays.
    """

    def __init__(self, skeleton: Skeleton, options: OptimizationOptions, frames: int = 0) -> None:
        self._skeleton, self._options = skeleton, options
        functions = compiled(
            build_correction_functions(skeleton).all(),
            compile_missing=frames >= options.compile_from_frames,
        )
        self._evaluators = Evaluators(*(Buffered(function) for function in functions))

    def run(
        self,
        motion: SmoothMotion,
        terms: Sequence[FrameTerms],
        loads: Sequence[FrameLoads],
        progress: Progress = lambda done, total: None,
    ) -> Optimized:
        """Optimise a run of frames.

        Args:
            motion: n frames with the derivatives of a spline through them, see `spline_motion`.
            terms: Of these frames.
            loads: What is expected of their forces, and where to start.
            progress: Called after each window with how many are done and how many there are.

        A window that IPOPT cannot solve keeps the balance that it started from.
        """
        basis = SplineBasis.over(motion.times_s, self._options.knot_period_s)
        coefficients = np.zeros((basis.count, _NV))
        magnitudes = [frame.start for frame in loads]
        iterations = []
        spans = windows(motion.times_s, self._options)
        for done, frames in enumerate(spans, start=1):
            counts = [len(loads[k].start) for k in range(*frames)]
            layout = Layout.of(basis, frames, counts)
            z, needed = self._solve(layout, (basis, motion, terms, loads), coefficients, magnitudes)
            first, last = layout.coefficients
            coefficients[first:last] = z[: layout.magnitudes[0]].reshape(-1, _NV)
            for place, frame in enumerate(range(*frames)):
                magnitudes[frame] = z[layout.magnitudes[place] : layout.magnitudes[place + 1]]
            iterations.append(needed)
            progress(done, len(spans))
        forces = np.array(
            [frame.generators.all_forces(g) for frame, g in zip(loads, magnitudes, strict=True)]
        )
        moved = self._moved(motion, basis, coefficients, forces, loads)
        return Optimized(moved, forces, tuple(iterations))

    def _solve(
        self,
        layout: Layout,
        problem: tuple[SplineBasis, SmoothMotion, Sequence[FrameTerms], Sequence[FrameLoads]],
        coefficients: Array,
        magnitudes: Sequence[Array],
    ) -> tuple[Array, int]:
        basis, motion, terms, loads = problem
        sigma = per_group(*self._options.sigma)
        equations = RootEquations(layout, basis, motion, loads, self._evaluators, sigma)
        cost = window_cost(layout, basis, terms, loads, self._options)
        first, last = layout.coefficients
        start = np.zeros(layout.size)
        start[: layout.magnitudes[0]] = coefficients[first:last].ravel()
        start[layout.magnitudes[0] : layout.residuals[0]] = np.concatenate(
            [magnitudes[k] for k in range(*layout.frames)]
        )
        lower, upper = np.full(layout.size, -np.inf), np.full(layout.size, np.inf)
        lower[: layout.magnitudes[0]] = -_LARGEST
        upper[: layout.magnitudes[0]] = _LARGEST
        lower[layout.magnitudes[0] :] = 0.0
        if layout.frames[0] > 0:
            # Coefficients that reach frames before the window are settled.
            settled = (int(basis.first[layout.frames[0] - 1]) + SPAN - first) * _NV
            lower[:settled] = upper[:settled] = start[:settled]
        try:
            return solve_window(equations, cost, start, (lower, upper), self._options)
        except OptimizationError as error:
            # The balance stands for these frames, and their root residual is reported.
            _LOGGER.warning("frames %d to %d: %s", *layout.frames, error)
            return start, 0

    def _moved(
        self,
        motion: SmoothMotion,
        basis: SplineBasis,
        coefficients: Array,
        forces: Array,
        loads: Sequence[FrameLoads],
    ) -> ConsistentMotion:
        sigma = per_group(*self._options.sigma)
        x = [basis.curve(coefficients, order) * sigma for order in range(3)]
        moved, residual = [], []
        for k in range(len(motion.q)):
            inputs = (motion.q[k], motion.v[k], motion.a[k], *(part[k] for part in x))
            function = self._evaluators.motion
            function.set(0, *inputs)
            moved.append([part.copy() for part in function.evaluate()])
            function = self._evaluators.residual
            function.set(0, *inputs, forces[k].T, loads[k].support)
            residual.append(function.evaluate()[0].copy())
        q, v, a = (np.array(parts) for parts in zip(*moved, strict=True))
        result = SmoothMotion(motion.stamps_ns, q, v, a)
        terms = [evaluate_frame(self._skeleton, *state) for state in zip(q, v, strict=True)]
        supports = np.array([frame.support for frame in loads])
        return ConsistentMotion(
            result, terms, x[0], np.zeros((0, _NV)), np.array(residual), forces, supports
        )


def optimize_run(
    skeleton: Skeleton,
    balance: Balance,
    motion: SmoothMotion,
    found: tuple[Sequence[LoadPrior], Sequence[ForceSolution]],
    options: DynamicsOptions,
    progress: Progress = lambda done, total: None,
) -> tuple[ConsistentMotion, list[ForceSolution]]:
    """Optimise a run from its balance; returns the motion and the solutions that belong to it.

    Args:
        skeleton: The person's.
        balance: What solved the frames alone.
        motion: n frames.
        found: Expected loads and solutions of these frames.
        options: Settings of every stage.
        progress: Called after each window with how many are done and how many there are.
    """
    through = spline_motion(motion)
    terms = [evaluate_frame(skeleton, *state) for state in zip(through.q, through.v, strict=True)]
    weight_n = skeleton.mass_kg * GRAVITY_M_S2
    feet = FootGeometry.of(skeleton)
    loads = []
    for frame, prior, solution in zip(terms, *found, strict=True):
        generators = GeneratorMap.of(feet, prior, options.solver.friction, weight_n)
        rows = prior_rows(prior, balance.solver.vertical_load(solution.rows, prior))
        expected = generators.expectation(frame, prior, rows, options.solver)
        start = generators.magnitudes(solution.point_forces)
        loads.append(FrameLoads(generators, *expected, start, solution.support))
    optimizer = MotionOptimizer(skeleton, options.optimization, len(motion.q))
    result = optimizer.run(through, terms, loads, progress)
    return result.moved, explained(result.moved, found[1])
