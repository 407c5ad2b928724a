"""A fit that stays bad is given up, one that is bad for a moment is not."""

import pytest

from monomsk_perception.fit_watch import FitWatch

FRAME_NS = 33_333_333


@pytest.fixture
def watch():
    return FitWatch(worst_quality=0.4, patience_ns=1_000_000_000)


def given_up(watch, qualities, first=0):
    return [watch.gives_up((first + k) * FRAME_NS, q) for k, q in enumerate(qualities)]


def test_a_lasting_bad_fit_is_given_up_once_each_patience(watch):
    found = given_up(watch, [0.1] * 100)
    assert sum(found) == 3
    assert not any(found[:30])


def test_one_good_fit_is_enough_to_go_on(watch):
    assert not any(given_up(watch, ([0.1] * 20 + [0.9]) * 5))


def test_an_unknown_quality_says_nothing(watch):
    assert not any(given_up(watch, [float("nan")] * 100))


def test_stamps_that_jump_back_start_the_count_anew(watch):
    assert not any(given_up(watch, [0.1] * 20, first=1000))
    found = given_up(watch, [0.1] * 40)
    assert not any(found[:30])
    assert any(found)


def test_a_time_without_fits_starts_the_count_anew(watch):
    assert not any(given_up(watch, [0.1] * 20))
    found = given_up(watch, [0.1] * 40, first=300)
    assert not any(found[:30])
    assert any(found)


def test_what_is_forgotten_does_not_count(watch):
    assert not any(given_up(watch, [0.1] * 25))
    watch.forget()
    assert not any(given_up(watch, [0.1] * 25, first=25))
