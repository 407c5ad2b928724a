"""Tables and numbers in Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column is text and whose others are numbers."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def number(value: float, digits: int) -> str:
    """With so many digits behind the point; `n/a` for NaN and infinity."""
    return f"{value:.{digits}f}" if math.isfinite(value) else "n/a"


def percent(share: float) -> str:
    """Of a share between 0 and 1."""
    return f"{100 * share:.1f} %" if math.isfinite(share) else "n/a"
