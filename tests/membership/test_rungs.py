"""Which basis is entered first: by counts that are known before anything is solved, and with the same answers."""

import numpy as np
import pytest

from nsos_jax import Polynomial, Status, certify
from nsos_jax.membership import proposing, rungs, search
from nsos_jax.membership.costs import HEAD_START, LONGEST_HEAD_START, head_start
from nsos_jax.membership.rungs import Suggested
from nsos_jax.membership.tasks import MINOR_NEGATIVE, Candidate, Task
from nsos_jax.proofs import GramSystem
from nsos_jax.sampling import plant

NOT_ON_CLIQUES = (
    "x^2 - 2*x*y + 3*y^2 - 2*x^2*y + 2*x^2*y^2 - 2*y*z + 6*z^2 + 18*y^2*z - 54*y*z^2 + 142*y^2*z^2 + 1/1000"
)
"""Wang, Magron and Lasserre, Chordal-TSSOS, example 3.5, and 1/1000."""


def sparse(seed):
    """Planted; of its 40 monomials `peel` keeps about 30, for most seeds too few."""
    return plant(np.random.default_rng(seed), 3, 10, 40, "sparse").polynomial


def chain(count, link=2):
    """(task, basis) of a chain of 3 x_i^2 and x_i x_(i + 1)."""
    basis = np.eye(count, dtype=int)
    support = np.concatenate([2 * basis, basis[:-1] + basis[1:]])
    coefficients = [3] * count + [link] * (count - 1)
    return Task(Polynomial.from_arrays(support, coefficients), 60.0), basis


@pytest.mark.parametrize("seed", [1, 2])
def test_a_basis_that_two_monomials_show_to_be_too_small_is_not_entered(seed, monkeypatch):
    result = certify(sparse(seed), proposers=("peel", "even_support"))
    first = result.attempts[0]
    assert (first.proposer, first.outcome, first.iterations) == ("peel", MINOR_NEGATIVE, 0)
    assert result.status is Status.SOS
    assert result.proposer == "even_support"
    monkeypatch.setattr(rungs, "negative_minor", lambda system: None)
    monkeypatch.setattr(search, "negative_minor", lambda system: None)
    slower = certify(sparse(seed), proposers=("peel", "even_support"))
    assert slower.status is Status.SOS
    assert MINOR_NEGATIVE not in [attempt.outcome for attempt in slower.attempts]


def test_without_another_rule_it_is_widened_all_the_same():
    result = certify(sparse(1), proposers=("peel",))
    assert result.attempts[0].outcome == MINOR_NEGATIVE
    assert result.status is Status.SOS


def test_a_wider_basis_takes_the_place_of_one_that_is_too_small_if_it_is_little_larger():
    task, basis = chain(40, link=7)
    kept = basis[:30]
    first, *others = rungs.rungs(task, Suggested([kept], basis))
    assert len(first.basis) == 30
    assert {len(rung.basis) for rung in others} == {40}


def test_blocks_that_take_little_time_come_before_finer_covers(monkeypatch):
    task, basis = chain(30)
    assert [rung.cover for rung in rungs.rungs(task, Suggested([basis]))] == ["blocks", "cliques"]
    monkeypatch.setattr(rungs, "QUICK_SECONDS", 0.0)
    assert [rung.cover for rung in rungs.rungs(task, Suggested([basis]))] == ["cliques", "blocks"]


def test_covers_come_first_where_equations_show_the_boundary(monkeypatch):
    task, basis = chain(30)
    monkeypatch.setattr(rungs, "shows_kernels", lambda system: True)
    assert [rung.cover for rung in rungs.rungs(task, Suggested([basis]))] == ["cliques", "blocks"]


def test_a_head_start_is_in_proportion_to_what_is_ahead():
    task, basis = chain(12)
    blocks = Candidate(task, "peel", GramSystem.build(task.polynomial, basis))
    starts = [head_start(blocks, ahead) for ahead in (0.0, 0.01, 0.05, 0.15, 1.0, 1e3)]
    assert starts == sorted(starts)
    assert starts[0] == HEAD_START
    assert HEAD_START < starts[3] < LONGEST_HEAD_START == starts[-1]


@pytest.mark.parametrize("seconds", [0.0, 1e3])
def test_the_next_rule_waits_in_proportion_to_what_it_costs(seconds, monkeypatch):
    """Without interior on what `peel` keeps, it is proven late, or on the larger basis if that is entered."""
    polynomial = plant(np.random.default_rng(0), 4, 6, 20, "low-rank").polynomial
    monkeypatch.setattr(proposing, "trying", lambda sizes: seconds)
    result = certify(polynomial, proposers=("peel", "even_support"))
    assert result.status is Status.SOS
    assert [attempt.proposer for attempt in result.attempts] == ["peel", "even_support"][: 1 if seconds else 2]


@pytest.mark.parametrize(("seconds", "looked_at"), [(0.0, []), (1e3, ["cliques"])])
def test_faces_of_a_cover_wait_for_blocks_that_cost_less(seconds, looked_at, monkeypatch):
    """There is no proof on the cliques, and one inside the cone on the blocks."""
    seen = []
    prove = search.prove_on_blocks
    for name, value in (("SPARSE_SIDE", 0), ("SMALL_SIDE", 0), ("QUICK_SECONDS", 0.0), ("trying", lambda own: seconds)):
        monkeypatch.setattr(rungs, name, value)
    monkeypatch.setattr(search, "prove_on_blocks", lambda *known: seen.append("cliques") or prove(*known))
    result = certify(Polynomial.parse(NOT_ON_CLIQUES))
    assert result.status is Status.SOS
    assert result.cover == "blocks"
    assert seen == looked_at
