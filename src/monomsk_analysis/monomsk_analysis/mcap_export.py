"""All messages of an analysis in one MCAP file, as the running graph would have recorded them.

No DDS and no compiled messages are needed: `ros2 bag play`, Foxglove and rosbags read it.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monomsk_analysis import message_fields
from monomsk_analysis.bag_writer import BagTopic, BagWriter
from monomsk_analysis.message_types import build_message, load_typestore
from monomsk_description.body_state import BodyState
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.results import BodyDynamics
from monomsk_perception.landmarks import Landmarks

WORLD_FRAME = "world"
CAMERA_FRAME = "camera_optical_frame"
SOLE_FRAMES = ("r_sole", "l_sole")

_TOPICS = (
    BagTopic("/body_model", "monomsk_msgs/msg/BodyModel", latched=True),
    BagTopic("/landmarks", "monomsk_msgs/msg/Landmarks", reliable=False),
    BagTopic("/joint_states", "sensor_msgs/msg/JointState"),
    BagTopic("/body_state", "monomsk_msgs/msg/BodyState"),
    BagTopic("/body_dynamics", "monomsk_msgs/msg/BodyDynamics"),
    BagTopic("/joint_torques", "sensor_msgs/msg/JointState"),
    BagTopic("/right_sole/wrench", "geometry_msgs/msg/WrenchStamped"),
    BagTopic("/left_sole/wrench", "geometry_msgs/msg/WrenchStamped"),
)


@dataclass(frozen=True)
class MessageSet:
    """Everything to be written.

    Attributes:
        skeleton: the body model.
        landmarks: in order of time.
        states: in order of time.
        dynamics: in order of time.
        assumptions: what was assumed rather than given.
    """

    skeleton: Skeleton
    landmarks: Sequence[Landmarks]
    states: Sequence[BodyState]
    dynamics: Sequence[BodyDynamics]
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
    with BagWriter(bag, typestore=typestore) as writer:
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


def _entries(messages: MessageSet) -> list[tuple[int, str, dict[str, Any]]]:
    skeleton = messages.skeleton
    entries: list[tuple[int, str, dict[str, Any]]] = []
    for landmarks in messages.landmarks:
        fields = message_fields.landmarks(landmarks, CAMERA_FRAME)
        entries.append((landmarks.stamp_ns, "/landmarks", fields))
    for state in messages.states:
        entries.append((state.stamp_ns, "/joint_states", _joint_state(state, skeleton)))
        fields = message_fields.body_state(state, skeleton, WORLD_FRAME, messages.assumptions)
        entries.append((state.stamp_ns, "/body_state", fields))
    for result in messages.dynamics:
        entries += _dynamics_entries(result, skeleton)
    first_ns = min((entry[0] for entry in entries), default=0)
    model = message_fields.body_model(skeleton, first_ns, WORLD_FRAME)
    return [(first_ns, "/body_model", model), *entries]


def _joint_state(state: BodyState, skeleton: Skeleton) -> dict[str, Any]:
    return message_fields.joint_state(
        state.stamp_ns, skeleton, state.q[7:], state.v[6:], state.torque_prior[6:]
    )


def _dynamics_entries(
    result: BodyDynamics, skeleton: Skeleton
) -> list[tuple[int, str, dict[str, Any]]]:
    stamp_ns = result.stamp_ns
    right, left = message_fields.sole_wrenches(result, skeleton, SOLE_FRAMES)
    torques = message_fields.joint_state(
        stamp_ns, skeleton, result.q[7:], result.v[6:], result.tau[6:]
    )
    dynamics = message_fields.body_dynamics(result, skeleton, WORLD_FRAME)
    return [
        (stamp_ns, "/body_dynamics", dynamics),
        (stamp_ns, "/joint_torques", torques),
        (stamp_ns, "/right_sole/wrench", right),
        (stamp_ns, "/left_sole/wrench", left),
    ]
