"""Small things that reading and writing OpenSim's XML share."""

import math
from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement

import numpy as np
from scipy.spatial.transform import Rotation

from monomsk_description.frames import Array


def numbers(element: Element, tag: str) -> Array:
    """The numbers in a child element; empty where it is missing.

    Raises:
        ValueError: It holds a word or NaN.
    """
    values = np.array((element.findtext(tag) or "").split(), dtype=float)
    if np.isnan(values).any():
        raise ValueError(f"{tag} of {element.get('name')!r} holds NaN")
    return values


def number(element: Element, tag: str, default: float | None = None) -> float:
    """The number in a child element; without a default it has to be there.

    Raises:
        ValueError: It is missing or no finite number.
    """
    text = element.findtext(tag)
    value = float(text or "") if text is not None or default is None else default
    if not math.isfinite(value):
        raise ValueError(f"{tag} of {element.get('name')!r} is {value}")
    return value


def add_text(element: Element, tag: str, text: str) -> None:
    """Adds a child element with a text."""
    SubElement(element, tag).text = text


def add_vector(element: Element, tag: str, values: Iterable[float]) -> None:
    """Adds a child element with numbers, exactly."""
    # Adding zero turns -0 into 0.
    add_text(element, tag, " ".join(f"{float(value) + 0.0!r}" for value in values))


def angles_of(rotation: Array) -> Array:
    """Body-fixed X-Y-Z angles [rad] (3,) of a rotation matrix, as OpenSim writes orientations."""
    return np.asarray(Rotation.from_matrix(rotation).as_euler("XYZ"), dtype=np.float64)
