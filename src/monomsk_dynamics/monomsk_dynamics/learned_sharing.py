"""The inverse-dynamics transformer's expectation as a prior of the force programme."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from monomsk_dynamics.inverse_dynamics_transformer import KineticsExpectation
from monomsk_dynamics.load_sharing import ForcePrior, LoadPrior

Array = NDArray[np.float64]


def with_expectation(
    priors: Sequence[LoadPrior],
    expected: KineticsExpectation,
    walking: Sequence[float],
    sigma_scale: float = 1.0,
) -> list[LoadPrior]:
    """Priors in which the network's forces stand for the curves of gait.

    Args:
        priors: Of n frames.
        expected: Of the same frames.
        walking: 0 in standing, where the network knows nothing, to 1 in walking, of each frame.
        sigma_scale: Factor on the network's standard deviations.
    """
    return [
        with_frame(
            prior,
            (expected.force[k], sigma_scale * expected.force_sigma[k], expected.headings[k]),
            weight,
        )
        for k, (prior, weight) in enumerate(zip(priors, walking, strict=True))
    ]


def with_frame(prior: LoadPrior, expected: tuple[Array, Array, Array], walking: float) -> LoadPrior:
    """The same of one frame.

    Args:
        prior: Of the frame.
        expected: Forces (2, 3), world [N], their standard deviations (2, 3) along the axes of a
            heading [N], and the world rotation (3, 3) of that heading.
        walking: See `with_expectation`.
    """
    if walking <= 0.0:
        return prior
    force, sigma, heading = expected
    # In the world's axes deviations would change with the way that somebody walks.
    force = force @ prior.heading
    sigma = np.sqrt(sigma**2 @ ((prior.heading.T @ heading) ** 2).T)
    learned = tuple(
        ForcePrior(int(foot), force[foot], sigma[foot] / walking, in_heading=True)
        for foot in np.flatnonzero(prior.in_contact)
    )
    # Two opinions about one thing would count twice: the curves step back as the network comes in.
    kept = max(1.0 - walking, 1e-3)
    return replace(
        prior,
        share_sigma=prior.share_sigma / kept,
        shear_sigma=prior.shear_sigma / kept,
        forces=tuple(replace(one, sigma=one.sigma / kept) for one in prior.forces) + learned,
    )
