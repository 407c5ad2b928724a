"""A launch file with its arguments to the processes that it starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from monomsk_bringup.command_line import split_words
from monomsk_bringup.errors import (
    ArgumentError,
    BringupError,
    ConditionError,
    LaunchFileError,
    SubstitutionError,
)
from monomsk_bringup.installation import find_executable, find_share
from monomsk_bringup.launch_file import read_launch_file
from monomsk_bringup.launch_model import (
    Action,
    Argument,
    Executable,
    Group,
    Include,
    LaunchFile,
    Let,
    Node,
    ParameterFile,
    Process,
    PushNamespace,
    SetEnvironment,
    Where,
)
from monomsk_bringup.namespaces import join_namespace, node_key
from monomsk_bringup.parameter_values import ParameterValue, parameter_value
from monomsk_bringup.substitutions import Scope, Template, expand, is_true

Result = TypeVar("Result")
MOST_INCLUDES = 20


@dataclass(frozen=True)
class Parameters:
    """Parameters given in the launch file: values, or the path of a parameter file.

    Attributes:
        node: Fully qualified node name that they are for, or `/**` where it is not known.
    """

    node: str
    values: Mapping[str, ParameterValue] | None
    file: Path | None


@dataclass(frozen=True)
class PlannedProcess:
    """One process to start.

    Attributes:
        label: What its output is prefixed with.
        command: Program and arguments without the parameters.
        parameters: In order; the runner writes them to files and passes those.
        remaps: `from:=to` rules and `__node`, `__ns`; empty for a plain program.
        is_ros_node: Whether ROS arguments are passed.
        environment: The whole environment.
        working_folder: None for the runner's own.
        shutdown_on_exit: Whether its end ends everything.
        respawn_delay_s: How long after its end it starts again [s]; None: it does not.
    """

    label: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    working_folder: Path | None
    shutdown_on_exit: bool
    is_ros_node: bool = False
    parameters: tuple[Parameters, ...] = ()
    remaps: tuple[str, ...] = ()
    respawn_delay_s: float | None = None


def plan_launch(
    path: Path, arguments: Mapping[str, str], environment: Mapping[str, str]
) -> list[PlannedProcess]:
    """Evaluate a launch file.

    Args:
        path: The launch file.
        arguments: Launch arguments by name.
        environment: The environment that the processes start from.

    Returns:
        The processes, in the file's order.

    Raises:
        LaunchFileError: The file, or one that it includes, is wrong; names file, line and tag.
        ArgumentError: An argument is missing, unknown or not among its choices.
        NotInstalledError: A package or an executable is missing.
    """
    planner = _Planner(dict(arguments), dict(environment))
    planner.run_file(read_launch_file(path))
    for name in arguments:
        if name not in planner.declared:
            known = ", ".join(sorted(planner.declared)) or "none"
            raise ArgumentError(name, f"unknown (known: {known})")
    return planner.processes


@dataclass
class _Planner:
    """Walks the actions in order, as ros2 launch does, and collects processes."""

    variables: dict[str, str]
    environment: dict[str, str]
    namespace: str | None = None
    path: Path = Path()
    declared: set[str] = field(default_factory=set)
    processes: list[PlannedProcess] = field(default_factory=list)
    depth: int = 0

    def run_file(self, launch_file: LaunchFile) -> None:
        outer, self.path = self.path, launch_file.path
        self.run(launch_file.actions)
        self.path = outer

    def run(self, actions: tuple[Action, ...]) -> None:
        for action in actions:
            if self._applies(action.where):
                _located(action.where, partial(self._run_one, action))

    def _run_one(self, action: Action) -> None:
        if isinstance(action, Argument):
            self._declare(action)
        elif isinstance(action, Let):
            self.variables[self._text(action.name)] = self._text(action.value)
        elif isinstance(action, SetEnvironment):
            self._set_environment(action)
        elif isinstance(action, PushNamespace):
            self.namespace = join_namespace(self.namespace, self._text(action.namespace))
        elif isinstance(action, Group):
            self._group(action)
        elif isinstance(action, Include):
            self._include(action)
        elif isinstance(action, Node):
            self.processes.append(self._node(action))
        else:
            self.processes.append(self._executable(action))

    def _scope(self) -> Scope:
        return Scope(self.variables, self.environment, self.path, find_share)

    def _text(self, template: Template) -> str:
        return expand(template, self._scope())

    def _applies(self, where: Where) -> bool:
        return _located(where, partial(self._conditions_hold, where))

    def _conditions_hold(self, where: Where) -> bool:
        for template, wanted in ((where.if_, True), (where.unless, False)):
            if template is None:
                continue
            value = self._text(template)
            try:
                if is_true(value) is not wanted:
                    return False
            except SubstitutionError as error:
                raise ConditionError(value) from error
        return True

    def _declare(self, argument: Argument) -> None:
        self.declared.add(argument.name)
        if argument.name not in self.variables:
            if argument.default is None:
                raise ArgumentError(argument.name, f"required: {argument.description}")
            self.variables[argument.name] = self._text(argument.default)
        value = self.variables[argument.name]
        if argument.choices and value not in argument.choices:
            choices = ", ".join(argument.choices)
            raise ArgumentError(argument.name, f"'{value}' is not one of {choices}")

    def _set_environment(self, action: SetEnvironment) -> None:
        name = self._text(action.name)
        if action.value is None:
            self.environment.pop(name, None)
        else:
            self.environment[name] = self._text(action.value)

    def _group(self, group: Group) -> None:
        saved = (dict(self.variables), dict(self.environment), self.namespace)
        self.run(group.actions)
        if group.scoped:
            self.variables, self.environment, self.namespace = saved

    def _include(self, include: Include) -> None:
        if self.depth >= MOST_INCLUDES:
            raise BringupError(f"more than {MOST_INCLUDES} files include each other")
        for name, value in include.arguments:
            self.variables[self._text(name)] = self._text(value)
        self.depth += 1
        self.run_file(read_launch_file(Path(self._text(include.file))))
        self.depth -= 1

    def _node(self, node: Node) -> PlannedProcess:
        package, executable = self._text(node.package), self._text(node.executable)
        name = None if node.name is None else self._text(node.name)
        namespace = self.namespace
        if node.namespace is not None:
            namespace = join_namespace(self.namespace, self._text(node.namespace))
        remaps = [f"{self._text(old)}:={self._text(new)}" for old, new in node.remaps]
        if namespace is not None:
            remaps.insert(0, f"__ns:={namespace}")
        if name is not None:
            remaps.insert(0, f"__node:={name}")
        program = str(find_executable(package, executable))
        arguments = split_words(node.arguments, self._scope())
        ros_arguments = split_words(node.ros_arguments, self._scope())
        return self._planned(
            executable,
            (program, *arguments, "--ros-args", *ros_arguments),
            node.process,
            is_ros_node=True,
            parameters=self._parameters(node, node_key(namespace, name)),
            remaps=tuple(remaps),
        )

    def _parameters(self, node: Node, key: str) -> tuple[Parameters, ...]:
        found = []
        for parameter in node.parameters:
            if isinstance(parameter, ParameterFile):
                file = Path(self._text(parameter.file))
                if not file.is_file():
                    raise LaunchFileError(
                        self.path, node.where.line, "param", f"no such parameter file: {file}"
                    )
                found.append(Parameters(key, None, file))
                continue
            value = parameter_value(self._text(parameter.value), parameter.type_name)
            found.append(Parameters(key, {self._text(parameter.name): value}, None))
        return tuple(found)

    def _executable(self, executable: Executable) -> PlannedProcess:
        command = split_words(executable.command, self._scope())
        if not command:
            raise BringupError("an empty command")
        label = Path(command[0]).name if executable.name is None else self._text(executable.name)
        return self._planned(label, command, executable.process)

    def _planned(
        self,
        name: str,
        command: tuple[str, ...],
        process: Process,
        is_ros_node: bool = False,
        parameters: tuple[Parameters, ...] = (),
        remaps: tuple[str, ...] = (),
    ) -> PlannedProcess:
        own = {self._text(key): self._text(value) for key, value in process.environment}
        folder = process.working_folder
        return PlannedProcess(
            label=f"{name}-{len(self.processes) + 1}",
            command=command,
            environment={**self.environment, **own},
            working_folder=None if folder is None else Path(self._text(folder)),
            shutdown_on_exit=process.shutdown_on_exit,
            is_ros_node=is_ros_node,
            parameters=parameters,
            remaps=remaps,
            respawn_delay_s=process.respawn_delay_s,
        )


def _located(where: Where, run: Callable[[], Result]) -> Result:
    """Give errors that know no place the place of the action."""
    try:
        return run()
    except (LaunchFileError, ArgumentError):
        raise
    except BringupError as error:
        raise LaunchFileError(where.path, where.line, where.tag, str(error)) from error
