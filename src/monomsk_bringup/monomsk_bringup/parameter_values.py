"""Text of `<param value>` to typed parameter values, by the rules of ros2 launch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml

from monomsk_bringup.errors import BringupError


class ParameterValueError(BringupError):
    """A parameter's text is not of its type.

    Attributes:
        value: The text.
        type_name: The wanted type.
    """

    def __init__(self, value: str, type_name: str) -> None:
        super().__init__(f"'{value}' is not of type {type_name}")
        self.value = value
        self.type_name = type_name


ParameterValue = Any  # bool, int, float, str or a uniform list of one of them


def _yaml_value(text: str) -> ParameterValue:
    value = yaml.safe_load(text)
    items = value if isinstance(value, list) else [value]
    uniform = len({type(item) for item in items}) <= 1
    if not uniform or not all(isinstance(item, bool | int | float | str) for item in items):
        raise ValueError(text)
    return value


def _bool_value(text: str) -> bool:
    value = yaml.safe_load(text)
    if value not in (True, False):  # 1 and 0 too, as ros2 launch has it
        raise ValueError(text)
    return bool(value)


def _list_of(kind: type) -> Callable[[str], ParameterValue]:
    def read(text: str) -> ParameterValue:
        value = _yaml_value(text)
        if not isinstance(value, list) or not all(isinstance(item, kind) for item in value):
            raise ValueError(text)
        return value

    return read


_READERS: dict[str, Callable[[str], ParameterValue]] = {
    "str": str,
    "bool": _bool_value,
    "int": int,
    "float": float,
    "yaml": _yaml_value,
    "list_of_str": _list_of(str),
    "list_of_bool": _list_of(bool),
    "list_of_int": _list_of(int),
    "list_of_float": _list_of(float),
}

TYPE_NAMES = tuple(_READERS)


def parameter_value(text: str, type_name: str) -> ParameterValue:
    """Give a parameter's text its type.

    Args:
        text: The value, with substitutions done.
        type_name: One of `TYPE_NAMES`; `yaml` guesses as YAML does.

    Returns:
        The typed value.

    Raises:
        ParameterValueError: The text is not of that type.
    """
    try:
        return _READERS[type_name](text)
    except (ValueError, yaml.YAMLError) as error:
        raise ParameterValueError(text, type_name) from error
