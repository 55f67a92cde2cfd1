"""Keys of monomials, lookups and groupings against brute force; `lift` adds variables until keys need several words."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsos_jax.polynomials import exponents
from nsos_jax.polynomials.exponents import ExponentKeys, RowTable, group_products, integral_midpoints

SETTINGS = settings(max_examples=60, deadline=None)


@st.composite
def monomials(draw, n=None, most=3, size=9):
    n = n or draw(st.integers(1, 3))
    rows = draw(st.sets(st.tuples(*[st.integers(0, most)] * n), min_size=1, max_size=size))
    return np.array(draw(st.permutations(sorted(rows))), np.int64).reshape(-1, n)


def raised(rows, lift, exponent):
    """The rows with `lift` more variables in front, all with the same exponent."""
    return np.pad(rows, ((0, 0), (lift, 0)), constant_values=exponent)


def test_keys_of_100_variables_need_more_than_one_word():
    assert not ExponentKeys(np.full(100, 10)).exact
    assert ExponentKeys(np.full(8, 20)).exact


def test_keys_refuse_negative_bounds():
    with pytest.raises(ValueError, match="nonnegative"):
        ExponentKeys(np.array([2, -1]))


@pytest.mark.parametrize("n", [2, 70])
def test_tables_refuse_equal_rows(n):
    with pytest.raises(ValueError, match="distinct"):
        RowTable(np.ones((2, n), np.int64), np.full(n, 4))


@pytest.mark.parametrize("lift", [0, 70])
@SETTINGS
@given(st.data())
def test_products_and_quotients_are_found_exactly(lift, data):
    n = data.draw(st.integers(1, 3))
    rows = raised(data.draw(monomials(n)), lift, 3)
    members = raised(data.draw(monomials(n, most=6, size=12)), lift, 6)
    position = {tuple(row): index for index, row in enumerate(members.tolist())}
    table = RowTable(members, np.full(n + lift, 9))
    expected = [[position.get(tuple(a + b), -1) for b in rows] for a in rows]
    assert table.find_products(rows, rows).tolist() == expected
    assert table.find(members).tolist() == list(range(len(members)))
    multiples = (members[:, None] + rows[None]).reshape(-1, n + lift)
    expected = [[position.get(tuple(a - b), -1) for b in rows] for a in multiples]
    assert table.find_quotients(multiples, rows).tolist() == expected


@pytest.mark.parametrize("lift", [0, 70])
@SETTINGS
@given(monomials())
def test_grouped_products(lift, rows):
    rows = raised(rows, lift, 3)
    numbers, pairs = group_products(rows)
    i, j = np.triu_indices(len(rows))
    products = rows[i] + rows[j]
    assert np.array_equal(products[pairs][numbers], products)
    assert len(pairs) == len(set(map(tuple, products)))


@SETTINGS
@given(monomials(size=12), st.integers(1, 20))
def test_integral_midpoints_are_all_pairs_of_equal_parity(rows, chunk):
    chunks = [np.sort(np.stack(pairs), axis=0).T.tolist() for pairs in integral_midpoints(rows, chunk)]
    pairs = itertools.combinations(range(len(rows)), 2)
    expected = [[i, j] for i, j in pairs if not ((rows[i] + rows[j]) % 2).any()]
    assert sorted(itertools.chain(*chunks)) == expected


def test_colliding_keys_are_noticed(monkeypatch):
    """With all pseudo-random weights equal, keys are degrees: lookups must still be right, or refuse."""
    monkeypatch.setattr(exponents.np.random, "default_rng", lambda seed: Ones())
    rows = 1 + np.eye(70, dtype=np.int64)[:2]
    table = RowTable(rows[:1], np.full(70, 4))
    assert table.find(rows).tolist() == [0, -1]
    with pytest.raises(ValueError, match="distinct"):
        RowTable(rows, np.full(70, 4))
    with pytest.raises(RuntimeError, match="collision"):
        group_products(rows)


class Ones:
    def integers(self, *limits, size, dtype):
        return np.ones(size, dtype)
