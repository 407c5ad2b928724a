from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from monomsk_analysis.bags import BagSource
from monomsk_analysis.errors import BagError, TopicMissingError
from monomsk_analysis.frame_source import TimeWindow, open_source
from monomsk_perception.errors import CameraError

STORE = get_typestore(Stores.ROS2_JAZZY)
START_NS = 1_700_000_000_000_000_000
PERIOD_NS = 50_000_000
WIDTH, HEIGHT = 32, 24
MATRIX = [40.0, 0.0, 16.0, 0.0, 40.0, 12.0, 0.0, 0.0, 1.0]


@dataclass
class Message:
    """One message to be written: topic, type, fields, header stamp."""

    topic: str
    kind: str
    fields: dict[str, Any]
    stamp_ns: int


def header(stamp_ns: int) -> Any:
    time = STORE.types["builtin_interfaces/msg/Time"](*divmod(stamp_ns, 10**9))
    return STORE.types["std_msgs/msg/Header"](time, "camera")


def picture(value: int) -> np.ndarray:
    image = np.full((HEIGHT, WIDTH, 3), value, dtype=np.uint8)
    image[:, :, 2] = 200
    return image


def image(k: int, topic: str = "/camera/image_raw") -> Message:
    fields = {
        "height": HEIGHT,
        "width": WIDTH,
        "encoding": "bgr8",
        "is_bigendian": 0,
        "step": 3 * WIDTH,
        "data": picture(10 * k).ravel(),
    }
    return Message(topic, "sensor_msgs/msg/Image", fields, START_NS + k * PERIOD_NS)


def compressed(k: int, topic: str = "/camera/image_raw/compressed") -> Message:
    _, data = cv2.imencode(".png", picture(10 * k))
    fields = {"format": "bgr8; png compressed bgr8", "data": data.ravel()}
    return Message(topic, "sensor_msgs/msg/CompressedImage", fields, START_NS + k * PERIOD_NS)


def camera_info(matrix: list[float], topic: str = "/camera/camera_info") -> Message:
    roi = STORE.types["sensor_msgs/msg/RegionOfInterest"](0, 0, 0, 0, False)
    fields = {
        "height": HEIGHT,
        "width": WIDTH,
        "distortion_model": "plumb_bob",
        "d": np.zeros(5),
        "k": np.array(matrix),
        "r": np.eye(3).ravel(),
        "p": np.zeros(12),
        "binning_x": 0,
        "binning_y": 0,
        "roi": roi,
    }
    return Message(topic, "sensor_msgs/msg/CameraInfo", fields, START_NS)


def text(topic: str = "/chatter") -> Message:
    return Message(topic, "std_msgs/msg/String", {"data": "hello"}, START_NS)


def write_bag(
    path: Path, messages: list[Message], plugin: StoragePlugin = StoragePlugin.MCAP
) -> Path:
    with Writer(path, version=9, storage_plugin=plugin) as writer:
        connections: dict[str, Any] = {}
        for order, message in enumerate(messages):
            if message.topic not in connections:
                connections[message.topic] = writer.add_connection(
                    message.topic, message.kind, typestore=STORE
                )
            fields = dict(message.fields)
            if "String" not in message.kind:
                fields["header"] = header(message.stamp_ns)
            content = STORE.types[message.kind](**fields)
            cdr = STORE.serialize_cdr(content, message.kind)
            # Recording times say nothing about when an image was taken.
            writer.write(connections[message.topic], START_NS + order, cdr)
    return path


@pytest.mark.parametrize("plugin", [StoragePlugin.MCAP, StoragePlugin.SQLITE3])
def test_images_come_with_the_stamps_of_their_headers(
    tmp_path: Path, plugin: StoragePlugin
) -> None:
    path = write_bag(tmp_path / "bag", [camera_info(MATRIX), *(image(k) for k in range(5))], plugin)
    source = open_source(path)
    frames = list(source.frames(TimeWindow()))
    assert [frame.stamp_ns for frame in frames] == [START_NS + k * PERIOD_NS for k in range(5)]
    np.testing.assert_allclose([frame.time_s for frame in frames], 0.05 * np.arange(5))
    for k, frame in enumerate(frames):
        np.testing.assert_array_equal(frame.image_bgr, picture(10 * k))
    facts = source.facts
    assert (facts.width_px, facts.height_px, facts.frames_announced) == (WIDTH, HEIGHT, 5)
    assert facts.intrinsics is not None
    assert facts.intrinsics.focal_x_px == 40.0
    assert source.notes == ()


def test_a_file_without_its_folder_is_read_too(tmp_path: Path) -> None:
    path = write_bag(tmp_path / "bag", [image(k) for k in range(3)])
    assert len(list(BagSource(path / "bag.mcap").frames(TimeWindow()))) == 3


def test_compressed_images(tmp_path: Path) -> None:
    path = write_bag(tmp_path / "bag", [camera_info(MATRIX), *(compressed(k) for k in range(3))])
    source = BagSource(path)
    frames = list(source.frames(TimeWindow()))
    np.testing.assert_array_equal(frames[2].image_bgr, picture(20))
    assert source.facts.intrinsics is not None, "camera_info lies beside the image's base topic"


