"""What is believed of a person's segment lengths: a population's, until the person is measured.

Log lengths are jointly normal given stature and sex (data/proportions.yaml, from ANSUR II). A
measurement, such as one of a film that knows lengths only up to a common scale, narrows the belief.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import yaml

from monomsk_description.errors import ImplausibleSubjectError, UnknownNameError
from monomsk_description.frames import Array
from monomsk_description.subject import Subject

#: What a person of an assumed height may stray from it [m]: the scatter of adults.
ASSUMED_HEIGHT_SIGMA_M = 0.09
#: A length so many standard deviations off, given stature and the lengths before it, is no human's.
_IMPOSSIBLE_SIGMAS = 5.0
#: Scaled models and tape measures differ in where a joint is: so much of a length is tolerated.
_TOLERANCE = 0.02
#: Statures that the survey does not cover: the scatter is taken this many times as wide.
_OUTSIDE_SURVEY = 2.0
_SURVEYS = {"female": ("female",), "male": ("male",), "unspecified": ("female", "male")}


@dataclass(frozen=True)
class MeasuredLength:
    """A length [m] of a person, by the name it has in the skeleton, and its deviation [m]."""

    name: str
    length_m: float
    sigma_m: float


@dataclass(frozen=True)
class LengthBelief:
    """Stature and segment lengths of a person as a normal distribution of their logarithms.

    Attributes:
        names: The lengths' names.
        mean: Log stature, then log lengths [log m], (1 + n,).
        covariance: (1 + n, 1 + n).
    """

    names: tuple[str, ...]
    mean: Array
    covariance: Array

    @property
    def height_m(self) -> float:
        """Stature [m]."""
        return float(np.exp(self.mean[0]))

    @property
    def height_sigma_m(self) -> float:
        """Standard deviation of the stature [m]."""
        return self.height_m * float(np.sqrt(self.covariance[0, 0]))

    @property
    def lengths_m(self) -> dict[str, float]:
        """Lengths [m] by name."""
        return dict(zip(self.names, np.exp(self.mean[1:]).tolist(), strict=True))

    @property
    def sigma_m(self) -> dict[str, float]:
        """Standard deviations of the lengths [m] by name."""
        sigma = np.exp(self.mean[1:]) * np.sqrt(np.diag(self.covariance)[1:])
        return dict(zip(self.names, sigma.tolist(), strict=True))

    def index(self, name: str) -> int:
        """Where a length stands in mean and covariance.

        Raises:
            UnknownNameError: There is no such length.
        """
        if name not in self.names:
            raise UnknownNameError("segment length", name, self.names)
        return 1 + self.names.index(name)

    def given(
        self, measured: Sequence[MeasuredLength], common_scale_sigma: float = 0.0
    ) -> LengthBelief:
        """The belief once lengths were measured.

        Args:
            measured: The lengths, with errors independent of each other.
            common_scale_sigma: A further error that all of them share, as a fraction: large where
                only their ratios are known.

        Raises:
            ImplausibleSubjectError: A measured length is no human's or has no deviation, by name.
            UnknownNameError: A length that the skeleton does not have.
        """
        if not measured:
            return self
        for one in measured:
            _positive(one)
        rows = [self.index(one.name) for one in measured]
        selection = np.eye(len(self.mean))[rows]
        values = np.log([one.length_m for one in measured])
        errors = np.diag([(one.sigma_m / one.length_m) ** 2 for one in measured])
        errors = errors + common_scale_sigma**2
        _refuse_impossible(self, measured, errors)
        innovation = selection @ self.covariance @ selection.T + errors
        gain = np.linalg.solve(innovation, selection @ self.covariance).T
        mean = self.mean + gain @ (values - selection @ self.mean)
        covariance = self.covariance - gain @ selection @ self.covariance
        return replace(self, mean=mean, covariance=0.5 * (covariance + covariance.T))

    def subject(self, subject: Subject) -> Subject:
        """A subject with these lengths, and with this stature where the subject's was assumed."""
        height_m = self.height_m if "height_m" in subject.assumed else subject.height_m
        return replace(subject, height_m=height_m, segment_lengths_m=self.lengths_m)


