import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monomsk_perception.errors import ImageError
from monomsk_perception.image_conversion import (
    SUPPORTED_ENCODINGS,
    compressed_to_bgr,
    image_to_bgr,
)


def picture(width=32, height=24, seed=1):
    """A smooth colour image: encodings that share colour between neighbours keep it."""
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    phase = np.random.default_rng(seed).uniform(0, 1, 3)
    waves = [0.5 + 0.4 * np.sin(x * (k + 1) / 2 + y + 6 * phase[k]) for k in range(3)]
    return np.ascontiguousarray((255 * np.stack(waves, axis=-1)).astype(np.uint8))


def grey(bgr):
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)


def yuv422(bgr, order):
    """The encoder's side, written out: pairs of pixels share U and V."""
    yuv = cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420)
    height, width = bgr.shape[:2]
    flat = yuv.reshape(-1)
    luma = flat[: width * height].reshape(height, width)
    u = flat[width * height : width * height * 5 // 4].reshape(height // 2, width // 2)
    v = flat[width * height * 5 // 4 :].reshape(height // 2, width // 2)
    u, v = (np.repeat(plane, 2, axis=0) for plane in (u, v))
    planes = {"y0": luma[:, 0::2], "y1": luma[:, 1::2], "u": u, "v": v}
    return np.stack([planes[name] for name in order], axis=-1).reshape(height, 2 * width)


def nv(bgr, swap):
    height, width = bgr.shape[:2]
    flat = cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420).reshape(-1)
    luma, chroma = flat[: width * height], flat[width * height :].reshape(2, -1)
    pairs = chroma[::-1] if swap else chroma
    return np.concatenate([luma, pairs.T.reshape(-1)]).reshape(height * 3 // 2, width)


def rgb(bgr):
    return np.ascontiguousarray(bgr[..., ::-1])


def flat_rows(pixels):
    return np.ascontiguousarray(pixels).reshape(pixels.shape[0], -1)


def sixteen(pixels):
    return flat_rows(pixels.astype("<u2") * 256 + 77).view(np.uint8)


ENCODERS = {
    "bgr8": flat_rows,
    "8UC3": flat_rows,
    "rgb8": lambda image: flat_rows(rgb(image)),
    "bgra8": lambda image: flat_rows(cv2.cvtColor(image, cv2.COLOR_BGR2BGRA)),
    "8UC4": lambda image: flat_rows(cv2.cvtColor(image, cv2.COLOR_BGR2BGRA)),
    "rgba8": lambda image: flat_rows(cv2.cvtColor(image, cv2.COLOR_BGR2RGBA)),
    "mono8": grey,
    "8UC1": grey,
    "bgr16": sixteen,
    "rgb16": lambda image: sixteen(rgb(image)),
    "mono16": lambda image: sixteen(grey(image)),
    "yuv422": lambda image: yuv422(image, ("u", "y0", "v", "y1")),
    "uyvy": lambda image: yuv422(image, ("u", "y0", "v", "y1")),
    "yuv422_yuy2": lambda image: yuv422(image, ("y0", "u", "y1", "v")),
    "yuyv": lambda image: yuv422(image, ("y0", "u", "y1", "v")),
    "nv12": lambda image: nv(image, swap=False),
    "nv21": lambda image: nv(image, swap=True),
}


def expected_of(encoding, image):
    return (
        cv2.cvtColor(grey(image), cv2.COLOR_GRAY2BGR)
        if "mono" in encoding or (encoding == "8UC1")
        else image
    )


def tolerance_of(encoding):
    return 12 if encoding.startswith(("yuv", "uyvy", "nv", "yuyv")) else 0


def padded(rows, padding, byte=173):
    return np.hstack([rows, np.full((len(rows), padding), byte, np.uint8)])


def test_every_supported_encoding_is_tested():
    assert set(ENCODERS) == set(SUPPORTED_ENCODINGS)


@pytest.mark.parametrize("padding", [0, 1, 13])
@pytest.mark.parametrize("encoding", SUPPORTED_ENCODINGS)
def test_round_trip(encoding, padding):
    image = picture()
    rows = ENCODERS[encoding](image)
    data = padded(rows, padding).tobytes()
    result = image_to_bgr(data, 32, 24, encoding, rows.shape[1] + padding)
    assert result.shape == (24, 32, 3)
    assert result.dtype == np.uint8
    assert result.flags.c_contiguous
    difference = np.abs(result.astype(int) - expected_of(encoding, image))
    assert difference.max() <= tolerance_of(encoding)


@given(
    width=st.integers(1, 40),
    height=st.integers(1, 40),
    padding=st.integers(0, 9),
    encoding=st.sampled_from(SUPPORTED_ENCODINGS),
    cut=st.integers(0, 3),
)
@settings(max_examples=200, deadline=None)
def test_any_size_gives_the_image_or_a_clear_error(width, height, padding, encoding, cut):
    """Made of two-by-two blocks, so that every encoding can hold it."""
    image = picture(width + width % 2, height + height % 2)
    rows = ENCODERS[encoding](image)
    step = rows.shape[1] + padding
    data = padded(rows, padding).tobytes()
    needed = len(data) - padding
    data = data[: needed - cut]
    possible = not (image.shape[1] != width or image.shape[0] != height)
    try:
        result = image_to_bgr(data, image.shape[1], image.shape[0], encoding, step)
    except ImageError as error:
        assert cut > 0
        assert error.encoding == encoding
        assert "needed" in error.reason
    else:
        assert cut == 0
        assert result.shape == image.shape
    if not possible and encoding in ("yuv422", "nv12") and image.shape[1] != width:
        with pytest.raises(ImageError, match="even"):
            image_to_bgr(data, width, image.shape[0], encoding, step)


def test_unpadded_bgr8_is_not_copied():
    data = picture().tobytes()
    assert np.shares_memory(image_to_bgr(data, 32, 24, "bgr8"), np.frombuffer(data, np.uint8))


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, np.frombuffer])
def test_any_buffer_will_do(kind):
    image = picture()
    data = kind(image.tobytes()) if kind is not np.frombuffer else image.reshape(-1)
    np.testing.assert_array_equal(image_to_bgr(data, 32, 24, "bgr8"), image)


