"""Command lines of nodes: remaps and parameter files in the order in which ROS reads them."""

from __future__ import annotations

from pathlib import Path

import yaml

from monomsk_bringup.launch_plan import Parameters, PlannedProcess


def node_command(planned: PlannedProcess, folder: Path) -> list[str]:
    """Complete a command with its ROS arguments.

    Args:
        planned: The process.
        folder: Where parameter files for values from the launch file are written.

    Returns:
        Program and arguments.

    Raises:
        OSError: The parameter files cannot be written.
    """
    command = list(planned.command)
    if not planned.is_ros_node:
        return command
    for rule in planned.remaps:
        command += ["-r", rule]
    for index, parameters in enumerate(planned.parameters):
        command += ["--params-file", str(_parameter_file(parameters, planned, index, folder))]
    return command


def _parameter_file(
    parameters: Parameters, planned: PlannedProcess, index: int, folder: Path
) -> Path:
    if parameters.file is not None:
        return parameters.file
    path = folder / f"{planned.label}_{index}.yaml"
    content = {parameters.node: {"ros__parameters": dict(parameters.values or {})}}
    path.write_text(yaml.safe_dump(content, default_flow_style=False))
    return path
