"""Calibration finds the lengths of the body that the markers were made with."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from monomsk_analysis.errors import UnknownMarkersError
from monomsk_analysis.marker_calibration import calibrate
from monomsk_analysis.marker_recording import MarkerRecording
from monomsk_analysis.marker_sets import load_marker_set
from monomsk_description.anatomy_file import load_anatomy
from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject

SET = load_marker_set("rajagopal2016")
NAMES = tuple(SET.places)
SUBJECT = Subject(1.70, 68.0)
#: Longer shanks and shorter thighs than a person of this height usually has.
LENGTHS = {"thigh": 0.39, "shank": 0.425, "upper_arm": 0.30}


def recording(skeleton: Skeleton, knee_rad: float, noise_m: float = 0.0) -> MarkerRecording:
    rng = np.random.default_rng(5)
    q = skeleton.neutral()
    # Somewhere else, facing elsewhere, arms off the body.
    q[:2] += [0.7, -1.2]
    q[5:7] = np.sin(0.6), np.cos(0.6)
    for side in "rl":
        q[7 + skeleton.coordinate_index(f"elbow_flex_{side}")] = 0.4
        q[7 + skeleton.coordinate_index(f"knee_angle_{side}")] = knee_rad
    places = skeleton.points(q, skeleton.markers)
    positions = np.tile(places, (20, 1, 1)) + noise_m * rng.normal(size=(20, len(NAMES), 3))
    return MarkerRecording(Path("made.trc"), 0.01 * np.arange(20), NAMES, positions)


@pytest.fixture(scope="module")
def person() -> Skeleton:
    return build_skeleton(SUBJECT.with_lengths(LENGTHS), SET.on(load_anatomy(), NAMES))


def test_lengths_come_from_the_static_trial(person: Skeleton) -> None:
    static, motion = recording(person, 0.0, 0.001), recording(person, 0.6, 0.001)
    found = calibrate(SUBJECT, SET, motion, (static,))
    assert found.lengths_m["thigh"] == pytest.approx(LENGTHS["thigh"], abs=0.008)
    assert found.lengths_m["shank"] == pytest.approx(LENGTHS["shank"], abs=0.008)
    assert found.lengths_m["upper_arm"] == pytest.approx(LENGTHS["upper_arm"], abs=0.012)
    assert found.residual_m < 0.006


def test_without_a_static_trial_the_motion_calibrates(person: Skeleton) -> None:
    found = calibrate(SUBJECT, SET, recording(person, 0.5, 0.001))
    assert found.lengths_m["shank"] == pytest.approx(LENGTHS["shank"], abs=0.012)


def test_a_marker_put_elsewhere_is_found_there(person: Skeleton) -> None:
    static, motion = recording(person, 0.0), recording(person, 0.6)
    shift = np.array([0.0, 0.0, 0.05])
    static.positions[:, NAMES.index("RTH2")] += shift
    found = calibrate(SUBJECT, SET, motion, (static,))
    assert found.moved_m["RTH2"] == pytest.approx(0.05, abs=0.01)
    own = {site.name: site.location_m for site in found.skeleton.anatomy.markers}
    there = found.skeleton.points(found.pose, found.skeleton.markers)
    assert np.isfinite(there).all()
    table = dict(zip(NAMES, [SET.places[n].site.location_m for n in NAMES], strict=True))
    # The thigh points up: the marker lies higher on it.
    assert own["RTH2"][1] - table["RTH2"][1] > 0.03


def test_too_few_known_markers_are_refused(person: Skeleton) -> None:
    motion = recording(person, 0.3)
    strange = tuple(name if k < 5 else f"X{k}" for k, name in enumerate(NAMES))
    strangers = MarkerRecording(motion.path, motion.times, strange, motion.positions)
    with pytest.raises(UnknownMarkersError, match="X5"):
        calibrate(SUBJECT, SET, strangers)
    with pytest.raises(UnknownMarkersError, match="X5"):
        calibrate(SUBJECT, SET, strangers, (motion,))


def test_a_static_trial_of_other_markers_is_refused(person: Skeleton) -> None:
    motion = recording(person, 0.3)
    others = tuple(f"X{k}" for k in range(len(NAMES)))
    static = replace(motion, path=Path("other.trc"), names=others)
    with pytest.raises(UnknownMarkersError, match=r"other\.trc: 0 known markers.*X0"):
        calibrate(SUBJECT, SET, motion, (static,))
