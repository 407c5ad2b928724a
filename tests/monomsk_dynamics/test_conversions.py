"""Messages to arrays and back: by name, in the stated units, or with an error that says why."""

import numpy as np
import pytest

pytestmark = pytest.mark.requires_ros

from monomsk_description.body_state import BodyState  # noqa: E402
from monomsk_description.message_fields import (  # noqa: E402
    StateContext,
    body_model,
    body_state,
    fill,
    stamp_to_ns,
)
from monomsk_description.skeleton import build_skeleton  # noqa: E402
from monomsk_description.subject import Subject  # noqa: E402
from monomsk_dynamics import message_fields  # noqa: E402
from monomsk_dynamics.errors import MessageError  # noqa: E402
from monomsk_dynamics.gait_state import GaitState, LegEvent, LegGait, LegPhase  # noqa: E402
from monomsk_dynamics.gait_steps import StepGeometry  # noqa: E402
from monomsk_dynamics.live import LiveDynamics  # noqa: E402


@pytest.fixture(scope="module")
def ros(request):
    """Message classes and the module under test."""
    pytest.importorskip("rclpy", reason="rclpy cannot be imported: run `make setup`")
    from types import SimpleNamespace

    import geometry_msgs.msg
    import sensor_msgs.msg

    import monomsk_msgs.msg
    from monomsk_dynamics import conversions

    return SimpleNamespace(
        state=monomsk_msgs.msg.BodyState,
        model=monomsk_msgs.msg.BodyModel,
        dynamics=monomsk_msgs.msg.BodyDynamics,
        gait=monomsk_msgs.msg.GaitState,
        wrench=geometry_msgs.msg.WrenchStamped,
        joints=sensor_msgs.msg.JointState,
        conversions=conversions,
    )


@pytest.fixture
def state(skeleton):
    rng = np.random.default_rng(0)
    return BodyState(
        stamp_ns=1_234_567_891_011,
        q=skeleton.integrate(skeleton.neutral(), 0.1 * rng.normal(size=37)),
        v=rng.normal(size=37),
        sigma_q=rng.uniform(0.01, 0.1, 37),
        sigma_v=rng.uniform(0.01, 0.1, 37),
        contact_probability=np.array([0.9, 0.2]),
        torque_prior=rng.normal(size=37),
        torque_prior_sigma=rng.uniform(1.0, 9.0, 37),
        sole_force_prior=rng.normal(size=(2, 3)),
        quality=0.7,
    )


def message_of(ros, state, skeleton):
    return fill(ros.state(), body_state(state, skeleton, StateContext("world")))


def shuffled(message, order):
    """The same message with its coordinates in another order."""
    tangent = list(range(6)) + [6 + k for k in order]
    message.coordinate_names = [message.coordinate_names[k] for k in order]
    for name in ("position", "velocity"):
        setattr(message, name, [getattr(message, name)[k] for k in order])
    for name in ("position_sigma", "velocity_sigma", "torque_prior", "torque_prior_sigma"):
        setattr(message, name, [getattr(message, name)[k] for k in tangent])
    return message


def assert_same(one: BodyState, other: BodyState) -> None:
    for name in BodyState._SHAPES:
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), err_msg=name)
    assert one.stamp_ns == other.stamp_ns
    assert one.quality == other.quality


def test_a_state_survives_the_way_through_a_message(ros, skeleton, state):
    there = ros.conversions.to_body_state(message_of(ros, state, skeleton), skeleton)
    assert_same(there, state)


def test_joints_in_another_order_give_the_same_state(ros, skeleton, state):
    order = np.random.default_rng(1).permutation(31).tolist()
    message = shuffled(message_of(ros, state, skeleton), order)
    assert_same(ros.conversions.to_body_state(message, skeleton), state)


def test_unknown_missing_and_double_joints_are_named(ros, skeleton, state):
    for change, name in (
        (lambda names: ["tail", *names[1:]], "tail"),
        (lambda names: names[:-1], "wrist_dev_l"),
        (lambda names: [names[1], *names[1:]], "hip_adduction_r"),
    ):
        message = message_of(ros, state, skeleton)
        message.coordinate_names = change(list(message.coordinate_names))
        with pytest.raises(MessageError) as caught:
            ros.conversions.to_body_state(message, skeleton)
        assert caught.value.field == name


