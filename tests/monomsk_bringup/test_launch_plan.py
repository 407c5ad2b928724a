from pathlib import Path

import pytest

from monomsk_bringup.errors import ArgumentError, LaunchFileError
from monomsk_bringup.launch_plan import plan_launch
from monomsk_bringup.namespaces import join_namespace


def test_arguments_defaults_and_choices(write_launch, environment):
    path = write_launch(
        "<arg name='a'/><arg name='b' default='$(var a)-b'/>"
        "<arg name='c' default='x'><choice value='x'/><choice value='y'/></arg>"
        "<node pkg='toys' exec='talker' args='$(var a) $(var b) $(var c)'/>"
    )
    (process,) = plan_launch(path, {"a": "1", "c": "y"}, environment)
    assert process.command[1:] == ("1", "1-b", "y", "--ros-args")
    with pytest.raises(ArgumentError, match="'a': required"):
        plan_launch(path, {}, environment)
    with pytest.raises(ArgumentError, match="'z' is not one of x, y"):
        plan_launch(path, {"a": "1", "c": "z"}, environment)
    with pytest.raises(ArgumentError, match=r"'heigth': unknown \(known: a, b, c\)"):
        plan_launch(path, {"a": "1", "heigth": "2"}, environment)


@pytest.mark.parametrize(
    ("condition", "starts"),
    [
        ("if='true'", True),
        ("if='1'", True),
        ("if='$(var no)'", False),
        ("unless='$(var no)'", True),
        ("unless='True'", False),
        ("if='true' unless='true'", False),
        ("if='$(not-equals x$(var empty) x)'", False),
        ("if=\"$(eval '2 > 1')\"", True),
    ],
)
def test_conditions(write_launch, environment, condition, starts):
    path = write_launch(
        "<arg name='no' default='False'/><arg name='empty' default=''/>"
        f"<node pkg='toys' exec='talker' {condition}/>"
    )
    assert bool(plan_launch(path, {}, environment)) is starts


def test_a_condition_that_is_no_boolean_is_an_error_with_its_place(write_launch, environment):
    path = write_launch("\n<node pkg='toys' exec='talker' if='maybe'/>")
    with pytest.raises(LaunchFileError, match="not 'maybe'") as caught:
        plan_launch(path, {}, environment)
    assert (caught.value.line, caught.value.tag) == (2, "node")


def test_groups_restore_variables_environment_and_namespace(write_launch, environment):
    path = write_launch(
        "<let name='v' value='outer'/><set_env name='MONOMSK_X' value='outer'/>"
        "<group><let name='v' value='inner'/><set_env name='MONOMSK_X' value='inner'/>"
        "<push-ros-namespace namespace='a'/><group><push-ros-namespace namespace='b'/>"
        "<node pkg='toys' exec='talker' name='n' namespace='c' args='$(var v)'/></group></group>"
        "<node pkg='toys' exec='talker' args='$(var v)'/>"
        "<unset_env name='MONOMSK_X'/><node pkg='toys' exec='talker'/>"
    )
    inner, outer, last = plan_launch(path, {}, environment)
    assert inner.command[1] == "inner" and inner.environment["MONOMSK_X"] == "inner"
    assert inner.remaps == ("__node:=n", "__ns:=/a/b/c")
    assert outer.command[1] == "outer" and outer.environment["MONOMSK_X"] == "outer"
    assert outer.remaps == ()
    assert "MONOMSK_X" not in last.environment


def test_parameters_are_typed_and_in_order(write_launch, environment, tmp_path):
    file = tmp_path / "p.yaml"
    file.write_text("/**: {ros__parameters: {a: 1}}")
    path = write_launch(
        f"<arg name='h' default='2'/><node pkg='toys' exec='talker' name='n'><param from='{file}'/>"
        "<param name='h' type='float' value='$(var h)'/><param name='s' type='str' value='1'/>"
        "<param name='guess' value='[1, 2]'/><param name='on' type='bool' value='True'/></node>"
    )
    (process,) = plan_launch(path, {}, environment)
    assert process.parameters[0].file == file
    values = {name: v for p in process.parameters[1:] for name, v in p.values.items()}
    assert values == {"h": 2.0, "s": "1", "guess": [1, 2], "on": True}
    assert isinstance(values["h"], float)
    assert {p.node for p in process.parameters} == {"/**"}
    with pytest.raises(LaunchFileError, match="'tall' is not of type float"):
        plan_launch(path, {"h": "tall"}, environment)


