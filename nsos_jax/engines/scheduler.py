"""Batches go to workers, and every item is answered once, in order, whatever dies.

A batch whose worker dies, or takes longer than `patience`, is halved, and its halves go to other workers, until the
item that kills them is alone; after `tries` it is answered by a `Failure`, and all others by their answers. Where
workers have nothing else to do they take over halves of the batch that has been away longest; the first answer for an
item counts. A slow item holds back the answers of at most `window` batches for each worker.
"""

import heapq
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from nsos_jax.engines.workers import Answered, Workers

SMALLEST_WAIT = 0.05
FALSE_STARTS = 10
"""Workers that may die one after the other before they have begun; then their batches are suspects, too."""
_NOTHING = object()


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
      cost: what an item is expected to cost, in any unit.
      budget: most that the items of a batch may cost together; an item that costs more is alone.
      window: batches for each worker, from the oldest unanswered one on, that are read.
      patience: seconds after which a batch of one item is given up; infinite waits.
      further: seconds more for each further item of a batch.
      tries: how often an item that is alone is tried.
    """

    size: int = 64
    first: int = 4
    cost: Callable[[Any], float] | None = None
    budget: float = float("inf")
    window: int = 32
    patience: float = float("inf")
    further: float = 0.0
    tries: int = 2


@dataclass(frozen=True)
class RunState:
    """How far a run has come.

    Attributes:
      answered: items, in order.
      busy: workers that have a batch.
      idle: workers that have none.
      died: workers that died or were given up.
      split: batches that were away longest when workers had nothing else to do.
    """

    answered: int
    busy: int
    idle: int
    died: int
    split: int


@dataclass(order=True)
class _Batch:
    """Items from a place on; open ones go in the order of their places."""

    place: int
    items: Sequence[Any] = field(compare=False)
    tries: int = field(default=0, compare=False)
    suspect: bool = field(default=False, compare=False)
    """A worker died of it, or of a batch that it is a half of."""
    is_split: bool = field(default=False, compare=False)
    """Other workers have been given its halves, too."""

    def halves(self, suspect: bool) -> "list[_Batch]":
        half = len(self.items) // 2
        return [
            _Batch(self.place + start, part, suspect=suspect)
            for start, part in ((0, self.items[:half]), (half, self.items[half:]))
        ]


def run_batches(
    items: Iterable[Any],
    workers: Workers,
    count: int,
    schedule: Schedule | None = None,
    watch: Callable[[RunState], None] | None = None,
) -> Generator[Any, None, None]:
    """The answers for all items, in their order; a `Failure` where no worker survived.

    Args:
      items: read as they are needed.
      workers: closed at the end, also where the caller stops early.
      count: how many work at a time.
      schedule: how items become batches.
      watch: told of the progress after each event.
    """
    run = _Run(iter(items), workers, count, schedule or Schedule())
    try:
        yield from run.answers(watch or (lambda progress: None))
    finally:
        workers.close()


class _Run:
    def __init__(self, items: Iterator[Any], workers: Workers, count: int, schedule: Schedule) -> None:
        self._items, self._workers, self._count, self._schedule = items, workers, count, schedule
        self._read = self._answered = self._died = self._split = 0
        self._size = min(schedule.first, schedule.size)
        self._held: Any = _NOTHING  # an item that was too dear for the batch before
        self._is_read = False
        self._again: list[_Batch] = []  # a heap of batches that have to be done once more
        self._busy: dict[int, _Batch] = {}  # in the order of their start
        self._deadlines: list[tuple[float, int, _Batch]] = []  # a heap, also of batches that are back
        self._idle: list[int] = []
        self._false_starts = 0
        self._done: dict[int, Any] = {}

    def answers(self, watch: Callable[[RunState], None]) -> Iterator[Any]:
        while True:
            self._give_out()
            if self._is_read and self._answered == self._read:
                return
            for event in self._workers.wait(self._time_left()):
                batch = self._busy.pop(event.worker, None)
                if batch is None:
                    self._died_idle(event.worker)
                elif isinstance(event, Answered):
                    self._idle.append(event.worker)
                    self._false_starts = 0
                    self._keep(batch, event.answers)
                else:
                    self._workers.stop(event.worker)
                    self._failed(batch, event.reason, event.began)
            self._stop_late_ones()
            while self._answered in self._done:
                yield self._done.pop(self._answered)
                self._answered += 1
            watch(RunState(self._answered, len(self._busy), len(self._idle), self._died, self._split))

    def _give_out(self) -> None:
        while len(self._busy) < self._count and (batch := self._next_batch()) is not None:
            worker = self._idle.pop() if self._idle else self._workers.start()
            self._busy[worker] = batch
            if self._schedule.patience < float("inf"):
                deadline = time.monotonic() + self._patience(batch)
                heapq.heappush(self._deadlines, (deadline, worker, batch))
            self._workers.send(worker, batch.items)

    def _patience(self, batch: _Batch) -> float:
        return self._schedule.patience + self._schedule.further * (len(batch.items) - 1)

    def _next_batch(self) -> _Batch | None:
        if (batch := self._next_again()) is not None:
            return batch
        if not self._is_read and self._read - self._answered < self._schedule.window * self._count * self._size:
            if items := self._next_items():
                batch = _Batch(self._read, items)
                self._read += len(items)
                if self._read >= 2 * self._count * self._size:
                    self._size = min(2 * self._size, self._schedule.size)
                return batch
            self._is_read = True
        if self._idle:
            self._split_oldest()
        return self._next_again()

    def _next_items(self) -> list[Any]:
        """As many as are a batch by number and by cost."""
        items: list[Any] = []
        left = self._schedule.budget
        while len(items) < self._size:
            item = next(self._items, _NOTHING) if self._held is _NOTHING else self._held
            self._held = _NOTHING
            if item is _NOTHING:
                break
            if self._schedule.cost is not None:
                left -= self._schedule.cost(item)
                if left < 0 and items:
                    self._held = item
                    break
            items.append(item)
        return items

    def _next_again(self) -> _Batch | None:
        while self._again:
            batch = heapq.heappop(self._again)
            if any(self._is_open(place) for place in range(batch.place, batch.place + len(batch.items))):
                return batch
        return None

    def _split_oldest(self) -> None:
        """Its worker may be slow, or one of its items; what a worker died of is left to the halving."""
        for batch in self._busy.values():
            if len(batch.items) > 1 and not (batch.suspect or batch.is_split):
                batch.is_split = True
                self._split += 1
                for half in batch.halves(suspect=False):
                    heapq.heappush(self._again, half)
                return

    def _is_open(self, place: int) -> bool:
        return place >= self._answered and place not in self._done

    def _keep(self, batch: _Batch, answers: Sequence[Any]) -> None:
        """The answers for what nobody has answered yet."""
        for place, answer in zip(range(batch.place, batch.place + len(batch.items)), answers, strict=True):
            if self._is_open(place):
                self._done[place] = answer

    def _failed(self, batch: _Batch, reason: str, began: bool = True) -> None:
        self._died += 1
        self._false_starts += not began
        if not began and self._false_starts <= FALSE_STARTS:
            heapq.heappush(self._again, batch)
        elif len(batch.items) > 1:
            for half in batch.halves(suspect=True):
                heapq.heappush(self._again, half)
        elif batch.tries + 1 < self._schedule.tries:
            heapq.heappush(self._again, _Batch(batch.place, batch.items, batch.tries + 1, suspect=True))
        else:
            self._keep(batch, [Failure(reason)])

    def _died_idle(self, worker: int) -> None:
        """A worker died that had nothing to do, as where memory is exhausted: no item is to blame."""
        self._died += 1
        self._idle = [other for other in self._idle if other != worker]
        self._workers.stop(worker)

    def _time_left(self) -> float | None:
        """Until the first batch is late."""
        while self._deadlines and self._busy.get(self._deadlines[0][1]) is not self._deadlines[0][2]:
            heapq.heappop(self._deadlines)
        if not self._deadlines:
            return None
        return max(self._deadlines[0][0] - time.monotonic(), SMALLEST_WAIT)

    def _stop_late_ones(self) -> None:
        now = time.monotonic()
        while self._deadlines and self._deadlines[0][0] <= now:
            _, worker, batch = heapq.heappop(self._deadlines)
            if self._busy.get(worker) is batch:
                del self._busy[worker]
                self._workers.stop(worker)
                self._failed(batch, f"no answer within {self._patience(batch):g} s")
