"""The `$(...)` of launch files: parsing and evaluation.

A strict subset of what the XML frontend of ROS 2 Jazzy accepts: whatever is accepted here means the
same there. Differences are refusals, never other results.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from monomsk_bringup.errors import SubstitutionError
from monomsk_bringup.expressions import evaluate_expression


@dataclass(frozen=True)
class Text:
    """Literal text."""

    value: str


@dataclass(frozen=True)
class Call:
    """One `$(name argument ...)`."""

    name: str
    arguments: tuple[Template, ...]


Template = tuple[Text | Call, ...]


@dataclass(frozen=True)
class Scope:
    """What substitutions are evaluated against.

    Attributes:
        variables: Launch configurations: arguments and `<let>`.
        environment: Environment variables.
        launch_file: The file being read, for `$(dirname)`.
        find_share: A package's name to its share folder; raises `NotInstalledError`.
    """

    variables: Mapping[str, str]
    environment: Mapping[str, str]
    launch_file: Path
    find_share: Callable[[str], Path]


def parse_template(text: str) -> Template:
    """Parse an attribute's value.

    Args:
        text: The value, after XML's own unescaping. A backslash takes the meaning off the next
            character.

    Returns:
        Its parts; empty for an empty text.

    Raises:
        SubstitutionError: Unbalanced parentheses or quotes, a bare `$`, an unknown substitution
            or a wrong number of arguments.
    """
    return _Parser(text).template(closing="", nested=False)


def expand(template: Template, scope: Scope) -> str:
    """Evaluate a template.

    Args:
        template: From `parse_template`.
        scope: What to evaluate against.

    Returns:
        The text.

    Raises:
        SubstitutionError: An unset variable or a wrong expression.
        NotInstalledError: `$(find-pkg-share)` of a package that is not installed.
    """
    return "".join(
        part.value if isinstance(part, Text) else _evaluate(part, scope) for part in template
    )


class _Parser:
    """Recursive descent over one attribute's value."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def template(self, closing: str, nested: bool) -> Template:
        """Parse up to the closing quote, or to the end of the text where `closing` is empty."""
        parts: list[Text | Call] = []
        literal = ""
        while (character := self._peek()) != closing:
            if not character:
                raise self._error(f"no closing {closing}")
            if self._peek() == "$":
                parts += [Text(literal)] if literal else []
                literal = ""
                parts.append(self._call(quoted=nested))
            else:
                literal += self._character()
        return (*parts, Text(literal)) if literal else tuple(parts)

    def _call(self, quoted: bool) -> Call:
        self._expect("$")
        if self._peek() != "(":
            raise self._error("a bare '$' (write '\\$')")
        self._expect("(")
        name = ""
        while self._peek().isalnum() or (self._peek() and self._peek() in "_-"):
            name += self._character()
        arguments: list[Template] = []
        while self._peek() == " ":
            self._expect(" ")
            arguments.append(self._argument(quoted))
        if self._peek() != ")":
            raise self._error(f"no closing ) of $({name}")
        self._expect(")")
        _check_call(name, len(arguments), self._text)
        return Call(name, tuple(arguments))

    def _argument(self, quoted: bool) -> Template:
        quote = self._peek()
        if quote and quote in "'\"":
            if quoted:
                raise self._error("quotes within a substitution that stands within quotes")
            self._expect(quote)
            template = self.template(closing=quote, nested=True)
            self._expect(quote)
            return template
        parts: list[Text | Call] = []
        literal = ""
        while self._peek() and self._peek() not in " )('\"":
            if self._peek() == "$":
                parts += [Text(literal)] if literal else []
                literal = ""
                parts.append(self._call(quoted))
            else:
                literal += self._character()
        parts += [Text(literal)] if literal else []
        if not parts:
            raise self._error("an empty argument (arguments are separated by one space)")
        return tuple(parts)

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _expect(self, character: str) -> None:
        if self._peek() != character:
            raise self._error(f"expected '{character}'")
        self._at += 1

    def _character(self) -> str:
        if self._peek() == "\\" and self._at + 1 < len(self._text):
            self._at += 1
            if self._peek() == "\\" and self._text[self._at + 1 : self._at + 2] in tuple("$'\""):
                # ros2 launch reads an escaped backslash there in surprising ways
                raise self._error("an escaped backslash before '$' or a quote")
        character = self._peek()
        self._at += 1
        return character

    def _error(self, problem: str) -> SubstitutionError:
        return SubstitutionError(self._text, f"{problem} at character {self._at + 1}")


_ARGUMENT_COUNTS = {
    "var": (1, 2),
    "env": (1, 2),
    "find-pkg-share": (1, 1),
    "dirname": (0, 0),
    "eval": (1, 1),
    "equals": (2, 2),
    "not-equals": (2, 2),
    "not": (1, 1),
    "and": (2, 2),
    "or": (2, 2),
}


def _check_call(name: str, count: int, text: str) -> None:
    if name not in _ARGUMENT_COUNTS:
        known = ", ".join(sorted(_ARGUMENT_COUNTS))
        raise SubstitutionError(text, f"unknown substitution '{name}' (known: {known})")
    fewest, most = _ARGUMENT_COUNTS[name]
    if not fewest <= count <= most:
        expected = str(fewest) if fewest == most else f"{fewest} or {most}"
        raise SubstitutionError(text, f"$({name}) takes {expected} arguments, not {count}")


def _evaluate(call: Call, scope: Scope) -> str:
    if call.name in ("equals", "not-equals") and not all(call.arguments):
        # ros2 launch compares an empty quoted argument as the two characters []
        raise SubstitutionError(call.name, "an empty argument")
    values = [expand(argument, scope) for argument in call.arguments]
    if call.name == "var":
        return _lookup(scope.variables, values, "launch argument or variable")
    if call.name == "env":
        return _lookup(scope.environment, values, "environment variable")
    if call.name == "find-pkg-share":
        return str(scope.find_share(values[0]))
    if call.name == "dirname":
        return str(scope.launch_file.parent)
    if call.name == "eval":
        return evaluate_expression(values[0])
    return str(_logic(call.name, values)).lower()


def _logic(name: str, values: list[str]) -> bool:
    if name == "not":
        return not is_true(values[0])
    if name == "and":
        return is_true(values[0]) and is_true(values[1])
    if name == "or":
        return is_true(values[0]) or is_true(values[1])
    return _equal(values[0], values[1]) == (name == "equals")


def _lookup(table: Mapping[str, str], values: list[str], kind: str) -> str:
    if values[0] in table:
        return table[values[0]]
    if len(values) == 2:
        return values[1]
    raise SubstitutionError(values[0], f"no such {kind}")


def is_true(value: str) -> bool:
    """Read a boolean as ros2 launch does in conditions and in `$(not)`, `$(and)`, `$(or)`.

    Raises:
        SubstitutionError: It is none of true, false, 1, 0.
    """
    word = value.strip().lower()
    if word not in ("true", "1", "false", "0"):
        raise SubstitutionError(value, "neither true, false, 1 nor 0")
    return word in ("true", "1")


def _equal(left: str, right: str) -> bool:
    booleans = ("true", "false", "1", "0")
    if left.lower() in booleans and right.lower() in booleans:
        return (left.lower() in ("true", "1")) == (right.lower() in ("true", "1"))
    try:
        return math.isclose(float(left), float(right))
    except ValueError:
        return left == right
