"""Contact of the soles in a recording, frame by frame from its motion."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from monomsk_dynamics.contact import Contact, ContactDetector, StandingLevel, sole_motion
from monomsk_dynamics.frame import FootGeometry, FrameTerms
from monomsk_dynamics.options import ContactOptions
from monomsk_dynamics.smoothing import SmoothMotion

Array = NDArray[np.float64]


def recorded_contacts(
    motion: SmoothMotion,
    terms: list[FrameTerms],
    feet: FootGeometry,
    ground: tuple[Array, float],
    weight_n: float,
    options: ContactOptions,
) -> list[Contact]:
    """Which soles stand.

    Args:
        motion: n frames.
        terms: Of the frames.
        feet: Of the skeleton.
        ground: Horizontal velocity of walking (n, 2) [m/s] and the floor's height [m].
        weight_n: Of the person [N].
        options: Thresholds.
    """
    detector, standing = ContactDetector(options), StandingLevel(options.clearance_m)
    velocity, floor_m = ground
    unknown = np.full(2, np.nan)
    contacts = []
    for time_s, frame, speed, a in zip(
        motion.times_s, terms, np.linalg.norm(velocity, axis=1), motion.a, strict=True
    ):
        soles = sole_motion(frame, feet, floor_m)
        level_m = standing.update(time_s, soles, float(frame.q[2]) - floor_m)
        soles = replace(soles, height=soles.height - level_m)
        load = frame.external_force(a)[2] / weight_n
        contacts.append(detector.update(time_s, soles, speed, unknown, load))
    return contacts
