from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from monomsk_analysis.opensim_kinematics import (
    PELVIS_COORDINATES,
    RAJAGOPAL2016_COORDINATES,
    align_heading,
    configuration_from_opensim,
    continuous_quaternions,
    opensim_from_configuration,
    pelvis_forces_from_wrench,
)
from monomsk_analysis.storage import read_storage
from monomsk_description.frames import to_opensim


def random_coordinates(count: int, seed: int = 4) -> np.ndarray:
    rng = np.random.default_rng(seed)
    coordinates = rng.uniform(-1.4, 1.4, size=(count, 37))
    return coordinates


def test_round_trip_from_coordinates() -> None:
    coordinates = random_coordinates(200)
    back = opensim_from_configuration(configuration_from_opensim(coordinates))
    np.testing.assert_allclose(back, coordinates, atol=1e-12)


def test_round_trip_from_configurations_of_any_attitude() -> None:
    rng = np.random.default_rng(5)
    q = rng.normal(size=(300, 38))
    q[:, 3:7] = continuous_quaternions(Rotation.random(300, rng=rng).as_quat())
    back = configuration_from_opensim(opensim_from_configuration(q))
    sign = np.sign(np.sum(back[:, 3:7] * q[:, 3:7], axis=1))
    back[:, 3:7] *= sign[:, None]
    np.testing.assert_allclose(back, q, atol=1e-12)


@pytest.mark.parametrize("list_rad", [np.pi / 2, -np.pi / 2])
def test_lying_on_the_side_still_composes(list_rad: float) -> None:
    coordinates = np.zeros((1, 37))
    coordinates[0, :3] = 0.4, list_rad, -0.9
    q = configuration_from_opensim(coordinates)
    again = configuration_from_opensim(opensim_from_configuration(q))
    assert abs(np.dot(again[0, 3:7], q[0, 3:7])) == pytest.approx(1.0, abs=1e-9)


def test_upright_and_turned_left_pelvis() -> None:
    q = np.zeros((1, 38))
    q[0, :3] = 1.0, 2.0, 0.9
    q[0, 3:7] = Rotation.from_euler("z", 90, degrees=True).as_quat()
    coordinates = opensim_from_configuration(q)[0]
    # A left turn is positive about the vertical in both; left is minus z in OpenSim.
    np.testing.assert_allclose(coordinates[:6], [0, 0, np.pi / 2, 1.0, 0.9, -2.0], atol=1e-12)


def test_signs_of_tilt_and_list() -> None:
    tilted = np.zeros((1, 37))
    tilted[0, 0] = 0.3
    up = Rotation.from_quat(configuration_from_opensim(tilted)[0, 3:7]).apply([0, 0, 1])
    assert up[0] < 0, "positive pelvis_tilt leans backwards"
    listed = np.zeros((1, 37))
    listed[0, 1] = 0.3
    left = Rotation.from_quat(configuration_from_opensim(listed)[0, 3:7]).apply([0, 1, 0])
    assert left[2] > 0, "positive pelvis_list raises the left side"


def test_rotation_keeps_counting_turns() -> None:
    angles = np.linspace(0, 5 * np.pi, 200)
    q = np.zeros((200, 38))
    q[:, 3:7] = Rotation.from_euler("z", angles[:, None]).as_quat()
    np.testing.assert_allclose(opensim_from_configuration(q)[:, 2], angles, atol=1e-9)


def test_neighbouring_quaternions_share_a_hemisphere() -> None:
    coordinates = np.zeros((300, 37))
    coordinates[:, 2] = np.linspace(-7, 7, 300)
    quaternions = configuration_from_opensim(coordinates)[:, 3:7]
    assert np.all(np.sum(quaternions[1:] * quaternions[:-1], axis=1) > 0.9)


def turned_ground(angles: np.ndarray, yaw: float) -> np.ndarray:
    """The same attitudes in a ground whose x axis points elsewhere."""
    world = Rotation.from_euler("y", yaw) * Rotation.from_euler("ZXY", angles)
    return world.as_euler("ZXY")


@pytest.mark.parametrize("yaw", [0.3, np.pi - 0.1, -2.5])
def test_heading_is_found_and_removed(yaw: float) -> None:
    reference = 0.3 * np.random.default_rng(9).normal(size=(40, 3))
    turned = turned_ground(reference, yaw)
    if abs(yaw) > 2.0:
        # Against x the tilt shows with the other sign: the reason for aligning.
        assert np.corrcoef(turned[:, 0], reference[:, 0])[0, 1] < -0.5
    turned[7] = np.nan
    aligned = align_heading(turned, reference)
    known = np.arange(40) != 7
    np.testing.assert_allclose(aligned[known], reference[known], atol=1e-9)
    assert np.isnan(aligned[7]).all()


def test_heading_alignment_hides_no_other_error() -> None:
    reference = 0.2 * np.random.default_rng(10).normal(size=(40, 3))
    wrong = reference + np.array([0.1, -0.05, 0.0])
    aligned = align_heading(turned_ground(wrong, 1.0), reference)
    error = (aligned - reference)[:, :2].mean(axis=0)
    np.testing.assert_allclose(error, [0.1, -0.05], atol=0.01)


def test_pelvis_forces_do_the_virtual_work_of_the_wrench() -> None:
    """The power along each coordinate equals that of the wrench, by finite differences."""
    rng = np.random.default_rng(6)
    coordinates = random_coordinates(20, seed=7)
    wrenches = rng.normal(scale=50.0, size=(20, 6))
    forces = pelvis_forces_from_wrench(coordinates[:, :3], wrenches)
    step = 1e-6
    for k in range(6):
        ahead, behind = coordinates.copy(), coordinates.copy()
        ahead[:, k] += step
        behind[:, k] -= step
        q_ahead, q_behind = (configuration_from_opensim(c) for c in (ahead, behind))
        displacement = (q_ahead[:, :3] - q_behind[:, :3]) / (2 * step)
        turn = (
            Rotation.from_quat(q_ahead[:, 3:7]) * Rotation.from_quat(q_behind[:, 3:7]).inv()
        ).as_rotvec() / (2 * step)
        work = np.sum(wrenches * np.hstack([displacement, turn]), axis=1)
        np.testing.assert_allclose(forces[:, k], work, rtol=1e-6, atol=1e-6)


def test_order_of_pelvis_coordinates_matches_the_names() -> None:
    assert RAJAGOPAL2016_COORDINATES[:6] == PELVIS_COORDINATES
    assert len(RAJAGOPAL2016_COORDINATES) == 39


def test_real_walk_moves_forward_and_upright(shared_data: Path) -> None:
    table = read_storage(shared_data / "mocap_walking_3d" / "coordinates.sto")
    coordinates = np.zeros((len(table.times), 37))
    coordinates[:, :6] = table.columns(PELVIS_COORDINATES)
    q = configuration_from_opensim(coordinates)
    np.testing.assert_allclose(to_opensim(q[:, :3]), coordinates[:, 3:6], atol=1e-12)
    assert q[-1, 0] - q[0, 0] > 1.0
    assert np.all((q[:, 2] > 0.8) & (q[:, 2] < 1.1))
    np.testing.assert_allclose(opensim_from_configuration(q), coordinates, atol=1e-12)


def test_coordinate_order_is_that_of_the_published_model(shared_data: Path) -> None:
    import re

    text = (shared_data / "models" / "Rajagopal2016.osim").read_text()
    names = re.findall(r'<Coordinate name="(\w+)"', text)
    assert tuple(names) == RAJAGOPAL2016_COORDINATES
