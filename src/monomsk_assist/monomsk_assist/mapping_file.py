"""A device's mapping from its YAML file, refused with reasons where no device may be driven so."""

import hashlib
from collections.abc import Mapping as Named
from dataclasses import fields
from functools import cache
from pathlib import Path

from monomsk_assist.errors import MappingError
from monomsk_assist.laws import (
    ImpedanceLaw,
    Law,
    PhaseTorqueLaw,
    TorqueGainLaw,
    TransparentLaw,
)
from monomsk_assist.mapping import (
    LEFT,
    RIGHT,
    DeviceMapping,
    EncoderUse,
    JointLimits,
    JointMapping,
    Safety,
)
from monomsk_assist.yaml_section import Section, read_yaml
from monomsk_description.anatomy_file import load_anatomy

_SIDES: dict[str, tuple[str, int | None]] = {
    "right": ("_r", RIGHT),
    "left": ("_l", LEFT),
    "middle": ("", None),
}

#: Accepted ranges. The upper ones are those of the strongest devices in the literature, doubled.
_TORQUE_NM = (0.0, 300.0)
_TORQUE_RATE_NM_S = (1.0, 20_000.0)
_POWER_W = (0.0, 1000.0)
_ANGLE_RAD = (-3.2, 3.2)
_MARGIN_RAD = (0.01, 0.5)
_DELAY_S = (0.0, 0.1)
_SHARE = (0.0, 1.0)
_TORQUE_NM_KG = (-3.0, 3.0)
_STIFFNESS_NM_RAD_KG = (0.0, 20.0)
_DAMPING_NM_S_RAD_KG = (0.0, 2.0)

_SAFETY: dict[str, tuple[float, float]] = {
    "zero_within_s": (0.03, 1.0),
    "max_silence_s": (0.005, 0.5),
    "max_age_s": (0.01, 0.5),
    "max_horizon_s": (0.0, 0.25),
    "fade_in_s": (0.05, 10.0),
    "arming_s": (0.05, 10.0),
    "valid_for_s": (0.005, 0.5),
    "max_torque_sigma_nm_kg": (0.0, 5.0),
    "max_phase_sigma": (0.0, 0.5),
    "max_root_force_share": (0.0, 2.0),
    "max_root_moment_nm_kg": (0.0, 10.0),
    "max_consistency_error_rad": (0.0, 3.0),
    "max_clock_jump_s": (0.001, 1.0),
    "violation_ratio": (1.0, 100.0),
    "max_violation_s": (0.0, 10.0),
}
_MAX_FADES = (1, 1000)


def load_mapping(path: str | Path) -> DeviceMapping:
    """The mapping in a file.

    Raises:
        MappingError: Something in it is missing, unknown, out of range, or does not fit the rest.
    """
    path = Path(path)
    top = read_yaml(path)
    safety = _safety(top.section("safety"))
    mapping = DeviceMapping(
        name=top.text("device"),
        joints=_joints(top.section("joints"), safety),
        safety=safety,
        encoders=_encoders(top.section("encoders")),
        source=str(path),
        digest=hashlib.sha256(path.read_bytes()).hexdigest(),
    )
    top.close()
    return mapping


def check_period(mapping: DeviceMapping, period_s: float) -> None:
    """Make sure that a mapping's times can be kept by a loop of this period [s].

    Raises:
        MappingError: They cannot.
    """
    safety = mapping.safety
    needed = {
        "valid_for_s": (safety.valid_for_s, 3.0),
        "max_silence_s": (safety.max_silence_s, 2.0),
    }
    for key, (value, periods) in needed.items():
        if value < periods * period_s:
            raise MappingError(
                mapping.source, "safety", key,
                f"{value:g} s is less than {periods:g} periods of {period_s:g} s: raise it, or the "
                "node's rate_hz",
            )  # fmt: skip
    # Up to one period until a fault is seen, and a part of one after the fade's end.
    if 1.5 * period_s > Safety.REACTION_S:
        raise MappingError(
            mapping.source, "safety", "zero_within_s",
            f"cannot be kept at a period of {period_s:g} s: raise rate_hz to at least "
            f"{1.5 / Safety.REACTION_S:.0f}",
        )  # fmt: skip


@cache
def _human_ranges() -> Named[str, tuple[float, float]]:
    """Range of every human coordinate [rad]."""
    ranges = load_anatomy().coordinate_ranges_rad
    return {name: (float(low), float(high)) for name, (low, high) in ranges.items()}


# Joints -----------------------------------------------------------------------------------------


def _joints(section: Section, safety: Safety) -> tuple[JointMapping, ...]:
    names = section.keys()
    if not names:
        raise section.error("", "a device needs at least one joint")
    joints: dict[str, JointMapping] = {}
    for name in names:
        joint = _joint(name, section.section(name), safety)
        if joint.coordinate in joints:
            other = joints[joint.coordinate].device_joint
            raise section.error(name, f"{joint.coordinate} is already assisted by {other}")
        joints[joint.coordinate] = joint
    return tuple(joints.values())


