"""Coverage, peeling, repair, diagonal consistency against brute force on small cases."""

import itertools
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsos_jax.bases import matching
from nsos_jax.bases.consistency import combinatorial_bound, diagonal_consistency
from nsos_jax.bases.coverage import covering_candidates, even_support, nearby_candidates, repair_coverage
from nsos_jax.bases.matching import covers, uncovered
from nsos_jax.bases.pairs import pair_rows
from nsos_jax.bases.peeling import peel

SETTINGS = settings(max_examples=60, deadline=None)


def as_set(rows):
    return set(map(tuple, np.asarray(rows).tolist()))


def products(basis):
    return {tuple(a + b) for a, b in itertools.combinations_with_replacement(basis, 2)}


def from_set(rows, n):
    return np.array(sorted(rows), np.int64).reshape(-1, n)


@st.composite
def monomials(draw, n=None, most=3, least_size=1, size=7):
    n = n or draw(st.integers(1, 3))
    rows = draw(st.sets(st.tuples(*[st.integers(0, most)] * n), min_size=least_size, max_size=size))
    order = draw(st.permutations(sorted(rows)))
    return np.array(order, np.int64).reshape(-1, n)


@st.composite
def support_and_basis(draw):
    n = draw(st.integers(1, 3))
    return draw(monomials(n, most=6, size=12)), draw(monomials(n))


def planted(seed, n, half_degree, size, density=1.0):
    """A basis, and the products of those of its pairs that a random symmetric pattern with full diagonal holds."""
    rng = np.random.default_rng(seed)
    rows = rng.multinomial(half_degree, np.full(n + 1, 1 / (n + 1)), size=4 * size)[:, :n]
    basis = np.unique(rows, axis=0)
    basis = basis[rng.permutation(len(basis))[:size]]
    i, j = np.nonzero((rng.random((len(basis), len(basis))) < density) | np.eye(len(basis), dtype=bool))
    return basis, np.unique(basis[i] + basis[j], axis=0)


WIDE = planted(0, 100, 5, 40, 0.3)


@SETTINGS
@given(monomials(most=6))
def test_even_support(support):
    assert as_set(2 * even_support(support)) == {row for row in as_set(support) if not any(e % 2 for e in row)}


@SETTINGS
@given(support_and_basis())
def test_pair_rows(drawn):
    support, basis = drawn
    maps = pair_rows(support, basis)
    assert np.array_equal(maps.row_exponents[maps.rows], basis[:, None] + basis[None, :])
    assert len(maps.row_exponents) == len(as_set(maps.row_exponents)) == len(products(basis))
    for term, row in zip(support, maps.support_row, strict=True):
        assert tuple(term) in products(basis) if row >= 0 else tuple(term) not in products(basis)
        assert row < 0 or np.array_equal(maps.row_exponents[row], term)
    assert maps.rows.dtype == maps.support_row.dtype == np.int32


@SETTINGS
@given(support_and_basis())
def test_uncovered(drawn):
    support, basis = drawn
    expected = [tuple(term) not in products(basis) for term in support]
    assert uncovered(support, basis).tolist() == expected
    assert covers(support, basis) == (not any(expected))


def test_without_variables_or_monomials():
    constant, empty = np.zeros((1, 0), np.int64), np.zeros((0, 2), np.int64)
    assert covers(constant, constant)
    assert peel(constant).kept == 1
    assert uncovered(np.array([[1, 1]]), empty).tolist() == [True]
    assert peel(np.array([[1, 1]])).kept == 0


def slow_peel(support, pool):
    """`peel` by its definition, for a pool in canonical order."""
    wanted = as_set(support)
    alive, dropped = list(map(tuple, pool.tolist())), []
    fixed: set[tuple[int, ...]] = set()
    covered = products(pool) & wanted

    def partners(m):
        return sum(tuple(np.add(m, b)) in wanted for b in alive)

    while set(alive) - fixed:
        m = min((m for m in alive if m not in fixed), key=partners)
        rest = [b for b in alive if b != m]
        if products(np.array(rest)) & wanted == covered:
            alive = rest
            dropped.append(m)
        else:
            fixed.add(m)
    return alive, dropped


