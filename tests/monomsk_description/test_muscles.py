"""Muscle geometry against OpenSim (golden file of scripts/golden/fit_muscles.py) and itself."""

from pathlib import Path

import numpy as np
import pytest

from monomsk_description.errors import AnatomyFileError
from monomsk_description.muscle_file import load_muscles
from monomsk_description.muscle_parameters import muscle_volume_m3
from monomsk_description.muscles import MuscleGeometry
from monomsk_description.scaling import scale
from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject

DATA = Path(__file__).parent / "data" / "rajagopal2016_muscles.npz"
MODEL = Subject(1.70, 75.337)
RIGHT, LEFT = slice(0, 40), slice(40, 80)


@pytest.fixture(scope="module")
def golden():
    with np.load(DATA) as file:
        return dict(file)


@pytest.fixture(scope="module")
def geometry():
    return MuscleGeometry(build_skeleton(MODEL))


def leg_columns(geometry, golden, side="r"):
    return [geometry.coordinate_names.index(f"{c}_{side}") for c in golden["coordinates"]]


def at_poses(geometry, golden, poses, side="r"):
    """Coordinates (n, 31) with one leg at the golden poses (n, 7)."""
    q = np.zeros((len(poses), len(geometry.coordinate_names)))
    q[:, leg_columns(geometry, golden, side)] = poses
    return q


def crossed_arms(geometry, golden, q, side="r"):
    """Moment arms in the golden file's order (n, pairs) [m]."""
    muscles = RIGHT if side == "r" else LEFT
    arms = geometry.moment_arms(q)[:, muscles][:, :, leg_columns(geometry, golden, side)]
    return arms[:, golden["crosses"]]


@pytest.fixture
def inside(geometry, rng):
    """Draws coordinates (n, 31) within the ranges of the polynomials."""
    leg = load_muscles()

    def draw(count):
        q = rng.uniform(-0.3, 0.3, size=(count, 31))
        for index, name in enumerate(leg.coordinates):
            for side in "rl":
                spread = rng.uniform(-0.95, 0.95, size=count) * leg.half_range[index]
                column = geometry.coordinate_names.index(f"{name}_{side}")
                q[:, column] = leg.middle[index] + spread
        return q

    return draw


# Against OpenSim ----------------------------------------------------------------------------------


def test_muscles_cross_what_opensims_cross(geometry, golden):
    expected = [f"{name}_r" for name in golden["names"]]
    assert list(geometry.names[RIGHT]) == expected
    crosses = geometry.crosses[RIGHT][:, leg_columns(geometry, golden)]
    np.testing.assert_array_equal(crosses, golden["crosses"])
    assert geometry.crosses.sum() == 2 * golden["crosses"].sum()


def test_moment_arms_are_opensims_on_held_out_poses(geometry, golden, record_property):
    """Left out are six paths of gluteus maximus that slip off their surface on the way."""
    q = at_poses(geometry, golden, golden["poses"])
    pairs = np.repeat(golden["slipped"][:, :, None], 7, axis=2)[:, golden["crosses"]]
    expected = golden["arms"] * golden["step_m"]
    errors_mm = np.abs(crossed_arms(geometry, golden, q) - expected) * 1e3
    record_property("median_mm", float(np.median(errors_mm)))
    record_property("worst_mm", float(errors_mm[~pairs].max()))
    assert len(q) == 1000
    assert np.median(errors_mm) < 0.1
    assert np.percentile(errors_mm, 99.9) < 1.5
    assert errors_mm[~pairs].max() < 3.0
    muscles = np.repeat(golden["names"][:, None], 7, axis=1)[golden["crosses"]]
    assert {str(muscles[k]) for k in np.argwhere(errors_mm > 3.0)[:, 1]} <= {"glmax1", "glmax2"}


