"""The muscles of a person's own OpenSim model, as polynomials like the shipped ones.

Lengths, moment arms and pulls are sampled from the model's own path points and wrapping cylinders
and fitted when the model is read, in a few seconds, once a program.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from monomsk_description.anatomy import Anatomy
from monomsk_description.completion import complete
from monomsk_description.frames import Array
from monomsk_description.muscle_file import LegMuscles, Muscle, load_muscles
from monomsk_description.muscle_fitting import Samples, arm_errors, fit_length, fit_pull
from monomsk_description.muscle_parameters import PULLED_SEGMENTS, SIDES
from monomsk_description.muscle_paths import sample_path
from monomsk_description.osim_document import read_document
from monomsk_description.osim_joints import to_riding_joint
from monomsk_description.osim_muscles import OsimMuscle, OsimMuscles, read_muscles
from monomsk_description.osim_reader import from_osim
from monomsk_description.segment_motion import Rider, SegmentMotion, segment_motion

#: Segments of a leg, the pelvis first, then downwards; a patella hangs on the femur.
_LEG = ("femur", "patella", "tibia", "talus", "calcn", "toes")
_BELOW = {"hip": _LEG, "knee": _LEG[2:], "ankle": _LEG[3:]}
_FITTED_POSES, _CHECKED_POSES = 900, 200
#: A moment arm that never exceeds this is rounding [m].
_SMALLEST_ARM_M = 2e-3
#: A path pulls at a joint where the unit vectors across it do not cancel.
_SMALLEST_PULL = 0.5


@dataclass(frozen=True)
class PersonalMuscles:
    """The muscles of a model's legs.

    Attributes:
        legs: Of right and left leg, the same muscles; None where the model has none.
        left_out: By name of a muscle of the model: why it is not among them.
        arm_errors_mm: By muscle: median and 99th percentile of the fit's moment arms' distance
            from the model's geometry, on poses that were not fitted [mm].
    """

    legs: tuple[LegMuscles, LegMuscles] | None
    left_out: Mapping[str, str]
    arm_errors_mm: Mapping[str, tuple[float, float]]


def personal_muscles(path: Path) -> PersonalMuscles:
    """The muscles in an OpenSim model's file.

    Raises:
        AnatomyFileError: The file cannot be read or is malformed.
        UnsupportedModelError: The skeleton has a part that cannot be represented.
    """
    return _read(path, path.stat().st_mtime_ns if path.is_file() else 0)


@lru_cache(maxsize=4)
def _read(path: Path, changed_ns: int) -> PersonalMuscles:
    found, anatomy = read_muscles(path), complete(from_osim(path))
    by_side, left_out = _of_legs(found, load_muscles().coordinates)
    if not by_side:
        return PersonalMuscles(None, left_out, {})
    space = _variables(anatomy)
    motions = [_motion(path, anatomy, space, side) for side in SIDES]
    samples = {
        name: tuple(
            _sample(muscle, motion, space, side)
            for muscle, motion, side in zip(pair, motions, SIDES, strict=True)
        )
        for name, pair in by_side.items()
    }
    still = {n for n, (right, left) in samples.items() if not (right.crosses | left.crosses).any()}
    for name in sorted(still):
        left_out |= {f"{name}_{side}": "moves with no joint of the leg" for side in SIDES}
    fitted, errors = _fit_all(by_side, {n: s for n, s in samples.items() if n not in still}, space)
    legs = tuple(replace(space, muscles=tuple(leg[n] for n in leg)) for leg in fitted)
    return PersonalMuscles((legs[0], legs[1]), left_out, errors)


def _of_legs(
    found: OsimMuscles, coordinates: Sequence[str]
) -> tuple[dict[str, tuple[OsimMuscle, OsimMuscle]], dict[str, str]]:
    """Muscles that both legs have, right and left, by name without the side; and why not others."""
    left_out = dict(found.unread)
    legs: list[dict[str, OsimMuscle]] = []
    for side in SIDES:
        own = {"pelvis", *(f"{segment}_{side}" for segment in _LEG)}
        own |= {f"{name}_{side}" for name in coordinates}
        leg = {}
        for muscle in found.muscles:
            moves = len({point.segment for point in muscle.points}) > 1
            if muscle.name.endswith(f"_{side}") and _needs(muscle) <= own and moves:
                leg[muscle.name[:-2]] = muscle
        legs.append(leg)
    pairs = {name: (legs[0][name], legs[1][name]) for name in legs[0] if name in legs[1]}
    used = {f"{name}_{side}" for name in pairs for side in SIDES}
    for muscle in found.muscles:
        if muscle.name not in used:
            left_out[muscle.name] = "does not run within a leg, or the other leg lacks it"
    return pairs, left_out


def _needs(muscle: OsimMuscle) -> set[str]:
    """The segments that a muscle's path touches and the coordinates that shift its points."""
    points = muscle.points
    return (
        {point.segment for point in points}
        | {wrap.cylinder.segment for wrap in muscle.wraps}
        | {name for point in points for name, _ in point.curves}
        | {point.condition[0] for point in points if point.condition is not None}
    )