def population(height_m: float, sex: str = "unspecified", height_sigma_m: float = 0.0) -> (
    LengthBelief
):  # fmt: skip
    """What is known of somebody's lengths from stature [m], its deviation [m] and sex alone.

    Raises:
        ImplausibleSubjectError: The stature is no positive number.
        UnknownNameError: No such sex.
    """
    if sex not in _SURVEYS:
        raise UnknownNameError("sex", sex, tuple(_SURVEYS))
    if not 0.0 < height_m < np.inf:
        raise ImplausibleSubjectError("height_m", height_m, (0.0, np.inf))
    table = _table()
    names = tuple(table["lengths"])
    surveys = [_given_height(table, table[one], names, height_m) for one in _SURVEYS[sex]]
    chances = _chances([table[one] for one in _SURVEYS[sex]], height_m)
    means, slopes, covariances = (
        np.tensordot(chances, np.stack(column), axes=1) for column in zip(*surveys, strict=True)
    )
    # Somebody of unknown sex may be either: the means' distance is scatter, too.
    for chance, (mean, _, _) in zip(chances, surveys, strict=True):
        covariances = covariances + chance * np.outer(mean - means, mean - means)
    covariances = covariances + table["definition_sigma"] ** 2 * np.eye(len(names))
    log_height_variance = (height_sigma_m / height_m) ** 2
    along = np.concatenate([[1.0], slopes])
    covariance = log_height_variance * np.outer(along, along)
    covariance[1:, 1:] += covariances
    return LengthBelief(names, np.concatenate([[np.log(height_m)], means]), covariance)


def population_of(subject: Subject) -> LengthBelief:
    """What is known of a subject before any length is measured."""
    sigma_m = ASSUMED_HEIGHT_SIGMA_M if "height_m" in subject.assumed else 0.0
    return population(subject.height_m, subject.sex, sigma_m)


def check_proportions(subject: Subject) -> None:
    """Makes sure that the subject's measured lengths fit the stature and each other.

    Raises:
        ImplausibleSubjectError: A length is no human's, by name.
        UnknownNameError: A length that the skeleton does not have.
    """
    measured = [MeasuredLength(n, m, 0.0) for n, m in subject.segment_lengths_m.items()]
    if measured:
        errors = np.zeros((len(measured), len(measured)))
        _refuse_impossible(population_of(subject), measured, errors)


def _given_height(
    table: Mapping[str, Any], survey: Mapping[str, Any], names: tuple[str, ...], height_m: float
) -> tuple[Array, Array, Array]:
    """Mean and slopes (n,) of log lengths over log stature, and covariance (n, n) around them."""
    ratio, slope, sigma = (
        np.array([survey[entry][name] for name in names]) for entry in ("ratio", "slope", "sigma")
    )
    low, high = survey["stature_range_m"]
    inside_m = float(np.clip(height_m, low, high))
    # Beyond the survey's statures, proportions stay what they are at its end.
    bend = (slope - 1.0) * np.log(inside_m / table["reference_stature_m"])
    if inside_m != height_m:
        sigma, slope = _OUTSIDE_SURVEY * sigma, np.ones_like(slope)
    covariance = np.outer(sigma, sigma) * np.array(survey["correlation"])
    return np.log(height_m * ratio) + bend, slope, covariance


def _chances(surveys: Sequence[Mapping[str, Any]], height_m: float) -> Array:
    """How probable each sex is given the stature, if both are as many."""
    low_m = min(survey["stature_range_m"][0] for survey in surveys)
    high_m = max(survey["stature_range_m"][1] for survey in surveys)
    inside_m = float(np.clip(height_m, low_m, high_m))
    likelihoods = np.array(
        [
            np.exp(-0.5 * ((inside_m - mean_m) / sigma_m) ** 2) / sigma_m
            for mean_m, sigma_m in (survey["stature_m"] for survey in surveys)
        ]
    )
    return np.asarray(likelihoods / likelihoods.sum())


def _refuse_impossible(
    belief: LengthBelief, measured: Sequence[MeasuredLength], errors: Array
) -> None:
    """Raises where a length is impossible given the stature and the lengths before it."""
    rows = [belief.index(one.name) for one in measured]
    off = np.log([_positive(one) for one in measured]) - belief.mean[rows]
    covariance = belief.covariance[np.ix_(rows, rows)] + errors + _TOLERANCE**2 * np.eye(len(rows))
    # One after another, each given those before it: thigh, shank and trunk may each be somewhat
    # long, all of them together not.
    factor = np.linalg.cholesky(covariance)
    sigmas = np.linalg.solve(factor, off)
    for k in np.flatnonzero(np.abs(sigmas) > _IMPOSSIBLE_SIGMAS)[:1]:
        expected = belief.mean[rows[k]] + factor[k, :k] @ sigmas[:k]
        reach = _IMPOSSIBLE_SIGMAS * factor[k, k]
        bounds = (float(np.exp(expected - reach)), float(np.exp(expected + reach)))
        quantity = f"segment length {measured[k].name}"
        raise ImplausibleSubjectError(quantity, measured[k].length_m, bounds)


def _positive(one: MeasuredLength) -> float:
    if not (np.isfinite(one.length_m) and one.length_m > 0.0):
        raise ImplausibleSubjectError(f"segment length {one.name}", one.length_m, (0.0, np.inf))
    if not one.sigma_m >= 0.0:
        quantity = f"deviation of segment length {one.name}"
        raise ImplausibleSubjectError(quantity, one.sigma_m, (0.0, np.inf))
    return one.length_m


@cache
def _table() -> Any:
    file = resources.files("monomsk_description") / "data" / "proportions.yaml"
    return yaml.safe_load(file.read_text())
