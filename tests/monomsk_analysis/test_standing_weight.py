"""What the plates weigh while somebody stands still."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from monomsk_analysis.marker_motion import MarkerRequest, read_marker_motion
from monomsk_analysis.marker_recording import MarkerRecording, PlateRecord
from monomsk_analysis.standing_weight import weighed_mass_kg
from monomsk_description.subject import Subject


def standing(loads: list[np.ndarray], rate_hz: float = 1000.0) -> MarkerRecording:
    times = np.arange(len(loads[0])) / rate_hz
    plates = []
    for load in loads:
        force = np.zeros((len(times), 3))
        force[:, 2] = load
        plates.append(PlateRecord(times, force, np.zeros((len(times), 3)), np.zeros_like(force)))
    empty = np.zeros((1, 0, 3))
    return MarkerRecording(Path("a"), np.zeros(1), (), empty, plates=tuple(plates))


def test_both_feet_weigh_together() -> None:
    sway = 20.0 * np.sin(np.linspace(0.0, 6.0, 500))
    weighed = weighed_mass_kg([standing([160.0 + sway, 138.3 - sway])], 32.0)
    assert weighed == pytest.approx(298.3 / 9.81, rel=1e-6)


@pytest.mark.parametrize(
    ("load", "reason"),
    [
        (np.full(500, 150.0), "one foot beside the plates"),
        (np.linspace(250.0, 350.0, 500), "somebody steps on"),
        (np.full(100, 300.0), "too short"),
        (np.zeros(500), "nobody there"),
    ],
)
def test_what_is_no_weighing_is_left_alone(load: np.ndarray, reason: str) -> None:
    assert weighed_mass_kg([standing([load])], 31.0) is None, reason


def test_without_plates_nobody_is_weighed() -> None:
    assert weighed_mass_kg([], 31.0) is None
    assert weighed_mass_kg([standing([np.zeros(1)])], 31.0) is None


def test_a_weighed_mass_replaces_the_stored_but_not_the_given_one(shared_data: Path) -> None:
    pytest.importorskip("ezc3d")
    folder = shared_data / "gait_c3d"
    motion, static = folder / "HC040A_Turn_HC040A40.c3d", folder / "HC040A_Static_HC040A04.c3d"
    if not motion.is_file():
        pytest.skip("gait_c3d is not there")
    request = MarkerRequest((static,))
    weighed = read_marker_motion(motion, Subject.assume(), None, request)
    # The file says 25.0 kg; gait on the plates, too, carries 7 % more than that.
    assert weighed.body.skeleton.mass_kg == pytest.approx(27.2, abs=0.1)
    assert any("weighed 27.2 kg" in note for note in weighed.notes)
    given = read_marker_motion(motion, Subject(1.225, 25.0), None, request)
    assert given.body.skeleton.mass_kg == pytest.approx(25.0)
