"""`monomsk dynamics` on marker recordings, from the file to the score against force plates."""

import json
from pathlib import Path

import numpy as np
import pytest

from monomsk_analysis.dynamics_command import DynamicsRequest, DynamicsRun, run_dynamics
from monomsk_analysis.errors import (
    FileFormatError,
    InputError,
    MarkerPairError,
    UnknownMarkersError,
)
from monomsk_analysis.marker_motion import (
    MarkerRequest,
    marker_pair,
    read_marker_motion,
    stored_subject,
)
from monomsk_analysis.marker_recording import MarkerRecording
from monomsk_analysis.marker_sets import load_marker_set
from monomsk_analysis.trc import MarkerTable, write_trc
from monomsk_analysis.treadmill import belt_velocity
from monomsk_description.anatomy_file import load_anatomy
from monomsk_description.frames import to_opensim
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject

SUBJECT = Subject(1.70, 65.0)
SET = load_marker_set("plug_in_gait")
NAMES = tuple(SET.places)
TIMES = 0.02 * np.arange(60)


def write_standing(path: Path, names: tuple[str, ...] = NAMES) -> None:
    """Somebody who stands and sways a little, as a .trc file."""
    skeleton = build_skeleton(SUBJECT, SET.on(load_anatomy(), NAMES))
    frames = []
    for time_s in TIMES:
        q = skeleton.neutral()
        q[7 + skeleton.coordinate_index("arm_flex_r")] = 0.2 * np.sin(3.0 * time_s)
        frames.append(to_opensim(skeleton.points(q, skeleton.markers)))
    write_trc(path, MarkerTable(TIMES, names, np.array(frames), 50.0))


def test_standing_markers_carry_the_weight(tmp_path: Path) -> None:
    write_standing(tmp_path / "stand.trc")
    request = DynamicsRequest(tmp_path / "stand.trc", tmp_path / "out", SUBJECT)
    run = run_dynamics(request)
    load_n = np.mean([sum(s.force[2] for s in result.soles) for result in run.analysis.results])
    assert load_n == pytest.approx(65.0 * 9.81, rel=0.02)
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["input"]["kind"] == "markers"
    assert summary["markers"]["set"] == "plug_in_gait"
    assert summary["markers"]["residual_rms_mm"] < 8.0
    assert set(summary["markers"]["residual_mm"]) == set(NAMES)
    assert "reference" not in summary
    assert "mm RMS" in run.motion.markers.sentence()


def test_unknown_markers_are_named(tmp_path: Path) -> None:
    write_standing(tmp_path / "stand.trc", tuple(f"M{k}" for k in range(len(NAMES))))
    with pytest.raises(UnknownMarkersError, match="M0"):
        run_dynamics(DynamicsRequest(tmp_path / "stand.trc", tmp_path / "out", SUBJECT))
    assert not (tmp_path / "out").exists()


def test_labels_are_exchanged_before_anything_is_made_of_them(tmp_path: Path) -> None:
    names = tuple({"LWRA": "LWRB", "LWRB": "LWRA"}.get(name, name) for name in NAMES)
    write_standing(tmp_path / "mixed.trc", names)
    write_standing(tmp_path / "right.trc", NAMES)
    runs = {}
    for file, pairs in (("right", ()), ("mixed", ()), ("mended", (("LWRA", "LWRB"),))):
        path = tmp_path / ("right.trc" if file == "right" else "mixed.trc")
        markers = MarkerRequest(exchanged=pairs)
        runs[file] = read_marker_motion(path, SUBJECT, None, markers).fit.configurations[0]
    np.testing.assert_allclose(runs["mended"], runs["right"], atol=1e-6)
    assert np.abs(runs["mixed"] - runs["right"]).max() > 0.3


@pytest.mark.parametrize("text", ["LWRA", "LWRA,", "LWRA,LWRA", "A,B,C"])
def test_what_is_no_pair_of_markers_is_refused(text: str) -> None:
    with pytest.raises(MarkerPairError, match="no pair"):
        marker_pair(text)
    assert marker_pair(" LWRA, LWRB") == ("LWRA", "LWRB")


def test_marker_options_belong_to_markers(tmp_path: Path) -> None:
    request = DynamicsRequest(
        tmp_path / "a.mot", tmp_path / "out", SUBJECT, markers=MarkerRequest(marker_set="gait2392")
    )
    with pytest.raises(InputError, match=r"\.c3d or \.trc"):
        run_dynamics(request)


