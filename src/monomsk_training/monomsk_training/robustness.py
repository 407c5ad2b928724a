"""How errors grow when filming gets worse, on held-out films: one condition at a time.

    python -m monomsk_training.robustness --data DATA [--prepared MOTIONS] [--weights FOLDER]

The same motions and people are filmed again for every value of a condition, but for frame rates
by the same cameras; recorded motion that never trained, without added habits. Mean over the eight
leg coordinates of the root mean square error [deg], raw / without each window's mean error, and the
share of the true angles within the told 90 % intervals, of the network alone. The first row is
live, the others offline.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from monomsk_description.frames import Array
from monomsk_perception.both_sides import BothSides
from monomsk_perception.lifter_answer import (
    RATE_HZ,
    WINDOW_FRAMES,
    Track,
    WindowNetwork,
)
from monomsk_perception.lifter_network import OnnxLifter
from monomsk_perception.lifter_windows import lift_frame, low_passed, resampled
from monomsk_training.cameras import CameraOptions
from monomsk_training.config import TrainingConfig
from monomsk_training.filming import Film, FilmOptions
from monomsk_training.library import Library, load_libraries, load_recipe
from monomsk_training.motion_clip import COORDINATE_NAMES
from monomsk_training.real_clips import LEG_NAMES
from monomsk_training.sampler import as_recorded
from monomsk_training.trainer import FilmSource

_SEED = 404
#: What every condition starts from: level cameras that stand still, lenses that bend nothing.
BASE = FilmOptions(CameraOptions(tilted_share=0.0, moving_share=0.0, distortion=0.0))
#: Half of a Laplace distribution's 90 % interval over its mean absolute deviation.
_LAPLACE_90 = float(np.log(10.0))
#: Frames of a film that are asked for live: with a past behind them and all look-aheads ahead.
_LIVE_FRAMES = slice(-28, -8)
_LEGS = [COORDINATE_NAMES.index(name) for name in LEG_NAMES]


@dataclass(frozen=True)
class Condition:
    """What is varied.

    Attributes:
        name: With its unit, for the table.
        values: From best to worst or from low to high.
        filming: The film options at a value.
        spoil: What happens to the finished track and subject at a value.
        rate: Frames a second at a value [Hz].
        look_ahead: Later frames that are known at a value; None: all, offline.
    """

    name: str
    values: tuple[float, ...]
    filming: Callable[[FilmOptions, float], FilmOptions] = lambda options, value: options
    spoil: Callable[[Track, Array, float], tuple[Track, Array]] = lambda t, s, value: (t, s)
    rate: Callable[[float], float] = lambda value: RATE_HZ
    look_ahead: Callable[[float], int | None] = lambda value: None


def conditions() -> tuple[Condition, ...]:
    """Everything that is varied."""
    return (
        Condition("look-ahead, live [frames at 30 Hz]", (0, 1, 2, 4, 6, 8), look_ahead=int),
        Condition("detector noise, times the measured", (0.0, 0.5, 1.0, 1.5, 2.0, 3.0), _noise),
        Condition("landmarks missing [%]", (0, 10, 20, 40), spoil=_missing),
        Condition("focal length wrong by [%]", (-20, -10, 0, 10, 20), spoil=_focal),
        Condition("stature wrong by [%]", (-10, -5, 0, 5, 10), spoil=_stature),
        Condition("camera turned down past the person by [deg]", (-20, -10, 0, 10, 20), _pitch),
        Condition("camera rolled by [deg]", (-30, -20, -10, 0, 10, 20, 30), _roll),
        Condition("camera height [m]", (0.3, 0.8, 1.2, 1.8, 2.5), _height),
        Condition("frame rate [Hz]", (15, 24, 30, 60, 120), rate=lambda value: value),
        Condition("distance [m]", (1.5, 2.5, 4.0, 6.0, 10.0), _distance),
        Condition("hand-held camera sways by [deg]", (0.0, 0.7, 1.5, 3.0), _sway),
        Condition("camera turns after the person, share of the films", (0.0, 1.0), _follow),
        Condition("lens bends rays at 45 deg by [%]", (-20, -10, 0, 10, 20), spoil=_lens),
    )


def _noise(options: FilmOptions, value: float) -> FilmOptions:
    noise = options.noise
    low, high = noise.offset_gain
    offset = 0.5 * (low + high) * value
    return replace(options, noise=replace(noise, gain=(value, value), offset_gain=(offset, offset)))


def _pitch(options: FilmOptions, value: float) -> FilmOptions:
    return replace(options, camera=replace(options.camera, pitch_deg=value))


def _roll(options: FilmOptions, value: float) -> FilmOptions:
    return replace(options, camera=replace(options.camera, roll_deg=value))


def _height(options: FilmOptions, value: float) -> FilmOptions:
    return replace(options, camera=replace(options.camera, height_m=(value, value)))


def _distance(options: FilmOptions, value: float) -> FilmOptions:
    wide = replace(options.camera, distance_m=(value, value), focal_per_height=(0.6, 0.6))
    return replace(options, camera=wide)


def _sway(options: FilmOptions, value: float) -> FilmOptions:
    held = replace(
        options.camera, moving_share=1.0, follow_share=0.0, travel_share=0.0, sway_deg=value,
        sway_m=0.02 * value,
    )  # fmt: skip
    return replace(options, camera=held)


def _follow(options: FilmOptions, value: float) -> FilmOptions:
    led = replace(
        options.camera, moving_share=1.0, follow_share=value, travel_share=0.0, sway_deg=0.0,
        sway_m=0.0,
    )  # fmt: skip
    return replace(options, camera=led)


def _lens(track: Track, subject: Array, value: float) -> tuple[Track, Array]:
    square = (track.rays**2).sum(-1, keepdims=True)
    return replace(track, rays=track.rays * (1.0 + value / 100.0 * square)), subject


def _missing(track: Track, subject: Array, value: float) -> tuple[Track, Array]:
    """Landmarks vanish for half a second at a time."""
    rng = np.random.default_rng(7)
    hidden = rng.random((-(-WINDOW_FRAMES // 15), track.rays.shape[1])) < value / 100.0
    hidden = np.repeat(hidden, 15, axis=0)[: len(track)]
    times = np.arange(len(track)) / RATE_HZ
    rays = np.where(hidden[..., None], np.nan, track.rays)
    kept = resampled(times, rays, np.where(hidden, 0.0, track.visibility), times)
    return replace(kept, seen=track.seen), subject


def _focal(track: Track, subject: Array, value: float) -> tuple[Track, Array]:
    return replace(track, rays=track.rays / (1.0 + value / 100.0)), subject


def _stature(track: Track, subject: Array, value: float) -> tuple[Track, Array]:
    told = subject.copy()
    told[0] += 3.0 * np.log(1.0 + value / 100.0)
    return track, told


def filmed(held_out: Library, options: FilmOptions, rate_hz: float, count: int) -> Film:
    """The same motions and people every time; the film is at another rate."""
    config = TrainingConfig()
    # no longer than the network's window: more would draw other motions
    frames = 1 + int((WINDOW_FRAMES - 1) * rate_hz / RATE_HZ)
    options = replace(options, noise=replace(options.noise, missing_share=0.0))
    config = replace(
        config,
        motions=as_recorded(config.motions),
        films=replace(options, rate_hz=rate_hz, focal_error=0.0, height_error=0.0),
        network=replace(config.network, frames=frames),
    )
    torch.manual_seed(_SEED)
    return FilmSource(held_out, config, _SEED).films(count)


def track_of(film: Film, number: int, rate_hz: float, *, live: bool = False) -> tuple[Track, Array]:
    """One window as the lifter gets it, at 30 Hz; the true coordinates (64, 31) [rad].

    Live nothing is low-passed: that would tell of later frames.
    """
    times = np.arange(film.rays.shape[1]) / rate_hz
    wanted = np.arange(WINDOW_FRAMES) / RATE_HZ
    rays = film.rays[number].double().numpy()
    seen = film.seen[number].numpy()
    rays[~seen] = np.nan
    if not live:
        rays = low_passed(times, rays)
    track = resampled(times[seen], rays[seen], film.visibility[number].numpy()[seen], wanted)
    truth = film.coordinates[number].double().numpy()
    columns = [np.interp(wanted, times, truth[:, k]) for k in range(truth.shape[1])]
    return track, np.stack(columns, axis=1)


class LegErrors(NamedTuple):
    """Errors of the eight leg coordinates.

    Attributes:
        raw_deg: Mean of the root mean square errors [deg].
        centred_deg: The same without each window's mean error [deg].
        covered_percent: True angles within the told 90 % intervals (Laplace) [%].
    """

    raw_deg: float
    centred_deg: float
    covered_percent: float


def leg_errors(network: WindowNetwork, film: Film, condition: Condition, value: float) -> LegErrors:
    """The errors at one value of a condition."""
    look_ahead, rows = condition.look_ahead(value), []
    live = look_ahead is not None
    frames = _LIVE_FRAMES if live else slice(None)
    for number in range(len(film.rays)):
        track, truth = track_of(film, number, condition.rate(value), live=live)
        track, subject = condition.spoil(track, film.subject[number].double().numpy(), value)
        found, log_scale = _answers(network, track, subject, look_ahead)
        error = (found - truth[frames])[:, _LEGS]
        inside = np.abs(error) <= _LAPLACE_90 * np.exp(log_scale[:, _LEGS])
        rows.append([np.sqrt((error**2).mean(0)).mean(), error.std(0).mean(), inside.mean()])
    raw, centred, covered = np.mean(rows, axis=0).tolist()
    return LegErrors(float(np.degrees(raw)), float(np.degrees(centred)), 100.0 * covered)


def _answers(
    network: WindowNetwork, track: Track, subject: Array, look_ahead: int | None
) -> tuple[Array, Array]:
    """Coordinates and log scales as the product asks for them: each live frame on its own."""
    both = BothSides(network)
    if look_ahead is None:
        whole = both(track, subject)
        return whole.coordinates, whole.log_scale
    frames = range(len(track))[_LIVE_FRAMES]
    answers = [lift_frame(both, track, subject, frame, look_ahead) for frame in frames]
    found = [np.concatenate([getattr(a, n) for a in answers]) for n in ("coordinates", "log_scale")]
    return found[0], found[1]


def table(
    network: WindowNetwork, held_out: Library, count: int, chosen: Sequence[Condition]
) -> str:
    """The curves as Markdown."""
    lines = ["| condition | value: error raw / centred [deg], covered |", "|---|---|"]
    for condition in chosen:
        cells = []
        for value in condition.values:
            options = condition.filming(BASE, value)
            film = filmed(held_out, options, condition.rate(value), count)
            found = leg_errors(network, film, condition, value)
            cells.append("{:g}: {:.1f} / {:.1f}, {:.0f} %".format(value, *found))
        lines.append(f"| {condition.name} | " + "; ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main(words: list[str] | None = None) -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the recordings")
    parser.add_argument("--prepared", type=Path, help="folder of motions made of markers")
    parser.add_argument("--weights", type=Path, help="folder of weights and card; else the shipped")
    parser.add_argument("--films", type=int, default=64, help="windows a value")
    arguments = parser.parse_args(words)
    torch.set_num_threads(1)
    network = OnnxLifter(COORDINATE_NAMES, arguments.weights)
    _, held_out = load_libraries(arguments.data, load_recipe(), arguments.prepared)
    sys.stdout.write(table(network, held_out, arguments.films, conditions()))


if __name__ == "__main__":
    main()
