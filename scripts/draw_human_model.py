"""Draws the human model and writes its tables, from the model itself.

Usage:
    python scripts/draw_human_model.py [--docs docs] [--tables-only]

Makes docs/images/human_model.png, human_model_signs.png, human_model_details.png,
human_model_muscles.png, and renews the tables between the markers in docs/human_model.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

from draw_muscles import draw_muscles, muscle_table
from human_model_canvas import (
    AXIS,
    BONE,
    JOINT,
    LANDMARK,
    MASS,
    MOVED,
    REST,
    SOLE,
    Canvas,
    moving_points,
    places_of,
    tripod,
)
from human_model_facts import (
    SIGNS,
    Array,
    Sign,
    bent,
    coordinate_table,
    length_table,
    segment_table,
    turning_axis,
)
from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject

DPI = 110
SEEN = {"side": "the right", "front": "the front", "top": "above"}
FOOT, HAND = ("talus_r", "calcn_r", "toes_r"), ("hand_r", "radius_r")
#: Half the width of a sign's panel [m], by the first segment that moves.
REACH = {
    "femur_r": 0.48, "tibia_r": 0.42, "talus_r": 0.17, "calcn_r": 0.17, "toes_r": 0.13,
    "torso": 0.48, "humerus_r": 0.42, "ulna_r": 0.32, "radius_r": 0.2, "hand_r": 0.15,
}  # fmt: skip
TOP_REACH = {"torso": 0.36, "humerus_r": 0.3}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--docs", type=Path, default=Path(__file__).parents[1] / "docs")
    parser.add_argument("--tables-only", action="store_true")
    arguments = parser.parse_args()
    page = arguments.docs / "human_model.md"
    page.write_text(with_tables(page.read_text()))
    if not arguments.tables_only:
        skeleton = build_skeleton(Subject(1.70, 75.337))
        images = arguments.docs / "images"
        draw_body(skeleton, images / "human_model.png")
        draw_signs(skeleton, images / "human_model_signs.png")
        draw_details(skeleton, images / "human_model_details.png")
        draw_muscles(skeleton, images / "human_model_muscles.png")


def with_tables(text: str) -> str:
    """The page with renewed tables between `<!-- name -->` and `<!-- /name -->`."""
    bodies = {
        sex: build_skeleton(Subject(1.70, 75.337, sex)) for sex in ("unspecified", "female", "male")
    }
    for name, rows in (
        ("coordinates", coordinate_table(bodies["unspecified"])),
        ("segments", segment_table(bodies)),
        ("lengths", length_table(bodies["unspecified"])),
        ("muscles", muscle_table()),
    ):
        table = f"<!-- {name} -->\n" + "\n".join(rows) + f"\n<!-- /{name} -->"
        before, _, rest = text.partition(f"<!-- {name} -->")
        _, _, after = rest.partition(f"<!-- /{name} -->")
        text = before + table + after
    return text


# The body -----------------------------------------------------------------------------------------


def draw_body(skeleton: Skeleton, file: Path) -> None:
    """Front and side: bones, joint centres and axes, landmarks, soles, centres of mass."""
    figure, panels = plt.subplots(1, 2, figsize=(11.5, 11.5), width_ratios=(1.35, 1))
    q = skeleton.neutral()
    places = places_of(skeleton, q)
    for panel, view in zip(panels, ("front", "side"), strict=True):
        canvas = Canvas(panel, view)
        canvas.bones(places, BONE, 2.0)
        canvas.head(places, BONE, 2.0)
        for place, mass_kg in _centers_of_mass(skeleton, q):
            canvas.dots(place[None], "o", MASS, 30 * mass_kg, alpha=0.35, zorder=1)
        canvas.dots(skeleton.points(q, skeleton.landmarks), "o", LANDMARK, 24)
        canvas.dots(skeleton.points(q, skeleton.soles), "s", SOLE, 18)
        canvas.dots(skeleton.points(q, skeleton.joint_centers), "o", JOINT, 28)
        for segment, start, axis in _joint_axes(skeleton):
            canvas.axis(start, (0.11 if segment in _LARGE else 0.07) * axis)
        canvas.finish(f"seen from {SEEN[view]}")
    panels[0].set_xlim(-0.62, 0.42)
    panels[1].set_xlim(-0.42, 0.38)
    for panel in panels:
        panel.set_ylim(-0.06, 1.74)
    _name_centers(Canvas(panels[0], "front"), skeleton, q)
    tripod(panels[0], (0.26, 0.05), "y left", "z up")
    tripod(panels[1], (0.2, 0.12), "x forward", "z up")
    figure.legend(handles=_legend(), ncol=5, loc="lower center", fontsize=9, frameon=False)
    figure.tight_layout(rect=(0, 0.03, 1, 1))
    _save(figure, file)


_LARGE = ("femur_r", "torso", "humerus_r", "tibia_r")


def _name_centers(canvas: Canvas, skeleton: Skeleton, q: Array) -> None:
    """Names of joint centres beside the figure, of the right side only."""
    shifts = {"talus_r": 0.04, "toes_r": -0.02, "calcn_r": 0.01, "hand_r": -0.05, "radius_r": -0.05}
    points = skeleton.points(q, skeleton.joint_centers)
    for name, point in zip(skeleton.joint_centers.names, points, strict=True):
        if not name.endswith("_l"):
            x = -0.60 if name.endswith("_r") else 0.28
            canvas.label(name, point, (x, point[2] + shifts.get(name, 0.0)))


def _joint_axes(skeleton: Skeleton) -> list[tuple[str, Array, Array]]:
    """Segment moved, centre and direction of every coordinate's axis, trunk and right side."""
    poses = skeleton.segment_poses(skeleton.neutral())
    axes = [turning_axis(skeleton, sign.coordinate) for sign in SIGNS]
    return [(segment, poses[segment].translation, axis) for segment, axis in axes]


