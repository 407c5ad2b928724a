import numpy as np
import pinocchio as pin
import pytest

from monomsk_description.anatomy import Site
from monomsk_description.errors import UnknownNameError
from monomsk_description.landmarks import LANDMARK_NAMES
from monomsk_description.points import join

LEG = ("hip_flexion", "hip_adduction", "hip_rotation", "knee_angle", "ankle_angle",
       "subtalar_angle", "mtp_angle")  # fmt: skip
ARM = ("arm_flex", "arm_add", "arm_rot", "elbow_flex", "pro_sup", "wrist_flex", "wrist_dev")
POINT_SETS = ("soles", "landmarks", "joint_centers")


def test_thirty_seven_degrees_of_freedom_in_the_stated_order(skeleton):
    expected = [f"{n}_{side}" for side in "rl" for n in LEG]
    expected += ["lumbar_extension", "lumbar_bending", "lumbar_rotation"]
    expected += [f"{n}_{side}" for side in "rl" for n in ARM]
    assert list(skeleton.coordinate_names) == expected
    assert (skeleton.nq, skeleton.nv) == (38, 37)
    assert skeleton.tangent_names[6:] == skeleton.coordinate_names
    assert len(skeleton.tangent_names) == 37


def test_an_unknown_coordinate_is_named(skeleton):
    assert skeleton.coordinate_index("knee_angle_l") == 10
    with pytest.raises(UnknownNameError, match="knee_flexion_r"):
        skeleton.coordinate_index("knee_flexion_r")


# Postures: what the signs mean -------------------------------------------------------------------


def _center(skeleton, q, name):
    centers = skeleton.points(q, skeleton.joint_centers)
    return centers[skeleton.joint_centers.names.index(name)]


def test_neutral_stands_on_the_floor_facing_x(skeleton):
    q = skeleton.neutral()
    soles = skeleton.points(q, skeleton.soles)
    assert soles[:, 2].min() == pytest.approx(0.0, abs=1e-12)
    assert soles[:, 2].max() < 0.03
    assert _center(skeleton, q, "toes_r")[0] > _center(skeleton, q, "calcn_r")[0]
    assert _center(skeleton, q, "femur_l")[1] > 0 > _center(skeleton, q, "femur_r")[1]
    eyes = skeleton.points(q, skeleton.landmarks)[LANDMARK_NAMES.index("left_eye")]
    # Eye height of an adult is 0.93 to 0.94 of the stature (ANSUR II).
    assert eyes[2] / skeleton.subject.height_m == pytest.approx(0.935, abs=0.02)


@pytest.mark.parametrize("side", ["r", "l"])
@pytest.mark.parametrize(
    ("coordinate", "segment", "direction"),
    [
        ("hip_flexion", "tibia", (1, 0, 0)),
        ("hip_adduction", "tibia", (0, "inward", 0)),
        ("knee_angle", "talus", (-1, 0, 0)),
        ("ankle_angle", "toes", (0, 0, 1)),
        ("arm_flex", "ulna", (1, 0, 0)),
        ("arm_add", "ulna", (0, "inward", 0)),
        ("elbow_flex", "hand", (1, 0, 0)),
    ],
)
def test_coordinates_have_their_anatomical_sense(skeleton, side, coordinate, segment, direction):
    inward = 1.0 if side == "r" else -1.0
    expected = np.array([inward if d == "inward" else d for d in direction], dtype=float)
    q = skeleton.neutral()
    before = _center(skeleton, q, f"{segment}_{side}")
    q[7 + skeleton.coordinate_index(f"{coordinate}_{side}")] += 0.2
    moved = _center(skeleton, q, f"{segment}_{side}") - before
    assert moved @ expected > 0.01
    assert np.abs(moved).max() == pytest.approx(moved @ expected)


def _mirror(skeleton, q):
    """The configuration seen in a mirror in the plane y = 0."""
    mirrored = q.copy()
    mirrored[1] *= -1
    mirrored[[3, 5]] *= -1
    for index, name in enumerate(skeleton.coordinate_names):
        swapped = {"r": "l", "l": "r"}.get(name[-1]) if name[-2] == "_" else None
        source = f"{name[:-1]}{swapped}" if swapped else name
        sign = -1.0 if name in ("lumbar_bending", "lumbar_rotation") else 1.0
        mirrored[7 + index] = sign * q[7 + skeleton.coordinate_index(source)]
    return mirrored


