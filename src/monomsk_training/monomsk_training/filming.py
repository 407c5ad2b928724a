"""Films motions with virtual cameras: what the detector would report, and the truth behind it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields, replace

import numpy as np
import torch
from torch import Tensor

from monomsk_description.anatomy import Site
from monomsk_description.anatomy_file import load_anatomy
from monomsk_description.landmarks import LandmarkSite, load_landmark_sites
from monomsk_perception.lifter_answer import USED_LANDMARKS
from monomsk_training.bodies import BodyShapes
from monomsk_training.cameras import CameraOptions, camera_poses, distorted
from monomsk_training.detector_noise import (
    NoiseOptions,
    disturbed,
    scattered,
)
from monomsk_training.film_paths import body_paths
from monomsk_training.kinematics import BodyKinematics, Poses, euler_zxy, product, turn

_NOSE_AND_EARS = slice(0, 3)
#: Spread of the detector's own idea of a landmark where the fit's would be too small [m]: four
#: cameras put ankles and elbows 2 to 5 cm from the joints (data/landmark_noise.yaml), and heels,
#: toes and shoulders scatter from person to person. The head turns on its own in films, so its
#: offsets are those of the face alone.
_SPREAD_M = {
    "nose": 0.02, "ear": 0.02, "shoulder": 0.028, "elbow": 0.025, "ankle": 0.025, "heel": 0.02,
    "foot_index": 0.02,
}  # fmt: skip
#: Shoulders and hips, and the segments that their flesh follows.
_FLESH = {3: "humerus_l", 4: "humerus_r", 9: "femur_l", 10: "femur_r"}
#: Where the neck turns, in the torso's frame [m], OpenSim axes, unscaled.
_NECK_M = (-0.02, 0.47, 0.0)


@dataclass(frozen=True)
class FilmOptions:
    """Cameras and noise.

    Attributes:
        camera: Where cameras stand.
        noise: What the detector does.
        rate_hz: Frames a second.
        known_lengths_share: Share of films whose subject's lengths were measured.
        focal_error: Standard deviation of the logarithm by which the focal length that makes rays
            of pixels is off, in half of the films.
        height_error: The same of the stature that the network is told.
    """

    camera: CameraOptions = field(default_factory=CameraOptions)
    noise: NoiseOptions = field(default_factory=NoiseOptions)
    rate_hz: float = 30.0
    known_lengths_share: float = 0.2
    focal_error: float = 0.05
    height_error: float = 0.015


@dataclass(frozen=True)
class Film:
    """A batch of filmed windows and their truth; optical frame: x right, y down, z forward.

    Attributes:
        rays: Detected landmarks (batch, frames, 19, 2) in the image plane z = 1.
        visibility: (batch, frames, 19), 0 to 1.
        seen: Whether there are landmarks at all (batch, frames).
        subject: What is known of the person (batch, 17), see `subject_token`.
        coordinates: (batch, frames, 31) [rad].
        pelvis_rotation: Pelvis (REP-103 axes) in the optical frame (batch, frames, 3, 3).
        pelvis_position: Pelvis origin in the optical frame (batch, frames, 3) [m].
        heights: Statures (batch,) [m].
        proportions: Logarithms of lengths over what the stature suggests (batch, 8).
        contact: 1.0 where right heel, right toes, left heel, left toes touch (batch, frames, 4).
        points: Landmarks on the skeleton, without offsets, from the pelvis in the optical frame's
            axes (batch, frames, 19, 3) [m].
        world_rotation: Pelvis in the world (z up), as `pelvis_rotation` (batch, frames, 3, 3).
        world_position: Pelvis origin in the world, floor at z = 0 (batch, frames, 3) [m].
    """

    rays: Tensor
    visibility: Tensor
    seen: Tensor
    subject: Tensor
    coordinates: Tensor
    pelvis_rotation: Tensor
    pelvis_position: Tensor
    heights: Tensor
    proportions: Tensor
    contact: Tensor
    points: Tensor
    world_rotation: Tensor
    world_position: Tensor

    @property
    def inputs(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """What the network sees of it: rays, visibility, which frames are seen, subject."""
        return self.rays, self.visibility, self.seen.float(), self.subject

    def part(self, frames: slice | Tensor) -> Film:
        """Some frames of the same films."""
        whole = ("subject", "heights", "proportions")
        cut = {
            f.name: getattr(self, f.name)[:, frames] for f in fields(self) if f.name not in whole
        }
        return replace(self, **cut)


def subject_token(heights: Tensor, proportions: Tensor, known: Tensor) -> Tensor:
    """What the network is told of a person (batch, 17): log stature, known lengths, which ones."""
    return torch.cat(
        [torch.log(heights / 1.7)[:, None] * 3.0, proportions * known * 10.0, known], 1
    )


def _spread_m(site: LandmarkSite) -> float:
    name = site.name.removeprefix("left_").removeprefix("right_")
    return _SPREAD_M.get(name, site.sigma_m)


class FilmStudio:
    """Films motions.

    Args:
        options: Cameras and noise.
    """

    def __init__(self, options: FilmOptions | None = None) -> None:
        self.options = options or FilmOptions()
        anatomy = load_anatomy()
        self.kinematics = BodyKinematics(anatomy)
        self.shapes = BodyShapes(anatomy, self.kinematics.segments)
        sites = [load_landmark_sites()[number] for number in USED_LANDMARKS]
        self.landmarks = self.kinematics.places(
            [Site(site.name, site.segment, site.location_m) for site in sites]
        )
        self.sigma_m = torch.tensor([_spread_m(site) for site in sites])
        self.next_limbs = self.kinematics.places(
            [Site(limb, limb, np.zeros(3)) for limb in _FLESH.values()]
        )
        self.soles = self.kinematics.places(anatomy.sole_points)

    def film(
        self,
        motion: Tensor,
        travels: Tensor,
        bodies: tuple[Tensor, Tensor],
        draw: torch.Generator,
    ) -> Film:
        """Films a batch of motions.

        Args:
            motion: (batch, frames, 37) in the order of `MOTION_NAMES`.
            travels: Whether the pelvis places are real; else the feet decide (batch,).
            bodies: Statures (batch,) [m] and proportions (batch, 8).
            draw: Where chance comes from.
        """
        heights, proportions = bodies
        factors = self.shapes.factors(heights, proportions)[:, None]
        coordinates = motion[..., 6:]
        poses = self.kinematics(coordinates, factors)
        clean = self.kinematics.points(poses, self.landmarks, factors)
        detected = clean + self._misplaced(poses, factors, draw)
        soles = self.kinematics.points(poses, self.soles, factors)
        rotation, yaw = self._pelvis_in_world(motion, draw)
        sole_places = turn(rotation[..., None, :, :], soles)
        camera, noise, rate_hz = self.options.camera, self.options.noise, self.options.rate_hz
        path, contact = body_paths(motion, travels, sole_places, yaw, heights, rate_hz)
        view, lens = camera_poses(path, heights, camera, rate_hz, draw)
        in_camera = product(view, rotation)
        position = turn(view, path - lens)
        points = turn(in_camera[..., None, :, :], clean)
        seen_points = turn(in_camera[..., None, :, :], detected)
        # No one walks through the camera: whoever would is filmed from farther away.
        nearest = (seen_points + position[..., None, :])[..., 2].amin((1, 2))
        position = position.clone()
        position[..., 2] += (0.9 - nearest).clamp_min(0.0)[:, None]
        rays, visibility = scattered(seen_points + position[..., None, :], noise, rate_hz, draw)
        rays, visibility, seen = disturbed(rays, visibility, noise, draw)
        rays = distorted(rays, camera, draw)
        rays = rays * self._misjudged(len(motion), draw)
        share = torch.rand(len(motion), 1, generator=draw) < self.options.known_lengths_share
        known = share.float().expand(-1, proportions.shape[1])
        told = heights * torch.exp(
            self.options.height_error * torch.randn(len(motion), generator=draw)
        )
        token = subject_token(told, proportions, known)
        return Film(
            rays, visibility, seen, token, coordinates, in_camera, position, heights, proportions,
            contact, points, rotation, path,
        )  # fmt: skip

    def _misjudged(self, films: int, draw: torch.Generator) -> Tensor:
        """Factor on each film's rays (films, 1, 1, 1): focal lengths are not quite right."""
        off = self.options.focal_error * torch.randn(films, 1, 1, 1, generator=draw)
        return torch.exp(off * (torch.rand(films, 1, 1, 1, generator=draw) < 0.5))

    def _misplaced(self, poses: Poses, factors: Tensor, draw: torch.Generator) -> Tensor:
        """How far from their places the detector believes landmarks (batch, frames, 19, 3) [m]."""
        noise = self.options.noise
        films, frames = poses.positions.shape[:2]
        low, high = noise.offset_gain
        gain = low + (high - low) * torch.rand(films, 1, 1, 1, generator=draw)
        both = torch.randn(films, 1, 1, 3, generator=draw)
        own = torch.randn(films, 1, len(USED_LANDMARKS), 3, generator=draw)
        offsets = gain * self.sigma_m[:, None] * (0.5 * both + 0.85 * own)
        offsets = offsets.repeat(1, frames, 1, 1)
        offsets[:, :, _NOSE_AND_EARS] += self._head_motion(films, frames, factors, draw)
        moved = self.kinematics.carried(poses, self.landmarks, offsets)
        # Flesh: these landmarks follow the next segment a little.
        shift = noise.flesh_m * gain * torch.randn(films, 1, len(_FLESH), 3, generator=draw)
        moved[:, :, list(_FLESH)] += self.kinematics.carried(poses, self.next_limbs, shift)
        return moved

    def _head_motion(
        self, films: int, frames: int, factors: Tensor, draw: torch.Generator
    ) -> Tensor:
        """How far nodding and turning moves nose and ears (batch, frames, 3, 3) [m]."""
        knots = torch.randn(films, 2, max(frames // 16, 2) + 1, generator=draw)
        slow = torch.nn.functional.interpolate(knots, frames, mode="linear", align_corners=True)
        still = torch.randn(films, 2, 1, generator=draw)
        nod, look = (0.10 * slow + 0.22 * still).unbind(1)
        rotation = euler_zxy(nod, torch.zeros_like(nod), 1.5 * look)
        torso = self.kinematics.segments.index("torso")
        arm = (self.landmarks.locations[:3] - torch.tensor(_NECK_M)) * factors[:, :, torso, None]
        return turn(rotation[:, :, None], arm.expand(films, frames, 3, 3)) - arm

    @staticmethod
    def _pelvis_in_world(motion: Tensor, draw: torch.Generator) -> tuple[Tensor, Tensor]:
        """Orientation of the pelvis in the world, any heading, and the turn (batch, 1, 3, 3)."""
        heading = 2.0 * math.pi * torch.rand(len(motion), 1, generator=draw)
        zero = torch.zeros_like(heading)
        yaw = euler_zxy(heading, zero, zero)
        opensim = euler_zxy(motion[..., 0], motion[..., 1], motion[..., 2])
        # Both sides of the rotation in REP-103: x, -z, y.
        order, signs = [0, 2, 1], torch.tensor([1.0, -1.0, 1.0])
        swapped = opensim[..., order, :][..., order] * signs * signs[:, None]
        return product(yaw, swapped), yaw
