"""How good the muscles are: against OpenSim's golden files, the clock, and electromyography."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.recorded_walk import (
    DELAYS_S,
    ELECTRODES,
    MODEL_FILE,
    WALK_OPTIONS,
    Walk,
    correlation,
    motion_of,
    read_walk,
    solve_walk,
)
from monomsk_description.frames import GRAVITY_M_S2
from monomsk_description.muscle_parameters import REFERENCE_SUBJECT, MuscleParameters
from monomsk_description.muscles import MuscleGeometry
from monomsk_description.personal_muscles import personal_muscles
from monomsk_description.skeleton import build_skeleton
from monomsk_dynamics.hill import tendon_forces
from monomsk_dynamics.joint_loads import JointLoads
from monomsk_dynamics.static_optimization import MuscleSolution, StaticOptimization

Array = NDArray[np.float64]

GEOMETRY_FILE = Path("tests/monomsk_description/data/rajagopal2016_muscles.npz")
FORCES_FILE = Path("tests/monomsk_dynamics/data/rigid_tendon_muscles.npz")
_ROUNDS = 3
_WEAK = 0.05  # of the maximal isometric force


@dataclass(frozen=True)
class GeometryScore:
    """Fitted muscles against OpenSim on held-out poses [mm].

    Attributes:
        poses: How many.
        arm_median, arm_p99_9, arm_worst: Of moment arms.
        slipped: Paths that slip off their wrapping surface on the way to the pose; left out of the
            worst moment arm, not of the others.
        arm_worst_slipped: Of those.
        length_median: Of muscle-tendon lengths.
        length_worst: By muscle, the three largest.
        arm_worst_by_muscle: The three largest moment arm errors, without slipped paths.
    """

    poses: int
    arm_median: float
    arm_p99_9: float
    arm_worst: float
    slipped: int
    arm_worst_slipped: float
    length_median: float
    length_worst: dict[str, float]
    arm_worst_by_muscle: dict[str, float]


@dataclass(frozen=True)
class CurveScore:
    """Forces along the Hill curves against OpenSim's rigid-tendon muscles [%]."""

    states: int
    median: float
    worst: float


@dataclass(frozen=True)
class ShareTiming:
    """Static optimisation of a walk, thread time [ms]."""

    frames: int
    median_ms: float
    p99_ms: float
    together_ms: float


@dataclass(frozen=True)
class ElectrodeScore:
    """Activations under an electrode against it: correlation by delay [s] of the electrode."""

    correlations: tuple[float, ...]
    activation_peak: float
    force_peak_n: float


@dataclass(frozen=True)
class WalkScore:
    """Muscles of a recorded walk.

    Attributes:
        whose: The muscles.
        electrodes: By electrode.
        largest_reserve_n_m: Torque that the muscles could not make up.
        contact_peaks: By joint, the largest force between the bones [body weight].
    """

    whose: str
    electrodes: dict[str, ElectrodeScore]
    largest_reserve_n_m: float
    contact_peaks: dict[str, float]


@dataclass(frozen=True)
class MuscleScores:
    """Everything about the muscles; parts are None where their file is missing."""

    geometry: GeometryScore | None
    curves: CurveScore | None
    timing: ShareTiming | None
    walks: tuple[WalkScore, ...]


def bench_muscles(root: Path, recording: Path) -> MuscleScores:
    """Score the muscles.

    Args:
        root: the project's folder, with the tests' golden files.
        recording: `mocap_walking_3d`; skipped if it is not there.
    """
    geometry = curves = timing = None
    walks: tuple[WalkScore, ...] = ()
    reference = MuscleGeometry(build_skeleton(REFERENCE_SUBJECT))
    if (root / GEOMETRY_FILE).is_file():
        geometry = geometry_score(root / GEOMETRY_FILE, reference)
    if (root / FORCES_FILE).is_file():
        curves = curve_score(root / FORCES_FILE, reference)
    if recording.is_dir():
        walk = read_walk(recording)
        shipped = MuscleGeometry(walk.skeleton)
        own = MuscleGeometry(walk.skeleton, personal_muscles(recording / MODEL_FILE).legs)
        timing = share_timing(walk, shipped)
        walks = (
            walk_score("shipped, scaled to the subject", walk, shipped),
            walk_score("the subject's model's own", walk, own),
        )
    return MuscleScores(geometry, curves, timing, walks)


