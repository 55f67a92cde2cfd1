"""Schedules of nested bases: growth, least expected cost against all schedules, the fitted ratio against many."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsos_jax.bases.schedules import Run, cheapest_schedule, expansion_schedule, fit_ratio, rung_cost, schedule_cost
from nsos_jax.proposers import NEEDED, Proposal

SETTINGS = settings(max_examples=60, deadline=None)


@SETTINGS
@given(st.integers(0, 50), st.integers(0, 2000), st.floats(1.01, 4))
def test_growing_sizes(start, more, ratio):
    sizes = expansion_schedule(start, start + more, ratio)
    assert sizes[0] == start
    assert sizes[-1] == start + more
    assert all(a < b for a, b in itertools.pairwise(sizes))
    assert all(b >= ratio * a - 1e-6 for a, b in itertools.pairwise(sizes[:-1]))
    assert all(b <= max(ratio * a, a) + 1 for a, b in itertools.pairwise(sizes))


@pytest.mark.parametrize(("start", "total", "ratio"), [(5, 4, 1.5), (-1, 4, 1.5), (1, 4, 1.0), (1, 4, float("nan"))])
def test_bad_schedules_are_refused(start, total, ratio):
    with pytest.raises(ValueError, match="must"):
        expansion_schedule(start, total, ratio)


def expected_cost(sizes, chances):
    paid = 1.0
    cost = 0.0
    for size in sizes:
        cost += paid * rung_cost(size)
        paid = 1 - np.prod(1 - chances[size:])
    return cost


@SETTINGS
@given(st.lists(st.floats(0.001, 0.999), min_size=1, max_size=9), st.integers(0, 40), st.data())
def test_no_schedule_is_cheaper(chances, certain, data):
    chances = np.array([0.999] * certain + sorted(chances, reverse=True))
    total = len(chances)
    start = data.draw(st.integers(certain, total))
    chosen = cheapest_schedule(chances, start)
    assert start <= chosen[0]
    assert chosen[-1] == total
    inner = range(start, total)
    every = ([*sizes, total] for count in range(len(inner) + 1) for sizes in itertools.combinations(inner, count))
    assert expected_cost(chosen, chances) == pytest.approx(min(expected_cost(sizes, chances) for sizes in every))


def test_chances_of_zero_and_one_are_not_believed():
    chances = np.array([1.0] * 30 + [0.0] * 300)
    sizes = cheapest_schedule(chances, 30)
    assert sizes[0] == 30
    assert sizes[-1] == 330, "though no later monomial has a chance"
    assert len(sizes) < 8
    assert cheapest_schedule(np.ones(4), 4) == [4]
    assert cheapest_schedule(np.zeros(0), 0) == [0]


def test_a_start_beyond_the_candidates_is_refused():
    with pytest.raises(ValueError, match="start must be from 0 to 3"):
        cheapest_schedule(np.ones(3), 4)


def test_a_proposal_with_chances_takes_the_cheapest_schedule_for_what_is_needed():
    order = np.arange(42)[:, None]
    chances = np.array([1.0] * 20 + [0.3] * 2 + [0.01] * 20)
    proposal = Proposal(order, 20, chances)
    assert [len(rung) for rung in proposal.rungs()] == cheapest_schedule(NEEDED * chances, 20)
    assert len(proposal.rungs()[0]) == 20, "the next two may be in the basis, and are seldom needed"
    assert cheapest_schedule(chances, 20)[0] == 22
    known = proposal._replace(works=np.array([0.0] * 24 + [0.99] * 18))
    assert [len(rung) for rung in known.rungs()] == [25, 42], "what is known of prefixes stands as it is"
    assert [len(rung) for rung in Proposal(order, 20).rungs(2.0)] == [20, 40, 42]


def test_no_ratio_of_a_fine_grid_is_clearly_better():
    rng = np.random.default_rng(0)
    runs = []
    for _ in range(60):
        start = int(rng.integers(10, 60))
        needed = start + int(rng.geometric(0.1)) - 1
        runs.append(Run(start, needed, needed + int(rng.integers(0, 80))))

    def mean_cost(ratio):
        return np.mean([schedule_cost(run, ratio) / rung_cost(run.needed) for run in runs])

    best = min(mean_cost(ratio) for ratio in np.linspace(1.02, 4, 600))
    assert mean_cost(fit_ratio(runs)) <= 1.02 * best
    assert mean_cost(4.0) > 1.1 * best


@pytest.mark.parametrize(
    "runs",
    [
        [Run(4, int(4 * length), 8000) for length in np.geomspace(300, 1500, 30)],
        [Run(10, int(10 * length), 4000) for length in np.linspace(20, 300, 30)],
        [Run(500, 505, 600), Run(500, 508, 600)],
    ],
    ids=["far", "spread", "near"],
)
def test_short_and_long_ways_are_fitted(runs):
    def mean_cost(ratio):
        return np.mean([schedule_cost(run, ratio) / rung_cost(run.needed) for run in runs])

    best = min(mean_cost(ratio) for ratio in np.linspace(1.01, 4, 1000))
    assert mean_cost(fit_ratio(runs)) <= 1.1 * best


def test_fitting_without_runs_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        fit_ratio([])
    assert fit_ratio([Run(10, 10, 10)]) == 4.0
