"""The inverse-dynamics transformer: from a window of kinematics to sole forces and leg torques.

Mechanics fixes the sum of both sole forces, not how two feet share it. The network learned the
sharing from force plates; its answer enters the force programme as a prior, weighted by the spread
that comes with it. It learned walking, turning and running: elsewhere the prior fades out.
"""

import hashlib
import logging
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from monomsk_description.skeleton import Skeleton
from monomsk_dynamics.errors import NetworkWeightsError, ShapeError
from monomsk_dynamics.kinetics_features import FEATURES, LEG_COORDINATES, KineticsFeatures

Array = NDArray[np.float64]

_LOGGER = logging.getLogger(__name__)

DATA_FOLDER = Path(__file__).parent / "data"
WEIGHTS_NAME, CARD_NAME = "inverse_dynamics.onnx", "inverse_dynamics_card.yaml"
#: The network's window.
WINDOW_FRAMES = 48
RATE_HZ = 60.0
_STRIDE = WINDOW_FRAMES // 4
_FORCES = 6
_NV = 37


@dataclass(frozen=True)
class KineticsExpectation:
    """What the network expects of n frames.

    Attributes:
        headings: World rotations of the heading frame (n, 3, 3).
        force: On the right and the left sole (n, 2, 3), world [N].
        force_sigma: Standard deviations along the heading's axes (n, 2, 3) [N].
        torque: Generalised forces (n, 37) [N m]; NaN where the network says nothing.
        torque_sigma: Standard deviations (n, 37) [N m]; NaN likewise.
    """

    headings: Array
    force: Array
    force_sigma: Array
    torque: Array
    torque_sigma: Array


class InverseDynamicsTransformer:
    """The network through ONNX Runtime on one thread.

    Args:
        skeleton: The person's.
        folder: Where weights and card lie; None: those that ship.

    Raises:
        NetworkWeightsError: ONNX Runtime or a file is missing, damaged, or of another version.

    Attributes:
        features: What the network sees of the person.
    """

    def __init__(self, skeleton: Skeleton, folder: Path | None = None) -> None:
        path = (folder or DATA_FOLDER) / WEIGHTS_NAME
        content = _checked_content(path, (folder or DATA_FOLDER) / CARD_NAME)
        try:
            import onnxruntime
        except ImportError as error:
            raise NetworkWeightsError(path, "the package onnxruntime is not installed") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            content, options, providers=["CPUExecutionProvider"]
        )
        self.features = KineticsFeatures(skeleton)

    def of(self, skeleton: Skeleton) -> "InverseDynamicsTransformer":
        """The same network for another body."""
        other = copy(self)
        other.features = KineticsFeatures(skeleton)
        return other

    def expect(
        self,
        times_s: Array,
        motion: tuple[Array, Array, Array],
        floor_m: float = 0.0,
        pelvis_sigma_m: float = float("nan"),
    ) -> KineticsExpectation:
        """Forces and torques of a recording.

        Args:
            times_s: Increasing times of n frames [s].
            motion: q (n, 38), v (n, 37), a (n, 37), smoothed.
            floor_m: Height of the floor [m].
            pelvis_sigma_m: Standard deviation of the pelvis' place [m]; NaN: motion capture.
        """
        features, headings = self.features.motion(*motion, floor_m, pelvis_sigma_m)
        even_s = np.arange(times_s[0], times_s[-1] + 0.5 / RATE_HZ, 1.0 / RATE_HZ)
        answers = self._answers(_interpolated(even_s, times_s, features))
        force, force_log, torque, torque_log = (
            _interpolated(times_s, even_s, answer) for answer in answers
        )
        return self._in_world(
            (force.reshape(-1, 2, 3), _sigma(force_log).reshape(-1, 2, 3)),
            (torque, _sigma(torque_log)),
            headings,
        )

    def newest(self, features: Array, heading: Array) -> tuple[Array, Array]:
        """Force on both soles (2, 3) at the last of some frames, world [N], and its deviations.

        The deviations (2, 3) are along the axes of the heading [N].

        Args:
            features: Of at most `WINDOW_FRAMES` frames at `RATE_HZ` (k, FEATURES).
            heading: World rotation (3, 3) of the last frame's heading.
        """
        rows, seen = window_rows(0, len(features))
        last = len(features) - 1
        force, log_scale = self.window(features[rows], seen)[:2]
        newton = self.features.scales.force_n
        mean = force[last].reshape(2, 3) @ heading.T * newton
        return mean, _sigma(log_scale[last]).reshape(2, 3) * newton

    def _answers(self, features: Array) -> list[Array]:
        """Force (n, 6), its log scale, torque (n, 14), its log scale: means of all windows."""
        count = len(features)

        def answer(start: int) -> Array:
            rows, seen = window_rows(start, count)
            return np.concatenate(self.window(features[rows], seen), axis=1)

        means = mean_of_windows(count, answer)
        return np.split(means, np.cumsum([_FORCES, _FORCES, len(LEG_COORDINATES)]), axis=1)

    def window(self, features: Array, seen: NDArray[np.bool_]) -> list[Array]:
        """Raw answers (WINDOW_FRAMES, ...) for one window of features.

        Args:
            features: (WINDOW_FRAMES, FEATURES).
            seen: Which of the frames are known.
        """
        inputs = {
            "features": features[None].astype(np.float32),
            "seen": seen[None].astype(np.float32),
        }
        return [np.asarray(output[0], dtype=float) for output in self._session.run(None, inputs)]

    def _in_world(
        self, force: tuple[Array, Array], torque: tuple[Array, Array], headings: Array
    ) -> KineticsExpectation:
        scales = self.features.scales
        mean = np.einsum("nij,nfj->nfi", headings, force[0]) * scales.force_n
        columns = self.features.leg_columns
        full = np.full((2, len(headings), _NV), np.nan)
        full[0][:, columns] = torque[0] * scales.moment_n_m
        full[1][:, columns] = torque[1] * scales.moment_n_m
        return KineticsExpectation(headings, mean, force[1] * scales.force_n, full[0], full[1])


