"""Multipliers are what their Gram matrices say, and directions without effect are found and put back."""

import numpy as np
import pytest
from flint import fmpz_mat

from nsos_jax import Polynomial
from nsos_jax.certificates.exact_psd import is_psd
from nsos_jax.proofs.multipliers import multipliers, without_lineality


def expanded(block, variables):
    basis, gram, denominator = block
    rows = gram.tolist() if isinstance(gram, fmpz_mat) else np.asarray(gram).tolist()
    total = Polynomial.constant(0)
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            exponents = (np.asarray(basis)[i] + np.asarray(basis)[j])[None]
            total = total + Polynomial.from_arrays(exponents, [int(value)], variables)
    return total / int(denominator)


@pytest.mark.parametrize("text", ["x^4 + y^4 - x*y", "x^4*y^2 + y^6 + z^6 - x^2*y^2*z^2", "a^2 + b^2 + c^2 + d^2"])
def test_multipliers_are_their_gram_matrices(text):
    p = Polynomial.parse(text)
    groups = list(multipliers(p))
    assert [len(group) for group in groups][::2] == [1, 1]
    for multiplier in (multiplier for group in groups for multiplier in group):
        assert expanded(multiplier.block, p.variables) == multiplier.polynomial
        assert is_psd(fmpz_mat(np.asarray(multiplier.block[1]).tolist()))
        assert not multiplier.polynomial.is_zero


def test_names_are_polynomials():
    p = Polynomial.parse("x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1")
    for group in multipliers(p):
        for multiplier in group:
            assert Polynomial.parse(multiplier.name) == multiplier.polynomial


def test_variables_that_p_does_not_use_stay_out():
    p = Polynomial.parse("x^4 + y^4 + 0*z", ["x", "y", "z"])
    for group in multipliers(p):
        for multiplier in group:
            assert not multiplier.polynomial.exponents[:, 2].any()
            assert multiplier.polynomial.variables == p.variables


@pytest.mark.parametrize("text", ["x^6", "3", "0", "x*y^2 + 1"])
def test_small_polynomials(text):
    for group in multipliers(Polynomial.parse(text)):
        assert group


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("(x - y)^4 + (y - z)^2*(x - z)^2", 2),
        ("(x + 2*y - 3*z)^2 + 1", 1),
        ("(x/2 - y/3)^2 + (y - 5*z)^4 + w^2", 3),
    ],
)
def test_lineality_is_divided_out_and_put_back(text, size):
    p = Polynomial.parse(text)
    quotient = without_lineality(p)
    assert quotient.reduced.num_variables == size
    images = dict(zip(quotient.reduced.variables, quotient.images, strict=True))
    assert quotient.reduced.substitute(images) == p
    variables = quotient.reduced.variables
    basis = np.array([[1, 0, 0][:size], [2, 1, 0][:size]], np.int32)
    block = (basis, np.array([[2, 1], [1, 3]]), 7)
    pulled = expanded(quotient.pull_back(block, p.variables), p.variables)
    assert pulled == expanded(block, variables).substitute(images)


@pytest.mark.parametrize("text", ["x^2 + y^2", "x*y + z", "(x - y)^2 + x^4"])
def test_no_lineality(text):
    assert without_lineality(Polynomial.parse(text)) is None


@pytest.mark.parametrize("text", ["5", "0"])
def test_constants_have_no_quotient(text):
    assert without_lineality(Polynomial.parse(text)) is None
