"""How a node's parameters are described: default, meaning, range."""

from dataclasses import dataclass


@dataclass(frozen=True)
class NodeParameter:
    """A parameter: its default, what it means with its unit, and the range of a number."""

    default: bool | int | float | str
    text: str
    low: float | None = None
    high: float | None = None


#: The parameter that every node has.
AUTOSTART = NodeParameter(True, "configure and activate without a lifecycle manager")
