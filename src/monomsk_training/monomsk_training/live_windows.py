"""Parts of films that a live answer knows: the same frames that the product looks at."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from monomsk_perception.lifter_answer import HISTORY_FRAMES, live_numbers
from monomsk_training.filming import Film


class LiveWindow(NamedTuple):
    """What is known when an answer is due.

    Attributes:
        film: The frames that are looked at.
        numbers: Which of a window they are (frames,).
        own: Row of the frame that the answer is for.
    """

    film: Film
    numbers: Tensor
    own: int


def live_window(film: Film, own: int, look_ahead: int) -> LiveWindow:
    """What a live answer knows of films.

    Args:
        film: Whole ones.
        own: Number of the frame that it is for.
        look_ahead: Later frames that it waits for.
    """
    numbers = live_numbers(own, look_ahead)
    start = max(own + 1 - HISTORY_FRAMES, 0)
    row = int(np.searchsorted(numbers, own))
    chosen = torch.as_tensor(numbers)
    return LiveWindow(film.part(chosen), chosen - start, row)
