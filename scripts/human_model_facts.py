"""What docs/human_model.md says of each coordinate, and its tables, from the model itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monomsk_description.skeleton import Skeleton

Array = NDArray[np.float64]
_STEP_RAD = 1e-4


@dataclass(frozen=True)
class Sign:
    """What a coordinate's positive direction does.

    Attributes:
        coordinate: Its name; right side where there are two.
        meaning: In words.
        landmark: A landmark that shows it.
        direction: Where that landmark then goes in the figure's posture (x forward, y left, z up).
        shown_deg: Angle shown in the figure.
        view: From where it is seen best: side (from the right), front, top.
        bent_deg: Other coordinates' angles in the figure.
    """

    coordinate: str
    meaning: str
    landmark: str
    direction: tuple[float, float, float]
    shown_deg: float
    view: str
    bent_deg: tuple[tuple[str, float], ...] = ()


#: The right side's coordinates and the trunk's; the left ones mean the same, mirrored.
SIGNS = (
    Sign("hip_flexion_r", "thigh forward and up", "right_knee", (1, 0, 0), 40, "side"),
    Sign("hip_adduction_r", "thigh to the midline", "right_knee", (0, 1, 0), 20, "front"),
    Sign("hip_rotation_r", "thigh turns inward", "right_foot_index", (0, 1, 0), 30, "top"),
    Sign("knee_angle_r", "flexion: heel to the buttock", "right_ankle", (-1, 0, 0), 60, "side"),
    Sign("ankle_angle_r", "dorsiflexion: toes up", "right_foot_index", (0, 0, 1), 25, "side"),
    Sign(
        "subtalar_angle_r", "inversion: sole turns inward", "right_foot_index", (0, 1, 0), 20, "top"
    ),
    Sign("mtp_angle_r", "toes bend down", "right_foot_index", (0, 0, -1), 30, "side"),
    Sign("lumbar_extension", "trunk backward", "nose", (-1, 0, 0), 25, "side"),
    Sign("lumbar_bending", "trunk to the right", "nose", (0, -1, 0), 25, "front"),
    Sign("lumbar_rotation", "trunk turns to the left", "right_shoulder", (1, 0, 0), 35, "top"),
    Sign("arm_flex_r", "arm forward and up", "right_elbow", (1, 0, 0), 60, "side"),
    Sign("arm_add_r", "arm to the body (shown: away)", "right_elbow", (0, 1, 0), -60, "front"),
    Sign("arm_rot_r", "arm turns inward", "right_thumb", (0, 1, 0), 50, "top",
         (("elbow_flex_r", 90.0),)),
    Sign("elbow_flex_r", "flexion: hand to the shoulder", "right_wrist", (1, 0, 0), 70, "side"),
    Sign("pro_sup_r", "pronation: thumb from outside in", "right_thumb", (0, 0, 1), 80, "front",
         (("elbow_flex_r", 90.0),)),
    Sign("wrist_flex_r", "hand to the palm's side", "right_index", (1, 0, 0), 50, "side"),
    Sign("wrist_dev_r", "hand to the little finger's side", "right_index", (0, 1, 0), 25,
         "front"),
)  # fmt: skip


def bent(skeleton: Skeleton, *angles_rad: tuple[str, float]) -> Array:
    """The neutral configuration with some coordinates changed."""
    q = skeleton.neutral()
    for coordinate, angle_rad in angles_rad:
        q[7 + skeleton.coordinate_index(coordinate)] += angle_rad
    return q


def turning_axis(skeleton: Skeleton, coordinate: str) -> tuple[str, Array]:
    """The first segment that a coordinate moves, and its axis of rotation (3,) in the world."""
    before = skeleton.segment_poses(skeleton.neutral())
    after = skeleton.segment_poses(bent(skeleton, (coordinate, _STEP_RAD)))
    for joint in skeleton.anatomy.joints:
        turn = after[joint.child].rotation @ before[joint.child].rotation.T
        spin = np.array([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]])
        if np.linalg.norm(spin) > _STEP_RAD:
            return joint.child, spin / np.linalg.norm(spin)
    raise ValueError(f"{coordinate} turns nothing")


def coordinate_table(skeleton: Skeleton) -> Iterator[str]:
    """Markdown: every coordinate with range, meaning and axis."""
    yield "| coordinate | moves | range [deg] | positive means | axis in the neutral posture |"
    yield "|---|---|---|---|---|"
    for sign in SIGNS:
        segment, axis = turning_axis(skeleton, sign.coordinate)
        index = skeleton.coordinate_index(sign.coordinate)
        low, high = np.rad2deg([skeleton.lower_limits[index], skeleton.upper_limits[index]])
        numbers = ", ".join(f"{value + 0.0:.2f}" for value in np.round(axis, 2))
        yield (
            f"| `{sign.coordinate}` | {segment} | {low:.0f} to {high:.0f} | {sign.meaning} "
            f"| ({numbers}) |"
        )


def segment_table(by_sex: dict[str, Skeleton]) -> Iterator[str]:
    """Markdown: every segment's share of the mass, by sex, and its centre of mass."""
    yield (
        "| segment | joint centre at its origin | mass [% of body] "
        + "".join(f"| {sex} " for sex in list(by_sex)[1:])
        + "| centre of mass [mm], unspecified |"
    )
    yield "|---" * (len(by_sex) + 3) + "|"
    origins = {joint.child: joint.name for joint in next(iter(by_sex.values())).anatomy.joints}
    for name in next(iter(by_sex.values())).anatomy.segments:
        if name.endswith("_l"):
            continue
        segments = [skeleton.anatomy.segments[name] for skeleton in by_sex.values()]
        shares = [
            100 * segment.mass_kg / skeleton.mass_kg
            for segment, skeleton in zip(segments, by_sex.values(), strict=True)
        ]
        x, y, z = 1000 * segments[0].center_of_mass_m + 0.0
        row = " | ".join(f"{share:.2f}" for share in shares)
        # OpenSim's (x, y, z) is (x, -z, y) here.
        place = f"({x:.0f}, {-z + 0.0:.0f}, {y:.0f})"
        yield f"| `{name}` | {origins.get(name, '-')} | {row} | {place} |"


def length_table(skeleton: Skeleton) -> Iterator[str]:
    """Markdown: the lengths that may be measured."""
    yield "| length | stretches | along | at 1.70 m [m] |"
    yield "|---|---|---|---|"
    axes = ("x (forward)", "z (up)", "y (sideways)")
    for rule in skeleton.anatomy.length_rules.values():
        segments = ", ".join(name for name in rule.segments if not name.endswith("_l"))
        yield f"| `{rule.name}` | {segments} | {axes[rule.axis]} | {rule.model_length_m:.3f} |"
