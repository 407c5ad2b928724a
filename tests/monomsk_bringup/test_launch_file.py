import pytest

from monomsk_bringup.errors import LaunchFileError
from monomsk_bringup.launch_file import read_launch_file
from monomsk_bringup.launch_model import Argument, Group, Include, Node, Parameter, ParameterFile
from monomsk_bringup.substitutions import Call, Text


def read(tmp_path, text):
    path = tmp_path / "test.launch.xml"
    path.write_text(text)
    return read_launch_file(path)


def test_everything_known_is_read(tmp_path):
    file = read(
        tmp_path,
        """<launch>
          <!-- a comment -->
          <arg name="rate" default="$(var other 3)" description="a rate"><choice value="3"/></arg>
          <group if="$(var rate)" scoped="false">
            <push-ros-namespace namespace="a"/>
            <node pkg="p" exec="e" name="n" args="-x 1" on_exit="shutdown">
              <param from="file.yaml"/>
              <param name="rate" type="float" value="3"/>
              <remap from="a" to="b"/>
              <env name="K" value="V"/>
            </node>
          </group>
          <include file="other.xml"><arg name="a" value="1"/></include>
        </launch>""",
    )
    argument, group, include = file.actions
    assert isinstance(argument, Argument)
    assert argument.default == (Call("var", ((Text("other"),), (Text("3"),))),)
    assert (argument.choices, argument.where.line) == (("3",), 3)
    assert isinstance(group, Group) and not group.scoped
    node = group.actions[1]
    assert isinstance(node, Node) and node.process.shutdown_on_exit
    assert isinstance(node.parameters[0], ParameterFile)
    assert isinstance(node.parameters[1], Parameter) and node.parameters[1].type_name == "float"
    assert node.remaps == (((Text("a"),), (Text("b"),)),)
    assert isinstance(include, Include) and len(include.arguments) == 1


@pytest.mark.parametrize(
    ("body", "line", "tag", "problem"),
    [
        ("\n<machine name='x'/>", 2, "machine", "unknown tag"),
        ("<node pkg='p' exec='e' respawn='maybe'/>", 1, "node", "must be one of true, false"),
        ("<node pkg='p' exec='e' respawn_delay='-1'/>", 1, "node", "from 0 on, not '-1'"),
        ("<node pkg='p' exec='e' respawn_delay='soon'/>", 1, "node", "from 0 on, not 'soon'"),
        ("<node pkg='p' exec='e' respawn_max_retries='1'/>", 1, "node", "unknown attribute"),
        ("<node pkg='p' exec='e'>\n<rosparam/></node>", 2, "rosparam", "not known within <node>"),
        ("<node pkg='p'/>", 1, "node", "'exec' is missing"),
        ("<node pkg='p' exec='e' output='both,screen'/>", 1, "node", "must be one of"),
        (
            "<node pkg='p' exec='e'><param name='a' value='1' type='double'/></node>",
            1,
            "param",
            "one of",
        ),
        ("<node pkg='p' exec='e'><param name='a'/></node>", 1, "param", "'value' is missing"),
        ("<node pkg='p' exec='e'><param from='a' name='b'/></node>", 1, "param", "no other"),
        ("<node pkg='p' exec='e'><remap from='a'/></node>", 1, "remap", "'to' is missing"),
        ("<arg name='a' value='1'/>", 1, "arg", "unknown attribute 'value'"),
        ("<let name='a' value='$(anon x)'/>", 1, "let", "unknown substitution 'anon'"),
        ("<group>\n\n<test/></group>", 3, "test", "unknown tag"),
        ("<group>words</group>", 1, "group", "unexpected text"),
        ("<include file='a' ns='b'/>", 1, "include", "unknown attribute 'ns'"),
        ("<node pkg='p' exec='e' on_exit='restart'/>", 1, "node", "one of"),
    ],
)
def test_unknown_things_are_refused_with_their_place(tmp_path, body, line, tag, problem):
    with pytest.raises(LaunchFileError, match=problem) as caught:
        read(tmp_path, f"<launch>{body}</launch>")
    assert (caught.value.line, caught.value.tag) == (line, tag)
    assert str(caught.value.path) == str(tmp_path / "test.launch.xml")


def test_broken_xml_and_wrong_roots_are_refused(tmp_path):
    with pytest.raises(LaunchFileError, match="not well-formed") as caught:
        read(tmp_path, "<launch>\n<node</launch>")
    assert caught.value.line == 2
    with pytest.raises(LaunchFileError, match="root"):
        read(tmp_path, "<robot/>")
    with pytest.raises(LaunchFileError, match="cannot be read"):
        read_launch_file(tmp_path / "absent.xml")
