"""Generated motion keeps what physics and anatomy demand: flat feet, balance, flight, habits."""

import numpy as np
import pytest
import torch
from scipy.interpolate import CubicSpline

from monomsk_description.landmarks import LANDMARK_NAMES
from monomsk_description.skeleton import build_skeleton
from monomsk_description.subject import Subject
from monomsk_training.balance_motions import balance
from monomsk_training.chair_motions import balancing_lean, bend, eased, sit_to_stand, squat
from monomsk_training.clip_checks import configurations
from monomsk_training.detector_noise import NoiseOptions
from monomsk_training.filming import FilmOptions, FilmStudio
from monomsk_training.generators import gait, smooth_weights, standing
from monomsk_training.library import Library, Source, load_libraries
from monomsk_training.motion_clip import COLUMN, leaning, mirrored
from monomsk_training.sampler import MotionSampler, SamplerOptions
from monomsk_training.step_motions import jump, stairs

TIMES = np.arange(64) / 30.0


def windows_of(generator, count: int = 40) -> np.ndarray:
    return np.array([generator(np.random.default_rng(seed), TIMES) for seed in range(count)])


def angle(windows: np.ndarray, name: str) -> np.ndarray:
    return np.degrees(windows[..., COLUMN[name]])


def foot_pitch(windows: np.ndarray, side: str) -> np.ndarray:
    return (
        angle(windows, "pelvis_tilt") + angle(windows, f"hip_flexion_{side}")
        - angle(windows, f"knee_angle_{side}") + angle(windows, f"ankle_angle_{side}")
    )  # fmt: skip


@pytest.mark.parametrize("generator", [sit_to_stand, squat, bend])
def test_feet_stay_flat(generator) -> None:
    windows = windows_of(generator)
    for side in "rl":
        assert np.percentile(np.abs(foot_pitch(windows, side)), 95) < 6.0


def test_a_squatting_skeleton_is_in_balance() -> None:
    skeleton = build_skeleton(Subject(1.75, 72.0))
    names = skeleton.coordinate_names
    thigh, ankle = 80.0, 25.0
    lean = float(balancing_lean(np.array([thigh]), np.array([ankle]), 0.03)[0])
    q = skeleton.neutral()
    half = np.radians(lean) / 2.0
    # The whole lean in the pelvis: about the axis to the left, forward.
    q[3:7] = [0.0, np.sin(half), 0.0, np.cos(half)]
    for side in "rl":
        for name, degrees in (
            ("hip_flexion", thigh + lean),
            ("knee_angle", thigh + ankle),
            ("ankle_angle", ankle),
        ):
            q[7 + names.index(f"{name}_{side}")] = np.radians(degrees)
    ankles = np.mean([skeleton.segment_poses(q)[f"talus_{s}"].translation[0] for s in "rl"])
    ahead = float(skeleton.center_of_mass(q)[0] - ankles)
    assert -0.02 < ahead < 0.13


def test_whoever_sits_has_a_pelvis_turned_back_and_leans_to_rise() -> None:
    windows = windows_of(sit_to_stand, 150)
    trunk = -(angle(windows, "pelvis_tilt") + angle(windows, "lumbar_extension")) - 9.0
    knee = angle(windows, "knee_angle_r")
    standing, seated = knee < 10.0, knee > 0.97 * knee.max(axis=1, keepdims=True)
    seated &= (knee > 75.0) & (trunk < 10.0)
    assert standing.sum() > 50
    assert seated.sum() > 50
    tilt = angle(windows, "pelvis_tilt")
    assert tilt[seated].mean() > tilt[standing].mean() + 8.0
    lumbar = angle(windows, "lumbar_extension")
    assert lumbar[seated].mean() < lumbar[standing].mean() - 8.0
    # Tully et al. 2005: 44 degrees at lift-off.
    risers = (knee.max(axis=1) > 75.0) & (knee.min(axis=1) < 15.0)
    assert 35.0 < trunk[risers].max(axis=1).mean() < 60.0


def test_curves_pass_their_keys_and_rest_there() -> None:
    keys, levels = np.array([0.0, 1.0, 2.5]), np.array([0.0, 2.0, -1.0])
    np.testing.assert_allclose(eased(keys, keys, levels), levels)
    near = eased(np.array([0.999, 1.001]), keys, levels)
    np.testing.assert_allclose(near, 2.0, atol=1e-5)