@SETTINGS
@given(monomials(n=2, most=4, least_size=2), st.data())
def test_peel_follows_its_definition(basis, data):
    support = from_set(data.draw(st.sets(st.sampled_from(sorted(products(basis))), min_size=1)), 2)
    result = peel(support, basis)
    assert as_set(result.order) == as_set(basis)
    moments = [(support[:, v].max(), *((support[:, v] ** p).sum() for p in (1, 2, 3))) for v in range(2)]
    variables = sorted(range(2), key=lambda v: moments[v])
    canonical = np.array(sorted(basis.tolist(), key=lambda m: (sum(m), [m[v] for v in reversed(variables)])))
    alive, dropped = slow_peel(support, canonical)
    assert as_set(result.order[: result.kept]) == set(alive)
    assert [tuple(m) for m in result.order[result.kept :].tolist()] == dropped[::-1]


@SETTINGS
@given(support_and_basis(), st.randoms(use_true_random=False))
def test_peel_does_not_depend_on_the_order_of_rows(drawn, random):
    support, basis = drawn
    order = list(range(len(basis)))
    random.shuffle(order)
    first, second = peel(support, basis), peel(support[::-1], basis[order])
    assert np.array_equal(first.order, second.order)
    assert first.kept == second.kept


@pytest.mark.parametrize("seed", range(5))
def test_peel_renames_with_the_variables(seed):
    _, support = planted(seed, 4, 6, 15, 0.4)
    permutation = np.random.default_rng(seed).permutation(4)
    straight, renamed = peel(support), peel(support[:, permutation])
    assert straight.kept == renamed.kept
    assert np.array_equal(straight.order[:, permutation], renamed.order)


@pytest.mark.parametrize("seed", range(3))
def test_peel_finds_the_planted_basis(seed):
    basis, support = planted(seed, 6, 10, 30)
    result = peel(support)
    assert as_set(result.order[: result.kept]) == as_set(basis)


@SETTINGS
@given(monomials(most=6, size=12), st.integers(1, 2), st.integers(0, 5), st.booleans())
def test_matches_are_all_pairs_with_a_wanted_product(basis, power, dropped, peeled):
    basis = basis * power
    wanted = from_set(products(basis), basis.shape[1])[dropped:]
    pairs = itertools.combinations_with_replacement(range(len(basis)), 2)
    places = {tuple(row): place for place, row in enumerate(wanted.tolist())}
    expected = [(i, j, places.get(tuple((basis[i] + basis[j]).tolist()))) for i, j in pairs]
    with patch.object(matching, "FEW_PAIRS", 0):  # by variables and parities, however few pairs there are
        found = matching.matches(wanted, basis)
        assert len(found.left) <= matching.most_matches(wanted, basis)
        order = peel(wanted, basis) if peeled else None
    assert list(zip(*map(np.ndarray.tolist, found), strict=True)) == [hit for hit in expected if hit[2] is not None]
    assert order is None or np.array_equal(order.order, peel(wanted, basis).order)


