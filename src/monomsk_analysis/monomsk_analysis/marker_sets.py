"""Marker sets: where named skin markers sit on the skeleton, and how far each is to be trusted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from monomsk_analysis.errors import UnknownMarkersError
from monomsk_description.anatomy import Anatomy, Site

MARKER_SETS = ("rajagopal2016", "rajagopal_walk", "gait2392", "plug_in_gait")
#: Fewer known markers than this cannot hold a body of 37 degrees of freedom.
MIN_MARKERS = 15
#: Of markers of an OpenSim model, which say nothing of it.
_MODEL_SIGMA_M = 0.01


@dataclass(frozen=True)
class MarkerPlace:
    """A marker on the unscaled skeleton.

    Attributes:
        site: its name, segment and place, OpenSim axes [m].
        sigma_m: standard deviation of its place on a person [m].
        weight: in inverse kinematics; 0: only for scaling.
    """

    site: Site
    sigma_m: float
    weight: float


@dataclass(frozen=True)
class MarkerSet:
    """Markers that belong together.

    Attributes:
        name: of the set.
        places: by marker name.
        unused: markers that the skeleton has no segment for, such as the head's.
    """

    name: str
    places: dict[str, MarkerPlace]
    unused: frozenset[str]

    def known(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of some names that have a place, in their order."""
        return tuple(name for name in names if name in self.places)

    def unknown(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of some names that the set does not tell of."""
        return tuple(n for n in names if n not in self.places and n not in self.unused)

    def on(self, anatomy: Anatomy, names: Sequence[str]) -> Anatomy:
        """An anatomy with some of the markers."""
        return replace(anatomy, markers=tuple(self.places[name].site for name in names))

    def sigma_m(self, names: Sequence[str]) -> NDArray[np.float64]:
        """Standard deviations of some markers' places (n,) [m]."""
        return np.array([self.places[name].sigma_m for name in names])

    def weights(self, names: Sequence[str]) -> NDArray[np.float64]:
        """Weights of some markers (n,)."""
        return np.array([self.places[name].weight for name in names])


@cache
def load_marker_set(name: str) -> MarkerSet:
    """One of the shipped sets.

    Raises:
        UnknownMarkersError: there is no such set.
    """
    if name not in MARKER_SETS:
        reason = f"there is no marker set {name!r}; there are {', '.join(MARKER_SETS)}"
        raise UnknownMarkersError(reason, ())
    file = resources.files("monomsk_analysis") / "data" / f"markers_{name}.yaml"
    table = yaml.safe_load(file.read_text(encoding="utf-8"))
    places: dict[str, MarkerPlace] = {}
    for marker, entry in table["markers"].items():
        place = _place(marker, entry)
        places[marker] = place
        if entry["segment"].endswith("_r") or _is_paired(place):
            if entry.get("unpaired") or not marker.startswith(table["mirror"]["right"]):
                continue
            mirrored = _mirrored(place, table["mirror"])
            places[mirrored.site.name] = mirrored
    return MarkerSet(table["name"], places, frozenset(table["unused"]))


def choose_marker_set(names: Sequence[str]) -> MarkerSet:
    """The shipped set that knows most of the names.

    Raises:
        UnknownMarkersError: none knows enough of them.
    """
    sets = [load_marker_set(name) for name in MARKER_SETS]
    best = max(sets, key=lambda candidate: len(candidate.known(names)))
    if len(best.known(names)) < MIN_MARKERS:
        reason = (
            f"no marker set fits: {best.name} knows {len(best.known(names))} of {len(names)} "
            f"markers, {MIN_MARKERS} are needed"
        )
        raise UnknownMarkersError(reason, best.unknown(names))
    return best


def set_of_model(anatomy: Anatomy, file: str) -> MarkerSet:
    """The markers that an OpenSim model carries; weights as in a shipped set of these names."""
    names = [site.name for site in anatomy.markers]
    weights: dict[str, float] = {}
    for name in MARKER_SETS:
        shipped = load_marker_set(name)
        if len(shipped.known(names)) >= MIN_MARKERS:
            weights |= {known: shipped.places[known].weight for known in shipped.known(names)}
    places = {
        site.name: MarkerPlace(site, _MODEL_SIGMA_M, weights.get(site.name, 1.0))
        for site in anatomy.markers
    }
    return MarkerSet(file, places, frozenset())


def _place(marker: str, entry: dict[str, Any]) -> MarkerPlace:
    location = np.array(entry["location_m"], dtype=float)
    site = Site(marker, entry["segment"], location)
    return MarkerPlace(site, float(entry["sigma_m"]), float(entry.get("weight", 1.0)))


def _is_paired(place: MarkerPlace) -> bool:
    """A marker off the middle of pelvis or torso has a twin."""
    return bool(place.site.location_m[2] != 0.0)


def _mirrored(place: MarkerPlace, prefixes: dict[str, str]) -> MarkerPlace:
    site = place.site
    name = prefixes["left"] + site.name.removeprefix(prefixes["right"])
    segment = f"{site.segment[:-2]}_l" if site.segment.endswith("_r") else site.segment
    return replace(place, site=Site(name, segment, site.location_m * [1.0, 1.0, -1.0]))
