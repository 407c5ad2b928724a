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
from monomsk_dynamics.results import BodyDynamics, SoleContact

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
    turn = Rotation.from_euler("z", angle)
    dynamics = tuple(None if r is None else _turn_result(r, turn) for r in analysis.dynamics)
    return replace(analysis, dynamics=dynamics), angle


def _turn_result(result: BodyDynamics, turn: Rotation) -> BodyDynamics:
    q = np.array(result.q)
    matrix = turn.as_matrix()
    q[:3] = matrix @ q[:3]
    q[3:7] = (turn * Rotation.from_quat(q[3:7])).as_quat()
    residual = (result.root_residual.reshape(2, 3) @ matrix.T).ravel()
    load = (result.unexplained_load.reshape(2, 3) @ matrix.T).ravel()
    right, left = (_turn_sole(sole, matrix) for sole in result.soles)
    return replace(
        result,
        q=q,
        root_residual=residual,
        unexplained_load=load,
        soles=(right, left),
        sole_force_sigma=np.sqrt(result.sole_force_sigma**2 @ (matrix**2).T),
    )


def _turn_sole(sole: SoleContact, matrix: Array) -> SoleContact:
    return replace(
        sole, force=matrix @ sole.force, center_of_pressure=matrix @ sole.center_of_pressure
    )
