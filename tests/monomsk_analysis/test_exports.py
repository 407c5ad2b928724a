from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from monomsk_analysis.exports import (
    force_label,
    ground_reaction_table,
    inverse_dynamics_table,
    kinematics_table,
    marker_table,
)
from monomsk_analysis.external_loads import write_external_loads
from monomsk_analysis.opensim_kinematics import (
    PELVIS_COORDINATES,
    RAJAGOPAL2016_COORDINATES,
    configuration_from_opensim,
)
from monomsk_analysis.storage import read_storage, write_storage
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.results import BodyDynamics, SoleContact

GRAVITY = 9.81


def airborne() -> SoleContact:
    return SoleContact(False, 0.0, np.zeros(3), np.full(3, np.nan), 0.0)


def result(
    q: np.ndarray,
    tau: np.ndarray | None = None,
    root_residual: np.ndarray | None = None,
    soles: tuple[SoleContact, SoleContact] | None = None,
) -> BodyDynamics:
    return BodyDynamics(
        stamp_ns=0,
        q=q,
        v=np.zeros(37),
        a=np.zeros(37),
        tau=np.zeros(37) if tau is None else tau,
        tau_sigma=np.full(37, np.nan),
        soles=soles or (airborne(), airborne()),
        root_residual=np.zeros(6) if root_residual is None else root_residual,
        consistency_error=float("nan"),
    )


def random_coordinates(count: int) -> np.ndarray:
    return np.random.default_rng(11).uniform(-0.8, 0.8, size=(count, 37))


def test_kinematics_are_in_degrees_by_name(skeleton: Skeleton) -> None:
    coordinates = random_coordinates(5)
    q = configuration_from_opensim(coordinates)
    table = kinematics_table(np.arange(5.0), q, skeleton.coordinate_names)
    assert table.labels == RAJAGOPAL2016_COORDINATES
    assert table.in_degrees
    for k, name in enumerate((*PELVIS_COORDINATES, *skeleton.coordinate_names)):
        unit = 1.0 if name.startswith("pelvis_t") and name != "pelvis_tilt" else 180.0 / np.pi
        np.testing.assert_allclose(table.column(name), unit * coordinates[:, k], atol=1e-9)
    np.testing.assert_array_equal(
        table.columns(["knee_angle_r_beta", "knee_angle_l_beta"]),
        table.columns(["knee_angle_r", "knee_angle_l"]),
    )


def test_joints_in_another_order_go_to_their_own_columns(skeleton: Skeleton) -> None:
    coordinates = random_coordinates(3)
    q = configuration_from_opensim(coordinates)
    order = np.random.default_rng(3).permutation(31)
    shuffled = q.copy()
    shuffled[:, 7:] = q[:, 7:][:, order]
    names = tuple(skeleton.coordinate_names[k] for k in order)
    np.testing.assert_array_equal(
        kinematics_table(np.arange(3.0), shuffled, names).values,
        kinematics_table(np.arange(3.0), q, skeleton.coordinate_names).values,
    )


def test_static_generalised_forces_are_the_slopes_of_potential_energy(skeleton: Skeleton) -> None:
    """Holding still costs the gradient of the energy over OpenSim's own coordinates."""
    coordinates = random_coordinates(4)
    results = []
    for q in configuration_from_opensim(coordinates):
        tau = skeleton.bias_forces(q, np.zeros(37))
        pelvis = Rotation.from_quat(q[3:7])
        residual = np.concatenate([pelvis.apply(tau[:3]), pelvis.apply(tau[3:6])])
        tau[:6] = 0.0
        results.append(result(q, tau, residual))
    table = inverse_dynamics_table(np.arange(4.0), results, skeleton.coordinate_names)

    def energy(values: np.ndarray) -> np.ndarray:
        heights = [skeleton.center_of_mass(q)[2] for q in configuration_from_opensim(values)]
        return skeleton.mass_kg * GRAVITY * np.array(heights)

    step = 1e-5
    for k, name in enumerate((*PELVIS_COORDINATES, *skeleton.coordinate_names)):
        ahead, behind = coordinates.copy(), coordinates.copy()
        ahead[:, k] += step
        behind[:, k] -= step
        slope = (energy(ahead) - energy(behind)) / (2 * step)
        np.testing.assert_allclose(table.column(force_label(name)), slope, atol=1e-4, err_msg=name)


