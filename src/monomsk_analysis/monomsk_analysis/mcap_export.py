"""All messages of an analysis in one MCAP file, as the running graph would have recorded them.

No DDS and no compiled messages are needed: `ros2 bag play`, Foxglove and rosbags read it.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pinocchio as pin

from monomsk_analysis.bag_writer import BagTopic, BagWriter
from monomsk_analysis.marker_fields import marker_array
from monomsk_analysis.message_types import build_message, load_typestore
from monomsk_description.body_state import BodyState
from monomsk_description.message_fields import (
    Fields,
    StateContext,
    body_model,
    body_state,
    joint_state,
)
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.gait_steps import VIDEO_EVENT_SIGMA_S
from monomsk_dynamics.gait_tracker import GaitTracker
from monomsk_dynamics.markers import shapes
from monomsk_dynamics.message_fields import body_dynamics, gait, sole_wrenches
from monomsk_dynamics.results import BodyDynamics
from monomsk_perception.landmarks import Landmarks
from monomsk_perception.message_fields import landmarks, no_landmarks

WORLD_FRAME = "world"
CAMERA_FRAME = "camera_optical_frame"

#: BodyState's CAMERA_POSE_PARAMETER and CAMERA_POSE_ESTIMATED.
_POSE_GIVEN, _POSE_ESTIMATED = 1, 4

#: Stamp [ns], topic, fields.
Entry = tuple[int, str, Fields]

_TOPICS = (
    BagTopic("/body_model", "monomsk_msgs/msg/BodyModel", latched=True),
    BagTopic("/landmarks", "monomsk_msgs/msg/Landmarks", reliable=False),
    BagTopic("/joint_states", "sensor_msgs/msg/JointState"),
    BagTopic("/body_state", "monomsk_msgs/msg/BodyState"),
    BagTopic("/body_dynamics", "monomsk_msgs/msg/BodyDynamics"),
    BagTopic("/joint_torques", "sensor_msgs/msg/JointState"),
    BagTopic("/right_sole/wrench", "geometry_msgs/msg/WrenchStamped"),
    BagTopic("/left_sole/wrench", "geometry_msgs/msg/WrenchStamped"),
    BagTopic("/gait", "monomsk_msgs/msg/GaitState"),
    BagTopic("/markers", "visualization_msgs/msg/MarkerArray"),
)


@dataclass(frozen=True)
class SeenFrame:
    """What perception made of one image.

    Attributes:
        stamp_ns: the image's stamp [ns].
        landmarks: None if nobody was found.
        state: None if nobody was found.
        pose_world_camera: the camera pose that the state rests on; None unknown.
    """

    stamp_ns: int
    landmarks: Landmarks | None
    state: BodyState | None
    pose_world_camera: pin.SE3 | None = None


@dataclass(frozen=True)
class MessageSet:
    """Everything to be written.

    Attributes:
        skeleton: the body model.
        image_size: width and height [px].
        frames: in order of time.
        dynamics: in order of time.
        camera_pose_given: whether the camera pose was given rather than estimated.
        assumptions: what was assumed rather than given.
    """

    skeleton: Skeleton
    image_size: tuple[int, int]
    frames: Sequence[SeenFrame]
    dynamics: Sequence[BodyDynamics]
    camera_pose_given: bool = False
    assumptions: tuple[str, ...] = ()


def write_mcap(path: Path, messages: MessageSet) -> int:
    """Write the messages in order of time and return their number.

    Args:
        path: the .mcap file; a folder of the same name without suffix must not exist beside it.
        messages: what to write.

    Raises:
        OutputError: the file cannot be written.
        MessageFilesError: the message definitions cannot be found.
    """
    typestore = load_typestore()
    bag = path.with_suffix("")
    entries = sorted(_entries(messages), key=lambda entry: entry[0])
    # No reserve is kept: a result that does not fit is given up as a whole.
    with BagWriter(bag, reserve_bytes=0, typestore=typestore) as writer:
        for topic in _TOPICS:
            writer.add_topic(topic)
        types = {topic.name: topic.message_type for topic in _TOPICS}
        for stamp_ns, name, fields in entries:
            message = build_message(typestore, types[name], fields)
            cdr = bytes(typestore.serialize_cdr(message, types[name]))
            writer.write(name, stamp_ns, cdr)
    # rosbags makes a folder; its .mcap file stands alone.
    (bag / f"{bag.name}.mcap").replace(path)
    shutil.rmtree(bag)
    return len(entries)


def _entries(messages: MessageSet) -> list[Entry]:
    skeleton = messages.skeleton
    entries: list[Entry] = []
    was_tracked = False
    for frame in messages.frames:
        entries += _frame_entries(frame, messages, was_tracked)
        was_tracked = was_tracked or frame.landmarks is not None
    tracker = GaitTracker(skeleton, VIDEO_EVENT_SIGMA_S)
    for result in messages.dynamics:
        entries += _dynamics_entries(result, skeleton)
        # As the node would say it then: from the results so far, not with hindsight.
        entries.append((result.stamp_ns, "/gait", gait(tracker.update(result), WORLD_FRAME)))
    first_ns = min((entry[0] for entry in entries), default=0)
    model = body_model(skeleton, first_ns, WORLD_FRAME)
    return [(first_ns, "/body_model", model), *entries]


def _frame_entries(frame: SeenFrame, messages: MessageSet, was_tracked: bool) -> list[Entry]:
    stamp_ns, state = frame.stamp_ns, frame.state
    if frame.landmarks is None:
        found = no_landmarks(stamp_ns, CAMERA_FRAME, messages.image_size, was_tracked)
    else:
        found = landmarks(frame.landmarks, CAMERA_FRAME)
    entries: list[Entry] = [(stamp_ns, "/landmarks", found)]
    if state is not None:
        context = StateContext(
            WORLD_FRAME,
            messages.assumptions,
            _POSE_GIVEN if messages.camera_pose_given else _POSE_ESTIMATED,
            frame.pose_world_camera,
        )
        joints = joint_state(
            stamp_ns, messages.skeleton, state.q[7:], state.v[6:], state.torque_prior[6:]
        )
        entries.append((stamp_ns, "/joint_states", joints))
        entries.append((stamp_ns, "/body_state", body_state(state, messages.skeleton, context)))
    return entries


def _dynamics_entries(result: BodyDynamics, skeleton: Skeleton) -> list[Entry]:
    stamp_ns = result.stamp_ns
    right, left = sole_wrenches(result, skeleton)
    drawn = marker_array(shapes(result, skeleton), stamp_ns, WORLD_FRAME)
    torques = joint_state(stamp_ns, skeleton, result.q[7:], result.v[6:], result.tau[6:])
    dynamics = body_dynamics(result, skeleton, WORLD_FRAME)
    return [
        (stamp_ns, "/body_dynamics", dynamics),
        (stamp_ns, "/joint_torques", torques),
        (stamp_ns, "/right_sole/wrench", right),
        (stamp_ns, "/left_sole/wrench", left),
        (stamp_ns, "/markers", drawn),
    ]
