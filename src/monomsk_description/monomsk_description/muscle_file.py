"""Reads the lower limb's muscles from their data file: the right leg is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from monomsk_description.errors import AnatomyFileError
from monomsk_description.frames import Array
from monomsk_description.polynomials import Exponents, SparsePolynomial

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Muscle:
    """A muscle of either leg, of the unscaled model.

    Attributes:
        name: Without the side.
        max_isometric_force_n: [N].
        optimal_fiber_length_m: [m].
        tendon_slack_length_m: [m].
        pennation_rad: Between fibres and tendon at optimal fibre length [rad].
        max_contraction_velocity: [optimal fibre lengths/s].
        crosses: Coordinates that it crosses, without the side.
        length: Muscle-tendon length [m] over the leg's scaled coordinates.
        pulls: By joint (`hip`, `knee`, `ankle`) that it crosses: x, y, z of the unit vector in
            which it pulls what hangs on the joint, in the axes of the joint's child (OpenSim's).
        length_scaling: Weights (3,) by segment: how the neutral length follows scale factors.
        arm_scaling: The same for the moment arms.
    """

    name: str
    max_isometric_force_n: float
    optimal_fiber_length_m: float
    tendon_slack_length_m: float
    pennation_rad: float
    max_contraction_velocity: float
    crosses: tuple[str, ...]
    length: SparsePolynomial
    pulls: Mapping[str, tuple[SparsePolynomial, SparsePolynomial, SparsePolynomial]]
    length_scaling: Mapping[str, Array]
    arm_scaling: Mapping[str, Array]


@dataclass(frozen=True)
class LegMuscles:
    """The muscles of a leg and the variables of their polynomials.

    Attributes:
        coordinates: Of the leg, without the side, from the hip down.
        middle: Of each coordinate's range [rad], (7,).
        half_range: [rad], (7,). A polynomial's variables are (q - middle) / half_range.
        muscles: In the file's order.
    """

    coordinates: tuple[str, ...]
    middle: Array
    half_range: Array
    muscles: tuple[Muscle, ...]


def load_muscles(path: Path | None = None) -> LegMuscles:
    """The muscles in a file; Rajagopal 2016's by default (read once, shared by everyone).

    Raises:
        AnatomyFileError: The file cannot be read, or an entry is missing or malformed.
    """
    return _shipped() if path is None else _load(path)


@cache
def _shipped() -> LegMuscles:
    folder = resources.files("monomsk_description") / "data"
    with resources.as_file(folder / "rajagopal2016_muscles.yaml") as path:
        return _load(path)


def _load(path: Path) -> LegMuscles:
    # The safe loader in C, ten times as fast, is missing where libyaml is.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        content = yaml.load(path.read_text(), Loader=loader)
        coordinates = tuple(content["ranges_rad"])
        ranges = np.array(list(content["ranges_rad"].values()), dtype=float).reshape(-1, 2)
        muscles = tuple(_muscle(n, e, coordinates) for n, e in content["muscles"].items())
    except (OSError, yaml.YAMLError) as error:
        raise AnatomyFileError(str(path), str(error)) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise AnatomyFileError(str(path), f"missing or malformed entry: {error!r}") from error
    return LegMuscles(coordinates, ranges.mean(axis=1), np.ptp(ranges, axis=1) / 2.0, muscles)


def _muscle(name: str, entry: dict[str, Any], coordinates: tuple[str, ...]) -> Muscle:
    crosses = tuple(entry["coordinates"])
    columns = [coordinates.index(coordinate) for coordinate in crosses]
    length = _polynomials(entry["length"], ("coefficients_m",), columns, len(coordinates))[0]
    pulls = {}
    for joint, axes in entry["pulls"].items():
        x, y, z = _polynomials(axes, ("x", "y", "z"), columns, len(coordinates))
        pulls[joint] = (x, y, z)
    return Muscle(
        name=name,
        max_isometric_force_n=float(entry["max_isometric_force_n"]),
        optimal_fiber_length_m=float(entry["optimal_fiber_length_m"]),
        tendon_slack_length_m=float(entry["tendon_slack_length_m"]),
        pennation_rad=float(entry["pennation_rad"]),
        max_contraction_velocity=float(entry["max_contraction_velocity"]),
        crosses=crosses,
        length=length,
        pulls=pulls,
        length_scaling=_weights(entry["length_scaling"]),
        arm_scaling=_weights(entry["arm_scaling"]),
    )


def _polynomials(
    entry: dict[str, Any], outputs: tuple[str, ...], columns: list[int], variables: int
) -> list[SparsePolynomial]:
    """The outputs of an entry, which share their terms, over all the variables."""
    words = entry["terms"].split()
    exponents: Exponents = np.zeros((len(words), variables), dtype=np.int64)
    exponents[:, columns] = [[_DIGITS.index(digit) for digit in word] for word in words]
    coefficients = [np.array(entry[output], dtype=float) for output in outputs]
    if any(values.shape != (len(words),) for values in coefficients):
        raise ValueError(f"{len(words)} terms need as many coefficients")
    return [SparsePolynomial(exponents, values) for values in coefficients]


def _weights(entry: dict[str, list[float]]) -> dict[str, Array]:
    """By segment; rounding of the file is divided out, so that they sum to one."""
    weights = {segment: np.array(values, dtype=float) for segment, values in entry.items()}
    total = float(sum(values.sum() for values in weights.values()))
    if not 0.9 < total < 1.1 or any(values.shape != (3,) for values in weights.values()):
        raise ValueError(f"scaling weights {entry}: three a segment, one in sum")
    return {segment: values / total for segment, values in weights.items()}
