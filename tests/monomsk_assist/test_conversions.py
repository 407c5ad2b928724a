"""Messages become estimates by name; commands become messages with every field."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from monomsk_assist.command import Command, JointSetpoint, State
from monomsk_assist.errors import MessageError, NotFiniteError
from monomsk_description.message_fields import fill
from monomsk_dynamics import results
from monomsk_dynamics.message_fields import body_dynamics

pytestmark = pytest.mark.requires_ros


@pytest.fixture(scope="module")
def ros():
    import monomsk_msgs.msg as msgs
    from monomsk_assist import conversions

    return SimpleNamespace(msgs=msgs, conversions=conversions)


@pytest.fixture
def result(skeleton):
    rng = np.random.default_rng(2)
    q = skeleton.integrate(skeleton.neutral(), 0.1 * rng.normal(size=37))
    tau = np.concatenate([np.zeros(6), rng.normal(size=31)])
    standing = results.SoleContact(True, 0.9, np.array([1.0, 2.0, 300.0]), np.ones(3), 0.5)
    return results.BodyDynamics(
        1_500_000_000, q, rng.normal(size=37), rng.normal(size=37), tau, rng.uniform(size=37),
        (standing, standing), rng.normal(size=6), 0.02,
    )  # fmt: skip


@pytest.fixture
def message(ros, result, skeleton):
    message = fill(ros.msgs.BodyDynamics(), body_dynamics(result, skeleton, "world"))
    message.track_id = 7
    return message


@pytest.fixture
def reader(ros, skeleton):
    return ros.conversions.EstimateReader(skeleton.coordinate_names)


def assert_same(estimate, result):
    assert estimate.stamp_ns == result.stamp_ns
    for name in ("q", "v", "a", "tau", "root_residual"):
        np.testing.assert_allclose(getattr(estimate, name), getattr(result, name), atol=1e-12)
    np.testing.assert_allclose(estimate.tau_sigma[6:], result.tau_sigma[6:])
    np.testing.assert_allclose(estimate.soles[0].force, result.soles[0].force)
    assert estimate.consistency_error == result.consistency_error


def test_an_estimate_is_what_dynamics_found(reader, message, result):
    estimate = reader.read(message)
    assert_same(estimate, result)
    assert estimate.track_id == 7


def test_joints_in_another_order_give_the_same_estimate(reader, message, result):
    assert_same(reader.read(message), result)
    for field in ("coordinate_names", "position", "velocity", "acceleration", "effort"):
        setattr(message, field, list(getattr(message, field))[::-1])
    message.effort_sigma = list(message.effort_sigma)[::-1]
    assert_same(reader.read(message), result)


@pytest.mark.parametrize("field", ["position", "velocity", "acceleration", "effort"])
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_not_finite_is_refused(reader, message, field, bad):
    getattr(message, field)[3] = bad
    with pytest.raises(NotFiniteError, match=field):
        reader.read(message)


def test_an_unknown_name_a_short_list_and_a_broken_quaternion_are_refused(reader, message):
    message.pelvis_pose.orientation.w += 1.0
    with pytest.raises(MessageError, match="orientation"):
        reader.read(message)
    message.effort = list(message.effort)[:-1]
    with pytest.raises(MessageError, match="effort"):
        reader.read(message)
    names = list(message.coordinate_names)
    message.coordinate_names = ["tail", *names[1:]]
    with pytest.raises(MessageError, match="tail"):
        reader.read(message)


def test_the_phase_of_both_legs(ros):
    message = ros.msgs.GaitState(step_rate_hz=1.9)
    message.cycle_fraction, message.cycle_fraction_sigma = [0.2, 0.7], [0.01, math.nan]
    gait = ros.conversions.to_gait(message)
    assert (gait.legs[0].fraction, gait.legs[1].fraction, gait.step_rate_hz) == (0.2, 0.7, 1.9)
    assert math.isnan(gait.legs[1].sigma)


def test_joint_states_need_a_number_for_each_name(ros):
    from sensor_msgs.msg import JointState

    good = JointState(name=["a", "b"], position=[1.0, 2.0], velocity=[3.0, 4.0])
    assert ros.conversions.to_joint_angles(good) == ({"a": 1.0, "b": 2.0}, {"a": 3.0, "b": 4.0})
    with pytest.raises(MessageError, match="velocity"):
        ros.conversions.to_joint_angles(JointState(name=["a"], position=[1.0]))


def test_a_command_speaks_of_the_person(ros):
    on_person = JointSetpoint("hip_flexion_r", 5.0, 10.0, 0.1, 0.0, 20.0, 1.0, 0.2, 0.3)
    on_device = JointSetpoint("motor", -5.0, 10.0)
    command = Command(
        1_000_000_005, State.FADING, ("too_old",), 0.5, (on_person,), (on_device,), 0.06, 0.07, 0.05
    )
    message = ros.conversions.to_message(command)
    assert (message.header.stamp.sec, message.header.stamp.nanosec) == (1, 5)
    assert message.state == ros.msgs.AssistCommand.STATE_FADING
    assert list(message.reasons) == ["too_old"]
    assert list(message.joint_names) == ["hip_flexion_r"]
    numbers = {
        "effort": 5.0, "effort_limit": 10.0, "position": 0.1, "velocity": 0.0, "stiffness": 20.0,
        "damping": 1.0,
    }  # fmt: skip
    for field, value in numbers.items():
        assert list(getattr(message, field)) == [value]
    times = (message.fade, message.state_age_s, message.horizon_s, message.valid_for_s)
    assert times == (0.5, 0.06, 0.07, 0.05)


@pytest.mark.parametrize("state", list(State))
def test_states_are_those_of_the_message(ros, state):
    assert getattr(ros.msgs.AssistCommand, f"STATE_{state.name}") == int(state)