def test_jumps_leave_the_floor_as_gravity_lets_them() -> None:
    motion = next(w for w in windows_of(jump, 40) if w[:, COLUMN["pelvis_ty"]].max() > 0.2)
    quiet = NoiseOptions(swap_share=0.0, gap_share=0.0, outlier_share=0.0, missing_share=0.0)
    studio = FilmStudio(FilmOptions(noise=quiet))
    film = studio.film(
        torch.tensor(motion[None], dtype=torch.float32),
        torch.zeros(1, dtype=torch.bool),
        (torch.full((1,), 1.75), torch.zeros(1, 8)),
        torch.Generator().manual_seed(0),
    )
    height = motion[:, COLUMN["pelvis_ty"]]
    assert film.contact[0, height > 0.05].max() == 0.0
    assert film.contact[0, height == 0.0].mean() > 0.3
    inside = np.flatnonzero(height > 0.03)
    middle = [k for k in inside if k - 1 in inside and k + 1 in inside]
    fall = height[[k + 1 for k in middle]] - 2 * height[middle] + height[[k - 1 for k in middle]]
    np.testing.assert_allclose(fall * 900.0, -9.81, rtol=1e-6)


def test_stairs_lift_the_knee_more_than_walking() -> None:
    assert np.median(angle(windows_of(stairs), "hip_flexion_r").max(axis=1)) > 45.0
    assert np.median(angle(windows_of(gait), "hip_flexion_r").max(axis=1)) < 45.0


@pytest.mark.parametrize("flipped", [False, True])
def test_stairs_go_up_or_down_by_steps_and_the_carrying_foot_stays(flipped: bool) -> None:
    windows = windows_of(stairs)
    windows = mirrored(windows) if flipped else windows
    studio = FilmStudio()
    count = len(windows)
    film = studio.film(
        torch.tensor(windows, dtype=torch.float32),
        torch.zeros(count, dtype=torch.bool),
        (torch.full((count,), 1.75), torch.zeros(count, 8)),
        torch.Generator().manual_seed(0),
    )
    height = film.world_position[..., 2]
    climbed = (height[:, -1] - height[:, 0]).abs()
    # 1.9 to 3.6 steps in 2.1 s.
    assert 0.2 < float(climbed.median()) < 0.8
    assert (
        float((film.world_position[:, -1] - film.world_position[:, 0])[:, :2].norm(dim=1).min())
        > 0.3
    )
    right, left = film.contact[..., :2].amax(-1), film.contact[..., 2:].amax(-1)
    assert float(torch.maximum(right, left).mean()) > 0.85
    assert 0.05 < float((right * left).mean()) < 0.5
    # Steps of two heights at least: the foot that carries is not always at the same level.
    factors = studio.shapes.factors(film.heights, film.proportions)[:, None]
    soles = studio.kinematics.points(
        studio.kinematics(film.coordinates, factors), studio.soles, factors
    )
    level = (film.world_rotation[..., None, :, :] @ soles[..., None])[..., 2, 0] + height[..., None]
    assert float(level.min()) == pytest.approx(0.0, abs=1e-3)
    low = torch.where(right > 0, level[..., :8].amin(-1), level[..., 8:].amin(-1))
    assert float((low.amax(1) - low.amin(1)).median()) > 0.15


def test_habits_leave_the_feet_level() -> None:
    options = SamplerOptions(mixture={"squat": 1.0}, habit_deg=8.0, level_feet=1.0)
    nothing = Library((), np.zeros(0))
    free = SamplerOptions(mixture={"squat": 1.0}, habit_deg=8.0, level_feet=0.0)
    spread = []
    for chosen in (options, free):
        sampler = MotionSampler(nothing, chosen, 64, 30.0)
        windows, _ = sampler.sample(np.random.default_rng(1), 60)
        spread.append(np.abs(foot_pitch(windows, "r")).mean())
    assert spread[0] < 0.6 * spread[1]


def test_a_habit_leans_the_body_its_own_way_whatever_it_faces() -> None:
    change = np.array([[0.1, 0.0, 0.0]])
    forward = leaning(np.zeros((1, 3)), change)
    np.testing.assert_allclose(forward, change, atol=1e-12)
    # Whoever faces the z axis of the ground tilts where others list.
    turned = leaning(np.array([[0.0, 0.0, -np.pi / 2.0]]), change)
    assert abs(turned[0, 1]) == pytest.approx(0.1, abs=1e-6)
    assert abs(turned[0, 0]) < 1e-6


def test_walkers_list_turn_and_swing_as_people_do() -> None:
    """Signs of the correlations that people with markers have (example3DWalking, Gait2392)."""
    rng, times = np.random.default_rng(7), np.arange(120) / 60.0
    found = []
    for _ in range(60):
        values = gait(rng, times)
        apart = {
            name: values[:, COLUMN[f"{name}_r"]] - values[:, COLUMN[f"{name}_l"]]
            for name in ("hip_flexion", "hip_adduction", "arm_flex")
        }
        turned = values[:, COLUMN["pelvis_rotation"]]
        turned = turned - np.polyval(np.polyfit(times, turned, 2), times)
        found.append(
            [
                np.corrcoef(values[:, COLUMN["pelvis_list"]], apart["hip_adduction"])[0, 1],
                np.corrcoef(turned, apart["hip_flexion"])[0, 1],
                np.corrcoef(apart["arm_flex"], apart["hip_flexion"])[0, 1],
            ]
        )
    lists, turns, swings = np.nanmedian(found, axis=0)
    # The pelvis drops on the swinging side, turns with the leg in front; arms go against the legs.
    assert lists < -0.5
    assert turns > 0.5
    assert swings < -0.5