def _variables(anatomy: Anatomy) -> LegMuscles:
    """The shipped ranges, or a model's own where it counts a coordinate otherwise; no muscles."""
    shipped = load_muscles()
    middle, half_range = shipped.middle.copy(), shipped.half_range.copy()
    for k, name in enumerate(shipped.coordinates):
        low, high = anatomy.coordinate_ranges_rad.get(f"{name}_r", (0.0, 0.0))
        shared = min(high, middle[k] + half_range[k]) - max(low, middle[k] - half_range[k])
        if high - low > half_range[k] and shared < half_range[k]:
            middle[k], half_range[k] = 0.5 * (low + high), 0.5 * (high - low)
    return LegMuscles(shipped.coordinates, middle, half_range, ())


def _motion(path: Path, anatomy: Anatomy, space: LegMuscles, side: str) -> SegmentMotion:
    """Random poses of a leg, more of them towards the ends of the ranges; the same for both."""
    rng = np.random.default_rng(0)
    count = _FITTED_POSES + _CHECKED_POSES
    even = rng.uniform(-1.0, 1.0, size=(count, len(space.coordinates)))
    outer = np.sin(0.5 * np.pi * even)
    share = np.where(rng.random(even.shape) < 0.5, even, outer)
    names = tuple(f"{name}_{side}" for name in space.coordinates)
    joints = [joint for joint in anatomy.joints if joint.child.endswith(f"_{side}")]
    document = read_document(path)
    riders = [
        Rider(
            to_riding_joint(joint),
            {name: document.couplers[name] for name in joint.ranges if name in document.couplers},
        )
        for joint in document.joints
        if joint.child == f"patella_{side}"
    ]
    return segment_motion(joints, riders, names, space.middle + share * space.half_range)


def _sample(muscle: OsimMuscle, motion: SegmentMotion, space: LegMuscles, side: str) -> Samples:
    below = tuple(
        frozenset(f"{segment}_{side}" for segment in segments) for segments in _BELOW.values()
    )
    found = sample_path(muscle, motion, below)
    # As a right leg has it: OpenSim's z, to the right, is mirrored.
    mirror = np.array([1.0, 1.0, 1.0 if side == "r" else -1.0])
    pulls = {}
    for k, (joint, segment) in enumerate(PULLED_SEGMENTS.items()):
        pulled = found.pulls[:, k]
        if np.linalg.norm(pulled, axis=1).min() > _SMALLEST_PULL:
            frames = motion.frames[f"{segment}_{side}"]
            pulls[joint] = np.einsum("nji,nj->ni", frames.rotations, pulled) * mirror
    poses = np.stack([motion.values[name] for name in motion.names], axis=1)
    return Samples(
        variables=(poses - space.middle) / space.half_range,
        crosses=np.abs(found.arms).max(axis=0) > _SMALLEST_ARM_M,
        half_range=space.half_range,
        lengths=found.lengths,
        arms=found.arms,
        pulls=pulls,
    )


def _fit_all(
    by_side: Mapping[str, tuple[OsimMuscle, OsimMuscle]],
    samples: Mapping[str, Sequence[Samples]],
    space: LegMuscles,
) -> tuple[tuple[dict[str, Muscle], dict[str, Muscle]], dict[str, tuple[float, float]]]:
    """Both legs' muscles and the errors of their moment arms."""
    shipped = load_muscles()
    same = np.allclose(space.middle, shipped.middle) and np.allclose(
        space.half_range, shipped.half_range
    )
    known = {muscle.name: muscle for muscle in shipped.muscles} if same else {}
    fitted: tuple[dict[str, Muscle], dict[str, Muscle]] = ({}, {})
    errors = {}
    for name, pair in samples.items():
        crosses = pair[0].crosses | pair[1].crosses
        joints = [joint for joint in pair[0].pulls if joint in pair[1].pulls]
        for leg, one, muscle, side in zip(fitted, pair, by_side[name], SIDES, strict=True):
            own = replace(one, crosses=crosses)
            leg[name] = _fit(muscle, own, joints, known.get(name), space)
            off = arm_errors(_poses(own, slice(_FITTED_POSES, None)), leg[name].length) * 1e3
            median, high = np.percentile(off, [50.0, 99.0]).tolist()
            errors[f"{name}_{side}"] = (median, high)
    return fitted, errors


def _fit(
    muscle: OsimMuscle,
    samples: Samples,
    joints: Sequence[str],
    like: Muscle | None,
    space: LegMuscles,
) -> Muscle:
    crosses = tuple(
        name for name, used in zip(space.coordinates, samples.crosses, strict=True) if used
    )
    if like is not None and like.crosses != crosses:
        like = None
    training = _poses(samples, slice(_FITTED_POSES))
    pulls = {}
    for joint in joints:
        terms = like.pulls[joint][0].exponents if like and joint in like.pulls else None
        pulls[joint] = fit_pull(training, joint, terms)
    return Muscle(
        name=muscle.name[:-2],
        max_isometric_force_n=muscle.max_isometric_force_n,
        optimal_fiber_length_m=muscle.optimal_fiber_length_m,
        tendon_slack_length_m=muscle.tendon_slack_length_m,
        pennation_rad=muscle.pennation_rad,
        max_contraction_velocity=muscle.max_contraction_velocity,
        crosses=crosses,
        length=fit_length(training, like.length.exponents if like else None),
        pulls=pulls,
        length_scaling={},
        arm_scaling={},
    )


def _poses(samples: Samples, rows: slice) -> Samples:
    def of(values: Array) -> Array:
        return values[rows]

    return replace(
        samples,
        variables=of(samples.variables),
        lengths=of(samples.lengths),
        arms=of(samples.arms),
        pulls={joint: of(values) for joint, values in samples.pulls.items()},
    )
