"""Whether an estimate may be followed: each check is a reason not to."""

import math

import numpy as np

from monomsk_assist.estimate import Estimate
from monomsk_assist.mapping import DeviceMapping
from monomsk_assist.reasons import Reason
from monomsk_description.frames import GRAVITY_M_S2

_ROOT_V = 6


def doubts(
    estimate: Estimate, mapping: DeviceMapping, joints: tuple[int, ...], mass_kg: float
) -> frozenset[Reason]:
    """What is wrong with an estimate; empty: nothing.

    Args:
        estimate: The estimate.
        mapping: The device, its laws and thresholds.
        joints: Index of each mapped joint among the coordinates.
        mass_kg: The person's [kg].
    """
    if not is_finite(estimate):
        return frozenset({Reason.NOT_FINITE})
    safety = mapping.safety
    found = set()
    force, moment = np.linalg.norm(estimate.root_residual.reshape(2, 3), axis=1)
    # Comparisons with NaN are false, so that what is unknown is doubtful.
    if not (
        force <= safety.max_root_force_share * mass_kg * GRAVITY_M_S2
        and moment <= safety.max_root_moment_nm_kg * mass_kg
    ):
        found.add(Reason.ROOT_RESIDUAL)
    if not estimate.consistency_error <= safety.max_consistency_error_rad:
        found.add(Reason.INCONSISTENT)
    largest_sigma = safety.max_torque_sigma_nm_kg * mass_kg
    for index, joint in zip(joints, mapping.joints, strict=True):
        sigma = float(estimate.tau_sigma[_ROOT_V + index])
        if joint.law.needs_torque and not sigma <= largest_sigma:
            found.add(Reason.UNCERTAIN_TORQUE)
    return frozenset(found)


def is_finite(estimate: Estimate) -> bool:
    """Whether motion and torques hold no NaN and no infinity, and are a person's."""
    total = sum(
        float(np.abs(part).sum()) for part in (estimate.q, estimate.v, estimate.a, estimate.tau)
    )
    return math.isfinite(total)
