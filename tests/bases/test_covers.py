"""Covers: every product they need is in a block, they refine the lossless blocks, and cost less."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsos_jax.bases import matching
from nsos_jax.bases.blocks import block_rows, lossless_blocks
from nsos_jax.bases.cliques import cliques_of_neighbours
from nsos_jax.bases.covers import sparse_covers
from nsos_jax.bases.matching import matches

SETTINGS = settings(max_examples=60, deadline=None)


@st.composite
def sparse_monomials(draw):
    """Distinct monomials of few variables each, among eight."""
    one = st.lists(st.tuples(st.integers(0, 7), st.integers(1, 2)), max_size=2).map(dict)
    rows = draw(st.sets(one.map(lambda own: tuple(own.get(i, 0) for i in range(8))), min_size=1, max_size=14))
    return np.array(sorted(rows), np.int64)


def chain(n):
    """The basis 1, x_i, x_i^2 and a support that joins neighbours."""
    eye = np.eye(n, dtype=np.int64)
    basis = np.concatenate([np.zeros((1, n), np.int64), eye, 2 * eye])
    near = eye[:-1] + eye[1:]
    support = np.unique(np.concatenate([2 * basis, near, eye, 3 * eye, eye[:-1] + 2 * eye[1:]]), axis=0)
    return basis, support


@SETTINGS
@given(sparse_monomials(), sparse_monomials(), st.booleans())
def test_matches_are_all_pairs_with_a_wanted_product(basis, wanted, sparse):
    few = matching.FEW_PAIRS
    matching.FEW_PAIRS = 0 if sparse else few
    try:
        found = matches(wanted, basis)
    finally:
        matching.FEW_PAIRS = few
    place = {tuple(row): index for index, row in enumerate(wanted.tolist())}
    pairs = itertools.combinations_with_replacement(range(len(basis)), 2)
    expected = [(i, j, place[t]) for i, j in pairs if (t := tuple((basis[i] + basis[j]).tolist())) in place]
    assert list(zip(*(column.tolist() for column in found), strict=True)) == expected


@SETTINGS
@given(sparse_monomials(), st.data())
def test_covers_hold_the_support_and_refine_the_lossless_blocks(basis, data):
    pairs = data.draw(st.sets(st.tuples(*[st.sampled_from(range(len(basis)))] * 2), max_size=10))
    terms = [basis[i] + basis[j] for i, j in pairs]
    support = np.unique(np.concatenate([2 * basis, np.array(terms, np.int64).reshape(-1, 8)]), axis=0)
    lossless = [set(part.tolist()) for part in lossless_blocks(basis, support)]
    most = sum(len(part) ** 3 for part in lossless)
    for cover in sparse_covers(basis, support):
        assert cover.cost < most
        assert set().union(*(part.tolist() for part in cover.parts)) == set(range(len(basis)))
        assert all(any(part >= set(own.tolist()) for part in lossless) for own in cover.parts)
        rows = set(map(tuple, block_rows(basis, cover.parts).row_exponents.tolist()))
        assert rows >= set(map(tuple, support.tolist()))


def test_the_cheapest_cover_comes_first():
    covers = [*sparse_covers(*chain(30))]
    assert [cover.cost for cover in covers] == sorted(cover.cost for cover in covers)
    assert covers[0].largest <= 6


def test_dense_supports_have_no_covers():
    basis = np.array([row for row in itertools.product(range(3), repeat=3) if sum(row) <= 2])
    support = np.array([row for row in itertools.product(range(5), repeat=3) if sum(row) <= 4])
    assert not [*sparse_covers(basis, support)]


@pytest.mark.parametrize("filling", [False, True])
def test_cliques_of_a_cycle(filling):
    """A cycle gets a chord from every elimination but the last two."""
    cycle = [[(i - 1) % 6, (i + 1) % 6] for i in range(6)]
    cliques = cliques_of_neighbours(cycle, filling=filling)
    assert [len(clique) for clique in cliques] == [3] * 4
    assert all(any({i, j} <= set(clique.tolist()) for clique in cliques) for i, (j, _) in enumerate(cycle))


def test_few_fill_edges_before_low_degrees():
    """Two cliques of four nodes, joined by a node of degree 2, whose elimination first would join them further."""
    left, right, bridge = [0, 1, 2, 3], [4, 5, 6, 7], 8
    near = [[o for o in own if o != node] for own in (left, right) for node in own] + [[0, 4]]
    near[0].append(bridge)
    near[4].append(bridge)
    assert sorted(map(len, cliques_of_neighbours(near, filling=True))) == [2, 2, 4, 4]
    assert sorted(map(len, cliques_of_neighbours(near))) == [3, 4, 4]


def test_too_large_cliques_end_the_search():
    complete = [[j for j in range(5) if j != i] for i in range(5)]
    assert cliques_of_neighbours(complete, 4) == []


def test_a_thousand_variables_take_no_square_of_them():
    basis, support = chain(1000)
    found = matches(support, basis)
    assert len(found.left) < 20 * len(basis)
    assert matching.most_matches(support, basis) < 40 * len(basis)
