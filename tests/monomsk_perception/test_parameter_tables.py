"""The documentation's tables are those of the parameters as they are."""

import importlib.util
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "parameter_tables.py"


@pytest.fixture(scope="module")
def tables():
    spec = importlib.util.spec_from_file_location("parameter_tables", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["parameter_tables"] = module
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date(tables) -> None:
    page = tables.PAGE.read_text("utf-8")
    assert tables.with_tables(page) == page, "run scripts/parameter_tables.py"
    assert all(f"| `{name}` |" in page for table in tables.TABLES.values() for name in table)


def test_a_table_without_a_place_is_told(tables) -> None:
    with pytest.raises(ValueError, match="perception"):
        tables.with_tables("nothing here")


def test_every_parameter_says_what_it_is_and_numbers_have_bounds(tables) -> None:
    for table in tables.TABLES.values():
        for name, parameter in table.items():
            assert len(parameter.text) > 8, name
            assert parameter.problem(parameter.default) == "", name
            if isinstance(parameter.default, (int, float)) and not isinstance(
                parameter.default, bool
            ):
                assert parameter.low is not None and parameter.high is not None, name
