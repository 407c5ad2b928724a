"""What perception found, on its way out as messages."""

from __future__ import annotations

from typing import Any

from sensor_msgs.msg import JointState

from monomsk_description.message_fields import body_model, fill, joint_state
from monomsk_description.skeleton import Skeleton
from monomsk_msgs.msg import BodyModel, BodyState, Landmarks
from monomsk_perception.conversions import to_landmarks_message, to_state_message
from monomsk_perception.live_result import LiveResult


class ResultPublishers:
    """Publishes landmarks, body states with their joint states, and the body model.

    Args:
        node: The rclpy node that publishes.
        world_frame: Name of the world frame.
        landmarks_quality: QoS of the landmarks.
        model_quality: QoS of the body model.
    """

    def __init__(
        self, node: Any, world_frame: str, landmarks_quality: Any, model_quality: Any
    ) -> None:
        self._node, self._world_frame = node, world_frame
        self._landmarks = node.create_publisher(Landmarks, "landmarks", landmarks_quality)
        self._model = node.create_publisher(BodyModel, "body_model", model_quality)
        self._joints = node.create_publisher(JointState, "joint_states", 10)
        self._states = node.create_publisher(BodyState, "body_state", 10)

    def landmarks(self, result: LiveResult) -> None:
        """Publish the landmarks of an image, or that nobody was measured in it."""
        self._landmarks.publish(to_landmarks_message(result))

    def state(self, result: LiveResult, skeleton: Skeleton, assumed: tuple[str, ...]) -> None:
        """Publish the body state of an image that has one.

        Args:
            result: Of the image.
            skeleton: Whose.
            assumed: Names of what nobody gave.
        """
        state = result.state
        assert state is not None
        self._states.publish(to_state_message(result, skeleton, self._world_frame, assumed))
        effort = state.torque_prior[6:]
        joints = joint_state(state.stamp_ns, skeleton, state.q[7:], state.v[6:], effort)
        self._joints.publish(fill(JointState(), joints))

    def model(self, skeleton: Skeleton) -> None:
        """Publish the body model."""
        self._model.publish(fill(BodyModel(), self.model_fields(skeleton)))

    def model_fields(self, skeleton: Skeleton) -> dict[str, Any]:
        """The fields of a BodyModel as of now."""
        now_ns = self._node.get_clock().now().nanoseconds
        return body_model(skeleton, now_ns, self._world_frame)

    def destroy(self) -> None:
        """Take the publishers away."""
        for publisher in (self._landmarks, self._model, self._joints, self._states):
            self._node.destroy_publisher(publisher)