def geometry_score(path: Path, geometry: MuscleGeometry) -> GeometryScore:
    """Lengths and moment arms of the right leg against a golden file."""
    with np.load(path) as file:
        golden = dict(file)
    crosses, slips = golden["crosses"], golden["slipped"]
    columns = [geometry.coordinate_names.index(f"{c}_r") for c in golden["coordinates"]]
    q = np.zeros((len(golden["poses"]), len(geometry.coordinate_names)))
    q[:, columns] = golden["poses"]
    lengths, arms = geometry.lengths_with_moment_arms(q)
    right = slice(0, len(crosses))
    arm_mm = np.zeros((len(q), *crosses.shape))
    found = arms[:, right][:, :, columns][:, crosses]
    arm_mm[:, crosses] = 1e3 * np.abs(found - golden["arms"] * golden["step_m"])
    length_mm = 1e3 * np.abs(lengths[:, right] - golden["lengths"] * golden["step_m"])
    kept = np.where(slips[:, :, None], 0.0, arm_mm)
    return GeometryScore(
        poses=len(q),
        arm_median=float(np.median(arm_mm[:, crosses])),
        arm_p99_9=float(np.percentile(arm_mm[:, crosses], 99.9)),
        arm_worst=float(kept.max()),
        slipped=int(slips.sum()),
        arm_worst_slipped=float(np.where(slips[:, :, None], arm_mm, 0.0).max()),
        length_median=float(np.median(length_mm)),
        length_worst=_largest(length_mm.max(axis=0), golden["names"]),
        arm_worst_by_muscle=_largest(kept.max(axis=(0, 2)), golden["names"]),
    )


def curve_score(path: Path, geometry: MuscleGeometry) -> CurveScore:
    """Forces at given lengths, speeds and activations against a golden file."""
    with np.load(path) as file:
        golden = dict(file)
    count = golden["forces"].shape[1]
    right = MuscleParameters(
        *[getattr(geometry.parameters, f.name)[:count] for f in fields(MuscleParameters)]
    )
    forces = tendon_forces(right, golden["lengths"], golden["speeds"]).at(golden["activations"])
    strong = golden["forces"] > _WEAK * right.max_isometric_force
    percent = 100.0 * np.abs(forces / golden["forces"] - 1.0)[strong]
    return CurveScore(int(strong.sum()), float(np.median(percent)), float(percent.max()))


def share_timing(walk: Walk, geometry: MuscleGeometry) -> ShareTiming:
    """Thread time, so that a busy machine changes it little: frame by frame, and all at once."""
    optimization = StaticOptimization(geometry, WALK_OPTIONS)
    motion = motion_of(walk)
    alone, together = [], []
    for _ in range(_ROUNDS):
        for frame in zip(*motion, strict=True):
            begin_s = time.thread_time()
            optimization.solve(*frame)
            alone.append(time.thread_time() - begin_s)
        begin_s = time.thread_time()
        count = len(list(optimization.solve_all(*motion)))
        together.append((time.thread_time() - begin_s) / count)
    median_ms, p99_ms = (1e3 * np.percentile(alone, [50, 99])).tolist()
    return ShareTiming(len(walk.results), median_ms, p99_ms, 1e3 * min(together))


def walk_score(whose: str, walk: Walk, geometry: MuscleGeometry) -> WalkScore:
    """Activations against electrodes, reserves, forces between bones."""
    solutions = solve_walk(walk, geometry)
    activations = np.array([solution.activations for solution in solutions])
    forces = np.array([solution.forces for solution in solutions])
    electrodes = {}
    for electrode, muscles in ELECTRODES.items():
        columns = [geometry.names.index(f"{muscle}_r") for muscle in muscles]
        found = [correlation(walk, geometry, activations, electrode, d) for d in DELAYS_S]
        force_n = float(forces[:, columns].sum(axis=1).max())
        peak = float(activations[:, columns].max())
        electrodes[electrode] = ElectrodeScore(tuple(found), peak, force_n)
    reserves = np.abs([solution.reserves for solution in solutions])
    return WalkScore(
        whose, electrodes, float(reserves.max()), _contact_peaks(walk, geometry, solutions)
    )


def _contact_peaks(
    walk: Walk, geometry: MuscleGeometry, solutions: Sequence[MuscleSolution]
) -> dict[str, float]:
    loads = JointLoads(walk.skeleton, geometry)
    sizes = [
        np.linalg.norm(loads.forces(result, solution.forces).forces, axis=1)
        for result, solution in zip(walk.results, solutions, strict=True)
    ]
    peaks = np.max(sizes, axis=0) / (GRAVITY_M_S2 * walk.skeleton.mass_kg)
    return dict(zip(loads.joints, peaks.tolist(), strict=True))


def _largest(errors: Array, names: Array, count: int = 3) -> dict[str, float]:
    return {str(names[k]): float(errors[k]) for k in np.argsort(-errors)[:count]}
