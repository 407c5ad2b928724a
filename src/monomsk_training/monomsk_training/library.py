"""The library of recorded motions: reads what the recipe names and splits it by subject."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_training.acclaim_files import read_amc, read_asf, read_exponential_maps
from monomsk_training.amass_files import read_amass
from monomsk_training.bvh_files import read_bvh
from monomsk_training.clip_checks import SUBJECT, ClipLimits, clip_physics, settled
from monomsk_training.deepmimic_files import read_deepmimic
from monomsk_training.errors import MotionFileError, RecipeError
from monomsk_training.motion_clip import ANGLES, MOTION_NAMES, MotionClip
from monomsk_training.opensim_files import read_named_arrays, read_opensim
from monomsk_training.posture import usual

#: All clips are kept at this rate.
LIBRARY_RATE_HZ = 60.0
_SHORTEST_S = 0.7
_LARGEST_RAD = 2.9
_LOOSE = np.array(
    [name.startswith(("mtp", "subtalar", "pro_sup", "wrist", "arm_rot")) for name in MOTION_NAMES]
)
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Source:
    """An entry of the recipe; see data/motion_library.yaml.

    Attributes:
        name: What it is.
        licence: Its licence and origin.
        files: Glob pattern under the data folder.
        reader: One of `READERS`.
        weight: How often its clips are drawn.
        shift_deg: Constants added to coordinates [deg].
        without: Pieces of names of clips that are left out.
        validation: Pieces of names or subjects that never train.
        rate_hz: Frames a second where the file does not say.
        prepared: Whether the files are motions that `scripts/marker_motions.py` made of markers.
        measured: Whether markers on bones told pelvis and trunk; else `posture.usual` decides.
    """

    name: str
    licence: str
    files: str
    reader: str
    weight: float
    shift_deg: Mapping[str, float]
    without: Sequence[str] = ()
    validation: Sequence[str] = ()
    rate_hz: float = 100.0
    prepared: bool = False
    measured: bool = False

    def read(self, path: Path) -> list[MotionClip]:
        """The clips of one file.

        Raises:
            MotionFileError: It is none that the reader knows, or its clips have no rate.
        """
        subject = f"{self.reader}-{path.stem.split('_')[0]}"
        try:
            clips = READERS[self.reader](path, subject, self.rate_hz)
        except (ArithmeticError, IndexError, KeyError, OSError, StopIteration, ValueError) as error:
            raise MotionFileError(path, f"is nothing for the reader {self.reader}") from error
        for clip in clips:
            if not (np.isfinite(clip.rate_hz) and clip.rate_hz > 0.0):
                raise MotionFileError(path, f"{clip.name} has {clip.rate_hz} frames a second")
        return clips


@dataclass(frozen=True)
class Library:
    """Clips with the weights they are drawn by.

    Attributes:
        clips: At `LIBRARY_RATE_HZ`.
        weights: Probability of each clip.
        dropped: Clips that physics forbids, with the reasons.
    """

    clips: tuple[MotionClip, ...]
    weights: np.ndarray
    dropped: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def duration_s(self) -> float:
        """Length of all clips [s]."""
        return sum(clip.duration_s for clip in self.clips)


def _read_acclaim(path: Path, subject: str, rate_hz: float) -> list[MotionClip]:
    bones = read_asf(path.parent / f"{path.stem.split('_')[0]}.asf")
    return [read_amc(path, bones, subject)]


def _read_maps(path: Path, subject: str, rate_hz: float) -> list[MotionClip]:
    skeletons = sorted(path.parent.parent.glob("cmu_amc/*.asf"))
    if not skeletons:
        raise MotionFileError(path, "needs a CMU skeleton in ../cmu_amc/*.asf for its rest pose")
    return read_exponential_maps(path, read_asf(skeletons[0]))


READERS: Mapping[str, Callable[[Path, str, float], list[MotionClip]]] = {
    "acclaim": _read_acclaim,
    "exponential_maps": _read_maps,
    "deepmimic": lambda path, subject, rate_hz: [read_deepmimic(path, subject)],
    "named_arrays": lambda path, subject, rate_hz: [read_named_arrays(path, subject, rate_hz)],
    "bvh": lambda path, subject, rate_hz: [read_bvh(path, subject)],
    "amass": lambda path, subject, rate_hz: [read_amass(path, subject)],
    "opensim": lambda path, subject, rate_hz: [read_opensim(path, subject)],
    "opensim_negative_knee": lambda path, subject, rate_hz: [
        read_opensim(path, subject, knee_flexion_negative=True)
    ],
}


def load_recipe(path: Path | None = None) -> list[Source]:
    """The sources of a recipe file; None: the one that ships.

    Raises:
        RecipeError: An entry is unknown or names no reader.
    """
    shipped = resources.files("monomsk_training") / "data" / "motion_library.yaml"
    text = path.read_text("utf-8") if path else shipped.read_text("utf-8")
    sources = []
    for entry in yaml.safe_load(text)["sources"]:
        fields: dict[str, Any] = {"shift_deg": {}, **entry}
        try:
            source = Source(**fields)
        except TypeError as error:
            raise RecipeError(str(entry.get("name")), str(error)) from error
        if source.reader not in READERS:
            raise RecipeError(source.name, f"unknown reader {source.reader!r}")
        sources.append(source)
    return sources


def read_clips(
    data: Path, sources: Sequence[Source], prepared: Path | None = None
) -> Iterator[tuple[Source, MotionClip]]:
    """The usable clips of a recipe, at `LIBRARY_RATE_HZ`, each with its source.

    Args:
        data: Folder of the recordings.
        sources: Of the recipe.
        prepared: Folder of the motions made of markers; None: done without, and said.

    Raises:
        RecipeError: A pattern matches no file under the data folder.
    """
    for source in sources:
        if source.prepared and prepared is None:
            _LOG.warning("left out, no folder of prepared motions was given: %s", source.name)
            continue
        paths = sorted((prepared if source.prepared and prepared else data).glob(source.files))
        if not paths:
            raise RecipeError(source.name, f"no file matches {source.files} under the data folder")
        for clip in (clip for path in paths for clip in source.read(path)):
            if usable(clip) and not any(piece in _full_name(clip) for piece in source.without):
                yield source, clip.resampled(LIBRARY_RATE_HZ).shifted(source.shift_deg)


def load_libraries(
    data: Path, sources: Sequence[Source], prepared: Path | None = None
) -> tuple[Library, Library]:
    """The clips to train with and those to validate with, without those that physics forbids.

    Walking people have the usual posture (`posture.usual`), but for measured ones who validate.
    Args and errors are those of `read_clips`.
    """
    chosen: tuple[list[MotionClip], list[MotionClip]] = ([], [])
    weights: tuple[list[float], list[float]] = ([], [])
    dropped: tuple[dict[str, list[str]], dict[str, list[str]]] = ({}, {})
    skeleton = build_skeleton(SUBJECT)
    for source, clip, postured in _postured(read_clips(data, sources, prepared), skeleton):
        held = any(piece in _full_name(clip) for piece in source.validation)
        clip = clip if held and source.measured else postured
        physics = clip_physics(clip, skeleton)
        if faults := physics.faults(ClipLimits()):
            _LOG.info("dropped %s: %s", _full_name(clip), "; ".join(faults))
            dropped[held][_full_name(clip)] = faults
            continue
        chosen[held].append(settled(clip, physics))
        weights[held].append(source.weight * float(np.sqrt(clip.duration_s)))
    training, validation = (_library(chosen[k], weights[k], dropped[k]) for k in (0, 1))
    return training, validation


def _postured(
    read: Iterator[tuple[Source, MotionClip]], skeleton: Skeleton
) -> Iterator[tuple[Source, MotionClip, MotionClip]]:
    """Each clip as it is and in the usual posture."""
    for source, pairs in groupby(read, key=lambda pair: pair[0]):
        clips = [clip for _, clip in pairs]
        for clip, postured in zip(
            clips, usual(clips, skeleton, measured=source.measured), strict=True
        ):
            yield source, clip, postured


def _full_name(clip: MotionClip) -> str:
    return f"{clip.subject}/{clip.name}"


def usable(clip: MotionClip) -> bool:
    """Whether a clip is long enough, finite, without angles or jumps that no body makes."""
    values = clip.values
    if clip.duration_s < _SHORTEST_S or not np.isfinite(values).all():
        return False
    joints = values[:, 6:]
    if np.abs(joints).max() > _LARGEST_RAD:
        return False
    # Ends of limbs are hardly measured; other angles turn no faster than 40 rad/s.
    speed = np.abs(np.diff(values[:, ANGLES & ~_LOOSE], axis=0)).max() * clip.rate_hz
    return bool(speed < 40.0)


def _library(
    clips: list[MotionClip], weights: list[float], dropped: Mapping[str, Sequence[str]]
) -> Library:
    total = sum(weights) or 1.0
    return Library(tuple(clips), np.array(weights) / total, dropped)
