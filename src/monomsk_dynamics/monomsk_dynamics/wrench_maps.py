"""Maps between generalised forces of the pelvis and wrenches about points of the world."""

import numpy as np
from numpy.typing import NDArray

from monomsk_dynamics.frame import FrameTerms
from monomsk_dynamics.rotations import cross, skew

Array = NDArray[np.float64]


def root_to_world(terms: FrameTerms, point: Array) -> Array:
    """Map (6, 6) from a generalised force of the pelvis to a wrench about a world point (3,)."""
    rotation = terms.rotation_world_pelvis
    mapped = np.zeros((6, 6))
    mapped[:3, :3] = mapped[3:, 3:] = rotation
    mapped[3:, :3] = skew(terms.pelvis_position - point).dot(rotation)
    return mapped


def world_to_root(terms: FrameTerms, wrench: Array) -> Array:
    """Generalised force (6,) of the pelvis of a wrench (6,) about the world's origin."""
    to_pelvis = terms.rotation_world_pelvis.T
    moment = wrench[3:] - cross(terms.pelvis_position, wrench[:3])
    return np.concatenate([to_pelvis @ wrench[:3], to_pelvis @ moment])


def move_wrench(origin: Array, point: Array) -> Array:
    """Map (6, 6) from a wrench about a point (3,) to the same wrench about an origin (3,)."""
    mapped = np.eye(6)
    mapped[3:, :3] = skew(point - origin)
    return mapped
