"""Standard deviations live: they change slowly, so their derivatives are refreshed in turn."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monomsk_dynamics.force_solver import ForceSolution, Observation
from monomsk_dynamics.frame import FrameTerms
from monomsk_dynamics.load_sharing import LoadPrior
from monomsk_dynamics.uncertainty import Sensitivity, Uncertainty

Array = NDArray[np.float64]

#: Every so many states both parts are fresh again, at different states.
_ROUND = 3
#: Another expected share of the load is more uncertain or less: both feet hand over within 0.1 s.
_SHIFTED_SHARE = 0.05


@dataclass(frozen=True)
class Spread:
    """Variances of one instant.

    Attributes:
        by_forces: Of torques (37,), what accelerations and the sharing of the load leave open.
        forces: Of the sole forces (2, 3) [N²].
        sensitivity: How torques follow from errors of the state.
    """

    by_forces: Array
    forces: Array
    sensitivity: Sensitivity

    def torques(self, sigma_q: Array, sigma_v: Array) -> Array:
        """Variances of torques (37,) [N² m²] at a state's standard deviations (37,) each."""
        variance: Array = self.by_forces + self.sensitivity.variance(sigma_q, sigma_v)
        return variance


class LiveUncertainty:
    """Refreshes one of two parts at a state; both when the contact changes.

    What is expected of the forces is also refreshed while the load passes from foot to foot.

    Args:
        uncertainty: Of one skeleton.
    """

    def __init__(self, uncertainty: Uncertainty) -> None:
        self._uncertainty = uncertainty
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self._spread: Spread | None = None
        self._contact: list[bool] = []
        self._share = 0.5
        self._turn = 0

    def update(
        self, terms: FrameTerms, observed: Observation, prior: LoadPrior, solution: ForceSolution
    ) -> Spread:
        """The variances at one more solution."""
        contact = [*prior.in_contact.tolist(), prior.support is not None]
        before = self._spread if contact == self._contact else None
        share = prior.share.item(0)
        self._contact, self._turn = contact, 0 if before is None else (self._turn + 1) % _ROUND
        if before is None or self._turn == 2 or abs(share - self._share) > _SHIFTED_SHARE:
            by_forces, forces = self._uncertainty.of_forces(terms, observed, prior, solution)
            self._share = share
        else:
            by_forces, forces = before.by_forces, before.forces
        if before is None or self._turn == 0:
            sensitivity = self._uncertainty.sensitivity(terms, solution)
        else:
            sensitivity = before.sensitivity
        self._spread = Spread(by_forces, forces, sensitivity)
        return self._spread
