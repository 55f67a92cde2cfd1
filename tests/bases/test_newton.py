"""The half Newton polytope and vertices against one linear program per point; exclusions in exact arithmetic."""

import itertools
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from nsos_jax.bases.newton import (
    DeadlineExceeded,
    TooLarge,
    exposed_terms,
    half_newton_polytope,
    newton_vertices,
    vertex_bound,
)

SETTINGS = settings(max_examples=40, deadline=None)
MOTZKIN = np.array([[4, 2], [2, 4], [2, 2], [0, 0]])


@st.composite
def supports(draw, most=6, n=None):
    n = n or draw(st.integers(1, 3))
    rows = draw(st.sets(st.tuples(*[st.integers(0, most)] * n), min_size=1, max_size=9))
    return np.array(draw(st.permutations(sorted(rows))), np.int64).reshape(-1, n)


def in_hull(point, rows):
    """Whether the point is a convex combination of the rows, by one linear program."""
    equations = np.vstack([rows.T, np.ones(len(rows))])
    return linprog(np.zeros(len(rows)), A_eq=equations, b_eq=np.append(point, 1)).status == 0


def box_of(support):
    return np.array(list(itertools.product(*(range(top // 2 + 1) for top in support.max(axis=0)))), np.int64)


def assert_justified(support, polytope):
    """In Python integers: each point of the box that is left out has a halfspace, each halfspace cuts off something."""
    kept = set(map(tuple, polytope.monomials.tolist()))
    left_out = [m for m in box_of(support).tolist() if tuple(m) not in kept]

    def cuts(w, m):
        return 2 * sum(map(int.__mul__, w, m)) > max(sum(map(int.__mul__, w, a)) for a in support.tolist())

    halfspaces = polytope.halfspaces.tolist()
    assert all(any(cuts(w, m) for w in halfspaces) for m in left_out)
    assert all(any(cuts(w, m) for m in left_out) for w in halfspaces)
    assert not any(cuts(w, list(m)) for w in halfspaces for m in kept)


@SETTINGS
@given(supports())
def test_half_newton_polytope(support):
    polytope = half_newton_polytope(support)
    expected = [m.tolist() for m in box_of(support) if in_hull(2 * m, support)]
    assert polytope.monomials.tolist() == expected
    assert polytope.monomials.dtype == np.int32
    assert polytope.halfspaces.dtype == np.int64
    assert_justified(support, polytope)


@pytest.mark.parametrize("seed", range(3))
def test_planted_basis_is_inside(seed):
    rng = np.random.default_rng(seed)
    basis = np.unique(rng.multinomial(5, np.full(5, 0.2), size=12)[:, :4], axis=0)
    support = np.unique((basis[:, None] + basis[None]).reshape(-1, 4), axis=0)
    polytope = half_newton_polytope(support)
    assert set(map(tuple, basis.tolist())) <= set(map(tuple, polytope.monomials.tolist()))
    assert_justified(support, polytope)
    permuted = half_newton_polytope(support[:, [2, 0, 3, 1]]).monomials
    assert sorted(permuted.tolist()) == sorted(polytope.monomials[:, [2, 0, 3, 1]].tolist())


@pytest.mark.parametrize(
    ("support", "expected"),
    [
        ([[0, 0]], [[0, 0]]),
        ([[1, 1]], []),
        ([[2, 0], [0, 2]], [[0, 1], [1, 0]]),
        ([[6, 0], [0, 6]], [[0, 3], [1, 2], [2, 1], [3, 0]]),
        ([[2, 4]], [[1, 2]]),
        ([[0, 0], [20, 20]], [[i, i] for i in range(11)]),
    ],
    ids=["constant", "odd monomial", "segment", "form", "one square", "thin"],
)
def test_small_polytopes(support, expected):
    polytope = half_newton_polytope(np.array(support))
    assert polytope.monomials.tolist() == expected
    assert_justified(np.array(support), polytope)


def test_no_variables():
    polytope = half_newton_polytope(np.zeros((1, 0), np.int64))
    assert polytope.monomials.shape == (1, 0)
    assert polytope.halfspaces.shape == (0, 0)


def test_too_large_is_said_before_it_is_listed():
    support = np.concatenate([np.zeros((1, 100), np.int64), 10 * np.eye(100, dtype=np.int64)])
    with pytest.raises(TooLarge, match=r"96560646 candidate .* 2000000"):
        half_newton_polytope(support)
    with pytest.raises(ValueError, match="8 candidate monomials, the limit is 5"):
        half_newton_polytope(MOTZKIN, max_candidates=5)
    with pytest.raises(TooLarge, match="degree"):
        half_newton_polytope(np.array([[2**20]]))


def test_deadline():
    past = time.monotonic() - 1
    with pytest.raises(DeadlineExceeded, match="deadline"):
        half_newton_polytope(MOTZKIN, deadline=past)
    with pytest.raises(TimeoutError):
        newton_vertices(np.concatenate([MOTZKIN, [[3, 3]]]), deadline=past)


@pytest.mark.parametrize("function", [half_newton_polytope, newton_vertices, vertex_bound])
def test_empty_support_is_refused(function):
    with pytest.raises(ValueError, match="at least one term"):
        function(np.zeros((0, 2), np.int64))


@SETTINGS
@given(supports(most=8))
def test_newton_vertices(support):
    vertices = newton_vertices(support)
    expected = [i for i, a in enumerate(support) if len(support) == 1 or not in_hull(a, np.delete(support, i, axis=0))]
    assert vertices.terms.tolist() == expected
    values = support @ vertices.directions.T
    for column, term in enumerate(expected):
        assert (np.delete(values[:, column], term) < values[term, column]).all()
    assert vertex_bound(support) == sum(not (support[i] % 2).any() for i in expected)


@SETTINGS
@given(supports(n=2), st.lists(st.tuples(*[st.integers(-4, 4)] * 2), min_size=1, max_size=9))
def test_exposed_terms(support, directions):
    terms, which = exposed_terms(support, np.array(directions))
    unique = set()
    for w in directions:
        values = (support @ np.array(w)).tolist()
        if values.count(max(values)) == 1:
            unique.add(values.index(max(values)))
    assert terms.tolist() == sorted(unique)
    for term, direction in zip(terms, which, strict=True):
        values = support @ np.array(directions[direction])
        assert (np.delete(values, term) < values[term]).all()


def test_motzkin():
    assert half_newton_polytope(MOTZKIN).monomials.tolist() == [[0, 0], [1, 1], [1, 2], [2, 1]]
    assert vertex_bound(MOTZKIN) == 3
