"""Who is in front of the camera: the few numbers that set a skeleton's size and mass."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from monomsk_description.errors import ImplausibleSubjectError, UnknownNameError

#: Accepted ranges [SI]; wide enough for a toddler and for the tallest and heaviest adults.
HEIGHT_RANGE_M = (0.6, 2.6)
MASS_RANGE_KG = (5.0, 350.0)
BODY_MASS_INDEX_RANGE = (9.0, 80.0)

#: What is assumed of a person of whom nothing is known; every result then says so.
ASSUMED_HEIGHT_M = 1.70
ASSUMED_BODY_MASS_INDEX = 23.0

SEXES = ("unspecified", "female", "male")


def _no_lengths() -> Mapping[str, float]:
    return MappingProxyType({})


@dataclass(frozen=True)
class Subject:
    """A person's size.

    Attributes:
        height_m: Stature [m].
        mass_kg: Body mass [kg].
        sex: `unspecified`, `female` or `male`.
        segment_lengths_m: Measured lengths [m] by name (`thigh`, `shank`, `foot`, `pelvis_width`,
            `trunk`, `shoulder_width`, `upper_arm`, `forearm`); the others follow the height.
        assumed: Names of the quantities that nobody gave.

    Raises:
        ImplausibleSubjectError: A number is no human's, or not finite.
    """

    height_m: float
    mass_kg: float
    sex: str = "unspecified"
    segment_lengths_m: Mapping[str, float] = field(default_factory=_no_lengths)
    assumed: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        _check("height_m", self.height_m, HEIGHT_RANGE_M)
        _check("mass_kg", self.mass_kg, MASS_RANGE_KG)
        _check("body mass index", self.body_mass_index, BODY_MASS_INDEX_RANGE)
        if self.sex not in SEXES:
            raise UnknownNameError("sex", self.sex, SEXES)
        frozen = MappingProxyType(dict(self.segment_lengths_m))
        object.__setattr__(self, "segment_lengths_m", frozen)

    @classmethod
    def assume(
        cls, height_m: float | None = None, mass_kg: float | None = None, sex: str = "unspecified"
    ) -> "Subject":
        """A subject whose missing numbers are assumed, and listed in `assumed`."""
        assumed = set()
        if height_m is None:
            height_m = ASSUMED_HEIGHT_M
            assumed.add("height_m")
        if mass_kg is None:
            mass_kg = ASSUMED_BODY_MASS_INDEX * height_m * height_m  # ** raises for absurd heights
            assumed.add("mass_kg")
        return cls(height_m, mass_kg, sex, assumed=frozenset(assumed))

    @property
    def body_mass_index(self) -> float:
        """Mass over height squared [kg/m²]."""
        return self.mass_kg / self.height_m**2 if self.height_m else math.nan

    def with_lengths(self, segment_lengths_m: Mapping[str, float]) -> "Subject":
        """The same person with (more) measured segment lengths [m]."""
        merged = {**self.segment_lengths_m, **segment_lengths_m}
        return replace(self, segment_lengths_m=merged)


def _check(quantity: str, value: float, bounds: tuple[float, float]) -> None:
    if not (math.isfinite(value) and bounds[0] <= value <= bounds[1]):
        raise ImplausibleSubjectError(quantity, value, bounds)
