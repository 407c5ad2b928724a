"""How far the human model agrees with OpenSim, and what its accuracy costs.

OpenSim cannot run beside the project's libraries. Its side of the comparisons is made by the
scripts in scripts/golden, which leave small files in the folder bench.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from monomsk_analysis.bench_measured import MeasuredScore, bench_measured
from monomsk_analysis.opensim_golden import PoseScore
from monomsk_description.body_state import BodyState
from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject
from monomsk_dynamics.live import LiveDynamics

Array = NDArray[np.float64]

POSES_FILE = Path("bench") / "opensim_poses.json"
WALKING_FILE = Path("bench") / "opensim_walking.json"
ROUND_TRIP_FILE = Path("bench") / "opensim_round_trip.json"
_CONFIGURATIONS = 200
_ROUNDS = 5
_LIVE_FRAMES, _FRAME_NS = 200, 33_333_333


@dataclass(frozen=True)
class CallCost:
    """Duration of one call with a new configuration.

    Attributes:
        name: of the computation.
        axes_us: Pinocchio alone, over the axes behind the coordinates [us]; NaN: no such call.
        simple_us: the same with one axis a coordinate: knees as hinges [us].
        whole_us: over coordinates, some of which move several axes [us].
    """

    name: str
    axes_us: float
    simple_us: float
    whole_us: float


@dataclass(frozen=True)
class RoundTripScore:
    """One result of monomsk, recomputed by OpenSim.

    Attributes:
        result: name of its folder.
        margin_s: frames closer than this to an end or a gap are not compared [s].
        frames_compared: number of frames.
        peak_n_m: by coordinate, largest moment [N m].
        max_percent: by coordinate, largest error in percent of that.
        rms_percent: by coordinate, root mean square error in percent of that.
    """

    result: str
    margin_s: float
    frames_compared: int
    peak_n_m: dict[str, float]
    max_percent: dict[str, float]
    rms_percent: dict[str, float]


@dataclass(frozen=True)
class ModelScore:
    """Everything about the model.

    Attributes:
        poses: places and inverse dynamics at random poses, per model.
        opensim_walking_n_m: measured walking, by coordinate: root mean square difference from
            OpenSim's tool, patellae massless [N m].
        measured: the same against the result that came with the recording; None without it.
        round_trips: results of monomsk given to OpenSim's tool.
        costs: of the axes behind the coordinates.
        missing: files that no script has written yet.
    """

    poses: tuple[PoseScore, ...]
    opensim_walking_n_m: dict[str, float]
    measured: MeasuredScore | None
    round_trips: tuple[RoundTripScore, ...]
    costs: tuple[CallCost, ...]
    missing: tuple[str, ...]


def bench_model(root: Path, recording: Path, work: Path) -> ModelScore:
    """Gather the stored comparisons, and measure what needs no OpenSim.

    Args:
        root: the project's folder.
        recording: `mocap_walking_3d`; skipped if it is not there.
        work: where files may be written.

    Raises:
        AnalysisError: a file of the recording cannot be used.
    """
    poses = _stored(root / POSES_FILE)
    walking = _stored(root / WALKING_FILE)
    trips = _stored(root / ROUND_TRIP_FILE)
    files = (POSES_FILE, WALKING_FILE, ROUND_TRIP_FILE)
    return ModelScore(
        poses=tuple(PoseScore(**entry) for entry in poses.get("models", ())),
        opensim_walking_n_m=walking.get("rms_error_n_m", {}),
        measured=bench_measured(recording, work) if recording.is_dir() else None,
        round_trips=tuple(_round_trip(trips, entry) for entry in trips.get("results", ())),
        costs=call_costs(build_skeleton(Subject(1.75, 70.0))),
        missing=tuple(str(file) for file in files if not (root / file).is_file()),
    )


def _stored(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _round_trip(file: dict[str, Any], entry: dict[str, Any]) -> RoundTripScore:
    coordinates = entry["coordinates"]
    peaks = {name: row["peak_n_m"] for name, row in coordinates.items()}
    rms = {name: 100 * row["rms_error_n_m"] / peaks[name] for name, row in coordinates.items()}
    worst = {name: row["max_error_percent_of_peak"] for name, row in coordinates.items()}
    frames = entry["frames_compared"]
    return RoundTripScore(entry["result"], file["margin_s"], frames, peaks, worst, rms)


def call_costs(skeleton: Skeleton) -> tuple[CallCost, ...]:
    """Time the skeleton's methods and the Pinocchio calls inside them."""
    rng = np.random.default_rng(1)
    q = [
        skeleton.integrate(skeleton.neutral(), rng.normal(scale=0.3, size=skeleton.nv))
        for _ in range(_CONFIGURATIONS)
    ]
    v, a = rng.normal(size=(2, _CONFIGURATIONS, skeleton.nv))
    model, data = skeleton.model, skeleton.model.createData()
    axes = [pin.integrate(model, pin.neutral(model), row) for row in _axis_rows(model, rng)]
    v_axes, a_axes = rng.normal(size=(2, _CONFIGURATIONS, model.nv))
    hinged = one_axis_a_coordinate(skeleton)
    soles = skeleton.soles
    return (
        CallCost(
            "inverse dynamics",
            _median_us(lambda k: pin.rnea(model, data, axes[k], v_axes[k], a_axes[k])),
            *_both(skeleton, hinged, lambda body, k: body.inverse_dynamics(q[k], v[k], a[k])),
        ),
        CallCost(
            "mass matrix",
            _median_us(lambda k: pin.crba(model, data, axes[k])),
            *_both(skeleton, hinged, lambda body, k: body.mass_matrix(q[k])),
        ),
        CallCost(
            "Jacobians of 16 sole points",
            _median_us(lambda k: pin.computeJointJacobians(model, data, axes[k])),
            *_both(skeleton, hinged, lambda body, k: body.point_jacobians(q[k], soles)),
        ),
        CallCost("live dynamics, one frame", math.nan, _live_us(hinged), _live_us(skeleton)),
    )