def test_the_uncompressed_form_of_the_same_camera_is_preferred(tmp_path: Path) -> None:
    path = write_bag(tmp_path / "bag", [compressed(0), image(0), compressed(1), image(1)])
    assert BagSource(path).facts.topic == "/camera/image_raw"


def test_images_out_of_order_and_twice_are_dropped_and_counted(tmp_path: Path) -> None:
    path = write_bag(tmp_path / "bag", [image(k) for k in (0, 1, 3, 2, 3, 4)])
    source = BagSource(path)
    frames = list(source.frames(TimeWindow()))
    steps = [(frame.stamp_ns - START_NS) // PERIOD_NS for frame in frames]
    assert steps == [0, 1, 3, 4]
    assert [frame.index for frame in frames] == [0, 1, 2, 3]
    assert "2 images came late or twice" in source.notes[0]


def test_broken_images_and_other_sizes_are_dropped_and_counted(tmp_path: Path) -> None:
    messages = [image(k) for k in range(6)]
    messages[2].fields["encoding"] = "nonsense"
    small = {"height": HEIGHT // 2, "data": picture(0)[: HEIGHT // 2].ravel()}
    messages[4].fields.update(small)
    source = BagSource(write_bag(tmp_path / "bag", messages))
    assert [frame.index for frame in source.frames(TimeWindow())] == [0, 1, 3, 5]
    assert any("1 images could not be decoded" in note for note in source.notes)
    assert any("1 images had another size" in note for note in source.notes)


def test_a_window_of_a_bag(tmp_path: Path) -> None:
    path = write_bag(tmp_path / "bag", [image(k) for k in range(10)])
    source = BagSource(path)
    frames = list(source.frames(TimeWindow(0.1, 0.2)))
    assert [frame.index for frame in frames] == [2, 3, 4]
    with pytest.raises(BagError, match="no image on /camera/image_raw between 7 s"):
        list(source.frames(TimeWindow(7.0, 9.0)))


def test_a_missing_topic_lists_those_there_are(tmp_path: Path) -> None:
    path = write_bag(tmp_path / "bag", [text(), image(0)])
    with pytest.raises(TopicMissingError) as caught:
        BagSource(path, "/front/image")
    message = str(caught.value)
    assert "/front/image" in message
    assert "/camera/image_raw (sensor_msgs/msg/Image)" in message
    assert "/chatter (std_msgs/msg/String)" in message


def test_a_bag_without_images_lists_what_there_is(tmp_path: Path) -> None:
    path = write_bag(tmp_path / "bag", [text()])
    with pytest.raises(TopicMissingError, match=r"no image topic.*/chatter"):
        BagSource(path)


def test_a_topic_of_another_type_is_no_image_topic(tmp_path: Path) -> None:
    path = write_bag(tmp_path / "bag", [text(), image(0)])
    with pytest.raises(TopicMissingError):
        BagSource(path, "/chatter")


def test_several_cameras_must_be_chosen_from(tmp_path: Path) -> None:
    path = write_bag(tmp_path / "bag", [image(0, "/left/image"), image(1, "/right/image")])
    with pytest.raises(BagError, match="--image-topic: /left/image, /right/image"):
        BagSource(path)
    assert BagSource(path, "right/image").facts.topic == "/right/image"


def test_a_zero_camera_matrix_is_refused(tmp_path: Path) -> None:
    path = write_bag(tmp_path / "bag", [camera_info([0.0] * 9), image(0)])
    with pytest.raises(CameraError):
        BagSource(path)


def test_a_bag_without_camera_info_has_no_camera(tmp_path: Path) -> None:
    assert BagSource(write_bag(tmp_path / "bag", [image(0)])).facts.intrinsics is None


def test_missing_and_broken_bags_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BagError, match="no such bag"):
        BagSource(tmp_path / "none")
    (tmp_path / "folder").mkdir()
    with pytest.raises(BagError, match=r"metadata\.yaml"):
        BagSource(tmp_path / "folder")
    (tmp_path / "noise.mcap").write_bytes(np.random.default_rng(1).bytes(3000))
    with pytest.raises(BagError, match="not a bag"):
        BagSource(tmp_path / "noise.mcap")
    (tmp_path / "noise.db3").write_bytes(b"SQLite format 3\0" + bytes(500))
    with pytest.raises(BagError, match="not a bag"):
        BagSource(tmp_path / "noise.db3")
    path = write_bag(tmp_path / "bag", [image(k) for k in range(25)])
    content = (path / "bag.mcap").read_bytes()
    (path / "bag.mcap").write_bytes(content[: len(content) // 2])
    with pytest.raises(BagError):
        BagSource(path)


def test_an_unknown_encoding_is_an_error_that_names_it(tmp_path: Path) -> None:
    message = image(0)
    message.fields["encoding"] = "made_up"
    with pytest.raises(Exception, match="made_up"):
        BagSource(write_bag(tmp_path / "bag", [message]))