def test_nan_in_the_kinematics_is_refused_with_the_joints_name(ros, skeleton, state):
    message = message_of(ros, state, skeleton)
    message.position[3] = float("nan")
    with pytest.raises(MessageError, match="knee_angle_r"):
        ros.conversions.to_body_state(message, skeleton)
    message = message_of(ros, state, skeleton)
    message.pelvis_pose.position.x = float("nan")
    with pytest.raises(MessageError, match=r"pelvis_pose\.position"):
        ros.conversions.to_body_state(message, skeleton)


def test_a_quaternion_that_is_none_is_refused(ros, skeleton, state):
    message = message_of(ros, state, skeleton)
    message.pelvis_pose.orientation.w = 5.0
    with pytest.raises(MessageError, match="quaternion"):
        ros.conversions.to_body_state(message, skeleton)


def test_empty_priors_are_unknown_and_short_lists_refused(ros, skeleton, state):
    message = message_of(ros, state, skeleton)
    message.torque_prior = []
    there = ros.conversions.to_body_state(message, skeleton)
    assert np.isnan(there.torque_prior).all()
    message.velocity_sigma = [1.0, 2.0]
    with pytest.raises(MessageError, match="velocity_sigma"):
        ros.conversions.to_body_state(message, skeleton)


@pytest.mark.parametrize("lengths_m", [{}, {"thigh": 0.45, "foot": 0.19, "pelvis_width": 0.18}])
def test_the_skeleton_survives_the_way_through_a_body_model(ros, lengths_m):
    sent = build_skeleton(Subject(1.80, 80.0, "female", lengths_m, frozenset({"mass_kg"})))
    message = fill(ros.model(), body_model(sent, 0, "world"))
    there = ros.conversions.to_skeleton(message)
    assert there.subject.assumed == sent.subject.assumed
    q = there.neutral()
    np.testing.assert_allclose(q, sent.neutral(), atol=1e-9)
    np.testing.assert_allclose(there.mass_matrix(q), sent.mass_matrix(q), atol=1e-6)


def test_an_impossible_or_unexplained_body_is_refused(ros, skeleton):
    message = fill(ros.model(), body_model(skeleton, 0, "world"))
    message.mass_kg = 2.0
    with pytest.raises(MessageError, match="mass_kg"):
        ros.conversions.to_skeleton(message)
    message = fill(ros.model(), body_model(skeleton, 0, "world"))
    message.segment_scales[list(message.segment_names).index("torso")].x *= 1.3
    with pytest.raises(MessageError, match="torso"):
        ros.conversions.to_skeleton(message)
    message = fill(ros.model(), body_model(skeleton, 0, "world"))
    message.segment_scales = message.segment_scales[:-1]
    with pytest.raises(MessageError, match="segment_scales"):
        ros.conversions.to_skeleton(message)


@pytest.fixture
def result(skeleton):
    live = LiveDynamics(skeleton)
    for k in range(30):
        last = live.update(BodyState(k * 16_666_667, skeleton.neutral(), np.zeros(37)))
    return last


def test_dynamics_as_a_message(ros, skeleton, result):
    message = fill(ros.dynamics(), message_fields.body_dynamics(result, skeleton, "world", 0.02))
    assert stamp_to_ns(message.header.stamp) == result.stamp_ns
    assert list(message.coordinate_names) == list(skeleton.coordinate_names)
    np.testing.assert_allclose(message.effort, result.tau[6:])
    np.testing.assert_allclose(message.effort_sigma, result.tau_sigma[6:])
    assert message.right_sole.force.z == result.soles[0].force[2]
    assert message.left_sole.in_contact
    assert message.state_age_s == 0.02
    assert list(message.stage_names) == list(result.timings_s)


