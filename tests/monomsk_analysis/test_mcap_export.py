import shutil
from pathlib import Path

import numpy as np
import pinocchio as pin
import pytest
from rosbags.highlevel import AnyReader

from monomsk_analysis.mcap_export import MessageSet, SeenFrame, write_mcap
from monomsk_analysis.message_types import (
    MessageFieldsError,
    build_message,
    load_typestore,
    message_folder,
)
from monomsk_description.body_state import BodyState
from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject
from monomsk_dynamics.results import BodyDynamics, SoleContact
from monomsk_perception.landmarks import Landmarks

COUNT = 4


@pytest.fixture(scope="module")
def skeleton() -> Skeleton:
    return build_skeleton(Subject(1.75, 70.0, assumed=frozenset({"mass_kg"})))


def stamp(k: int) -> int:
    return 1_700_000_000_000_000_000 + k * 33_333_333


def message_set(skeleton: Skeleton) -> MessageSet:
    rng = np.random.default_rng(5)
    landmarks, states, dynamics = [], [], []
    for k in range(COUNT):
        q = skeleton.integrate(skeleton.neutral(), 0.1 * rng.normal(size=37))
        v = rng.normal(size=37)
        landmarks.append(
            Landmarks(
                stamp(k),
                rng.uniform(0, 500, (33, 2)),
                rng.uniform(size=33),
                rng.uniform(size=33),
                rng.normal(size=(33, 3)),
                0.9,
                (640, 480),
            )
        )
        states.append(BodyState(stamp(k), q, v, quality=0.8))
        on_floor = skeleton.sole_poses(q)[0].translation.copy()
        on_floor[2] = 0.0
        right = SoleContact(True, 0.9, np.array([20.0, -10.0, 600.0]), on_floor, 3.0)
        left = SoleContact(False, 0.1, np.zeros(3), np.full(3, np.nan), 0.0)
        dynamics.append(
            BodyDynamics(
                stamp(k),
                q,
                v,
                rng.normal(size=37),
                np.concatenate([np.zeros(6), rng.normal(size=31)]),
                np.full(37, 2.0),
                (right, left),
                rng.normal(size=6),
                0.01,
                timings_s={"solve": 0.001},
            )
        )
    camera = pin.SE3(np.eye(3), np.array([0.0, 0.0, 1.5]))
    frames = [SeenFrame(stamp(k), landmarks[k], states[k], camera) for k in range(COUNT)]
    frames.append(SeenFrame(stamp(COUNT), None, None))
    return MessageSet(skeleton, (640, 480), frames, dynamics, assumptions=("mass_kg",))


@pytest.fixture(scope="module")
def recording(
    skeleton: Skeleton, tmp_path_factory: pytest.TempPathFactory
) -> tuple[MessageSet, dict[str, list]]:
    path = tmp_path_factory.mktemp("mcap") / "result.mcap"
    messages = message_set(skeleton)
    assert write_mcap(path, messages) == 2 + 9 * COUNT
    assert [entry.name for entry in path.parent.iterdir()] == ["result.mcap"]
    content: dict[str, list] = {}
    with AnyReader([path]) as reader:
        for connection, time_ns, data in reader.messages():
            message = reader.deserialize(data, connection.msgtype)
            content.setdefault(connection.topic, []).append((time_ns, message))
    return messages, content


def test_all_topics_are_there_and_stamped_by_their_image(recording) -> None:
    _, content = recording
    assert {topic: len(entries) for topic, entries in content.items()} == {
        "/body_model": 1,
        "/landmarks": COUNT + 1,
        "/joint_states": COUNT,
        "/body_state": COUNT,
        "/body_dynamics": COUNT,
        "/joint_torques": COUNT,
        "/right_sole/wrench": COUNT,
        "/left_sole/wrench": COUNT,
        "/gait": COUNT,
        "/markers": COUNT,
    }
    for entries in content.values():
        for time_ns, message in entries:
            message = message.markers[0] if hasattr(message, "markers") else message
            written = message.header.stamp.sec * 10**9 + message.header.stamp.nanosec
            assert written == time_ns


