"""Results as plain nested fields of the messages that carry them, see `fill` in description."""

import numpy as np
from numpy.typing import NDArray

from monomsk_description.message_fields import Fields, header, pose, twist, vector
from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.gait_state import GaitState
from monomsk_dynamics.results import BodyDynamics, SoleContact

Array = NDArray[np.float64]

#: REP-120 frames of the soles, right and left.
SOLE_FRAMES = ("r_sole", "l_sole")


def sole_contact(contact: SoleContact, force_sigma: Array) -> Fields:
    """Fields of monomsk_msgs/SoleContact, given the force's standard deviations (3,) [N]."""
    return {
        "in_contact": contact.in_contact,
        "probability": contact.probability,
        "force": vector(contact.force),
        "force_sigma": vector(force_sigma),
        "center_of_pressure": vector(contact.center_of_pressure),
        "free_moment": contact.free_moment,
    }


def body_dynamics(
    result: BodyDynamics, skeleton: Skeleton, world_frame: str, age_s: float = float("nan")
) -> Fields:
    """Fields of monomsk_msgs/BodyDynamics.

    Args:
        result: What dynamics found.
        skeleton: Names the coordinates.
        world_frame: Name of the world frame.
        age_s: Of the image when the message is published [s]; NaN unknown.
    """
    right, left = result.soles
    return {
        "header": header(result.stamp_ns, world_frame),
        "pelvis_pose": pose(result.q[:3], result.q[3:7]),
        "pelvis_twist": twist(result.v),
        "pelvis_acceleration": twist(result.a),
        "coordinate_names": skeleton.coordinate_names,
        "position": result.q[7:],
        "velocity": result.v[6:],
        "acceleration": result.a[6:],
        "effort": result.tau[6:],
        "effort_sigma": result.tau_sigma[6:],
        "right_sole": sole_contact(right, result.sole_force_sigma[0]),
        "left_sole": sole_contact(left, result.sole_force_sigma[1]),
        "root_residual": _wrench(result.root_residual),
        "unexplained_load": _wrench(result.unexplained_load),
        "consistency_error": result.consistency_error,
        "muscle_names": tuple(name for name, _ in result.muscle_activations),
        "muscle_activations": tuple(activation for _, activation in result.muscle_activations),
        "stage_names": tuple(result.timings_s),
        "stage_durations": tuple(result.timings_s.values()),
        "track_id": 0,
        "state_age_s": age_s,
    }


def _wrench(wrench: Array) -> Fields:
    """Fields of geometry_msgs/Wrench of force and moment (6,) [N, N m]."""
    return {"force": vector(wrench[:3]), "torque": vector(wrench[3:])}


def sole_wrenches(
    result: BodyDynamics, skeleton: Skeleton, frame_prefix: str = ""
) -> tuple[Fields, Fields]:
    """Fields of geometry_msgs/WrenchStamped on the person at the sole frames, right and left."""
    fields = []
    for frame, contact, placement in zip(
        SOLE_FRAMES, result.soles, skeleton.sole_poses(result.q), strict=True
    ):
        to_sole = placement.rotation.T
        moment = to_sole @ contact.moment_about(placement.translation)
        wrench = {"force": vector(to_sole @ contact.force), "torque": vector(moment)}
        fields.append({"header": header(result.stamp_ns, frame_prefix + frame), "wrench": wrench})
    return fields[0], fields[1]


def gait(state: GaitState, world_frame: str) -> Fields:
    """Fields of monomsk_msgs/GaitState, given the name of the world frame."""
    legs = state.legs
    return {
        "header": header(state.stamp_ns, world_frame),
        "phase": tuple(int(leg.phase) for leg in legs),
        "event": tuple(int(leg.event) for leg in legs),
        "cycle_fraction": np.array([leg.cycle_fraction for leg in legs]),
        "cycle_fraction_sigma": np.array([leg.cycle_fraction_sigma for leg in legs]),
        "last_heel_strike": tuple(_time(leg.heel_strike_ns) for leg in legs),
        "last_toe_off": tuple(_time(leg.toe_off_ns) for leg in legs),
        "step_rate_hz": state.step_rate_hz,
        "speed": state.speed_m_s,
        "stride_length": np.array([leg.step.stride_length_m for leg in legs]),
        "step_length": np.array([leg.step.step_length_m for leg in legs]),
        "step_width": np.array([leg.step.step_width_m for leg in legs]),
    }


def _time(stamp_ns: int | None) -> Fields:
    """Fields of builtin_interfaces/Time; zero for None."""
    stamp: Fields = header(stamp_ns or 0, "")["stamp"]
    return stamp