def test_lengths_are_opensims_on_held_out_poses(geometry, golden):
    """OpenSim's own gastrocnemius lengths creep against its moment arms by up to 6 mm."""
    q = at_poses(geometry, golden, golden["poses"])
    lengths = geometry.lengths(q)[:, RIGHT]
    errors_mm = np.abs(lengths - golden["lengths"] * golden["step_m"]) * 1e3
    others = ~np.isin(golden["names"], ["gasmed", "gaslat"])
    assert np.median(errors_mm) < 0.05
    assert errors_mm[~golden["slipped"] & others].max() < 1.5
    assert errors_mm[:, ~others].max() < 7.0


def test_the_left_leg_is_opensims_left_leg(geometry, golden):
    poses = golden["poses"][: len(golden["left_lengths"])]
    q = at_poses(geometry, golden, poses, "l")
    pairs = np.repeat(golden["slipped"][: len(q), :, None], 7, axis=2)[:, golden["crosses"]]
    expected = golden["left_arms"] * golden["step_m"]
    errors_mm = np.abs(crossed_arms(geometry, golden, q, "l") - expected) * 1e3
    assert np.median(errors_mm) < 0.1
    assert errors_mm[~pairs].max() < 6.0


def test_pulls_point_where_opensims_paths_point(geometry, golden):
    """Degrees between directions, in the axes of the joints' children."""
    poses = golden["poses"][: len(golden["pulls"])]
    for side, mirror in (("r", 1.0), ("l", -1.0)):
        q = at_poses(geometry, golden, poses, side)
        found = geometry.pull_directions(q).reshape(len(q), -1, 3)
        joints = [f"{j}_{side}" for j in ("hip", "knee", "ankle")]
        angles = []
        for column, pull in enumerate(geometry.pulls):
            if pull.joint not in joints:
                continue
            x, y, z = golden["pulls"][:, pull.muscle % 40, joints.index(pull.joint)].T
            expected = np.stack([x, -mirror * z, y], axis=1).astype(float)
            assert np.abs(np.linalg.norm(expected, axis=1) - 1.0).max() < 2e-3
            cosine = np.sum(found[:, column] * expected, axis=1)
            norms = np.linalg.norm(found[:, column], axis=1) * np.linalg.norm(expected, axis=1)
            angles.append(np.degrees(np.arccos(np.clip(cosine / norms, -1.0, 1.0))))
            assert np.abs(norms - 1.0).max() < 0.1
        assert len(angles) == (np.linalg.norm(golden["pulls"][0], axis=-1) > 0.5).sum()
        assert np.median(angles) < 0.5
        assert np.percentile(angles, 99) < 3.0


def test_scaled_muscles_are_opensims_scaled_muscles(golden, monkeypatch):
    """Pelvis 10 % wider, thigh 8 % longer, shank 6 % shorter, heel bone 5 % longer."""
    plain = build_skeleton(MODEL)
    factors = {name: np.ones(3) for name in plain.anatomy.segments}
    for segment, values in zip(golden["scaled_segments"], golden["scaled_factors"], strict=True):
        for name in factors:
            if name == segment or name[:-2] == segment:
                factors[name] = values
    monkeypatch.setattr("monomsk_description.scaling.scale_factors", lambda *_: factors)
    other = Skeleton(MODEL, scale(plain.anatomy, MODEL))
    errors = {}
    for name, skeleton in (("scaled", other), ("plain", plain)):
        muscles = MuscleGeometry(skeleton)
        q = at_poses(muscles, golden, golden["scaled_poses"])
        expected = golden["scaled_arms"] * golden["step_m"]
        errors[name, "length"] = np.abs(
            muscles.lengths(q)[:, RIGHT] - golden["scaled_lengths"] * golden["step_m"]
        )
        errors[name, "arm"] = np.abs(crossed_arms(muscles, golden, q) - expected)
    assert np.median(errors["scaled", "length"]) < 0.6e-3
    assert np.percentile(errors["scaled", "length"], 95) < 4e-3
    assert np.percentile(errors["scaled", "arm"], 95) < 3.5e-3
    assert np.percentile(errors["plain", "length"], 95) > 25e-3
    assert np.percentile(errors["plain", "arm"], 95) > 3.8e-3


