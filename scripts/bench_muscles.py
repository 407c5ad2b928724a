"""Scores the muscles: against OpenSim's golden files, the clock, and a walk's electromyography.

Usage:
    .venv/bin/python scripts/bench_muscles.py [--data ../shared/data]

The recording (mocap_walking_3d: coordinates, torques of inverse dynamics, force plates and
electromyography of the right leg) is optional; the rest comes with the project. Times are those of
the thread, so that a busy machine does not change them.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.opensim_kinematics import (
    RAJAGOPAL2016_COORDINATES,
    configuration_from_opensim,
)
from monomsk_analysis.storage import Table, coordinate_label, read_storage
from monomsk_description.completion import complete
from monomsk_description.muscle_parameters import MuscleParameters
from monomsk_description.muscles import MuscleGeometry
from monomsk_description.osim_reader import from_osim
from monomsk_description.skeleton import Skeleton, build_skeleton, personal_skeleton
from monomsk_description.subject import Subject
from monomsk_dynamics.hill import tendon_forces
from monomsk_dynamics.joint_loads import JointLoads
from monomsk_dynamics.results import BodyDynamics, SoleContact
from monomsk_dynamics.smoothing import smooth_motion
from monomsk_dynamics.static_optimization import (
    MuscleSolution,
    StaticOptimization,
    StaticOptimizationOptions,
)

Array = NDArray[np.float64]
TESTS = Path(__file__).resolve().parents[1] / "tests"
RATE_HZ = 100.0
CUTOFF_HZ = 8.0
#: The subject's model has no subtalar joint; its torques are therefore unknown.
WALK_OPTIONS = StaticOptimizationOptions(
    coordinates=("hip_flexion", "hip_adduction", "hip_rotation", "knee_angle", "ankle_angle")
)
#: Each electrode and the muscles under it.
ELECTRODES = {
    "soleus": ("soleus",), "gastrocnemius": ("gasmed", "gaslat"),
    "tibialis_anterior": ("tibant",), "medial_hamstrings": ("semimem", "semiten"),
    "biceps_femoris": ("bflh",), "vastus_lateralis": ("vaslat",), "vastus_medius": ("vasmed",),
    "rectus_femoris": ("recfem",), "gluteus_maximus": ("glmax1", "glmax2", "glmax3"),
    "gluteus_medius": ("glmed1", "glmed2", "glmed3"),
}  # fmt: skip
#: Force follows excitation so late [s]; static optimisation knows no such delay.
DELAYS_S = (0.0, 0.05, 0.1)


@dataclass(frozen=True)
class Walk:
    """A recorded walk at 100 Hz.

    Attributes:
        skeleton: Of the subject's scaled model.
        times_s: (n,) [s].
        results: Motion, torques of OpenSim's inverse dynamics, and force plates.
        electromyography: Of the right leg.
    """

    skeleton: Skeleton
    times_s: Array
    results: list[BodyDynamics]
    electromyography: Table


def golden_table() -> list[str]:
    """Errors against what OpenSim says in the tests' golden files."""
    with np.load(TESTS / "monomsk_description/data/rajagopal2016_muscles.npz") as file:
        golden = dict(file)
    geometry = MuscleGeometry(build_skeleton(Subject(1.70, 75.337)))
    columns = [geometry.coordinate_names.index(f"{c}_r") for c in golden["coordinates"]]
    q = np.zeros((len(golden["poses"]), 31))
    q[:, columns] = golden["poses"]
    lengths, arms = geometry.lengths_with_moment_arms(q)
    arms = arms[:, :40][:, :, columns][:, golden["crosses"]]
    arm_mm = np.abs(arms - golden["arms"] * golden["step_m"]) * 1e3
    length_mm = np.abs(lengths[:, :40] - golden["lengths"] * golden["step_m"]) * 1e3
    pairs = np.repeat(golden["slipped"][:, :, None], 7, axis=2)[:, golden["crosses"]]
    with np.load(TESTS / "monomsk_dynamics/data/rigid_tendon_muscles.npz") as file:
        hill = dict(file)
    right = MuscleParameters(
        *[getattr(geometry.parameters, f.name)[:40] for f in fields(MuscleParameters)]
    )
    forces = tendon_forces(right, hill["lengths"], hill["speeds"]).at(hill["activations"])
    strong = hill["forces"] > 0.05 * right.max_isometric_force
    relative = np.abs(forces / hill["forces"] - 1.0)[strong]
    return [
        f"moment arms, {len(q)} held-out poses [mm]: median {np.median(arm_mm):.3f}, "
        f"99.9 % {np.percentile(arm_mm, 99.9):.2f}, worst {arm_mm[~pairs].max():.2f} "
        f"({(arm_mm[~pairs] > 3).sum()} of {arm_mm.size} beyond 3)",
        f"  where OpenSim's path slips off its surface ({golden['slipped'].sum()} paths): "
        f"worst {arm_mm[pairs].max():.2f}",
        f"lengths [mm]: median {np.median(length_mm):.3f}, worst by muscle "
        f"{_worst(length_mm, golden['names'])}",
        f"forces of De Groote-Fregly muscles, {strong.sum()} states [%]: "
        f"median {100 * np.median(relative):.4f}, worst {100 * relative.max():.3f}",
    ]


