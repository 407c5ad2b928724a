"""Drawing points, bones and axes of a skeleton into a matplotlib panel, from a fixed direction."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Ellipse
from numpy.typing import NDArray

from monomsk_description.skeleton import Skeleton

Array = NDArray[np.float64]
Places = dict[str, Array]

BONE, REST, MOVED = "#333333", "#bdbdbd", "#0072b2"
JOINT, AXIS, LANDMARK, SOLE, MASS = "#000000", "#d55e00", "#009e73", "#cc79a7", "#e69f00"
FRAME = "#0072b2"
#: World components shown to the right and upwards, and the sign of the first.
VIEWS = {"side": (0, 2, 1.0), "front": (1, 2, 1.0), "top": (1, 0, -1.0)}
_COMPONENTS = ("x forward", "y left", "z up")
#: A detector's landmark at a joint centre has the joint's place and needs no name of its own.
_SAME_PLACE = ("right_ankle", "right_wrist")


def places_of(skeleton: Skeleton, q: Array) -> Places:
    """World places [m] of all joint centres, landmarks and sole points by name."""
    places: Places = {}
    for points in (skeleton.joint_centers, skeleton.landmarks, skeleton.soles):
        places.update(zip(points.names, skeleton.points(q, points), strict=True))
    return places


def moving_points(before: Places, after: Places) -> set[str]:
    """Names of the points that lie elsewhere."""
    return {name for name in before if np.linalg.norm(before[name] - after[name]) > 2e-3}


def _lines() -> list[tuple[str, ...]]:
    """Polylines of bones by the names of their points."""
    lines: list[tuple[str, ...]] = [
        ("femur_r", "torso", "femur_l", "femur_r"),
        ("humerus_r", "torso", "humerus_l", "humerus_r"),
    ]
    for side, word in (("r", "right"), ("l", "left")):
        lines += [
            (f"femur_{side}", f"tibia_{side}", f"talus_{side}"),
            (f"calcn_{side}", f"talus_{side}", f"toes_{side}", f"calcn_{side}"),
            (
                f"heel_back_{side}", f"heel_lateral_{side}", f"midfoot_lateral_{side}",
                f"metatarsal_fifth_{side}", f"toe_fifth_{side}", f"toe_first_{side}",
                f"metatarsal_first_{side}", f"heel_medial_{side}", f"heel_back_{side}",
            ),
            (f"humerus_{side}", f"ulna_{side}", f"hand_{side}"),
            (f"{word}_wrist", f"{word}_thumb", f"{word}_index", f"{word}_pinky", f"{word}_wrist"),
        ]  # fmt: skip
    return lines


class Canvas:
    """A panel that shows the world from one side.

    Args:
        panel: Where to draw.
        view: One of `VIEWS`.
    """

    def __init__(self, panel: Axes, view: str) -> None:
        self._panel = panel
        self._first, self._second, self._sign = VIEWS[view]

    def at(self, place: Array) -> tuple[float, float]:
        """A world place in the picture [m]."""
        return float(self._sign * place[self._first]), float(place[self._second])

    def bones(
        self, places: Places, color: str, width: float, which: set[str] | None = None
    ) -> None:
        """Lines between points; with `which`, only those that lead to one of them."""
        for line in _lines():
            for start, end in zip(line[:-1], line[1:], strict=True):
                if which is None or start in which or end in which:
                    x, y = zip(self.at(places[start]), self.at(places[end]), strict=True)
                    self._panel.plot(
                        x, y, color=color, lw=width, solid_capstyle="round",
                        zorder=2 if color == REST else 3,
                    )  # fmt: skip

    def head(self, places: Places, color: str, line_width: float) -> None:
        """An outline around the ears, and a neck: drawn, not modelled."""
        ears = np.mean([places["left_ear"], places["right_ear"]], axis=0)
        shoulders = np.mean([places["humerus_l"], places["humerus_r"]], axis=0)
        up = (ears - shoulders) / np.linalg.norm(ears - shoulders)
        center = ears + 0.02 * up + 0.2 * (places["nose"] - ears)
        tilt = np.degrees(np.arctan2(*self.at(up)))
        width, height = (0.16, 0.24) if self._second == 2 and self._first == 1 else (0.20, 0.24)
        head = Ellipse(self.at(center), width, height, angle=-tilt, fill=False, ec=color)
        head.set(linewidth=line_width, zorder=2)
        self._panel.add_patch(head)
        pairs = zip(self.at(shoulders), self.at(center - 0.12 * up), strict=True)
        self._panel.plot(*pairs, color=color, lw=line_width, zorder=2)

    def dots(
        self, points: Array, marker: str, color: str, size: float, alpha: float = 1.0,
        zorder: float = 5,
    ) -> None:  # fmt: skip
        """World points (n, 3)."""
        x, y = np.array([self.at(point) for point in points]).reshape(-1, 2).T
        self._panel.scatter(
            x, y, s=size, marker=marker, color=color, alpha=alpha, zorder=zorder, linewidths=0
        )

    def arrow(self, start: Array, end: Array, color: str = AXIS, width: float = 1.6) -> None:
        """From one world place to another."""
        style = {"arrowstyle": "-|>", "color": color, "lw": width, "shrinkA": 0, "shrinkB": 0}
        self._panel.annotate("", self.at(end), self.at(start), arrowprops=style, zorder=7)

    def axis(self, start: Array, step: Array) -> None:
        """A joint's axis: an arrow, or a ring where it points at or from the viewer."""
        if np.hypot(step[self._first], step[self._second]) < 0.25 * np.linalg.norm(step):
            x, y = self.at(start)
            self._panel.scatter(
                x, y, s=80, facecolors="none", edgecolors=AXIS, linewidths=1.4, zorder=6
            )
        else:
            self.arrow(start, start + step, width=1.4)

    def named_axis(self, name: str, center: Array, step: Array) -> None:
        """A joint's axis through its centre, with its coordinate's name at the tip."""
        if np.hypot(step[self._first], step[self._second]) < 0.25 * np.linalg.norm(step):
            self.axis(center, step)
            return
        self.arrow(center - step, center + step, width=1.2)
        # The oblique subtalar axis ends beside the ankle, where there is no room.
        tip = center - step if name.startswith("subtalar") else center + step
        self._panel.annotate(
            name.removesuffix("_r"), self.at(tip), xytext=(0, 5), textcoords="offset points",
            fontsize=8, color=AXIS, ha="center",
        )  # fmt: skip

    def frame_axis(self, name: str, origin: Array, step: Array) -> None:
        """An axis of a frame with its name."""
        if np.hypot(step[self._first], step[self._second]) > 0.25 * np.linalg.norm(step):
            self.arrow(origin, origin + step, FRAME, 1.6)
            x, y = self.at(origin + 1.2 * step)
            self._panel.text(x, y, name, fontsize=9, color=FRAME, ha="center", va="center")

    def label(self, name: str, place: Array, beside: tuple[float, float]) -> None:
        """A name aside, with a thin line to its place."""
        line = {"arrowstyle": "-", "color": "#999999", "lw": 0.6}
        self._panel.annotate(name, self.at(place), beside, fontsize=9, va="center", arrowprops=line)

    def note(self, name: str, place: Array, color: str) -> None:
        """A name beside its place."""
        if name in _SAME_PLACE:
            return
        self._panel.annotate(
            name.removesuffix("_r"), self.at(place), xytext=(5, -3), textcoords="offset points",
            fontsize=8, color=color,
        )  # fmt: skip

    def window(self, middle: Array, reach: float) -> None:
        """Shows so far [m] around a world place, without axes."""
        x, y = self.at(middle)
        self._panel.set_xlim(x - reach, x + reach)
        self._panel.set_ylim(y - reach, y + reach)

    def title(self, text: str) -> None:
        """A title; hides the panel's axes."""
        self._panel.set_title(text, fontsize=8.5)
        self._panel.set_aspect("equal")
        self._panel.axis("off")

    def finish(self, title: str) -> None:
        """Scales, labels and a title."""
        panel = self._panel
        panel.set_aspect("equal")
        panel.grid(color="#eeeeee", zorder=0)
        panel.set_axisbelow(True)
        for spine in panel.spines.values():
            spine.set_visible(False)
        across = _COMPONENTS[self._first] if self._sign > 0 else "-y: to the right"
        panel.set_xlabel(f"{across} [m]", fontsize=9)
        panel.set_ylabel(f"{_COMPONENTS[self._second]} [m]", fontsize=9)
        panel.tick_params(labelsize=8, length=0)
        panel.set_title(title, fontsize=11)


def tripod(panel: Axes, origin: tuple[float, float], across: str, upward: str) -> None:
    """Two arrows that name the directions of the world."""
    x, y = origin
    style = {"arrowstyle": "-|>", "color": "#555555", "lw": 1.5}
    for (dx, dy), text in (((0.1, 0.0), across), ((0.0, 0.1), upward)):
        panel.annotate("", (x + dx, y + dy), origin, arrowprops=style)
        panel.text(
            x + dx, y + 1.2 * dy + (0.02 if dx else 0.0), text, fontsize=9, color="#555555",
            ha="center",
        )  # fmt: skip
