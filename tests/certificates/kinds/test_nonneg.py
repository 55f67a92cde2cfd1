"""The kind `nonneg`: sums of squares sigma, not zero, and sigma p prove p nonnegative; nothing less does."""

from fractions import Fraction

import numpy as np
import pytest
from certificate_examples import example

from nsos_jax.certificates.certificate import Certificate
from nsos_jax.certificates.data import InvalidCertificate
from nsos_jax.certificates.expansion import Work, expand, multiply
from nsos_jax.certificates.kinds.nonneg import NonnegCertificate
from nsos_jax.polynomials import Polynomial

MOTZKIN = Polynomial.parse("x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1")


def holding() -> NonnegCertificate:
    certificate = Certificate.from_dict(example("nonneg"))
    assert isinstance(certificate, NonnegCertificate)
    return certificate


def test_summary_and_round_trip():
    certificate = holding()
    assert certificate.verify() == "nonneg: 4 terms times sum of squares of 2 terms = 3 blocks of at most 3 monomials"
    assert (certificate.status, certificate.over) == ("NONNEGATIVE", None)
    again = Certificate.from_json(certificate.to_json())
    assert again.to_dict() == certificate.to_dict() == example("nonneg")


def test_squares_multiply_out():
    certificate = holding()
    sigma = sum((weight * root**2 for weight, root in certificate.multiplier_squares()), Polynomial.parse("0*x*y"))
    product = sum((weight * root**2 for weight, root in certificate.product_squares()), Polynomial.parse("0*x*y"))
    assert sigma == Polynomial.parse("x^2 + y^2")
    assert product == sigma * MOTZKIN


def test_a_constant_multiplier_and_the_zero_polynomial():
    one = (np.zeros((1, 2), int), np.array([[3]]), 3)
    square = (np.array([[1, 0]]), np.array([[1]]), 1)
    assert NonnegCertificate.create(Polynomial.parse("x^2 + 0*y"), [one], [square]).verify()
    assert NonnegCertificate.create(Polynomial.parse("0*x*y"), [square], []).verify()
    nothing = {"format": "nsos-certificate/1", "kind": "nonneg", "variables": [], "polynomial": [["1/2", []]]}
    ones = {"blocks": [{"basis": [[]], "denominator": "1", "gram": [[0, 0, "1"]]}]}
    halves = {"blocks": [{"basis": [[]], "denominator": "2", "gram": [[0, 0, "1"]]}]}
    assert Certificate.from_dict({**nothing, "sos_multiplier": ones, "product": halves}).verify()


@pytest.mark.parametrize(
    ("gram", "message"),
    [
        ([], "sos_multiplier: expected a polynomial that is not zero"),
        ([[0, 0, "0"]], "sos_multiplier: expected a polynomial that is not zero"),
        ([[0, 0, "-1"], [1, 1, "-1"]], r"sos_multiplier.blocks\[0\].gram: expected a positive semidefinite"),
        ([[0, 0, "2"], [1, 1, "-1"]], r"sos_multiplier.blocks\[0\].gram: expected a positive semidefinite"),
        ([[0, 0, "1"]], r"sos_multiplier \* polynomial\[\d\], x\^4\*y\^4: expected 2, the sum of the blocks, got 1"),
        ([[0, 0, "1"], [1, 1, "1/2"]], r"sos_multiplier.blocks\[0\].gram\[1\]\[2\]: expected an integer"),
    ],
)
def test_other_multipliers_are_refused(gram, message):
    record = example("nonneg")
    record["sos_multiplier"]["blocks"][0]["gram"] = gram
    with pytest.raises(InvalidCertificate, match=message):
        Certificate.from_dict(record).verify()


def test_a_multiplier_that_cancels_is_zero():
    """Two blocks that are no sums of squares and add up to 0 must not make 0 = 0 p."""
    record = example("nonneg")
    plus, minus = ({"basis": [[1, 0]], "denominator": "1", "gram": [[0, 0, sign]]} for sign in ("1", "-1"))
    record["sos_multiplier"]["blocks"] = [plus, minus]
    record["product"]["blocks"] = []
    with pytest.raises(InvalidCertificate, match="sos_multiplier: expected a polynomial that is not zero"):
        Certificate.from_dict(record).verify()


def test_a_product_that_is_no_sum_of_squares_is_refused():
    """x^2 * (-1) = -x^2."""
    square = (np.array([[1]]), np.array([[1]]), 1)
    negative = (np.array([[1]]), np.array([[-1]]), 1)
    with pytest.raises(InvalidCertificate, match=r"product.blocks\[0\].gram: expected a positive semidefinite matrix"):
        NonnegCertificate.create(Polynomial.parse("0*x - 1"), [square], [negative]).verify()


@pytest.mark.parametrize(("key", "power"), [("sos_multiplier", 0.5), ("product", "1"), ("product", -1)])
def test_powers_are_nonnegative_integers(key, power):
    record = example("nonneg")
    record[key]["blocks"][0]["basis"][0][0] = power
    with pytest.raises(InvalidCertificate, match=rf"{key}.blocks\[0\].basis\[0\]: expected integers from 0 to 10000"):
        Certificate.from_dict(record)


def test_products_are_exact():
    left = Polynomial.parse("1/3*x^2 - 2*x*y + 7")
    right = Polynomial.parse("x^2 + 2*x*y + 5/11*y")
    both = multiply(_terms(left), _terms(right), "here", Work())
    exponents, values = both.exponents, both.values
    assert Polynomial.from_arrays(exponents, list(values), ("x", "y")) == left * right
    squares = expand(holding().multiplier, 2, "here", Work())
    assert squares.values == (Fraction(1), Fraction(1))


def _terms(polynomial):
    return NonnegCertificate.create(polynomial, [], []).polynomial


def test_products_are_limited():
    many = Polynomial.from_arrays(np.arange(4000)[:, None], [1] * 4000, ("x",))
    with pytest.raises(
        InvalidCertificate, match="here: expanding 16000000 products in 1 variables of 2 bits is too much work"
    ):
        multiply(_terms(many), _terms(many), "here", Work())
    long = Polynomial.from_arrays(np.arange(1000)[:, None], [10**10_000] * 1000, ("x",))
    with pytest.raises(
        InvalidCertificate, match="here: expanding 1000000 products in 1 variables of 66440 bits is too much"
    ):
        multiply(_terms(long), _terms(long), "here", Work())