def _centers_of_mass(skeleton: Skeleton, q: Array) -> list[tuple[Array, float]]:
    poses = skeleton.segment_poses(q)
    found = []
    for name, segment in skeleton.anatomy.segments.items():
        x, y, z = segment.center_of_mass_m  # OpenSim's (x, y, z) is (x, -z, y) here
        found.append((poses[name].act(np.array([x, -z, y])), segment.mass_kg))
    return found


def _legend() -> list[plt.Line2D]:
    rows = [
        ("joint centre", JOINT, "o", 6.0),
        ("joint axis (ring: seen end-on)", AXIS, "", 0.0),
        ("BlazePose landmark", LANDMARK, "o", 5.5),
        ("sole point", SOLE, "s", 5.5),
        ("centre of mass", MASS, "o", 10.0),
    ]
    return [
        plt.Line2D(
            [], [], color=color, marker=marker, ms=size, ls="" if marker else "-", label=text,
            alpha=0.5 if color == MASS else 1.0,
        )
        for text, color, marker, size in rows
    ]  # fmt: skip


# Signs --------------------------------------------------------------------------------------------


def draw_signs(skeleton: Skeleton, file: Path) -> None:
    """One panel a coordinate: before in grey, moved in blue."""
    figure, panels = plt.subplots(3, 6, figsize=(14, 9))
    for panel, sign in zip(panels.flat, SIGNS, strict=False):
        _draw_sign(Canvas(panel, sign.view), skeleton, sign)
    canvas = Canvas(panels.flat[-1], "front")
    places = places_of(skeleton, skeleton.neutral())
    canvas.bones(places, BONE, 1.5)
    canvas.head(places, BONE, 1.5)
    canvas.title("all zero\nupright, palms forward\nseen from the front")
    figure.tight_layout(h_pad=1.5)
    _save(figure, file)


