"""Writes fitted muscles as the readable data file that `monomsk_description` ships."""

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from muscle_fits import Errors  # type: ignore[import-not-found]
from opensim_muscles import (  # type: ignore[import-not-found]
    BELOW,
    COORDINATES,
    RANGES_DEG,
    SEGMENTS,
    Array,
)
from sparse_fit import Polynomial  # type: ignore[import-not-found]

HEADER = """\
# The 80 lower-limb muscles of Rajagopal et al. 2016, fitted by scripts/golden/fit_muscles.py from
# Rajagopal2016.osim with OpenSim {version}. Generated: run the script instead of editing.
#
# Source: Rajagopal A., Dembia C. L., DeMers M. S., Hicks J. L., Delp S. L. (2016),
#   "Full-Body Musculoskeletal Model for Muscle-Driven Simulation of Human Gait",
#   IEEE Transactions on Biomedical Engineering 63(10), 2068-2079.
#
# The right leg is written, the left one mirrors it. Lengths in m, angles in rad, forces in N,
# velocities in optimal fibre lengths a second. Axes are OpenSim's: x forward, y up, z right.
#
# A polynomial's variables are the muscle's `coordinates`, scaled to -1 to 1 over `ranges_rad`:
# x = (q - middle) / half range. `terms` are the exponents of one term each, a digit a coordinate
# (`a` to `z` stand for 10 and more); the coefficients come in the same order.
#   length: muscle-tendon length [m]. Minus its derivatives are fitted to OpenSim's moment arms, its
#     constant to OpenSim's lengths.
#   pulls: by joint, the unit vector in which the muscle pulls what hangs on the joint, in the axes
#     of the joint's child (femur, tibia, talus).
#   length_scaling, arm_scaling: how the length at the neutral pose and the moment arms follow the
#     scale factors of segments along x, y, z: the factor is the sum of weight times scale factor.
#     The weights of a muscle sum to one, so that a uniform scale is exact.
#   errors_mm: against OpenSim on {held_out} held-out poses: median and worst of length and of
#     moment arms. {slipped}
"""


@dataclass(frozen=True)
class FittedMuscle:
    """Everything the file says of a muscle.

    Attributes:
        name: Without the side.
        parameters: Of the force curves, by name.
        crosses: Which of the seven coordinates it crosses.
        length: One output [m].
        pulls: By joint, three outputs.
        length_scaling, arm_scaling: Weights (6 segments, 3 axes).
        errors: Against OpenSim.
    """

    name: str
    parameters: dict[str, float]
    crosses: Array
    length: Polynomial
    pulls: dict[str, Polynomial]
    length_scaling: Array
    arm_scaling: Array
    errors: Errors


def write(path: Path, muscles: Iterable[FittedMuscle], facts: dict[str, str]) -> None:
    """Writes the file; `facts` fill the header."""
    lines = [HEADER.format(**facts), "source: Rajagopal2016.osim", "ranges_rad:"]
    lines += [
        f"  {name}: {_numbers(row, '.6f')}"
        for name, row in zip(COORDINATES, np.radians(RANGES_DEG), strict=True)
    ]
    lines.append("muscles:")
    for muscle in muscles:
        lines += _muscle(muscle)
    path.write_text("\n".join(lines) + "\n")


def _muscle(muscle: FittedMuscle) -> list[str]:
    crossed = [name for name, used in zip(COORDINATES, muscle.crosses, strict=True) if used]
    lines = [f"  {muscle.name}:"]
    lines += [f"    {name}: {value:.9g}" for name, value in muscle.parameters.items()]
    lines.append(f"    coordinates: [{', '.join(crossed)}]")
    lines.append("    length:")
    lines += _terms(muscle.length, 6)
    lines += _wrapped("coefficients_m", muscle.length.coefficients[:, 0], ".8f", 6)
    lines.append("    pulls:")
    for joint in (joint for joint in BELOW if joint in muscle.pulls):
        lines.append(f"      {joint}:")
        lines += _terms(muscle.pulls[joint], 8)
        for axis, column in zip("xyz", muscle.pulls[joint].coefficients.T, strict=True):
            lines += _wrapped(axis, column, ".5f", 8)
    for name in ("length_scaling", "arm_scaling"):
        weights = zip(SEGMENTS, getattr(muscle, name), strict=True)
        used = [f"{segment}: {_numbers(row, '.4g')}" for segment, row in weights if row.any()]
        lines.append(f"    {name}: {{{', '.join(used)}}}")
    found = muscle.errors
    length, arm = (found.length_median, found.length_worst), (found.arm_median, found.arm_worst)
    lines.append(f"    errors_mm: {{length: {_numbers(length, '.3f')}, "
                 f"moment_arm: {_numbers(arm, '.3f')}}}")  # fmt: skip
    return lines


def _terms(polynomial: Polynomial, indent: int) -> list[str]:
    words = ["".join(map(_digit, row)) for row in polynomial.exponents]
    return _lines(f'terms: "{" ".join(words)}"', indent)


def _digit(exponent: int) -> str:
    return "0123456789abcdefghijklmnopqrstuvwxyz"[exponent]


def _wrapped(name: str, values: Iterable[float], form: str, indent: int) -> list[str]:
    return _lines(f"{name}: {_numbers(values, form)}", indent)


def _lines(text: str, indent: int) -> list[str]:
    return textwrap.wrap(
        text, 96, initial_indent=" " * indent, subsequent_indent=" " * (indent + 2)
    )


def _numbers(values: Iterable[float], form: str) -> str:
    return f"[{', '.join(_short(format(value, form)) for value in values)}]"


def _short(number: str) -> str:
    """Without trailing zeros, but still a number with a point where it has one."""
    return number.rstrip("0").rstrip(".") if "." in number and "e" not in number else number
