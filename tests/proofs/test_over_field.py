"""Zeros in number fields: recognised from digits, and what they refute."""

from fractions import Fraction
from functools import partial

import flint
import numpy as np
import pytest
from flint import arb, fmpq, fmpz_poly

from nsos_jax.certificates import NotSosOverQCertificate
from nsos_jax.polynomials import Polynomial
from nsos_jax.proofs.evidence import complete_basis
from nsos_jax.proofs.over_field import not_sos_over_q, recognised_points

P = Polynomial.parse
SCHEIDERER = P("x^4 + x*y^3 + y^4 - 3*x^2*y*z - 4*x*y^2*z + 2*x^2*z^2 + x*z^3 + y*z^3 + z^4")
OTHER_NORM = P(
    "x^4 + 6*x^2*y*z + 4*x^2*z^2 - 2*x*y^3 - 8*x*y^2*z + 4*x*z^3 + 2*y^4 - 4*y*z^3 + 4*z^4"
)  # of x + a y + a^2 z for the roots a of a^4 + 2 a + 2


def digits_of(minimal, interval, zero, digits):
    """Coordinates, polynomials in the root of `minimal` in the interval, times 10^digits."""
    with flint.ctx.workdps(digits + 30):
        roots = [root.real for root, _ in fmpz_poly(minimal).complex_roots() if root.imag == 0]
        (theta,) = [root for root in roots if interval[0] < root < interval[1]]
        result = []
        for coefficients in zero:
            value = sum((as_arb(c) * theta**i for i, c in enumerate(coefficients)), arb(0))
            result.append(int((value * 10**digits + 0.5).floor().unique_fmpz()))
        return result


def as_arb(number):
    return arb(fmpq(Fraction(number).numerator, Fraction(number).denominator))


HALF = Fraction(1, 2)
SCHEIDERER_ZERO = partial(digits_of, [-1, 0, -4, 0, 0, 0, 1], (1, 2), [[0, 2, HALF, 0, 0, -HALF], [0, -1], [1]])
OTHER_ZERO = partial(digits_of, [-4, 0, -8, 0, 0, 0, 1], (1, 2), [[0, -2, HALF, 0, 0, HALF / 2], [0, -1], [1]])


def refuted(p, zero):
    certificate = not_sos_over_q(p, complete_basis(p, 10**6, np.inf), zero)
    assert isinstance(certificate, NotSosOverQCertificate)
    return certificate


def test_scheiderer():
    certificate = refuted(SCHEIDERER, SCHEIDERER_ZERO)
    assert (
        certificate.verify()
        == "not_sos_over_q: 9 terms, a zero of degree 6, 0 of 6 polynomials left for rational squares"
    )
    assert certificate.functional is None


def test_a_unique_gram_matrix_that_is_not_psd():
    """OTHER_NORM (x^2 + y^2 + z^2) has one Gram matrix on the four cubic forms that vanish at the zero."""
    p = OTHER_NORM * P("x^2 + y^2 + z^2")
    certificate = refuted(p, OTHER_ZERO)
    assert (
        certificate.verify()
        == "not_sos_over_q: 23 terms, a zero of degree 6, 4 of 10 polynomials left for rational squares"
    )
    assert refuted(OTHER_NORM, OTHER_ZERO).verify()


def test_products_that_do_not_span_p():
    """x^2 - 2 vanishes at (sqrt 2, 0), its square does not give (x^2 - 2)^2 + y^2 x: y alone is left for y^2 x."""
    p = P("(x^2 - 2)^2 + x*y^2")
    certificate = refuted(p, partial(digits_of, [-2, 0, 1], (1, 2), [[0, 1], []]))
    assert certificate.functional is not None
    assert certificate.verify()


def test_nothing_is_claimed_of_sums_of_rational_squares():
    zero = partial(digits_of, [-2, 0, 1], (1, 2), [[0, 1], [0, 1]])
    for text in ("(x^2 - 2)^2 + (x - y)^2", "(x*y - 2)^2", "(x - y)^2"):
        p = P(text)
        assert not_sos_over_q(p, complete_basis(p, 10**6, np.inf), zero) is None


def test_digits_that_are_no_zero():
    p = P("x^2 + y^2 + 1")
    complete = complete_basis(p, 10**6, np.inf)
    assert not_sos_over_q(p, complete, partial(digits_of, [-2, 0, 1], (1, 2), [[0, 1], [1]])) is None
    assert not_sos_over_q(p, complete, lambda digits: None) is None
    assert not_sos_over_q(p, complete, transcendental) is None


def transcendental(digits):
    with flint.ctx.workdps(digits + 30):
        return [int((value * 10**digits).floor().unique_fmpz()) for value in (arb.pi(), arb(1).exp())]


@pytest.mark.parametrize(
    ("minimal", "interval", "zero", "degree"),
    [
        ([0, 1], (-1, 1), [[], [Fraction(7, 3)]], 1),
        ([-2, 0, 1], (1, 2), [[Fraction(1, 3), 1], [Fraction(2, 7), -5]], 2),
        (
            [1, 0, -10, 0, 1],
            (3, 4),
            [[0, -Fraction(9, 2), 0, HALF], [0, Fraction(11, 2), 0, -HALF]],
            4,
        ),  # sqrt 2, sqrt 3
        ([-3, 1, 0, 0, 0, 0, 0, 1], (1, 2), [[0, 1], [1, 0, 0, -4]], 7),
    ],
)
def test_fields_are_recognised(minimal, interval, zero, degree):
    point = next(recognised_points(partial(digits_of, minimal, interval, zero)))
    point.field.check()
    assert point.field.degree == degree
    theta = point.field.approximate()
    expected = [x / 10**30 for x in digits_of(minimal, interval, zero, 30)]
    for coordinate, value in zip(point.coordinates, expected, strict=True):
        found = sum(float(int(c.p) / int(c.q)) * theta**i for i, c in enumerate(coordinate.coeffs()))
        assert found == pytest.approx(value, abs=1e-9)
