"""Forms that are sums of squares of real but not of rational polynomials."""

import pytest

from nsos_jax import Certificate, Polynomial, Status, certify

SCHEIDERER = "x^4 + x*y^3 + y^4 - 3*x^2*y*z - 4*x*y^2*z + 2*x^2*z^2 + x*z^3 + y*z^3 + z^4"
DEHOMOGENISED = "x^4 + x*y^3 + y^4 - 3*x^2*y - 4*x*y^2 + 2*x^2 + x + y + 1"


@pytest.mark.parametrize("text", [SCHEIDERER, DEHOMOGENISED])
def test_scheiderers_quartic_has_no_rational_gram_matrix(text):
    result = certify(Polynomial.parse(text))
    assert (result.status, result.over) == (Status.NOT_SOS, "Q")
    assert "a zero of degree 6" in Certificate.from_json(result.certificate.to_json()).verify()


def test_a_rational_multiplier_proves_it_nonnegative():
    result = certify(Polynomial.parse(SCHEIDERER), nonnegative=True)
    assert result.status is Status.NONNEGATIVE
    result.certificate.verify()


def test_conjugate_zeros_that_are_all_real_leave_it_to_the_rational_numbers():
    """(x^2 - 2)^2 + (y^2 - 2 x y + 2)^2 has irrational zeros, all of them real, and rational squares."""
    result = certify(Polynomial.parse("(x^2 - 2)^2 + (y^2 - 2*x*y + 2)^2"))
    assert (result.status, result.over) == (Status.SOS, "Q")
