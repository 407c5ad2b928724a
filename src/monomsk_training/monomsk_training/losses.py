"""What the lifter is trained for: angles and their spread, places of landmarks, image, speeds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from monomsk_training.errors import RecipeError
from monomsk_training.filming import Film, FilmStudio
from monomsk_training.kinematics import turn
from monomsk_training.motion_clip import COORDINATE_NAMES
from monomsk_training.network import Lifted


def _default_importance() -> dict[str, float]:
    return {
        "hip_flexion": 2.0, "hip_adduction": 2.0, "hip_rotation": 1.0, "knee_angle": 2.0,
        "ankle_angle": 2.0, "subtalar_angle": 0.6, "mtp_angle": 0.3, "lumbar_extension": 1.2,
        "lumbar_bending": 1.2, "lumbar_rotation": 1.0, "arm_flex": 0.6, "arm_add": 0.6,
        "arm_rot": 0.4, "elbow_flex": 0.6, "pro_sup": 0.1, "wrist_flex": 0.05, "wrist_dev": 0.05,
    }  # fmt: skip


@dataclass(frozen=True)
class LossOptions:
    """How much each part counts.

    Attributes:
        importance: Of each coordinate, by name without side; the default of those left out.
        round_deg: Errors of coordinates below about this count by their squares [deg]: where two
            courses are possible, absolute errors ask for the likelier one, squares for the mean.
        spread: Of the coordinates' and pelvis' standard deviations.
        rotation: Of the pelvis orientation.
        position: Of the pelvis place.
        places: Of landmarks on the skeleton, through forward kinematics.
        image: Of the same in the image.
        speed: Of the coordinates' changes from one frame that is shown to the next.
        proportions: Of the body's lengths.
        contact: Of the soles' contacts.
        late: Of the last frames of windows that end early, against the earlier ones.
        every: Forward kinematics are computed for each so many frames.
    """

    importance: Mapping[str, float] = field(default_factory=_default_importance)
    round_deg: float = 0.0
    spread: float = 0.05
    rotation: float = 1.0
    position: float = 3.0
    places: float = 10.0
    image: float = 8.0
    speed: float = 3.0
    proportions: float = 1.0
    contact: float = 0.2
    late: float = 2.0
    every: int = 4


class LifterLoss:
    """Compares the network's answers with the film's truth.

    Args:
        options: How much each part counts.
        studio: Whose kinematics are used.

    Raises:
        RecipeError: A coordinate is unknown, or a weight is none.
    """

    def __init__(self, options: LossOptions, studio: FilmStudio) -> None:
        if not options.late > 0.0:
            raise RecipeError("loss.late", f"{options.late} is not positive")
        if options.round_deg < 0.0:
            raise RecipeError("loss.round_deg", f"{options.round_deg} is negative")
        self.options = options
        self._studio = studio
        names = [name.removesuffix("_r").removesuffix("_l") for name in COORDINATE_NAMES]
        if unknown := set(options.importance) - set(names):
            raise RecipeError("loss.importance", f"unknown: {', '.join(sorted(unknown))}")
        importance = {**_default_importance(), **options.importance}
        self._importance = torch.tensor([importance[name] for name in names])

    def __call__(self, lifted: Lifted, film: Film, *, late_frames: int = 0) -> dict[str, Tensor]:
        """The weighted parts of the loss, by name; their sum is what falls.

        Args:
            lifted: What the network answered.
            film: What it saw, and the truth.
            late_frames: How many of the last ones may be those that a live answer is for.
        """
        options = self.options
        # Frames without landmarks are guessed between their neighbours; they count less.
        weight = 0.3 + 0.7 * film.seen.float()
        weight[:, max(weight.shape[1] - late_frames, 0) :] *= options.late
        weight = weight / weight.sum()
        error = (lifted.coordinates - film.coordinates).abs()
        pelvis = self._pelvis_errors(lifted, film)
        spread = _laplace(error, lifted.log_scale) * self._importance
        rate = torch.diff(lifted.coordinates, dim=1) - torch.diff(film.coordinates, dim=1)
        contact = torch.nn.functional.binary_cross_entropy_with_logits(
            lifted.contact, film.contact, reduction="none"
        )
        parts = {
            "angle": ((self._rounded(error) * self._importance).sum(-1) * weight).sum(),
            "spread": options.spread * (spread.sum(-1) * weight).sum(),
            "speed": options.speed
            * ((rate.abs() * self._importance).sum(-1) * weight[:, 1:]).sum(),
            "rotation": options.rotation * (pelvis[..., 0] * weight).sum(),
            "position": options.position * (pelvis[..., 1] * weight).sum(),
            "pelvis_spread": options.spread
            * (_laplace(pelvis, lifted.pelvis_log_scale).sum(-1) * weight).sum(),
            "proportions": options.proportions
            * (lifted.proportions - film.proportions).abs().sum(-1).mean(),
            "contact": options.contact * (contact.sum(-1) * weight).sum(),
        }
        return {**parts, **self._bodies(lifted, film)}

    def _rounded(self, error: Tensor) -> Tensor:
        """Absolute errors without their kink at zero (Charbonnier et al. 1997, eq. 37)."""
        round_rad = math.radians(self.options.round_deg)
        return torch.sqrt(error**2 + round_rad**2) - round_rad if round_rad else error

    @staticmethod
    def _pelvis_errors(lifted: Lifted, film: Film) -> Tensor:
        """Error (batch, frames, 2) of orientation (about [rad]) and of place over distance."""
        apart = lifted.pelvis_rotation - film.pelvis_rotation
        # Frobenius norm: the square root of two times the angle when it is small.
        angle = torch.sqrt((apart**2).sum((-1, -2)) / 2.0 + 1e-8)
        depth = film.pelvis_position[..., 2]
        place = lifted.pelvis_position - film.pelvis_position
        return torch.stack([angle, place.abs().sum(-1) / depth], dim=-1)

    def _bodies(self, lifted: Lifted, film: Film) -> dict[str, Tensor]:
        """Landmarks of the answered skeleton against those of the true one, in space and image."""
        studio, options = self._studio, self.options
        frames = film.coordinates.shape[1]
        start = int(torch.randint(0, min(options.every, frames), (1,), device="cpu"))
        chosen = slice(start, None, options.every)
        factors = studio.shapes.factors(film.heights, lifted.proportions)[:, None]
        poses = studio.kinematics(lifted.coordinates[:, chosen], factors)
        local = studio.kinematics.points(poses, studio.landmarks, factors)
        found = turn(lifted.pelvis_rotation[:, chosen, None], local)
        truth = film.points[:, chosen]
        apart = (found - truth).abs().sum(-1).mean(-1)
        position, true_position = lifted.pelvis_position[:, chosen], film.pelvis_position[:, chosen]
        depth = true_position[..., None, 2]
        image = _projected(found + position[..., None, :])
        true_image = _projected(truth + true_position[..., None, :])
        # In the image's distances at the person, so that far films count as much as near ones.
        off = ((image - true_image).abs().sum(-1) * depth).mean(-1)
        return {"places": options.places * apart.mean(), "image": options.image * off.mean()}


def _projected(points: Tensor) -> Tensor:
    return points[..., :2] / points[..., 2:].clamp_min(0.3)


def _laplace(error: Tensor, log_scale: Tensor) -> Tensor:
    """Negative log likelihood; the errors are not followed: it only sets the spread."""
    return error.detach() * torch.exp(-log_scale) + log_scale
