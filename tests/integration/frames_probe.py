"""Tells where the camera is on /tf_static, and what comes on /tf and by REP-155, a line each.

Lines are JSON objects: {"tf": [[parent, child, stamp_ns], ...]}, {"tracked": [...]},
{"skeleton": [[x, y, c], ...], "stamp_ns": ...}. Started as a process of its own.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import rclpy
from geometry_msgs.msg import TransformStamped
from hri_msgs.msg import IdsList, Skeleton2D
from rclpy.qos import DurabilityPolicy, QoSProfile, qos_profile_sensor_data
from tf2_msgs.msg import TFMessage

#: A camera that looks along the world's x, level.
LEVEL = (-0.5, 0.5, -0.5, 0.5)
_LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


def _tell(**what: Any) -> None:
    print(json.dumps(what), flush=True)


def _stamp_ns(message: Any) -> int:
    return message.header.stamp.sec * 10**9 + message.header.stamp.nanosec


def _camera(world: str, height_m: float) -> TFMessage:
    transform = TransformStamped(child_frame_id="camera_optical_frame")
    transform.header.frame_id = world
    transform.transform.translation.z = height_m
    rotation = transform.transform.rotation
    rotation.x, rotation.y, rotation.z, rotation.w = LEVEL
    return TFMessage(transforms=[transform])


def main(world: str, height_m: str, skeleton_topic: str) -> None:
    """Listen until interrupted."""
    rclpy.init()
    node = rclpy.create_node("frames_probe")
    static = node.create_publisher(TFMessage, "/tf_static", _LATCHED)
    static.publish(_camera(world, float(height_m)))
    node.create_subscription(
        TFMessage,
        "/tf",
        lambda m: _tell(
            tf=[[t.header.frame_id, t.child_frame_id, _stamp_ns(t)] for t in m.transforms]
        ),
        100,
    )
    tracked = "/humans/bodies/tracked"
    node.create_subscription(IdsList, tracked, lambda m: _tell(tracked=list(m.ids)), _LATCHED)
    node.create_subscription(
        Skeleton2D,
        skeleton_topic,
        lambda m: _tell(skeleton=[[p.x, p.y, p.c] for p in m.skeleton], stamp_ns=_stamp_ns(m)),
        qos_profile_sensor_data,
    )
    rclpy.spin(node)


if __name__ == "__main__":
    main(*sys.argv[1:4])
