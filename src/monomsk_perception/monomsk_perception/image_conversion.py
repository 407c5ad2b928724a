"""Raw and compressed image data to 8-bit BGR images, without ROS.

Encodings are those of sensor_msgs/Image (REP 118 and sensor_msgs/image_encodings.hpp).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from monomsk_perception.errors import ImageError

Buffer = bytes | bytearray | memoryview | npt.NDArray[np.uint8]
Image = npt.NDArray[np.uint8]

_MOST_SIDE_PX = 32767  # OpenCV's remapping cannot go further


@dataclass(frozen=True)
class _Layout:
    """How an encoding stores its pixels.

    Attributes:
        channels: Values of a pixel in memory.
        code: OpenCV's conversion to BGR; None where it is BGR already.
        bytes_per_value: 1 or 2.
        even_width: Whether two neighbours share their colour.
    """

    channels: int
    code: int | None
    bytes_per_value: int = 1
    even_width: bool = False


_LAYOUTS = {
    "bgr8": _Layout(3, None),
    "8UC3": _Layout(3, None),
    "rgb8": _Layout(3, cv2.COLOR_RGB2BGR),
    "bgra8": _Layout(4, cv2.COLOR_BGRA2BGR),
    "8UC4": _Layout(4, cv2.COLOR_BGRA2BGR),
    "rgba8": _Layout(4, cv2.COLOR_RGBA2BGR),
    "mono8": _Layout(1, cv2.COLOR_GRAY2BGR),
    "8UC1": _Layout(1, cv2.COLOR_GRAY2BGR),
    "bgr16": _Layout(3, None, 2),
    "rgb16": _Layout(3, cv2.COLOR_RGB2BGR, 2),
    "mono16": _Layout(1, cv2.COLOR_GRAY2BGR, 2),
    "yuv422": _Layout(2, cv2.COLOR_YUV2BGR_UYVY, even_width=True),
    "uyvy": _Layout(2, cv2.COLOR_YUV2BGR_UYVY, even_width=True),
    "yuv422_yuy2": _Layout(2, cv2.COLOR_YUV2BGR_YUY2, even_width=True),
    "yuyv": _Layout(2, cv2.COLOR_YUV2BGR_YUY2, even_width=True),
}

_TWO_PLANES = {"nv12": cv2.COLOR_YUV2BGR_NV12, "nv21": cv2.COLOR_YUV2BGR_NV21}

SUPPORTED_ENCODINGS = (*_LAYOUTS, *_TWO_PLANES)
"""Encodings that ``image_to_bgr`` understands."""


def image_to_bgr(
    data: Buffer,
    width_px: int,
    height_px: int,
    encoding: str,
    step_bytes: int = 0,
    is_bigendian: bool = False,
) -> Image:
    """Turn raw image data into a BGR image.

    Args:
        data: The bytes, row by row from the top.
        width_px: Image width [px].
        height_px: Image height [px].
        encoding: One of ``SUPPORTED_ENCODINGS``.
        step_bytes: Bytes from one row to the next, padding included; 0 for rows without padding.
        is_bigendian: Byte order of 16-bit encodings.

    Returns:
        (height, width, 3) contiguous array. For unpadded ``bgr8`` it is a view of the data, and
        read-only where the data is.

    Raises:
        ImageError: If the encoding is not supported, or the data is too short for it.
    """
    if not 0 < width_px <= _MOST_SIDE_PX or not 0 < height_px <= _MOST_SIDE_PX:
        raise ImageError(encoding, f"impossible size {width_px} x {height_px}")
    flat = np.frombuffer(data, dtype=np.uint8)
    if encoding in _TWO_PLANES:
        return _two_planes_to_bgr(flat, width_px, height_px, encoding, step_bytes)
    layout = _LAYOUTS.get(encoding)
    if layout is None:
        known = ", ".join(SUPPORTED_ENCODINGS)
        raise ImageError(encoding, f"not supported; supported are {known}")
    if layout.even_width and width_px % 2:
        raise ImageError(encoding, f"the width must be even, not {width_px}")
    row_bytes = width_px * layout.channels * layout.bytes_per_value
    rows = _rows(flat, height_px, row_bytes, step_bytes, encoding)
    if layout.bytes_per_value == 2:
        rows = rows[:, 0::2] if is_bigendian else rows[:, 1::2]  # the more significant bytes
    pixels = rows.reshape(height_px, width_px, layout.channels)
    if layout.code is None:
        return np.ascontiguousarray(pixels)
    return _converted(pixels, layout.code)


def compressed_to_bgr(data: Buffer, image_format: str = "") -> Image:
    """Decode a JPEG, PNG or other compressed image.

    Args:
        data: The file's bytes.
        image_format: What sensor_msgs/CompressedImage says of it; only for error messages, the
            bytes tell the format themselves.

    Returns:
        (height, width, 3) contiguous array; 16-bit images are reduced to 8 bit.

    Raises:
        ImageError: If the bytes are no image.
    """
    name = image_format or "compressed"
    flat = np.frombuffer(data, dtype=np.uint8)
    if not flat.size:
        raise ImageError(name, "no data")
    try:
        image = cv2.imdecode(flat, cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise ImageError(name, f"cannot be decoded ({error.err})") from error
    if image is None:
        start = flat[:8].tobytes().hex(" ")
        raise ImageError(name, f"{flat.size} bytes starting with {start} are no known image")
    return np.ascontiguousarray(image, dtype=np.uint8)


def message_to_bgr(message: Any) -> Image:
    """The picture (height, width, 3) in a sensor_msgs/Image or CompressedImage, whoever decoded it.

    Raises:
        ImageError: The encoding is unknown, or the data does not fit it.
    """
    if not hasattr(message, "encoding"):
        return compressed_to_bgr(message.data, message.format)
    return image_to_bgr(
        message.data,
        message.width,
        message.height,
        message.encoding,
        message.step,
        bool(message.is_bigendian),
    )


def _rows(flat: Image, height_px: int, row_bytes: int, step_bytes: int, encoding: str) -> Image:
    """The data as (height, row_bytes), padding cut off."""
    step_bytes = step_bytes or row_bytes
    if step_bytes < row_bytes:
        raise ImageError(encoding, f"a step of {step_bytes} bytes, but a row has {row_bytes}")
    # Some drivers leave the padding of the last row away.
    needed = step_bytes * (height_px - 1) + row_bytes
    if flat.size < needed:
        raise ImageError(
            encoding, f"{flat.size} bytes, {needed} needed for {height_px} rows of {step_bytes}"
        )
    return np.lib.stride_tricks.as_strided(
        flat, (height_px, row_bytes), (step_bytes, 1), writeable=False
    )


def _two_planes_to_bgr(
    flat: Image, width_px: int, height_px: int, encoding: str, step_bytes: int
) -> Image:
    """Convert a plane of brightness followed by one of half-size colour."""
    if width_px % 2 or height_px % 2:
        raise ImageError(encoding, f"both sides must be even, not {width_px} x {height_px}")
    rows = _rows(flat, height_px * 3 // 2, width_px, step_bytes, encoding)
    return _converted(rows, _TWO_PLANES[encoding])


def _converted(pixels: Image, code: int) -> Image:
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(pixels), code), dtype=np.uint8)
