"""The files that OpenSim reads together: model, motion, forces and how to apply them."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from monomsk_analysis.dynamics_command import DynamicsRequest, run_dynamics
from monomsk_analysis.exports import COUPLED_COORDINATES, kinematics_table
from monomsk_analysis.storage import read_storage, write_storage
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject

SUBJECT = Subject(1.75, 70.0)


@pytest.fixture(scope="module")
def motion(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody who bends the knees a little, slowly."""
    skeleton = build_skeleton(SUBJECT)
    times = np.arange(60) / 50.0
    q = np.repeat(skeleton.neutral()[None], len(times), axis=0)
    bend = 0.2 * (1.0 - np.cos(2 * np.pi * times))
    for side in "rl":
        for name, share in (("hip_flexion", 0.5), ("knee_angle", 1.0), ("ankle_angle", 0.5)):
            q[:, 7 + skeleton.coordinate_index(f"{name}_{side}")] = share * bend
    for row in q:
        row[2] -= skeleton.points(row, skeleton.soles)[:, 2].min()
    path = tmp_path_factory.mktemp("motion") / "bend.mot"
    write_storage(path, kinematics_table(times, q, skeleton.coordinate_names))
    return path


@pytest.fixture(scope="module")
def results(motion: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("results") / "out"
    run_dynamics(DynamicsRequest(motion, out, SUBJECT))
    return out


def test_the_motion_has_a_column_for_each_coordinate_of_the_model(results: Path) -> None:
    model = ElementTree.parse(results / "model.osim")
    coordinates = {element.get("name") for element in model.iter("Coordinate")}
    columns = set(read_storage(results / "kinematics.mot").labels)
    assert len(coordinates) == 37
    assert columns - coordinates == set(COUPLED_COORDINATES)
    assert coordinates <= columns


def test_the_forces_act_on_bodies_of_the_model_and_name_columns_of_the_table(
    results: Path,
) -> None:
    model = ElementTree.parse(results / "model.osim")
    bodies = {element.get("name") for element in model.iter("Body")}
    loads = ElementTree.parse(results / "ground_reaction.xml")
    table = read_storage(results / str(loads.findtext(".//datafile")))
    used = set()
    for force in loads.iter("ExternalForce"):
        body = str(force.findtext("applied_to_body"))
        assert body in bodies
        for kind in ("force", "point", "torque"):
            identifier = str(force.findtext(f"{kind}_identifier"))
            assert f"_{body[-1]}_" in identifier
            used |= {f"{identifier}{axis}" for axis in "xyz"}
    assert used == set(table.labels)


def test_a_result_is_a_motion_and_a_model_for_the_next_run(
    results: Path, motion: Path, tmp_path: Path
) -> None:
    again = DynamicsRequest(
        motion, tmp_path / "out", Subject.assume(), model=results / "model.osim"
    )
    run_dynamics(again)
    first, second = (
        read_storage(folder / "inverse_dynamics.sto") for folder in (results, again.out)
    )
    np.testing.assert_allclose(second.values, first.values, atol=0.05)
    assert "model.osim" in (again.out / "summary.json").read_text()
