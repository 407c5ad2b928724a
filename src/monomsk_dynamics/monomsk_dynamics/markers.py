"""The body, its contacts and forces as plain shapes, for whatever draws them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.results import BodyDynamics

Array = NDArray[np.float64]
Color = tuple[float, float, float, float]

BONE: Color = (0.85, 0.85, 0.80, 1.0)
FORCE: Color = (0.10, 0.65, 0.30, 1.0)
RESIDUAL: Color = (0.85, 0.20, 0.15, 1.0)
CONTACT: Color = (0.95, 0.75, 0.10, 1.0)

#: Length of a force arrow [m/N]: body weight is about as long as a leg.
METRES_PER_NEWTON = 0.001
_BONE_WIDTH_M = 0.02
_ARROW_WIDTH_M = 0.025
_CONTACT_DIAMETER_M = 0.04
#: Smaller residuals are not drawn [N].
_VISIBLE_RESIDUAL_N = 5.0


@dataclass(frozen=True)
class Lines:
    """Separate line segments.

    Attributes:
        name: Of the shape.
        starts: World points (n, 3) [m].
        ends: World points (n, 3) [m].
        width_m: Of a line [m].
        color: Red, green, blue, opacity, 0 to 1.
    """

    name: str
    starts: Array
    ends: Array
    width_m: float
    color: Color


@dataclass(frozen=True)
class Sphere:
    """A ball.

    Attributes:
        name: Of the shape.
        center: World point (3,) [m].
        diameter_m: [m].
        color: Red, green, blue, opacity, 0 to 1.
    """

    name: str
    center: Array
    diameter_m: float
    color: Color


@dataclass(frozen=True)
class Arrow:
    """An arrow.

    Attributes:
        name: Of the shape.
        start: World point of its tail (3,) [m].
        end: World point of its tip (3,) [m].
        width_m: Of its shaft [m].
        color: Red, green, blue, opacity, 0 to 1.
    """

    name: str
    start: Array
    end: Array
    width_m: float
    color: Color


Shape = Lines | Sphere | Arrow

#: Names of all shapes that may appear; one that is missing in a result has to disappear.
NAMES = (
    "bones", "center_of_pressure_r", "force_r", "center_of_pressure_l", "force_l", "root_residual",
)  # fmt: skip


def shapes(result: BodyDynamics, skeleton: Skeleton) -> list[Shape]:
    """What to draw for a result: bones, contacts, forces, and a residual worth seeing."""
    drawn: list[Shape] = [bones(result.q, skeleton)]
    for side, contact in zip("rl", result.soles, strict=True):
        if contact.in_contact:
            at = contact.center_of_pressure
            tip = at + METRES_PER_NEWTON * contact.force
            drawn.append(Sphere(f"center_of_pressure_{side}", at, _CONTACT_DIAMETER_M, CONTACT))
            drawn.append(Arrow(f"force_{side}", at, tip, _ARROW_WIDTH_M, FORCE))
    residual = result.root_residual[:3]
    if np.linalg.norm(residual) > _VISIBLE_RESIDUAL_N:
        at = result.q[:3]
        tip = at + METRES_PER_NEWTON * residual
        drawn.append(Arrow("root_residual", at, tip, _ARROW_WIDTH_M, RESIDUAL))
    return drawn


def bones(q: Array, skeleton: Skeleton) -> Lines:
    """Lines from every joint to the one before it, and along the feet."""
    places = {name: pose.translation for name, pose in skeleton.segment_poses(q).items()}
    pairs = [(places[j.parent], places[j.child]) for j in skeleton.anatomy.joints]
    starts, ends = np.array([a for a, _ in pairs]), np.array([b for _, b in pairs])
    return Lines("bones", starts, ends, _BONE_WIDTH_M, BONE)
