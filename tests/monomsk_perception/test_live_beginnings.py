"""When a live stream begins anew with somebody, and what of the past does not matter then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from tests.monomsk_perception.live_stream import Stream

from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject
from monomsk_perception.camera_pose import CameraPoseSource
from monomsk_perception.landmarks import Landmarks
from monomsk_perception.live_perception import LivePerception


def scrambled(detect: Callable[..., Landmarks]) -> Callable[..., Landmarks]:
    """Landmarks that are no person's."""
    rng = np.random.default_rng(4)

    def nobody(image_bgr: np.ndarray, stamp_ns: int) -> Landmarks:
        found = detect(image_bgr, stamp_ns)
        return replace(found, pixels=rng.permutation(found.pixels))

    return nobody


def test_what_no_skeleton_fits_is_given_up_and_looked_for_anew(stream: Stream) -> None:
    oracle = stream.live.landmarker
    truth = oracle.detect
    oracle.detect = scrambled(truth)  # type: ignore[method-assign]
    for _ in range(60):
        stream.show()
    assert oracle.resets >= 1
    assert any("bad fit" in text for text in stream.texts())
    oracle.detect = truth  # type: ignore[method-assign]
    results = [stream.show() for _ in range(30)]
    assert results[-1] is not None
    assert results[-1].state is not None
    assert results[-1].state.quality > 0.8


def test_a_bad_fit_is_not_held_against_who_comes_next(stream: Stream) -> None:
    landmarker = stream.live.landmarker
    landmarker.detect = scrambled(landmarker.detect)  # type: ignore[method-assign]
    for begin_anew in (
        stream.live.forget,
        lambda: stream.live.set_skeleton(build_skeleton(Subject(1.6, 60.0))),
        lambda: None,
    ):
        for _ in range(30):
            assert stream.show() is not None
        assert not any("bad fit" in text for text in stream.texts())
        begin_anew()


class Forgetting(LivePerception):
    """Forgets the motion as soon as somebody has looked at it."""

    def __getattribute__(self, name: str) -> object:
        value = super().__getattribute__(name)
        if name == "_perception":
            self._perception = None
        return value


def test_another_thread_may_ask_while_the_motion_is_forgotten(
    skeleton: Skeleton, stream: Stream
) -> None:
    stream.live.__class__ = LivePerception
    assert stream.show() is not None
    stream.live.__class__ = Forgetting
    assert stream.live.pose_source is CameraPoseSource.PARAMETER
    assert stream.live.pose_source is CameraPoseSource.ESTIMATED
    stream.live.__class__ = LivePerception
    stream.show()
    stream.live.__class__ = Forgetting
    assert stream.live.assumptions() == tuple(sorted(skeleton.subject.assumed))
