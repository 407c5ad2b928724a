"""Turns a result about the vertical, so that the ground's x axis is where the person faces.

OpenSim's pelvis tilt and list depend on where x points: of somebody who walks against x both have
the other sign. A camera's world has its x along the view, so exported files are turned.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from monomsk_analysis.analysis import Analysis
from monomsk_dynamics import rotations

Array = NDArray[np.float64]


def mean_heading(q: Array) -> float:
    """Angle [rad] about the world's z from x to where the pelvis faces on average.

    Args:
        q: (n, 38) configurations.
    """
    forward = Rotation.from_quat(q[:, 3:7]).as_matrix()[:, :2, 0]
    x, y = forward.mean(axis=0)
    return float(np.arctan2(y, x))


def face_forward(analysis: Analysis) -> tuple[Analysis, float]:
    """Return the analysis in a world whose x is the mean heading, and the angle it was turned by.

    Returns:
        The turned analysis, and the rotation about z [rad] that maps the old world to the new.
    """
    results = analysis.results
    if not results:
        return analysis, 0.0
    angle = -mean_heading(np.array([result.q for result in results]))
    turn, stay = rotations.exp(np.array([0.0, 0.0, angle])), np.zeros(3)
    dynamics = tuple(None if r is None else r.moved(turn, stay) for r in analysis.dynamics)
    return replace(analysis, dynamics=dynamics), angle
