"""The node as its own process: what it publishes, what it refuses, how it ends."""

from types import SimpleNamespace

import numpy as np
import pytest

from monomsk_description.body_state import BodyState
from monomsk_description.message_fields import StateContext, body_model, body_state, fill

pytestmark = [pytest.mark.integration, pytest.mark.requires_ros]

PERIOD_S = 1 / 60


@pytest.fixture
def node(request, start_node, ros_node, spin_until, skeleton):
    """The running node, publishers to it and everything that comes back, by topic."""
    from diagnostic_msgs.msg import DiagnosticArray
    from geometry_msgs.msg import WrenchStamped
    from rclpy.qos import DurabilityPolicy, QoSProfile
    from sensor_msgs.msg import JointState
    from visualization_msgs.msg import MarkerArray

    import monomsk_msgs.msg as msgs

    received: dict[str, list] = {}
    for topic, kind in {
        "body_dynamics": msgs.BodyDynamics,
        "joint_torques": JointState,
        "right_sole/wrench": WrenchStamped,
        "left_sole/wrench": WrenchStamped,
        "gait": msgs.GaitState,
        "markers": MarkerArray,
        "/diagnostics": DiagnosticArray,
    }.items():
        received[topic] = []
        ros_node.create_subscription(kind, topic, received[topic].append, 100)
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    models = ros_node.create_publisher(msgs.BodyModel, "body_model", latched)
    states = ros_node.create_publisher(msgs.BodyState, "body_state", 10)
    process = start_node("monomsk_dynamics", "dynamics_node", getattr(request, "param", None))
    assert spin_until(
        lambda: states.get_subscription_count() and ros_node.count_publishers("markers")
    ), process.output

    def send_model() -> None:
        models.publish(fill(msgs.BodyModel(), body_model(skeleton, 0, "world")))
        process.wait_for_output("body model: 1.75 m, 70 kg")

    def send(stamp_s: float, change=None) -> None:
        state = BodyState(round(stamp_s * 1e9), skeleton.neutral(), np.zeros(37))
        message = fill(msgs.BodyState(), body_state(state, skeleton, StateContext("world")))
        if change is not None:
            change(message)
        states.publish(message)

    def stand(start_s: float, count: int) -> None:
        """Send so many states of standing, each after the answer to the one before."""
        for k in range(count):
            before = len(received["body_dynamics"])
            send(start_s + k * PERIOD_S)
            assert spin_until(lambda: len(received["body_dynamics"]) > before, 10.0), process.output  # noqa: B023

    def diagnosed(text: str) -> bool:
        return any(text in array.status[0].message for array in received["/diagnostics"])

    return SimpleNamespace(
        process=process, received=received, send_model=send_model, send=send, stand=stand,
        diagnosed=diagnosed,
    )  # fmt: skip


def test_a_standing_person_in_messages(node, spin_until, skeleton):
    node.send_model()
    node.stand(100.0, 70)
    assert spin_until(lambda: min(len(node.received[t]) for t in ("markers", "gait")) >= 70)
    message = node.received["body_dynamics"][-1]
    assert (message.header.stamp.sec, message.header.frame_id) == (101, "world")
    force = message.right_sole.force.z + message.left_sole.force.z
    assert force == pytest.approx(70.0 * 9.81, rel=0.005)
    assert list(message.coordinate_names) == list(skeleton.coordinate_names)
    torques = node.received["joint_torques"][-1]
    assert list(torques.name) == list(skeleton.coordinate_names)
    np.testing.assert_array_equal(torques.effort, message.effort)
    assert torques.header.stamp == message.header.stamp
    for side in ("right", "left"):
        wrench = node.received[f"{side}_sole/wrench"][-1]
        assert wrench.header.frame_id == f"{side[0]}_sole"
        assert wrench.header.stamp == message.header.stamp
        assert wrench.wrench.force.z == pytest.approx(0.5 * force, rel=0.01)
    gait = node.received["gait"][-1]
    assert (gait.header.stamp, gait.header.frame_id) == (message.header.stamp, "world")
    assert list(gait.phase) == [gait.PHASE_STANCE] * 2
    assert list(node.received["gait"][0].phase) == [gait.PHASE_UNKNOWN] * 2
    assert np.isnan([*gait.cycle_fraction, *gait.step_length, gait.step_rate_hz, gait.speed]).all()
    assert gait.last_heel_strike[0].sec == 0
    assert {marker.header.frame_id for marker in node.received["markers"][-1].markers} == {"world"}
    assert spin_until(lambda: node.diagnosed("computing"))
    status = node.received["/diagnostics"][-1].status[0]
    assert {"rate_hz", "age_s", "root_force_n", "results"} <= {pair.key for pair in status.values}
    assert status.name.endswith("/dynamics")


