"""What a report shows: plain arrays on one time axis, filled by the analysis, read by `report.py`.

Conventions of every array here: rows are the frames of the recording in order, lost frames
included (their values are NaN); sides are ordered (right, left); unknown is NaN; SI units and
radians (the report converts for printing); the world has z up and the floor at z = 0.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from monomsk_analysis.errors import AnalysisError

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
ImageArray = NDArray[np.uint8]


class ReportDataError(AnalysisError):
    """An array of the report data whose shape does not fit the time axis.

    Attributes:
        field: name of the offending field.
        expected: the shape it must have.
        actual: the shape it has.
    """

    def __init__(self, field: str, expected: tuple[int, ...], actual: tuple[int, ...]) -> None:
        super().__init__(f"report data '{field}' must have shape {expected}, not {actual}")
        self.field = field
        self.expected = expected
        self.actual = actual


@dataclasses.dataclass(frozen=True)
class SubjectFacts:
    """The person, and which of these numbers nobody gave.

    Attributes:
        height_m: standing height [m].
        mass_kg: body mass [kg].
        sex: 'female', 'male' or 'unspecified'.
        assumed: names of the fields that were assumed (`Subject.assumed`).
    """

    height_m: float
    mass_kg: float
    sex: str = "unspecified"
    assumed: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True)
class CameraFacts:
    """The camera as the analysis used it.

    Attributes:
        width_px: image width [pixels].
        height_px: image height [pixels].
        focal_px: mean focal length [pixels].
        focal_assumed: nobody gave the focal length.
        pose_estimated: the camera pose was estimated from the person.
        height_above_floor_m: height of the optical centre above the floor [m], NaN unknown.
        pitch_rad: downward pitch of the optical axis below the horizon [rad], NaN unknown.
    """

    width_px: int
    height_px: int
    focal_px: float
    focal_assumed: bool
    pose_estimated: bool
    height_above_floor_m: float = float("nan")
    pitch_rad: float = float("nan")


@dataclasses.dataclass(frozen=True)
class StageTiming:
    """Processing time of one stage per frame.

    Attributes:
        name: stage, for people ('landmarks', 'kinematic fit').
        median_s: median over the frames [s].
        p99_s: 99th percentile over the frames [s].
    """

    name: str
    median_s: float
    p99_s: float


@dataclasses.dataclass(frozen=True)
class GaitSummary:
    """Spatio-temporal gait numbers, where the recording shows walking; NaN unknown.

    Attributes:
        speed_mps: mean walking speed [m/s].
        cadence_spm: steps per minute [1/min].
        stride_length_m: stride length per side (right, left) [m].
        stance_fraction: stance share of the gait cycle per side (right, left), 0 to 1.
        double_support_fraction: share of the cycle with both feet loaded, 0 to 1.
        strides: number of complete strides per side (right, left).
        step_length_m: from the other foot's print, per landing side (right, left) [m].
        step_width_m: between the feet's prints, across the way [m].
        step_length_symmetry_percent: 100 (right - left) / mean; 0 is symmetric. So are the next.
        step_time_symmetry_percent: of the time since the other foot's heel strike.
        stance_time_symmetry_percent: of the time on the floor.
    """

    speed_mps: float
    cadence_spm: float
    stride_length_m: tuple[float, float]
    stance_fraction: tuple[float, float]
    double_support_fraction: float
    strides: tuple[int, int]
    step_length_m: tuple[float, float] = (float("nan"), float("nan"))
    step_width_m: float = float("nan")
    step_length_symmetry_percent: float = float("nan")
    step_time_symmetry_percent: float = float("nan")
    stance_time_symmetry_percent: float = float("nan")


@dataclasses.dataclass(frozen=True)
class KeyFrame:
    """One overlay picture of the strip.

    Attributes:
        time_s: time since the first frame [s].
        image_bgr: overlay picture, uint8 (h, w, 3), BGR.
    """

    time_s: float
    image_bgr: ImageArray


@dataclasses.dataclass(frozen=True)
class MotionSeries:
    """Time, tracking and joint kinematics of n frames.

    Attributes:
        times_s: time since the first frame [s], (n,), strictly increasing.
        tracked: the person was found in this frame, (n,).
        coordinate_names: m coordinate names (Rajagopal2016), in the order of the columns below.
        coordinates: joint coordinates [rad], (n, m).
        coordinates_sigma: their standard deviations [rad], (n, m).
        reprojection_error_px: root mean square distance between the detected landmarks and the
            fitted ones [pixels], (n,).
        fit_quality: quality of the fit, 0 to 1, (n,).
    """

    times_s: FloatArray
    tracked: BoolArray
    coordinate_names: tuple[str, ...]
    coordinates: FloatArray
    coordinates_sigma: FloatArray
    reprojection_error_px: FloatArray
    fit_quality: FloatArray

    def __post_init__(self) -> None:
        """Refuse arrays that do not fit the time axis."""
        n, m = len(self.times_s), len(self.coordinate_names)
        _require(self, ("times_s", "tracked", "reprojection_error_px", "fit_quality"), (n,))
        _require(self, ("coordinates", "coordinates_sigma"), (n, m))


@dataclasses.dataclass(frozen=True)
class DynamicsSeries:
    """Joint torques and ground reactions of the same n frames and m coordinates.

    Attributes:
        torques: joint torques [N m], (n, m), positive along the coordinate.
        torques_sigma: their standard deviations [N m], (n, m).
        in_contact: sole is loaded, (n, 2).
        contact_probability: 0 to 1, (n, 2).
        sole_forces: ground reaction on each sole, world frame [N], (n, 2, 3).
        sole_forces_sigma: their standard deviations [N], (n, 2, 3).
        centers_of_pressure: world [m], (n, 2, 3), NaN without contact.
        free_moments: about the world's z at the centre of pressure [N m], (n, 2).
        root_residual: force [N] and moment [N m] at the pelvis origin in the world frame that the
            contact forces do not explain, (n, 6).
        unexplained_load: the same of what other supports than the soles bear, (n, 6).
        consistency_error: forward integration against filtered motion [rad], (n,).
    """

    torques: FloatArray
    torques_sigma: FloatArray
    in_contact: BoolArray
    contact_probability: FloatArray
    sole_forces: FloatArray
    sole_forces_sigma: FloatArray
    centers_of_pressure: FloatArray
    free_moments: FloatArray
    root_residual: FloatArray
    unexplained_load: FloatArray
    consistency_error: FloatArray

    def __post_init__(self) -> None:
        """Refuse arrays that do not fit the time axis of the torques."""
        n, m = self.torques.shape
        _require(self, ("torques_sigma",), (n, m))
        _require(self, ("in_contact", "contact_probability", "free_moments"), (n, 2))
        _require(self, ("sole_forces", "sole_forces_sigma", "centers_of_pressure"), (n, 2, 3))
        _require(self, ("root_residual", "unexplained_load"), (n, 6))
        _require(self, ("consistency_error",), (n,))


@dataclasses.dataclass(frozen=True)
class MuscleCurves:
    """Muscles of the same n frames.

    Attributes:
        group_names: g groups of muscles, for people.
        activations: their mean activations, 0 to 1, (n, g, 2).
        joint_names: j joints without the side, such as `knee`.
        joint_loads: size of the force between their bones [body weight], (n, j, 2).
    """

    group_names: tuple[str, ...]
    activations: FloatArray
    joint_names: tuple[str, ...]
    joint_loads: FloatArray

    def __post_init__(self) -> None:
        """Refuse arrays that do not fit the names."""
        n = len(self.joint_loads)
        _require(self, ("activations",), (n, len(self.group_names), 2))
        _require(self, ("joint_loads",), (n, len(self.joint_names), 2))


@dataclasses.dataclass(frozen=True)
class ReportData:
    """Everything `report.write_report` needs.

    Attributes:
        title: headline, mostly the recording's name.
        source: the recording: path or topic as the user gave it.
        subject: the person.
        camera: the camera, None where kinematics came from a file.
        assumptions: everything that was assumed, one plain sentence each, shown prominently.
        warnings: what went wrong without stopping the analysis, one plain sentence each.
        motion: kinematics and tracking.
        dynamics: torques and forces on the same frames.
        gait: gait numbers, None where the recording shows no walking.
        key_frames: overlay pictures for the strip, in time order, any number.
        timings: processing time of each stage.
        provenance: (name, value) rows: program and library versions, machine, model files.
        files: (file name relative to the report, description) rows of the sibling results.
        muscles: activations and joint loads on the same frames, None without.
    """

    title: str
    source: str
    subject: SubjectFacts
    camera: CameraFacts | None
    motion: MotionSeries
    dynamics: DynamicsSeries
    assumptions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    gait: GaitSummary | None = None
    key_frames: tuple[KeyFrame, ...] = ()
    timings: tuple[StageTiming, ...] = ()
    provenance: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    muscles: MuscleCurves | None = None

    def __post_init__(self) -> None:
        """Refuse kinematics, dynamics and muscles of different frames."""
        _require(self.dynamics, ("torques",), self.motion.coordinates.shape)
        if self.muscles is not None:
            shape = (len(self.motion.times_s), len(self.muscles.joint_names), 2)
            _require(self.muscles, ("joint_loads",), shape)


def _require(owner: object, names: tuple[str, ...], expected: tuple[int, ...]) -> None:
    """Raise ReportDataError for the first named array that has another shape."""
    for name in names:
        actual = tuple(np.shape(getattr(owner, name)))
        if actual != expected:
            raise ReportDataError(name, expected, actual)
