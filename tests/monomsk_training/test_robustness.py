"""Robustness curves: films differ in what is varied and in nothing else."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch

from monomsk_perception.both_sides import mirrored_answer
from monomsk_perception.lifter_answer import HISTORY_FRAMES, Answer, Track
from monomsk_training.filming import FilmOptions
from monomsk_training.generators import gait
from monomsk_training.library import LIBRARY_RATE_HZ, Library
from monomsk_training.motion_clip import COLUMN, MotionClip
from monomsk_training.network import LifterModel, NetworkOptions
from monomsk_training.robustness import (
    BASE,
    Condition,
    conditions,
    filmed,
    leg_errors,
    table,
    track_of,
)

CLEAN = 0.0


@pytest.fixture(scope="module")
def held_out() -> Library:
    times = np.arange(240) / LIBRARY_RATE_HZ
    values = gait(np.random.default_rng(0), times)
    values[:, COLUMN["pelvis_tx"]] = 1.2 * times
    clip = MotionClip("walk", "x", LIBRARY_RATE_HZ, values)
    return Library((clip,), np.ones(1))


def by_name(piece: str) -> Condition:
    return next(c for c in conditions() if piece in c.name)


@pytest.mark.parametrize("rate_hz", [15.0, 24.0, 60.0, 120.0])
def test_other_frame_rates_film_the_same_motion(held_out: Library, rate_hz: float) -> None:
    usual, other = (filmed(held_out, BASE, rate, 3) for rate in (30.0, rate_hz))
    torch.testing.assert_close(usual.heights, other.heights)
    for number in range(3):
        truths = [track_of(usual, number, 30.0)[1], track_of(other, number, rate_hz)[1]]
        # a frame of the slowest rate later
        assert np.degrees(np.abs(truths[0] - truths[1]).mean()) < 3.0


@pytest.mark.parametrize("rate_hz", [15.0, 60.0])
def test_tracks_of_other_frame_rates_are_the_networks(held_out: Library, rate_hz: float) -> None:
    quiet = by_name("noise").filming(FilmOptions(), CLEAN)
    noise = replace(
        quiet.noise, missing_share=0.0, swap_share=0.0, outlier_share=0.0, gap_share=0.0
    )
    options = replace(quiet, noise=noise)
    slow = [track_of(filmed(held_out, options, rate, 2), 0, rate) for rate in (30.0, rate_hz)]
    assert slow[1][0].rays.shape == (64, 19, 2)
    assert slow[1][1].shape == (64, 31)
    assert np.abs(slow[1][0].rays).max() < 2.0
    assert np.isfinite(slow[1][0].rays).all()


def test_live_tracks_know_nothing_of_later_frames(held_out: Library) -> None:
    # gaps lie between their neighbours, which may be later ones
    film = filmed(held_out, replace(BASE, noise=replace(BASE.noise, gap_share=0.0)), 30.0, 1)
    changed = replace(film, rays=film.rays.clone())
    changed.rays[:, 40:] += 0.1
    live, other = (track_of(one, 0, 30.0, live=True)[0].rays for one in (film, changed))
    np.testing.assert_array_equal(live[:40], other[:40])
    smooth, other = (track_of(one, 0, 30.0)[0].rays for one in (film, changed))
    assert np.abs(smooth[:40] - other[:40]).max() > 1e-3


def test_more_noise_leaves_people_and_motion_alone(held_out: Library) -> None:
    condition = by_name("noise")
    films = [filmed(held_out, condition.filming(FilmOptions(), v), 30.0, 3) for v in (0.0, 3.0)]
    torch.testing.assert_close(films[0].coordinates, films[1].coordinates)
    torch.testing.assert_close(films[0].heights, films[1].heights)
    assert (films[0].rays - films[1].rays).abs().mean() > 1e-3


@pytest.mark.parametrize("name", ["sways", "turns after"])
def test_moving_cameras_turn_the_person_in_the_image(held_out: Library, name: str) -> None:
    condition = by_name(name)
    films = [filmed(held_out, condition.filming(BASE, v), 30.0, 3) for v in (0.0, 1.0)]
    torch.testing.assert_close(films[0].coordinates, films[1].coordinates)
    world = [film.pelvis_rotation @ film.world_rotation.transpose(-1, -2) for film in films]
    turned = [(view - view[:, :1]).abs().amax() for view in world]
    assert turned[0] < 1e-5
    assert turned[1] > 1e-3


def test_spoiling_changes_what_it_says() -> None:
    track = Track(np.ones((64, 19, 2)), np.ones((64, 19)), np.ones(64))
    subject = np.zeros(17)
    told = by_name("stature").spoil(track, subject, 10.0)[1]
    assert told[0] == pytest.approx(3.0 * np.log(1.1))
    assert by_name("focal").spoil(track, subject, 25.0)[0].rays.mean() == pytest.approx(0.8)
    bent = by_name("lens").spoil(track, subject, 10.0)[0].rays
    np.testing.assert_allclose(bent, 1.0 + 0.1 * 2.0)
    missing = by_name("missing").spoil(track, subject, 40.0)[0]
    assert 0.2 < (missing.visibility == 0.0).mean() < 0.6


class Told:
    """A network that answers with what it was told, for the mirror image as for the original.

    90 % of the errors of the scale that it gives lie within 0.11 rad on either side.
    """

    def __init__(self, coordinates: list[np.ndarray]) -> None:
        self._coordinates, self.asked = coordinates, list[list[int]]()

    def __call__(self, track: Track, subject: np.ndarray, asked: Sequence[int]) -> Answer:
        assert track.windows.tolist() == np.repeat([0, 1], len(track) // 2).tolist()
        frames = len(asked) // 2
        self.asked.append(track.numbers[list(asked)].tolist())
        self.last = int(track.numbers[-1])
        told = self._coordinates[0] if frames == 1 else self._coordinates.pop(0)
        answer = Answer(
            np.repeat(np.eye(3)[None], frames, axis=0), np.zeros((frames, 3)),
            np.zeros((frames, 2)), told[:frames], np.full((frames, 31), np.log(0.11 / np.log(10))),
            np.zeros((frames, 8)), np.zeros((frames, 4)),
        )  # fmt: skip
        parts = vars(answer), vars(mirrored_answer(answer))
        return Answer(**{name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


def test_a_network_that_knows_the_truth_has_no_error(held_out: Library) -> None:
    condition = by_name("focal")
    film = filmed(held_out, FilmOptions(), 30.0, 2)
    oracle = Told([track_of(film, k, 30.0)[1] + 0.1 for k in range(2)])
    found = leg_errors(oracle, film, condition, 0.0)
    assert found.raw_deg == pytest.approx(np.degrees(0.1), rel=1e-4)
    assert found.centred_deg == pytest.approx(0.0, abs=1e-6)
    assert found.covered_percent == 100.0
    # recordings are asked for together with their mirror image
    assert oracle.asked == 2 * [[*range(64), *range(64)]]


def test_errors_beyond_their_intervals_are_not_covered(held_out: Library) -> None:
    film = filmed(held_out, FilmOptions(), 30.0, 1)
    errors = np.where(np.arange(64)[:, None] < 16, 0.12, 0.1)
    careless = Told([track_of(film, 0, 30.0)[1] + errors])
    found = leg_errors(careless, film, by_name("focal"), 0.0)
    assert found.covered_percent == pytest.approx(75.0)


def test_live_every_frame_is_asked_for_on_its_own_and_knows_no_more(held_out: Library) -> None:
    film = filmed(held_out, BASE, 30.0, 1)
    network = Told([np.zeros((1, 31))])
    leg_errors(network, film, by_name("look-ahead"), 6)
    # each in its window and in the mirror image
    own = [min(frame, HISTORY_FRAMES - 1) for frame in range(36, 56)]
    assert network.asked == [[number, number] for number in own]
    assert network.last == own[-1] + 6


def test_the_table_names_every_value(held_out: Library) -> None:
    text = table(Told(5 * [np.zeros((64, 31))]), held_out, 1, [by_name("stature")])
    assert "stature wrong by [%] | -10: " in text
    assert text.count(" / ") == 6


def test_the_network_does_not_look_at_what_is_missing() -> None:
    torch.manual_seed(1)
    model = LifterModel(NetworkOptions(width=32, layers=2, heads=2)).eval()
    rays, visibility = 0.3 * torch.randn(1, 64, 19, 2), torch.ones(1, 64, 19)
    visibility[:, 20:40, 15:] = 0.0
    other = rays.clone()
    other[:, 20:40, 15:] = 5.0
    with torch.no_grad():
        answers = [
            model(r, visibility, torch.ones(1, 64), torch.zeros(1, 17)) for r in (rays, other)
        ]
    torch.testing.assert_close(answers[0].coordinates, answers[1].coordinates)
    torch.testing.assert_close(answers[0].pelvis_position, answers[1].pelvis_position)
