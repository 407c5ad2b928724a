"""Parameters of the node stand for options, and values that do not fit are refused."""

import pytest

from monomsk_description.status_level import Level
from monomsk_dynamics.dynamics_parameters import DEFAULTS, PARAMETERS, options_of
from monomsk_dynamics.dynamics_status import judge
from monomsk_dynamics.errors import OptionError
from monomsk_dynamics.state_monitor import StateMonitor

VALUES = {name: parameter.default for name, parameter in PARAMETERS.items()}


def test_the_defaults_stand_for_the_default_options():
    options = options_of(VALUES)
    assert options.filter == DEFAULTS.filter
    assert options.contact == DEFAULTS.contact
    assert options.solver == DEFAULTS.solver
    assert options.ground == DEFAULTS.ground
    assert options == options_of(VALUES)


def test_every_value_reaches_its_option():
    options = options_of(
        {**VALUES, "friction": 0.3, "clean_bandwidth_hz": 6.0, "leave_share": 0.9}
        | {"treadmill": True, "belt_speed_m_s": 1.4, "consistency_frames": 6}
    )
    assert options.solver.friction == 0.3
    assert options.filter.clean_bandwidth_hz == 6.0
    assert options.contact.leave_share == 0.9
    assert (options.ground.treadmill, options.ground.belt_speed_m_s) == (True, 1.4)
    assert options.consistency.frames == 6


@pytest.mark.parametrize(("name", "value"), [("strike_share", 1.5), ("noisy_bandwidth_hz", 12.0)])
def test_values_that_do_not_fit_each_other_are_refused_by_name(name, value):
    with pytest.raises(OptionError, match=name):
        options_of({**VALUES, name: value})


def test_every_number_is_bounded_and_described():
    for name, parameter in PARAMETERS.items():
        assert parameter.text, name
        if isinstance(parameter.default, float):
            assert parameter.low <= parameter.default <= parameter.high, name
        assert parameter.problem(parameter.default) == "", name


def summary(**changes):
    empty = StateMonitor().summarize(1.0)
    steady = {"rate_hz": 30.0, "age_s": 0.05, "root_force_n": 1.0, "consistency_rad": 0.02}
    return type(empty)(**{**vars(empty), **steady, **changes})


@pytest.mark.parametrize(
    ("changes", "level", "text"),
    [
        ({}, Level.OK, "computing"),
        ({"rate_hz": 0.0}, Level.STALE, "no states"),
        ({"age_s": 0.4}, Level.WARN, "0.40 s old"),
        ({"age_s": 1.7e9}, Level.OK, "computing"),  # a bag without simulated time
        ({"root_force_n": 90.0}, Level.WARN, "90 N"),
        ({"consistency_rad": 3.1}, Level.WARN, "disagree"),
    ],
)
def test_a_level_means_something(changes, level, text):
    found = judge(summary(**changes), 700.0, "")
    assert found[0] is level
    assert text in found[1]


def test_trouble_comes_first_and_a_missing_model_is_told():
    assert judge(summary(), 700.0, "bad states: x") == (Level.ERROR, "bad states: x")
    assert judge(summary(), None, "") == (Level.STALE, "no body_model")
    assert judge(summary(), None, "", "not active") == (Level.OK, "not active")
