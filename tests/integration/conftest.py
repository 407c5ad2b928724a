from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.integration.fault_stack import Stack

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


@pytest.fixture(scope="module")
def stack(workspace_environment, tmp_path_factory, request):
    """A running graph of one module's own: fault camera, perception, dynamics, observer."""
    pytest.importorskip("rclpy", reason="rclpy cannot be imported: run `make setup`")
    namespace = "/" + request.module.__name__.rsplit(".", 1)[-1]
    running = Stack(workspace_environment, tmp_path_factory.mktemp("faults"), namespace)
    try:
        running.start_camera()
        running.start("perception")
        running.start("dynamics")
        running.steady()
        yield running
    finally:
        running.close()
