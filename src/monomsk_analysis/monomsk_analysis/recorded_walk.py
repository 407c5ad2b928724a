"""A recorded walk with electromyography: motion, torques, force plates and muscles, at one rate.

The recording is mocap_walking_3d: coordinates, torques of OpenSim's inverse dynamics, force plates
and electromyography of the right leg.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.opensim_kinematics import (
    RAJAGOPAL2016_COORDINATES,
    configuration_from_opensim,
)
from monomsk_analysis.storage import Table, coordinate_label, read_storage
from monomsk_description.completion import complete
from monomsk_description.muscles import MuscleGeometry
from monomsk_description.osim_reader import from_osim
from monomsk_description.skeleton import Skeleton, personal_skeleton
from monomsk_dynamics.results import BodyDynamics, SoleContact
from monomsk_dynamics.smoothing import smooth_motion
from monomsk_dynamics.static_optimization import (
    MuscleSolution,
    StaticOptimization,
    StaticOptimizationOptions,
)

Array = NDArray[np.float64]

#: The subject's model in the recording's folder.
MODEL_FILE = "subject_walk_scaled.osim"
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


def read_walk(folder: Path) -> Walk:
    """The recording with everything at the same times."""
    anatomy = complete(from_osim(folder / MODEL_FILE))
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
    return list(optimization.solve_all(*motion_of(walk)))


def motion_of(walk: Walk) -> tuple[Array, Array, Array]:
    """Coordinates, rates and torques, (n, 31) each."""
    q, rates, tau = (
        np.array([getattr(result, name)[first:] for result in walk.results])
        for name, first in (("q", 7), ("v", 6), ("tau", 6))
    )
    return q, rates, tau


def correlation(
    walk: Walk, geometry: MuscleGeometry, activations: Array, electrode: str, delay_s: float
) -> float:
    """Of a delayed electrode with the muscles under it (by strength), whose activations (n, 80)."""
    columns = [geometry.names.index(f"{muscle}_r") for muscle in ELECTRODES[electrode]]
    estimated = activations[:, columns] @ geometry.parameters.max_isometric_force[columns]
    table = walk.electromyography
    measured = np.interp(walk.times_s - delay_s, table.times, table.column(electrode))
    return float(np.corrcoef(measured, estimated)[0, 1])
