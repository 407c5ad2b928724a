"""Parameters of the node `dynamics`, and the options that they stand for."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from monomsk_description.node_parameters import DETERMINISTIC, NodeParameter
from monomsk_dynamics.errors import OptionError
from monomsk_dynamics.options import DynamicsOptions, GroundOptions

DEFAULTS = DynamicsOptions()
_FILTER, _CONTACT = DEFAULTS.filter, DEFAULTS.contact

PARAMETERS: dict[str, NodeParameter] = {
    "clean_bandwidth_hz": NodeParameter(
        _FILTER.clean_bandwidth_hz, "smoothing of clean states: its cut-off [Hz]", 1.0, 20.0
    ),
    "noisy_bandwidth_hz": NodeParameter(
        _FILTER.noisy_bandwidth_hz, "the same of noisy states [Hz]", 0.5, 20.0
    ),
    "quiet_bandwidth_hz": NodeParameter(
        _FILTER.quiet_bandwidth_hz, "the same of a body at rest [Hz]", 0.2, 20.0
    ),
    "max_gap_s": NodeParameter(
        _FILTER.max_gap_s, "longer pauses between states reset the filters [s]", 0.05, 5.0
    ),
    "strike_share": NodeParameter(
        _CONTACT.strike_share, "a sole slower than this share of walking speed lands", 0.1, 2.0
    ),
    "leave_share": NodeParameter(
        _CONTACT.leave_share, "a sole faster than this share of walking speed leaves", 0.2, 4.0
    ),
    "clearance_m": NodeParameter(
        _CONTACT.clearance_m, "a sole higher above the floor is in the air [m]", 0.01, 0.5
    ),
    "friction": NodeParameter(
        DEFAULTS.solver.friction, "coefficient of friction under the soles", 0.1, 2.0
    ),
    "learned_sharing": NodeParameter(
        False, "the inverse-dynamics transformer shares the load in gait; costs time"
    ),
    "treadmill": NodeParameter(False, "a belt carries the soles"),
    "belt_speed_m_s": NodeParameter(
        0.0, "of the treadmill [m/s]; 0: estimated from the loaded soles", 0.0, 10.0
    ),
    "consistency_frames": NodeParameter(
        DEFAULTS.consistency.frames, "frames that the forward simulation spans", 1, 30
    ),
    "deterministic": DETERMINISTIC,
    "muscles": NodeParameter(False, "estimate the activations of the legs' muscles"),
    "frame_prefix": NodeParameter(
        "",
        "put in front of the frames of segments and soles, and of the markers' namespace",
        read_only=True,
    ),
    "publish_markers": NodeParameter(True, "publish markers"),
    "publish_tf": NodeParameter(
        True, "publish /tf of all segments, where tf2_msgs exists", read_only=True
    ),
}


def options_of(values: Mapping[str, Any]) -> DynamicsOptions:
    """The options that the parameters' values stand for.

    Raises:
        OptionError: Values do not fit each other.
    """
    if not values["strike_share"] < values["leave_share"]:
        raise OptionError("strike_share", values["strike_share"], "less than leave_share")
    if not values["noisy_bandwidth_hz"] <= values["clean_bandwidth_hz"]:
        raise OptionError(
            "noisy_bandwidth_hz", values["noisy_bandwidth_hz"], "at most clean_bandwidth_hz"
        )
    filtering = ("clean_bandwidth_hz", "noisy_bandwidth_hz", "quiet_bandwidth_hz", "max_gap_s")
    contact = ("strike_share", "leave_share", "clearance_m")
    return replace(
        DEFAULTS,
        filter=replace(_FILTER, **{name: values[name] for name in filtering}),
        contact=replace(_CONTACT, **{name: values[name] for name in contact}),
        load_sharing=replace(DEFAULTS.load_sharing, learned_live=values["learned_sharing"]),
        solver=replace(DEFAULTS.solver, friction=values["friction"]),
        consistency=replace(DEFAULTS.consistency, frames=values["consistency_frames"]),
        ground=GroundOptions(values["treadmill"], values["belt_speed_m_s"] or None),
    )
