"""Products, sums and functionals are those of polynomials computed in another way, also beyond 64 bits."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsos_jax.certificates.data import BeyondLimits, InvalidCertificate, Terms, aligned_terms, as_blocks, as_rational
from nsos_jax.certificates.expansion import Work, applied, combine, expand, localizing_matrix, multiply
from nsos_jax.polynomials import Polynomial

NAMES = ("x", "y")
SCALES = st.sampled_from([1, 1, 2**31, 10**25])
NUMBERS = st.fractions(min_value=-9, max_value=9, max_denominator=12)


@st.composite
def polynomials(draw):
    rows = draw(st.dictionaries(st.tuples(*2 * [st.integers(0, 4)]), NUMBERS, max_size=6))
    return draw(SCALES) * Polynomial.from_dict(rows or {(0, 0): 0}, NAMES)


def terms(polynomial):
    return aligned_terms(polynomial, NAMES)


def polynomial(expanded):
    return Polynomial.from_arrays(expanded.exponents, list(expanded.values), NAMES)


@settings(max_examples=80, deadline=None)
@given(polynomials(), polynomials(), st.integers(-2, 2))
def test_products_and_sums(left, right, factor):
    product = multiply(terms(left), terms(right), "here", Work())
    assert polynomial(product) == left * right
    assert product.num_terms == (left * right).num_terms
    parts = [(1, terms(left)), (factor, terms(right)), (-1, product)]
    assert polynomial(combine(parts, 2, "here", Work())) == left + factor * right - left * right


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(-9, 9), SCALES), min_size=6, max_size=6), st.integers(1, 7))
def test_squares(entries, denominator):
    basis = np.array([[1, 0], [0, 2], [0, 0]])
    gram = np.zeros((3, 3), object)
    for (i, j), (number, scale) in zip(zip(*np.triu_indices(3), strict=True), entries, strict=True):
        gram[i, j] = gram[j, i] = number * scale
    blocks = as_blocks([(basis, gram, denominator), (basis[:1], np.array([[5]]), 3)])
    products = (basis[:, None] + basis[None]).reshape(9, 2)
    expected = Polynomial.from_arrays(products, gram.ravel().tolist(), NAMES) / denominator
    assert polynomial(expand(blocks, 2, "here", Work())) == expected + Polynomial.parse("5/3*x^2")


@settings(max_examples=60, deadline=None)
@given(polynomials(), polynomials())
def test_functionals(values, factor):
    moments = values.to_dict()

    def value(of):
        return sum((number * moments.get(row, 0) for row, number in of.to_dict().items()), Fraction(0))

    basis = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
    powers = [Polynomial.from_dict({tuple(row): 1}, NAMES) for row in basis.tolist()]
    numerators, denominator = applied(terms(values), terms(factor), basis, "here", Work())
    assert [Fraction(int(one), int(denominator)) for one in numerators] == [value(factor * power) for power in powers]
    matrix = localizing_matrix(terms(values), terms(factor), basis, "here", Work())
    expected = [[value(factor * one * other) for other in powers] for one in powers]
    assert [[Fraction(int(one), int(denominator)) for one in row] for row in matrix] == expected


def test_a_functional_has_one_value_for_each_monomial():
    twice = Terms(np.array([[1, 0], [1, 0]], np.int32), 2 * (as_rational(1),))
    with pytest.raises(InvalidCertificate, match="here: expected distinct monomials, one appears twice"):
        applied(twice, terms(Polynomial.parse("x")), np.array([[0, 0]]), "here", Work())


def test_work_is_of_all_expansions_together():
    many = terms(Polynomial.from_arrays([[i, 0] for i in range(100)], [1] * 100, NAMES))
    work = Work(150_000)
    multiply(many, many, "here", work)
    with pytest.raises(BeyondLimits, match="there: expanding 10000 products in 2 variables of 2 bits is too much work"):
        multiply(many, many, "there", work)


def test_exponents_do_not_overflow():
    large = Terms(np.array([[2**30 - 1, 0]], np.int32), (as_rational(1),))
    square = multiply(large, large, "here", Work())
    assert square.exponents.tolist() == [[2**31 - 2, 0]]
    with pytest.raises(BeyondLimits, match=r"here: expected exponents below 2\^30"):
        multiply(square, large, "here", Work())