def _worst(errors: Array, names: Array, count: int = 3) -> str:
    worst = errors.max(axis=0)
    return ", ".join(f"{names[k]} {worst[k]:.2f}" for k in np.argsort(-worst)[:count])


def read_walk(folder: Path) -> Walk:
    """The recording with everything at the same times."""
    anatomy = complete(from_osim(folder / "subject_walk_scaled.osim"))
    skeleton = personal_skeleton(anatomy, 1.829)
    table = read_storage(folder / "coordinates.sto")
    times_s = np.arange(table.times[0], table.times[-1], 1.0 / RATE_HZ)
    motion = smooth_motion(
        np.round(times_s * 1e9).astype(np.int64), _configurations(table, times_s), CUTOFF_HZ, 0.1
    )[0]
    tau = _torques(read_storage(folder / "id_walk.sto"), skeleton, times_s)
    plates = read_storage(folder / "grf_walk.mot")
    soles = [_soles(plates, float(time_s)) for time_s in times_s]
    unknown = np.full(37, np.nan)
    results = [
        BodyDynamics(
            int(motion.stamps_ns[k]), motion.q[k], motion.v[k], motion.a[k], tau[k], unknown,
            soles[k], np.full(6, np.nan), float("nan"),
        )
        for k in range(len(times_s))
    ]  # fmt: skip
    return Walk(skeleton, times_s, results, read_storage(folder / "electromyography.sto"))


def _configurations(table: Table, times_s: Array) -> Array:
    named = {coordinate_label(label): label for label in table.labels}
    names = [n for n in RAJAGOPAL2016_COORDINATES if not n.endswith("_beta")]
    columns = np.zeros((len(times_s), len(names)))
    for k, name in enumerate(names):
        if name in named:
            columns[:, k] = np.interp(times_s, table.times, table.column(named[name]))
    return configuration_from_opensim(columns)


def _torques(table: Table, skeleton: Skeleton, times_s: Array) -> Array:
    """Generalised forces (n, 37); the patella's coordinate belongs to its knee."""
    tau = np.zeros((len(times_s), 37))
    for k, name in enumerate(skeleton.coordinate_names):
        for label in (f"{name}_moment", f"{name}_beta_force"):
            if label in table.labels:
                tau[:, 6 + k] += np.interp(times_s, table.times, table.column(label))
    return tau


def _soles(plates: Table, time_s: float) -> tuple[SoleContact, SoleContact]:
    right, left = (
        [
            float(np.interp(time_s, plates.times, plates.column(f"ground_force_{side}_v{axis}")))
            for axis in "xyz"
        ]
        for side in "rl"
    )
    return _sole(right), _sole(left)


def _sole(force: list[float]) -> SoleContact:
    x, y, z = force
    return SoleContact(y > 0.0, float(y > 0.0), np.array([x, -z, y]), np.full(3, np.nan), 0.0)


def solve_walk(walk: Walk, geometry: MuscleGeometry) -> list[MuscleSolution]:
    """Muscles of every frame."""
    optimization = StaticOptimization(geometry, WALK_OPTIONS)
    return list(optimization.solve_all(*_motion(walk)))


def _motion(walk: Walk) -> tuple[Array, Array, Array]:
    """Coordinates, rates and torques, (n, 31) each."""
    q, rates, tau = (
        np.array([getattr(result, name)[first:] for result in walk.results])
        for name, first in (("q", 7), ("v", 6), ("tau", 6))
    )
    return q, rates, tau


