"""The real networks on real frames; skipped where models or sample videos are missing."""

import csv
import os
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from monomsk_perception.errors import ModelFileError
from monomsk_perception.landmarker import Landmarker
from monomsk_perception.landmarker_options import LandmarkerOptions
from monomsk_perception.litert_model import LiteRtModel
from monomsk_perception.model_files import find_model
from monomsk_perception.tracking import TrackingStatus

GOLDEN = Path(__file__).parent / "data" / "mediapipe_cam01.csv"
MEDIAPIPE_STEP_NS = 33_333_000  # between two images, for MediaPipe's filter of the region
SHOULDERS, HIPS, ANKLES = [11, 12], [23, 24], [27, 28]


@pytest.fixture(scope="module")
def models():
    try:
        return {name: find_model(name) for name in ("pose_detection", "pose_landmark_full")}
    except ModelFileError as error:
        pytest.skip(str(error))


@pytest.fixture
def landmarker(models):
    return Landmarker(LandmarkerOptions(num_threads=1))


def frames_of(name, count):
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    folder = os.environ.get("MONOMSK_SAMPLE_DIR") or Path(cache).expanduser() / "monomsk/samples"
    path = Path(folder) / name
    if not path.is_file():
        pytest.skip(f"{path} is missing: run `make samples`")
    capture = cv2.VideoCapture(str(path))
    for _ in range(count):
        ok, image = capture.read()
        if not ok:
            break
        yield image
    capture.release()


def stamp(index, rate_hz):
    return int(index * 1e9 / rate_hz)


def golden():
    table = {}
    with GOLDEN.open() as file:
        file.readline()
        for row in csv.DictReader(file):
            numbers = [float(value) for value in list(row.values())[2:]]
            table.setdefault(int(row["frame"]), []).append(numbers)
    return {frame: np.array(rows) for frame, rows in table.items()}


def test_landmarks_are_mediapipe_s(models):
    """The same image, the same numbers: detector, region, crop, refinement, projection."""
    reference = golden()
    landmarker = Landmarker(LandmarkerOptions(antialias=False, num_threads=1))
    for index, image in enumerate(frames_of("cam01.mp4", max(reference) + 1)):
        found = landmarker.detect(image, index * MEDIAPIPE_STEP_NS)
        if index not in reference:
            continue
        errors_px = np.linalg.norm(found.pixels - reference[index][:, :2], axis=1)
        errors_m = np.linalg.norm(found.metric - reference[index][:, 3:], axis=1)
        assert np.median(errors_px) < 0.6
        assert np.median(errors_m) < 0.004
        assert np.abs(found.visibility - reference[index][:, 2]).max() < 0.1
        if index == 0:  # no past, no region that could differ
            assert errors_px.max() < 0.5
            assert errors_m.max() < 0.002


def test_sample_is_tracked(landmarker):
    results = []
    for index, image in enumerate(frames_of("cam01.mp4", 100)):
        found = landmarker.detect(image, stamp(index, 60))
        results.append(landmarker.status)
        if found is None:
            continue
        assert found.stamp_ns == stamp(index, 60)
        assert found.image_size == (1080, 1920)
        for points in (found.pixels, found.metric):  # somebody upright
            assert points[SHOULDERS, 1].mean() < points[HIPS, 1].mean() < points[ANKLES, 1].mean()
        np.testing.assert_allclose(found.metric[HIPS].mean(axis=0), 0.0, atol=0.02)
    tracked = sum(
        status in (TrackingStatus.TRACKING, TrackingStatus.ACQUIRED) for status in results
    )
    assert tracked >= 0.95 * len(results)
    assert landmarker.person_number == 1


@pytest.mark.parametrize("share", [0.55, 1.0])
@pytest.mark.parametrize("video", ["cam01.mp4", "cam03.mp4"])
def test_somebody_small_in_a_wide_image_is_found_upright(landmarker, video, share):
    """The person is a quarter, or half, as high as an image of 1280x720."""
    for image in list(frames_of(video, 80))[::26]:
        landmarker.forget_people()
        expected = landmarker.detect(image, 0)
        wide = np.full((720, 1280, 3), 120, np.uint8)
        scale = share * 720 / image.shape[0]
        small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        left, top = 500, 720 - small.shape[0]
        wide[top:, left : left + small.shape[1]] = small
        landmarker.forget_people()
        answers = (landmarker.detect(wide, stamp(k, 30)) for k in range(40))
        found = next((answer for answer in answers if answer is not None), None)
        assert found is not None
        errors_px = np.linalg.norm(found.pixels - expected.pixels * scale - [left, top], axis=1)
        height_px = np.ptp(expected.pixels[:, 1]) * scale
        assert errors_px[SHOULDERS + HIPS].mean() < 0.06 * height_px