# Against itself -----------------------------------------------------------------------------------


def test_moment_arms_are_minus_the_derivatives_of_lengths(geometry, inside):
    for q in inside(3):
        arms = geometry.moment_arms(q)
        for coordinate in range(31):
            step = np.zeros(31)
            step[coordinate] = 1e-6
            slope = (geometry.lengths(q + step) - geometry.lengths(q - step)) / 2e-6
            np.testing.assert_allclose(-slope, arms[:, coordinate], atol=1e-8)


def test_velocities_are_rates_of_lengths(geometry, inside, rng):
    q, rates = inside(1)[0], rng.normal(size=31)
    step = 1e-6 * rates
    expected = (geometry.lengths(q + step) - geometry.lengths(q - step)) / 2e-6
    np.testing.assert_allclose(geometry.velocities(q, rates), expected, atol=1e-7)


def test_legs_mirror(geometry, inside):
    q = inside(1)[0]
    mirrored = q.copy()
    sides = [
        [k for k, n in enumerate(geometry.coordinate_names) if n.endswith(suffix)]
        for suffix in ("_r", "_l")
    ]
    mirrored[sides[0]], mirrored[sides[1]] = q[sides[1]], q[sides[0]]
    lengths, arms = geometry.lengths_with_moment_arms(q)
    other_lengths, other_arms = geometry.lengths_with_moment_arms(mirrored)
    np.testing.assert_allclose(lengths[RIGHT], other_lengths[LEFT], atol=1e-14)
    np.testing.assert_allclose(arms[RIGHT][:, sides[0]], other_arms[LEFT][:, sides[1]], atol=1e-14)
    assert not arms[RIGHT][:, sides[1]].any()
    pulls = geometry.pull_directions(q).reshape(2, -1, 3)[0]
    other = geometry.pull_directions(mirrored).reshape(2, -1, 3)[1]
    np.testing.assert_allclose(pulls, other * [1, -1, 1], atol=1e-14)


def test_beyond_the_ranges_arms_stay_and_lengths_go_on(geometry, inside):
    q = inside(1)[0]
    knee = geometry.coordinate_names.index("knee_angle_r")
    q[knee] = np.radians(120.0)
    lengths, arms = geometry.lengths_with_moment_arms(q)
    q[knee] += 0.2
    further, same = geometry.lengths_with_moment_arms(q)
    np.testing.assert_allclose(same, arms, atol=1e-14)
    np.testing.assert_allclose(further, lengths - 0.2 * arms[:, knee], atol=1e-14)


def test_a_batch_is_its_frames(geometry, inside):
    q = inside(4).reshape(2, 2, 31)
    lengths, arms = geometry.lengths_with_moment_arms(q)
    assert lengths.shape == (2, 2, 80)
    assert arms.shape == (2, 2, 80, 31)
    alone_lengths, alone_arms = geometry.lengths_with_moment_arms(q[1, 0])
    np.testing.assert_allclose(lengths[1, 0], alone_lengths, atol=1e-14)
    np.testing.assert_allclose(arms[1, 0], alone_arms, atol=1e-14)


def test_torch_agrees_and_its_gradient_is_the_moment_arm(geometry, inside):
    torch = pytest.importorskip("torch")
    q = inside(5)
    x = torch.tensor(q, requires_grad=True)
    lengths, arms = geometry.lengths_with_moment_arms(x)
    np.testing.assert_allclose(lengths.detach(), geometry.lengths(q), atol=1e-14)
    np.testing.assert_allclose(arms.detach(), geometry.moment_arms(q), atol=1e-14)
    for muscle in (0, 12, 34, 77):
        (gradient,) = torch.autograd.grad(lengths[:, muscle].sum(), x, retain_graph=True)
        np.testing.assert_allclose(-gradient, arms[:, muscle].detach(), atol=1e-12)


