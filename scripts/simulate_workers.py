"""The scheduler of engines alone: a thousand workers of a simulated clock, work of realistic times, workers that die.

    python scripts/simulate_workers.py [--workers 1000] [--batches 100] [--deaths 0.001]

An item takes 10 ms on average, log-normally, one in a thousand 5 s; a start, and so a death, costs 10 s, which is what
a new process needs to load JAX and what it has compiled. Busy is the share of the workers' time that is work that
counted, so not what a second worker answered again: once all have started and while there is work for all, from the
beginning on, and until the last answer.
Decisions are batches that the scheduler gave out, in a second of its own time.
"""

import argparse
import heapq
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from tables import count

from nsos_jax.engines import Answered, Died, Event, Failure, Schedule, run_batches

START, SLOW, RARE = 10.0, 5.0, 1e-3


class Clock:
    """Workers whose batches end at times of a clock that `wait` turns on."""

    def __init__(self, deaths: float) -> None:
        self.now = self.worked = self.full = self.worked_when_full = 0.0
        self.sent = 0
        self._random = np.random.default_rng(0)
        self._deaths = deaths
        self._ends: list[tuple[float, int, bool, Sequence[int], np.ndarray]] = []
        self._answered: set[int] = set()
        self._ready: dict[int, float] = {}

    def start(self) -> int:
        number = len(self._ready)
        self._ready[number] = self.now + START
        return number

    def send(self, worker: int, items: Sequence[Any]) -> None:
        seconds = self._random.lognormal(-0.5, 1.0, len(items)) * 0.01
        seconds[self._random.random(len(items)) < RARE] = SLOW
        self.sent += 1
        dies = self._random.random() < self._deaths
        begins = max(self.now, self._ready[worker])
        heapq.heappush(self._ends, (begins + float(seconds.sum()), worker, dies, items, seconds))

    def wait(self, seconds: float | None) -> list[Event]:
        self.now, worker, dies, items, took = heapq.heappop(self._ends)
        if dies:
            return [Died(worker, "simulated")]
        self.worked += sum(took[i] for i, item in enumerate(items) if item not in self._answered)
        self._answered.update(items)
        return [Answered(worker, [None] * len(items))]

    def stop(self, worker: int) -> None:
        pass

    def close(self) -> None:
        pass


def items(total: int, clock: Clock) -> Iterator[int]:
    """Numbers; notes what had been done when the last one was read."""
    yield from range(total)
    clock.full, clock.worked_when_full = clock.now, clock.worked


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=count, default=1000)
    parser.add_argument("--batches", type=count, default=100, help="of 64 items, for each worker")
    parser.add_argument("--deaths", type=float, default=1e-3, help="share of the batches whose worker dies")
    given = parser.parse_args()
    clock, schedule = Clock(given.deaths), Schedule()
    total = given.workers * given.batches * schedule.size
    start = time.process_time()
    answers = list(run_batches(items(total, clock), clock, given.workers, schedule))
    own = time.process_time() - start
    assert len(answers) == total
    print(f"{given.workers} workers, {total} items, {sum(isinstance(a, Failure) for a in answers)} without an answer")
    print(f"busy once all have started         {clock.worked_when_full / (clock.full - START) / given.workers:.1%}")
    print(f"busy while there was work for all  {clock.worked_when_full / clock.full / given.workers:.1%}")
    print(f"busy until the last answer         {clock.worked / clock.now / given.workers:.1%}")
    print(f"decisions a second                 {clock.sent / own:.0f} ({own:.1f} s for {clock.now:.0f} s of the clock)")


if __name__ == "__main__":
    main()
