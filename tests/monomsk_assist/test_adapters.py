"""Commands in a controller's order: by name, within limits, zero unless torque may flow."""

import math
from dataclasses import replace

import pytest

from monomsk_assist.adapters import (
    ADAPTERS,
    ControllerOrder,
    effort_array,
    joint_state,
    joint_trajectory,
)
from monomsk_assist.command import Command, JointSetpoint, State
from monomsk_assist.device_errors import JointOrderError

JOINTS = ("hip_right", "hip_left")
SETPOINTS = (
    JointSetpoint("hip_right", 8.0, 12.0, angle_rad=0.3, rate_rad_s=1.0),
    JointSetpoint("hip_left", -3.0, 12.0, angle_rad=-0.1, rate_rad_s=-2.0),
)


def command(state=State.ACTIVE, setpoints=SETPOINTS) -> Command:
    return Command(1, state, (), 1.0, setpoints, setpoints, 0.04, 0.05, 0.05)


def arranged(given: Command, order=("hip_left", "hip_right")):
    return ControllerOrder(order, JOINTS).arrange(given)


def test_the_order_is_the_controllers():
    result = arranged(command())
    assert result.joint_names == ("hip_left", "hip_right")
    assert result.effort_nm == (-3.0, 8.0)
    assert result.position_rad == (-0.1, 0.3)
    assert list(effort_array(result, 5)["data"]) == [-3.0, 8.0]


@pytest.mark.parametrize("state", [State.DISABLED, State.ARMING, State.FAULT])
def test_zero_is_said_where_no_torque_may_flow(state):
    assert arranged(command(state)).effort_nm == (0.0, 0.0)


def test_a_fading_command_still_carries_torque():
    assert arranged(command(State.FADING)).effort_nm == (-3.0, 8.0)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_one_number_that_is_none_stops_all_joints(bad):
    broken = (replace(SETPOINTS[0], effort_nm=bad), SETPOINTS[1])
    assert arranged(command(setpoints=broken)).effort_nm == (0.0, 0.0)


def test_a_torque_beyond_its_limit_is_cut():
    strong = (replace(SETPOINTS[0], effort_nm=99.0), replace(SETPOINTS[1], effort_nm=-99.0))
    assert arranged(command(setpoints=strong)).effort_nm == (-12.0, 12.0)


def test_springs_and_dampers_become_the_torque_at_the_expected_angle():
    spring = replace(
        SETPOINTS[0],
        effort_nm=1.0,
        position_rad=0.5,
        velocity_rad_s=0.0,
        stiffness_nm_rad=20.0,
        damping_nm_s_rad=0.5,
    )
    result = arranged(command(setpoints=(spring, SETPOINTS[1])))
    assert result.effort_nm[1] == pytest.approx(1.0 + 20.0 * 0.2 - 0.5 * 1.0)


@pytest.mark.parametrize(
    ("controller", "joint"),
    [
        (("hip_right",), "hip_left"),
        (("hip_right", "hip_left", "knee_left"), "knee_left"),
        (("hip_right", "hip_right", "hip_left"), "hip_right"),
    ],
)
def test_other_joints_are_an_error_that_names_them(controller, joint):
    with pytest.raises(JointOrderError, match=joint) as caught:
        ControllerOrder(controller, JOINTS)
    assert caught.value.joint == joint


def test_a_command_that_lacks_a_joint_is_an_error():
    with pytest.raises(JointOrderError, match="hip_left"):
        arranged(command(setpoints=SETPOINTS[:1]))


def test_a_trajectory_is_one_point_that_starts_on_receipt():
    fields = joint_trajectory(arranged(command()), 7_000_000_000, time_from_start_s=0.25)
    (point,) = fields["points"]
    assert fields["header"]["stamp"] == {"sec": 0, "nanosec": 0}
    assert fields["joint_names"] == ("hip_left", "hip_right")
    assert list(point["effort"]) == [-3.0, 8.0]
    assert list(point["positions"]) == [-0.1, 0.3]
    assert list(point["velocities"]) == [-2.0, 1.0]
    assert point["time_from_start"] == {"sec": 0, "nanosec": 250_000_000}


def test_a_trajectory_claims_no_unknown_positions():
    lost = tuple(replace(setpoint, angle_rad=math.nan) for setpoint in SETPOINTS)
    (point,) = joint_trajectory(arranged(command(State.FAULT, lost)), 0)["points"]
    assert len(point["positions"]) == len(point["velocities"]) == 0
    assert list(point["effort"]) == [0.0, 0.0]


def test_a_joint_state_carries_the_time_of_the_command():
    fields = joint_state(arranged(command()), 7_000_000_001)
    assert fields["header"]["stamp"] == {"sec": 7, "nanosec": 1}
    assert fields["name"] == ("hip_left", "hip_right")
    assert list(fields["effort"]) == [-3.0, 8.0]


@pytest.mark.requires_ros
@pytest.mark.parametrize("name", ADAPTERS)
def test_messages_take_the_fields(name):
    from importlib import import_module

    from monomsk_description.message_fields import fill

    kind, fields = ADAPTERS[name]
    package, message = kind.split("/")
    filled = fill(
        getattr(import_module(f"{package}.msg"), message)(), fields(arranged(command()), 5)
    )
    efforts = {
        "effort_array": lambda: filled.data,
        "joint_trajectory": lambda: filled.points[0].effort,
        "joint_state": lambda: filled.effort,
    }[name]()
    assert list(efforts) == [-3.0, 8.0]