def optimization_times(walk: Walk, geometry: MuscleGeometry) -> list[str]:
    """Thread time of static optimisation, frame by frame and as a recording."""
    optimization = StaticOptimization(geometry, WALK_OPTIONS)
    motion = _motion(walk)
    alone, together = [], []
    for _ in range(3):
        for frame in zip(*motion, strict=True):
            begin = time.thread_time()
            optimization.solve(*frame)
            alone.append(time.thread_time() - begin)
        begin = time.thread_time()
        count = len(list(optimization.solve_all(*motion)))
        together.append((time.thread_time() - begin) / count)
    return [
        f"static optimisation, one frame [ms]: median {1e3 * np.median(alone):.3f}, "
        f"best {1e3 * min(alone):.3f}, 99 % {1e3 * np.percentile(alone, 99):.3f}",
        f"static optimisation, {count} frames together [ms a frame]: {1e3 * min(together):.3f}",
    ]


def walking_table(walk: Walk) -> list[str]:
    """Activations of the walk against its electromyography, reserves, joint contact forces."""
    geometry = MuscleGeometry(walk.skeleton)
    solutions = solve_walk(walk, geometry)
    reserves = np.abs([solution.reserves for solution in solutions])
    lines = [
        *optimization_times(walk, geometry),
        f"largest reserve [N m]: {reserves.max():.2f}",
        "correlation with electromyography (right leg), delayed by "
        + ", ".join(f"{1e3 * delay_s:.0f} ms" for delay_s in DELAYS_S),
    ]
    forces = np.array([solution.forces for solution in solutions])
    activations = np.array([solution.activations for solution in solutions])
    for electrode, muscles in ELECTRODES.items():
        columns = [geometry.names.index(f"{muscle}_r") for muscle in muscles]
        found = [correlation(walk, geometry, activations, electrode, d) for d in DELAYS_S]
        peaks = (
            f"activation up to {activations[:, columns].max():.2f}, "
            f"{forces[:, columns].sum(axis=1).max():.0f} N"
        )
        lines.append(f"  {electrode:18s} {' '.join(f'{value:6.2f}' for value in found)}   {peaks}")
    loads = JointLoads(walk.skeleton, geometry)
    pressed = np.array(
        [
            np.linalg.norm(loads.forces(result, solution.forces).forces, axis=1)
            for result, solution in zip(walk.results, solutions, strict=True)
        ]
    )
    weight_n = 9.81 * walk.skeleton.mass_kg
    peaks = pressed.max(axis=0) / weight_n
    named = zip(loads.joints, peaks, strict=True)
    lines.append("joint contact forces, peak [body weights]: "
                 + ", ".join(f"{name} {peak:.1f}" for name, peak in named))  # fmt: skip
    return lines


def correlation(
    walk: Walk, geometry: MuscleGeometry, activations: Array, electrode: str, delay_s: float
) -> float:
    """Of a delayed electrode with the muscles under it (by strength), whose activations (n, 80)."""
    columns = [geometry.names.index(f"{muscle}_r") for muscle in ELECTRODES[electrode]]
    estimated = activations[:, columns] @ geometry.parameters.max_isometric_force[columns]
    table = walk.electromyography
    measured = np.interp(walk.times_s - delay_s, table.times, table.column(electrode))
    return float(np.corrcoef(measured, estimated)[0, 1])


def timing_table() -> list[str]:
    """Thread time of the parts, in microseconds."""
    geometry = MuscleGeometry(build_skeleton(Subject(1.75, 70.0)))
    q = np.full(31, 0.1)
    lengths, arms = geometry.lengths_with_moment_arms(q)
    many = np.tile(q, (100, 1))
    parts: dict[str, Callable[[], object]] = {
        "lengths and moment arms": lambda: geometry.lengths_with_moment_arms(q),
        "Hill forces": lambda: tendon_forces(geometry.parameters, lengths, -arms @ q),
        "pull directions": lambda: geometry.pull_directions(q),
    }
    lines = [f"{name} [us]: {_microseconds(work):.0f}" for name, work in parts.items()]
    batch = _microseconds(lambda: geometry.lengths_with_moment_arms(many), 20) / len(many)
    return [*lines, f"lengths and moment arms, 100 poses at once [us a pose]: {batch:.0f}"]


def _microseconds(work: Callable[[], object], repeats: int = 300) -> float:
    """The best of some rounds."""
    best = np.inf
    for _ in range(5):
        begin = time.thread_time()
        for _ in range(repeats):
            work()
        best = min(best, (time.thread_time() - begin) / repeats)
    return float(1e6 * best)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    folder = parser.parse_args().data / "mocap_walking_3d"
    print("\n".join([*golden_table(), *timing_table()]))
    if not folder.is_dir():
        print(f"no recording at {folder}: no electromyography to compare with")
        return
    print("\n".join(walking_table(read_walk(folder))))


if __name__ == "__main__":
    main()
