"""The parameters of the node `assist`, with their units, bounds and meaning."""

from __future__ import annotations

from dataclasses import replace

from monomsk_assist.adapters import ADAPTERS
from monomsk_description.node_parameters import NodeParameter

#: The output that is none.
NO_OUTPUT = "none"

_PARAMETERS: dict[str, NodeParameter] = {
    "mapping_file": NodeParameter("", "the device: YAML file, see docs/assist.md"),
    "rate_hz": NodeParameter(200.0, "commands a second [Hz]", 100.0, 500.0),
    "predict": NodeParameter(True, "predict the state to the time of the command"),
    "output": NodeParameter(NO_OUTPUT, "also publish ~/commands", choices=(NO_OUTPUT, *ADAPTERS)),
    "controller_joints": NodeParameter(
        "", "joints of ~/commands in the controller's order, with commas; empty: the mapping's"
    ),
    "niceness": NodeParameter(-10, "wished priority of the process, -20 is first", -20, 19),
    "realtime_priority": NodeParameter(20, "wished SCHED_FIFO priority; 0: none", 0, 99),
}

#: None of them changes while somebody wears the device.
PARAMETERS = {name: replace(p, read_only=True) for name, p in _PARAMETERS.items()}
