"""The arguments of a launch file, for people."""

from __future__ import annotations

from pathlib import Path

from monomsk_bringup.launch_file import read_launch_file
from monomsk_bringup.launch_model import Action, Argument, Group
from monomsk_bringup.substitutions import Call, Template


def describe_arguments(path: Path) -> str:
    """Describe a launch file's arguments in the layout of `ros2 launch --show-args`.

    Args:
        path: The launch file.

    Returns:
        Several lines.

    Raises:
        LaunchFileError: The file is wrong.
    """
    found = _declared(read_launch_file(path).actions)
    if not found:
        return "No arguments."
    lines = ["Arguments (pass arguments as '<name>:=<value>'):"]
    for argument in found:
        choices = f" One of: {', '.join(argument.choices)}." if argument.choices else ""
        lines += ["", f"    '{argument.name}':"]
        lines.append(f"        {argument.description or 'no description given'}{choices}")
        if argument.default is not None:
            lines.append(f"        (default: '{_readable(argument.default)}')")
    return "\n".join(lines)


def _declared(actions: tuple[Action, ...]) -> list[Argument]:
    found: list[Argument] = []
    for action in actions:
        if isinstance(action, Argument):
            found.append(action)
        elif isinstance(action, Group):
            found += _declared(action.actions)
    return found


def _readable(template: Template) -> str:
    return "".join(_call(part) if isinstance(part, Call) else part.value for part in template)


def _call(call: Call) -> str:
    return f"$({' '.join([call.name, *(_readable(argument) for argument in call.arguments)])})"
