"""Times of the differentiable layers in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from monomsk_analysis.markdown_table import number, table


@dataclass(frozen=True)
class LayerSpeed:
    """Time of one layer a sample.

    Attributes:
        layer: its name.
        backend: who computes it, and in which precision.
        device: `cpu`, or the name of a GPU.
        batch: samples at once.
        forward_ns: forward [ns].
        both_ns: forward and backward [ns].
    """

    layer: str
    backend: str
    device: str
    batch: int
    forward_ns: float
    both_ns: float


_TEXT = (
    "Nanoseconds per sample of the layers in `monomsk_dynamics.layers`, best of several runs on "
    "one thread; a rollout counts as one sample. The tests check gradients against finite "
    "differences."
)


def layer_sections(speeds: Sequence[LayerSpeed]) -> list[str]:
    """The table, a row for each layer, backend, device and batch size."""
    rows = [
        (
            speed.layer,
            speed.backend,
            speed.device,
            f"{speed.batch}",
            number(speed.forward_ns, 0),
            number(speed.both_ns, 0),
        )
        for speed in speeds
    ]
    head = ("layer", "backend", "device", "batch", "forward [ns]", "with backward [ns]")
    return ["## Differentiable layers", _TEXT, table(head, rows)]
