"""Body shapes: stature and proportions, and the stretch of every segment that follows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
import torch
import yaml
from torch import Tensor

from monomsk_description.anatomy import Anatomy
from monomsk_description.frames import Array


@dataclass(frozen=True)
class ShapeStatistics:
    """How lengths over stature vary between adults.

    Attributes:
        names: Lengths, named as the anatomy's length rules.
        covariance: Of the logarithms of length over stature (n, n).
    """

    names: tuple[str, ...]
    covariance: Array


@cache
def shape_statistics() -> ShapeStatistics:
    """The statistics that ship with the package (data/body_shapes.yaml)."""
    file = resources.files("monomsk_training") / "data" / "body_shapes.yaml"
    entry = yaml.safe_load(file.read_text("utf-8"))
    sigma = np.array(entry["sigma"], dtype=float)
    return ShapeStatistics(
        tuple(entry["names"]), np.array(entry["correlation"]) * np.outer(sigma, sigma)
    )


class BodyShapes:
    """Between the few numbers of a body and the stretch of its segments.

    A body is its stature [m] and the logarithms (8,) of its lengths over what the stature suggests.

    Args:
        anatomy: Unscaled.
        segments: Names in the order wanted.
    """

    def __init__(self, anatomy: Anatomy, segments: tuple[str, ...]) -> None:
        statistics = shape_statistics()
        self.names = statistics.names
        self._root = np.linalg.cholesky(statistics.covariance)
        self._height_m = anatomy.height_m
        self._selector = torch.zeros(len(segments), 3, len(self.names))
        for column, name in enumerate(self.names):
            rule = anatomy.length_rules[name]
            for segment in rule.segments:
                self._selector[segments.index(segment), rule.axis, column] = 1.0

    def sample(self, rng: np.random.Generator, count: int) -> tuple[Array, Array]:
        """Statures (count,) [m] and proportions (count, 8) of random people."""
        heights = np.clip(rng.normal(1.70, 0.11, count), 1.2, 2.05)
        proportions = rng.normal(size=(count, len(self.names))) @ self._root.T
        return heights, np.clip(proportions, -0.25, 0.25)

    def factors(self, heights: Tensor, proportions: Tensor) -> Tensor:
        """Stretch (..., segments, 3) for statures (...) [m] and proportions (..., 8)."""
        stretch = torch.exp((self._selector * proportions[..., None, None, :]).sum(-1))
        return stretch * (heights / self._height_m)[..., None, None]