def test_missing_forces_are_refused_before_the_markers_are_looked_at(tmp_path: Path) -> None:
    write_standing(tmp_path / "stand.trc", tuple(f"M{k}" for k in range(len(NAMES))))
    markers = MarkerRequest(forces=tmp_path / "grf.mot")
    with pytest.raises(FileFormatError, match=r"grf\.mot: no such file"):
        run_dynamics(
            DynamicsRequest(tmp_path / "stand.trc", tmp_path / "out", SUBJECT, markers=markers)
        )


def test_too_few_frames_are_refused(tmp_path: Path) -> None:
    write_standing(tmp_path / "a.trc")
    lines = (tmp_path / "a.trc").read_text().splitlines()
    (tmp_path / "a.trc").write_text("\n".join(lines[:12]) + "\n")
    with pytest.raises(FileFormatError, match="frames"):
        run_dynamics(DynamicsRequest(tmp_path / "a.trc", tmp_path / "out", SUBJECT))


def test_what_a_file_stores_replaces_what_was_assumed() -> None:
    empty = np.zeros((1, 0, 3))
    stored = MarkerRecording(Path("a"), TIMES[:1], (), empty, height_m=1.4, mass_kg=33.0)
    assert stored_subject(Subject.assume(), (stored,)) == Subject(1.4, 33.0)
    own = stored_subject(Subject.assume(1.5), (stored,))
    assert (own.height_m, own.mass_kg, own.assumed) == (1.5, 33.0, frozenset())


def test_a_treadmill_is_found_by_its_standing_soles() -> None:
    skeleton = build_skeleton(SUBJECT)
    hip = 7 + skeleton.coordinate_index("hip_flexion_r")
    knee = 7 + skeleton.coordinate_index("knee_angle_r")
    walk, stand = [], []
    for time_s in TIMES:
        q = skeleton.neutral()
        stand.append(q.copy())
        # The right foot goes back on the floor for half a second, then forward in the air.
        phase = time_s % 1.0
        q[hip] = 0.35 - 1.4 * phase if phase < 0.5 else -0.35 + 1.4 * (phase - 0.5)
        q[knee] = 0.0 if phase < 0.5 else 1.0
        q[7 + skeleton.coordinate_index("knee_angle_l")] = 1.5
        walk.append(q)
    assert belt_velocity(TIMES, stand, skeleton) is None
    belt = belt_velocity(TIMES, walk, skeleton)
    assert belt is not None
    assert -1.8 < belt[0] < -0.8
    assert abs(belt[1]) < 0.1
    assert belt[2] == 0.0
    ahead = [q + np.eye(38)[0] * 1.2 * t for q, t in zip(walk, TIMES, strict=True)]
    assert belt_velocity(TIMES, ahead, skeleton) is None


@pytest.fixture(scope="module")
def child(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> DynamicsRun:
    pytest.importorskip("ezc3d")
    folder = shared_data / "gait_c3d"
    if not folder.is_dir():
        pytest.skip(f"no recordings at {folder}")
    request = DynamicsRequest(
        folder / "HC002D_Straight_HC002D06.c3d",
        tmp_path_factory.mktemp("child") / "out",
        Subject.assume(),
        markers=MarkerRequest((folder / "HC002D_Static_HC002D02.c3d",)),
    )
    return run_dynamics(request)


def test_a_real_walk_fits_its_markers(child: DynamicsRun) -> None:
    markers = child.motion.markers
    assert markers is not None
    assert markers.fit.rms_m < 0.012
    assert child.analysis.analysed.all()
    # The file says 32.1 kg; on the plate of the standing trial there were 31.1.
    assert child.analysis.skeleton.mass_kg == pytest.approx(31.06, abs=0.01)


def test_a_real_walk_is_scored_against_its_plates(child: DynamicsRun) -> None:
    score = child.score
    assert score is not None
    assert score.frames_compared > 50
    assert score.mean_force("vertical_mae") < 6.0
    assert score.mean_force("fore_aft_rmse") < 4.0
    assert score.leg_moment_rmse < 0.2
    assert max(abs(error) for error in score.event_error_ms) < 80.0
