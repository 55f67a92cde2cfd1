"""Products of monomials are told apart exactly, whatever the hashes do."""

import numpy as np
import pytest

from nsos_jax.certificates import products
from nsos_jax.certificates.data import BeyondLimits
from nsos_jax.certificates.products import MiddleTable, monomial_words, number_products, numbered


@pytest.mark.parametrize(("variables", "most"), [(0, 3), (1, 10_000), (2, 3), (30, 3), (31, 3), (32, 3), (40, 10_000)])
def test_products_against_tuples(variables, most):
    rng = np.random.default_rng(variables)
    rows = np.concatenate([rng.integers(0, 2, (20, variables)), most - rng.integers(0, 2, (20, variables))])
    rows = rows.astype(np.int32)
    words = monomial_words(rows, np.full(variables, 2 * most))
    i, j = np.triu_indices(len(rows))
    numbers = number_products(words, i, j)
    found: dict[tuple[int, ...], int] = {}
    for key, number in zip(map(tuple, (rows[i] + rows[j]).tolist()), numbers.tolist(), strict=True):
        assert found.setdefault(key, number) == number
    assert sorted(found.values()) == list(range(len(found)))

    distinct = np.unique(rows, axis=0)
    table = MiddleTable(monomial_words(distinct, np.full(variables, 2 * most)), len(distinct))
    i, j = np.triu_indices(len(distinct))
    middles = {tuple(row): k for k, row in enumerate((2 * distinct).tolist())}
    expected = [middles.get(tuple(row), -1) for row in (distinct[i] + distinct[j]).tolist()]
    answers = np.full(len(i), -1)
    found_at, which = table.find(i, j)
    answers[found_at] = which
    assert answers.tolist() == expected


def test_colliding_hashes_are_noticed(monkeypatch):
    """Hashes that are all equal, then good ones: the second attempt is used; without a good one the file is refused."""
    good = products.hashes
    rows = np.eye(100, dtype=np.int32)
    words = monomial_words(rows, np.full(100, 10))
    i, j = np.triu_indices(100)
    expected = number_products(words, i, j)

    def bad(words):
        yield np.zeros(words.shape[1], np.uint64)

    def bad_then_good(words):
        yield from bad(words)
        yield from good(words)

    monkeypatch.setattr(products, "hashes", bad_then_good)
    assert number_products(words, i, j).tolist() == expected.tolist()
    assert MiddleTable(words, 100).find(i, j)[0].tolist() == np.flatnonzero(i == j).tolist()
    monkeypatch.setattr(products, "hashes", bad)
    with pytest.raises(BeyondLimits, match="could not be told apart"):
        number_products(words, i, j)
    with pytest.raises(BeyondLimits, match="could not be told apart"):
        MiddleTable(words, 100)


def test_a_false_match_of_one_hash_is_no_middle(monkeypatch):
    """x0 x1 has the hash of x2^2 here, but is not its square."""
    rows = np.zeros((3, 64), dtype=np.int32)
    rows[0, 0] = rows[1, 20] = rows[2, 63] = 1
    words = monomial_words(rows, np.full(64, 10))
    assert len(words) > 1

    def crafted(words):
        yield np.array([1, 5, 3], np.uint64)

    monkeypatch.setattr(products, "hashes", crafted)
    assert MiddleTable(words, 3).find(np.array([0, 2]), np.array([1, 2]))[0].tolist() == [1]


def test_too_many_words_are_refused(monkeypatch):
    monkeypatch.setattr(products, "MAX_WORDS", 10)
    words = monomial_words(np.zeros((1, 1), np.int32), np.ones(1, np.int32))
    with pytest.raises(BeyondLimits, match="11 products of monomials"):
        number_products(words, np.zeros(11, int), np.zeros(11, int))


def test_remembered_numbers_are_those_of_their_own_arguments():
    rng = np.random.default_rng(1)
    for most in (1, 2, 1, 2, 1):
        rows = rng.integers(0, most + 1, (6, 3)).astype(np.int32)
        i, j = np.triu_indices(len(rows))
        for _ in range(2):
            found = numbered(rows, np.full(3, 2 * most), i, j)
            assert (found == number_products(monomial_words(rows, np.full(3, 2 * most)), i, j)).all()
            assert not found.flags.writeable