def _joint(name: str, section: Section, safety: Safety) -> JointMapping:
    coordinate, side = _coordinate(section)
    law = _law(section.section("law"))
    if law.needs_phase and side is None:
        raise section.error(
            "law", f"{law.kind} needs the gait phase of a leg: {coordinate} has none"
        )
    joint = JointMapping(
        device_joint=name,
        coordinate=coordinate,
        side=side,
        sign=int(section.choice("sign", (1, -1))),
        offset_rad=section.number("offset_rad", _ANGLE_RAD, 0.0),
        law=law,
        limits=_limits(section.section("limits"), coordinate, safety),
        delay_s=section.number("delay_s", _DELAY_S, 0.0),
        estimate_lag_s=section.number("estimate_lag_s", _DELAY_S, 0.0),
    )
    section.close()
    return joint


def _coordinate(section: Section) -> tuple[str, int | None]:
    stem = section.text("coordinate")
    side_name = section.choice("side", tuple(_SIDES))
    suffix, side = _SIDES[side_name]
    ranges = _human_ranges()
    if stem + suffix not in ranges:
        stems = sorted({name.removesuffix("_r") for name in ranges if not name.endswith("_l")})
        raise section.error(
            "coordinate",
            f"no human coordinate {stem + suffix!r} (side {side_name}; legs and arms are right or "
            f"left, lumbar ones in the middle); known: {', '.join(stems)}",
        )
    return stem + suffix, side


def _limits(section: Section, coordinate: str, safety: Safety) -> JointLimits:
    limits = JointLimits(
        torque_nm=section.number("torque_nm", _TORQUE_NM),
        torque_rate_nm_s=section.number("torque_rate_nm_s", _TORQUE_RATE_NM_S),
        power_w=section.number("power_w", _POWER_W),
        lower_rad=section.number("lower_rad", _ANGLE_RAD),
        upper_rad=section.number("upper_rad", _ANGLE_RAD),
        range_margin_rad=section.number("range_margin_rad", _MARGIN_RAD, 0.05),
    )
    section.close()
    low, high = _human_ranges()[coordinate]
    if limits.lower_rad >= limits.upper_rad:
        raise section.error("lower_rad", "must be below upper_rad")
    for key, value in (("lower_rad", limits.lower_rad), ("upper_rad", limits.upper_rad)):
        if not low <= value <= high:
            raise section.error(
                key, f"{value:g} is outside the human's {coordinate}: stay within "
                f"{low:.3f} to {high:.3f}"
            )  # fmt: skip
    needed = limits.torque_nm / safety.fade_out_s
    if limits.torque_rate_nm_s < needed:
        raise section.error(
            "torque_rate_nm_s",
            f"{limits.torque_rate_nm_s:g} cannot take {limits.torque_nm:g} N m to zero in the "
            f"{safety.fade_out_s:.3f} s that safety leaves for it: raise it to {needed:.0f}, lower "
            "torque_nm, or raise safety.zero_within_s",
        )
    return limits


def _law(section: Section) -> Law:
    readers = {
        "transparent": _transparent,
        "torque_gain": _torque_gain,
        "phase_torque": _phase_torque,
        "impedance": _impedance,
    }
    law = readers[section.choice("type", tuple(readers))](section)
    section.close()
    return law


def _transparent(section: Section) -> Law:
    return TransparentLaw()


def _torque_gain(section: Section) -> Law:
    return TorqueGainLaw(
        gain=section.number("gain", _SHARE),
        deadband_nm=section.number("deadband_nm", _TORQUE_NM, 0.0),
    )


def _phase_torque(section: Section) -> Law:
    return PhaseTorqueLaw(section.curve("torque_nm_kg", _TORQUE_NM_KG))


def _impedance(section: Section) -> Law:
    return ImpedanceLaw(
        stiffness_nm_rad_kg=section.curve("stiffness_nm_rad_kg", _STIFFNESS_NM_RAD_KG),
        damping_nm_s_rad_kg=section.curve("damping_nm_s_rad_kg", _DAMPING_NM_S_RAD_KG),
        equilibrium_rad=section.curve("equilibrium_rad", _ANGLE_RAD),
        on_device=section.flag("on_device", False),
    )


# The rest ---------------------------------------------------------------------------------------


def _safety(section: Section) -> Safety:
    defaults = {field.name: field.default for field in fields(Safety)}
    numbers = {
        key: section.number(key, bounds, float(defaults[key]))  # type: ignore[arg-type]
        for key, bounds in _SAFETY.items()
    }
    safety = Safety(**numbers, max_fades=section.whole("max_fades", _MAX_FADES, Safety.max_fades))
    section.close()
    if safety.fade_out_s < safety.REACTION_S:
        raise section.error(
            "zero_within_s",
            f"{safety.zero_within_s:g} leaves {safety.fade_out_s:.3f} s for the fade after "
            f"max_silence_s ({safety.max_silence_s:g}) and {safety.REACTION_S:g} s to react: raise "
            f"it to at least {safety.max_silence_s + 2 * safety.REACTION_S:g}, or lower "
            "max_silence_s",
        )
    if safety.valid_for_s < safety.fade_out_s:
        raise section.error(
            "valid_for_s",
            f"must be at least the fade's {safety.fade_out_s:.3f} s, so that a torque rate holds "
            "when the loop itself is late",
        )
    return safety


def _encoders(section: Section) -> EncoderUse:
    use = EncoderUse(
        correct_angles=section.flag("correct_angles", False),
        max_age_s=section.number("max_age_s", (0.001, 0.5), EncoderUse.max_age_s),
        max_difference_rad=section.number(
            "max_difference_rad", (0.01, 3.2), EncoderUse.max_difference_rad
        ),
    )
    section.close()
    return use
