"""A thread that works on the newest item: the thread that brings items never waits for the work."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")

_END_TIMEOUT_S = 5.0


class NewestWorker(Generic[Item]):
    """Works on items one after the other; of those that wait, the newest wins.

    Tasks are done between two items, in order, also when no items come.

    Args:
        work: What to do with an item.
        on_error: Told of an exception that work or task did not expect; the thread goes on.
        keeps_all: Whether nothing is dropped: then `offer` waits while `capacity` items wait.
        capacity: Most items that wait where all are kept.
    """

    def __init__(
        self,
        work: Callable[[Item], None],
        on_error: Callable[[Exception], None],
        keeps_all: bool = False,
        capacity: int = 8,
    ) -> None:
        self._work = work
        self._on_error = on_error
        self._keeps_all = keeps_all
        self._capacity = capacity if keeps_all else 1
        self._items: deque[Item] = deque()
        self._tasks: deque[Callable[[], None]] = deque()
        self._changed = threading.Condition()
        self._is_ending = False
        self._thread = threading.Thread(target=self._run, name="newest_worker", daemon=True)
        self._thread.start()

    def offer(self, item: Item) -> int:
        """Hand over an item.

        Returns:
            How many waiting items were dropped for it.
        """
        dropped = 0
        with self._changed:
            while len(self._items) >= self._capacity and not self._is_ending:
                if self._keeps_all:
                    self._changed.wait(0.1)
                else:
                    self._items.popleft()
                    dropped += 1
            self._items.append(item)
            self._changed.notify_all()
        return dropped

    def submit(self, task: Callable[[], None]) -> None:
        """Have something done between two items."""
        with self._changed:
            self._tasks.append(task)
            self._changed.notify_all()

    def clear(self) -> None:
        """Drop all items that wait."""
        with self._changed:
            self._items.clear()
            self._changed.notify_all()

    def end(self) -> None:
        """End the thread after what it is working on."""
        with self._changed:
            self._is_ending = True
            self._items.clear()
            self._changed.notify_all()
        self._thread.join(_END_TIMEOUT_S)

    @property
    def is_ending(self) -> bool:
        """Whether the end was asked for; for work that waits."""
        return self._is_ending

    def _run(self) -> None:
        while (job := self._next()) is not None:
            try:
                job()
            except Exception as error:  # the stream must go on: the node reports it
                self._on_error(error)

    def _next(self) -> Callable[[], None] | None:
        with self._changed:
            while not self._items and not self._tasks and not self._is_ending:
                self._changed.wait()
            if self._tasks:
                return self._tasks.popleft()
            if self._is_ending:
                return None
            item = self._items.popleft()
            self._changed.notify_all()
        return lambda: self._work(item)
