"""The learned lifter: a temporal transformer's belief of each frame, made consistent by the fit.

The network sees a window of landmark rays and answers with coordinates and the pelvis as the camera
sees it, each with its spread. The geometric lifter takes this belief in place of its general ones
and adds what the network does not know: the floor, contacts, the camera's pose, continuity.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from monomsk_description.body_state import BodyState
from monomsk_description.frames import Array
from monomsk_description.skeleton import Skeleton
from monomsk_perception.both_sides import BothSides
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.camera_pose import CameraPose
from monomsk_perception.errors import OptionError
from monomsk_perception.geometric_lifter import GeometricLifter
from monomsk_perception.landmarks import Landmarks
from monomsk_perception.lifter_answer import (
    HISTORY_FRAMES,
    MAX_LOOK_AHEAD,
    RATE_HZ,
    USED_LANDMARKS,
    WindowNetwork,
    live_numbers,
    subject_token,
)
from monomsk_perception.lifter_frame import Lifted
from monomsk_perception.lifter_network import OnnxLifter
from monomsk_perception.lifter_options import LifterOptions
from monomsk_perception.lifter_windows import (
    even_times,
    interpolated,
    lift_track,
    low_passed,
    resampled,
)
from monomsk_perception.motion_history import MotionHistory
from monomsk_perception.pose_prior import PosePrior

#: From the first frame of a live window to its own [s].
_HISTORY_S = (HISTORY_FRAMES - 1) / RATE_HZ


class TransformerLifter:
    """Lifts landmarks with the trained network.

    Args:
        skeleton: The subject's.
        intrinsics: The camera's.
        camera: Its pose in the world; None estimates tilt and height from the person and a floor.
        options: Of the fit.
        network: The network; None loads the one that ships.
        look_ahead: How many later frames (at 30 Hz) a live answer may wait for, 0 to 8.

    Raises:
        LifterWeightsError: The shipped weights are missing or do not fit the skeleton.
        OptionError: The look-ahead is out of range.

    Attributes:
        fit: The geometric lifter that makes the network's beliefs consistent.
        look_ahead: How many later frames (at 30 Hz) a live answer waits for.
    """

    def __init__(
        self,
        skeleton: Skeleton,
        intrinsics: CameraIntrinsics,
        camera: CameraPose | None = None,
        options: LifterOptions | None = None,
        network: WindowNetwork | None = None,
        look_ahead: int = 0,
    ) -> None:
        if not 0 <= look_ahead <= MAX_LOOK_AHEAD:
            raise OptionError("look_ahead", look_ahead, f"must be 0 to {MAX_LOOK_AHEAD}")
        self.fit = GeometricLifter(skeleton, intrinsics, camera, options)
        self.look_ahead = look_ahead
        self._both_sides = BothSides(network or OnnxLifter(skeleton.coordinate_names))
        self._token = subject_token(skeleton.subject.height_m, _length_ratios(skeleton))
        self._past: deque[tuple[float, Array, Array]] = deque()
        self._waiting: deque[Landmarks] = deque()

    @property
    def skeleton(self) -> Skeleton:
        """The subject's."""
        return self.fit.skeleton

    @property
    def intrinsics(self) -> CameraIntrinsics:
        """The camera's."""
        return self.fit.intrinsics

    @property
    def camera(self) -> CameraPose:
        """The camera pose as it is believed now."""
        return self.fit.camera

    @property
    def last(self) -> Lifted | None:
        """What the last frame's fit found."""
        return self.fit.last

    @property
    def reprojection_error(self) -> float:
        """Median distance of visible landmarks from the fit [standard deviations]."""
        return self.fit.reprojection_error

    def reset(self) -> None:
        """Forget the person's motion; what is known of the camera stays."""
        self.fit.reset()
        self._past.clear()
        self._waiting.clear()

    def lift(self, landmarks: Landmarks) -> BodyState | None:
        """The body state of the newest image that has waited for its look-ahead.

        Args:
            landmarks: What the detector found in the newest image.

        Returns:
            The state, stamped with its own image's stamp; None while the first images wait.
        """
        self._remember(landmarks)
        due = None
        delay_ns = self.look_ahead / RATE_HZ * 1e9
        while self._waiting and landmarks.stamp_ns - self._waiting[0].stamp_ns >= delay_ns - 1e6:
            due = self._waiting.popleft()
        if due is None:
            return None
        belief = self._live_belief(due.stamp_ns)
        return _doubted(self.fit.lift(due, belief), belief)

    def lift_clip(self, clip: Sequence[Landmarks]) -> list[BodyState]:
        """The states of a whole recording, each given all of it.

        A pause longer than `LifterOptions.max_gap_s` separates stretches that know nothing of each
        other.

        Args:
            clip: Landmarks in time order.
        """
        self.reset()
        history = MotionHistory(self.fit)
        believed: dict[int, PosePrior] = {}
        for stretch in _stretches(clip, self.fit.options.max_gap_s):
            for landmarks, belief in zip(stretch, self.beliefs(stretch), strict=True):
                self.fit.lift(landmarks, belief)
                history.add()
                believed[landmarks.stamp_ns] = belief
        return [_doubted(state, believed[state.stamp_ns]) for state in history.smoothed()]

    def beliefs(self, clip: Sequence[Landmarks]) -> list[PosePrior]:
        """What the network alone believes of each frame of a stretch without pauses."""
        times = np.array([landmarks.stamp_ns for landmarks in clip]) * 1e-9
        times -= times[0]
        rays = np.array([self._rays(landmarks) for landmarks in clip])
        visibility = np.array([landmarks.visibility[list(USED_LANDMARKS)] for landmarks in clip])
        wanted = even_times(0.0, float(times[-1]))
        track = resampled(times, low_passed(times, rays), visibility, wanted)
        answer = interpolated(lift_track(self._both_sides, track, self._token), wanted, times)
        return [PosePrior.from_answer(answer, row) for row in range(len(clip))]

    # Live ---------------------------------------------------------------------------------------

    def _rays(self, landmarks: Landmarks) -> Array:
        return self.intrinsics.rays(landmarks.pixels)[list(USED_LANDMARKS), :2]

    def _remember(self, landmarks: Landmarks) -> None:
        time_s = landmarks.stamp_ns * 1e-9
        if self._past and not 0.0 < time_s - self._past[-1][0] <= self.fit.options.max_gap_s:
            self._past.clear()
            self._waiting.clear()
        visibility = landmarks.visibility[list(USED_LANDMARKS)]
        self._past.append((time_s, self._rays(landmarks), visibility))
        self._waiting.append(landmarks)
        # Kept is what the image that has waited longest looks back over, however long the pause.
        waiting_s = self._waiting[0].stamp_ns * 1e-9
        # One image older than the window's first frame: slow cameras have none just before it.
        while len(self._past) > 1 and waiting_s - self._past[1][0] >= _HISTORY_S:
            self._past.popleft()

    def _live_belief(self, stamp_ns: int) -> PosePrior:
        """The belief for one past image; the track's frames are counted from its stamp."""
        due_s = stamp_ns * 1e-9
        times = np.array([time for time, _, _ in self._past])
        rays = np.array([rays for _, rays, _ in self._past])
        visibility = np.array([visibility for _, _, visibility in self._past])
        own = min(int((due_s - times[0]) * RATE_HZ + 1e-3), HISTORY_FRAMES - 1)
        numbers = live_numbers(own, self.look_ahead)
        track = resampled(times, rays, visibility, due_s + (numbers - own) / RATE_HZ)
        asked = [int(np.searchsorted(numbers, own))]
        answer = self._both_sides(replace(track, numbers=numbers), self._token, asked)
        return PosePrior.from_answer(answer, 0)


