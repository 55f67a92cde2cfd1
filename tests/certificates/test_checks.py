"""The sums of Gram blocks in int64 and beyond it: coefficients, denominators and exponents around the limits."""

from types import SimpleNamespace

import numpy as np
import pytest
from flint import fmpq, fmpz

from nsos_jax.certificates.certificate import Certificate
from nsos_jax.certificates.data import INT64_LIMIT, InvalidCertificate, Quotients, as_terms, integer_array
from nsos_jax.certificates.kinds.sos import SosCertificate


def polynomial(exponents, numerators, denominator=1):
    names = tuple(f"x{i}" for i in range(len(exponents[0])))
    return SimpleNamespace(
        variables=names, exponents=np.array(exponents), numerators=tuple(numerators), denominator=denominator
    )


def verified(certificate: SosCertificate) -> bool:
    """The answer of `verify`, which must be the same for the certificate read from its file."""
    answers = []
    for one in (certificate, Certificate.from_json(certificate.to_json())):
        try:
            answers.append(bool(one.verify()))
        except InvalidCertificate as error:
            answers.append(str(error))
    assert answers[0] == answers[1]
    return answers[0] is True


def test_integer_array_changes_over_at_the_limit():
    for number in (INT64_LIMIT, 2**63, 2**64, 10**30):
        for sign in (-1, 1):
            array = integer_array([0, sign * number, fmpz(sign * number)])
            assert array.dtype == object
            assert array.tolist() == [0, sign * number, sign * number]
    assert integer_array([1 - INT64_LIMIT, fmpz(INT64_LIMIT - 1)]).dtype == np.int64
    assert integer_array([]).shape == (0,)


@pytest.mark.parametrize("bits", [20, 57, 58, 59, 60, 61, 62, 63, 64, 65, 200])
@pytest.mark.parametrize("denominator", [1, 3, -(2**5), 2**62, 3**50])
def test_sums_around_the_limits_of_int64(bits, denominator):
    """q (1 + x + x^2 + x^3)^2 in three equal blocks, next to q - 1 and q + 2^64, which wraps around to q."""
    basis, ways = np.arange(4)[:, None], (1, 2, 3, 4, 3, 2, 1)
    for q in (2**bits - 1, 2**bits, 2**bits + 1):
        gram = np.full((4, 4), q, dtype=object)
        blocks = [(basis, gram, abs(denominator))] * 3
        sign = 1 if denominator > 0 else -1
        for change, right in ((0, True), (1, False), (2**64, False), (-(2**64), False)):
            numerators = [sign * 3 * q * way for way in ways]
            numerators[3] += change
            p = polynomial([[i] for i in range(7)], numerators, denominator)
            assert verified(SosCertificate.create(p, blocks)) == right


def test_blocks_with_different_denominators():
    p = polynomial([[2], [0]], [5, 1], 6)
    x, one = np.array([[1]]), np.array([[0]])
    assert verified(
        SosCertificate.create(p, [(x, np.eye(1, dtype=int), 2), (x, np.eye(1, dtype=int), 3), (one, [[1]], 6)])
    )
    assert not verified(SosCertificate.create(p, [(x, np.eye(1, dtype=int), 1), (one, [[1]], 6)]))


@pytest.mark.parametrize("variables", [1, 6, 61, 62, 63, 100])
def test_products_of_many_variables_are_told_apart(variables):
    """Exponents 0 and 2 in each variable: 3^n place values, beyond int64 for n >= 40. Cross terms are no terms of p."""
    squares = 2 * np.eye(variables, dtype=int)
    basis = np.eye(variables, dtype=int)
    p = polynomial(squares.tolist(), [1] * variables)
    assert verified(SosCertificate.create(p, [(basis, np.eye(variables, dtype=int), 1)]))
    if variables > 1:
        gram = 2 * np.eye(variables, dtype=int)
        gram[0, -1] = gram[-1, 0] = 1
        doubled = polynomial(squares.tolist(), [2] * variables)
        with pytest.raises(InvalidCertificate, match=rf"blocks: x0\*x{variables - 1} is no term of .* adds up to 2$"):
            SosCertificate.create(doubled, [(basis, gram, 1)]).verify()


def test_malformed_polynomials_are_refused():
    block = (np.array([[1]]), np.array([[1]]), 1)
    with pytest.raises(InvalidCertificate, match="distinct monomials"):
        SosCertificate.create(polynomial([[2], [2]], [1, 0]), [block]).verify()
    with pytest.raises(InvalidCertificate, match="denominator that is not zero"):
        SosCertificate.create(polynomial([[2]], [0], 0), [block])
    with pytest.raises(InvalidCertificate, match="1 exponents per monomial"):
        SosCertificate.create(polynomial([[2]], [1]), [(np.array([[1, 0]]), np.array([[1]]), 1)]).verify()


def test_quotients_are_reduced_rational_numbers():
    values = as_terms(polynomial([[2], [1]], [-4, 2**70], 6)).rationals()
    assert isinstance(values, Quotients)
    assert list(values) == [fmpq(-2, 3), fmpq(2**69, 3)]
    assert len(values) == 2
    assert fmpq(-2, 3) in values
    assert fmpq(-4, 3) not in values
