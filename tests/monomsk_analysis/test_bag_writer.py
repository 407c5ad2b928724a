import os
import resource
import signal
import subprocess
import sys
from collections import namedtuple

import numpy as np
import pytest
from mcap.reader import make_reader
from rosbags.highlevel import AnyReader

from monomsk_analysis.bag_writer import BagTopic, BagWriter
from monomsk_analysis.errors import OutputError
from monomsk_analysis.message_types import load_typestore

TOPIC = BagTopic("/joint_states", "sensor_msgs/msg/JointState")


@pytest.fixture(scope="module")
def typestore():
    return load_typestore()


def joint_state(typestore, second, names=("knee_angle_r",)):
    types = typestore.types
    stamp = types["builtin_interfaces/msg/Time"](sec=second, nanosec=5)
    header = types["std_msgs/msg/Header"](stamp=stamp, frame_id="world")
    message = types[TOPIC.message_type](
        header=header,
        name=list(names),
        position=np.array([0.5 * second]),
        velocity=np.empty(0),
        effort=np.empty(0),
    )
    return bytes(typestore.serialize_cdr(message, TOPIC.message_type))


def read(folder, typestore):
    with AnyReader([folder], default_typestore=typestore) as reader:
        return [
            (connection.topic, log_ns, reader.deserialize(data, connection.msgtype))
            for connection, log_ns, data in reader.messages()
        ]


def test_what_is_written_is_read_again(tmp_path, typestore):
    folder = tmp_path / "new" / "bag"
    with BagWriter(folder, reserve_bytes=0, typestore=typestore) as bag:
        bag.add_topic(TOPIC)
        bag.add_topic(BagTopic("/body_model", "monomsk_msgs/msg/BodyModel", latched=True))
        for second in range(1, 4):
            bag.write("/joint_states", second * 10**9 + 7, joint_state(typestore, second))
        assert bag.message_counts == {"/joint_states": 3, "/body_model": 0}
    messages = read(folder, typestore)
    assert [log_ns for _, log_ns, _ in messages] == [10**9 + 7, 2 * 10**9 + 7, 3 * 10**9 + 7]
    assert [message.position[0] for *_, message in messages] == [0.5, 1.0, 1.5]
    assert messages[0][2].name == ["knee_angle_r"]
    # the mcap library, which Foxglove and ros2 bag build on, agrees and finds the types
    with (folder / "bag.mcap").open("rb") as file:
        summary = make_reader(file).get_summary()
    assert summary.statistics.message_count == 3
    schemas = {schema.name: schema.data.decode() for schema in summary.schemas.values()}
    assert "height_m" in schemas["monomsk_msgs/msg/BodyModel"]
    metadata = (folder / "metadata.yaml").read_text()
    assert "transient_local" in metadata and "RIHS01_" in metadata


def test_existing_folders_are_not_touched(tmp_path, typestore):
    (tmp_path / "bag").mkdir()
    with pytest.raises(OutputError, match="exists already"):
        BagWriter(tmp_path / "bag", typestore=typestore)


def test_a_closed_bag_takes_nothing(tmp_path, typestore):
    bag = BagWriter(tmp_path / "bag", reserve_bytes=0, typestore=typestore)
    bag.add_topic(TOPIC)
    bag.close()
    bag.close()
    with pytest.raises(OutputError, match="closed"):
        bag.write("/joint_states", 1, joint_state(typestore, 1))


def test_before_the_disk_is_full_the_bag_is_closed_and_whole(tmp_path, typestore, monkeypatch):
    bag = BagWriter(tmp_path / "bag", reserve_bytes=10 * 2**20, typestore=typestore)
    bag.add_topic(TOPIC)
    big = joint_state(typestore, 1, names=("x" * 400_000,))
    for _ in range(4):
        bag.write("/joint_states", 10**9, big)
    usage = namedtuple("Usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(2**40, 2**40, 5 * 2**20))
    with pytest.raises(OutputError, match=r"nearly full \(5 MB left, 10 MB are kept free\)"):
        for _ in range(10):
            bag.write("/joint_states", 10**9, big)
    assert not bag.is_open
    assert len(read(tmp_path / "bag", typestore)) >= 4


def test_a_full_disk_refuses_at_once(tmp_path, typestore, monkeypatch):
    usage = namedtuple("Usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(2**40, 2**40, 0))
    with pytest.raises(OutputError, match="nearly full"):
        BagWriter(tmp_path / "bag", typestore=typestore)
    assert not (tmp_path / "bag").exists()


LIMITED = """
import resource, signal, sys
sys.path[:0] = {path!r}
from pathlib import Path
from monomsk_analysis.bag_writer import BagTopic, BagWriter
from monomsk_analysis.errors import OutputError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
bag = BagWriter(Path(sys.argv[1]), reserve_bytes=0)
bag.add_topic(BagTopic("/joint_states", "sensor_msgs/msg/JointState"))
resource.setrlimit(resource.RLIMIT_FSIZE, (3 * 2**20, 3 * 2**20))
try:
    for index in range(100):
        bag.write("/joint_states", index, bytes(300_000))
except OutputError as error:
    print(f"after {{index}}: {{error}}")
    print("open" if bag.is_open else "closed")
"""


def test_a_failed_write_leaves_nothing_that_looks_like_a_whole_bag(tmp_path):
    assert hasattr(resource, "RLIMIT_FSIZE") and hasattr(signal, "SIGXFSZ")
    folder = tmp_path / "bag"
    done = subprocess.run(
        [sys.executable, "-c", LIMITED.format(path=sys.path), str(folder)],
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ),
    )
    assert "writing failed, the bag is incomplete" in done.stdout
    assert done.stdout.endswith("closed\n")
    assert not (folder / "metadata.yaml").exists()
    assert (folder / "bag.mcap").stat().st_size <= 3 * 2**20
