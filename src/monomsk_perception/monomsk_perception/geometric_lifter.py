"""The geometric lifter: landmarks to body states by fitting the scaled skeleton, frame by frame.

Each frame starts from the filter's prediction and takes a few damped Gauss-Newton steps over
configuration, velocity and, where it is unknown, the camera's tilt and height. The standard
deviations are those of the fit. `smooth` adds what later frames say about earlier ones.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from monomsk_description.body_state import BodyState
from monomsk_description.frames import Array
from monomsk_description.points import join
from monomsk_description.skeleton import Skeleton
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.camera_pose import CameraPose, CameraPoseSource
from monomsk_perception.floor_levels import FloorLevels, FootLevels
from monomsk_perception.initial_guess import initial_configuration
from monomsk_perception.landmark_reader import LandmarkReader
from monomsk_perception.landmarks import Landmarks
from monomsk_perception.lifter_frame import Lifted, Measurement
from monomsk_perception.lifter_options import LifterOptions
from monomsk_perception.manifold_filter import (
    CAMERA,
    CONFIGURATION,
    NV,
    VELOCITY,
    Estimate,
    gauss_newton_step,
    inverse,
    predict,
    retract,
)
from monomsk_perception.pose_prior import PosePrior, add_pose_prior
from monomsk_perception.residuals import (
    CameraPoints,
    CoordinateBeliefs,
    Sum,
    add_balance,
    add_floor,
    add_metric,
    add_reprojection,
    add_sole_contact,
    trunk_over_soles,
)

_LANDMARKS, _SOLES = slice(0, 33), slice(33, 49)
_BALANCE = trunk_over_soles(49, _SOLES)
_START_ITERATIONS = 40
_EXPECTED_CAMERAS = 64
# Sole points that follow each landmark of the foot: right heel, right toe, left heel, left toe.
_HEELS_AND_TOES = np.array([0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3])
_FOOT_POINTS = len(_HEELS_AND_TOES) // 2


class GeometricLifter:
    """Fits a skeleton to landmarks over time.

    Args:
        skeleton: The subject's.
        intrinsics: The camera's.
        camera: Its pose in the world; None estimates tilt and height from the person and a floor.
        options: Noise levels and beliefs.
    """

    def __init__(
        self,
        skeleton: Skeleton,
        intrinsics: CameraIntrinsics,
        camera: CameraPose | None = None,
        options: LifterOptions | None = None,
    ) -> None:
        self.skeleton = skeleton
        self.intrinsics = intrinsics
        self.options = options or LifterOptions()
        self._camera = camera or CameraPose.level(
            self.options.height_m[0], CameraPoseSource.ESTIMATED
        )
        self._points = join(skeleton.landmarks, skeleton.soles)
        self._reader = LandmarkReader(skeleton, self.options.contact_speed)
        self._beliefs = CoordinateBeliefs(skeleton, self.options)
        self._density = _acceleration_density(self.options)
        self._camera_covariance: Array | None = None
        self._reprojection = np.full(33, np.nan)
        self._expected_cameras: dict[int, CameraPose] = {}
        self._levels = FloorLevels()
        self.last: Lifted | None = None

    @property
    def camera(self) -> CameraPose:
        """The camera pose as it is believed now."""
        return self._camera

    def expect_camera(self, stamp_ns: int, camera: CameraPose) -> None:
        """Tell where the camera is in an image yet to come, for one whose pose is measured."""
        self._expected_cameras[stamp_ns] = camera
        while len(self._expected_cameras) > _EXPECTED_CAMERAS:
            del self._expected_cameras[next(iter(self._expected_cameras))]

    def retune(self, options: LifterOptions) -> None:
        """Go on with other options; the motion so far stays."""
        self.options = options
        self._beliefs = CoordinateBeliefs(self.skeleton, options)
        self._density = _acceleration_density(options)

    def reset(self) -> None:
        """Forget the person's motion; what is known of the camera stays."""
        self.last = None
        self._reader.reset()
        self._levels.pause()

    def lift(self, landmarks: Landmarks, belief: PosePrior | None = None) -> BodyState:
        """The body state at the landmarks' stamp.

        A stamp that is not later than the one before, or a longer pause, starts the fit anew.

        Args:
            landmarks: What the detector found.
            belief: What a learned lifter makes of them; it takes the place of the general beliefs
                about people and of the detector's metric landmarks.
        """
        self._move_camera(landmarks.stamp_ns)
        before = self.last
        if before is not None and not self._continues(before.estimate, landmarks.stamp_ns):
            self.reset()
            before = None
        measurement = self._measurement(landmarks, before, belief)
        if before is None:
            prior, steps = self._start(measurement), _START_ITERATIONS
        else:
            prior = predict(self.skeleton, before.estimate, landmarks.stamp_ns, self._density)
            steps = self.options.iterations
        estimate = self._fit(prior, measurement, steps)
        self._camera = self._camera.corrected(estimate.camera)
        self._camera_covariance = estimate.covariance[CAMERA, CAMERA]
        quality = self._quality()
        self.last = Lifted(estimate, prior, measurement.contact, quality, before is None)
        return self.to_state(estimate, measurement.contact, quality)

    @property
    def reprojection_error(self) -> float:
        """Median distance of visible landmarks from the fit [standard deviations]."""
        measured = self._reprojection[np.isfinite(self._reprojection)]
        return float(np.median(measured)) if len(measured) else float("nan")

    def to_state(self, estimate: Estimate, contact: Array, quality: float) -> BodyState:
        """An estimate as a body state.

        Args:
            estimate: Filtered or smoothed.
            contact: Contact probability of right heel, right toe, left heel, left toe (4,).
            quality: How well the skeleton explains the image, 0 to 1.
        """
        sigma = np.sqrt(np.maximum(np.diag(estimate.covariance), 0.0))
        return BodyState(
            stamp_ns=estimate.stamp_ns,
            q=estimate.q,
            v=estimate.v,
            sigma_q=sigma[CONFIGURATION],
            sigma_v=sigma[VELOCITY],
            contact_probability=np.array([contact[:2].max(), contact[2:].max()]),
            quality=quality,
        )

    # One frame ----------------------------------------------------------------------------------

    def _quality(self) -> float:
        """1 for a perfect fit, one half where the landmarks are three sigmas off."""
        error = self.reprojection_error
        return float(1.0 / (1.0 + (error / 3.0) ** 2)) if np.isfinite(error) else 0.0

    def _move_camera(self, stamp_ns: int) -> None:
        """Take the measured pose for this image; corrections that are estimated go along."""
        measured = self._expected_cameras.pop(stamp_ns, None)
        if measured is None:
            return
        if measured.source is CameraPoseSource.IMU:
            measured = measured.corrected(self._camera.corrections)
        self._camera = measured

    def _continues(self, estimate: Estimate, stamp_ns: int) -> bool:
        pause_ns = stamp_ns - estimate.stamp_ns
        return 0 < pause_ns <= self.options.max_gap_s * 1e9

    def _measurement(
        self, landmarks: Landmarks, before: Lifted | None, belief: PosePrior | None
    ) -> Measurement:
        interval_s, depth_m = 1.0 / 30.0, 3.0
        if before is not None:
            interval_s = (landmarks.stamp_ns - before.estimate.stamp_ns) * 1e-9
            pelvis = self._camera.to_camera(before.estimate.q[None, :3])[0][0]
            depth_m = max(float(pelvis[2]), 0.5)
        rays = self.intrinsics.rays(landmarks.pixels)
        measurement = self._reader.read(landmarks, rays, interval_s, depth_m, belief)
        if belief is None:
            return measurement
        return replace(measurement, levels=self._foot_levels(belief, interval_s))

    def _foot_levels(self, belief: PosePrior, interval_s: float) -> FootLevels:
        """What the feet stand on by what is believed of this frame and of the camera."""
        soles = self.skeleton.points(belief.configuration(self._camera), self.skeleton.soles)
        lowest_m = soles[:, 2].reshape(2, -1).min(1)
        return self._levels.update(lowest_m, belief.contact.reshape(2, 2).max(1), interval_s)

    def _start(self, measurement: Measurement) -> Estimate:
        """A vague prior around a first guess."""
        options = self.options
        camera = self._camera
        if measurement.belief is not None:
            q = measurement.belief.configuration(camera)
        else:
            q = initial_configuration(self.skeleton, measurement.metric, measurement.rays, camera)
        variance = np.concatenate(
            [np.full(3, 4.0), np.full(3, 0.3), np.full(NV - 6, 0.5), np.full(NV, 4.0), np.zeros(3)]
        )
        variance[NV : NV + 3] = 1.0
        covariance = np.diag(variance)
        if camera.source in (CameraPoseSource.ESTIMATED, CameraPoseSource.IMU):
            if self._camera_covariance is None:
                # Nothing seen yet: put the floor under the soles.
                lowest = self.skeleton.points(q, self.skeleton.soles)[:, 2].min()
                height = float(np.clip(camera.height_m - lowest, 0.2, 4.0))
                q[2] += height - camera.height_m
                self._camera = camera = camera.corrected(np.array([0.0, 0.0, height]))
                tilts = (options.pitch_sigma_rad, options.roll_sigma_rad)
                if camera.source is CameraPoseSource.IMU:
                    tilts = (options.imu_sigma_rad, options.imu_sigma_rad)
                self._camera_covariance = np.diag(np.square([*tilts, options.height_m[1]]))
            covariance[CAMERA, CAMERA] = self._camera_covariance
        return Estimate(measurement.stamp_ns, q, np.zeros(NV), camera.corrections, covariance)

    def _fit(self, prior: Estimate, measurement: Measurement, steps: int) -> Estimate:
        current = prior
        prior_information = information = inverse(prior.covariance)
        for _ in range(steps):
            measured = self._equations(current, measurement).normal()
            step, information = gauss_newton_step(
                self.skeleton, prior, prior_information, current, measured
            )
            # Far from the solution the model is not linear: turn no joint more than 0.5 rad.
            largest = float(np.abs(step[3:NV]).max())
            step = step * min(1.0, 0.5 / max(largest, 1e-9))
            current = retract(self.skeleton, current, step)
            if float(np.abs(step[:NV]).max()) < 1e-3:
                break
        covariance = inverse(information)
        return Estimate(current.stamp_ns, current.q, current.v, current.camera, covariance)

    def _equations(self, current: Estimate, measurement: Measurement) -> Sum:
        options = self.options
        total = Sum.empty()
        # Frames closer than the detector's correlation time share one measurement's weight.
        root = float(np.sqrt(min(1.0, measurement.interval_s / options.correlation_s)))
        points, jacobians = self.skeleton.points_with_jacobians(current.q, self._points)
        camera = self._camera.corrected(current.camera)
        seen = _seen(camera, points[_LANDMARKS], jacobians[_LANDMARKS])
        weight = root * np.sqrt(measurement.visibility)
        self._reprojection = add_reprojection(
            total, seen, measurement.rays, self._image_sigma(seen), weight, options.robust_sigmas
        )
        if measurement.belief is None:
            across, along = options.metric_sigma_m
            sigma = np.array([across, across, along])
            add_metric(total, seen, measurement.metric, sigma, weight, options.robust_sigmas)
            self._beliefs.add(total, current.q, root)
        else:
            self._beliefs.add_limits(total, current.q)
            gain = root * options.belief_weight
            add_pose_prior(total, measurement.belief, current.q, camera, gain)
        levels_m, known = (np.repeat(part, _FOOT_POINTS) for part in measurement.levels)
        heights, sole_jacobians = points[_SOLES, 2] - levels_m, jacobians[_SOLES]
        contact = measurement.contact[_HEELS_AND_TOES] * known
        contact_weight = root * np.sqrt(contact / 3.0)
        add_sole_contact(total, heights, sole_jacobians, current.v, contact_weight, options)
        add_floor(total, heights[known], sole_jacobians[known], options.sole_height_sigma_m)
        add_balance(total, points, jacobians, _BALANCE, root, options.balance_sigma_m)
        return total

    def _image_sigma(self, seen: CameraPoints) -> Array:
        """Standard deviation of each landmark in the image plane z = 1 (33,)."""
        on_body = np.hypot(self.skeleton.landmarks.sigma_m, self.options.detector_sigma_m)
        floor = self.options.pixel_floor_px * 1e-3
        return np.hypot(on_body / np.maximum(seen.points[:, 2], 0.5), floor)


def _seen(camera: CameraPose, points: Array, jacobians: Array) -> CameraPoints:
    in_camera, rotation, by_camera = camera.to_camera(points)
    return CameraPoints(in_camera, rotation @ jacobians, by_camera)


def _acceleration_density(options: LifterOptions) -> Array:
    """Power spectral density (37,) of accelerations that are white over 20 ms."""
    scatter = np.full(NV, options.joint_acceleration)
    scatter[:3] = options.linear_acceleration
    scatter[3:6] = options.pelvis_acceleration
    return scatter**2 * 0.02