def _draw_sign(canvas: Canvas, skeleton: Skeleton, sign: Sign) -> None:
    base = [(name, np.deg2rad(angle)) for name, angle in sign.bent_deg]
    before = bent(skeleton, *base)
    after = bent(skeleton, *base, (sign.coordinate, np.deg2rad(sign.shown_deg)))
    rest, moved = places_of(skeleton, before), places_of(skeleton, after)
    moving = moving_points(rest, moved)
    # From above, the whole body would hide what moves.
    canvas.bones(rest, REST, 3.5, moving if sign.view == "top" else None)
    canvas.bones(moved, MOVED, 1.8, moving)
    if sign.coordinate.startswith("lumbar"):
        canvas.head(rest, REST, 3.5)
        canvas.head(moved, MOVED, 1.8)
    canvas.arrow(rest[sign.landmark], moved[sign.landmark])
    segment, _ = turning_axis(skeleton, sign.coordinate)
    center = skeleton.segment_poses(before)[segment].translation
    middle = np.mean([center, rest[sign.landmark], moved[sign.landmark]], axis=0)
    canvas.window(middle, TOP_REACH.get(segment, 0.2) if sign.view == "top" else REACH[segment])
    angle = f"{sign.shown_deg:+.0f}°"
    canvas.title(f"{sign.coordinate} = {angle}\n{sign.meaning}\nseen from {SEEN[sign.view]}")


# Details ------------------------------------------------------------------------------------------


def draw_details(skeleton: Skeleton, file: Path) -> None:
    """The right foot from above and from its side; the right hand from the front."""
    figure, panels = plt.subplots(1, 3, figsize=(14, 6), width_ratios=(1.0, 1.35, 0.85))
    views = (("top", FOOT, True), ("side", FOOT, False), ("front", HAND, True))
    for panel, (view, segments, names_soles) in zip(panels, views, strict=True):
        canvas = Canvas(panel, view)
        _draw_detail(canvas, skeleton, segments, names_soles)
        canvas.finish(f"right {'foot' if segments == FOOT else 'hand'} from {SEEN[view]}")
    panels[0].set_xlim(-0.03, 0.20)
    panels[0].set_ylim(-0.17, 0.17)
    panels[1].set_xlim(-0.19, 0.17)
    panels[1].set_ylim(-0.06, 0.17)
    panels[2].set_xlim(-0.29, -0.11)
    panels[2].set_ylim(0.73, 1.12)
    figure.tight_layout()
    _save(figure, file)


def _draw_detail(
    canvas: Canvas, skeleton: Skeleton, segments: Sequence[str], names_soles: bool
) -> None:
    q = skeleton.neutral()
    places = places_of(skeleton, q)
    shown = {
        name
        for points in (skeleton.soles, skeleton.landmarks, skeleton.joint_centers)
        for name, segment in zip(points.names, points.segments, strict=True)
        if segment in segments
    }
    canvas.bones(places, REST, 2.0, shown)
    for points, marker, color in (
        (skeleton.soles, "s", SOLE),
        (skeleton.landmarks, "o", LANDMARK),
        (skeleton.joint_centers, "o", JOINT),
    ):
        rows = [k for k, segment in enumerate(points.segments) if segment in segments]
        canvas.dots(skeleton.points(q, points)[rows], marker, color, 34)
        if color != SOLE or names_soles:
            for row in rows:
                canvas.note(points.names[row], places[points.names[row]], color)
    for sign in SIGNS:
        segment, axis = turning_axis(skeleton, sign.coordinate)
        if segment in segments:
            center = skeleton.segment_poses(q)[segment].translation
            canvas.named_axis(sign.coordinate, center, 0.06 * axis)
    if segments == FOOT:
        sole = skeleton.sole_poses(q)[0]
        for column, name in enumerate(("x", "y", "z")):
            canvas.frame_axis(name, sole.translation, 0.04 * sole.rotation[:, column])


def _save(figure: plt.Figure, file: Path) -> None:
    figure.savefig(file, dpi=DPI)
    plt.close(figure)


if __name__ == "__main__":
    main()
