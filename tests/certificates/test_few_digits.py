"""Squares of few digits add up to the Gram matrix exactly, and are shorter than those of LDL' where they should be."""

from fractions import Fraction

import numpy as np
import pytest
from flint import fmpq_mat, fmpz_mat
from hypothesis import given
from hypothesis import strategies as st

from nsos_jax.certificates import few_digit_squares, ldl, primitive_square


def interior(size, seed, scales=None):
    """A positive definite integer matrix, rows and columns multiplied by powers of two."""
    generator = np.random.default_rng(seed)
    root = generator.integers(-9, 10, (size, size)).astype(object)
    factors = np.array([2 ** int(scale) for scale in (scales or [0] * size)], dtype=object)
    return (root @ root.T + 2 * np.eye(size, dtype=int)) * factors * factors[:, None]


def assert_sum(squares, gram, denominator):
    size = len(gram)
    total = [
        [sum(w * root.get(i, 0) * root.get(j, 0) for w, root in squares) for j in range(size)] for i in range(size)
    ]
    assert total == [[Fraction(int(value), denominator) for value in row] for row in gram]
    assert all(weight > 0 for weight, _ in squares)
    assert all(np.gcd.reduce(np.array(list(root.values()), dtype=object)) in (1, -1) for _, root in squares)


@given(
    st.integers(1, 8), st.integers(0, 99), st.integers(1, 10**6), st.lists(st.integers(0, 90), min_size=8, max_size=8)
)
def test_squares_add_up_to_the_matrix(size, seed, denominator, scales):
    gram = interior(size, seed, scales[:size])
    squares = few_digit_squares(gram, denominator)
    assert squares is not None
    assert_sum(squares, gram, denominator)
    assert len({tuple(root.items()) for _, root in squares}) == len(squares)


def test_few_digits():
    gram = interior(15, 0)
    squares = few_digit_squares(gram, 1)
    assert_sum(squares, gram, 1)
    longest = max(len(str(abs(value))) for _, root in squares for value in root.values())
    lengths = [
        sum(len(str(weight)) + sum(len(str(value)) for value in root.values()) for weight, root in found)
        for found in (squares, [primitive_square(*square) for square in ldl(fmpq_mat(fmpz_mat(gram.tolist())))])
    ]
    assert longest <= 5
    assert lengths[0] < lengths[1]


@pytest.mark.parametrize("gram", [[[1, 1], [1, 1]], [[0, 0], [0, 1]], [[1, 2], [2, 1]], [[-1]], np.zeros((0, 0))])
def test_without_an_interior(gram):
    assert few_digit_squares(np.array(gram, dtype=np.int64), 1) is None


@pytest.mark.parametrize("other", [10**20 - 1, 10**20, 10**400], ids=["near", "on", "beyond"])
def test_near_the_boundary_and_beyond_the_method_gives_up(other):
    gram = np.array([[10**20, other], [other, 10**20]], dtype=object)
    assert few_digit_squares(gram, 7) is None
