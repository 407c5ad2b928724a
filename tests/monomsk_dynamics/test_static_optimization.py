"""Static optimisation: torques are made up, the share is optimal, what is impossible is said."""

import numpy as np
import pytest

from monomsk_description.muscles import MuscleGeometry
from monomsk_dynamics.errors import OptionError, ShapeError
from monomsk_dynamics.hill import tendon_forces
from monomsk_dynamics.muscle_analysis import MuscleAnalysis
from monomsk_dynamics.results import BodyDynamics, SoleContact
from monomsk_dynamics.static_optimization import StaticOptimization, StaticOptimizationOptions


@pytest.fixture(scope="module")
def geometry(skeleton):
    return MuscleGeometry(skeleton)


@pytest.fixture(scope="module")
def optimization(geometry):
    return StaticOptimization(geometry)


@pytest.fixture
def posture(skeleton):
    """A half squat: coordinates and rates (31,)."""
    q = np.zeros(31)
    for side in "rl":
        for name, angle in (("hip_flexion", 0.5), ("knee_angle", 0.7), ("ankle_angle", 0.15)):
            q[skeleton.coordinate_index(f"{name}_{side}")] = angle
    rng = np.random.default_rng(3)
    return q + rng.normal(scale=0.03, size=31), rng.normal(scale=1.0, size=31)


@pytest.fixture
def torques(geometry, posture):
    """Torques (31,) that known activations make in the posture."""
    q, rates = posture
    activations = np.random.default_rng(4).uniform(0.05, 0.6, 80)
    active = tendon_forces(
        geometry.parameters, geometry.lengths(q), geometry.velocities(q, rates)
    ).active
    return geometry.moment_arms(q).T @ (activations * active), activations


def explained(skeleton, solution):
    return [skeleton.coordinate_index(name) for name in solution.coordinate_names]


def test_muscles_make_up_the_torques(skeleton, geometry, optimization, posture, torques):
    q, rates = posture
    solution = optimization.solve(q, rates, torques[0])
    rows = explained(skeleton, solution)
    made = geometry.moment_arms(q).T @ solution.forces
    np.testing.assert_allclose(made[rows] + solution.reserves, torques[0][rows], atol=1e-8)
    assert np.abs(solution.reserves).max() < 0.1
    assert (solution.activations >= 0.01).all()
    assert (solution.activations <= 1.0).all()
    assert (solution.forces >= 0.0).all()


def test_the_share_is_cheaper_than_the_one_that_made_the_torques(optimization, posture, torques):
    solution = optimization.solve(*posture, torques[0])
    assert np.sum(solution.activations**2) < 0.8 * np.sum(torques[1] ** 2)


def test_the_share_is_optimal(skeleton, geometry, optimization, posture, torques):
    """Free muscles: activation is proportional to what they do for the reserves (stationarity)."""
    q, rates = posture
    solution = optimization.solve(q, rates, torques[0])
    active = tendon_forces(
        geometry.parameters, geometry.lengths(q), geometry.velocities(q, rates)
    ).active
    rows = explained(skeleton, solution)
    useful = (geometry.moment_arms(q)[:, rows] * active[:, None]) @ solution.reserves
    free = (solution.activations > 0.0101) & (solution.activations < 0.9999)
    assert 10 < free.sum() < 80
    np.testing.assert_allclose(solution.activations[free], useful[free], atol=1e-6)
    assert (useful[solution.activations <= 0.0101] < 0.0101 + 1e-6).all()


def test_power_of_the_muscles_is_the_power_of_their_torques(
    skeleton, geometry, optimization, posture, torques
):
    """tau · v = -sum of force times lengthening speed, over all that muscles cross."""
    q, rates = posture
    solution = optimization.solve(q, rates, torques[0])
    made = geometry.moment_arms(q).T @ solution.forces
    assert made @ rates == pytest.approx(
        -solution.forces @ geometry.velocities(q, rates), rel=1e-12
    )
    assert abs(made @ rates) > 1.0


def test_legs_are_independent_and_alike(skeleton, optimization):
    q, tau = np.zeros(31), np.zeros(31)
    right = skeleton.coordinate_index("knee_angle_r")
    left = skeleton.coordinate_index("knee_angle_l")
    q[[right, left]], tau[[right, left]] = 0.5, -40.0
    both = optimization.solve(q, np.zeros(31), tau)
    np.testing.assert_allclose(both.activations[:40], both.activations[40:], atol=1e-9)
    tau[left] = 0.0
    one = optimization.solve(q, np.zeros(31), tau)
    np.testing.assert_allclose(one.activations[:40], both.activations[:40], atol=1e-9)
    assert np.abs(one.activations[40:] - both.activations[40:]).max() > 0.05


def test_many_instants_are_each_instant(optimization, posture, torques):
    q, rates = posture
    tau = torques[0]
    shares = np.array([0.2, 0.6, 1.0])
    together = list(optimization.solve_all(np.tile(q, (3, 1)), shares[:, None] * rates,
                                           shares[:, None] * tau))  # fmt: skip
    assert len(together) == 3
    for share, solution in zip(shares, together, strict=True):
        alone = optimization.solve(q, share * rates, share * tau)
        np.testing.assert_allclose(solution.activations, alone.activations, atol=1e-9)
        np.testing.assert_allclose(solution.forces, alone.forces, atol=1e-6)


