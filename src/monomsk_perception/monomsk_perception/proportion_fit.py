"""A person's segment lengths from a film: which proportions explain the landmarks best.

One image shows a segment's length only as far as its direction is known, and the detector places
every landmark a little beside the skeleton's idea of it, on every image alike. So some frames are
fitted together, least squares over each frame's configuration and what all share: the lengths,
believed to be a population's given stature and sex, and a constant offset of each landmark. The
scale cannot be seen; the stature sets it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pinocchio as pin
from scipy.linalg import cho_factor, cho_solve

from monomsk_description.frames import Array
from monomsk_description.proportions import LengthBelief, MeasuredLength, population
from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.landmarks import Landmarks
from monomsk_perception.lifter_options import LifterOptions
from monomsk_perception.proportion_equations import (
    LENGTH_STEP,
    USED,
    Frame,
    FrameEquations,
    FrameModel,
    prepare,
)

#: How well a length that somebody gives is measured [m].
_TAPE_SIGMA_M = 0.003
_MOST_FRAMES = 60
_FEWEST_FRAMES = 5
_ITERATIONS = 8
#: Squared distance from the population's mean that one person in a thousand exceeds (chi-squared
#: of eight lengths).
_RAREST = 26.1
#: The fit has settled when no log length moves further in a step.
_SETTLED = 1e-3
#: A step turns no joint further [rad]: far from the solution the model is not linear.
_LARGEST_TURN_RAD = 0.3


@dataclass(frozen=True)
class LiftedFrame:
    """A frame as the lifter left it.

    Attributes:
        landmarks: What was seen.
        q: Configuration (38,).
        pose_world_camera: Where the camera was believed to be.
    """

    landmarks: Landmarks
    q: Array
    pose_world_camera: pin.SE3


def fit_lengths(
    subject: Subject,
    skeleton: Skeleton,
    intrinsics: CameraIntrinsics,
    frames: Sequence[LiftedFrame],
    options: LifterOptions | None = None,
) -> LengthBelief | None:
    """What a film tells of a person's segment lengths.

    Args:
        subject: The person; stature, sex and lengths that it comes with are taken as true.
        skeleton: The one that the lifter used.
        intrinsics: The camera.
        frames: Frames in which the person was found, in time order.
        options: The lifter's noise levels and beliefs.

    Returns:
        The population's belief, narrowed. None where the film does not tell: fewer than five
        independent frames, or lengths so rare that the landmarks are more likely wrong.
    """
    options = options or LifterOptions()
    belief = population(subject.height_m, subject.sex).given(
        [MeasuredLength(n, m, _TAPE_SIGMA_M) for n, m in subject.segment_lengths_m.items()]
    )
    chosen = spread_frames(frames, options.correlation_s)
    if len(chosen) < _FEWEST_FRAMES:
        return None
    ready = [
        prepare(one.landmarks, one.q, one.pose_world_camera, skeleton, intrinsics) for one in chosen
    ]
    fit = _Fit(subject, belief, skeleton, ready, options)
    for _ in range(_ITERATIONS):
        change = fit.step()
        if _squared_distance(belief, fit.belief) > _RAREST:
            return None
        if change < _SETTLED:
            break
    return fit.belief


def spread_frames(frames: Sequence[LiftedFrame], apart_s: float) -> list[LiftedFrame]:
    """Frames at least so far apart in time, at most 60 of them, over the whole film."""
    kept: list[LiftedFrame] = []
    for frame in frames:
        stamp_ns = frame.landmarks.stamp_ns
        if not kept or stamp_ns - kept[-1].landmarks.stamp_ns >= apart_s * 1e9:
            kept.append(frame)
    rows = np.linspace(0, len(kept) - 1, min(len(kept), _MOST_FRAMES)).round().astype(int)
    return [kept[row] for row in rows]


class _Fit:
    """The unknowns, improved step by step (Gauss-Newton, configurations eliminated)."""

    def __init__(
        self,
        subject: Subject,
        population_belief: LengthBelief,
        skeleton: Skeleton,
        frames: Sequence[Frame],
        options: LifterOptions,
    ) -> None:
        self.belief = self._population = population_belief
        self._subject, self._skeleton = subject, skeleton
        self._frames, self._options = frames, options
        self._q = [frame.start for frame in frames]
        self._count = len(population_belief.names)
        # Log lengths relative to the population's mean, then offsets in segment axes [m].
        self._shared = np.zeros(self._count + 3 * len(USED))
        offset_sigma = np.repeat(skeleton.landmarks.sigma_m[USED], 3)
        self._prior = np.diag(np.concatenate([np.zeros(self._count), offset_sigma**-2.0]))
        lengths = slice(0, self._count)
        self._prior[lengths, lengths] = np.linalg.inv(population_belief.covariance[1:, 1:])

    def step(self) -> float:
        """Improves all unknowns; returns the largest change of a log length."""
        offsets = self._shared[self._count :].reshape(-1, 3)
        model = FrameModel(self._skeletons(), self._skeleton, offsets, self._options)
        pairs = zip(self._frames, self._q, strict=True)
        change, covariance, steps = self._solve([model.equations(*pair) for pair in pairs])
        self._shared = self._shared + change
        self._q = [
            self._skeleton.integrate(q, _limited(step))
            for q, step in zip(self._q, steps, strict=True)
        ]
        self.belief = self._believed(covariance)
        return float(np.abs(change[: self._count]).max())

    def _solve(self, frames: Sequence[FrameEquations]) -> tuple[Array, Array, list[Array]]:
        """Change and covariance of the shared unknowns, and each configuration's step (37,)."""
        information, gradient = self._prior.copy(), self._prior @ self._shared
        factors = [cho_factor(frame.configuration) for frame in frames]
        for frame, factor in zip(frames, factors, strict=True):
            eliminated = cho_solve(factor, frame.cross)
            information += frame.shared - frame.cross.T @ eliminated
            gradient += frame.shared_gradient - eliminated.T @ frame.gradient
        covariance = np.linalg.inv(information)
        change = -covariance @ gradient
        steps = [
            -cho_solve(factor, frame.gradient + frame.cross @ change)
            for frame, factor in zip(frames, factors, strict=True)
        ]
        return change, covariance, steps

    def _skeletons(self) -> list[Skeleton]:
        """The skeleton as believed now, then one with each length a little longer."""
        logs = self.belief.mean[1:]
        rows = [logs, *(logs + LENGTH_STEP * np.eye(self._count))]
        return [build_skeleton(self._with_lengths(np.exp(row))) for row in rows]

    def _with_lengths(self, lengths_m: Array) -> Subject:
        pairs = zip(self.belief.names, lengths_m.tolist(), strict=True)
        return replace(self._subject, segment_lengths_m=dict(pairs))

    def _believed(self, covariance: Array) -> LengthBelief:
        mean, own = self._population.mean.copy(), self._population.covariance.copy()
        mean[1:] += self._shared[: self._count]
        own[1:, 1:] = covariance[: self._count, : self._count]
        return replace(self._population, mean=mean, covariance=own)


def _squared_distance(usual: LengthBelief, found: LengthBelief) -> float:
    off = found.mean[1:] - usual.mean[1:]
    return float(off @ np.linalg.solve(usual.covariance[1:, 1:], off))


def _limited(step: Array) -> Array:
    largest = float(np.abs(step[3:]).max())
    return step * min(1.0, _LARGEST_TURN_RAD / max(largest, 1e-9))