def test_few_parities_leave_few_pairs():
    """Of the pairs of the 330 monomials of degree up to 4 in 7 variables, those with an even product."""
    basis = from_set({tuple(row) for row in itertools.product(range(5), repeat=7) if sum(row) <= 4}, 7)
    _, sizes = np.unique(basis & 1, axis=0, return_counts=True)
    assert matching.most_matches(2 * basis, basis) == (sizes * (sizes + 1) // 2).sum() < 330 * 331 / 2 / 10


def test_peel_with_100_variables():
    basis, support = WIDE
    result = peel(support)
    assert covers(support, result.order[: result.kept])
    assert as_set(basis) <= as_set(even_support(support))


def covers_with(support, rows):
    return as_set(support) <= products(rows)


@SETTINGS
@given(support_and_basis(), st.data())
def test_repair_covers_whenever_it_can(drawn, data):
    support, basis = drawn
    candidates = data.draw(monomials(support.shape[1], size=10))
    given_basis = basis[: data.draw(st.integers(0, len(basis)))]
    repaired = repair_coverage(support, given_basis, candidates)
    together = from_set(as_set(given_basis) | as_set(candidates), support.shape[1])
    assert repaired.complete == covers_with(support, together)
    assert repaired.complete == covers_with(support, repaired.basis)
    assert np.array_equal(repaired.basis[: len(given_basis)], given_basis)
    assert len(as_set(repaired.basis)) == len(repaired.basis)
    assert as_set(repaired.basis[len(given_basis) :]) <= as_set(candidates)


@SETTINGS
@given(monomials(n=2, most=3, least_size=3), monomials(n=2, most=3, size=10))
def test_repair_appends_the_candidate_with_most_votes(basis, candidates):
    support = from_set(products(basis), 2)
    kept = basis[1:]
    missing = as_set(support) - products(kept)

    def votes(m):
        return sum(tuple(np.add(m, b)) in missing for b in {*as_set(kept), tuple(m)})

    def rank(m):
        useful = tuple(np.add(m, m)) in as_set(support) | products(kept)
        return votes(m), useful, sum(tuple(np.add(m, b)) in as_set(support) for b in kept)

    best = max(candidates.tolist(), key=rank)
    repaired = repair_coverage(support, kept, candidates)
    if votes(best):
        assert repaired.basis[len(kept)].tolist() == best


@SETTINGS
@given(monomials(least_size=2), st.integers(1, 2))
def test_nearby_candidates_hold_what_was_removed(basis, removed):
    support = from_set(products(basis), basis.shape[1])
    near = nearby_candidates(support, basis[removed:])
    lost = as_set(support) - products(basis[removed:])
    for m in basis[:removed]:
        votes = {tuple(m + b) for b in [*basis[removed:], m]} & lost
        assert not votes or tuple(m) in as_set(near)
    assert (2 * near.sum(axis=1) <= support.sum(axis=1).max()).all()


def slow_consistency(candidates, positive_terms):
    alive = set(map(tuple, candidates.tolist()))
    while True:
        sums = {tuple(np.add(a, b)) for a, b in itertools.combinations(alive, 2)}
        remain = {m for m in alive if tuple(2 * np.array(m)) in sums | positive_terms}
        if remain == alive:
            return alive
        alive = remain


@SETTINGS
@given(monomials(n=2, most=5, size=20), monomials(n=2, most=8, size=5), st.data())
def test_diagonal_consistency_reaches_the_fixed_point(candidates, support, data):
    positive = np.array(data.draw(st.lists(st.booleans(), min_size=len(support), max_size=len(support))))
    remain = diagonal_consistency(candidates, support, positive)
    assert as_set(candidates[remain]) == slow_consistency(candidates, as_set(support[positive]))


@given(st.integers(0, 10**30))
def test_combinatorial_bound_is_the_least(num_terms):
    k = combinatorial_bound(num_terms)
    assert k * (k + 1) // 2 >= num_terms
    assert k == 0 or (k - 1) * k // 2 < num_terms


def test_combinatorial_bound_refuses():
    with pytest.raises(ValueError, match="num_terms"):
        combinatorial_bound(-1)


def test_a_tie_falls_to_a_monomial_whose_row_need_not_vanish():
    """x^3*y is x^2*y times x, or y times x^3; y^2 is no term and no product, x^4*y^2 is the product of x^4 and y^2."""
    squares = np.array([[4, 0], [0, 2], [1, 0], [3, 0]])
    support = np.concatenate([2 * squares, [[3, 1]]])
    assert covering_candidates(support).tolist() == [*squares.tolist(), [2, 1]]
