from pathlib import Path

import cv2
import numpy as np
import pytest

CLIP_FRAMES, CLIP_RATE_HZ, CLIP_SIZE = 60, 60.0, (160, 120)


@pytest.fixture(scope="session")
def clip(tmp_path_factory) -> Path:
    """One second at 60 Hz; frame k is grey of level 4 k."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), CLIP_RATE_HZ, CLIP_SIZE)
    for index in range(CLIP_FRAMES):
        writer.write(np.full((CLIP_SIZE[1], CLIP_SIZE[0], 3), 4 * index, np.uint8))
    writer.release()
    return path