def one_axis_a_coordinate(skeleton: Skeleton) -> Skeleton:
    """The skeleton as it would be without coupled axes: each coordinate moves its first one only.

    For comparing durations; its knees are hinges.
    """
    joints = tuple(
        replace(joint, axes=tuple(axis for axis in joint.axes if axis.curve is None))
        for joint in skeleton.anatomy.joints
    )
    return Skeleton(skeleton.subject, replace(skeleton.anatomy, joints=joints))


def _both(
    skeleton: Skeleton, hinged: Skeleton, call: Callable[[Skeleton, int], object]
) -> tuple[float, float]:
    """Durations without and with coupled axes [us]."""
    return _median_us(lambda k: call(hinged, k)), _median_us(lambda k: call(skeleton, k))


def _live_us(skeleton: Skeleton) -> float:
    """Median thread time of an update of the live dynamics of somebody who stands [us]."""
    dynamics, q = LiveDynamics(skeleton), skeleton.neutral()
    seconds = []
    for k in range(_LIVE_FRAMES):
        state = BodyState(k * _FRAME_NS, q, np.zeros(skeleton.nv))
        start_s = time.thread_time()
        dynamics.update(state)
        seconds.append(time.thread_time() - start_s)
    return 1e6 * float(np.median(seconds[_LIVE_FRAMES // 2 :]))


def _axis_rows(model: pin.Model, rng: np.random.Generator) -> Array:
    rows: Array = rng.normal(scale=0.3, size=(_CONFIGURATIONS, model.nv))
    return rows


def _median_us(call: Callable[[int], object]) -> float:
    """Median over some rounds of the mean thread time of a call [us]."""
    rounds = []
    for _ in range(_ROUNDS):
        start_s = time.thread_time()
        for k in range(_CONFIGURATIONS):
            call(k)
        rounds.append((time.thread_time() - start_s) / _CONFIGURATIONS)
    return 1e6 * float(np.median(rounds))
