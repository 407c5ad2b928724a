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
        load = prior.share[foot] * vertical_load
        block = np.concatenate([_cop_rows(prior, foot, load), _shear_rows(prior, foot, load)])
        rows.append(_place(block, foot))
        targets.extend([0.0] * len(block))
        if both and np.isfinite(prior.share_sigma[foot]):
            sigma = prior.share_sigma[foot] * vertical_load
            rows.append(_place(np.array([[0.0, 0.0, 1.0 / sigma, 0.0, 0.0, 0.0]]), foot))
            targets.append(load / sigma)
    for expected in prior.forces:
        if prior.in_contact[expected.foot]:
            known = np.isfinite(expected.sigma)
            axes = prior.heading.T if expected.in_heading else np.eye(3)
            block = np.concatenate([axes, np.zeros((3, 3))], axis=1)[known]
            rows.append(_place(block / expected.sigma[known, None], expected.foot))
            targets.extend(expected.force[known] / expected.sigma[known])
    if prior.total_force is not None and prior.in_contact.any():
        rows.append(total_wrench_map(prior, np.zeros(3))[FORCE] / prior.total_force_sigma)
        targets.extend(prior.total_force / prior.total_force_sigma)
    if not rows:
        return np.zeros((0, WRENCHES)), np.zeros(0)
    return np.concatenate(rows), np.array(targets)


def _place(block: Array, foot: int) -> Array:
    """Rows over one foot's wrench (k, 6) as rows over w (k, 12)."""
    rows = np.zeros((len(block), WRENCHES))
    rows[:, foot_slice(foot)] = block
    return rows


def _cop_rows(prior: LoadPrior, foot: int, load: float) -> Array:
    """No moment about the expected centre of pressure, as far as it may lie elsewhere."""
    forward, sideways = prior.cop_sigma_m[foot]
    weights = 1.0 / np.array([sideways * load, forward * load, prior.free_moment_sigma[foot]])
    rows = np.zeros((3, 6))
    rows[:, MOMENT] = prior.foot_axes[foot].T * weights[:, None]
    return rows


def _shear_rows(prior: LoadPrior, foot: int, load: float) -> Array:
    """Horizontal force in the expected ratio to the vertical force."""
    along = prior.heading[:, :2].T
    vertical = np.array([[0.0, 0.0, 1.0]])
    rows = np.zeros((2, 6))
    rows[:, FORCE] = along - prior.shear_ratio[foot][:, None] * vertical
    return rows / (prior.shear_sigma[foot] * load)[:, None]
