"""Every topic and field that the shipped Foxglove layout names exists in what we publish."""

import json
import re
from pathlib import Path

import pytest
from rosbags.interfaces import Nodetype

from monomsk_analysis.mcap_export import _TOPICS
from monomsk_analysis.message_types import load_typestore
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject

LAYOUT = json.loads(
    (Path(__file__).resolve().parents[2] / "config" / "foxglove_layout.json").read_text()
)
#: What the live graph publishes beyond a file of `monomsk analyze`.
LIVE_ONLY = {"/diagnostics": "diagnostic_msgs/msg/DiagnosticArray"}
TOPICS = {topic.name: topic.message_type for topic in _TOPICS} | LIVE_ONLY
STORE = load_typestore()


def paths():
    for panel in LAYOUT["configById"].values():
        yield from ((path["value"], path.get("label", "")) for path in panel.get("paths", ()))


def final_type(path):
    """The type of what a message path leads to; KeyError where it leads nowhere."""
    topic, *parts = re.findall(r"/[\w/]+|\w+|\[\d+\]", path)
    kind = (Nodetype.NAME, TOPICS[topic])
    for part in parts:
        if part.startswith("["):
            assert kind[0] in (Nodetype.ARRAY, Nodetype.SEQUENCE), f"{path}: {part} of no list"
            kind = kind[1][0]
        else:
            assert kind[0] == Nodetype.NAME, f"{path}: {part} of no message"
            kind = dict(STORE.fielddefs[kind[1]][1])[part]
    return kind


@pytest.mark.parametrize("path", [path for path, _ in paths()])
def test_every_path_leads_to_a_number(path):
    kind = final_type(path)
    assert kind[0] == Nodetype.BASE and kind[1][0] != "string"


def test_joints_are_the_ones_their_labels_name():
    names = build_skeleton(Subject(1.75, 70.0)).coordinate_names
    found = 0
    for path, label in paths():
        match = re.fullmatch(r"/(body_dynamics|joint_torques)\.(position|effort)\[(\d+)\]", path)
        if match:
            assert names[int(match[3])] == label
            found += 1
    assert found >= 12


def test_every_topic_of_a_panel_exists_and_every_panel_of_the_layout_too():
    panels = LAYOUT["configById"]
    for panel in panels.values():
        for topic in (*panel.get("topics", {}), panel.get("topicToRender"), panel.get("topicPath")):
            assert topic is None or topic in TOPICS

    def leaves(node):
        if isinstance(node, str):
            yield node
        elif node:
            yield from leaves(node["first"])
            yield from leaves(node["second"])

    shown = set(leaves(LAYOUT["layout"]))
    for name in list(shown):
        for tab in panels[name].get("tabs", ()):
            shown |= set(leaves(tab["layout"]))
    assert shown == set(panels)
    kinds = {name.split("!")[0] for name in panels}
    assert {"3D", "Plot", "DiagnosticSummary"} <= kinds
