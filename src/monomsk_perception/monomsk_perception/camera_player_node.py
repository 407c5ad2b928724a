"""Node `camera_player`: plays a video file or a USB camera as Image and CameraInfo."""

from __future__ import annotations

import array
import signal
import sys
import time
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import rclpy
from numpy.typing import NDArray
from rcl_interfaces.msg import ParameterDescriptor
from rclpy.exceptions import InvalidParameterTypeException
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from rclpy.time import Time
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from monomsk_perception.camera import CameraIntrinsics
from monomsk_perception.errors import PerceptionError
from monomsk_perception.video_source import RateDivider, SourceOptions, VideoSource

_PARAMETERS = {
    "source": ("", "video file, or camera: 0, 1, /dev/video0"),
    "rate_hz": (0.0, "published rate [Hz], never above the source's own; 0: the source's own"),
    "plays": (1, "how often a file is played; 0: for ever"),
    "max_side_px": (0, "longer image side [px], larger images are shrunk; 0: as they are"),
    "focal_px": (0.0, "focal length at the source's own size [px]; 0: unknown, and said so"),
    "stamps": ("now", "'now': time of publication; 'timeline': start plus the frame's own time"),
    "transport": ("raw", "'raw', 'compressed' (JPEG) or 'both'"),
    "jpeg_quality": (90, "0 to 100"),
    "reliable": (False, "reliable instead of best-effort delivery"),
    "frame_id": ("camera_optical_frame", "frame of the images: x right, y down, z forward"),
    "wait_for_subscriber_s": (15.0, "longest wait for somebody to subscribe [s]"),
    "linger_s": (1.0, "time between the last frame and the end of the node [s]"),
}
_CHOICES = {"stamps": ("now", "timeline"), "transport": ("raw", "compressed", "both")}
_SETTLE_S = 1.0  # the ends of a connection learn of each other at different times


@dataclass
class PlayCounts:
    """What became of the frames that were due."""

    published: int = 0
    dropped_late: int = 0
    damaged: int = 0


class CameraPlayer(Node):
    """Publishes frames when they are due; a frame that would come late is dropped and counted."""

    def __init__(self) -> None:
        super().__init__("camera_player")
        for name, (default, text) in _PARAMETERS.items():
            self.declare_parameter(
                name, default, ParameterDescriptor(description=text, read_only=True)
            )
        for name, allowed in _CHOICES.items():
            if self._value(name) not in allowed:
                raise PerceptionError(f"parameter {name} must be one of {', '.join(allowed)}")
        self.counts = PlayCounts()
        self._source = VideoSource(
            SourceOptions(
                str(self._value("source")),
                plays=self._value("plays"),
                max_side_px=self._value("max_side_px"),
                rate_hz=self._value("rate_hz"),
            )
        )
        self._info = self._camera_info()
        self._image = _empty_image(*self._source.size, self._value("frame_id"))
        reliability = (
            QoSReliabilityPolicy.RELIABLE
            if self._value("reliable")
            else QoSReliabilityPolicy.BEST_EFFORT
        )
        qos = QoSProfile(depth=1, reliability=reliability)
        transport = self._value("transport")
        self._raw = self._compressed = None
        if transport != "compressed":
            self._raw = self.create_publisher(Image, "image", qos)
        if transport != "raw":
            self._compressed = self.create_publisher(CompressedImage, "image/compressed", qos)
        self._info_publisher = self.create_publisher(CameraInfo, "camera_info", qos)

    def play(self) -> None:
        """Play to the end.

        Raises:
            VideoSourceError: The source fails on the way.
        """
        self._wait_for_subscriber()
        divider = RateDivider(self._value("rate_hz"), self._source.native_rate_hz)
        start_s, start_stamp = time.perf_counter(), self.get_clock().now()
        patience_s = 1.0 / self._source.native_rate_hz
        while rclpy.ok() and (due_s := self._source.grab()) is not None:
            if not divider.wants(due_s):
                continue
            late_s = time.perf_counter() - start_s - due_s
            if late_s > patience_s and not self._source.is_camera:
                self.counts.dropped_late += 1
                continue
            image = self._source.retrieve()
            if image is None:
                self.counts.damaged += 1
                continue
            self._spin_until(start_s + due_s)
            if self._value("stamps") == "timeline":
                stamp = Time(
                    nanoseconds=start_stamp.nanoseconds + round(due_s * 1e9),
                    clock_type=start_stamp.clock_type,
                )
            else:
                stamp = self.get_clock().now()
            self._publish(image, stamp)
        self._report(time.perf_counter() - start_s)
        self._spin_until(time.perf_counter() + self._value("linger_s"))

    def destroy_node(self) -> None:
        """Give the source back too."""
        self._source.close()
        super().destroy_node()

    def _value(self, name: str) -> Any:
        return self.get_parameter(name).value

    def _camera_info(self) -> CameraInfo:
        """Describe the camera; a zero matrix is how ROS says that it is not calibrated."""
        width_px, height_px = self._source.size
        info = CameraInfo(width=width_px, height=height_px, distortion_model="plumb_bob")
        info.header.frame_id = self._value("frame_id")
        info.r = np.eye(3).ravel()
        focal_px = self._value("focal_px")
        if focal_px == 0.0:
            self.get_logger().warning("focal length not given: camera_info says uncalibrated")
            return info
        # the images may have been shrunk since the camera was calibrated
        camera = CameraIntrinsics.from_focal(width_px, height_px, focal_px * self._source.shrink)
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
        limit_s = self._value("wait_for_subscriber_s")
        deadline_s = time.perf_counter() + limit_s
        known, since_s = 0, time.perf_counter()
        while rclpy.ok():
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
            quality = [cv2.IMWRITE_JPEG_QUALITY, self._value("jpeg_quality")]
            message = CompressedImage(format="jpeg")
            message.header.stamp = header_stamp
            message.header.frame_id = self._info.header.frame_id
            message.data = array.array("B", cv2.imencode(".jpg", image, quality)[1].tobytes())
            self._compressed.publish(message)
        self.counts.published += 1

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
    rclpy.init()
    node = None
    try:
        node = CameraPlayer()
        node.play()
    except (PerceptionError, InvalidParameterTypeException) as error:
        rclpy.logging.get_logger("camera_player").error(str(error))
        return 1
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        # a second SIGINT must not interrupt the shutdown
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
