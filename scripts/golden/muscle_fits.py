"""From samples of OpenSim's muscles to polynomials, their scaling weights and their errors."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from opensim_muscles import (  # type: ignore[import-not-found]
    RANGES_DEG,
    SEGMENTS,
    Array,
    LegMuscles,
    Samples,
    draw_poses,
    load,
    scaled,
)
from sparse_fit import (  # type: ignore[import-not-found]
    Polynomial,
    all_exponents,
    gradients,
    greedy_order,
    monomials,
    robust_solution,
)

#: Term selection ends at this root mean square error of the validation poses' moment arms [m] ...
ARM_TOLERANCE_M = 1.5e-4
#: ... or of their pulls' components, or at so many terms.
PULL_TOLERANCE = 5e-3
ARM_TERMS, PULL_TERMS = 90, 30
#: Highest total degree on offer, by the number of coordinates.
ARM_DEGREE = {1: 12, 2: 9, 3: 9, 4: 7}
PULL_DEGREE = {1: 8, 2: 6, 3: 5, 4: 4}
#: Where a path is about to slip off its surface, moment arms bend sharply. A fit that misses some
#: by more than this [m] gets more terms, and what is off by more than the width [m] counts more.
BEND_M, BEND_WIDTH_M = 3e-3, 1e-3
BEND_TERMS, BEND_DEGREE, BEND_ROUNDS = 200, 12, 12
#: Poses whose moment arms a fit misses by more are examined for a path that slipped [m].
SUSPICIOUS_M = 2e-3
#: Every third pose decides how many terms are enough.
VALIDATION = 3

CENTERS = np.radians(RANGES_DEG.mean(axis=1))
HALF_RANGES = np.radians(np.ptp(RANGES_DEG, axis=1)) / 2.0


@dataclass(frozen=True)
class Errors:
    """Distances to OpenSim on held-out poses [mm]; `slipped` poses left out but counted."""

    length_median: float
    length_worst: float
    arm_median: float
    arm_worst: float
    arm_worst_slipped: float


def unit_pose(poses: Array, crosses: Array) -> Array:
    """Crossed coordinates (n, k) from -1 to 1 within the ranges."""
    return np.asarray(((poses - CENTERS) / HALF_RANGES)[:, crosses])


def fit_length(leg: LegMuscles, samples: Samples, muscle: int) -> Polynomial:
    """A polynomial whose derivatives are OpenSim's moment arms, placed at OpenSim's lengths.

    Moment arms decide, because OpenSim's lengths jump or creep against its own moment arms where
    a path takes to a wrapping surface; only the constant comes from the lengths (their median).
    """
    crosses = leg.crosses[muscle]
    x = unit_pose(samples.poses, crosses)
    terms, design = _arm_design(x, crosses, ARM_DEGREE[x.shape[1]])
    target = samples.arms[:, muscle][:, crosses].T.ravel()
    fitted = design @ robust_solution(design[::2], target[::2], width=2e-4, rounds=6)
    off = np.abs(fitted - target).reshape(-1, len(x)).max(axis=0)
    slipped = find_slipped(leg, samples.poses, off, muscle)
    validation = np.arange(len(x)) % VALIDATION == 0
    use = np.tile(~validation & ~slipped, x.shape[1])
    check = np.tile(validation & ~slipped, x.shape[1])
    kept = _enough_terms(
        (design[use], target[use, None]), (design[check], target[check, None]),
        ARM_TERMS, ARM_TOLERANCE_M,
    )  # fmt: skip
    every = use | check
    solution = np.linalg.lstsq(design[every][:, kept], target[every], rcond=None)[0]
    if np.abs(design[every][:, kept] @ solution - target[every]).max() > BEND_M:
        terms, design = _arm_design(x, crosses, BEND_DEGREE)
        kept = greedy_order(design[every], target[every, None], BEND_TERMS)
        solution = _levelled(design[every][:, kept], target[every])
    variable = monomials(x, terms[kept]) @ solution
    constant = np.median(samples.lengths[:, muscle] - variable)
    exponents = np.vstack([np.zeros_like(terms[:1]), terms[kept]])
    return _sorted(exponents, np.concatenate([[constant], solution])[:, None])


def _arm_design(x: Array, crosses: Array, degree: int) -> tuple[Array, Array]:
    """Terms up to a degree, and moment arms by term (coordinates * n, terms)."""
    terms = all_exponents(x.shape[1], degree)[1:]
    return terms, -gradients(x, terms) / np.repeat(HALF_RANGES[crosses], len(x))[:, None]


def _levelled(design: Array, target: Array) -> Array:
    """Least squares in which errors beyond a width weigh with their fourth power."""
    weights = np.ones(len(target))
    for _ in range(BEND_ROUNDS):
        root = np.sqrt(weights)
        solution = np.linalg.lstsq(design * root[:, None], target * root, rcond=None)[0]
        off = np.abs(design @ solution - target)
        weights = 0.5 * weights + 0.5 * (1.0 + (off / BEND_WIDTH_M) ** 4)
    return np.asarray(solution)


def fit_pull(samples: Samples, muscle: int, joint: int, crosses: Array) -> Polynomial:
    """The direction (three outputs) in which a muscle pulls what hangs on a joint."""
    x = unit_pose(samples.poses, crosses)
    terms = all_exponents(x.shape[1], PULL_DEGREE[x.shape[1]])
    design, target = monomials(x, terms), samples.pulls[:, muscle, joint]
    check = np.arange(len(x)) % VALIDATION == 0
    kept = _enough_terms(
        (design[~check], target[~check]), (design[check], target[check]),
        PULL_TERMS, PULL_TOLERANCE,
    )  # fmt: skip
    return _sorted(terms[kept], np.linalg.lstsq(design[:, kept], target, rcond=None)[0])


def _enough_terms(
    training: tuple[Array, Array], validation: tuple[Array, Array], most: int, tolerance: float
) -> list[int]:
    """The shortest prefix of the greedy order that meets the tolerance on the validation rows."""
    order = greedy_order(*training, most)
    for count in range(1, len(order) + 1):
        kept = order[:count]
        if count % 2 and count < len(order):
            continue
        solution = np.linalg.lstsq(training[0][:, kept], training[1], rcond=None)[0]
        error = validation[0][:, kept] @ solution - validation[1]
        if np.sqrt(np.mean(error**2)) <= tolerance:
            return kept
    return order


def _sorted(exponents: Array, coefficients: Array) -> Polynomial:
    order = sorted(range(len(exponents)), key=lambda i: (exponents[i].sum(), *-exponents[i]))
    return Polynomial(exponents[order], coefficients[order])


def score(leg: LegMuscles, fit: Polynomial, held_out: Samples, muscle: int) -> tuple[Errors, Array]:
    """How far a length polynomial is from OpenSim, and in which held-out poses (n,) that slips."""
    crosses = leg.crosses[muscle]
    x = unit_pose(held_out.poses, crosses)
    arms = -fit.gradient(x) / HALF_RANGES[crosses]
    off = np.abs(arms - held_out.arms[:, muscle][:, crosses])
    slipped = find_slipped(leg, held_out.poses, off.max(axis=1), muscle)
    lengths = np.abs(fit.at(x)[:, 0] - held_out.lengths[:, muscle])[~slipped] * 1e3
    return Errors(
        float(np.median(lengths)), float(lengths.max()), float(np.median(off[~slipped]) * 1e3),
        float(off[~slipped].max() * 1e3), float(off.max() * 1e3),
    ), slipped  # fmt: skip


def find_slipped(leg: LegMuscles, poses: Array, off: Array, muscle: int) -> Array:
    """Poses (n,) that OpenSim's path reaches from neutral only with a jump.

    Only those are looked at whose moment arms are off by more than `SUSPICIOUS_M`; off is (n,).
    """
    slipped = np.zeros(len(poses), dtype=bool)
    for pose in np.flatnonzero(off > SUSPICIOUS_M):
        slipped[pose] = leg.slips_on_the_way(poses[pose], muscle)
    return slipped


@dataclass(frozen=True)
class ScalingWeights:
    """Logarithmic derivatives over the segments' factors, (muscles, 6 segments, 3 axes) each.

    Each muscle's sum to one, because a length is homogeneous in all factors (Euler).
    """

    length: Array
    arm: Array


def scaling_weights(path: Path, crosses: Array) -> ScalingWeights:
    """Of the length at the neutral pose, and of all moment arms over some poses together."""
    poses = np.vstack([np.zeros((1, len(CENTERS))), draw_poses(11, np.random.default_rng(5))])
    middle = LegMuscles(load(path)).sample(poses)
    step = 0.02
    shape = (len(crosses), len(SEGMENTS), 3)
    length, arm = np.zeros(shape), np.zeros(shape)
    for index, segment in enumerate(SEGMENTS):
        for axis in range(3):
            low, high = (
                _scaled_samples(path, {segment: 1.0 + sign * step * np.eye(3)[axis]}, poses)
                for sign in (-1.0, 1.0)
            )
            change = (high.lengths[0] - low.lengths[0]) / (2 * step)
            length[:, index, axis] = change / middle.lengths[0]
            slope = (high.arms - low.arms) / (2 * step)
            # Medians over poses: a scaled path may slip where the unscaled one does not.
            total = (middle.arms**2).sum(axis=2)
            arm[:, index, axis] = np.median((slope * middle.arms).sum(axis=2) / total, axis=0)
    return ScalingWeights(_summing_to_one(length), _summing_to_one(arm))


def _scaled_samples(path: Path, factors: dict[str, Array], poses: Array) -> Samples:
    return LegMuscles(scaled(path, factors)).sample(poses)


def _summing_to_one(weights: Array) -> Array:
    """Rounds to thousandths, drops what is small, and divides by the sum."""
    kept = np.where(np.abs(weights) < 5e-3, 0.0, weights)
    rounded = np.round(kept / kept.sum(axis=(1, 2), keepdims=True), 3)
    return np.asarray(rounded / rounded.sum(axis=(1, 2), keepdims=True))
