"""Masses that ride on a segment without a joint of their own."""

import numpy as np

from monomsk_description.anatomy import Placement, Segment
from monomsk_description.frames import Array


def lump(segment: Segment, rider: Segment, place: Placement) -> Segment:
    """The segment with another fixed on it (parallel axis theorem).

    Args:
        segment: Who carries; keeps its name.
        rider: Who is carried.
        place: The rider's frame in the segment's.
    """
    total = segment.mass_kg + rider.mass_kg
    rider_center = place.act(rider.center_of_mass_m)
    center = segment.mass_kg * segment.center_of_mass_m + rider.mass_kg * rider_center
    center = center / total if total else segment.center_of_mass_m
    inertia = (
        segment.inertia_kg_m2
        + place.rotation @ rider.inertia_kg_m2 @ place.rotation.T
        + _point_inertia(segment.mass_kg, segment.center_of_mass_m - center)
        + _point_inertia(rider.mass_kg, rider_center - center)
    )
    return Segment(segment.name, total, center, inertia)


def _point_inertia(mass_kg: float, offset: Array) -> Array:
    return mass_kg * (offset @ offset * np.eye(3) - np.outer(offset, offset))