@pytest.mark.parametrize("kind", ["SX", "MX"])
def test_casadi_agrees_and_its_jacobian_is_the_moment_arms(geometry, inside, kind):
    casadi = pytest.importorskip("casadi")
    x = getattr(casadi, kind).sym("q", 31)
    lengths, arms = geometry.lengths_with_moment_arms(x)
    assert arms.nnz() == geometry.crosses.sum()
    speeds = geometry.velocities(x, x)
    function = casadi.Function("muscles", [x], [lengths, arms, casadi.jacobian(lengths, x), speeds])
    q = inside(1)[0]
    found = [np.array(value) for value in function(q)]
    np.testing.assert_allclose(found[0][:, 0], geometry.lengths(q), atol=1e-14)
    np.testing.assert_allclose(found[1], geometry.moment_arms(q), atol=1e-14)
    np.testing.assert_allclose(-found[2], found[1], atol=1e-12)
    np.testing.assert_allclose(found[3][:, 0], geometry.velocities(q, q), atol=1e-14)


# A subject ----------------------------------------------------------------------------------------


def test_a_uniform_scale_is_exact(geometry, inside):
    tall = MuscleGeometry(build_skeleton(Subject(1.87, 90.0)))
    ratio = 1.87 / 1.70
    q = inside(1)[0]
    lengths, arms = geometry.lengths_with_moment_arms(q)
    tall_lengths, tall_arms = tall.lengths_with_moment_arms(q)
    np.testing.assert_allclose(tall_lengths, lengths * ratio, rtol=1e-12)
    np.testing.assert_allclose(tall_arms, arms * ratio, atol=1e-14)
    mine, theirs = geometry.parameters, tall.parameters
    np.testing.assert_allclose(theirs.optimal_fiber_length, mine.optimal_fiber_length * ratio)
    np.testing.assert_allclose(theirs.tendon_slack_length, mine.tendon_slack_length * ratio)
    np.testing.assert_allclose(theirs.pennation, mine.pennation)


def test_force_follows_muscle_volume_over_fibre_length(geometry):
    """Handsfield et al. 2014: 7.3 litres in a leg of the model's size."""
    assert muscle_volume_m3(MODEL) == pytest.approx(7.32e-3, rel=1e-2)
    child = Subject(1.20, 25.0)
    forces = MuscleGeometry(build_skeleton(child)).parameters.max_isometric_force
    volume = muscle_volume_m3(child) / muscle_volume_m3(MODEL)
    expected = geometry.parameters.max_isometric_force * volume / (1.20 / 1.70)
    np.testing.assert_allclose(forces, expected, rtol=1e-9)
    assert geometry.parameters.max_isometric_force[37] == pytest.approx(1697.36, rel=1e-5)


def test_a_longer_thigh_stretches_hamstrings_not_calves(geometry):
    longer = MuscleGeometry(
        build_skeleton(Subject(1.70, 75.337, segment_lengths_m={"thigh": 0.43}))
    )
    ratio = longer.lengths(np.zeros(31)) / geometry.lengths(np.zeros(31))
    assert ratio[geometry.names.index("semimem_r")] > 1.04
    assert ratio[geometry.names.index("soleus_r")] == pytest.approx(1.0, abs=1e-3)


def test_broken_muscle_files_say_what_is_wrong(tmp_path):
    path = tmp_path / "muscles.yaml"
    with pytest.raises(AnatomyFileError, match=r"muscles\.yaml"):
        load_muscles(path)
    path.write_text("ranges_rad: {hip_flexion: [0, 1]}\nmuscles: {a: {coordinates: [hip_flexion]}}")
    with pytest.raises(AnatomyFileError, match="length"):
        load_muscles(path)
