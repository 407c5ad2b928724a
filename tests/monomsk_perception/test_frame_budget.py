from types import SimpleNamespace
from typing import Any

import pytest

from monomsk_perception.errors import OptionError
from monomsk_perception.frame_budget import BudgetWatch, best_within
from monomsk_perception.network_choice import NetworkChoice
from monomsk_perception.perception_parameters import PARAMETERS, live_options

TIMES_S = {"heavy": 0.030, "full": 0.010, "lite": 0.007}


@pytest.mark.parametrize(
    ("budget_s", "best"), [(0.05, "heavy"), (0.02, "full"), (0.008, "lite"), (0.001, "lite")]
)
def test_the_best_that_fits_is_taken(budget_s: float, best: str) -> None:
    assert best_within(budget_s, TIMES_S.__getitem__) == best


def test_a_network_that_became_too_slow_gives_way_to_the_next_lighter() -> None:
    watch = BudgetWatch()
    assert all(watch.lighter("heavy", 0.02, 0.02) is None for _ in range(200))
    answers = [watch.lighter("heavy", 0.04, 0.02) for _ in range(200)]
    assert answers[0] is None and "full" in answers
    assert all(BudgetWatch().lighter("lite", 1.0, 0.02) is None for _ in range(200))


def test_single_slow_images_change_nothing() -> None:
    watch = BudgetWatch()
    assert all(watch.lighter("full", 0.2 if k % 3 == 0 else 0.01, 0.02) is None for k in range(300))


def test_times_of_another_network_do_not_count() -> None:
    class Networks:
        def measure(self, model: str) -> float:
            return TIMES_S[model]

        def prepare(self, model: str) -> None:
            pass

    landmarker: Any = SimpleNamespace(networks=Networks())
    choice = NetworkChoice()
    choice.choose("auto", 0.05, landmarker)
    assert choice.model == "heavy"
    assert not any(choice.became_lighter("auto", 0.03, 0.05) for _ in range(200))
    choice.choose("auto", 0.02, landmarker)
    assert choice.model == "full"
    assert not any(choice.became_lighter("auto", 0.01, 0.02) for _ in range(200))


def test_the_defaults_make_options_and_impossible_ones_are_named() -> None:
    values = {name: parameter.default for name, parameter in PARAMETERS.items()}
    options = live_options(values, "full")
    assert options.landmarker.model == "full" and options.geometry.quarter_turns == 0
    calmer = live_options(values | {"smoothing": 2.0}, "full").lifter.options
    assert calmer.joint_acceleration == pytest.approx(
        options.lifter.options.joint_acceleration / 2.0
    )
    for wrong in ({"image_rotation_deg": 30}, {"person_region": (0.5, 0.0, 0.2, 1.0)}):
        with pytest.raises(OptionError):
            live_options(values | wrong, "full")
