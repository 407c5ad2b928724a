"""Physics in the training of the lifter (after MonoMSK, Koleini et al. 2025).

The answered motion is put into the world and differentiated; sole forces and torques follow from
it by inverse dynamics; forward dynamics drives it on through them. Each loss asks for one thing
that the truth fulfils: the same velocities, feet that stand where they stand, forces that the soles
can give, the same forces and torques, a simulation that meets the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from monomsk_dynamics.layers.losses import LossScales
from monomsk_dynamics.layers.torch_body import TorchBody
from monomsk_training.filming import Film, FilmStudio
from monomsk_training.motion_derivatives import Motion
from monomsk_training.motion_physics import (
    HALF_FRAMES,
    Loads,
    MotionPhysics,
    Piece,
    answered_track,
    following,
    per_foot,
    plausibility,
    touching_points,
    true_track,
)
from monomsk_training.network import Lifted

#: Errors that count as one: part of the weight, share of weight times stature, metres, m/s.
_FORCE, _TORQUE, _PLACE_M, _SLIDING_M_S = 0.1, 0.01, 0.02, 0.2
#: Coordinates whose torques are compared: legs and lumbar joint.
_LOADED = 17


@dataclass(frozen=True)
class PhysicsOptions:
    """How much physics counts; with all weights at zero nothing of it is computed.

    Attributes:
        velocity: Of the body's velocities, pelvis in the world included.
        contact: Of places and speeds of the sole points that touch.
        residual: Of what the soles cannot give (equations of motion of the whole body).
        force: Of both feet's forces.
        torque: Of the torques of legs and lumbar joint.
        consistency: Of the simulation's distance from the answer (forward-inverse consistency).
        films: Films of each batch that physics looks at.
        frames: Frames of each of them.
        span: Frames of a simulation, 3 to 6.
        simulations: Simulations a film.
        every: Steps from one simulation to the next; those that are made count so much more.
        true_depth: Distances from the camera are the true ones in all but the velocity, see
            `answered_track`.
    """

    velocity: float = 0.0
    contact: float = 0.0
    residual: float = 0.0
    force: float = 0.0
    torque: float = 0.0
    consistency: float = 0.0
    films: int = 12
    frames: int = 24
    span: int = 3
    simulations: int = 3
    every: int = 3
    true_depth: bool = False

    @property
    def wanted(self) -> bool:
        """Whether any part counts."""
        return any(
            (self.velocity, self.contact, self.residual, self.force, self.torque, self.consistency)
        )


class _Scene(NamedTuple):
    """What is true of a piece of a batch.

    Attributes:
        piece: Which films and frames.
        body: The people's.
        truth: Their motion.
        touching: See `touching_points`.
        loads: Behind the true motion.
        counts: See `plausibility`.
        heights: Statures (films,) [m].
    """

    piece: Piece
    body: TorchBody
    truth: Motion
    touching: Tensor
    loads: Loads
    counts: Tensor
    heights: Tensor


class PhysicsLoss:
    """Compares the physics of the network's answers with what is true and what is possible.

    Args:
        options: How much each part counts.
        studio: Whose bodies are used.
        seed: Of the choice of films and frames; it touches no other chance.
    """

    def __init__(self, options: PhysicsOptions, studio: FilmStudio, seed: int) -> None:
        self.options, self._seed = options, seed
        self._physics = MotionPhysics(studio)
        self._scales = LossScales()

    def __call__(self, lifted: Lifted, film: Film, step: int) -> dict[str, Tensor]:
        """The weighted parts of the loss, by name; empty if none counts.

        Args:
            lifted: What the network answered.
            film: What it saw, and the truth.
            step: Of the training; decides which films and frames are looked at.
        """
        options = self.options
        if not options.wanted:
            return {}
        draw = torch.Generator().manual_seed(1_000_003 * self._seed + step)
        scene = self._scene(film, self.piece(film, draw))
        track = answered_track(lifted, film, scene.piece, options.true_depth)
        answer = self._physics.motion(track)
        parts = {}
        if options.velocity:
            parts["velocity"] = options.velocity * self._velocity(lifted, film, scene)
        if options.contact:
            parts["sole_contact"] = options.contact * self._contact(answer, scene)
        simulated = options.consistency > 0.0 and step % options.every == 0
        if not (options.residual or options.force or options.torque or simulated):
            return parts
        loads = self._physics.loads(scene.body, answer, scene.touching)
        if options.residual:
            missing = huber(loads.missing / _FORCE).mean(-1)
            parts["residual"] = options.residual * mean(missing, scene.counts)
        if options.force:
            apart = (per_foot(loads) - per_foot(scene.loads)) / _FORCE
            parts["force"] = options.force * mean(huber(apart).mean((-1, -2)), scene.counts)
        if not (options.torque or simulated):
            return parts
        torques = self._physics.torques(scene.body, answer, loads)
        if options.torque:
            parts["torque"] = options.torque * self._torque(torques, scene)
        if simulated:
            error = self._consistency(answer, (torques, loads), scene, draw)
            parts["consistency"] = options.consistency * options.every * error
        return parts

    @torch.no_grad()
    def _scene(self, film: Film, piece: Piece) -> _Scene:
        physics, touching = self._physics, touching_points(film, piece)
        body, truth = physics.body(film, piece), physics.motion(true_track(film, piece))
        loads = physics.loads(body, truth, touching)
        heights = film.heights[piece.films]
        return _Scene(piece, body, truth, touching, loads, plausibility(loads), heights)

    def piece(self, film: Film, draw: torch.Generator) -> Piece:
        """Some films and frames of a batch, drawn."""
        films, frames = film.coordinates.shape[:2]
        wanted = min(self.options.frames + 2 * HALF_FRAMES, frames)
        chosen = torch.randperm(films, generator=draw, device="cpu")[: self.options.films]
        first = int(torch.randint(0, frames - wanted + 1, (1,), generator=draw, device="cpu"))
        return Piece(chosen, first, wanted)

    def _velocity(self, lifted: Lifted, film: Film, scene: _Scene) -> Tensor:
        """Velocities as answered, distances from the camera included in any case."""
        answer = self._physics.motion(answered_track(lifted, film, scene.piece))
        scale = _scale(answer.v, self._scales.speed_m_s, self._scales.rate_rad_s)
        return huber((answer.v - scene.truth.v) / scale).mean()

    def _contact(self, answer: Motion, scene: _Scene) -> Tensor:
        """Sole points that touch: their height, and how fast they slide."""
        body, touching = scene.body, scene.touching
        places = [body.points(motion.q, body.contacts) for motion in (answer, scene.truth)]
        apart = places[0] - places[1]
        height = huber(apart[..., 2] / _PLACE_M)
        slide = torch.diff(apart, dim=1) * self._physics.rate_hz
        both = torch.minimum(touching[:, 1:], touching[:, :-1])
        return mean(height, touching) + mean(huber(slide / _SLIDING_M_S).mean(-1), both)

    def _torque(self, torques: Tensor, scene: _Scene) -> Tensor:
        with torch.no_grad():
            wanted = self._physics.torques(scene.body, scene.truth, scene.loads)
        unit = self._physics.weight_n * scene.heights[:, None, None] * _TORQUE
        apart = (torques - wanted)[..., :_LOADED] / unit
        return mean(huber(apart).mean(-1), scene.counts)

    def _consistency(
        self, answer: Motion, driven: tuple[Tensor, Loads], scene: _Scene, draw: torch.Generator
    ) -> Tensor:
        """Simulations from answered states by answered loads must meet the answer."""
        span, scales = self.options.span, self._scales
        frames = answer.q.shape[1]
        starts = torch.randperm(frames - span, generator=draw, device="cpu")[
            : self.options.simulations
        ]
        found = self._physics.simulated(scene.body, answer, driven, starts, span)
        moved = found.moved / _scale(found.moved, scales.position_m, scales.angle_rad)
        faster = found.faster / _scale(found.faster, scales.speed_m_s, scales.rate_rad_s)
        each = huber(torch.cat([moved, faster], dim=-1)).mean((-1, -2))
        share = scene.counts[:, following(starts, span)].amin(-1) * ~found.diverged
        return mean(each.masked_fill(found.diverged, 0.0), share)


def huber(scaled: Tensor) -> Tensor:
    """Quadratic near zero, linear far off: one wild frame must not outweigh the others."""
    return (1.0 + scaled * scaled).sqrt() - 1.0


def mean(values: Tensor, counts: Tensor) -> Tensor:
    """Mean of values weighted by counts, of the same shape; near zero where little counts."""
    return (values * counts).sum() / (counts.sum() + 0.05 * counts.numel())


def _scale(like: Tensor, position: float, angle: float) -> Tensor:
    """Errors that count as one, over tangent vectors (37,)."""
    scale = like.new_full((like.shape[-1],), angle)
    scale[:3] = position
    return scale
