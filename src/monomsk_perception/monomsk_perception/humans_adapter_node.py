"""Node `humans_adapter`: the followed person as REP-155 (ROS4HRI) describes people.

    /humans/bodies/<id>/joint_states   sensor_msgs/JointState, joints of the URDF
    /human_description_<id>            URDF: latched std_msgs/String, and a parameter of this node
    /humans/bodies/<id>/skeleton2d     hri_msgs/Skeleton2D, where hri_msgs is installed
    /humans/bodies/tracked             hri_msgs/IdsList, where hri_msgs is installed

Human estimates never go to the robot's own /joint_states or /robot_description.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile, qos_profile_sensor_data
from sensor_msgs.msg import JointState
from std_msgs.msg import String

from monomsk_description.lifecycle_node import StatusNode, run
from monomsk_description.node_parameters import NodeParameter
from monomsk_description.status_level import Level
from monomsk_msgs.msg import BodyModel, BodyState, Landmarks
from monomsk_perception.humans_adapter import (
    body_id,
    body_topic,
    description_name,
    skeleton_order,
    skeleton_points,
)

try:
    from hri_msgs.msg import IdsList, NormalizedPointOfInterest2D, Skeleton2D
except ImportError:  # not among the ROS wheels
    IdsList = NormalizedPointOfInterest2D = Skeleton2D = None

_LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)

PARAMETERS: dict[str, NodeParameter] = {
    "hold_s": NodeParameter(1.0, "silence after which a body is gone [s]", 0.1, 60.0),
}


class HumansAdapter(StatusNode):
    """Repeats what perception says, under other names."""

    def __init__(self) -> None:
        super().__init__("humans_adapter", PARAMETERS)
        self._track_id = 0
        self._heard_s = 0.0
        self._urdf = ""
        self._body: dict[str, Any] = {}
        self._tracked: Any = None

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Listen to perception."""
        self.start_status(self._look_around)
        listen = self.create_subscription
        self._inputs = [
            listen(BodyModel, "body_model", self._on_model, _LATCHED),
            listen(BodyState, "body_state", self._on_state, 10),
            listen(Landmarks, "landmarks", self._on_landmarks, qos_profile_sensor_data),
        ]
        if IdsList is not None:
            self._tracked = self.create_publisher(IdsList, "/humans/bodies/tracked", _LATCHED)
        return TransitionCallbackReturn.SUCCESS

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Say that nobody is there, then nothing."""
        self._forget()
        self._tell_tracked()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Take everything away again."""
        self.stop_status()
        for subscription in self._inputs:
            self.destroy_subscription(subscription)
        if self._tracked is not None:
            self.destroy_publisher(self._tracked)
        return TransitionCallbackReturn.SUCCESS

    def _on_model(self, message: BodyModel) -> None:
        self._urdf = message.urdf
        self._describe()

    def _on_state(self, message: BodyState) -> None:
        if not self._is_active or message.status == BodyState.STATUS_LOST:
            return
        self._follow(int(message.track_id))
        joints = JointState(name=message.coordinate_names)
        joints.header.stamp = message.header.stamp
        joints.position, joints.velocity = message.position, message.velocity
        self._body["joint_states"].publish(joints)

    def _on_landmarks(self, message: Landmarks) -> None:
        publisher = self._body.get("skeleton2d")
        if publisher is None or message.status != Landmarks.STATUS_TRACKED:
            return
        if message.track_id != self._track_id:
            return  # somebody else, whose first state is still to come
        points = skeleton_points(
            message.names,
            np.column_stack([message.pixel_u, message.pixel_v]),
            np.array(message.visibility),
            (message.image_width, message.image_height),
            skeleton_order(dir(Skeleton2D)),
        )
        skeleton = Skeleton2D(header=message.header)
        skeleton.skeleton = [
            NormalizedPointOfInterest2D(x=float(x), y=float(y), c=float(c)) for x, y, c in points
        ]
        publisher.publish(skeleton)

    def _follow(self, track_id: int) -> None:
        """Make sure that the topics are this person's."""
        self._heard_s = time.perf_counter()
        if self._body and track_id == self._track_id:
            return
        self._forget()
        self._track_id = track_id
        self._body["joint_states"] = self.create_publisher(
            JointState, body_topic(track_id, "joint_states"), 10
        )
        self._body["description"] = self.create_publisher(
            String, f"/{description_name(track_id)}", _LATCHED
        )
        if Skeleton2D is not None:
            self._body["skeleton2d"] = self.create_publisher(
                Skeleton2D, body_topic(track_id, "skeleton2d"), qos_profile_sensor_data
            )
        self._describe()
        self._tell_tracked()

    def _describe(self) -> None:
        if not self._urdf or not self._body:
            return
        name = description_name(self._track_id)
        if not self.has_parameter(name):
            self.declare_parameter(name, "")
        self.set_parameters([Parameter(name, value=self._urdf)])
        self._body["description"].publish(String(data=self._urdf))

    def _forget(self) -> None:
        if self._body and self.has_parameter(description_name(self._track_id)):
            self.undeclare_parameter(description_name(self._track_id))
        while self._body:
            self.destroy_publisher(self._body.popitem()[1])

    def _tell_tracked(self) -> None:
        if self._tracked is not None:
            message = IdsList(ids=[body_id(self._track_id)] if self._body else [])
            message.header.stamp = self.get_clock().now().to_msg()
            self._tracked.publish(message)

    def _look_around(self) -> None:
        """Drop a body that nobody speaks of any more; say how it is."""
        if self._body and time.perf_counter() - self._heard_s > self.parameter("hold_s"):
            self._forget()
            self._tell_tracked()
        text = f"body {body_id(self._track_id)}" if self._body else "nobody"
        values = {"hri_msgs": "installed" if Skeleton2D is not None else "not installed"}
        self.publish_status(Level.OK, text, values)


def main(args: list[str] | None = None) -> None:
    """Run the node until it is interrupted."""
    run(HumansAdapter, args)


if __name__ == "__main__":
    main()
