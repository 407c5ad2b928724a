"""Landmarks and their mirror image, lifted alike, in recordings and live: the mean of both answers.

The network was trained on motions and their mirror images alike. Its errors on both differ, and the
mean square error of their mean cannot exceed the mean of theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from monomsk_description.frames import Array
from monomsk_perception.lifter_answer import OTHER_SIDE, Answer, Track, WindowNetwork
from monomsk_perception.lifter_windows import nearest_rotations

#: The other side's landmark, of the 19 used; coordinate, of the 31; contact, of the 4.
_LANDMARKS = list(OTHER_SIDE)
_COORDINATES = [*range(7, 14), *range(7), 14, 15, 16, *range(24, 31), *range(17, 24)]
_CONTACTS = [2, 3, 0, 1]
#: Lumbar bending and rotation change their sign; of other joints both sides have their own.
_SIGNS = np.where(np.isin(np.arange(31), (15, 16)), -1.0, 1.0)
_ACROSS_IMAGE = np.array([-1.0, 1.0, 1.0])
_ACROSS_PELVIS = np.array([1.0, -1.0, 1.0])


def mirrored_track(track: Track) -> Track:
    """What a camera behind a mirror would have seen."""
    rays = track.rays[:, _LANDMARKS] * _ACROSS_IMAGE[:2]
    return Track(rays, track.visibility[:, _LANDMARKS], track.seen, track.numbers)


def mirrored_answer(answer: Answer) -> Answer:
    """The answer for the mirrored person."""
    return Answer(
        pelvis_rotation=answer.pelvis_rotation * _ACROSS_IMAGE[:, None] * _ACROSS_PELVIS,
        pelvis_position=answer.pelvis_position * _ACROSS_IMAGE,
        pelvis_log_scale=answer.pelvis_log_scale,
        coordinates=answer.coordinates[:, _COORDINATES] * _SIGNS,
        log_scale=answer.log_scale[:, _COORDINATES],
        proportions=answer.proportions,
        contact=answer.contact[:, _CONTACTS],
    )


class BothSides:
    """A network that answers with the mean for a window and its mirror image.

    Args:
        network: Asked about both at once.
    """

    def __init__(self, network: WindowNetwork) -> None:
        self._network = network

    def __call__(self, track: Track, subject: Array, asked: Sequence[int] | None = None) -> Answer:
        """The answer for the frames asked for."""
        frames = len(track)
        rows = np.arange(frames) if asked is None else np.asarray(asked)
        both = self._network(_with_mirror_image(track), subject, [*rows, *(rows + frames)])
        own, mirrored = (_rows(both, half) for half in (slice(len(rows)), slice(len(rows), None)))
        other = mirrored_answer(mirrored)
        means = {
            item.name: 0.5 * (getattr(own, item.name) + getattr(other, item.name))
            for item in fields(Answer)
        }
        means["pelvis_rotation"] = nearest_rotations(means["pelvis_rotation"])
        return Answer(**means)


def _with_mirror_image(track: Track) -> Track:
    """Both as two windows, the rows of the mirror image last."""
    mirrored, every = mirrored_track(track), np.arange(len(track))
    numbers = every if track.numbers is None else track.numbers
    return Track(
        np.concatenate([track.rays, mirrored.rays]),
        np.concatenate([track.visibility, mirrored.visibility]),
        np.tile(track.seen, 2),
        np.tile(numbers, 2),
        np.repeat([0, 1], len(track)),
    )


def _rows(answer: Answer, rows: slice) -> Answer:
    return Answer(**{item.name: getattr(answer, item.name)[rows] for item in fields(Answer)})
