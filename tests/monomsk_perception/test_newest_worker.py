import threading
import time

import pytest

from monomsk_perception.newest_worker import NewestWorker


class Slow:
    """Work that waits for permission; keeps what it did."""

    def __init__(self) -> None:
        self.done: list[object] = []
        self.errors: list[Exception] = []
        self.started = threading.Event()
        self.permit = threading.Semaphore(0)

    def work(self, item: object) -> None:
        self.started.set()
        assert self.permit.acquire(timeout=10.0)
        if item == "bad":
            raise ValueError("bad")
        self.done.append(item)

    def wait_for(self, count: int) -> None:
        deadline_s = time.monotonic() + 10.0
        while len(self.done) + len(self.errors) < count and time.monotonic() < deadline_s:
            time.sleep(0.002)


@pytest.fixture
def slow():
    return Slow()


def test_the_newest_wins_and_dropped_ones_are_counted(slow: Slow) -> None:
    worker = NewestWorker(slow.work, slow.errors.append)
    assert worker.offer(0) == 0
    assert slow.started.wait(5.0)
    assert [worker.offer(k) for k in (1, 2, 3)] == [0, 1, 1]
    for _ in range(2):
        slow.permit.release()
    slow.wait_for(2)
    worker.end()
    assert slow.done == [0, 3]


def test_nothing_is_dropped_where_all_are_kept(slow: Slow) -> None:
    worker = NewestWorker(slow.work, slow.errors.append, keeps_all=True, capacity=2)
    for _ in range(20):
        slow.permit.release()
    assert sum(worker.offer(k) for k in range(20)) == 0
    slow.wait_for(20)
    worker.end()
    assert slow.done == list(range(20))


def test_tasks_go_first_and_also_without_items(slow: Slow) -> None:
    worker = NewestWorker(slow.work, slow.errors.append)
    worker.submit(lambda: slow.done.append("alone"))
    slow.wait_for(1)
    worker.offer("running")
    assert slow.started.wait(5.0)
    worker.offer("item")
    worker.submit(lambda: slow.done.append("task"))
    slow.permit.release()
    slow.permit.release()
    slow.wait_for(4)
    worker.end()
    assert slow.done == ["alone", "running", "task", "item"]


def test_an_error_is_told_and_the_work_goes_on(slow: Slow) -> None:
    worker = NewestWorker(slow.work, slow.errors.append, keeps_all=True)
    for item in ("bad", "good"):
        slow.permit.release()
        worker.offer(item)
    slow.wait_for(2)
    worker.end()
    assert [str(error) for error in slow.errors] == ["bad"] and slow.done == ["good"]


def test_the_end_drops_what_waits_and_frees_who_offers(slow: Slow) -> None:
    worker = NewestWorker(slow.work, slow.errors.append, keeps_all=True, capacity=1)
    worker.offer(0)
    assert slow.started.wait(5.0)
    worker.offer(1)
    offering = threading.Thread(target=worker.offer, args=(2,))
    offering.start()
    ending = threading.Thread(target=worker.end)
    ending.start()
    slow.permit.release()
    offering.join(5.0)
    ending.join(8.0)
    assert not offering.is_alive() and not ending.is_alive() and worker.is_ending
    assert slow.done == [0]
