"""The batched kinematics against Pinocchio."""

import numpy as np
import pytest
import torch

from monomsk_description.anatomy import Site
from monomsk_description.anatomy_file import load_anatomy
from monomsk_description.landmarks import load_landmark_sites
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject
from monomsk_training.bodies import BodyShapes
from monomsk_training.kinematics import BodyKinematics


@pytest.fixture(scope="module")
def kinematics() -> BodyKinematics:
    return BodyKinematics(load_anatomy())


def body(kinematics: BodyKinematics, thigh: float, forearm: float):
    """A subject and the same body's numbers for the batched kinematics."""
    height_m = 1.83
    rules = kinematics.anatomy.length_rules
    suggested = {
        n: r.model_length_m * height_m / kinematics.anatomy.height_m for n, r in rules.items()
    }
    lengths = {"thigh": suggested["thigh"] * thigh, "forearm": suggested["forearm"] * forearm}
    shapes = BodyShapes(kinematics.anatomy, kinematics.segments)
    proportions = np.zeros(8)
    proportions[shapes.names.index("thigh")] = np.log(thigh)
    proportions[shapes.names.index("forearm")] = np.log(forearm)
    factors = shapes.factors(torch.tensor(height_m), torch.tensor(proportions, dtype=torch.float32))
    return build_skeleton(Subject(height_m, 80.0, segment_lengths_m=lengths)), factors


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_landmarks_and_soles_are_where_the_skeleton_has_them(kinematics, seed: int) -> None:
    skeleton, factors = body(kinematics, 1.1, 0.9)
    assert kinematics.coordinate_names == skeleton.coordinate_names
    rng = np.random.default_rng(seed)
    coordinates = rng.uniform(skeleton.lower_limits, skeleton.upper_limits)
    q = np.concatenate([np.zeros(6), [1.0], coordinates])
    sites = [Site(s.name, s.segment, s.location_m) for s in load_landmark_sites()]
    poses = kinematics(torch.tensor(coordinates, dtype=torch.float32), factors)
    found = kinematics.points(poses, kinematics.places(sites), factors).numpy()
    np.testing.assert_allclose(found, skeleton.points(q, skeleton.landmarks), atol=1e-5)
    soles = kinematics.places(kinematics.anatomy.sole_points)
    found = kinematics.points(poses, soles, factors).numpy()
    np.testing.assert_allclose(found, skeleton.points(q, skeleton.soles), atol=1e-5)
