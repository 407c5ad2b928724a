import math

import pytest

from monomsk_description.node_parameters import NodeParameter, markdown_table, problems

TABLE = {
    "rate_hz": NodeParameter(30.0, "rate [Hz]", 1.0, 120.0),
    "count": NodeParameter(2, "how many", 1, 4),
    "mode": NodeParameter("fast", "how", choices=("fast", "slow"), read_only=True),
    "area": NodeParameter((0.0, 0.0, 1.0, 1.0), "left, top, right, bottom", 0.0, 1.0),
    "flag": NodeParameter(True, "whether"),
}


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"rate_hz": 0.5}, "rate_hz: 0.5 is not within 1 to 120"),
        ({"rate_hz": math.nan}, "rate_hz: nan is not finite"),
        ({"rate_hz": 10.0, "count": 9}, "count: 9 is not within 1 to 4"),
        ({"mode": "odd"}, "mode: 'odd' is none of fast, slow"),
        ({"area": [0.0, 0.0, 1.0]}, "area: 3 numbers, not 4"),
        ({"area": [0.0, 0.0, 1.0, math.inf]}, "area: inf is not finite"),
        ({"area": [0.0, -0.1, 1.0, 1.0]}, "area: -0.1 is not within 0 to 1"),
    ],
)
def test_what_is_wrong_is_named(values, named):
    assert problems(TABLE, values) == named


def test_good_values_and_those_of_others_pass():
    good = {"rate_hz": 120.0, "count": 1, "mode": "slow", "area": [0.1] * 4, "flag": False}
    assert problems(TABLE, good | {"use_sim_time": True}) == ""


def test_the_table_shows_every_parameter():
    rows = markdown_table(TABLE).splitlines()
    assert len(rows) == 2 + len(TABLE)
    assert rows[2] == "| `rate_hz` | 30 | 1 to 120 | live | rate [Hz] |"
    assert rows[4] == "| `mode` | fast | `fast`, `slow` | restart | how |"
    assert rows[5] == "| `area` | [0, 0, 1, 1] | 0 to 1 | live | left, top, right, bottom |"
    assert rows[6].startswith("| `flag` | true |")
