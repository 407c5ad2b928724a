"""How a node's parameters are described (default, meaning, range, choices) and checked."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Default = bool | int | float | str | tuple[float, ...]


@dataclass(frozen=True)
class NodeParameter:
    """A parameter of a node.

    Attributes:
        default: Its value where nobody gives one; a tuple is a list of so many numbers.
        text: What it means, with its unit in brackets.
        low: Least value of a number, or of every number of a list.
        high: Greatest value.
        choices: The words that a text may be; empty: any.
        read_only: Whether a change needs the node to be started anew.
    """

    default: Default
    text: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    read_only: bool = False

    def problem(self, value: Any) -> str:
        """What is wrong with a value, empty where nothing is."""
        if self.choices and value not in self.choices:
            return f"{value!r} is none of {', '.join(self.choices)}"
        if isinstance(self.default, tuple):
            return self._problem_of_list(value)
        if isinstance(self.default, float) or type(self.default) is int:
            return self._problem_of_number(value)
        return ""

    def _problem_of_list(self, values: Sequence[float]) -> str:
        assert isinstance(self.default, tuple)
        if len(values) != len(self.default):
            return f"{len(values)} numbers, not {len(self.default)}"
        return next(filter(None, map(self._problem_of_number, values)), "")

    def _problem_of_number(self, value: float) -> str:
        if not math.isfinite(value):
            return f"{value} is not finite"
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        if not low <= value <= high:
            return f"{value:g} is not within {low:g} to {high:g}"
        return ""


#: The parameter that every node has.
AUTOSTART = NodeParameter(
    True, "configure and activate without a lifecycle manager", read_only=True
)

#: Of the nodes on the way from an image to forces; see docs/topics.md.
DETERMINISTIC = NodeParameter(
    False, "answer every message in order, however late, instead of the newest", read_only=True
)


def problems(parameters: Mapping[str, NodeParameter], values: Mapping[str, Any]) -> str:
    """The first thing wrong with these values, with the parameter's name; empty: nothing."""
    for name, value in values.items():
        reason = parameters[name].problem(value) if name in parameters else ""
        if reason:
            return f"{name}: {reason}"
    return ""


def markdown_table(parameters: Mapping[str, NodeParameter]) -> str:
    """The parameters as a table for the documentation."""
    lines = ["| Parameter | Default | Range | Changes | Meaning |", "|---|---|---|---|---|"]
    for name, parameter in parameters.items():
        change = "restart" if parameter.read_only else "live"
        default = _shown(parameter.default)
        lines.append(
            f"| `{name}` | {default} | {_range(parameter)} | {change} | {parameter.text} |"
        )
    return "\n".join(lines)


def _shown(default: Default) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple):
        return "[" + ", ".join(f"{number:g}" for number in default) + "]"
    return f"{default:g}" if isinstance(default, float) else str(default) or "(empty)"


def _range(parameter: NodeParameter) -> str:
    if parameter.choices:
        return ", ".join(f"`{choice}`" for choice in parameter.choices)
    if parameter.low is None or parameter.high is None:
        return ""
    return f"{parameter.low:g} to {parameter.high:g}"
