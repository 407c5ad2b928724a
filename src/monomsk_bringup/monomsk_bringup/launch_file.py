"""Launch XML to data. Whatever is not listed here is refused, with file, line and tag."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from monomsk_bringup.errors import LaunchFileError, SubstitutionError
from monomsk_bringup.launch_model import (
    Action,
    Argument,
    Executable,
    Group,
    Include,
    LaunchFile,
    Let,
    Node,
    Parameter,
    ParameterFile,
    Process,
    PushNamespace,
    SetEnvironment,
    Where,
)
from monomsk_bringup.parameter_values import TYPE_NAMES
from monomsk_bringup.substitutions import Template, parse_template
from monomsk_bringup.xml_tree import XmlElement, read_xml

_CONDITIONS = frozenset({"if", "unless"})
_OUTPUTS = ("screen", "both", "log")


def read_launch_file(path: Path) -> LaunchFile:
    """Read a launch file.

    Args:
        path: An XML launch file.

    Returns:
        Its content; nothing is evaluated yet.

    Raises:
        LaunchFileError: Unreadable, not XML, or with a tag, an attribute, a substitution or a
            value that the runner does not know.
    """
    root = _Tag(path, read_xml(path))
    if root.element.tag != "launch":
        raise root.error("the root element must be <launch>")
    root.check({"version"})
    return LaunchFile(path, tuple(_action(child) for child in root.children()))


class _Tag:
    """An element together with its file, so that every error can name both."""

    def __init__(self, path: Path, element: XmlElement) -> None:
        self.path = path
        self.element = element

    def error(self, problem: str) -> LaunchFileError:
        return LaunchFileError(self.path, self.element.line, self.element.tag, problem)

    def check(self, attributes: set[str], children: set[str] | None = None) -> None:
        """Refuse attributes and child tags other than those named (None: any child)."""
        for name in self.element.attributes:
            if name not in attributes:
                known = ", ".join(sorted(attributes))
                raise self.error(f"unknown attribute '{name}' (known: {known})")
        for child in self.children():
            if children is not None and child.element.tag not in children:
                raise child.error(f"not known within <{self.element.tag}>")
        if self.element.text:
            raise self.error(f"unexpected text '{self.element.text}'")

    def children(self, tag: str | None = None) -> list[_Tag]:
        return [
            _Tag(self.path, child) for child in self.element.children if tag in (None, child.tag)
        ]

    def text(self, name: str, default: str | None = None) -> str:
        value = self.element.attributes.get(name, default)
        if value is None:
            raise self.error(f"attribute '{name}' is missing")
        return value

    def template(self, name: str, default: str | None = None) -> Template:
        try:
            return parse_template(self.text(name, default))
        except SubstitutionError as error:
            raise self.error(f"attribute '{name}': {error}") from error

    def optional(self, name: str) -> Template | None:
        return self.template(name) if name in self.element.attributes else None

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        value = self.text(name, default)
        if value not in allowed:
            raise self.error(f"attribute '{name}' must be one of {', '.join(allowed)}")
        return value

    def where(self) -> Where:
        return Where(
            self.path,
            self.element.line,
            self.element.tag,
            self.optional("if"),
            self.optional("unless"),
        )

    def pairs(self, tag: str, first: str, second: str) -> tuple[tuple[Template, Template], ...]:
        """Read child tags that hold two attributes, such as `<remap from to>`."""
        found = []
        for child in self.children(tag):
            child.check({first, second}, set())
            found.append((child.template(first), child.template(second)))
        return tuple(found)


def _action(tag: _Tag) -> Action:
    reader = _READERS.get(tag.element.tag)
    if reader is None:
        raise tag.error(f"unknown tag (known: {', '.join(sorted(_READERS))})")
    return reader(tag)


def _argument(tag: _Tag) -> Action:
    tag.check({"name", "default", "description"} | _CONDITIONS, {"choice"})
    for choice in tag.children("choice"):
        choice.check({"value"}, set())
    return Argument(
        tag.where(),
        tag.text("name"),
        tag.optional("default"),
        tag.text("description", ""),
        tuple(choice.text("value") for choice in tag.children("choice")),
    )


def _let(tag: _Tag) -> Action:
    tag.check({"name", "value"} | _CONDITIONS, set())
    return Let(tag.where(), tag.template("name"), tag.template("value"))


def _set_environment(tag: _Tag) -> Action:
    tag.check({"name", "value"} | _CONDITIONS, set())
    return SetEnvironment(tag.where(), tag.template("name"), tag.template("value"))


def _unset_environment(tag: _Tag) -> Action:
    tag.check({"name"} | _CONDITIONS, set())
    return SetEnvironment(tag.where(), tag.template("name"), None)


def _push_namespace(tag: _Tag) -> Action:
    tag.check({"namespace"} | _CONDITIONS, set())
    return PushNamespace(tag.where(), tag.template("namespace"))


def _group(tag: _Tag) -> Action:
    tag.check({"scoped"} | _CONDITIONS)
    scoped = tag.choice("scoped", ("true", "false"), "true") == "true"
    return Group(tag.where(), scoped, tuple(_action(child) for child in tag.children()))


def _include(tag: _Tag) -> Action:
    tag.check({"file"} | _CONDITIONS, {"arg", "let"})
    arguments = tag.pairs("arg", "name", "value") + tag.pairs("let", "name", "value")
    return Include(tag.where(), tag.template("file"), arguments)


def _process(tag: _Tag) -> Process:
    tag.choice("output", _OUTPUTS, "screen")
    on_exit = tag.choice("on_exit", ("", "shutdown"), "")
    return Process(
        tag.pairs("env", "name", "value"),
        tag.optional("cwd"),
        on_exit == "shutdown",
        _respawn_delay_s(tag),
    )


def _respawn_delay_s(tag: _Tag) -> float | None:
    text = tag.text("respawn_delay", "0.0")
    try:
        delay_s = float(text)
    except ValueError:
        delay_s = -1.0
    if not 0.0 <= delay_s < math.inf:
        raise tag.error(f"attribute 'respawn_delay' must be a number from 0 on, not '{text}'")
    return delay_s if tag.choice("respawn", ("true", "false"), "false") == "true" else None


_PROCESS_ATTRIBUTES = {
    "name", "output", "cwd", "on_exit", "respawn", "respawn_delay", *_CONDITIONS
}  # fmt: skip


def _executable(tag: _Tag) -> Action:
    tag.check({"cmd"} | _PROCESS_ATTRIBUTES, {"env"})
    return Executable(tag.where(), _process(tag), tag.template("cmd"), tag.optional("name"))


def _node(tag: _Tag) -> Action:
    tag.check(
        {"pkg", "exec", "namespace", "args", "ros_args"} | _PROCESS_ATTRIBUTES,
        {"param", "remap", "env"},
    )
    return Node(
        where=tag.where(),
        process=_process(tag),
        package=tag.template("pkg"),
        executable=tag.template("exec"),
        name=tag.optional("name"),
        namespace=tag.optional("namespace"),
        arguments=tag.template("args", ""),
        ros_arguments=tag.template("ros_args", ""),
        parameters=tuple(_parameter(child) for child in tag.children("param")),
        remaps=tag.pairs("remap", "from", "to"),
    )


def _parameter(tag: _Tag) -> Parameter | ParameterFile:
    tag.check({"from", "name", "value", "type"}, set())
    if "from" in tag.element.attributes:
        if len(tag.element.attributes) > 1:
            raise tag.error("'from' goes with no other attribute")
        return ParameterFile(tag.template("from"))
    type_name = tag.choice("type", TYPE_NAMES, "yaml")
    return Parameter(tag.template("name"), tag.template("value"), type_name)


_READERS: dict[str, Callable[[_Tag], Action]] = {
    "arg": _argument,
    "let": _let,
    "set_env": _set_environment,
    "unset_env": _unset_environment,
    "push-ros-namespace": _push_namespace,
    "push_ros_namespace": _push_namespace,
    "group": _group,
    "include": _include,
    "executable": _executable,
    "node": _node,
}
