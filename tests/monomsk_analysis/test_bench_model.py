import json
from pathlib import Path

import pytest

from monomsk_analysis.bench_measured import LEG_COORDINATES, without_patella_masses
from monomsk_analysis.bench_model import (
    POSES_FILE,
    ROUND_TRIP_FILE,
    WALKING_FILE,
    ModelScore,
    bench_model,
    call_costs,
    one_axis_a_coordinate,
)
from monomsk_analysis.bench_model_report import model_sections
from monomsk_analysis.opensim_golden import compare_poses
from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "monomsk_description" / "data" / "written_subject.npz"
#: As scripts/golden/write_subject.py has it.
LENGTHS_M = {"thigh": 0.47, "pelvis_width": 0.175}


@pytest.fixture(scope="module")
def skeleton() -> Skeleton:
    return build_skeleton(Subject(1.82, 81.5, segment_lengths_m=LENGTHS_M))


def test_a_golden_file_agrees_with_its_own_skeleton(skeleton: Skeleton) -> None:
    score = compare_poses(GOLDEN, skeleton)
    assert (score.model, score.poses) == ("written_subject", 20)
    assert max(score.center_mm, score.marker_mm) < 1e-9
    assert score.rest_force_relative < 1e-12
    assert 1e-6 < score.moving_force_relative < 1e-2


def test_another_size_and_another_mass_show() -> None:
    smaller = compare_poses(
        GOLDEN, build_skeleton(Subject(1.80, 81.5, segment_lengths_m=LENGTHS_M))
    )
    assert 1.0 < smaller.center_mm < 100.0
    assert smaller.marker_mm > 1.0
    heavier = compare_poses(
        GOLDEN, build_skeleton(Subject(1.82, 89.65, segment_lengths_m=LENGTHS_M))
    )
    assert heavier.center_mm < 1e-9
    assert heavier.rest_force_relative == pytest.approx(0.1, rel=0.01)


def test_whole_calls_cost_more_than_the_pinocchio_inside(skeleton: Skeleton) -> None:
    costs = call_costs(skeleton)
    assert len(costs) == 4
    assert all(0.0 < cost.axes_us < cost.whole_us < 5000.0 for cost in costs[:3])
    assert costs[3].simple_us > 0.0


def test_the_hinged_skeleton_has_an_axis_a_coordinate(skeleton: Skeleton) -> None:
    hinged = one_axis_a_coordinate(skeleton)
    assert hinged.coordinate_names == skeleton.coordinate_names
    assert hinged.model.nv == 37 < skeleton.model.nv
    q = skeleton.neutral()
    ankle = skeleton.joint_centers.names.index("talus_r")
    straight = [body.points(q, body.joint_centers)[ankle] for body in (hinged, skeleton)]
    assert abs(straight[0][2] - straight[1][2]) < 0.03


@pytest.fixture
def score(tmp_path: Path) -> ModelScore:
    """Of a project whose scripts ran, without the recording."""
    errors = dict.fromkeys(LEG_COORDINATES, 0.12)
    joint = {
        "peak_n_m": 80.0,
        "max_error_n_m": 1.6,
        "rms_error_n_m": 0.4,
        "max_error_percent_of_peak": 2.0,
    }
    model = {
        "model": "somebody",
        "poses": 1000,
        "center_mm": 2e-12,
        "marker_mm": 3e-5,
        "rest_force_relative": 4e-15,
        "moving_force_relative": 5e-3,
    }
    trip = {"result": "a_walk", "frames": 90, "frames_compared": 78}
    contents = {
        POSES_FILE: {"models": [model]},
        WALKING_FILE: {"rms_error_n_m": errors},
        ROUND_TRIP_FILE: {
            "margin_s": 0.1,
            "results": [{**trip, "coordinates": {"knee_angle_r": joint}}],
        },
    }
    for place, content in contents.items():
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_text(json.dumps(content))
    return bench_model(tmp_path, tmp_path / "no_recording", tmp_path)


def test_the_page_shows_what_the_scripts_stored(score: ModelScore) -> None:
    text = "\n\n".join(model_sections(score))
    assert "| somebody | 1000 | 2e-12 | 3e-05 | 4e-15 | 0.005 |" in text
    assert "| hip_flexion_r | 0.120 | n/a | n/a |" in text
    assert "| a_walk | peak [N m]" in text
    assert "| knee_angle_r | 80.0 | 2.00 | 0.50 |" in text
    assert "78 frames, 0.1 s" in text
    assert "Not there" not in text


def test_what_nobody_made_is_named(tmp_path: Path) -> None:
    score = bench_model(tmp_path, tmp_path / "no_recording", tmp_path)
    text = "\n\n".join(model_sections(score))
    for file in (POSES_FILE, WALKING_FILE, ROUND_TRIP_FILE):
        assert str(file) in text
    assert "Cost of coupled axes" in text


def test_the_stored_scores_are_what_the_project_promises() -> None:
    poses = json.loads((ROOT / POSES_FILE).read_text())["models"]
    by_name = {row["model"]: row for row in poses}
    assert len(by_name) == 6
    assert by_name["gait2392"]["moving_force_relative"] < 1e-9
    for row in poses:
        assert row["poses"] >= 1000
        assert max(row["center_mm"], row["marker_mm"]) < 0.1
        assert row["rest_force_relative"] < 1e-5


def test_only_patellae_lose_their_mass() -> None:
    text = (
        '<Body name="femur_r"><mass>9.3</mass></Body>'
        '<Body name="patella_r"><mass>0.08</mass><inertia>1 1 1 0 0 0</inertia></Body>'
        '<Body name="tibia_r"><mass>3.7</mass></Body>'
    )
    assert without_patella_masses(text) == (
        '<Body name="femur_r"><mass>9.3</mass></Body>'
        '<Body name="patella_r"><mass>0</mass><inertia>0 0 0 0 0 0</inertia></Body>'
        '<Body name="tibia_r"><mass>3.7</mass></Body>'
    )
