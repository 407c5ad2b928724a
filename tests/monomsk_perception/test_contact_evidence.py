"""Contact from the image speed of heels and toes."""

import numpy as np

from monomsk_perception.contact_evidence import FOOT_LANDMARKS, ContactEvidence

FRAME_NS = 20_000_000


def rays_at(x: float) -> np.ndarray:
    rays = np.zeros((33, 3))
    rays[:, 2] = 1.0
    rays[FOOT_LANDMARKS[0], 0] = x
    return rays


def test_moving_heel_is_told_from_standing_toes() -> None:
    evidence = ContactEvidence((0.3, 0.06))
    for frame in range(8):
        # 1 m/s at 4 m distance.
        probability = evidence.update(frame * FRAME_NS, rays_at(0.25 * frame * 0.02), 4.0)
    assert probability[0] < 0.01
    assert (probability[1:] > 0.95).all()


def test_first_image_decides_nothing() -> None:
    probability = ContactEvidence((0.3, 0.06)).update(0, rays_at(0.0), 4.0)
    np.testing.assert_array_equal(probability, 0.5)


def test_unmeasured_feet_are_no_contact() -> None:
    evidence = ContactEvidence((0.3, 0.06))
    rays = np.full((33, 3), np.nan)
    for frame in range(8):
        probability = evidence.update(frame * FRAME_NS, rays, 4.0)
    np.testing.assert_array_equal(probability, 0.0)
