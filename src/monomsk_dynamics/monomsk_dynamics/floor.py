"""The plane that a person stands on."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from monomsk_dynamics.errors import OptionError

#: Steeper floors are refused: nobody walks on them without hands.
STEEPEST_DEG = 35.0


@dataclass(frozen=True)
class Floor:
    """A plane z = height + slope . (x, y) in the world.

    Attributes:
        height_m: At the world's origin [m].
        slope: Rise over way along the world's x and y (2,).
        source: Whether it is assumed to be level, was given, or found from resting soles.
    """

    height_m: float = 0.0
    slope: tuple[float, float] = (0.0, 0.0)
    source: Literal["level", "given", "found"] = "level"

    def __post_init__(self) -> None:
        if not np.isfinite(self.height_m):
            raise OptionError("height_m", self.height_m, "a number")
        if not self.slope_deg <= STEEPEST_DEG:
            raise OptionError("slope", self.slope, f"at most {STEEPEST_DEG:.0f} degrees")

    @classmethod
    def given(cls, height_m: float, rise_x_deg: float = 0.0, rise_y_deg: float = 0.0) -> "Floor":
        """A floor that somebody knows: its height [m] and its rise along x and y [deg]."""
        # Beyond a right angle the tangent would be that of a slope the other way.
        if not max(abs(rise_x_deg), abs(rise_y_deg)) < 90.0:
            raise OptionError(
                "slope", (rise_x_deg, rise_y_deg), f"at most {STEEPEST_DEG:.0f} degrees"
            )
        rise = np.tan(np.radians([rise_x_deg, rise_y_deg]))
        return cls(height_m, (float(rise[0]), float(rise[1])), "given")

    @property
    def is_elsewhere(self) -> bool:
        """Whether it is another plane than z = 0."""
        return (self.height_m, *self.slope) != (0.0, 0.0, 0.0)

    @property
    def slope_deg(self) -> float:
        """Of the steepest line [deg]."""
        return float(np.degrees(np.arctan(np.hypot(*self.slope))))

    @property
    def rise_deg(self) -> tuple[float, float]:
        """Along x and along y [deg]."""
        along_x, along_y = np.degrees(np.arctan(self.slope)).tolist()
        return along_x, along_y


#: What is assumed when nothing speaks against it.
LEVEL_FLOOR = Floor()
