"""How many examples a property is tried on: always the same ones, however long each takes."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, settings


def few(examples: int) -> Callable:
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
