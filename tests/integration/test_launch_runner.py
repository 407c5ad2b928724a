"""The launch runner with real nodes: what `ros2 launch` would do with the same file."""

import numpy as np
import pytest
from rosbags.highlevel import AnyReader

from monomsk_analysis.message_types import load_typestore

pytestmark = [pytest.mark.integration, pytest.mark.requires_ros]

LAUNCH = """<launch>
  <arg name="video"/>
  <arg name="bag"/>
  <arg name="rate_hz" default="30.0"/>
  <set_env name="FASTDDS_DEFAULT_PROFILES_FILE"
           value="$(find-pkg-share monomsk_bringup)/config/fastdds.xml"/>
  <group>
    <push-ros-namespace namespace="subject"/>
    <node pkg="monomsk_analysis" exec="recorder" name="recorder">
      <param name="output" type="str" value="$(var bag)"/>
      <param name="record_images" type="bool" value="true"/>
      <remap from="image" to="front/image"/>
    </node>
    <node pkg="monomsk_perception" exec="camera_player" name="player" on_exit="shutdown">
      <param name="source" type="str" value="$(var video)"/>
      <param name="rate_hz" type="float" value="$(var rate_hz)"/>
      <param name="focal_px" type="float" value="150"/>
      <remap from="image" to="front/image"/>
    </node>
  </group>
</launch>"""


def test_nodes_parameters_namespace_remaps_and_the_end(start_process, python, tmp_path, clip):
    launch, bag = tmp_path / "play.launch.xml", tmp_path / "bag"
    launch.write_text(LAUNCH)
    runner = start_process(
        python, "-m", "monomsk_bringup.launch_cli", launch, f"video:={clip}", f"bag:={bag}"
    )
    assert runner.wait(40.0) == 0, runner.output
    assert "[INFO] [camera_player-2]: process has finished cleanly" in runner.output
    assert "[INFO] [recorder-1]: process has finished cleanly" in runner.output
    assert "Traceback" not in runner.output
    with AnyReader([bag], default_typestore=load_typestore()) as reader:
        counts = {connection.topic: connection.msgcount for connection in reader.connections}
        images = [
            reader.deserialize(data, connection.msgtype)
            for connection, _, data in reader.messages()
            if connection.topic == "/subject/front/image"
        ]
    # one second at 30 Hz, the player waited for the recorder
    assert 25 <= len(images) <= 30, runner.output
    assert counts["/subject/camera_info"] >= 25
    assert (images[0].width, images[0].height) == (160, 120)
    assert np.all(np.diff([image.data.mean() for image in images]) > 0.0)


def test_one_sigint_ends_all_nodes_in_good_order(start_process, python, tmp_path, clip):
    launch, bag = tmp_path / "play.launch.xml", tmp_path / "bag"
    launch.write_text(
        LAUNCH.replace(
            'name="focal_px"', 'name="plays" type="int" value="0"/>\n<param name="focal_px"'
        )
    )
    runner = start_process(
        python, "-m", "monomsk_bringup.launch_cli", launch, f"video:={clip}", f"bag:={bag}"
    )
    runner.wait_for_output("recording to")
    runner.interrupt()
    assert runner.wait(20.0) == 0, runner.output
    assert "SIGTERM" not in runner.output and "Traceback" not in runner.output
    assert (bag / "metadata.yaml").is_file()
