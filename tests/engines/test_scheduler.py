"""The scheduler alone, with workers of a simulated clock: nothing lost, nothing twice, all busy."""

import heapq
import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsos_jax.engines import Answered, Died, Failure, Schedule, run_batches


class Simulated:
    """Workers that take `seconds(items)` of a clock of their own, and die as `dies(items)` says."""

    def __init__(self, seconds, dies=lambda items: False, slow=()):
        self.now, self.worked, self.given, self.batches = 0.0, 0.0, Counter(), []
        self._seconds, self._dies, self._slow = seconds, dies, slow
        self._events, self._started, self.closed = [], 0, False

    def start(self):
        self._started += 1
        return self._started

    def send(self, worker, items):
        took = self._seconds(items) * (1000 if worker in self._slow else 1)
        self.batches.append(list(items))
        self.worked += took
        heapq.heappush(self._events, (self.now + took, worker, list(items)))
        self.given.update(items)

    def wait(self, seconds):
        self.now, worker, items = heapq.heappop(self._events)
        return [Died(worker, "simulated") if self._dies(items) else Answered(worker, [-item for item in items])]

    def stop(self, worker):
        self._events = [event for event in self._events if event[1] != worker]
        heapq.heapify(self._events)

    def close(self):
        self.closed = True


@given(
    total=st.integers(0, 200),
    count=st.integers(1, 9),
    size=st.integers(1, 20),
    deadly=st.sets(st.integers(0, 200), max_size=4),
    slow=st.sets(st.integers(1, 12), max_size=3),
    budget=st.sampled_from([1, 30, 500, float("inf")]),
    seed=st.integers(0, 9),
)
@settings(max_examples=60, deadline=None)
def test_every_item_is_answered_once_and_in_order(total, count, size, deadly, slow, budget, seed):
    chance = random.Random(seed)
    workers = Simulated(lambda items: chance.uniform(0.1, 9), lambda items: bool(deadly & set(items)), slow)
    schedule = Schedule(size=size, window=chance.randint(1, 9), cost=lambda item: item, budget=budget)
    answers = list(run_batches(range(total), workers, count, schedule))
    assert answers == [Failure("simulated") if item in deadly else -item for item in range(total)]
    assert workers.closed


def test_the_tries_of_an_item_that_kills_are_counted():
    workers = Simulated(lambda items: 1.0, lambda items: 7 in items)
    list(run_batches(range(16), workers, 2, Schedule(size=8, first=8, tries=3)))
    assert workers.given[7] == 3 + 3  # in batches of 8, 4, 2, and alone three times
    assert max(workers.given[item] for item in range(8, 16)) == 1


@pytest.mark.parametrize("count", [2, 50])
def test_workers_are_busy(count):
    """Items take 5 to 15 ms, one in a thousand 5 s."""
    chance = random.Random(0)

    def seconds(items):
        return sum(5.0 if chance.random() < 1e-3 else chance.uniform(0.005, 0.015) for _ in items)

    simulated = Simulated(seconds)
    for _ in run_batches(range(5000 * count), simulated, count):
        pass
    assert simulated.worked / simulated.now / count > 0.9


def test_batches_have_a_budget():
    """Dear items are alone, cheap ones share a batch, and the order stays."""
    costs = [1, 1, 1, 50, 1, 1, 4, 5, 6]
    workers = Simulated(lambda items: 1.0)
    schedule = Schedule(size=4, first=4, cost=lambda item: costs[item], budget=10)
    answers = list(run_batches(range(len(costs)), workers, 1, schedule))
    assert answers == [-item for item in range(len(costs))]
    assert workers.batches == [[0, 1, 2], [3], [4, 5, 6], [7], [8]]


def test_what_a_slow_worker_holds_is_done_by_others():
    """The first worker is a thousand times slower; without help its batch of 64 would take 64,000 s."""
    workers, seen = Simulated(lambda items: float(len(items)), slow={1}), []
    answers = list(run_batches(range(640), workers, 3, Schedule(first=64), seen.append))
    assert answers == [-item for item in range(640)]
    assert workers.now < 600
    assert max(workers.given.values()) <= 8
    assert seen[-1].split >= 1


def test_what_waits_behind_a_slow_worker_goes_on():
    """It has the oldest batch, and so nothing more would be read."""
    workers = Simulated(lambda items: float(len(items)), slow={1})
    list(run_batches(range(4000), workers, 3, Schedule(size=8, first=8, window=2)))
    assert workers.now < 4000


def test_watchers_see_deaths_and_all_answers():
    workers, seen = Simulated(lambda items: 1.0, lambda items: 3 in items), []
    list(run_batches(range(8), workers, 2, Schedule(first=4), seen.append))
    assert seen[-1].died == 4  # in batches of 4, 2, and alone twice
    assert all(progress.busy + progress.idle <= 2 for progress in seen)


@pytest.mark.parametrize("false_starts", [5, 1000])
def test_what_dies_before_it_begins_is_no_fault_of_its_batch(false_starts):
    class Starting(Simulated):
        def wait(self, seconds):
            (event,) = super().wait(seconds)
            return [Died(event.worker, "not begun", began=False)] if event.worker <= false_starts else [event]

    workers = Starting(lambda items: 1.0)
    answers = list(run_batches(range(4), workers, 1, Schedule(size=4, first=4, tries=1)))
    if false_starts == 5:
        assert answers == [0, -1, -2, -3]
        assert workers.batches == [[0, 1, 2, 3]] * 6
    else:  # where none ever begins, that is the answer
        assert answers == [Failure("not begun")] * 4
