"""Muscles of an OpenSim model: path geometry against OpenSim's, and the polynomials fitted to it.

Golden file: scripts/golden/muscle_paths_golden.py.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from monomsk_description.completion import complete
from monomsk_description.cylinder_wrapping import wrap_cylinder
from monomsk_description.muscles import MuscleGeometry
from monomsk_description.osim_muscles import read_muscles
from monomsk_description.osim_reader import from_osim
from monomsk_description.personal_muscles import personal_muscles
from monomsk_description.skeleton import personal_skeleton

SHARED = Path(os.environ.get("MONOMSK_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
MODELS = {
    "subject_walk": SHARED / "mocap_walking_3d/subject_walk_scaled.osim",
    "gait2392": SHARED
    / "opensim_pipelines/Gait2392_Simbody/OutputReference/subject01_simbody.osim",
}


@pytest.fixture(scope="module")
def golden():
    with np.load(Path(__file__).parent / "data" / "muscle_paths.npz") as file:
        return dict(file)


def model(name):
    if not MODELS[name].is_file():
        pytest.skip(f"no model at {MODELS[name]} (set MONOMSK_SHARED_DATA)")
    return MODELS[name]


@pytest.mark.parametrize(
    ("name", "percentiles_mm", "worst_mm"),
    [("subject_walk", (0.15, 1.5), 10.0), ("gait2392", (0.1, 2.5), 12.0)],
)
def test_a_models_own_muscles_are_those_of_opensim(golden, name, percentiles_mm, worst_mm):
    """Where a path slips off its cylinder, or a point comes in, it jumps; no polynomial does."""
    anatomy = complete(from_osim(model(name)))
    skeleton = personal_skeleton(anatomy, None)
    found = personal_muscles(model(name))
    geometry = MuscleGeometry(skeleton, found.legs)
    poses, names = golden[f"{name}_poses"].astype(float), golden[f"{name}_names"].tolist()
    columns = [geometry.coordinate_names.index(c) for c in golden["coordinates"]]
    q = np.zeros((len(poses), len(geometry.coordinate_names)))
    q[:, columns] = poses
    lengths, arms = geometry.lengths_with_moment_arms(q)
    right = [k for k, muscle in enumerate(geometry.names) if muscle.endswith("_r")]
    rows = [names.index(geometry.names[k]) for k in right]
    assert len(right) >= 40
    expected = golden[f"{name}_arms"][:, rows]
    # A welded joint has no moment arms in OpenSim; here it has its axes.
    moves = geometry.crosses[right][:, columns] & expected.any(axis=(0, 1))
    errors_mm = 1e3 * np.abs(arms[:, right][:, :, columns] - expected)[:, moves]
    assert np.median(errors_mm) < percentiles_mm[0]
    assert np.percentile(errors_mm, 99) < percentiles_mm[1]
    assert errors_mm.max() < worst_mm
    length_mm = 1e3 * np.abs(lengths[:, right] - golden[f"{name}_lengths"][:, rows])
    assert np.median(length_mm) < 0.1
    assert np.percentile(length_mm, 99) < 4.0


def test_what_is_no_leg_muscle_is_named():
    found = personal_muscles(model("gait2392"))
    assert {f"{m}_{s}" for m in ("ercspn", "intobl", "extobl") for s in "rl"} == set(found.left_out)
    assert "leg" in found.left_out["ercspn_r"]
    assert len(found.legs[0].muscles) == 43
    assert np.median([median for median, _ in found.arm_errors_mm.values()]) < 0.2


def test_parameters_are_the_models_own():
    found = personal_muscles(model("subject_walk"))
    skeleton = personal_skeleton(complete(from_osim(model("subject_walk"))), None)
    geometry = MuscleGeometry(skeleton, found.legs)
    read = {muscle.name: muscle for muscle in read_muscles(model("subject_walk")).muscles}
    for index, name in enumerate(geometry.names):
        assert geometry.parameters.optimal_fiber_length[index] == read[name].optimal_fiber_length_m
        assert geometry.parameters.tendon_slack_length[index] == read[name].tendon_slack_length_m
        assert geometry.parameters.max_isometric_force[index] == read[name].max_isometric_force_n


def test_moment_arms_and_gradients_of_personal_muscles_agree():
    torch = pytest.importorskip("torch")
    ca = pytest.importorskip("casadi")
    found = personal_muscles(model("subject_walk"))
    skeleton = personal_skeleton(complete(from_osim(model("subject_walk"))), None)
    geometry = MuscleGeometry(skeleton, found.legs)
    q = np.random.default_rng(1).uniform(0.05, 0.3, size=31)
    lengths, arms = geometry.lengths_with_moment_arms(q)
    x = torch.tensor(q, requires_grad=True)
    gradient = torch.autograd.functional.jacobian(geometry.lengths, x)
    np.testing.assert_allclose(-gradient, arms, atol=1e-12)
    symbol = ca.MX.sym("q", 31)
    function = ca.Function("f", [symbol], list(geometry.lengths_with_moment_arms(symbol)))
    for value, expected in zip(function(q), (lengths[:, None], arms), strict=True):
        np.testing.assert_allclose(np.array(value), expected, atol=1e-12)
    pulls = geometry.pull_directions(q).reshape(-1, 3)
    np.testing.assert_allclose(np.linalg.norm(pulls, axis=1), 1.0, atol=0.1)


# Without any model ------------------------------------------------------------------------------


@pytest.mark.parametrize("side", [None, (0, -1.0), (1, 1.0)])
def test_the_way_around_a_cylinder_is_the_shortest(side):
    """Against all ways of the same side whose tangent points are moved a little."""
    rng = np.random.default_rng(5)
    radius = 0.03
    start, end = rng.uniform(-0.1, 0.1, size=(2, 400, 3))
    way = wrap_cylinder(start, end, radius, 1.0, side)
    assert 20 < way.wraps.sum() < 380
    start, end, first, last = (p[way.wraps] for p in (start, end, way.first, way.last))
    np.testing.assert_allclose(np.hypot(first[:, 0], first[:, 1]), radius)
    for point, foot in ((start, first), (end, last)):
        radial = foot[:, :2] / radius
        assert np.abs(((point - foot)[:, :2] * radial).sum(axis=1)).max() < 1e-12  # tangent

    def length(shift_first, shift_last):
        moved = [
            p + np.array([0.0, 0.0, 1.0]) * s for p, s in ((first, shift_first), (last, shift_last))
        ]
        turned = np.sqrt(
            np.maximum(way.on_surface[way.wraps] ** 2 - (last - first)[:, 2] ** 2, 0.0)
        )
        helix = np.hypot(turned, (moved[1] - moved[0])[:, 2])
        return (
            np.linalg.norm(moved[0] - start, axis=1)
            + helix
            + np.linalg.norm(moved[1] - end, axis=1)
        )

    best = length(0.0, 0.0)
    for shifts in rng.normal(scale=0.003, size=(20, 2)):
        assert (length(*shifts) >= best - 1e-12).all()
    if side is None:
        assert (best >= np.linalg.norm(end - start, axis=1)).all()
        assert way.must[way.wraps].all()
    else:
        both = np.maximum(first[:, side[0]] * side[1], last[:, side[0]] * side[1])
        assert (both > -1e-12).mean() > 0.9


def test_lines_that_miss_or_start_inside_go_straight():
    start = np.array([[0.1, 0.05, 0.0], [0.01, 0.0, 0.0], [0.1, 0.01, 0.0], [0.1, 0.01, 0.3]])
    end = np.array([[-0.1, 0.05, 0.0], [-0.1, 0.0, 0.0], [-0.1, 0.0, 0.0], [-0.1, 0.0, 0.3]])
    way = wrap_cylinder(start, end, 0.03, 0.2, None)
    assert way.wraps.tolist() == [False, False, True, False]