def _mirror_name(name):
    swaps = {"left": "right", "right": "left"}
    for word, other in swaps.items():
        if word in name:
            return name.replace(word, other)
    return {"r": f"{name[:-1]}l", "l": f"{name[:-1]}r"}[name[-1]] if name[-2] == "_" else name


@pytest.mark.parametrize("set_name", POINT_SETS)
def test_a_mirrored_posture_has_mirrored_points(skeleton, random_q, set_name):
    q = random_q()
    points = getattr(skeleton, set_name)
    order = [points.names.index(_mirror_name(name)) for name in points.names]
    expected = skeleton.points(q, points)[order] * [1, -1, 1]
    np.testing.assert_allclose(skeleton.points(_mirror(skeleton, q), points), expected, atol=1e-12)


def test_a_mirrored_motion_needs_mirrored_forces(skeleton, random_q):
    q = random_q()
    tau, mirrored = (skeleton.bias_forces(x, np.zeros(37)) for x in (q, _mirror(skeleton, q)))
    signs_root = [1, -1, 1, -1, 1, -1]
    np.testing.assert_allclose(mirrored[:6], tau[:6] * signs_root, atol=1e-9)
    as_q = _mirror(skeleton, np.r_[np.zeros(7), tau[6:]])
    np.testing.assert_allclose(mirrored[6:], as_q[7:], atol=1e-9)


# The manifold ------------------------------------------------------------------------------------


def test_integrate_and_difference_undo_each_other(skeleton, random_q, rng):
    for _ in range(20):
        q, step = random_q(), rng.normal(size=37)
        step[3:6] *= 2.5 / max(np.linalg.norm(step[3:6]), 2.5)
        moved = skeleton.integrate(q, step)
        np.testing.assert_allclose(skeleton.difference(q, moved), step, atol=1e-9)
        back = skeleton.integrate(q, skeleton.difference(q, moved))
        np.testing.assert_allclose(back[:3], moved[:3], atol=1e-9)
        assert abs(back[3:7] @ moved[3:7]) == pytest.approx(1.0, abs=1e-12)
        np.testing.assert_allclose(np.linalg.norm(moved[3:7]), 1.0, atol=1e-12)


def test_difference_between_equals_is_zero(skeleton, random_q):
    q = random_q()
    flipped = q.copy()
    flipped[3:7] *= -1
    np.testing.assert_allclose(skeleton.difference(q, q), np.zeros(37), atol=1e-12)
    np.testing.assert_allclose(skeleton.difference(q, flipped), np.zeros(37), atol=1e-9)


def test_integrate_agrees_with_pinocchio(skeleton, random_q, rng):
    free_flyer = pin.Model()
    free_flyer.addJoint(0, pin.JointModelFreeFlyer(), pin.SE3.Identity(), "root")
    q, step = random_q(), rng.normal(size=37)
    expected = pin.integrate(free_flyer, q[:7], step[:6])
    moved = skeleton.integrate(q, step)[:7]
    np.testing.assert_allclose(moved[:3], expected[:3], atol=1e-12)
    assert abs(moved[3:] @ expected[3:]) == pytest.approx(1.0, abs=1e-12)


def test_integrate_keeps_the_quaternions_hemisphere(skeleton, rng):
    q = skeleton.neutral()
    for _ in range(200):
        before = q.copy()
        q = skeleton.integrate(q, np.r_[np.zeros(3), rng.normal(scale=0.3, size=3), np.zeros(31)])
        assert q[3:7] @ before[3:7] > 0


# Points and their Jacobians ----------------------------------------------------------------------


