"""A measured walk: activations against its electromyography, joint contact forces, reserves."""

import os
from pathlib import Path

import numpy as np
import pytest

from monomsk_analysis import recorded_walk
from monomsk_description.muscles import MuscleGeometry
from monomsk_dynamics.joint_loads import JointLoads

DATA = Path(os.environ.get("MONOMSK_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.fixture(scope="module")
def walk():
    folder = DATA / "mocap_walking_3d"
    if not folder.is_dir():
        pytest.skip(f"no recording at {folder} (set MONOMSK_SHARED_DATA)")
    return recorded_walk.read_walk(folder)


@pytest.fixture(scope="module")
def geometry(walk):
    return MuscleGeometry(walk.skeleton)


@pytest.fixture(scope="module")
def solutions(walk, geometry):
    return recorded_walk.solve_walk(walk, geometry)


def correlation(walk, geometry, solutions, electrode, delay_s=0.0):
    activations = np.array([solution.activations for solution in solutions])
    return recorded_walk.correlation(walk, geometry, activations, electrode, delay_s)


@pytest.mark.parametrize(
    ("electrode", "least"),
    [("soleus", 0.85), ("gastrocnemius", 0.6), ("tibialis_anterior", 0.8),
     ("medial_hamstrings", 0.8), ("vastus_lateralis", 0.65), ("vastus_medius", 0.5)],
)  # fmt: skip
def test_activations_follow_the_electromyography(walk, geometry, solutions, electrode, least):
    assert correlation(walk, geometry, solutions, electrode) > least


def test_muscles_explain_walking_without_reserves(solutions):
    assert max(np.abs(solution.reserves).max() for solution in solutions) < 1.0


def test_joints_bear_what_instrumented_joints_bear(walk, geometry, solutions):
    """Peaks of 2 to 5 body weights, as implants measure and simulations find in walking."""
    loads = JointLoads(walk.skeleton, geometry)
    weight_n = 9.81 * walk.skeleton.mass_kg
    forces = [
        np.linalg.norm(loads.forces(result, solution.forces).forces, axis=1) / weight_n
        for result, solution in zip(walk.results, solutions, strict=True)
    ]
    peaks = dict(zip(loads.joints, np.max(forces, axis=0), strict=True))
    assert 2.0 < peaks["knee_r"] < 4.5
    assert 3.0 < peaks["hip_r"] < 6.0
    assert 3.0 < peaks["ankle_r"] < 6.5
