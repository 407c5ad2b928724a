"""The floor of a recording: what the command line says of it, and what files say."""

from __future__ import annotations

from typing import Any

from monomsk_analysis.errors import FloorError
from monomsk_dynamics.errors import OptionError
from monomsk_dynamics.floor import LEVEL_FLOOR, Floor


def read_floor(text: str | None) -> Floor | None:
    """The floor that an option names; None if it is to be found.

    Args:
        text: `level`, or the height [m], or height and rises along x and y: `H,X,Y` [m, deg].

    Raises:
        FloorError: It is none of these.
    """
    if text is None:
        return None
    if text.strip().lower() == LEVEL_FLOOR.source:
        return LEVEL_FLOOR
    try:
        numbers = [float(word) for word in text.split(",")]
    except ValueError:
        raise FloorError(text) from None
    if len(numbers) not in (1, 3):
        raise FloorError(text)
    try:
        return Floor.given(*numbers)
    except OptionError as error:
        raise FloorError(text) from error


def floor_sentence(floor: Floor) -> str:
    """What a reader of the results has to know."""
    if floor.source == LEVEL_FLOOR.source:
        return "The floor is level; its height is where the soles rest."
    where = "was given" if floor.source == "given" else "was found from the resting soles"
    along_x, along_y = floor.rise_deg
    return (
        f"The floor {where}: {floor.slope_deg:.1f} deg steep, rising by {along_x:+.1f} deg along x "
        f"and {along_y:+.1f} deg along y (left), {floor.height_m:+.3f} m high at the origin."
    )


def floor_entries(floor: Floor) -> dict[str, Any]:
    """Entries of the summary."""
    along_x, along_y = floor.rise_deg
    return {
        "source": floor.source,
        # Of a level floor every stretch of a recording has its own.
        "height_m": None if floor.source == LEVEL_FLOOR.source else floor.height_m,
        "rise_along_x_deg": along_x,
        "rise_along_y_deg": along_y,
    }
