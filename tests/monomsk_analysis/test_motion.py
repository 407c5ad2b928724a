import numpy as np

from monomsk_analysis.motion import describe_frames, split_motion
from monomsk_description.skeleton import Skeleton

PERIOD_NS = 33_333_333


def recording(skeleton: Skeleton, count: int) -> tuple[np.ndarray, list[np.ndarray | None]]:
    """A body that drifts and turns evenly, 30 frames a second."""
    stamps = np.arange(count, dtype=np.int64) * PERIOD_NS
    rate = np.zeros(37)
    rate[[0, 5, 6]] = 0.02, 0.03, 0.01
    return stamps, [skeleton.integrate(skeleton.neutral(), k * rate) for k in range(count)]


def lose(configurations: list[np.ndarray | None], frames: range) -> list[np.ndarray | None]:
    return [None if k in frames else q for k, q in enumerate(configurations)]


def test_an_unbroken_recording_is_one_segment(skeleton: Skeleton) -> None:
    stamps, q = recording(skeleton, 40)
    split = split_motion(stamps, q, skeleton)
    assert len(split.segments) == 1
    assert (split.analysed, split.lost, split.interpolated, split.dropped) == (40, 0, 0, 0)
    np.testing.assert_array_equal(split.segments[0].q, np.array(q))


def test_a_short_gap_is_filled_with_the_motion_in_between(skeleton: Skeleton) -> None:
    stamps, q = recording(skeleton, 40)
    split = split_motion(stamps, lose(q, range(20, 24)), skeleton)
    (segment,) = split.segments
    assert (split.analysed, split.lost, split.interpolated) == (40, 4, 4)
    assert np.flatnonzero(segment.interpolated).tolist() == [20, 21, 22, 23]
    # The drift is even, so the interpolation finds it again, on the manifold.
    np.testing.assert_allclose(segment.q, np.array(q), atol=1e-12)


def test_a_long_gap_cuts(skeleton: Skeleton) -> None:
    stamps, q = recording(skeleton, 60)
    split = split_motion(stamps, lose(q, range(20, 30)), skeleton)
    assert [(s.frames[0], s.frames[-1]) for s in split.segments] == [(0, 19), (30, 59)]
    assert (split.analysed, split.lost, split.interpolated) == (50, 10, 0)


def test_a_stalled_camera_cuts_too(skeleton: Skeleton) -> None:
    stamps, q = recording(skeleton, 40)
    stamps[20:] += 1_000_000_000
    assert len(split_motion(stamps, q, skeleton).segments) == 2


def test_slow_recordings_are_not_cut_at_every_frame(skeleton: Skeleton) -> None:
    stamps, q = recording(skeleton, 40)
    assert len(split_motion(stamps * 8, q, skeleton).segments) == 1


def test_stretches_too_short_for_derivatives_are_dropped_and_counted(skeleton: Skeleton) -> None:
    stamps, q = recording(skeleton, 60)
    q = lose(lose(q, range(5, 15)), range(50, 60))
    split = split_motion(stamps, q, skeleton)
    assert [(s.frames[0], s.frames[-1]) for s in split.segments] == [(15, 49)]
    assert (split.tracked, split.dropped) == (40, 5)


def test_lost_ends_are_not_invented(skeleton: Skeleton) -> None:
    stamps, q = recording(skeleton, 40)
    split = split_motion(stamps, lose(lose(q, range(3)), range(38, 40)), skeleton)
    assert (split.segments[0].frames[0], split.segments[0].frames[-1]) == (3, 37)


def test_nobody_there(skeleton: Skeleton) -> None:
    split = split_motion(np.arange(5, dtype=np.int64), [None] * 5, skeleton)
    assert split.segments == ()
    assert split.lost == 5


def test_sentences_name_segments_and_interpolated_frames(skeleton: Skeleton) -> None:
    stamps, q = recording(skeleton, 40)
    split = split_motion(stamps, lose(q, range(20, 21)), skeleton)
    text = " ".join(describe_frames(split, stamps * 1e-9))
    assert "40 of 40 frames analysed; person found in 39" in text
    assert "Interpolated (person not found) at 0.6667 s" in text