@pytest.mark.parametrize("set_name", POINT_SETS)
def test_point_jacobians_agree_with_finite_differences(skeleton, random_q, set_name):
    points, q, step = getattr(skeleton, set_name), random_q(), 1e-6
    positions, jacobians = skeleton.points_with_jacobians(q, points)
    np.testing.assert_allclose(positions, skeleton.points(q, points), atol=1e-14)
    for column in range(37):
        tangent = np.eye(37)[column] * step
        ahead, behind = (
            skeleton.points(skeleton.integrate(q, s * tangent), points) for s in (1, -1)
        )
        slope = (ahead - behind) / (2 * step)
        np.testing.assert_allclose(
            jacobians[:, :, column], slope, atol=1e-8, err_msg=skeleton.tangent_names[column]
        )


def test_point_velocities_are_the_jacobians_times_the_velocity(skeleton, random_q, rng):
    q, v, step = random_q(), rng.normal(size=37), 1e-6
    ahead, behind = (
        skeleton.points(skeleton.integrate(q, s * step * v), skeleton.landmarks) for s in (1, -1)
    )
    velocities = skeleton.point_velocities(q, v, skeleton.landmarks)
    np.testing.assert_allclose(velocities, (ahead - behind) / (2 * step), atol=1e-7)


def test_joined_point_sets_are_their_parts_in_order(skeleton, random_q):
    q = random_q()
    both = join(skeleton.soles, skeleton.landmarks)
    assert len(both) == 16 + 33
    positions, jacobians = skeleton.points_with_jacobians(q, both)
    for part, rows in ((skeleton.soles, slice(0, 16)), (skeleton.landmarks, slice(16, 49))):
        np.testing.assert_array_equal(positions[rows], skeleton.points(q, part))
        np.testing.assert_array_equal(jacobians[rows], skeleton.point_jacobians(q, part))


def test_points_ride_on_their_segments(skeleton, random_q):
    q = random_q()
    poses = skeleton.segment_poses(q)
    centers = skeleton.points(q, skeleton.joint_centers)
    for name, center in zip(skeleton.joint_centers.names, centers, strict=True):
        np.testing.assert_allclose(center, poses[name].translation, atol=1e-12)


def test_sole_sets_are_ordered_right_then_left(skeleton):
    assert len(skeleton.soles) == 16
    assert all(name.endswith("_r") for name in skeleton.soles.names[:8])
    assert all(name.endswith("_l") for name in skeleton.soles.names[8:])
    assert skeleton.landmarks.names == LANDMARK_NAMES
    assert np.isfinite(skeleton.landmarks.sigma_m).all()
    assert np.isnan(skeleton.soles.sigma_m).all()


def test_sole_frames_lie_under_the_ankles_level_with_the_floor(skeleton):
    q = skeleton.neutral()
    for pose, side in zip(skeleton.sole_poses(q), "rl", strict=True):
        ankle = _center(skeleton, q, f"talus_{side}")
        np.testing.assert_allclose(pose.translation[:2], ankle[:2], atol=0.02)
        assert pose.translation[2] == pytest.approx(0.0, abs=5e-3)
        np.testing.assert_allclose(pose.rotation, np.eye(3), atol=0.1)


def test_center_of_mass_is_that_of_the_segments(skeleton, random_q):
    q = random_q()
    sites = [
        Site(name, name, segment.center_of_mass_m)
        for name, segment in skeleton.anatomy.segments.items()
    ]
    masses = [segment.mass_kg for segment in skeleton.anatomy.segments.values()]
    poses = skeleton.segment_poses(q)
    # OpenSim's (x, y, z) is (x, -z, y) here.
    places = [poses[s.segment].act(np.array(s.location_m)[[0, 2, 1]] * [1, -1, 1]) for s in sites]
    expected = np.average(places, axis=0, weights=masses)
    np.testing.assert_allclose(skeleton.center_of_mass(q), expected, atol=1e-12)


def test_returned_arrays_belong_to_the_caller(skeleton, random_q):
    q = random_q()
    first = skeleton.inverse_dynamics(q, np.zeros(37), np.zeros(37))
    kept = first.copy()
    skeleton.inverse_dynamics(skeleton.neutral(), np.ones(37), np.ones(37))
    np.testing.assert_array_equal(first, kept)
    mass = skeleton.mass_matrix(q)
    kept = mass.copy()
    skeleton.mass_matrix(skeleton.neutral())
    np.testing.assert_array_equal(mass, kept)
