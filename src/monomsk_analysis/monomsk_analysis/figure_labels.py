"""Names, directions and groups of the coordinates, as a reader of the report meets them."""

from __future__ import annotations

import dataclasses

_LABELS: dict[str, tuple[str, str]] = {
    "hip_flexion": ("Hip flexion", "+ flexion, - extension"),
    "hip_adduction": ("Hip adduction", "+ adduction, - abduction"),
    "hip_rotation": ("Hip rotation", "+ internal, - external"),
    "knee_angle": ("Knee flexion", "+ flexion, - extension"),
    "ankle_angle": ("Ankle dorsiflexion", "+ dorsiflexion, - plantarflexion"),
    "subtalar_angle": ("Subtalar inversion", "+ inversion, - eversion"),
    "mtp_angle": ("Toe flexion", "+ flexion, - extension"),
    "lumbar_extension": ("Lumbar extension", "+ extension, - flexion"),
    "lumbar_bending": ("Lumbar bending", "+ to the right, - to the left"),
    "lumbar_rotation": ("Lumbar rotation", "+ to the left, - to the right"),
    "arm_flex": ("Shoulder flexion", "+ flexion, - extension"),
    "arm_add": ("Shoulder adduction", "+ adduction, - abduction"),
    "arm_rot": ("Shoulder rotation", "+ internal, - external"),
    "elbow_flex": ("Elbow flexion", "+ flexion, - extension"),
    "pro_sup": ("Forearm pronation", "+ pronation, - supination"),
    "wrist_flex": ("Wrist flexion", "+ flexion, - extension"),
    "wrist_dev": ("Wrist deviation", "+ ulnar, - radial"),
}
_GROUPS = (
    ("legs", ("hip_", "knee_", "ankle_", "subtalar_", "mtp_")),
    ("trunk", ("lumbar_",)),
    ("arms", ("arm_", "elbow_", "pro_sup", "wrist_")),
)
_REST = "other"
_SUFFIXES = ("_r", "_l")


@dataclasses.dataclass(frozen=True)
class CoordinateLabel:
    """One coordinate, or the pair of both sides, as the report names it.

    Attributes:
        base: OpenSim's name less the side.
        name: name for people.
        positive: which direction is positive, empty unknown.
        columns: column of the right and of the left side, None where there is none; a
            coordinate of the trunk has its column first.
        paired: whether it has sides.
    """

    base: str
    name: str
    positive: str
    columns: tuple[int | None, int | None]
    paired: bool


def coordinate_groups(names: tuple[str, ...]) -> list[tuple[str, list[CoordinateLabel]]]:
    """Group coordinate columns into legs, trunk, arms and, where unknown, others.

    Args:
        names: coordinate names in the order of the columns.
    """
    groups: dict[str, list[CoordinateLabel]] = {}
    for entry in coordinate_labels(names):
        group = next((g for g, heads in _GROUPS if entry.base.startswith(heads)), _REST)
        groups.setdefault(group, []).append(entry)
    order = [*(group for group, _ in _GROUPS), _REST]
    return [(group, groups[group]) for group in order if group in groups]


def coordinate_labels(names: tuple[str, ...]) -> list[CoordinateLabel]:
    """Pair the sides of coordinate columns, in the order of their first appearance."""
    column = {name: index for index, name in enumerate(names)}
    bases = dict.fromkeys(_split(name)[0] for name in names)
    labels = []
    for base in bases:
        name, positive = _LABELS.get(base, (base, ""))
        sides = tuple(column.get(base + suffix) for suffix in _SUFFIXES)
        paired = sides != (None, None)
        columns = (sides[0], sides[1]) if paired else (column[base], None)
        labels.append(CoordinateLabel(base, name, positive, columns, paired))
    return labels


def _split(name: str) -> tuple[str, str]:
    for suffix in _SUFFIXES:
        if name.endswith(suffix):
            return name[: -len(suffix)], suffix
    return name, ""