def load_transformer(skeleton: Skeleton) -> InverseDynamicsTransformer | None:
    """The network that shares the load in gait; None, with a warning, where it cannot run."""
    try:
        return InverseDynamicsTransformer(skeleton)
    except NetworkWeightsError as error:
        _LOGGER.warning("%s: the load is shared by the curves of a study", error)
        return None


def window_rows(start: int, count: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Rows of a window that may reach beyond its recording, and which of them are inside."""
    frames = np.arange(start, start + WINDOW_FRAMES)
    return np.clip(frames, 0, count - 1), (frames >= 0) & (frames < count)


def window_starts(count: int) -> range:
    """Where the overlapping windows of a recording of so many frames begin."""
    return range(_STRIDE - WINDOW_FRAMES, count - 1, _STRIDE)


def mean_of_windows(count: int, answer: Callable[[int], Array]) -> Array:
    """Mean (count, k) of the windows' answers (WINDOW_FRAMES, k), their middles counting most.

    Args:
        count: Frames of the recording.
        answer: Of the window that begins at a frame.
    """
    ramp = np.minimum(np.arange(1, WINDOW_FRAMES + 1), np.arange(WINDOW_FRAMES, 0, -1))
    total: Array | None = None
    weights = np.zeros(count)
    for start in window_starts(count):
        rows, seen = window_rows(start, count)
        own = (ramp[:, None] * answer(start))[seen]
        total = np.zeros((count, own.shape[1])) if total is None else total
        total[rows[seen]] += own
        weights[rows[seen]] += ramp[seen]
    if total is None:
        raise ShapeError("times_s", f"{count} frames, at least 1 is needed")
    mean: Array = total / weights[:, None]
    return mean


def _sigma(log_scale: Array) -> Array:
    """Standard deviation of a Laplace distribution from the logarithm of its scale."""
    sigma: Array = np.sqrt(2.0) * np.exp(log_scale)
    return sigma


def _interpolated(at: Array, times: Array, values: Array) -> Array:
    return np.stack([np.interp(at, times, column) for column in values.T], axis=1)


def _checked_content(path: Path, card_path: Path) -> bytes:
    try:
        card = yaml.safe_load(card_path.read_text("utf-8"))
        content = path.read_bytes()
    except OSError as error:
        raise NetworkWeightsError(path, f"cannot be read ({error.strerror})") from error
    if hashlib.sha256(content).hexdigest() != card["sha256"]:
        raise NetworkWeightsError(path, "checksum mismatch: another or a damaged file")
    if card["features"] != FEATURES or tuple(card["coordinates"]) != LEG_COORDINATES:
        raise NetworkWeightsError(path, "made for other features")
    return content