def test_gait_as_a_message(ros):
    step = StepGeometry(1.4, 0.68, 0.09)
    right = LegGait(
        LegPhase.SWING, LegEvent.TOE_OFF, 0.62, 0.03, 12_500_000_000, 13_100_000_001, step
    )
    message = fill(
        ros.gait(), message_fields.gait(GaitState(13_110_000_000, (right, LegGait())), "world")
    )
    assert stamp_to_ns(message.header.stamp) == 13_110_000_000
    assert list(message.phase) == [message.PHASE_SWING, message.PHASE_UNKNOWN]
    assert list(message.event) == [message.EVENT_TOE_OFF, message.EVENT_NONE]
    assert stamp_to_ns(message.last_toe_off[0]) == 13_100_000_001
    assert stamp_to_ns(message.last_heel_strike[1]) == 0
    np.testing.assert_array_equal(message.cycle_fraction, [0.62, np.nan])
    np.testing.assert_array_equal(message.cycle_fraction_sigma, [0.03, np.nan])
    np.testing.assert_array_equal(message.stride_length, [1.4, np.nan])
    np.testing.assert_array_equal(message.step_length, [0.68, np.nan])
    np.testing.assert_array_equal(message.step_width, [0.09, np.nan])
    assert np.isnan([message.step_rate_hz, message.speed]).all()


def test_sole_wrenches_are_those_of_the_contacts_in_the_sole_frames(ros, skeleton, result):
    for fields, contact, pose in zip(
        message_fields.sole_wrenches(result, skeleton),
        result.soles,
        skeleton.sole_poses(result.q),
        strict=True,
    ):
        message = fill(ros.wrench(), fields)
        force = message.wrench.force
        moment = message.wrench.torque
        back = pose.rotation @ [force.x, force.y, force.z]
        np.testing.assert_allclose(back, contact.force, atol=1e-9)
        about = pose.rotation @ [moment.x, moment.y, moment.z]
        np.testing.assert_allclose(about, contact.moment_about(pose.translation), atol=1e-9)
    assert [f["header"]["frame_id"] for f in message_fields.sole_wrenches(result, skeleton)] == [
        "r_sole",
        "l_sole",
    ]


def test_markers_of_a_foot_in_the_air_are_taken_away(ros, skeleton, result):
    from monomsk_dynamics.markers import NAMES, shapes

    drawn = [s for s in shapes(result, skeleton) if not s.name.endswith("_l")]
    markers = ros.conversions.to_marker_array(drawn, result.stamp_ns, "world").markers
    actions = {name: marker.action for name, marker in zip(NAMES, markers, strict=True)}
    assert actions["force_r"] == markers[0].ADD
    assert actions["force_l"] == markers[0].DELETE
    assert len({marker.id for marker in markers}) == len(markers)
    assert {marker.header.frame_id for marker in markers} == {"world"}


def test_transforms_carry_the_poses(ros, skeleton):
    q = skeleton.neutral()
    poses = {"pelvis": skeleton.segment_poses(q)["pelvis"]}
    (transform,) = ros.conversions.to_transforms(poses, 5, "world")
    assert transform.child_frame_id == "pelvis"
    assert transform.transform.translation.z == pytest.approx(q[2])
    assert transform.transform.rotation.w == pytest.approx(1.0)


def test_two_people_share_no_frame_and_no_marker(ros, skeleton, result):
    from monomsk_dynamics.markers import shapes

    poses = skeleton.segment_poses(result.q)
    frames, markers = [], []
    for prefix in ("anna/", "ben/"):
        transforms = ros.conversions.to_transforms(poses, 5, "world", prefix)
        assert {t.header.frame_id for t in transforms} == {"world"}
        wrenches = message_fields.sole_wrenches(result, skeleton, prefix)
        frames += [t.child_frame_id for t in transforms]
        frames += [wrench["header"]["frame_id"] for wrench in wrenches]
        drawn = ros.conversions.to_marker_array(shapes(result, skeleton), 5, "world", prefix)
        markers += [(marker.ns, marker.id) for marker in drawn.markers]
    assert len(set(frames)) == len(frames) == 2 * (len(poses) + 2)
    assert {"anna/pelvis", "ben/r_sole"} <= set(frames)
    assert len(set(markers)) == len(markers)