def test_labels_of_generalised_forces(skeleton: Skeleton) -> None:
    table = inverse_dynamics_table(
        np.zeros(1), [result(skeleton.neutral())], skeleton.coordinate_names
    )
    assert table.labels[:6] == (
        "pelvis_tilt_moment",
        "pelvis_list_moment",
        "pelvis_rotation_moment",
        "pelvis_tx_force",
        "pelvis_ty_force",
        "pelvis_tz_force",
    )
    assert "knee_angle_r_moment" in table.labels
    assert not any("beta" in label for label in table.labels)


def test_ground_reaction_axes_and_sides(skeleton: Skeleton) -> None:
    right = SoleContact(True, 1.0, np.array([10.0, 20.0, 300.0]), np.array([0.1, 0.2, 0.0]), 4.0)
    table = ground_reaction_table(
        np.zeros(1), [result(skeleton.neutral(), soles=(right, airborne()))]
    )

    def values(prefix: str) -> list[float]:
        return table.columns([f"{prefix}{axis}" for axis in "xyz"])[0].tolist()

    # Forward stays x, up is y, left is minus z.
    assert values("ground_force_r_v") == [10.0, 300.0, -20.0]
    assert values("ground_force_r_p") == [0.1, 0.0, -0.2]
    assert values("ground_torque_r_") == [0.0, 4.0, 0.0]
    assert values("ground_force_l_v") == [0.0, 0.0, 0.0]


def test_center_of_pressure_is_led_through_the_swing(skeleton: Skeleton) -> None:
    def at(x: float) -> SoleContact:
        return SoleContact(True, 1.0, np.array([0.0, 0.0, 300.0]), np.array([x, 0.0, 0.0]), 0.0)

    soles: Sequence[SoleContact] = [airborne(), at(0.2), airborne(), airborne(), at(0.8)]
    results = [result(skeleton.neutral(), soles=(sole, airborne())) for sole in soles]
    table = ground_reaction_table(np.arange(5.0), results)
    np.testing.assert_allclose(table.column("ground_force_r_px"), [0.2, 0.2, 0.4, 0.6, 0.8])
    np.testing.assert_allclose(table.column("ground_force_r_vy"), [0, 300, 0, 0, 300])
    assert np.isfinite(table.values).all()


def test_markers_show_a_standing_person_and_leave_out_lost_frames(skeleton: Skeleton) -> None:
    markers = marker_table(np.arange(2.0), [skeleton.neutral(), None], skeleton, 30.0)
    place = {name: markers.positions[0, k] for k, name in enumerate(markers.names)}
    assert len(place) == len(markers.names) == 33 + 20
    assert place["nose"][1] > place["left_hip"][1] > place["left_heel"][1] > -0.02
    assert place["right_hip"][2] > 0 > place["left_hip"][2], "right is plus z in OpenSim"
    assert place["left_foot_index"][0] > place["left_heel"][0], "x is forward"
    assert np.isnan(markers.positions[1]).all()


def test_comments_reach_the_file_and_do_not_disturb_reading(
    skeleton: Skeleton, tmp_path: Path
) -> None:
    q = configuration_from_opensim(random_coordinates(3))
    comments = ("3 of 4 frames analysed.", "gap = long")
    table = kinematics_table(np.arange(3.0), q, skeleton.coordinate_names, comments)
    write_storage(tmp_path / "k.mot", table)
    text = (tmp_path / "k.mot").read_text()
    assert "3 of 4 frames analysed." in text
    assert "gap : long" in text
    back = read_storage(tmp_path / "k.mot")
    np.testing.assert_allclose(back.values, table.values, atol=1e-8)
    assert back.in_degrees


def test_the_load_of_a_seat_goes_to_the_pelvis(skeleton: Skeleton, tmp_path: Path) -> None:
    alone = result(skeleton.neutral())
    assert len(ground_reaction_table(np.zeros(1), [alone]).labels) == 18
    load = np.array([1.0, 2.0, 300.0, 4.0, 5.0, 6.0])
    seated = replace(alone, unexplained_load=load)
    table = ground_reaction_table(np.array([0.0, 1.0]), [alone, seated])
    row = dict(zip(table.labels, table.values[1], strict=True))
    assert row["ground_force_support_vy"] == 300.0
    assert row["ground_force_support_vz"] == -2.0
    assert row["ground_force_support_py"] == pytest.approx(skeleton.neutral()[2])
    assert row["ground_torque_support_y"] == 6.0
    write_external_loads(tmp_path / "loads.xml", "ground_reaction.mot", supported=True)
    text = (tmp_path / "loads.xml").read_text()
    assert "<applied_to_body>pelvis</applied_to_body>" in text
    assert "ground_force_support_v<" in text
    write_external_loads(tmp_path / "loads.xml", "ground_reaction.mot")
    assert "pelvis" not in (tmp_path / "loads.xml").read_text()