def test_big_endian():
    image = picture()
    data = (flat_rows(image).astype(">u2") * 256 + 77).astype(">u2").tobytes()
    np.testing.assert_array_equal(image_to_bgr(data, 32, 24, "bgr16", is_bigendian=True), image)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((b"\0" * 100, 32, 24, "bgr8"), "100 bytes, 2304 needed"),
        ((b"\0" * 5000, 32, 24, "bgr8", 95), "step of 95"),
        ((b"\0" * 5000, 32, 24, "bayer_rggb8"), "not supported"),
        ((b"\0" * 5000, 32, 24, "32FC1"), "not supported"),
        ((b"\0" * 5000, 32, 24, ""), "not supported"),
        ((b"", 0, 0, "bgr8"), "impossible size"),
        ((b"", 32, -1, "bgr8"), "impossible size"),
        ((b"\0" * 5000, 31, 24, "yuv422"), "even"),
        ((b"\0" * 5000, 32, 23, "nv12"), "even"),
    ],
)
def test_wrong_data_is_refused_with_what_arrived(arguments, words):
    with pytest.raises(ImageError, match=words) as caught:
        image_to_bgr(*arguments)
    assert caught.value.encoding == arguments[3]


@pytest.mark.parametrize(("suffix", "tolerance"), [(".png", 0), (".jpg", 16), (".bmp", 0)])
def test_compressed_round_trip(suffix, tolerance):
    image = picture()
    data = cv2.imencode(suffix, image)[1].tobytes()
    result = compressed_to_bgr(data, suffix)
    assert result.shape == image.shape
    assert np.abs(result.astype(int) - image).max() <= tolerance


def test_compressed_grey_and_16_bit_become_colour():
    image = grey(picture())
    for pixels in (image, image.astype(np.uint16) * 256 + 50):
        result = compressed_to_bgr(cv2.imencode(".png", pixels)[1].tobytes())
        np.testing.assert_array_equal(result, cv2.cvtColor(image, cv2.COLOR_GRAY2BGR))


@pytest.mark.parametrize("data", [b"", b"\0" * 50, b"\x89PNG\r\n\x1a\nrubbish", b"\xff\xd8\xff"])
def test_broken_compressed_images_are_refused(data):
    with pytest.raises(ImageError, match="jpeg"):
        compressed_to_bgr(data, "bgr8; jpeg compressed bgr8")


def test_cut_jpeg_raises_or_keeps_its_size():
    data = cv2.imencode(".jpg", picture(64, 64))[1].tobytes()
    for length in range(0, len(data), 37):
        try:
            result = compressed_to_bgr(data[:length])
        except ImageError:
            continue
        assert result.shape == (64, 64, 3)
