"""Physics of filmed motion: bodies of any shape, derivatives, sole forces, losses."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject
from monomsk_dynamics.layers.manifold import integrate, normalized, quaternion_matrix
from monomsk_dynamics.layers.torch_body import TorchBody
from monomsk_training.config import TrainingConfig
from monomsk_training.filming import Film, FilmStudio
from monomsk_training.library import Library
from monomsk_training.motion_derivatives import Track, smooth_motion
from monomsk_training.motion_physics import MotionPhysics
from monomsk_training.network import Lifted
from monomsk_training.physics_losses import PhysicsLoss, PhysicsOptions
from monomsk_training.sampler import SamplerOptions
from monomsk_training.scaled_bodies import ScaledBodies
from monomsk_training.sole_forces import Wrench, sole_forces
from monomsk_training.trainer import FilmSource

PARTS = {
    "velocity": "velocity", "contact": "sole_contact", "residual": "residual", "force": "force",
    "torque": "torque", "consistency": "consistency",
}  # fmt: skip
CONFIG = TrainingConfig(motions=SamplerOptions(mixture={"squat": 0.5, "standing": 0.5}))


@pytest.fixture(scope="module")
def source() -> FilmSource:
    return FilmSource(Library((), np.zeros(0)), CONFIG, 3)


@pytest.fixture(scope="module")
def film(source: FilmSource) -> Film:
    """Films in double precision, so that finite differences mean something."""
    film = source.films(4)
    return Film(*(value.double() if value.is_floating_point() else value for value in parts(film)))


def parts(film: Film) -> list[torch.Tensor]:
    return [getattr(film, name) for name in film.__dataclass_fields__]


def truth(film: Film) -> Lifted:
    """An answer without any error."""
    return Lifted(
        film.pelvis_rotation, film.pelvis_position, torch.zeros_like(film.contact[..., :2]),
        film.coordinates, torch.zeros_like(film.coordinates), film.proportions, film.contact,
    )  # fmt: skip


def loss(studio: FilmStudio, options: PhysicsOptions) -> PhysicsLoss:
    found = PhysicsLoss(options, studio, 5)
    physics = MotionPhysics(studio)
    physics.bodies = ScaledBodies(studio.kinematics.segments, 0.05, torch.float64)
    found._physics = physics
    return found


def test_a_scaled_body_is_that_of_its_skeleton(source: FilmSource) -> None:
    rng, studio = np.random.default_rng(0), source.studio
    heights, proportions = torch.tensor([1.55, 1.9]).double(), 0.05 * torch.randn(2, 8).double()
    bodies = ScaledBodies(studio.kinematics.segments, 0.05, torch.float64)
    body = bodies.body(studio.shapes.factors(heights, proportions))
    for row in range(2):
        lengths = {
            name: float(
                studio.kinematics.anatomy.length_rules[name].model_length_m
                * heights[row] / studio.kinematics.anatomy.height_m * math.exp(log)
            )
            for name, log in zip(studio.shapes.names, proportions[row].tolist(), strict=True)
        }  # fmt: skip
        subject = Subject(float(heights[row]), bodies.mass_kg, "unspecified", lengths)
        skeleton = build_skeleton(subject)
        wanted = TorchBody(skeleton, armature_kg_m2=0.05)
        neutral = skeleton.neutral()
        q = np.array([skeleton.integrate(neutral, 0.4 * rng.normal(size=37)) for _ in range(5)])
        v, a = torch.randn(5, 37).double(), torch.randn(5, 37).double()
        forces = 50.0 * torch.randn(5, 16, 3).double()
        both = torch.tensor(q).expand(2, 5, 38)
        loads = v.expand(2, 5, 37), a.expand(2, 5, 37), forces.expand(2, 5, 16, 3)
        tau = body.inverse_dynamics(both, *loads)
        expected = wanted.inverse_dynamics(torch.tensor(q), v, a, forces)
        assert (tau[row] - expected).abs().max() < 1e-3
        places = wanted.points(torch.tensor(q), wanted.contacts)
        assert (body.points(both, body.contacts)[row] - places).abs().max() < 1e-6
        masses = wanted.mass_matrix(torch.tensor(q))
        assert (body.mass_matrix(both)[row] - masses).abs().max() < 1e-5


def test_derivatives_of_a_known_motion() -> None:
    times = torch.arange(40, dtype=torch.float64) / 30.0
    spin, start = 1.5, torch.zeros(40, 38, dtype=torch.float64)
    start[:, 6] = 1.0
    turn = torch.zeros(40, 37, dtype=torch.float64)
    turn[:, 5] = spin * times
    rotation = quaternion_matrix(integrate(normalized(start), turn)[:, 3:7])
    push = torch.tensor([0.3, -0.2, -9.81], dtype=torch.float64)
    position = 0.5 * push * times[:, None] ** 2 + torch.tensor([1.0, 0.0, 2.0]).double()
    coordinates = 0.7 * times[:, None] ** 2 + 0.1 * torch.arange(31).double()
    track = Track(rotation[None], position[None], coordinates[None])
    motion = smooth_motion(track, 3, 30.0)
    kept, turned = times[3:-3], rotation[3:-3].transpose(-1, -2)
    linear = (turned @ (push * kept[:, None])[..., None]).squeeze(-1)
    assert (motion.v[0, :, :3] - linear).abs().max() < 1e-9
    # The derivative of the velocity as the pelvis sees it, not the acceleration in the world.
    wanted = (turned @ push) - torch.linalg.cross(motion.v[0, :, 3:6], linear)
    assert (motion.a[0, :, :3] - wanted).abs().max() < 1e-9
    assert (motion.v[0, :, 5] - spin).abs().max() < 0.01 * spin
    assert motion.a[0, :, 3:6].abs().max() < 1e-6
    assert (motion.v[0, :, 6:] - 1.4 * kept[:, None]).abs().max() < 1e-9
    assert (motion.a[0, :, 6:] - 1.4).abs().max() < 1e-9


def feet() -> torch.Tensor:
    """Corners of two soles 0.9 m below the pelvis (8, 3)."""
    corners = [[x, y, -0.9] for y in (-0.12, -0.06, 0.06, 0.12) for x in (-0.05, 0.2)]
    return torch.tensor(corners, dtype=torch.float64)


def required(force: list[float], place: list[float]) -> Wrench:
    pushed = torch.tensor(force, dtype=torch.float64)
    return Wrench(pushed, torch.linalg.cross(torch.tensor(place, dtype=torch.float64), pushed))


def test_soles_give_what_they_can() -> None:
    touching = torch.ones(8, dtype=torch.float64)
    forces, missing = sole_forces(required([0.1, 0.0, 1.0], [0.1, 0.03, -0.9]), feet(), touching)
    assert missing.abs().max() < 0.02
    assert (forces[:, 2] >= 0.0).all()
    assert (forces[:, :2].norm(dim=-1) <= 0.8 * forces[:, 2] + 1e-6).all()
    assert forces[4:, 2].sum() > forces[:4, 2].sum()


@pytest.mark.parametrize(
    ("force", "place"),
    [
        ([0.0, 0.0, -0.5], [0.0, 0.0, -0.9]),
        ([1.5, 0.0, 1.0], [0.1, 0.0, -0.9]),
        ([0.0, 0.0, 1.0], [0.5, 0.0, -0.9]),
    ],
    ids=["pull", "slip", "beyond the toes"],
)
def test_soles_do_not_give_what_they_cannot(force: list[float], place: list[float]) -> None:
    touching = torch.ones(8, dtype=torch.float64)
    _, missing = sole_forces(required(force, place), feet(), touching)
    assert missing.norm() > 0.3


def test_a_foot_in_the_air_bears_nothing() -> None:
    touching = torch.tensor([1.0] * 4 + [0.0] * 4, dtype=torch.float64)
    forces, missing = sole_forces(required([0.0, 0.0, 1.0], [0.1, -0.09, -0.9]), feet(), touching)
    assert forces[4:].abs().max() == 0.0
    assert missing.abs().max() < 0.02
    _, nothing = sole_forces(required([0.0, 0.0, 1.0], [0.0, 0.0, -0.9]), feet(), 0.0 * touching)
    assert torch.allclose(nothing[:3], torch.tensor([0.0, 0.0, 1.0]).double())


def still(film: Film, studio: FilmStudio, height_m: float, drop: float) -> tuple[Film, Lifted]:
    """Upright, motionless but for a fall (share of gravity), and the perfect answer."""
    frames = film.coordinates.shape[1]
    times = torch.arange(frames, dtype=torch.float64) / 30.0
    coordinates = torch.zeros_like(film.coordinates)
    rotation = torch.eye(3, dtype=torch.float64).expand_as(film.world_rotation)
    factors = studio.shapes.factors(film.heights, film.proportions)
    bodies = ScaledBodies(studio.kinematics.segments, 0.0, torch.float64)
    q = torch.zeros(len(factors), 1, 38, dtype=torch.float64)
    q[..., 6] = 1.0
    body = bodies.body(factors)
    position = torch.zeros_like(film.world_position)
    position[..., 2] = -body.points(q, body.contacts)[..., 2].amin(-1) + height_m
    position[..., 2] -= 0.5 * drop * 9.81 * times**2
    contact = torch.full_like(film.contact, float(height_m == 0.0))
    changed = replace(
        film, coordinates=coordinates, world_rotation=rotation, world_position=position,
        contact=contact, pelvis_rotation=rotation, pelvis_position=position,
    )  # fmt: skip
    return changed, truth(changed)


@pytest.mark.parametrize(("height_m", "drop"), [(0.0, 0.0), (30.0, 1.0)], ids=["stands", "falls"])
def test_a_possible_motion_costs_nothing(film, source, height_m: float, drop: float) -> None:
    found = loss(source.studio, PhysicsOptions(*[1.0] * 6, every=1))
    changed, answer = still(film, source.studio, height_m, drop)
    values = found(answer, changed, 0)
    assert set(values) == set(PARTS.values())
    for name, value in values.items():
        assert float(value) < 0.02, name


def test_an_impossible_motion_costs(film: Film, source: FilmSource) -> None:
    """A person who hangs in the air, told from one who falls."""
    found = loss(source.studio, PhysicsOptions(residual=1.0, consistency=1.0, every=1))
    falling, answer = still(film, source.studio, 30.0, 1.0)
    _, hanging = still(film, source.studio, 30.0, 0.0)
    good, bad = found(answer, falling, 0), found(hanging, falling, 0)
    assert bad["residual"] > 100.0 * good["residual"] + 0.5
    assert bad["consistency"] > 5.0 * good["consistency"] + 0.05


@pytest.mark.parametrize("name", PARTS)
def test_gradients_are_those_of_finite_differences(film, source, name: str) -> None:
    found = loss(source.studio, PhysicsOptions(**{name: 1.0}, films=2, frames=8, every=1))
    draw = torch.Generator().manual_seed(1)
    answer = truth(film)

    def moved(values: torch.Tensor, gain: float) -> torch.Tensor:
        frames = values.shape[1]
        knots = torch.randn(len(values), values.shape[-1], frames // 8 + 1, generator=draw).double()
        slow = torch.nn.functional.interpolate(knots, frames, mode="linear", align_corners=True)
        return gain * slow.transpose(1, 2)

    wrong = answer._replace(
        coordinates=answer.coordinates + moved(answer.coordinates, 0.05),
        pelvis_position=answer.pelvis_position + moved(answer.pelvis_position, 0.02),
    )
    way = [moved(answer.coordinates, 1.0), moved(answer.pelvis_position, 0.3)]

    def value(step: float) -> torch.Tensor:
        places = (wrong.coordinates + step * way[0], wrong.pelvis_position + step * way[1])
        chosen = wrong._replace(coordinates=places[0], pelvis_position=places[1])
        return found(chosen, film, 0)[PARTS[name]]

    at = torch.zeros((), dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(value(at), at)
    step = 1e-6
    expected = (value(step) - value(-step)) / (2.0 * step)
    assert abs(float(slope)) > 1e-4
    assert float(slope) == pytest.approx(float(expected), rel=2e-3)


def test_without_weights_nothing_is_computed(film: Film, source: FilmSource) -> None:
    before = torch.get_rng_state()
    assert loss(source.studio, PhysicsOptions())(truth(film), film, 0) == {}
    # Nor does physics touch the chance that everything else is drawn by.
    assert loss(source.studio, PhysicsOptions(residual=1.0))(truth(film), film, 0)
    assert torch.equal(before, torch.get_rng_state())


def test_with_true_depth_distances_cost_nothing(film: Film, source: FilmSource) -> None:
    far = truth(film)
    far = far._replace(pelvis_position=far.pelvis_position * 1.1)
    aside = far._replace(pelvis_position=film.pelvis_position + 0.1)
    for answer, costs in ((far, False), (aside, True)):
        options = PhysicsOptions(contact=1.0, true_depth=True)
        value = loss(source.studio, options)(answer, film, 0)["sole_contact"]
        assert (float(value) > 0.1) == costs
