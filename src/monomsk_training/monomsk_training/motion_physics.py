"""Physics of filmed and of answered motions: tracks in the world, loads, how possible they are."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from monomsk_description.frames import GRAVITY_M_S2
from monomsk_dynamics.layers.manifold import difference, quaternion_matrix, turn
from monomsk_dynamics.layers.rollout import rollout
from monomsk_dynamics.layers.torch_body import TorchBody
from monomsk_training.filming import Film, FilmStudio
from monomsk_training.motion_derivatives import Motion, Track, smooth_motion
from monomsk_training.network import Lifted
from monomsk_training.scaled_bodies import ScaledBodies
from monomsk_training.sole_forces import Wrench, sole_forces

#: Frames on either side of a parabola's middle: 0.2 s at 30 Hz, as motions of that noise are
#: filtered elsewhere.
HALF_FRAMES = 3
#: The group of contacts (right heel and toes, left heel and toes) that each sole point belongs to;
#: the middle of the foot bears load with either.
_GROUPS = ((0,), (0,), (0,), (0, 1), (1,), (1,), (1,), (1,))
#: What soles may fail to explain, in weights, until a true motion counts half.
_PLAUSIBLE = 0.2


class Piece(NamedTuple):
    """Which films and frames are looked at.

    Attributes:
        films: Rows of the batch (n,).
        first: First frame.
        frames: Number of frames, those at the ends that smoothing takes included.
    """

    films: Tensor
    first: int
    frames: int

    def of(self, values: Tensor) -> Tensor:
        """The piece of values (batch, frames, ...)."""
        return values[self.films, self.first : self.first + self.frames]


class Loads(NamedTuple):
    """What moves a body.

    Attributes:
        forces: On the sole points, world axes (batch, frames, 16, 3), per weight.
        missing: What they lack (batch, frames, 6), see `sole_forces`.
    """

    forces: Tensor
    missing: Tensor


class Simulations(NamedTuple):
    """How far forward dynamics goes astray from a motion.

    Attributes:
        moved: From the motion to the simulated configurations (batch, n, span, 37) [m, rad].
        faster: Simulated minus the motion's velocities (batch, n, span, 37) [m/s, rad/s].
        diverged: Simulations that reached no person's speed (batch, n).
    """

    moved: Tensor
    faster: Tensor
    diverged: Tensor


class MotionPhysics:
    """Computes motions and loads.

    Args:
        studio: Whose bodies and frame rate are used.
        armature_kg_m2: Added inertia of each coordinate [kg m²].
    """

    def __init__(self, studio: FilmStudio, armature_kg_m2: float = 0.05) -> None:
        self._studio = studio
        self.rate_hz = studio.options.rate_hz
        self.bodies = ScaledBodies(studio.kinematics.segments, armature_kg_m2)
        self.weight_n = self.bodies.mass_kg * GRAVITY_M_S2

    def body(self, film: Film, piece: Piece) -> TorchBody:
        """The bodies of the people in a piece."""
        heights, proportions = film.heights[piece.films], film.proportions[piece.films]
        return self.bodies.body(self._studio.shapes.factors(heights, proportions))

    def motion(self, track: Track) -> Motion:
        """The smoothed motion of a track."""
        return smooth_motion(track, HALF_FRAMES, self.rate_hz)

    def loads(self, body: TorchBody, motion: Motion, touching: Tensor) -> Loads:
        """Sole forces behind a motion."""
        wrench = body.inverse_dynamics(*motion)[..., :6] / self.weight_n
        rotation = quaternion_matrix(motion.q[..., 3:7])
        required = Wrench(turn(rotation, wrench[..., :3]), turn(rotation, wrench[..., 3:]))
        arms = body.points(motion.q, body.contacts) - motion.q[..., None, :3]
        return Loads(*sole_forces(required, arms, touching))

    def torques(self, body: TorchBody, motion: Motion, loads: Loads) -> Tensor:
        """Torques (batch, frames, 31) of the coordinates [N m] for a person of `bodies.mass_kg`."""
        return body.inverse_dynamics(*motion, loads.forces * self.weight_n)[..., 6:]

    def simulated(
        self,
        body: TorchBody,
        motion: Motion,
        driven: tuple[Tensor, Loads],
        starts: Tensor,
        span: int,
    ) -> Simulations:
        """Forward dynamics from states of a motion, by torques and sole forces alone.

        Nothing pushes the pelvis, so that what the soles lack shows, as does what velocities and
        accelerations have that positions have not.

        Args:
            body: Whose.
            motion: Where simulations start and what they are compared with.
            driven: Torques (batch, frames, 31) [N m] and loads.
            starts: First frames (n,).
            span: Frames of each simulation.
        """
        torques, loads = driven
        index = following(starts, span)
        tau = torch.cat([torch.zeros_like(torques[..., :6]), torques], dim=-1)[:, index]
        forces = loads.forces[:, index] * self.weight_n
        q, v = motion.q[:, index], motion.v[:, index]
        reached = rollout(body, q[..., 0, :], v[..., 0, :], tau, forces, 1.0 / self.rate_hz)
        moved = difference(q[..., 1:, :], reached.q[..., 1:, :])
        return Simulations(moved, (reached.v - v)[..., 1:, :], reached.diverged)


def following(starts: Tensor, span: int) -> Tensor:
    """Numbers of first frames and of `span` frames after each (n, span + 1), where they are."""
    return starts[:, None] + torch.arange(span + 1, device=starts.device)


def per_foot(loads: Loads) -> Tensor:
    """Forces of the right and the left foot (..., 2, 3) per weight."""
    return loads.forces.unflatten(-2, (2, -1)).sum(-2)


def true_track(film: Film, piece: Piece) -> Track:
    """The filmed motion in the world."""
    return Track(
        piece.of(film.world_rotation), piece.of(film.world_position), piece.of(film.coordinates)
    )


def answered_track(lifted: Lifted, film: Film, piece: Piece, true_depth: bool = False) -> Track:
    """The network's answer in the world, by the camera's true pose of each frame.

    Args:
        lifted: The answer.
        film: What was filmed.
        piece: What is looked at.
        true_depth: The pelvis is put as far away as it truly is, in the direction that was
            answered: one camera hardly sees how distances change, and their errors would drown
            what posture has to do with forces.
    """
    world, view = piece.of(film.world_rotation), piece.of(film.pelvis_rotation)
    to_world = world @ view.transpose(-1, -2)
    place, true_place = piece.of(lifted.pelvis_position), piece.of(film.pelvis_position)
    if true_depth:
        place = place * (true_place[..., 2:] / place[..., 2:].clamp_min(0.1))
    return Track(
        to_world @ piece.of(lifted.pelvis_rotation),
        piece.of(film.world_position) + turn(to_world, place - true_place),
        piece.of(lifted.coordinates),
    )


def touching_points(film: Film, piece: Piece) -> Tensor:
    """How much each sole point may bear in truth (batch, frames - 2 half, 16), 0 to 1."""
    contact = piece.of(film.contact)
    # Contact comes and goes over three frames, as loads do.
    padded = torch.cat([contact[:, :1], contact, contact[:, -1:]], dim=1)
    soft = padded.unfold(1, 3, 1).mean(-1)[:, HALF_FRAMES:-HALF_FRAMES]
    columns = [
        soft[..., [side + group for group in groups]].amax(-1)
        for side in (0, 2)
        for groups in _GROUPS
    ]
    return torch.stack(columns, dim=-1)


def plausibility(true: Loads) -> Tensor:
    """How much each frame's physics count (batch, frames), 0 to 1.

    Much of what is filmed never happened: habits are added, tempo and bodies are changed, chairs
    are not there. Where soles cannot explain the truth, physics says nothing about the answer.
    """
    return 1.0 / (1.0 + (true.missing**2).sum(-1) / _PLAUSIBLE**2)