def test_a_missing_parameter_file_is_an_error(write_launch, environment):
    path = write_launch("<node pkg='toys' exec='talker'><param from='/no/such.yaml'/></node>")
    with pytest.raises(LaunchFileError, match=r"no such parameter file: /no/such\.yaml"):
        plan_launch(path, {}, environment)


def test_includes_pass_arguments_and_keep_the_place_of_errors(write_launch, environment):
    write_launch("<arg name='x'/>\n<node pkg='toys' exec='$(var x)'/>", name="inner.launch.xml")
    path = write_launch(
        "<include file='$(dirname)/inner.launch.xml'><arg name='x' value='talker'/></include>"
    )
    (process,) = plan_launch(path, {}, environment)
    assert process.command[0].endswith("lib/toys/talker")
    path.write_text(path.read_text().replace("value='talker'", "value='absent'"))
    with pytest.raises(LaunchFileError, match="no such executable in package 'toys'") as caught:
        plan_launch(path, {}, environment)
    assert (caught.value.path.name, caught.value.line) == ("inner.launch.xml", 2)


def test_files_that_include_themselves_are_refused(write_launch, environment):
    path = write_launch("<include file='$(dirname)/test.launch.xml'/>")
    with pytest.raises(LaunchFileError, match="include each other"):
        plan_launch(path, {}, environment)


def test_packages_that_are_not_installed_are_named(write_launch, environment):
    path = write_launch("<node pkg='nowhere' exec='x'/>")
    with pytest.raises(LaunchFileError, match="'nowhere': package not found"):
        plan_launch(path, {}, environment)


def test_substitutions_stay_one_word(write_launch, environment):
    path = write_launch(
        "<arg name='bag' default='/my bags/a'/>"
        "<executable cmd=\"play $(var bag)/x --title 'a b' --rate $(var bag)\" name='p'/>"
    )
    (process,) = plan_launch(path, {}, environment)
    assert process.command == ("play", "/my bags/a/x", "--title", "a b", "--rate", "/my bags/a")
    assert (process.label, process.is_ros_node) == ("p-1", False)


@pytest.mark.parametrize(
    ("base", "namespace", "joined"),
    [
        (None, "", "/"),
        (None, "a", "/a"),
        ("/", "a", "/a"),
        ("/a", "", "/a"),
        ("/a", "b", "/a/b"),
        ("/a", "/b/", "/b"),
    ],
)
def test_namespaces(base, namespace, joined):
    assert join_namespace(base, namespace) == joined


@pytest.mark.parametrize("name", ["monomsk", "replay", "view"])
def test_the_launch_files_of_the_project_are_read(name):
    from monomsk_bringup.launch_file import read_launch_file

    folder = Path(__file__).resolve().parents[2] / "launch"
    assert read_launch_file(folder / f"{name}.launch.xml").actions


@pytest.mark.parametrize(
    ("attributes", "delay_s"),
    [
        ("", None),
        ("respawn='false' respawn_delay='2'", None),
        ("respawn='true'", 0.0),
        ("respawn='true' respawn_delay='2.5'", 2.5),
    ],
)
def test_a_process_that_ends_starts_again_where_asked(
    write_launch, environment, attributes, delay_s
):
    path = write_launch(
        f"<node pkg='toys' exec='talker' {attributes}/><executable cmd='true' {attributes}/>"
    )
    assert [p.respawn_delay_s for p in plan_launch(path, {}, environment)] == [delay_s, delay_s]
