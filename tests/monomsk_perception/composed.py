"""Pictures with two people: cut-outs of a sample video pushed through a grey room."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from tests.monomsk_perception.conftest import sample_video

SIZE = (960, 640)
_STRIP = slice(60, 260)  # columns around the person of the shrunk sample
_ROWS = slice(100, 480)


def cut_outs(count: int, video: str = "cam01.mp4") -> list[np.ndarray]:
    """A person with some background, (380, 200, 3) each."""
    capture = cv2.VideoCapture(str(sample_video(video)))
    pictures = []
    while len(pictures) < count:
        read, picture = capture.read()
        if not read:
            break
        small = cv2.resize(picture, (360, 640), interpolation=cv2.INTER_AREA)
        pictures.append(small[_ROWS, _STRIP].copy())
    capture.release()
    return pictures


def repainted(picture: np.ndarray) -> np.ndarray:
    """The same person, mirrored, of other colours: blue skin and light trousers."""
    lab = cv2.cvtColor(picture[:, ::-1], cv2.COLOR_BGR2LAB).astype(int)
    lab[..., 0] = np.where(lab[..., 0] < 70, 220 - lab[..., 0], lab[..., 0])
    lab[..., 1:] = 256 - lab[..., 1:]
    return cv2.cvtColor(np.clip(lab, 0, 255).astype(np.uint8), cv2.COLOR_LAB2BGR)


def room(seed: int = 0) -> np.ndarray:
    """An empty room with the noise of a camera."""
    rng = np.random.default_rng(seed)
    walls = np.full((SIZE[1], SIZE[0], 3), 120, np.uint8)
    walls[480:] = 90
    return walls + rng.integers(0, 6, walls.shape, dtype=np.uint8)


def put(scene: np.ndarray, person: np.ndarray, x: float, y: float = 310.0) -> None:
    """Paste a cut-out with its middle at a place; its edges are soft."""
    height, width = person.shape[:2]
    across = np.clip((1.0 - np.abs(np.linspace(-1, 1, width))) / 0.25, 0.0, 1.0)
    left, top = round(x - width / 2), round(y - height / 2)
    begin, end = max(0, left), min(scene.shape[1], left + width)
    if begin >= end:
        return
    part = slice(begin - left, end - left)
    alpha = across[None, part, None]
    under = scene[top : top + height, begin:end]
    under[:] = alpha * person[:, part] + (1.0 - alpha) * under


def crossing(step_px: float = 10.0, front_is_other: bool = True) -> Iterator[tuple]:
    """Two people walk through each other's place: one from the left, the other, repainted.

    Yields:
        Picture, place of the person, place of the other [px].
    """
    people = cut_outs(90)
    for index, person in enumerate(people):
        x, other_x = 130.0 + step_px * index * 0.8, 830.0 - step_px * index * 0.8
        scene = room(index)
        layers = [(person, x), (repainted(people[-1 - index]), other_x)]
        for layer, place in layers if front_is_other else layers[::-1]:
            put(scene, layer, place)
        yield scene, x, other_x
