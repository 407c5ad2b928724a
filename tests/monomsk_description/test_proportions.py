import importlib

import numpy as np
import pytest

from monomsk_description.anatomy_file import load_anatomy
from monomsk_description.errors import ImplausibleSubjectError, UnknownNameError
from monomsk_description.proportions import (
    MeasuredLength,
    check_proportions,
    population,
    population_of,
)
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject

NAMES = tuple(load_anatomy().length_rules)
# Scaled from markers by others: long shanks, short thighs (example3DWalking, 1.829 m).
WALKER = {
    "thigh": 0.3982, "shank": 0.4652, "foot": 0.206, "pelvis_width": 0.1671, "trunk": 0.3852,
    "shoulder_width": 0.3975, "upper_arm": 0.32, "forearm": 0.2491,
}  # fmt: skip


def _draw(belief, rng):
    logs = rng.multivariate_normal(belief.mean, belief.covariance)[1:]
    return dict(zip(belief.names, np.exp(logs), strict=True))


def test_a_man_of_the_model_s_stature_has_the_model_s_lengths():
    belief = population(1.70, "male")
    assert belief.names == NAMES
    for name, rule in load_anatomy().length_rules.items():
        assert belief.lengths_m[name] == pytest.approx(rule.model_length_m, rel=2e-3)
        # A tape measure agrees with the belief within a few percent in two of three people.
        assert 0.02 < belief.sigma_m[name] / belief.lengths_m[name] < 0.09


def test_sexes_and_statures_differ_as_people_do():
    woman, man = population(1.70, "female").lengths_m, population(1.70, "male").lengths_m
    assert woman["shoulder_width"] < 0.95 * man["shoulder_width"]
    assert woman["pelvis_width"] > 1.03 * man["pelvis_width"]
    tall, short = population(1.90, "male").lengths_m, population(1.62, "male").lengths_m
    # Tall people have long legs: legs grow faster than the stature, the trunk slower.
    assert tall["shank"] / short["shank"] > 1.90 / 1.62 > tall["trunk"] / short["trunk"]


def test_an_unknown_sex_is_either():
    # As many women as men are of this stature: 1.628 +- 0.064 m, 1.756 +- 0.069 m.
    either = population(1.692)
    female, male = population(1.692, "female"), population(1.692, "male")
    for name in NAMES:
        middle = np.sqrt(female.lengths_m[name] * male.lengths_m[name])
        assert either.lengths_m[name] == pytest.approx(middle, rel=0.005)
    apart = np.log(female.lengths_m["shoulder_width"] / male.lengths_m["shoulder_width"]) / 2
    own = [(b.sigma_m["shoulder_width"] / b.lengths_m["shoulder_width"]) ** 2
           for b in (female, male)]  # fmt: skip
    sigma = either.sigma_m["shoulder_width"] / either.lengths_m["shoulder_width"]
    assert sigma == pytest.approx(np.sqrt(np.mean(own) + apart**2), rel=0.01)


def test_the_stature_tells_of_an_unknown_sex():
    for height_m, sex in ((1.90, "male"), (1.52, "female")):
        known, unknown = population(height_m, sex), population(height_m)
        for name in NAMES:
            assert unknown.lengths_m[name] == pytest.approx(known.lengths_m[name], rel=0.01)


def test_beyond_the_survey_proportions_stay_and_doubt_grows():
    child, end = population(1.10, "male"), population(1.602, "male")
    for name in NAMES:
        ratio = end.lengths_m[name] / 1.602
        assert child.lengths_m[name] / 1.10 == pytest.approx(ratio)
        relative = child.sigma_m[name] / child.lengths_m[name]
        assert relative > 1.5 * end.sigma_m[name] / end.lengths_m[name]


def test_measured_lengths_are_recovered_within_their_deviations(rng):
    belief, scores = population(1.80, "female"), []
    for _ in range(60):
        truth = _draw(belief, rng)
        measured = [
            MeasuredLength(n, truth[n] * np.exp(rng.normal(scale=0.02)), 0.02 * truth[n])
            for n in ("thigh", "shank", "upper_arm")
        ]
        found = belief.given(measured)
        scores += [(found.lengths_m[n] - truth[n]) / found.sigma_m[n] for n in NAMES]
        for n in NAMES:
            assert found.sigma_m[n] / found.lengths_m[n] <= belief.sigma_m[n] / belief.lengths_m[n]
    assert 0.9 < np.std(scores) < 1.1
    assert abs(np.mean(scores)) < 0.15


