"""Small things that reading and writing OpenSim's XML share."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement

import numpy as np
from scipy.spatial.transform import Rotation

from monomsk_description.frames import Array


def numbers(element: Element, tag: str) -> Array:
    """The numbers in a child element; empty where it is missing."""
    return np.array((element.findtext(tag) or "").split(), dtype=float)


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
