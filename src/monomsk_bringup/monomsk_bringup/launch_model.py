"""A launch file's content as data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from monomsk_bringup.substitutions import Template


@dataclass(frozen=True)
class Where:
    """Where an action stands and when it applies.

    Attributes:
        path: The launch file.
        line: Line of the tag.
        tag: Its name.
        if_: Condition that must be true; None without one.
        unless: Condition that must be false; None without one.
    """

    path: Path
    line: int
    tag: str
    if_: Template | None = None
    unless: Template | None = None


@dataclass(frozen=True)
class Argument:
    """`<arg>`: an argument of the file; required when `default` is None."""

    where: Where
    name: str
    default: Template | None
    description: str
    choices: tuple[str, ...]


@dataclass(frozen=True)
class Let:
    """`<let>`: a variable."""

    where: Where
    name: Template
    value: Template


@dataclass(frozen=True)
class SetEnvironment:
    """`<set_env>` and, where `value` is None, `<unset_env>`."""

    where: Where
    name: Template
    value: Template | None


@dataclass(frozen=True)
class PushNamespace:
    """`<push-ros-namespace>`: prefix of the namespaces of what follows in the group."""

    where: Where
    namespace: Template


@dataclass(frozen=True)
class Group:
    """`<group>`; a scoped one restores variables and environment at its end."""

    where: Where
    scoped: bool
    actions: tuple[Action, ...]


@dataclass(frozen=True)
class Include:
    """`<include>`: another launch file with arguments for it."""

    where: Where
    file: Template
    arguments: tuple[tuple[Template, Template], ...]


@dataclass(frozen=True)
class Parameter:
    """`<param name value type>`: one parameter.

    Attributes:
        name: The parameter's name.
        value: Its value as text.
        type_name: `str`, `bool`, `int`, `float`, `yaml` (guessed as YAML does) or a list of those.
    """

    name: Template
    value: Template
    type_name: str


@dataclass(frozen=True)
class ParameterFile:
    """`<param from>`: a parameter file."""

    file: Template


@dataclass(frozen=True)
class Process:
    """What `<node>` and `<executable>` share.

    Attributes:
        environment: Environment variables of this process alone.
        working_folder: Where it runs; None for the runner's own folder.
        shutdown_on_exit: Whether its end ends everything (`on_exit="shutdown"`).
        respawn_delay_s: How long after its end it starts again [s]; None: it does not.
    """

    environment: tuple[tuple[Template, Template], ...]
    working_folder: Template | None
    shutdown_on_exit: bool
    respawn_delay_s: float | None = None


@dataclass(frozen=True)
class Node:
    """`<node>`: a ROS node.

    Attributes:
        arguments: Plain arguments, to be split as a shell does.
        ros_arguments: The same for arguments after `--ros-args`.
        parameters: Parameters and parameter files in the file's order; later ones win.
        remaps: (from, to) pairs.
    """

    where: Where
    process: Process
    package: Template
    executable: Template
    name: Template | None
    namespace: Template | None
    arguments: Template
    ros_arguments: Template
    parameters: tuple[Parameter | ParameterFile, ...]
    remaps: tuple[tuple[Template, Template], ...]


@dataclass(frozen=True)
class Executable:
    """`<executable>`: any other program; `command` is split as a shell does."""

    where: Where
    process: Process
    command: Template
    name: Template | None


Action = Argument | Let | SetEnvironment | PushNamespace | Group | Include | Node | Executable


@dataclass(frozen=True)
class LaunchFile:
    """One launch file."""

    path: Path
    actions: tuple[Action, ...]
