"""Node `camera_player`: plays a video file or a USB camera as Image and CameraInfo.

A lifecycle node: configured it has opened its source, active it plays. The process ends with the
source.
"""

from __future__ import annotations

import array
import sys
import time
from dataclasses import asdict, dataclass, replace

import cv2
import numpy as np
import rclpy
from numpy.typing import NDArray
from rclpy.duration import Duration
from rclpy.exceptions import ParameterException
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from rclpy.time import Time
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from monomsk_description.lifecycle_node import StatusNode, run_until_done
from monomsk_description.status_level import Level
from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.errors import PerceptionError
from monomsk_perception.player_parameters import PARAMETERS
from monomsk_perception.video_source import RateDivider, SourceOptions, VideoSource

#: Better a late frame than none at all from a computer that decodes too slowly.
_LONGEST_SILENCE_S = 0.2
_SETTLE_S = 1.0  # the ends of a connection learn of each other at different times


@dataclass
class PlayCounts:
    """What became of the frames that were due."""

    published: int = 0
    dropped_late: int = 0
    damaged: int = 0


class CameraPlayer(StatusNode):
    """Publishes frames when they are due; a frame that would come late is dropped and counted."""

    def __init__(self) -> None:
        super().__init__("camera_player", PARAMETERS)
        self.counts = PlayCounts()
        self._before = PlayCounts()
        self._source: VideoSource | None = None
        self._summarized_s = time.perf_counter()

    # Lifecycle ----------------------------------------------------------------------------------

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Open the source, create the publishers."""
        try:
            self._source = VideoSource(
                SourceOptions(
                    str(self.parameter("source")),
                    plays=self.parameter("plays"),
                    max_side_px=self.parameter("max_side_px"),
                    rate_hz=self.parameter("rate_hz"),
                )
            )
            self._info = self._camera_info(self._source)
        except PerceptionError as error:
            self.get_logger().error(str(error))
            return TransitionCallbackReturn.FAILURE
        self._image = _empty_image(*self._source.size, self.parameter("frame_id"))
        reliable = self.parameter("reliable")
        reliability = (
            QoSReliabilityPolicy.RELIABLE if reliable else QoSReliabilityPolicy.BEST_EFFORT
        )
        qos = QoSProfile(depth=1, reliability=reliability)
        transport = self.parameter("transport")
        self._raw = self._compressed = None
        if transport != "compressed":
            self._raw = self.create_publisher(Image, "image", qos)
        if transport != "raw":
            self._compressed = self.create_publisher(CompressedImage, "image/compressed", qos)
        self._info_publisher = self.create_publisher(CameraInfo, "camera_info", qos)
        self.start_status(self._publish_diagnostics)
        return TransitionCallbackReturn.SUCCESS

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Give the source back and take the publishers away."""
        self._close()
        self.stop_status()
        for publisher in (self._raw, self._compressed, self._info_publisher):
            if publisher is not None:
                self.destroy_publisher(publisher)
        return TransitionCallbackReturn.SUCCESS

    # Playing ------------------------------------------------------------------------------------

    def play(self) -> None:
        """Play to the end, whenever the node is active.

        Raises:
            VideoSourceError: The source fails on the way.
        """
        while rclpy.ok() and not self._is_active:
            rclpy.spin_once(self, timeout_sec=0.1)
        self._wait_for_subscriber()
        if self._source is None:
            return
        divider = RateDivider(self.parameter("rate_hz"), self._source.native_rate_hz)
        self._start_s, self._start_stamp = time.perf_counter(), self.get_clock().now()
        begun_s = self._published_s = self._start_s
        while rclpy.ok() and self._source is not None:
            self._wait_while_paused()
            source = self._source
            if source is None or (due_s := source.grab()) is None:
                break
            if divider.wants(due_s):
                self._play_frame(source, due_s)
        self._report(time.perf_counter() - begun_s)
        self._spin_until(time.perf_counter() + self.parameter("linger_s"))

    def _play_frame(self, source: VideoSource, due_s: float) -> None:
        now_s = time.perf_counter()
        is_late = now_s - self._start_s - due_s > 1.0 / source.native_rate_hz
        is_starving = now_s - self._published_s > _LONGEST_SILENCE_S
        if is_late and not is_starving and not source.is_camera:
            self.counts.dropped_late += 1
            rclpy.spin_once(self, timeout_sec=0.0)
            return
        image = source.retrieve()
        self._spin_until(self._start_s + due_s)
        if image is None:
            self.counts.damaged += 1
            return
        if not self._is_active:
            return
        if self.parameter("stamps") == "timeline":
            stamp = Time(
                nanoseconds=self._start_stamp.nanoseconds + round(due_s * 1e9),
                clock_type=self._start_stamp.clock_type,
            )
        else:
            stamp = self.get_clock().now()
        self._publish(image, stamp)

    def _wait_while_paused(self) -> None:
        """A pause moves what is still due into the future."""
        paused_s = time.perf_counter()
        while rclpy.ok() and not self._is_active and self._source is not None:
            rclpy.spin_once(self, timeout_sec=0.05)
        lost_s = time.perf_counter() - paused_s
        if lost_s > 0.01:
            self._start_s += lost_s
            self._start_stamp += Duration(nanoseconds=round(lost_s * 1e9))

    def destroy_node(self) -> None:
        """Give the source back too."""
        self._close()
        super().destroy_node()

    def _close(self) -> None:
        if self._source is not None:
            self._source.close()
        self._source = None

    def _camera_info(self, source: VideoSource) -> CameraInfo:
        """Describe the camera; a zero matrix is how ROS says that it is not calibrated."""
        width_px, height_px = source.size
        info = CameraInfo(width=width_px, height=height_px, distortion_model="plumb_bob")
        info.header.frame_id = self.parameter("frame_id")
        info.r = np.eye(3).ravel()
        focal_px = self.parameter("focal_px")
        if focal_px == 0.0:
            self.get_logger().warning("focal length not given: camera_info says uncalibrated")
            return info
        # the images may have been shrunk since the camera was calibrated
        camera = CameraIntrinsics.from_focal(width_px, height_px, focal_px * source.shrink)
        info.d = [0.0] * 5
        info.k = camera.matrix.ravel()
        info.p = np.column_stack([camera.matrix, np.zeros(3)]).ravel()
        return info

    def _subscribers(self) -> tuple[int, int]:
        """Count subscribers of the images and of everything."""
        images = [p for p in (self._raw, self._compressed) if p is not None]
        count = sum(publisher.get_subscription_count() for publisher in images)
        return count, count + self._info_publisher.get_subscription_count()

    def _wait_for_subscriber(self) -> None:
        """Wait for a subscriber of the images, then until no further subscribers turn up."""
        limit_s = self.parameter("wait_for_subscriber_s")
        deadline_s = time.perf_counter() + limit_s
        known, since_s = 0, time.perf_counter()
        while rclpy.ok() and self._source is not None:
            now_s = time.perf_counter()
            images, everything = self._subscribers()
            if everything != known:
                known, since_s = everything, now_s
            if images and now_s - since_s >= _SETTLE_S:
                return
            if now_s >= deadline_s:
                self.get_logger().warning(f"nobody subscribed within {limit_s:g} s, playing anyway")
                return
            rclpy.spin_once(self, timeout_sec=0.05)

    def _spin_until(self, deadline_s: float) -> None:
        rclpy.spin_once(self, timeout_sec=0.0)
        while rclpy.ok() and (left_s := deadline_s - time.perf_counter()) > 0.0:
            rclpy.spin_once(self, timeout_sec=left_s)

    def _publish(self, image: NDArray[np.uint8], stamp: Time) -> None:
        header_stamp = stamp.to_msg()
        self._info.header.stamp = header_stamp
        self._info_publisher.publish(self._info)
        if self._raw is not None:
            self._image.header.stamp = header_stamp
            # publish serialises at once, so one message serves all frames
            np.frombuffer(self._image.data, np.uint8)[:] = image.ravel()
            self._raw.publish(self._image)
        if self._compressed is not None:
            quality = [cv2.IMWRITE_JPEG_QUALITY, self.parameter("jpeg_quality")]
            message = CompressedImage(format="jpeg")
            message.header.stamp = header_stamp
            message.header.frame_id = self._info.header.frame_id
            message.data = array.array("B", cv2.imencode(".jpg", image, quality)[1].tobytes())
            self._compressed.publish(message)
        self._published_s = time.perf_counter()
        self.counts.published += 1

    def _publish_diagnostics(self) -> None:
        now_s = time.perf_counter()
        counts, before = self.counts, self._before
        published = counts.published - before.published
        dropped = counts.dropped_late - before.dropped_late
        damaged = counts.damaged - before.damaged
        level, text = Level.OK, "playing"
        if not self._is_active:
            text = "paused"
        elif damaged:
            level, text = Level.ERROR, "frames of the source are damaged"
        elif not published:
            level, text = Level.STALE, "no frames"
        elif dropped > published:
            level, text = Level.WARN, "most frames come too late to be published"
        rate_hz = published / (now_s - self._summarized_s)
        self.publish_status(level, text, {"rate_hz": f"{rate_hz:.1f}", **asdict(counts)})
        self._before, self._summarized_s = replace(counts), now_s

    def _report(self, duration_s: float) -> None:
        counts = self.counts
        self.get_logger().info(
            f"published {counts.published} frames in {duration_s:.2f} s, "
            f"dropped {counts.dropped_late} late and {counts.damaged} damaged ones"
        )


def _empty_image(width_px: int, height_px: int, frame_id: str) -> Image:
    image = Image(width=width_px, height=height_px, encoding="bgr8", step=3 * width_px)
    image.header.frame_id = frame_id
    image.data = array.array("B", bytes(3 * width_px * height_px))
    return image


def main() -> int:
    """Run the node; returns the exit code: 1 when the source or a parameter is wrong."""
    errors = (PerceptionError, ParameterException)
    return run_until_done("camera_player", CameraPlayer, _play, errors)


def _play(node: CameraPlayer) -> int:
    if node.parameter("autostart") and not node.start_by_itself():
        return 1
    node.play()
    return 0


if __name__ == "__main__":
    sys.exit(main())