def test_lengths_nobody_measured_follow_the_measured_ones():
    belief = population(1.75, "male")
    short_trunk = belief.given([MeasuredLength("trunk", 0.34, 0.002)])
    # Somebody of this stature with a short trunk has long legs.
    assert short_trunk.lengths_m["thigh"] > 1.02 * belief.lengths_m["thigh"]
    assert short_trunk.lengths_m["shank"] > belief.lengths_m["shank"]


def test_a_film_of_unknown_scale_tells_ratios_only():
    belief = population(1.75, "male")
    expected = belief.lengths_m
    twice = [MeasuredLength(n, 1.1 * expected[n], 0.003) for n in NAMES]
    unchanged = belief.given(twice, common_scale_sigma=10.0)
    for name in NAMES:
        assert unchanged.lengths_m[name] == pytest.approx(expected[name], rel=0.01)
    longer = [MeasuredLength(n, (1.2 if n == "thigh" else 1.1) * expected[n], 0.003) for n in NAMES]
    found = belief.given(longer, common_scale_sigma=10.0).lengths_m
    ratio = found["thigh"] / found["shank"] / (expected["thigh"] / expected["shank"])
    assert ratio == pytest.approx(1.2 / 1.1, rel=0.01)


def test_lengths_in_metres_correct_an_assumed_height_but_not_a_given_one():
    tall = population(1.95, "male").lengths_m
    measured = [MeasuredLength(n, tall[n], 0.005) for n in NAMES]
    assumed = Subject.assume(None, 70.0, "male")
    belief = population_of(assumed).given(measured)
    assert belief.height_m == pytest.approx(1.95, abs=2.5 * belief.height_sigma_m)
    assert belief.height_sigma_m < 0.05
    assert belief.subject(assumed).height_m == belief.height_m
    given = Subject(1.88, 80.0, "male")
    belief = population_of(given).given(measured)
    assert belief.subject(given).height_m == 1.88
    assert belief.height_sigma_m == 0.0
    assert set(belief.subject(given).segment_lengths_m) == set(NAMES)


@pytest.mark.parametrize("sex", ["male", "unspecified"])
def test_a_real_person_with_odd_proportions_is_accepted(sex):
    check_proportions(Subject(1.829, 85.07, sex, WALKER))


@pytest.mark.parametrize(
    ("lengths", "named"),
    [
        ({"thigh": 0.56}, "thigh"),
        ({"shank": 0.30}, "shank"),
        ({"upper_arm": 0.39, "thigh": 0.41}, "upper_arm"),
        # Each of them might be somebody's; all of them are longer than the person.
        ({"thigh": 0.47, "shank": 0.46, "trunk": 0.43}, "trunk"),
        ({"foot": float("nan")}, "foot"),
        ({"forearm": -0.25}, "forearm"),
    ],
)
def test_impossible_proportions_are_refused_by_name(lengths, named):
    subject = Subject(1.70, 70.0, segment_lengths_m=lengths)
    with pytest.raises(ImplausibleSubjectError, match=named) as caught:
        build_skeleton(subject)
    low, high = caught.value.bounds
    assert not low <= caught.value.value <= high


def test_unknown_names_are_named():
    belief = population(1.7)
    with pytest.raises(UnknownNameError, match="neck"):
        belief.given([MeasuredLength("neck", 0.1, 0.01)])
    with pytest.raises(UnknownNameError, match="mal"):
        population(1.7, "mal")


def test_the_table_is_what_the_script_makes_of_the_survey(shared_data):
    fit_proportions = importlib.import_module("golden.fit_proportions")
    rows = fit_proportions.read_survey(shared_data("anthropometry/ANSUR_II_BOTH_Public.csv"))
    table = fit_proportions.fit(rows)
    belief = population(1.70, "female")
    np.testing.assert_allclose(
        [table["female"]["ratio"][n] * 1.70 for n in NAMES], list(belief.lengths_m.values())
    )


@pytest.mark.parametrize(
    ("length_m", "sigma_m"),
    [(0.0, 0.01), (-0.4, 0.01), (np.nan, 0.01), (0.43, np.nan), (0.43, -0.01)],
)
def test_what_is_no_length_changes_no_belief(length_m, sigma_m):
    with pytest.raises(ImplausibleSubjectError, match="thigh"):
        population(1.75).given([MeasuredLength("thigh", length_m, sigma_m)])


@pytest.mark.parametrize("height_m", [0.0, -1.7, np.nan, np.inf])
def test_nobody_has_such_a_stature(height_m):
    with pytest.raises(ImplausibleSubjectError, match="height_m"):
        population(height_m)
