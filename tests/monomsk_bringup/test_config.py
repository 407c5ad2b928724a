"""What launch files and configuration set is what the nodes have."""

from pathlib import Path

import pytest
import yaml

from monomsk_assist import assist_parameters
from monomsk_bringup.launch_file import read_launch_file
from monomsk_bringup.launch_model import Group, Node, Parameter
from monomsk_bringup.substitutions import Text
from monomsk_description.node_parameters import AUTOSTART
from monomsk_dynamics import dynamics_parameters
from monomsk_perception import perception_parameters, player_parameters

ROOT = Path(__file__).resolve().parents[2]


def configured(name):
    content = yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text())
    return content["/**"]["ros__parameters"]


def set_by_launch(executable, file="monomsk.launch.xml"):
    def nodes(actions):
        for action in actions:
            if isinstance(action, Group):
                yield from nodes(action.actions)
            elif isinstance(action, Node):
                yield action

    actions = read_launch_file(ROOT / "launch" / file).actions
    (node,) = (n for n in nodes(actions) if n.executable == (Text(executable),))
    given = [parameter for parameter in node.parameters if isinstance(parameter, Parameter)]
    return {parameter.name[0].value for parameter in given} - {"use_sim_time"}


@pytest.mark.parametrize(
    ("name", "parameters", "launch"),
    [
        ("perception", perception_parameters.PARAMETERS, "monomsk.launch.xml"),
        ("dynamics", dynamics_parameters.PARAMETERS, "monomsk.launch.xml"),
        ("assist", assist_parameters.PARAMETERS, "assist.launch.xml"),
    ],
    ids=["perception", "dynamics", "assist"],
)
def test_nodes_are_configured_with_their_own_defaults(name, parameters, launch):
    defaults = {
        key: list(parameter.default) if isinstance(parameter.default, tuple) else parameter.default
        for key, parameter in {"autostart": AUTOSTART, **parameters}.items()
    }
    values = configured(name)
    assert values.items() <= defaults.items()
    assert {n: type(v) for n, v in values.items()} == {n: type(defaults[n]) for n in values}
    # what people are told to give on the command line is not repeated in the file
    assert set(defaults) == set(values) | set_by_launch(f"{name}_node", launch)


def test_the_launch_file_sets_parameters_that_player_and_recorder_have():
    assert set_by_launch("camera_player") <= set(player_parameters.PARAMETERS)
    source = (ROOT / "src/monomsk_analysis/monomsk_analysis/recorder_node.py").read_text()
    assert all(f'"{name}": NodeParameter(' in source for name in set_by_launch("recorder"))


def test_shared_memory_holds_several_images():
    text = (ROOT / "config" / "fastdds.xml").read_text()
    segment_bytes = int(text.split("<segment_size>")[1].split("<")[0])
    assert segment_bytes >= 5 * 1920 * 1080 * 3
