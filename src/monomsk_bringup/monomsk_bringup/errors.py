"""What can be wrong with a launch file, its arguments or the installation."""

from __future__ import annotations

from pathlib import Path


class BringupError(Exception):
    """Base of every error of this package."""


class LaunchFileError(BringupError):
    """A launch file says something that the runner does not know or that is not valid.

    Attributes:
        path: The launch file.
        line: Line of the offending tag, counted from 1.
        tag: Name of the offending tag.
        problem: What is wrong with it.
    """

    def __init__(self, path: Path, line: int, tag: str, problem: str) -> None:
        super().__init__(f"{path}:{line}: <{tag}>: {problem}")
        self.path = path
        self.line = line
        self.tag = tag
        self.problem = problem


class SubstitutionError(BringupError):
    """A `$(...)` that cannot be parsed or evaluated.

    Attributes:
        text: The text it stands in.
        problem: What is wrong with it.
    """

    def __init__(self, text: str, problem: str) -> None:
        super().__init__(f"{problem} in '{text}'")
        self.text = text
        self.problem = problem


class ConditionError(BringupError):
    """A condition that is neither true nor false.

    Attributes:
        value: What the condition's text became.
    """

    def __init__(self, value: str) -> None:
        super().__init__(f"a condition must become true, false, 1 or 0, not '{value}'")
        self.value = value


class ArgumentError(BringupError):
    """A launch argument that is missing, unknown, malformed or not among its choices.

    Attributes:
        name: The argument.
    """

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"launch argument '{name}': {problem}")
        self.name = name


class NotInstalledError(BringupError):
    """A package or an executable that the environment does not have.

    Attributes:
        name: What was looked for.
    """

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"'{name}': {problem}")
        self.name = name


class NoDomainError(BringupError):
    """Every DDS domain that may be used is taken by another run on this machine."""
