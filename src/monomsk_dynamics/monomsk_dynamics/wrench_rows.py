"""Expectations about the sole wrenches as weighted rows: cost = |A w - b|².

The unknown w (12,) stacks, for the right and the left foot, force [N] and moment [N m] about
the expected centre of pressure, world axes. Rows of feet in the air are left out.
"""

import math

import numpy as np
from numpy.typing import NDArray

from monomsk_dynamics.load_sharing import ForcePrior, LoadPrior
from monomsk_dynamics.rotations import skew

Array = NDArray[np.float64]

FORCE, MOMENT = slice(0, 3), slice(3, 6)
WRENCHES = 12
_IDENTITY = np.eye(3)
_WHOLE = np.eye(6)


def foot_slice(foot: int) -> slice:
    """Where a foot's wrench lies in w."""
    return slice(6 * foot, 6 * foot + 6)


def total_wrench_map(prior: LoadPrior, point: Array) -> Array:
    """Map (6, 12) from w to the sum of both wrenches about a world point (3,)."""
    arms = skew(prior.center_of_pressure - point)
    total = np.concatenate([_WHOLE, _WHOLE], axis=1)
    total[MOMENT, 0:3], total[MOMENT, 6:9] = arms
    return total * prior.in_contact.repeat(6)


def prior_rows(prior: LoadPrior, vertical_load: float) -> tuple[Array, Array]:
    """Rows A (m, 12) and right-hand side b (m,) of a prior.

    Args:
        prior: Expected loads.
        vertical_load: Roughly the sum of the vertical forces [N]; scales relative expectations.
    """
    most = 2 * 6 + 3 * len(prior.forces) + 3
    rows, targets = np.zeros((most, WRENCHES)), np.zeros(most)
    feet = [foot for foot in (0, 1) if prior.in_contact[foot]]
    used = 0
    for foot in feet:
        load = float(prior.share[foot]) * vertical_load
        rows[used : used + 3, 6 * foot + 3 : 6 * foot + 6] = _cop_rows(prior, foot, load)
        rows[used + 3 : used + 5, 6 * foot : 6 * foot + 3] = _shear_rows(prior, foot, load)
        used += 5
        sigma = float(prior.share_sigma[foot]) * vertical_load
        if len(feet) == 2 and sigma < np.inf:
            rows[used, 6 * foot + 2], targets[used] = 1.0 / sigma, load / sigma
            used += 1
    for expected in prior.forces:
        if expected.foot in feet:
            own, wanted = _force_rows(prior, expected)
            more = used + len(own)
            rows[used:more, foot_slice(expected.foot)][:, FORCE], targets[used:more] = own, wanted
            used = more
    if prior.total_force is not None and feet:
        more = used + 3
        rows[used:more] = total_wrench_map(prior, np.zeros(3))[FORCE] / prior.total_force_sigma
        targets[used:more] = prior.total_force / prior.total_force_sigma
        used = more
    return rows[:used], targets[:used]


def _force_rows(prior: LoadPrior, expected: ForcePrior) -> tuple[Array, Array]:
    """Rows over one foot's force (k, 3), of the components that are known, and their targets."""
    axes = prior.heading.T if expected.in_heading else _IDENTITY
    known = [k for k, sigma in enumerate(expected.sigma.tolist()) if math.isfinite(sigma)]
    sigma = expected.sigma[known]
    return axes[known] / sigma[:, None], expected.force[known] / sigma


def _cop_rows(prior: LoadPrior, foot: int, load: float) -> Array:
    """No moment about the expected centre of pressure, as far as it may lie elsewhere: (3, 3)."""
    forward, sideways = prior.cop_sigma_m[foot].tolist()
    sigma = np.array([[sideways * load], [forward * load], [float(prior.free_moment_sigma[foot])]])
    rows: Array = prior.foot_axes[foot].T / sigma
    return rows


def _shear_rows(prior: LoadPrior, foot: int, load: float) -> Array:
    """Horizontal force in the expected ratio to the vertical force: (2, 3)."""
    rows = prior.heading[:, :2].T.copy()
    rows[:, 2] -= prior.shear_ratio[foot]
    rows /= (prior.shear_sigma[foot] * load)[:, None]
    return rows