def test_extension_needs_extensors(skeleton, optimization):
    q, tau = np.zeros(31), np.zeros(31)
    q[skeleton.coordinate_index("knee_angle_r")] = 0.6
    tau[skeleton.coordinate_index("knee_angle_r")] = -60.0
    tau[skeleton.coordinate_index("ankle_angle_l")] = -80.0
    solution = optimization.solve(q, np.zeros(31), tau)
    by_name = dict(zip(solution.names, solution.activations, strict=True))
    assert by_name["vaslat_r"] > 0.1 > by_name["vaslat_l"]
    assert by_name["soleus_l"] > 0.1 > by_name["tibant_l"]
    assert by_name["bfsh_r"] < 0.05


def test_impossible_torques_leave_reserves(skeleton, optimization):
    tau = np.zeros(31)
    tau[skeleton.coordinate_index("ankle_angle_r")] = -2000.0
    solution = optimization.solve(np.zeros(31), np.zeros(31), tau)
    reserves = dict(zip(solution.coordinate_names, solution.reserves, strict=True))
    assert reserves["ankle_angle_r"] < -1000.0
    assert abs(reserves["ankle_angle_l"]) < 0.5
    assert solution.activations[solution.names.index("soleus_r")] == pytest.approx(1.0)


def test_reserves_cost_what_the_option_says(skeleton, geometry, posture, torques):
    costs = []
    for weight in (1e-4, 1.0):
        options = StaticOptimizationOptions(reserve_weight=weight)
        solution = StaticOptimization(geometry, options).solve(*posture, torques[0])
        costs.append(np.abs(solution.reserves).max())
    assert costs[0] > 20 * costs[1]


def test_stretched_fibres_pull_if_asked(skeleton, geometry):
    """Deep hip flexion with straight knees stretches the hamstrings; someone must hold against."""
    q, still = np.zeros(31), np.zeros(31)
    q[skeleton.coordinate_index("hip_flexion_r")] = 1.2
    stretched = StaticOptimization(geometry, StaticOptimizationOptions(passive=True))
    muscle = geometry.names.index("semimem_r")
    solution = stretched.solve(q, still, still)
    slack = StaticOptimization(geometry).solve(q, still, still)
    assert solution.forces[muscle] > 5 * slack.forces[muscle]
    rows = explained(skeleton, solution)
    made = geometry.moment_arms(q).T @ solution.forces
    np.testing.assert_allclose(made[rows] + solution.reserves, 0.0, atol=1e-8)
    assert solution.activations.max() > slack.activations.max()


def test_bad_input_is_refused_by_name(geometry, optimization):
    with pytest.raises(ShapeError, match="tau"):
        optimization.solve(np.zeros(31), np.zeros(31), np.zeros(37))
    with pytest.raises(ShapeError):
        optimization.solve(np.zeros(31), np.zeros(31), np.full(31, np.nan))
    with pytest.raises(OptionError, match="elbow_flex_r"):
        StaticOptimization(geometry, StaticOptimizationOptions(coordinates=("elbow_flex",)))
    with pytest.raises(OptionError, match="minimum_activation"):
        StaticOptimizationOptions(minimum_activation=1.0)
    with pytest.raises(OptionError, match="reserve_weight"):
        StaticOptimizationOptions(reserve_weight=0.0)


def test_a_result_gets_its_activations(skeleton, geometry, posture, torques):
    q, rates = skeleton.neutral(), np.zeros(37)
    q[7:], rates[6:] = posture
    tau = np.r_[np.zeros(6), torques[0]]
    air = SoleContact(False, 0.0, np.zeros(3), np.full(3, np.nan), 0.0)
    result = BodyDynamics(
        0, q, rates, np.zeros(37), tau, np.zeros(37), (air, air), np.zeros(6), float("nan")
    )
    analysis = MuscleAnalysis(skeleton)
    filled = analysis.with_activation(result)
    assert [name for name, _ in filled.muscle_activations] == list(geometry.names)
    expected = StaticOptimization(geometry).solve(*posture, torques[0]).activations
    found = [value for _, value in filled.muscle_activations]
    np.testing.assert_allclose(found, expected, atol=1e-12)
    np.testing.assert_array_equal(filled.tau, result.tau)
    whole = analysis.analyze(result)
    np.testing.assert_allclose(whole.muscles.activations, expected, atol=1e-12)
    assert whole.contact.magnitude("knee_r") > whole.muscles.forces.max() / 2


def test_a_recording_gets_its_muscles_and_joint_loads(skeleton, posture, torques):
    q, rates = skeleton.neutral(), np.zeros(37)
    q[7:], rates[6:] = posture
    air = SoleContact(False, 0.0, np.zeros(3), np.full(3, np.nan), 0.0)
    results = [
        BodyDynamics(
            k, q, rates, np.zeros(37), np.r_[np.zeros(6), share * torques[0]], np.zeros(37),
            (air, air), np.zeros(6), float("nan"),
        )
        for k, share in enumerate((0.3, 1.0))
    ]  # fmt: skip
    analysis = MuscleAnalysis(skeleton)
    series = analysis.analyze_all(results)
    for k, result in enumerate(results):
        alone = analysis.analyze(result)
        np.testing.assert_allclose(series.forces[k], alone.muscles.forces, atol=1e-6)
        sizes = np.linalg.norm(series.contact_forces[k], axis=1)
        np.testing.assert_allclose(sizes, np.linalg.norm(alone.contact.forces, axis=1))
        np.testing.assert_allclose(series.contact_forces[k], alone.contact.in_segment)
    assert series.torques[1, 3] == torques[0][skeleton.coordinate_index("knee_angle_r")]
    knee = series.joints.index("knee_r")
    assert series.contact_forces[1, knee, 2] < -500.0  # the femur presses down on the tibia