def test_state_and_dynamics_survive(recording, skeleton: Skeleton) -> None:
    messages, content = recording
    for k in range(COUNT):
        state, written = messages.frames[k].state, content["/body_state"][k][1]
        assert written.header.frame_id == "world"
        assert written.status == written.STATUS_TRACKED
        assert tuple(written.coordinate_names) == skeleton.coordinate_names
        np.testing.assert_array_equal(written.position, state.q[7:])
        np.testing.assert_array_equal(written.velocity, state.v[6:])
        assert written.pelvis_pose.orientation.w == state.q[6]
        assert written.pelvis_twist.angular.z == state.v[5]
        assert len(written.torque_prior) == 0
        assert written.assumptions == ["mass_kg"]
        assert written.camera_pose_source == written.CAMERA_POSE_ESTIMATED
        assert written.camera_pose.position.z == 1.5
        result, written = messages.dynamics[k], content["/body_dynamics"][k][1]
        np.testing.assert_array_equal(written.effort, result.tau[6:])
        assert written.right_sole.in_contact
        assert written.right_sole.force.z == 600.0
        assert not written.left_sole.in_contact
        assert np.isnan(written.left_sole.center_of_pressure.x)
        assert written.root_residual.torque.z == result.root_residual[5]
        assert written.stage_names == ["solve"]
        torques = content["/joint_torques"][k][1]
        np.testing.assert_array_equal(torques.effort, result.tau[6:])


def test_landmarks_survive(recording) -> None:
    messages, content = recording
    for frame, (_, written) in zip(messages.frames[:COUNT], content["/landmarks"], strict=False):
        landmarks = frame.landmarks
        assert written.names[0] == "nose"
        np.testing.assert_array_equal(written.pixel_v, landmarks.pixels[:, 1])
        np.testing.assert_array_equal([p.z for p in written.metric], landmarks.metric[:, 2])
        assert (written.image_width, written.image_height) == (640, 480)


def test_an_image_without_a_person_is_recorded_as_such(recording) -> None:
    _, content = recording
    lost = content["/landmarks"][-1][1]
    assert lost.status == lost.STATUS_LOST
    assert len(lost.names) == len(lost.metric) == len(lost.pixel_u) == 0


def test_sole_wrench_is_the_same_wrench_seen_from_the_sole(recording, skeleton: Skeleton) -> None:
    messages, content = recording
    for result, (_, written) in zip(messages.dynamics, content["/right_sole/wrench"], strict=True):
        assert written.header.frame_id == "r_sole"
        sole, contact = skeleton.sole_poses(result.q)[0], result.soles[0]
        wrench = written.wrench
        force = sole.rotation @ [wrench.force.x, wrench.force.y, wrench.force.z]
        torque = sole.rotation @ [wrench.torque.x, wrench.torque.y, wrench.torque.z]
        np.testing.assert_allclose(force, contact.force, atol=1e-9)
        arm = sole.translation - contact.center_of_pressure
        about_pressure = torque + np.cross(arm, force)
        np.testing.assert_allclose(about_pressure, [0.0, 0.0, contact.free_moment], atol=1e-9)


def test_body_model_says_what_was_assumed(recording, skeleton: Skeleton) -> None:
    _, content = recording
    model = content["/body_model"][0][1]
    assert model.assumed == ["mass_kg"]
    assert sum(model.segment_masses) == pytest.approx(70.0)
    assert tuple(model.coordinate_names) == skeleton.coordinate_names
    assert "<robot" in model.urdf


def test_wrong_fields_are_named() -> None:
    typestore = load_typestore()
    with pytest.raises(MessageFieldsError, match="'y'.*'w'") as caught:
        build_message(typestore, "geometry_msgs/msg/Vector3", {"x": 0.0, "z": 0.0, "w": 0.0})
    assert caught.value.missing == {"y"}


def test_messages_are_found_without_an_installation(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.delenv("AMENT_PREFIX_PATH", raising=False)
    assert (message_folder() / "BodyDynamics.msg").is_file()
    installed = tmp_path / "share" / "monomsk_msgs" / "msg"
    shutil.copytree(message_folder(), installed)
    monkeypatch.setenv("AMENT_PREFIX_PATH", f"/nowhere:{tmp_path}")
    assert message_folder() == installed