def test_walkers_carry_themselves_on_level_feet() -> None:
    windows = windows_of(gait, 80)
    level = np.minimum(np.abs(foot_pitch(windows, "r")), np.abs(foot_pitch(windows, "l")))
    # Runners fly, the impaired walk on their toes; most others have a flat foot most of the time.
    assert np.median(level) < 4.0
    thigh = angle(windows, "hip_flexion_r") + angle(windows, "pelvis_tilt")
    # Walking people with markers have means of 6 to 11 degrees.
    assert 6.0 < np.median(thigh.mean(axis=1)) < 11.0


def test_crouching_people_bend_both_knees_alike() -> None:
    rng, times = np.random.default_rng(8), np.arange(30) / 30.0
    knees = np.array(
        [
            [np.degrees(values[:, COLUMN[f"knee_angle_{side}"]].mean()) for side in "rl"]
            for values in (standing(rng, times) for _ in range(300))
        ]
    )
    deep = knees.max(axis=1) > 30.0
    assert deep.mean() > 0.1
    assert (knees.min(axis=1)[deep] / knees.max(axis=1)[deep]).min() > 0.3


def test_who_balances_stands_over_the_foot() -> None:
    rng, times = np.random.default_rng(9), np.arange(30) / 30.0
    skeleton = build_skeleton(Subject(1.75, 70.0))
    legs = ("right_hip", "right_ankle", "left_hip", "left_ankle")
    names = [LANDMARK_NAMES.index(name) for name in legs]
    beside = []
    for _ in range(40):
        values = balance(rng, times)
        values[:, COLUMN["pelvis_rotation"]] = 0.0
        for q in configurations(values[::10]):
            hip_r, ankle_r, hip_l, ankle_l = skeleton.points(q, skeleton.landmarks)[names]
            beside.append(min(abs(hip_r - ankle_r)[1], abs(hip_l - ankle_l)[1]))
    assert np.median(beside) < 0.06


def test_who_keeps_balance_stands_on_a_level_foot() -> None:
    rng, times = np.random.default_rng(4), np.arange(64) / 30.0
    flat, knees = [], []
    for _ in range(60):
        values = balance(rng, times)
        assert np.isfinite(values).all()
        pitch = np.abs([foot_pitch(values, side) for side in "rl"])
        flat.append(pitch.min(axis=0).mean())
        knees.append(np.degrees(values[:, COLUMN["knee_angle_r"]]))
    # One foot is level throughout, but for the moments of changing to the other.
    assert np.median(flat) < 1.0
    assert np.max(flat) < 15.0
    assert np.min(knees) >= 0.0
    assert 60.0 < np.max(knees) <= 125.0


def test_smooth_curves_are_the_cubic_spline_through_their_knots() -> None:
    times = np.arange(64) / 30.0
    weights = smooth_weights(times, 0.7)
    values = np.random.default_rng(2).normal(size=weights.shape[1])
    knots = times[0] + 0.7 * (np.arange(len(values)) - 2.0)
    spline = CubicSpline(knots, values, bc_type="natural")(times)
    # Away from the ends, where the two differ in what lies beyond the knots.
    np.testing.assert_allclose((weights @ values)[20:50], spline[20:50], atol=0.03)
    np.testing.assert_allclose(weights.sum(1), 1.0, atol=0.05)


def test_prepared_motions_are_left_out_where_there_are_none(tmp_path) -> None:
    rows = "\n".join(f"{k / 100} {10 * np.sin(0.1 * k)} 5" for k in range(120))
    text = f"Coordinates\ninDegrees=yes\nendheader\ntime hip_flexion_r knee_angle_r\n{rows}"
    for name in ("A_walk", "B_walk"):
        (tmp_path / f"{name}.mot").write_text(text)
    source = Source("markers", "none", "*.mot", "opensim", 1.0, {}, (), ("B_",), prepared=True)
    without, _ = load_libraries(tmp_path, [source])
    training, held_out = load_libraries(tmp_path, [source], tmp_path)
    assert len(without.clips) == 0
    assert [clip.name for clip in training.clips] == ["A_walk"]
    assert [clip.name for clip in held_out.clips] == ["B_walk"]
