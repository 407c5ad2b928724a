"""Telling a person how far a long run is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

Advance = Callable[[], None]


class Stages:
    """Stages of work, each with a bar; silent unless it has a console."""

    def __init__(self, console: Console | None = None) -> None:
        """Without a console nothing is shown."""
        self._console = console

    @contextmanager
    def stage(self, name: str, total: int | None) -> Iterator[Advance]:
        """Show a stage and give a function to call after each unit of work.

        Args:
            name: what is done.
            total: units of work, None if unknown.
        """
        if self._console is None:
            yield _nothing
            return
        columns = (
            TextColumn("{task.description:<22}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self._console) as progress:
            task = progress.add_task(name, total=total)
            yield lambda: progress.advance(task)
            # Announced totals may lie; the bar ends where the work ended.
            progress.update(task, total=progress.tasks[0].completed)


def _nothing() -> None:
    """Show nothing."""
