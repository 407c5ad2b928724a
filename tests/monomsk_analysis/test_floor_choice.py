"""The floor that a command line names, and what files say of it."""

import pytest

from monomsk_analysis.errors import FloorError
from monomsk_analysis.floor_choice import floor_entries, floor_sentence, read_floor
from monomsk_dynamics.floor import LEVEL_FLOOR, Floor


def test_what_the_option_may_say() -> None:
    assert read_floor(None) is None
    assert read_floor("level") is LEVEL_FLOOR
    assert read_floor("0.12") == Floor.given(0.12)
    assert read_floor("0.12, 5, -2") == Floor.given(0.12, 5.0, -2.0)


@pytest.mark.parametrize("text", ["steep", "1,2", "0,80,0", "nan", ""])
def test_what_nobody_understands_is_refused(text: str) -> None:
    with pytest.raises(FloorError, match="is not 'level'"):
        read_floor(text)


def test_a_reader_is_told_where_the_floor_comes_from() -> None:
    assert "level" in floor_sentence(LEVEL_FLOOR)
    sentence = floor_sentence(Floor.given(0.1, 5.0))
    assert "was given: 5.0 deg" in sentence
    assert "+0.100 m" in sentence
    found = Floor(0.0, (0.1, 0.0), "found")
    assert "found from the resting soles" in floor_sentence(found)


def test_entries_of_the_summary() -> None:
    entries = floor_entries(Floor.given(0.1, 5.0, -2.0))
    assert entries["source"] == "given"
    assert entries["rise_along_x_deg"] == pytest.approx(5.0)
    assert entries["rise_along_y_deg"] == pytest.approx(-2.0)
    assert floor_entries(LEVEL_FLOOR)["height_m"] is None
