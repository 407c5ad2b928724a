"""Expectations about the sole wrenches as weighted rows: cost = |A w - b|².

The unknown w (12,) stacks, for the right and the left foot, force [N] and moment [N m] about
the expected centre of pressure, world axes. Rows of feet in the air are left out.
"""

import numpy as np
from numpy.typing import NDArray

from monomsk_dynamics.load_sharing import LoadPrior
from monomsk_dynamics.rotations import skew

Array = NDArray[np.float64]

FORCE, MOMENT = slice(0, 3), slice(3, 6)
WRENCHES = 12
_IDENTITY = np.eye(3)


def foot_slice(foot: int) -> slice:
    """Where a foot's wrench lies in w."""
    return slice(6 * foot, 6 * foot + 6)


def total_wrench_map(prior: LoadPrior, point: Array) -> Array:
    """Map (6, 12) from w to the sum of both wrenches about a world point (3,)."""
    total = np.zeros((6, WRENCHES))
    arms = skew(prior.center_of_pressure - point)
    for foot in (int(f) for f in np.flatnonzero(prior.in_contact)):
        block = total[:, foot_slice(foot)]
        block[FORCE, FORCE] = block[MOMENT, MOMENT] = np.eye(3)
        block[MOMENT, FORCE] = arms[foot]
    return total


def prior_rows(prior: LoadPrior, vertical_load: float) -> tuple[Array, Array]:
    """Rows A (m, 12) and right-hand side b (m,) of a prior.

    Args:
        prior: Expected loads.
        vertical_load: Roughly the sum of the vertical forces [N]; scales relative expectations.
    """
    rows: list[Array] = []
    targets: list[float] = []
    both = bool(prior.in_contact.all())
    for foot in (int(f) for f in np.flatnonzero(prior.in_contact)):
        load = float(prior.share[foot]) * vertical_load
        block = np.zeros((6, WRENCHES))
        own = block[:, foot_slice(foot)]
        own[:3, MOMENT] = _cop_rows(prior, foot, load)
        own[3:5, FORCE] = _shear_rows(prior, foot, load)
        sigma = float(prior.share_sigma[foot]) * vertical_load
        if both and sigma < np.inf:
            own[5, 2] = 1.0 / sigma
            targets += [0.0, 0.0, 0.0, 0.0, 0.0, load / sigma]
        else:
            block = block[:5]
            targets += [0.0] * 5
        rows.append(block)
    for expected in prior.forces:
        if prior.in_contact[expected.foot]:
            known = np.isfinite(expected.sigma)
            axes = prior.heading.T if expected.in_heading else _IDENTITY
            block = np.zeros((int(known.sum()), WRENCHES))
            block[:, foot_slice(expected.foot)][:, FORCE] = (axes / expected.sigma[:, None])[known]
            rows.append(block)
            targets.extend(expected.force[known] / expected.sigma[known])
    if prior.total_force is not None and prior.in_contact.any():
        rows.append(total_wrench_map(prior, np.zeros(3))[FORCE] / prior.total_force_sigma)
        targets.extend(prior.total_force / prior.total_force_sigma)
    if not rows:
        return np.zeros((0, WRENCHES)), np.zeros(0)
    return np.concatenate(rows), np.array(targets)


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
