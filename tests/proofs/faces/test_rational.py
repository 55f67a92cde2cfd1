"""Rational subspaces from floats, and integer relations: planted ones come back, random ones are not believed."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsos_jax.proofs.faces.rational import integer_nullspace, recognise, short_complement, simplest_fraction
from nsos_jax.proofs.faces.real_zeros.relations import integer_relations


def span(rows):
    """An orthonormal basis of a row space, turned at random."""
    columns = np.array(rows, dtype=float).T
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((columns.shape[1],) * 2))[0]
    return np.linalg.qr(columns)[0] @ turn


def same_space(rows, others):
    joined = np.concatenate([np.array(rows, float), np.array(others, float)])
    return np.linalg.matrix_rank(joined) == np.linalg.matrix_rank(joined[: len(rows)]) == len(others)


@given(st.fractions(-50, 50, max_denominator=40))
def test_simplest_fractions_come_back(fraction):
    assert simplest_fraction(float(fraction), 1e-6) == fraction


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 3))
def test_planted_kernels_are_recognised(seed, count):
    rng = np.random.default_rng(seed)
    rows = np.concatenate([np.eye(count, dtype=int), rng.integers(-3, 4, (count, 5))], axis=1)
    found = recognise(span(rows) + 1e-11 * rng.standard_normal((count + 5, count)))
    assert found.left == 0
    assert same_space(rows, found.rows)


def test_random_kernels_are_not_recognised():
    vectors = np.linalg.qr(np.random.default_rng(1).standard_normal((12, 3)))[0]
    found = recognise(vectors)
    assert found.left == 3
    assert len(found.rows) == 0
    assert short_complement(vectors) is None


def test_a_kernel_is_recognised_row_by_row():
    vectors = span([[4, 0, 2, -1, 0], [0, 4, np.sqrt(2), np.pi / 2, np.e / 2]])
    found = recognise(vectors)
    assert found.left == 1
    assert same_space([[4, 0, 2, -1, 0]], found.rows)


def test_short_ranges_with_long_kernels():
    """The echelon form of this kernel has huge denominators, the range short vectors."""
    ranges = np.random.default_rng(3).integers(-9, 10, (4, 9))
    kernel = integer_nullspace(ranges)
    vectors = np.linalg.qr(kernel.astype(float))[0]
    assert recognise(vectors).left
    found = short_complement(vectors)
    assert same_space(ranges, found)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_integer_nullspaces_are_exact_and_saturated(seed):
    rows = np.random.default_rng(seed).integers(-5, 6, (3, 7)).astype(object)
    basis = integer_nullspace(rows)
    assert not (rows @ basis).any()
    assert basis.shape[1] == 7 - np.linalg.matrix_rank(rows.astype(float))
    # saturated: the greatest common divisor of the maximal minors is 1, so no multiple of a basis vector is missing
    assert np.gcd.reduce([int(x) for x in basis.ravel()]) == 1


def powers(root, size):
    """10^d (1, r, r^2, ...) / length for a decimal expansion of r with 400 digits."""
    base = 10**400
    value = [base]
    for _ in range(size - 1):
        value.append(value[-1] * root // base)
    length = np.sqrt(float(sum(Fraction(v, base) ** 2 for v in value)))
    scaled = [int(v / Fraction(length)) for v in value]

    def vectors(digits):
        return np.array([[v * 10**digits // base] for v in scaled], dtype=object)

    return vectors


def decimal_root(radicand, order):
    """radicand^(1 / order) to 400 digits."""
    low, high, target = 0, 10**401, radicand * 10 ** (400 * order)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**order <= target else (low, middle)
    return low


def test_relations_among_powers_of_a_root():
    found = integer_relations(powers(decimal_root(2, 3), 5), 5, 1e4, 200)
    assert same_space([[2, 0, 0, -1, 0], [0, 2, 0, 0, -1]], found)


def test_no_relations_among_powers_of_a_root_of_high_degree():
    found = integer_relations(powers(decimal_root(2, 7), 5), 5, 1e4, 200)
    assert found.shape == (0, 5)


def test_relations_give_up_without_digits():
    assert integer_relations(lambda digits: None, 3, 1e4, 200) is None
    assert integer_relations(powers(decimal_root(2, 7), 5), 5, 1e30, 20) is None


@pytest.mark.parametrize("tolerance", [1e-3, 1e-6])
def test_fractions_within_the_tolerance(tolerance):
    for number in (0.123456, -7.654321, 1e-9, 1 / 3):
        assert abs(simplest_fraction(number, tolerance) - Fraction(number)) <= tolerance