@pytest.mark.parametrize("node", [{"muscles": True}], indirect=True)
def test_muscles_hold_a_standing_person_if_asked(node):
    node.send_model()
    node.stand(100.0, 30)
    message = node.received["body_dynamics"][-1]
    activations = dict(zip(message.muscle_names, message.muscle_activations, strict=True))
    assert len(activations) == 80
    assert 0.0 < activations["soleus_r"] <= 1.0
    assert activations["soleus_r"] == pytest.approx(activations["soleus_l"], abs=0.05)
    assert "muscles" in message.stage_names


def test_states_before_the_body_model_are_reported_not_guessed(node, spin_until):
    for k in range(5):
        node.send(100.0 + k * PERIOD_S)
    assert spin_until(lambda: node.diagnosed("no body_model"))
    assert not node.received["body_dynamics"]


def test_nan_and_unknown_joints_give_a_diagnostic_and_nothing_else(node, spin_until):
    node.send_model()
    node.stand(100.0, 5)

    def spoil(message) -> None:
        message.position[3] = float("nan")

    def rename(message) -> None:
        message.coordinate_names[0] = "tail"

    node.send(100.5, spoil)
    assert spin_until(lambda: node.diagnosed("knee_angle_r is NaN"))
    node.send(100.6, rename)
    assert spin_until(lambda: node.diagnosed("tail"))
    assert len(node.received["body_dynamics"]) == len(node.received["gait"]) == 5
    node.stand(100.7, 3)


def test_a_bag_that_loops_resets_and_is_reported(node, spin_until):
    node.send_model()
    node.stand(100.0, 10)
    node.stand(50.0, 10)
    assert spin_until(lambda: node.diagnosed("time jumped back"))
    first_again = node.received["body_dynamics"][10]
    assert np.isnan(first_again.consistency_error)


def test_another_person_has_another_past(node, spin_until):
    def other(message) -> None:
        message.track_id = 2
        message.pelvis_pose.position.x += 2.0

    def same(message) -> None:
        message.track_id = 1

    node.send_model()
    for k, change in enumerate([same] * 12 + [None] + [other] * 2):
        node.send(100.0 + k * PERIOD_S, change)
        assert spin_until(lambda: len(node.received["body_dynamics"]) > k, 10.0)  # noqa: B023
    errors = [message.consistency_error for message in node.received["body_dynamics"]]
    assert not np.isnan(errors[10:13]).any() and np.isnan(errors[13])
    # Nobody flew from one place to the other.
    before, first = node.received["body_dynamics"][12:14]
    assert first.pelvis_pose.position.x - before.pelvis_pose.position.x == pytest.approx(2.0)
    assert first.pelvis_twist.linear.x == pytest.approx(0.0, abs=1e-9)


def test_an_interrupt_ends_the_node_quietly(node):
    node.process.interrupt()
    assert node.process.wait() == 0
    assert "Traceback" not in node.process.output


def set_parameters(ros_node, spin_until, **values):
    """The answer of the node to new values."""
    from rcl_interfaces.srv import SetParameters
    from rclpy.parameter import Parameter

    client = ros_node.create_client(SetParameters, "dynamics/set_parameters")
    assert client.wait_for_service(10.0)
    request = SetParameters.Request(
        parameters=[
            Parameter(name, value=value).to_parameter_msg() for name, value in values.items()
        ]
    )
    future = client.call_async(request)
    assert spin_until(future.done, 10.0)
    return future.result().results


def test_parameters_change_without_losing_the_stream(node, ros_node, spin_until):
    node.send_model()
    node.stand(100.0, 30)
    (taken,) = set_parameters(ros_node, spin_until, clean_bandwidth_hz=6.0)
    assert taken.successful
    node.stand(100.0 + 30 * PERIOD_S, 30)
    errors = [message.consistency_error for message in node.received["body_dynamics"]]
    assert np.isnan(errors[0])
    assert not np.isnan(errors[10:]).any()  # it never started anew


def test_wrong_parameters_are_refused_with_the_reason(node, ros_node, spin_until):
    (low,) = set_parameters(ros_node, spin_until, friction=-1.0)
    assert not low.successful
    assert "friction" in low.reason
    (unfit,) = set_parameters(ros_node, spin_until, strike_share=1.8)
    assert not unfit.successful
    assert "leave_share" in unfit.reason
    (fixed,) = set_parameters(ros_node, spin_until, publish_tf=False)
    assert not fixed.successful


def test_wrong_lengths_and_absurd_numbers_give_no_number(node, spin_until):
    node.send_model()
    node.stand(100.0, 5)

    def shorten(message) -> None:
        message.position = message.position[:-1]

    def zero_quaternion(message) -> None:
        message.pelvis_pose.orientation.w = 0.0

    def explode(message) -> None:
        message.pelvis_pose.position.x = 1e200

    node.send(100.5, shorten)
    assert spin_until(lambda: node.diagnosed("30 numbers"))
    node.send(100.6, zero_quaternion)
    assert spin_until(lambda: node.diagnosed("unit quaternion"))
    node.send(100.7, explode)
    node.stand(100.8, 5)
    for message in node.received["body_dynamics"]:
        assert np.isfinite(message.effort).all()
