"""Workers that outlast a run, so that the next one finds their compiled programs."""

from collections.abc import Sequence
from typing import Any

from nsos_jax.engines.workers import Event, Workers


class Kept:
    """Workers for several runs, one after the other: closing ends only those that are at work.

    Args:
      workers: whose life this prolongs; `end` ends it.
    """

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._free: list[int] = []
        self._in_run: set[int] = set()
        self._busy: set[int] = set()

    def start(self) -> int:
        number = self._free.pop() if self._free else self._workers.start()
        self._in_run.add(number)
        return number

    def send(self, worker: int, items: Sequence[Any]) -> None:
        self._busy.add(worker)
        self._workers.send(worker, items)

    def wait(self, seconds: float | None) -> list[Event]:
        events = self._workers.wait(seconds)
        self._busy -= {event.worker for event in events}
        return events

    def stop(self, worker: int) -> None:
        self._in_run.discard(worker)
        self._busy.discard(worker)
        self._free = [other for other in self._free if other != worker]  # it may die between runs
        self._workers.stop(worker)

    def close(self) -> None:
        for worker in list(self._busy):
            self.stop(worker)
        self._free += self._in_run
        self._in_run.clear()

    def end(self) -> None:
        """Ends them all."""
        self._workers.close()
