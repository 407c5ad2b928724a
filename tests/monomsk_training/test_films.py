"""Virtual films: the truth explains what was filmed, and generated motion is human."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from monomsk_description.landmarks import LANDMARK_NAMES
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject
from monomsk_perception.lifter_answer import OTHER_SIDE, USED_LANDMARKS
from monomsk_training.cameras import CameraOptions
from monomsk_training.detector_noise import NoiseOptions, coloured
from monomsk_training.filming import Film, FilmOptions, FilmStudio
from monomsk_training.generators import gait
from monomsk_training.library import Library
from monomsk_training.motion_clip import COLUMN, mirrored
from monomsk_training.sampler import GENERATORS, MotionSampler, SamplerOptions

QUIET = NoiseOptions(
    offset_gain=(0.0, 0.0), view_m=0.0, flesh_m=0.0, scatter_m=0.0, foot_scatter_m=0.0,
    fast_m=0.0, fast_per_speed=0.0, smooth_share=0.0, swap_share=0.0, gap_share=0.0,
    outlier_share=0.0, missing_share=0.0,
)  # fmt: skip
TIMES = np.arange(64) / 30.0


def film_of(motion: np.ndarray, noise: NoiseOptions, seed: int = 0, moving: float = 0.3) -> Film:
    camera = CameraOptions(distortion=0.0, moving_share=moving)
    studio = FilmStudio(FilmOptions(camera, noise, focal_error=0.0, height_error=0.0))
    count = len(motion)
    bodies = (torch.full((count,), 1.8), torch.zeros(count, 8))
    still = torch.zeros(count, dtype=torch.bool)
    draw = torch.Generator().manual_seed(seed)
    return studio.film(torch.tensor(motion, dtype=torch.float32), still, bodies, draw)


@pytest.fixture(scope="module")
def walks() -> np.ndarray:
    return np.array([gait(np.random.default_rng(seed), TIMES) for seed in range(4)])


@pytest.mark.parametrize("moving", [0.0, 1.0])
def test_noiseless_film_is_the_skeleton_projected(walks: np.ndarray, moving: float) -> None:
    film = film_of(walks, QUIET, moving=moving)
    skeleton = build_skeleton(Subject(1.8, 75.0))
    for window, frame in ((0, 3), (3, 50)):
        q = np.zeros(38)
        q[:3] = film.pelvis_position[window, frame].numpy()
        q[3:7] = Rotation.from_matrix(film.pelvis_rotation[window, frame].numpy()).as_quat()
        q[7:] = film.coordinates[window, frame].numpy()
        points = skeleton.points(q, skeleton.landmarks)[list(USED_LANDMARKS)]
        expected = points[:, :2] / points[:, 2:]
        # Nose and ears turn with a neck that the skeleton does not have.
        np.testing.assert_allclose(film.rays[window, frame, 3:].numpy(), expected[3:], atol=1e-4)


def test_people_stand_upright_in_front_of_the_camera(walks: np.ndarray) -> None:
    film = film_of(walks, NoiseOptions(gap_share=0.0, swap_share=0.0))
    assert (film.pelvis_position[..., 2] > 1.0).all()
    assert (film.rays[..., 0, 1] < film.rays[..., 17, 1]).all()
    assert torch.isfinite(film.rays).all()


def test_landmarks_in_a_gap_lie_between_those_around_it(walks: np.ndarray) -> None:
    """As `resampled` gives them to the lifter, whatever the person did meanwhile."""
    clean, holes = film_of(walks, QUIET), film_of(walks, replace(QUIET, gap_share=1.0))
    for one in range(len(walks)):
        seen = holes.seen[one].numpy()
        assert 0 < (~seen).sum() < 12
        frames = np.arange(64)
        flat = clean.rays[one].flatten(1).numpy()
        wanted = np.array([np.interp(frames, frames[seen], column[seen]) for column in flat.T]).T
        np.testing.assert_allclose(holes.rays[one].flatten(1).numpy(), wanted, atol=1e-5)


def test_noise_has_the_size_that_was_measured(walks: np.ndarray) -> None:
    noise = NoiseOptions(
        offset_gain=(0.0, 0.0), view_m=0.0, flesh_m=0.0, gain=(1.0, 1.0), hidden_gain=0.0,
        fast_per_speed=0.0, smooth_share=0.0, swap_share=0.0, gap_share=0.0, outlier_share=0.0,
        missing_share=0.0,
    )  # fmt: skip
    films = [film_of(walks, noise, seed) for seed in range(3)]
    clean = [film_of(walks, QUIET, seed) for seed in range(3)]
    for film, other in zip(films, clean, strict=True):
        torch.testing.assert_close(film.coordinates, other.coordinates)
    places = [film.points + film.pelvis_position[..., None, :] for film in films]
    errors = torch.cat(
        [
            (film.rays - place[..., :2] / place[..., 2:]) * place[..., 2:]
            for film, place in zip(films, places, strict=True)
        ]
    )
    knee, heel = errors[..., 11, :].std(), errors[..., 15, :].std()
    assert 0.009 < float(knee) < 0.016
    assert 0.013 < float(heel) < 0.022


def test_errors_stay_while_nobody_moves(walks: np.ndarray) -> None:
    """A detector errs alike in like images."""
    scatter = {}
    for name, motion in {"walks": walks, "rests": np.repeat(walks[:, :1], 64, axis=1)}.items():
        noise = NoiseOptions(swap_share=0.0, gap_share=0.0, outlier_share=0.0, missing_share=0.0)
        film, clean = (film_of(motion, kind, moving=0.0) for kind in (noise, QUIET))
        errors = (film.rays - clean.rays) * film.pelvis_position[..., None, 2:]
        scatter[name] = float(torch.diff(errors, n=2, dim=1).std())
    assert 0.0 < scatter["rests"] < 0.5 * scatter["walks"]


def test_coloured_noise_has_unit_variance_and_keeps_what_it_is_told() -> None:
    keep = torch.full((2, 50), 0.9)
    keep[:, 25:] = 0.0
    noise = coloured((2, 50, 4000), keep, torch.Generator().manual_seed(3))
    torch.testing.assert_close(noise.std(-1), torch.ones(2, 50), atol=0.06, rtol=0.0)
    neighbours = (noise[:, 1:] * noise[:, :-1]).mean(-1)
    torch.testing.assert_close(neighbours, keep[:, 1:], atol=0.08, rtol=0.0)


def test_left_and_right_partners() -> None:
    for one, other in enumerate(OTHER_SIDE):
        assert OTHER_SIDE[other] == one
        name, partner = (LANDMARK_NAMES[USED_LANDMARKS[k]] for k in (one, other))
        assert partner == name.replace("left", "*").replace("right", "left").replace("*", "right")


@pytest.mark.parametrize("kind", GENERATORS)
def test_generated_motion_stays_within_human_ranges(kind: str) -> None:
    generator = GENERATORS[kind]
    windows = np.array([generator(np.random.default_rng(seed), TIMES) for seed in range(40)])
    assert np.isfinite(windows).all()
    joints = windows[..., 6:]
    assert np.abs(joints).max() < np.radians(175.0)
    knees = windows[..., [COLUMN["knee_angle_r"], COLUMN["knee_angle_l"]]]
    assert knees.min() > np.radians(-35.0)
    assert np.abs(np.diff(joints, axis=1)).max() * 30.0 < 40.0


def test_walking_feet_stand_still_while_they_carry(walks: np.ndarray) -> None:
    film = film_of(walks, QUIET)
    share = film.contact.mean((0, 1))
    assert ((share > 0.15) & (share < 0.9)).all()
    # Legs take turns: there is single support of either side.
    right, left = film.contact[..., :2].amax(-1), film.contact[..., 2:].amax(-1)
    assert float((right * (1 - left)).mean()) > 0.1
    assert float((left * (1 - right)).mean()) > 0.1


def test_a_mirrored_motion_is_a_mirrored_film(walks: np.ndarray) -> None:
    kinematics = FilmStudio().kinematics
    factors = torch.ones(len(kinematics.segments), 3)
    studio = FilmStudio()
    points = []
    for values in (walks[0], mirrored(walks[0])):
        coordinates = torch.tensor(values[:, 6:], dtype=torch.float32)
        poses = kinematics(coordinates, factors)
        points.append(kinematics.points(poses, studio.landmarks, factors))
    flipped = points[1][:, list(OTHER_SIDE)] * torch.tensor([1.0, -1.0, 1.0])
    torch.testing.assert_close(flipped, points[0], atol=1e-4, rtol=0.0)


def test_sampling_is_reproducible_and_needs_no_recordings() -> None:
    options = SamplerOptions(mixture={"gait": 0.5, "squat": 0.5})
    sampler = MotionSampler(Library((), np.zeros(0)), options, 64, 30.0)
    first, travels = sampler.sample(np.random.default_rng(4), 6)
    again, _ = sampler.sample(np.random.default_rng(4), 6)
    np.testing.assert_array_equal(first, again)
    assert first.shape == (6, 64, 37)
    assert not travels.any()
