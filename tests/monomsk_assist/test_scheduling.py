"""Priorities of the process, as far as they are allowed."""

import os

import pytest

from monomsk_assist import scheduling


@pytest.fixture
def threads(monkeypatch, tmp_path):
    """Three threads, of which the second has ended; those that got real-time priority."""
    for name in ("11", "12", "13"):
        (tmp_path / name).mkdir()
    preferred = []

    def prefer(thread, policy, parameters):
        if thread == 12:
            raise ProcessLookupError
        preferred.append(thread)

    monkeypatch.setattr(scheduling, "_THREADS", tmp_path)
    monkeypatch.setattr(scheduling, "_SESSION", tmp_path / "none")
    monkeypatch.setattr(os, "setpriority", lambda *_: None)
    monkeypatch.setattr(os, "sched_setscheduler", prefer)
    return preferred


def test_a_thread_that_has_ended_does_not_keep_the_others_from_their_priority(threads):
    assert scheduling.prefer_process(-10, 20) == ""
    assert sorted(threads) == [11, 13]


def test_what_is_not_permitted_is_told(threads, monkeypatch):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    assert "rtprio" in scheduling.prefer_process(-10, 20)
    assert scheduling.prefer_process(-10, 0) == ""
    monkeypatch.setattr(os, "setpriority", refuse)
    assert "niceness -10" in scheduling.prefer_process(-10, 0)
