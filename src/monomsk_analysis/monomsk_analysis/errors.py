"""Errors of the analysis package; each carries the data that it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path


class AnalysisError(Exception):
    """Base of every error that this package raises on purpose."""


class FileFormatError(AnalysisError):
    """A file whose content is not what its format promises.

    Attributes:
        path: the file.
        line_number: line of the offence, counted from 1; None for the file as a whole.
        reason: what is wrong.
    """

    def __init__(self, path: Path, reason: str, line_number: int | None = None) -> None:
        self.path = path
        self.line_number = line_number
        self.reason = reason
        where = f"{path}, line {line_number}" if line_number is not None else f"{path}"
        super().__init__(f"{where}: {reason}")


class MissingColumnsError(AnalysisError):
    """Columns that a computation needs and a table does not have.

    Attributes:
        source: name of the table or file.
        missing: names of the columns that are not there.
        available: names of the columns that are.
    """

    def __init__(self, source: str, missing: Sequence[str], available: Sequence[str]) -> None:
        self.source = source
        self.missing = tuple(missing)
        self.available = tuple(available)
        super().__init__(
            f"{source}: missing {', '.join(self.missing)}; it has {', '.join(self.available)}"
        )


class InputError(AnalysisError):
    """An input that cannot be read as what it claims to be.

    Attributes:
        path: the input.
        reason: what is wrong with it.
    """

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")


class VideoError(InputError):
    """A video that is missing, empty, broken, or not a video."""


class BagError(InputError):
    """A bag that is missing, broken, or not a bag."""


class TopicMissingError(BagError):
    """A bag without the topic that was asked for.

    Attributes:
        topic: the topic asked for; None if any image topic would have done.
        available: name of each topic in the bag to its type.
    """

    def __init__(self, path: Path, topic: str | None, available: Mapping[str, str]) -> None:
        self.topic = topic
        self.available = dict(available)
        wanted = f"no topic {topic}" if topic else "no image topic"
        present = ", ".join(f"{name} ({kind})" for name, kind in sorted(available.items()))
        super().__init__(path, f"{wanted} in this bag; it has {present or 'no topics at all'}")


class TimeWindowError(AnalysisError):
    """A start that is negative, or an end that is not after it.

    Attributes:
        start_s: [s].
        end_s: [s].
    """

    def __init__(self, start_s: float, end_s: float) -> None:
        self.start_s = start_s
        self.end_s = end_s
        super().__init__(f"no time between {start_s:g} s and {end_s:g} s")


class NoPersonError(AnalysisError):
    """No stretch of the input shows a person long enough to be analysed.

    Attributes:
        source: the input.
        frames: number of frames looked at.
        tracked: number of frames with a body state.
        needed: what a stretch must have.
    """

    def __init__(self, source: Path, frames: int, tracked: int, needed: str) -> None:
        self.source = source
        self.frames = frames
        self.tracked = tracked
        self.needed = needed
        super().__init__(
            f"{source}: no person found long enough to analyse "
            f"({tracked} of {frames} frames tracked; {needed} in a row are needed)"
        )


class OutputError(AnalysisError):
    """A result that could not be written.

    Attributes:
        path: where it should have gone.
        reason: why it did not.
    """

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")


class FloorError(AnalysisError):
    """A floor that nobody understands or stands on.

    Attributes:
        text: what was said of it.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(
            f"the floor '{text}' is not 'level', a height in metres, or height,rise,rise: metres, "
            "and degrees along x and y, at most 35"
        )


class MarkerPairError(AnalysisError):
    """Markers to exchange that are no pair.

    Attributes:
        text: what was given.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(
            f"{text!r} is no pair of markers to exchange: two names, as in --exchange LWRA,LWRB"
        )


class UnknownMarkersError(AnalysisError):
    """Markers that cannot be placed on the skeleton.

    Attributes:
        reason: what is wrong.
        names: the markers that are not known.
    """

    MAX_NAMED = 12

    def __init__(self, reason: str, names: Sequence[str]) -> None:
        self.reason = reason
        self.names = tuple(names)
        some = ", ".join(self.names[: self.MAX_NAMED])
        more = f" and {len(names) - self.MAX_NAMED} more" if len(names) > self.MAX_NAMED else ""
        super().__init__(f"{reason}; not known: {some}{more}" if names else reason)
