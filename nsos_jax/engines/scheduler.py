"""Batches go to workers, and every item is answered once, in order, whatever dies.

A batch whose worker dies, or takes longer than `patience`, is halved, and its halves go to other workers, until the
item that kills them is alone; after `tries` it is answered by a `Failure`, and all others by their answers. A slow
batch holds back the answers of at most `window` batches for each worker.
"""

import heapq
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from nsos_jax.engines.workers import Answered, Workers

SMALLEST_WAIT = 0.05


@dataclass(frozen=True)
class Failure:
    """The answer for an item that no worker survived."""

    reason: str


@dataclass(frozen=True)
class Schedule:
    """How items become batches.

    Attributes:
      size: most items of a batch.
      first: items of the first batches; they double up to `size`, so that some are finished soon.
      window: batches for each worker, from the oldest unanswered one on, that are read.
      patience: seconds after which a batch of one item is given up, for each item; infinite waits.
      tries: how often an item that is alone is tried.
    """

    size: int = 64
    first: int = 4
    window: int = 32
    patience: float = float("inf")
    tries: int = 2


@dataclass(order=True)
class _Batch:
    """Items from a place on; open ones go in the order of their places."""

    place: int
    items: Sequence[Any]
    tries: int = 0


def run_batches(items: Iterable[Any], workers: Workers, count: int, schedule: Schedule | None = None) -> Iterator[Any]:
    """The answers for all items, in their order; a `Failure` where no worker survived.

    Args:
      items: read as they are needed.
      workers: closed at the end, also where the caller stops early.
      count: how many work at a time.
      schedule: how items become batches.
    """
    run = _Run(iter(items), workers, count, schedule or Schedule())
    try:
        yield from run.answers()
    finally:
        workers.close()


class _Run:
    def __init__(self, items: Iterator[Any], workers: Workers, count: int, schedule: Schedule) -> None:
        self._items, self._workers, self._count, self._schedule = items, workers, count, schedule
        self._read = self._answered = 0
        self._size = min(schedule.first, schedule.size)
        self._again: list[_Batch] = []  # a heap of batches that have to be done once more
        self._busy: dict[int, tuple[_Batch, float]] = {}
        self._idle: list[int] = []
        self._done: dict[int, Any] = {}

    def answers(self) -> Iterator[Any]:
        while True:
            self._give_out()
            if not self._busy:
                return
            for event in self._workers.wait(self._time_left()):
                batch, _ = self._busy.pop(event.worker)
                if isinstance(event, Answered):
                    self._idle.append(event.worker)
                    self._done.update(
                        zip(range(batch.place, batch.place + len(batch.items)), event.answers, strict=True)
                    )
                else:
                    self._workers.stop(event.worker)
                    self._failed(batch, event.reason)
            self._stop_late_ones()
            while self._answered in self._done:
                yield self._done.pop(self._answered)
                self._answered += 1

    def _give_out(self) -> None:
        while len(self._busy) < self._count and (batch := self._next_batch()) is not None:
            worker = self._idle.pop() if self._idle else self._workers.start()
            self._busy[worker] = batch, time.monotonic()
            self._workers.send(worker, batch.items)

    def _next_batch(self) -> _Batch | None:
        if self._again:
            return heapq.heappop(self._again)
        if self._read - self._answered >= self._schedule.window * self._count * self._size:
            return None
        if not (items := list(islice(self._items, self._size))):
            return None
        batch = _Batch(self._read, items)
        self._read += len(items)
        if self._read >= 2 * self._count * self._size:
            self._size = min(2 * self._size, self._schedule.size)
        return batch

    def _failed(self, batch: _Batch, reason: str) -> None:
        half = len(batch.items) // 2
        if half:
            for start, part in ((0, batch.items[:half]), (half, batch.items[half:])):
                heapq.heappush(self._again, _Batch(batch.place + start, part))
        elif batch.tries + 1 < self._schedule.tries:
            heapq.heappush(self._again, _Batch(batch.place, batch.items, batch.tries + 1))
        else:
            self._done[batch.place] = Failure(reason)

    def _deadline(self, batch: _Batch, start: float) -> float:
        return start + self._schedule.patience * len(batch.items)

    def _time_left(self) -> float | None:
        """Until the first batch is late."""
        if self._schedule.patience == float("inf"):
            return None
        first = min(self._deadline(batch, start) for batch, start in self._busy.values())
        return max(first - time.monotonic(), SMALLEST_WAIT)

    def _stop_late_ones(self) -> None:
        now = time.monotonic()
        late = [worker for worker, (batch, start) in self._busy.items() if self._deadline(batch, start) <= now]
        for worker in late:
            batch, _ = self._busy.pop(worker)
            self._workers.stop(worker)
            self._failed(batch, f"no answer within {self._schedule.patience:g} s")
