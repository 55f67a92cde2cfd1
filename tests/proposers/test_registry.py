"""Proposed bases: nested, covering, the same whatever the variables are called."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsos_jax import Polynomial, Status, propose
from nsos_jax.bases.coverage import covering_candidates, even_support
from nsos_jax.bases.matching import covers
from nsos_jax.proposers.proposal import Proposal
from nsos_jax.proposers.registry import RULES, find_proposer
from nsos_jax.sampling.planted import STRUCTURES, plant

FAR_FROM_COVERED = {"Hurwitz", "beyond memory"}  # no monomial completes a product with a root: only New(p) helps
SETTINGS = settings(max_examples=60, deadline=None)


def as_set(rows):
    return set(map(tuple, np.asarray(rows).tolist()))


@st.composite
def squares(draw):
    """A sum of squares in one to three variables, often with cancelled terms."""
    n = draw(st.integers(1, 3))
    monomial = st.tuples(*[st.integers(0, 3)] * n)
    roots = draw(
        st.lists(st.dictionaries(monomial, st.integers(-2, 2).filter(bool), min_size=1, max_size=4), max_size=3)
    )
    total = Polynomial.from_dict({(0,) * n: 1})
    for root in roots:
        square = Polynomial.from_dict(root)
        total = total + square * square
    return total


@pytest.mark.parametrize("name", sorted(RULES))
def test_proposals_for_named_polynomials(name, table):
    """Distinct monomials; the first rung covers every sum of squares, cancelled terms or not."""
    entries = [entry for entry in table.values() if not entry.polynomial.is_zero]
    proposals = find_proposer(name).propose([entry.polynomial for entry in entries])
    assert len(proposals) == len(entries)
    for entry, proposal in zip(entries, proposals, strict=True):
        p = entry.polynomial
        assert len(as_set(proposal.order)) == len(proposal.order), entry.name
        assert 0 <= proposal.first <= len(proposal.order)
        assert (proposal.order >= 0).all()
        assert proposal.order.shape[1] == p.num_variables
        if entry.truth is Status.SOS and entry.name not in FAR_FROM_COVERED:
            assert covers(p.exponents, proposal.order[: proposal.first]), entry.name


@pytest.mark.parametrize("name", ["cancelled x^2", "cancelled x^4", "cancelled x^4 y^2", "cancelled in a block"])
def test_cancelled_terms_are_what_they_are_said_to_be(name, table):
    """The squares that cancel are missing from {m : 2m in the support}: that set is too small or does not cover."""
    p = table[name].polynomial
    even = even_support(p.exponents)
    candidates = covering_candidates(p.exponents)
    assert covers(p.exponents, candidates)
    assert as_set(even) <= as_set(candidates)
    box = np.array(list(np.ndindex(*(p.exponents.max(axis=0) // 2 + 1))))
    missing = as_set(box) - as_set(even)
    assert any(p.coefficient([2 * e for e in m]) == 0 for m in missing)


@SETTINGS
@given(squares())
def test_candidates_cover_sums_of_squares_whenever_something_nearby_helps(p):
    """A constant is in the sum, so that products with 1 are at hand."""
    candidates = covering_candidates(p.exponents)
    assert as_set(even_support(p.exponents)) <= as_set(candidates)
    assert covers(p.exponents, candidates)
    for name in RULES:
        [rungs] = [propose([p], name)[0]]
        assert all(as_set(small) < as_set(large) for small, large in pairwise(rungs))
        assert covers(p.exponents, rungs[0])


@settings(max_examples=30, deadline=None)
@given(squares(), st.randoms(use_true_random=False))
def test_renaming_variables_keeps_the_size_of_even_support(p, random):
    order = list(range(p.num_variables))
    random.shuffle(order)
    moved = Polynomial.from_arrays(p.exponents[:, order], p.coefficients)
    [left], [right] = (find_proposer("even_support").propose([q]) for q in (p, moved))
    if covers(p.exponents, even_support(p.exponents)):
        assert as_set(left.order[:, order]) == as_set(right.order)
    assert covers(moved.exponents, right.order[: right.first])


def test_rungs_grow_up_to_the_whole_order():
    order = np.arange(40).reshape(40, 1)
    rungs = Proposal(order, 10).rungs(1.5)
    assert [len(rung) for rung in rungs] == [10, 15, 23, 35, 40]
    assert all(np.array_equal(rung, order[: len(rung)]) for rung in rungs)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_peel_returns_the_planted_basis_where_it_is_known_to(structure):
    """DESIGN, section 3: on (6, 12, 30) the rule gives back exactly what was planted."""
    for seed in range(3):
        p, basis, _ = plant(np.random.default_rng(seed), 6, 12, 30, structure)
        [rungs] = propose([p], "peel")
        assert as_set(rungs[0]) == as_set(basis)
        assert as_set(basis) <= as_set(propose([p], "even_support")[0][0])


def test_unknown_proposers_are_refused_by_name():
    with pytest.raises(ValueError, match=r"'guess'.*even_support, gram_graph, peel"):
        find_proposer("guess")
    with pytest.raises(ValueError, match="'guess'"):
        propose([Polynomial.parse("x^2")], "guess")


def test_no_polynomials():
    assert propose([]) == []
