"""Reading a checked YAML file: every number has a range, every complaint a place."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from monomsk_assist.curves import PeriodicCurve
from monomsk_assist.errors import MappingError


class _UniqueKeyLoader(yaml.SafeLoader):
    """Refuses a key that stands twice: PyYAML would silently take the last one."""


def _unique_mapping(loader: _UniqueKeyLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    own = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
    for name in own:
        if own.count(name) > 1:
            raise yaml.constructor.ConstructorError(
                None, None, f"key {name!r} stands twice", node.start_mark
            )
    loader.flatten_mapping(node)
    return loader.construct_mapping(node, deep=True)


_UniqueKeyLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _unique_mapping)


def read_yaml(path: Path) -> "Section":
    """The top section of a file.

    Raises:
        MappingError: It cannot be read, is no YAML, or is no table of keys.
    """
    try:
        with path.open("rb") as file:
            content = yaml.load(file, Loader=_UniqueKeyLoader)  # noqa: S506  a SafeLoader
    except OSError as error:
        raise MappingError(str(path), "", "", f"cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, ValueError) as error:  # impossible dates, bytes that are no text
        raise MappingError(str(path), "", "", f"no YAML: {error}") from error
    return Section(str(path), "", content)


class Section:
    """A table of keys at a place in a file. Every key must be asked for before `close`.

    Args:
        source: The file.
        place: Where the table stands; empty: at the top.
        content: What stands there.

    Raises:
        MappingError: It is no table.
    """

    def __init__(self, source: str, place: str, content: object) -> None:
        self.source = source
        self.place = place
        if not isinstance(content, dict):
            raise MappingError(source, place, "", f"expected keys with values, found {content!r}")
        self._content: dict[Any, Any] = content
        self._asked: list[str] = []

    def error(self, key: str, reason: str) -> MappingError:
        """A complaint about a key here."""
        return MappingError(self.source, self.place, key, reason)

    def keys(self) -> tuple[str, ...]:
        """All keys that stand here.

        Raises:
            MappingError: One is no text.
        """
        for key in self._content:
            if not isinstance(key, str):
                raise self.error(repr(key), "a name must be text: put it in quotes")
        return tuple(self._content)

    def has(self, key: str) -> bool:
        """Whether a key stands here; it counts as asked for."""
        self._asked.append(key)
        return key in self._content

    def section(self, key: str) -> "Section":
        """The table under a key; an absent one counts as empty."""
        place = f"{self.place}.{key}" if self.place else key
        content = self._content[key] if self.has(key) else {}
        return Section(self.source, place, content)

    def number(self, key: str, bounds: tuple[float, float], default: float | None = None) -> float:
        """A number within bounds (both included).

        Raises:
            MappingError: It is missing without a default, no number, or out of bounds.
        """
        if not self.has(key):
            if default is None:
                raise self.error(key, f"is missing: give a number from {_span(bounds)}")
            return default
        return self._checked(key, self._content[key], bounds)

    def whole(self, key: str, bounds: tuple[int, int], default: int) -> int:
        """A whole number within bounds."""
        value = self.number(key, bounds, default)
        if value != int(value):
            raise self.error(key, f"{value:g} is no whole number")
        return int(value)

    def flag(self, key: str, default: bool) -> bool:
        """Whether a key is true."""
        value = self._content[key] if self.has(key) else default
        if not isinstance(value, bool):
            raise self.error(key, f"{value!r} is neither true nor false")
        return value

    def choice(self, key: str, choices: Sequence[object], default: object = None) -> Any:
        """One of a few values.

        Raises:
            MappingError: It is missing without a default, or another value.
        """
        given = self._content[key] if self.has(key) else default
        # True equals 1, but is no sign.
        if given not in choices or isinstance(given, bool):
            known = ", ".join(str(choice) for choice in choices)
            told = "is missing" if given is None else f"{given!r} is unknown"
            raise self.error(key, f"{told}: choose one of {known}")
        return given

    def text(self, key: str) -> str:
        """A text that is not empty."""
        value = self._content[key] if self.has(key) else None
        if not isinstance(value, str) or not value.strip():
            raise self.error(key, f"expected a name, found {value!r}")
        return value

    def curve(self, key: str, bounds: tuple[float, float]) -> PeriodicCurve:
        """A number, or points [fraction of the cycle, value] in ascending order.

        Raises:
            MappingError: It is missing, has another form, or a number is out of bounds.
        """
        if not self.has(key):
            raise self.error(key, "is missing: give a number or points [fraction, value]")
        points = self._content[key]
        if not isinstance(points, list):
            return PeriodicCurve.constant(self._checked(key, points, bounds))
        if not points or not all(isinstance(p, list) and len(p) == 2 for p in points):
            raise self.error(key, "expected points [fraction of the gait cycle, value]")
        fractions = tuple(self._checked(key, point[0], (0.0, 1.0)) for point in points)
        values = tuple(self._checked(key, point[1], bounds) for point in points)
        if fractions[-1] >= 1.0 or any(
            b <= a for a, b in zip(fractions, fractions[1:], strict=False)
        ):
            raise self.error(
                key, f"fractions {list(fractions)} must ascend from 0 to below 1 (1 is 0 again)"
            )
        return PeriodicCurve(fractions, values)

    def close(self) -> None:
        """Make sure that nothing stands here that nobody asked for.

        Raises:
            MappingError: A key is unknown.
        """
        for key in self._content:
            if key not in self._asked:
                known = ", ".join(dict.fromkeys(self._asked))
                raise self.error(str(key), f"unknown key; known here: {known}")

    def _checked(self, key: str, value: object, bounds: tuple[float, float]) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error(key, f"{value!r} is no number (1.0e3 needs its point)")
        if not bounds[0] <= value <= bounds[1]:  # nor is NaN
            raise self.error(key, f"{value} is out of range: give a number from {_span(bounds)}")
        return float(value)


def _span(bounds: tuple[float, float]) -> str:
    return f"{bounds[0]:g} to {bounds[1]:g}"
