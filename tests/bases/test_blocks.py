"""Blocks are lossless partitions, and at least as fine as the sign symmetries."""

import itertools
from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nsos_jax.bases.blocks import lossless_blocks, sign_classes

SETTINGS = settings(max_examples=60, deadline=None)


@st.composite
def monomials(draw, n=None, most=3, size=9):
    n = n or draw(st.integers(1, 3))
    rows = draw(st.sets(st.tuples(*[st.integers(0, most)] * n), min_size=1, max_size=size))
    return np.array(draw(st.permutations(sorted(rows))), np.int64).reshape(-1, n)


def products(basis):
    return {tuple(a + b) for a, b in itertools.combinations_with_replacement(basis, 2)}


def assert_lossless(basis, support, partition):
    """A partition, no product across parts in the support or equal to a product within a part."""
    assert sorted(np.concatenate(partition).tolist()) == list(range(len(basis)))
    within = set().union(*(products(basis[part]) for part in partition))
    across = {
        tuple(basis[i] + basis[j]) for p, q in itertools.combinations(partition, 2) for i, j in itertools.product(p, q)
    }
    assert not across & (within | set(map(tuple, support)))


@SETTINGS
@given(monomials(size=9), st.data())
def test_blocks_are_lossless_and_refine_the_sign_symmetries(basis, data):
    terms = data.draw(st.sets(st.sampled_from(sorted(products(basis))), max_size=4))
    support = np.array(sorted(terms), np.int64).reshape(-1, basis.shape[1])
    fine = lossless_blocks(basis, support)
    assert_lossless(basis, support, fine)
    assert [part[0] for part in fine] == sorted(part[0] for part in fine)
    signs = [s for s in itertools.product((0, 1), repeat=basis.shape[1]) if not ((support @ np.array(s)) % 2).any()]
    classes = [tuple(m @ np.array(s) % 2 for s in signs) for m in basis]
    assert all(len({classes[i] for i in part}) == 1 for part in fine)
    assert sorted(sign_classes(basis, support)) == sorted(Counter(classes).values())


def test_blocks_of_a_sum_in_separate_variables():
    basis = np.array([[1, 0], [2, 0], [0, 1], [0, 2]])
    support = np.array([[2, 0], [3, 0], [4, 0], [0, 2], [0, 3], [0, 4]])
    assert [part.tolist() for part in lossless_blocks(basis, support)] == [[0, 1], [2, 3]]


def test_blocks_with_100_variables():
    rng = np.random.default_rng(0)
    basis = np.unique(rng.multinomial(5, np.full(100, 0.01), size=40), axis=0)
    i, j = rng.integers(len(basis), size=(2, 12))
    support = np.unique(np.concatenate([2 * basis, basis[i] + basis[j]]), axis=0)
    partition = lossless_blocks(basis, support)
    assert 1 < len(partition) < len(basis)
    assert_lossless(basis, support, partition)


def test_blocks_without_variables_or_monomials():
    constant, empty = np.zeros((1, 0), np.int64), np.zeros((0, 2), np.int64)
    assert [part.tolist() for part in lossless_blocks(constant, constant)] == [[0]]
    assert lossless_blocks(empty, np.array([[1, 1]])) == []


def test_signs_are_left_alone_in_many_variables():
    assert sign_classes(np.eye(63, dtype=np.int64), 2 * np.eye(63, dtype=np.int64)) == (63,)
    assert sign_classes(np.eye(62, dtype=np.int64), 2 * np.eye(62, dtype=np.int64)) == (1,) * 62
    assert sign_classes(np.zeros((0, 3), np.int64), np.eye(3, dtype=np.int64)) == ()
