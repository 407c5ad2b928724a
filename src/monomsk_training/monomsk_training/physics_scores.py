"""Scores of a network's answers as physics: accelerations, forces, torques, simulations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.signal import savgol_filter
from torch import Tensor

from monomsk_description.frames import Array
from monomsk_dynamics.layers.torch_body import TorchBody
from monomsk_perception.lifter_answer import WindowNetwork
from monomsk_training.detector_noise import low_passed
from monomsk_training.filming import Film
from monomsk_training.motion_clip import COORDINATE_NAMES
from monomsk_training.motion_derivatives import Motion
from monomsk_training.motion_physics import (
    HALF_FRAMES,
    Loads,
    MotionPhysics,
    Piece,
    answered_track,
    per_foot,
    plausibility,
    touching_points,
    true_track,
)
from monomsk_training.network import LifterModel
from monomsk_training.real_clips import LEG_NAMES, RealClip, leg_means

_LEGS = [COORDINATE_NAMES.index(name) for name in LEG_NAMES]
#: Frames of the simulations that are scored.
_SPAN = 3
_PLAUSIBLE = 0.5


@dataclass(frozen=True)
class PhysicsScore:
    """Errors over a set of films, offline; physics where the true motion is plausible.

    Attributes:
        raw_deg: Mean over the eight leg coordinates of the root mean square error [deg].
        centred_deg: The same without each film's mean error [deg].
        pelvis_m_s2: Root mean square error of the pelvis' linear acceleration [m/s²].
        legs_rad_s2: The same of the eight leg coordinates [rad/s²].
        missing: Median of the force that soles cannot give [% body weight].
        force: Root mean square error of the feet's forces [% body weight].
        torque: The same of the eight leg torques [N m/kg].
        sliding_cm_s: Root mean square of what touching soles slide against the truth [cm/s].
        simulated_cm: Median distance of the pelvis after three simulated frames [cm].
        simulated_deg: Median over simulations of the coordinates' root mean square error [deg].
        diverged: Share of simulations that diverged [%].
    """

    raw_deg: float
    centred_deg: float
    pelvis_m_s2: float
    legs_rad_s2: float
    missing: float
    force: float
    torque: float
    sliding_cm_s: float
    simulated_cm: float
    simulated_deg: float
    diverged: float


@torch.no_grad()
def physics_score(
    model: LifterModel, film: Film, physics: MotionPhysics, true_depth: bool = False
) -> PhysicsScore:
    """The score of a model on a batch of films; for the last argument see `answered_track`."""
    model.eval()
    lifted = model(*replace(film, rays=low_passed(film.rays)).inputs)
    piece = Piece(torch.arange(len(film.heights)), 0, film.coordinates.shape[1])
    body, touching = physics.body(film, piece), touching_points(film, piece)
    truth = physics.motion(true_track(film, piece))
    answer = physics.motion(answered_track(lifted, film, piece, true_depth))
    true, found = (physics.loads(body, motion, touching) for motion in (truth, answer))
    counts = plausibility(true) > _PLAUSIBLE
    torque = physics.torques(body, answer, found) - physics.torques(body, truth, true)
    foot = (per_foot(found) - per_foot(true)).flatten(-2)[counts]
    slide = body.points(answer.q, body.contacts) - body.points(truth.q, body.contacts)
    slide = torch.diff(slide, dim=1).norm(dim=-1) * physics.rate_hz
    angle = torch.rad2deg(lifted.coordinates - film.coordinates)[..., _LEGS]
    bend = answer.a - truth.a
    return PhysicsScore(
        raw_deg=_rms(angle.flatten(0, 1)),
        centred_deg=_rms((angle - angle.mean(1, keepdim=True)).flatten(0, 1)),
        pelvis_m_s2=_rms(bend[..., :3].reshape(-1, 1)),
        legs_rad_s2=_rms(bend[..., 6:][..., _LEGS].flatten(0, 1)),
        missing=100.0 * float(found.missing[..., :3].norm(dim=-1)[counts].median()),
        force=100.0 * _rms(foot.reshape(-1, 1)),
        torque=_rms(torque[counts][:, _LEGS]) / physics.bodies.mass_kg,
        sliding_cm_s=100.0 * _rms(slide[touching[:, 1:] > _PLAUSIBLE][:, None]),
        **_simulations(physics, body, (answer, found), counts),
    )


def _simulations(
    physics: MotionPhysics, body: TorchBody, answer: tuple[Motion, Loads], counts: Tensor
) -> dict[str, float]:
    """How far forward dynamics from answered states ends from the answer."""
    motion, loads = answer
    starts = torch.arange(0, motion.q.shape[1] - _SPAN, _SPAN)
    torques = physics.torques(body, *answer)
    ends = physics.simulated(body, motion, (torques, loads), starts, _SPAN)
    moved = ends.moved[..., -1, :]
    kept = counts[:, starts] & counts[:, starts + _SPAN]
    good = moved[kept & ~ends.diverged]
    return {
        "simulated_cm": 100.0 * float(good[:, :3].norm(dim=-1).median()),
        "simulated_deg": float(torch.rad2deg(good[:, 6:].square().mean(-1).sqrt().median())),
        "diverged": 100.0 * float(ends.diverged[kept].float().mean()),
    }


@dataclass(frozen=True)
class ClipScore:
    """Errors on real clips, offline, mean over the eight leg coordinates.

    Attributes:
        raw_deg: Root mean square error [deg].
        centred_deg: The same without the mean error [deg].
        rad_s2: Root mean square error of the accelerations, both through parabolas of 0.2 s
            [rad/s²].
    """

    raw_deg: float
    centred_deg: float
    rad_s2: float


def clip_score(network: WindowNetwork, clips: Sequence[RealClip]) -> ClipScore:
    """The mean score over clips."""
    errors, bends = [], []
    for clip in clips:
        times, coordinates = clip.angles(network, None)
        errors.append(clip.errors(times, coordinates))
        inside = (times >= clip.reference_times[0]) & (times <= clip.reference_times[-1])
        for column, name in zip(_LEGS, LEG_NAMES, strict=True):
            if name in clip.reference_deg:
                wanted = np.interp(times, clip.reference_times, clip.reference_deg[name])
                apart = coordinates[:, column] - np.radians(wanted)
                bends.append(_acceleration_rms(apart[inside], 1.0 / float(times[1] - times[0])))
    return ClipScore(*leg_means(errors), float(np.mean(bends)))


def _acceleration_rms(values: Array, rate_hz: float) -> float:
    window = 2 * HALF_FRAMES + 1
    bend = savgol_filter(values, window, 2, deriv=2, delta=1.0 / rate_hz)
    return float(np.sqrt((bend[HALF_FRAMES:-HALF_FRAMES] ** 2).mean()))


def _rms(values: Tensor) -> float:
    """Mean over columns of the root mean square over rows."""
    return float(values.square().mean(0).sqrt().mean())