def _doubted(state: BodyState, belief: PosePrior) -> BodyState:
    """The state with coordinates no surer than the network is, and the soles' contact by it.

    The network's errors last: the fit, which takes them for new in every tenth of a second, would
    average away what it cannot know.
    """
    sigma = state.sigma_q.copy()
    sigma[6:] = np.maximum(sigma[6:], belief.sigma)
    return replace(state, sigma_q=sigma, contact_probability=belief.sole_contact)


def _length_ratios(skeleton: Skeleton) -> dict[str, float]:
    """Measured lengths over what the stature suggests, by name."""
    subject, anatomy = skeleton.subject, skeleton.anatomy
    ratios = {}
    for name, length_m in subject.segment_lengths_m.items():
        rule = anatomy.length_rules[name]
        # The rule carries the scaled length; along the same segment an unmeasured axis has the
        # stretch that the stature alone gives.
        factors = anatomy.scale_factors[rule.segments[0]]
        by_height = float(np.median([np.median(f) for f in anatomy.scale_factors.values()]))
        unscaled_m = rule.model_length_m / float(factors[rule.axis])
        ratios[name] = length_m / (unscaled_m * by_height)
    return ratios


def _stretches(clip: Sequence[Landmarks], max_gap_s: float) -> list[list[Landmarks]]:
    stretches: list[list[Landmarks]] = []
    last_ns = 0
    for landmarks in clip:
        pause_s = (landmarks.stamp_ns - last_ns) * 1e-9
        if not stretches or not 0.0 < pause_s <= max_gap_s:
            stretches.append([])
        stretches[-1].append(landmarks)
        last_ns = landmarks.stamp_ns
    return stretches
