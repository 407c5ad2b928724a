"""The forces of a recording, frame by frame, with what only hindsight knows.

In double support the trailing foot's forward force follows from its value at the landing of the
other foot (Ren, Jones, Howard 2008), and the slow part of the total force is that of the momentum.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from monomsk_description.frames import GRAVITY_M_S2
from monomsk_dynamics.force_solver import ForceSolution, ForceSolver, Observation
from monomsk_dynamics.frame import FootGeometry, FrameTerms
from monomsk_dynamics.gait_phase import GaitPhase
from monomsk_dynamics.load_sharing import ForcePrior, LoadPrior, trailing_shear
from monomsk_dynamics.offline_terms import moving_mean
from monomsk_dynamics.options import DynamicsOptions
from monomsk_dynamics.smoothing import SmoothMotion

Array = NDArray[np.float64]


class Balance:
    """Solves the frames of one run.

    Args:
        feet: Of the skeleton.
        mass_kg: Of the person [kg].
        motion: n frames.
        sigma_a: Standard deviations of their accelerations (n, 37).
        options: Settings of every stage.
    """

    def __init__(
        self,
        feet: FootGeometry,
        mass_kg: float,
        motion: SmoothMotion,
        sigma_a: Array,
        options: DynamicsOptions,
    ) -> None:
        self._feet, self._motion, self._sigma_a, self._options = feet, motion, sigma_a, options
        self._weight = mass_kg * GRAVITY_M_S2
        self.solver = ForceSolver(feet, mass_kg, options.solver)

    def observation(self, k: int) -> Observation:
        """What is known of a frame besides its kinematics."""
        return Observation(self._motion.a[k], self._sigma_a[k])

    def solve(
        self, terms: list[FrameTerms], priors: list[LoadPrior], phases: list[GaitPhase]
    ) -> list[ForceSolution]:
        """Solve all frames, then double support once more with the trailing foot's shear."""
        solutions = [
            self.solver.solve(frame, self.observation(k), priors[k])
            for k, frame in enumerate(terms)
        ]
        for k, expected in self._trailing_shears(priors, phases, solutions):
            priors[k] = priors[k].with_forces((expected,))
            solutions[k] = self.solver.solve(terms[k], self.observation(k), priors[k])
        for k, force in self._balanced_forces(terms, priors, solutions):
            sigma = self._options.load_sharing.momentum_sigma * self._weight
            priors[k] = priors[k].with_total(force, sigma)
            solutions[k] = self.solver.solve(terms[k], self.observation(k), priors[k])
        return solutions

    def _balanced_forces(
        self, terms: list[FrameTerms], priors: list[LoadPrior], solutions: list[ForceSolution]
    ) -> list[tuple[int, Array]]:
        """Total forces (3,) [N] of supported frames, their slow part that of the momentum."""
        supported = np.flatnonzero(
            [bool(prior.in_contact.any()) and prior.support is None for prior in priors]
        )
        if not len(supported):
            return []
        found = np.array([solutions[k].point_forces.sum(axis=0) for k in supported])
        observed = np.array([terms[k].external_force(self._motion.a[k]) for k in supported])
        window_s = self._options.load_sharing.momentum_window_s
        excess = moving_mean(self._motion.times_s[supported], found - observed, window_s)
        return list(zip(supported.tolist(), found - excess, strict=True))

    def _trailing_shears(
        self, priors: list[LoadPrior], phases: list[GaitPhase], solutions: list[ForceSolution]
    ) -> list[tuple[int, ForcePrior]]:
        options = self._options.load_sharing
        sigma = options.trailing_shear_sigma * self._weight
        expected: list[tuple[int, ForcePrior]] = []
        at_landing = None
        for k, (before, now) in enumerate(pairwise(phases), start=1):
            if now.trailing is None:
                at_landing = None
                continue
            if before.trailing is None and not np.isfinite(before.stance).all():
                points = self._feet.points[now.trailing]
                force = solutions[k - 1].point_forces[points].sum(axis=0)
                at_landing = float(force @ priors[k - 1].heading[:, 0])
            if at_landing is not None:
                share = trailing_shear(now.transfer, options.share_phase_shift)
                target = np.array([at_landing * share, 0.0, 0.0])
                spread = np.array([sigma, np.inf, np.inf])
                expected.append((k, ForcePrior(now.trailing, target, spread, in_heading=True)))
        return expected
