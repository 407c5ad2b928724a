import numpy as np

from monomsk_perception.frozen_images import FROZEN_AFTER_NS, FrozenImages

FRAME_NS = 33_333_333


def test_a_repeated_image_is_noticed_and_the_next_other_one_goes_on() -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (2, 48, 64, 3), dtype=np.uint8)
    guard = FrozenImages()
    verdicts = [guard.check(images[0], k * FRAME_NS) for k in range(20)]
    first = verdicts.index(True)
    assert (first - 1) * FRAME_NS <= FROZEN_AFTER_NS < first * FRAME_NS
    assert all(verdicts[first:])
    assert not guard.check(images[1], 20 * FRAME_NS)


def test_noise_of_one_grey_level_is_a_living_camera() -> None:
    rng = np.random.default_rng(0)
    image = np.full((480, 640, 3), 90, np.uint8)
    guard = FrozenImages()
    for k in range(100):
        noisy = image + rng.integers(0, 2, image.shape, dtype=np.uint8)
        assert not guard.check(noisy, k * FRAME_NS)


def test_images_doubled_for_a_higher_rate_are_no_fault() -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (30, 48, 64, 3), dtype=np.uint8)
    guard = FrozenImages()
    assert not any(guard.check(images[k // 2], k * FRAME_NS) for k in range(60))


def test_a_jump_back_in_time_starts_anew() -> None:
    image = np.zeros((48, 64, 3), np.uint8)
    guard = FrozenImages()
    assert not guard.check(image, 10 * FROZEN_AFTER_NS)
    assert not guard.check(image, 0)
    assert guard.check(image, 2 * FROZEN_AFTER_NS)