def test_blackness_is_nobody(landmarker):
    assert landmarker.detect(np.zeros((480, 640, 3), np.uint8), 0) is None
    assert landmarker.status is TrackingStatus.NO_PERSON


@pytest.mark.parametrize("shape", [(32, 32, 3), (32, 3000, 3), (481, 641, 3)])
def test_noise_of_any_size_is_nobody(landmarker, shape):
    noise = np.random.default_rng(2).integers(0, 255, shape, dtype=np.uint8)
    assert landmarker.detect(noise, 0) is None


def test_blackout_is_a_loss_and_the_same_person_returns(landmarker):
    statuses = []
    for index, image in enumerate(frames_of("cam01.mp4", 40)):
        shown = np.zeros_like(image) if 12 <= index < 28 else image
        landmarker.detect(shown, stamp(index, 60))
        statuses.append(landmarker.status)
    assert set(statuses[12:28]) == {TrackingStatus.LOST}
    assert any(s is not TrackingStatus.LOST for s in statuses[28:31])
    assert set(statuses[31:]) == {TrackingStatus.TRACKING}
    assert landmarker.person_number == 1


def test_of_two_people_one_is_followed(landmarker):
    """A man somersaults off a roof while a woman walks by below: the man, from start to end."""
    last, places = None, {}
    for index, image in enumerate(frames_of("demo.mp4", 226)):
        found = landmarker.detect(image, stamp(index, 30))
        if found is None:
            continue
        hips, index_before = found.pixels[HIPS].mean(axis=0), max(places, default=index)
        if last is not None:
            elapsed = index - index_before
            assert np.linalg.norm(hips - last) < 90.0 + 30.0 * elapsed
        last = places[index] = hips
    assert landmarker.person_number == 1
    assert len(places) >= 0.9 * 226
    assert all(places[i][1] < 450 for i in places if 10 < i < 160)  # on the roof, she is below
    assert all(places[i][0] > 1000 for i in places if i > 200)  # landed right, she left to the left


def test_landmarks_turn_with_the_image(landmarker):
    """The region's rotation is undone in pixels and in metric points alike."""
    image = next(frames_of("cam01.mp4", 1))
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -25.0, 0.8)
    upright = landmarker.detect(image, 0)
    landmarker.reset()
    tilted = landmarker.detect(cv2.warpAffine(image, turn, (width, height)), 0)
    seen = upright.visibility > 0.9
    expected = upright.pixels @ turn[:, :2].T + turn[:, 2]
    errors_px = np.linalg.norm(tilted.pixels - expected, axis=1)[seen]
    errors_m = np.linalg.norm(
        tilted.metric[:, :2] - upright.metric[:, :2] @ (turn[:, :2] / 0.8).T, axis=1
    )[seen]
    assert np.median(errors_px) < 12.0
    assert np.median(errors_m) < 0.05


def test_the_image_is_left_alone(landmarker):
    image = next(frames_of("cam01.mp4", 1))
    before = image.copy()
    image.setflags(write=False)
    assert landmarker.detect(image, 0) is not None
    np.testing.assert_array_equal(image, before)


def test_all_models_agree(models):
    places = {}
    for model in ("lite", "full", "heavy"):
        try:
            landmarker = Landmarker(LandmarkerOptions(model=model, num_threads=2))
        except ModelFileError as error:
            pytest.skip(str(error))
        places[model] = landmarker.detect(next(frames_of("cam01.mp4", 1)), 0).pixels
    for model in ("lite", "heavy"):
        assert np.median(np.linalg.norm(places[model] - places["full"], axis=1)) < 25.0


def test_missing_models_name_the_way_out(tmp_path):
    with pytest.raises(ModelFileError, match="make setup"):
        Landmarker(LandmarkerOptions(model_directory=tmp_path))


def test_the_wrong_network_is_refused(models):
    with pytest.raises(ModelFileError, match="no output of shape"):
        LiteRtModel(models["pose_detection"], 1, ((1, 195),), antialias=False)


def test_results_are_the_same_every_time(models):
    """Nothing is kept from one landmarker to the next, nor after a reset."""
    first, second = Landmarker(), Landmarker()
    counts = Counter()
    for index, image in enumerate(frames_of("cam01.mp4", 4)):
        a, b = (lm.detect(image, stamp(index, 60)) for lm in (first, second))
        np.testing.assert_array_equal(a.pixels, b.pixels)
        counts[first.status] += 1
        if index == 1:
            first.reset()
            second = Landmarker()
    assert counts == {TrackingStatus.ACQUIRED: 2, TrackingStatus.TRACKING: 2}


def test_warming_up_leaves_no_trace(models) -> None:
    landmarker = Landmarker()
    landmarker.networks.warm_up()
    assert landmarker.status is TrackingStatus.NO_PERSON
    assert landmarker.person_number == 0
