"""A live stream and what can happen to it, with a landmarker that knows the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pinocchio as pin
import pytest
from tests.monomsk_perception.conftest import Film, standing
from tests.monomsk_perception.live_stream import CAMERA, FRAME_NS, OPTIONS, Oracle, Stream

from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.camera_pose import CameraPoseSource
from monomsk_perception.errors import ImageError
from monomsk_perception.landmarker_options import LandmarkerOptions
from monomsk_perception.live_perception import LivePerception
from monomsk_perception.live_result import LiveResult
from monomsk_perception.tracking import TrackingStatus


def knee(skeleton: Skeleton, result: LiveResult | None) -> float:
    assert result is not None and result.state is not None
    return float(result.state.q[7 + skeleton.coordinate_index("knee_angle_r")])


def test_every_image_is_answered_with_its_stamp_person_stages_and_pose(stream: Stream) -> None:
    for k in range(3):
        result = stream.show()
        assert result is not None and result.state is not None and result.landmarks is not None
        assert result.stamp_ns == result.state.stamp_ns == (k + 1) * FRAME_NS
        assert result.track_id == 1
        assert {"convert", "detect", "landmarks", "lift"} <= set(result.stages_s)
        assert result.pose_source is CameraPoseSource.PARAMETER
        assert result.pose_world_camera.translation[2] == pytest.approx(1.4)


def test_no_image_is_answered_before_the_lens_is_known(
    skeleton: Skeleton, make_film: Callable[..., Film], intrinsics: CameraIntrinsics
) -> None:
    live = LivePerception(skeleton, OPTIONS, Oracle(make_film(CAMERA), standing(skeleton)))
    stream = Stream(live)
    assert stream.show() is None and not live.knows_lens()
    live.geometry.calibrate(None)
    result = stream.show()
    assert result is not None and live.knows_lens()
    assert "focal_length" in live.assumptions()
    assert any("focal length assumed" in text for text in stream.texts())
    live.geometry.calibrate(intrinsics)
    assert stream.show() is not None
    assert "focal_length" not in live.assumptions()


def test_a_repeated_image_is_no_measurement_and_a_frozen_camera_an_error(stream: Stream) -> None:
    picture = stream.picture()
    assert stream.show(picture) is not None
    assert [stream.show(picture) for _ in range(20)] == [None] * 20
    assert any("frozen" in text for text in stream.texts())
    assert stream.show() is not None


def test_blackness_is_looked_at_by_nobody(stream: Stream) -> None:
    stream.show()
    black = np.zeros((1280, 720, 3), np.uint8)
    result = stream.show(black)
    assert result is not None and result.landmarks is None and result.state is None
    assert result.status is not TrackingStatus.TRACKING
    assert len(stream.live.landmarker.sizes) == 1  # type: ignore[attr-defined]
    assert stream.show() is not None


def test_a_broken_image_is_refused_and_the_next_one_answered(stream: Stream) -> None:
    def broken() -> np.ndarray:
        raise ImageError("fog", "too thick")

    assert stream.live.process(broken, 5, "camera") is None
    assert any("too thick" in text for text in stream.texts())
    result = stream.show()
    assert result is not None and result.state is not None


def test_another_size_goes_on_with_the_scaled_lens(stream: Stream, skeleton: Skeleton) -> None:
    before = [stream.show() for _ in range(5)][-1]
    after = stream.show(stream.picture(360, 640))
    assert knee(skeleton, after) == pytest.approx(knee(skeleton, before), abs=0.1)
    assert after is not None and after.landmarks is not None
    assert after.landmarks.image_size == after.image_size == (360, 640)


def test_an_image_of_another_shape_than_the_calibration_is_refused(stream: Stream) -> None:
    assert stream.show() is not None
    assert stream.show(stream.picture(1280, 720)) is None
    assert any("aspect ratio" in text for text in stream.texts())
    assert stream.show() is not None


def test_stamps_out_of_order_are_dropped_and_a_jump_back_forgets(stream: Stream) -> None:
    for _ in range(40):
        stream.show()
    assert stream.show(stamp_ns=39 * FRAME_NS) is None
    resets = stream.live.landmarker.resets  # type: ignore[attr-defined]
    result = stream.show(stamp_ns=FRAME_NS)
    assert result is not None and result.state is not None
    assert stream.live.landmarker.resets > resets  # type: ignore[attr-defined]
    assert any("went back" in text for text in stream.texts())


def test_another_lens_mid_stream_takes_effect_at_once(
    stream: Stream, skeleton: Skeleton, intrinsics: CameraIntrinsics
) -> None:
    """The camera zooms: twice the focal length on the same picture puts the person twice as far."""
    first = [stream.show() for _ in range(10)][-1]
    zoomed = replace(intrinsics, focal_x_px=1800.0, focal_y_px=1800.0)
    assert stream.live.geometry.calibrate(zoomed)
    later = [stream.show() for _ in range(10)][-1]
    assert first is not None and first.state is not None
    assert later is not None and later.state is not None
    assert later.state.q[0] > 1.5 * first.state.q[0]


def test_a_lens_that_breathes_does_not_start_the_motion_anew(
    stream: Stream, intrinsics: CameraIntrinsics
) -> None:
    for k in range(10):
        focal_px = 900.0 + 0.5 * k
        stream.live.geometry.calibrate(
            replace(intrinsics, focal_x_px=focal_px, focal_y_px=focal_px)
        )
        result = stream.show()
        assert result is not None and result.state is not None
    assert stream.live.monitor.counts["changes of the lens"] == 0


def test_without_the_pose_that_was_asked_for_there_are_landmarks_only(
    stream: Stream, skeleton: Skeleton
) -> None:
    geometry = replace(OPTIONS.geometry, pose_source="tf")
    stream.live.retune(replace(OPTIONS, geometry=geometry))
    result = stream.show()
    assert result is not None and result.landmarks is not None and result.state is None
    assert any("no camera pose" in text for text in stream.texts())
    pose = CAMERA.pose_world_camera
    stream.live.geometry.transforms.set("world", "camera", 0, pose, True)
    result = stream.show()
    assert result is not None and result.state is not None
    assert result.pose_source is CameraPoseSource.TF
    np.testing.assert_allclose(result.pose_world_camera.homogeneous, pose.homogeneous, atol=1e-5)


def test_images_that_lie_on_their_side_give_the_same_body(
    stream: Stream, skeleton: Skeleton, intrinsics: CameraIntrinsics
) -> None:
    upright = [stream.show() for _ in range(10)][-1]
    lying = intrinsics.rotated(3)  # the camera is mounted turned: its own images lie
    live = stream.live
    live.geometry.calibrate(lying)
    live.retune(replace(OPTIONS, geometry=replace(OPTIONS.geometry, quarter_turns=1)))
    for _ in range(10):
        result = stream.show(stream.picture(1280, 720))
    assert result is not None and result.landmarks is not None and upright is not None
    assert knee(skeleton, result) == pytest.approx(knee(skeleton, upright), abs=0.05)
    assert result.landmarks.image_size == (1280, 720)
    assert upright.landmarks is not None
    ray, upright_ray = (
        lens.rays(found.pixels[23:25].mean(axis=0)[None])[0]
        for lens, found in ((lying, result.landmarks), (intrinsics, upright.landmarks))
    )
    turn = live.geometry.of_camera(pin.SE3.Identity()).rotation
    np.testing.assert_allclose(turn @ ray, upright_ray, atol=1e-6)


def test_smoothing_and_thresholds_change_without_a_new_start(stream: Stream) -> None:
    for _ in range(5):
        stream.show()
    calmer = replace(
        OPTIONS.lifter, options=replace(OPTIONS.lifter.options, joint_acceleration=50.0)
    )
    stream.live.retune(replace(OPTIONS, lifter=calmer, landmarker=LandmarkerOptions(hold_s=2.0)))
    assert stream.live.landmarker.options.hold_s == 2.0
    resets = stream.live.landmarker.resets  # type: ignore[attr-defined]
    result = stream.show()
    assert result is not None and result.state is not None
    fit = stream.live._perception.lifter  # type: ignore[union-attr]
    assert fit.options.joint_acceleration == 50.0
    assert fit.last is not None and not fit.last.restarted
    assert stream.live.landmarker.resets == resets  # type: ignore[attr-defined]


def test_another_subject_starts_anew_with_the_same_person(stream: Stream) -> None:
    for _ in range(5):
        stream.show()
    stream.live.set_skeleton(build_skeleton(Subject(1.6, 60.0)))
    result = stream.show()
    assert result is not None and result.state is not None and result.track_id == 1


def test_warming_up_leaves_no_trace(stream: Stream, skeleton: Skeleton) -> None:
    stream.live.warm_up()
    assert stream.live.landmarker.sizes == []  # type: ignore[attr-defined]
    result = stream.show()
    assert result is not None and result.state is not None
    assert result.pose_world_camera.translation[2] == pytest.approx(1.4)
