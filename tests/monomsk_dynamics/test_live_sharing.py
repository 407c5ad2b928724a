"""The inverse-dynamics transformer live: what it is asked, and when its opinion counts."""

import numpy as np
import pytest

from monomsk_analysis.plain_walk import PlainWalk
from monomsk_description.body_state import BodyState
from monomsk_dynamics.inverse_dynamics_transformer import WINDOW_FRAMES, InverseDynamicsTransformer
from monomsk_dynamics.kinetics_features import FEATURES
from monomsk_dynamics.live import LiveDynamics
from monomsk_dynamics.live_sharing import LiveSharing
from monomsk_dynamics.options import DynamicsOptions, GroundOptions, LoadSharingOptions

LEARNED = DynamicsOptions(load_sharing=LoadSharingOptions(learned_live=True))


@pytest.fixture(scope="module")
def walk(skeleton):
    source = PlainWalk(skeleton)
    return [source.configuration(k / 60.0) for k in range(90)]


def run(skeleton, configurations, options, rate_hz: float = 60.0):
    live = LiveDynamics(skeleton, options)
    return [
        live.update(BodyState(round(k / rate_hz * 1e9), q, np.zeros(37)))
        for k, q in enumerate(configurations)
    ]


def forces(results) -> np.ndarray:
    return np.array([[sole.force for sole in result.soles] for result in results])


def test_the_newest_answer_is_that_of_the_windows_last_frame(skeleton) -> None:
    transformer = InverseDynamicsTransformer(skeleton)
    rng = np.random.default_rng(2)
    features = 0.1 * rng.normal(size=(WINDOW_FRAMES, FEATURES))
    force, sigma = transformer.newest(features, np.eye(3))
    raw = transformer.window(features, np.ones(WINDOW_FRAMES, dtype=bool))
    newton = skeleton.mass_kg * 9.81
    np.testing.assert_allclose(force, raw[0][-1].reshape(2, 3) * newton)
    np.testing.assert_allclose(sigma, np.sqrt(2) * np.exp(raw[1][-1].reshape(2, 3)) * newton)
    early, _ = transformer.newest(features[:10], np.eye(3))
    assert np.isfinite(early).all()


def test_in_walking_its_opinion_decides_the_share(skeleton, walk, monkeypatch) -> None:
    weight = skeleton.mass_kg * 9.81
    shares = {}
    for right in (0.2, 0.8):
        said = np.array([[0.0, 0.0, right], [0.0, 0.0, 1.0 - right]]) * weight
        sigma = np.full((2, 3), 0.01 * weight)
        monkeypatch.setattr(
            InverseDynamicsTransformer, "newest", lambda *_, f=said, s=sigma: (f, s)
        )
        vertical = forces(run(skeleton, walk, LEARNED))[:, :, 2]
        shares[right] = vertical[:, 0] / np.maximum(vertical.sum(axis=1), 1.0)
        both = (vertical > 0.0).all(axis=1)
    assert both[30:].any()
    assert np.median((shares[0.8] - shares[0.2])[30:][both[30:]]) > 0.4


def test_standing_is_left_alone(skeleton) -> None:
    standing = [skeleton.neutral()] * 60
    curves, learned = (
        forces(run(skeleton, standing, options)) for options in (DynamicsOptions(), LEARNED)
    )
    np.testing.assert_array_equal(curves, learned)


def test_on_a_belt_it_is_not_asked(skeleton, walk) -> None:
    ground = GroundOptions(treadmill=True)
    options = [
        DynamicsOptions(ground=ground),
        DynamicsOptions(ground=ground, load_sharing=LEARNED.load_sharing),
    ]
    curves, learned = (forces(run(skeleton, walk[:40], each)) for each in options)
    np.testing.assert_array_equal(curves, learned)


def test_what_was_before_a_belt_is_no_past(skeleton, walk) -> None:
    live = LiveDynamics(skeleton, LEARNED)
    grounds = {20: GroundOptions(treadmill=True), 40: GroundOptions()}
    for k, q in enumerate(walk[:45]):
        if k in grounds:
            live.adopt(DynamicsOptions(ground=grounds[k], load_sharing=LEARNED.load_sharing))
        live.update(BodyState(round(k / 60.0 * 1e9), q, np.zeros(37)))
    times_s = [time_s for time_s, _ in live._contact._learned._past]
    np.testing.assert_allclose(times_s, np.arange(40, 45) / 60.0, atol=1e-6)


@pytest.mark.parametrize("gap_s", [1.0, -10.0])
def test_what_was_before_a_lost_person_is_no_past(skeleton, walk, gap_s) -> None:
    live = LiveDynamics(skeleton, LEARNED)
    for k, q in enumerate(walk[:20]):
        later_s = 20.0 + k / 60.0 + (gap_s if k >= 15 else 0.0)
        live.update(BodyState(round(later_s * 1e9), q, np.zeros(37)))
    assert len(live._contact._learned._past) == 5
    live.reset()
    assert not live._contact._learned._past


def test_its_deviations_are_scaled_as_in_recordings(skeleton, walk, monkeypatch) -> None:
    weight = skeleton.mass_kg * 9.81
    said = np.array([[0.0, 0.0, 0.8], [0.0, 0.0, 0.2]]) * weight
    answer = said, np.full((2, 3), 0.01 * weight)
    monkeypatch.setattr(InverseDynamicsTransformer, "newest", lambda *_: answer)
    doubted = LoadSharingOptions(learned_live=True, learned_sigma_scale=1e3)
    believed, doubtful = (
        forces(run(skeleton, walk, options))[30:, :, 2]
        for options in (LEARNED, DynamicsOptions(load_sharing=doubted))
    )
    both = (believed > 0.0).all(axis=1)
    shares = [vertical[both, 0] / vertical[both].sum(axis=1) for vertical in (believed, doubtful)]
    np.testing.assert_allclose(np.median(shares[0]), 0.8, atol=0.1)
    assert np.median(np.abs(shares[1] - 0.8)) > 0.2


@pytest.mark.parametrize(("rate_hz", "states"), [(30.0, 24), (60.0, 48), (100.0, 80)])
def test_it_sees_even_frames_up_to_now_at_any_rate(skeleton, rate_hz, states) -> None:
    sharing = LiveSharing(InverseDynamicsTransformer(skeleton))
    for k in range(states):
        sharing._past.append((k / rate_hz, np.full(FEATURES, k / rate_hz)))
    now_s = (states - 1) / rate_hz
    even = sharing._even(now_s)
    assert len(even) == min(WINDOW_FRAMES, int(now_s * 60.0 + 1e-6) + 1)
    expected = now_s - np.arange(len(even))[::-1] / 60.0
    np.testing.assert_allclose(even[:, 0], expected, atol=1e-9)


def test_it_can_be_switched_while_running(skeleton, walk) -> None:
    live = LiveDynamics(skeleton, DynamicsOptions())
    for k, q in enumerate(walk[:40]):
        if k == 20:
            live.adopt(LEARNED)
        live.update(BodyState(round(k / 60.0 * 1e9), q, np.zeros(37)))
    assert live._contact._learned is not None
    live.adopt(DynamicsOptions())
    assert live._contact._learned is None
