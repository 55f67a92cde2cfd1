"""Certificates made by hand, so that no solver is needed, and polynomials read back from exported text."""

from fractions import Fraction

import numpy as np
import pytest

from nsos_jax.certificates import (
    Certificate,
    NearSosCertificate,
    NegativePointCertificate,
    NonnegCertificate,
    NotSosCertificate,
    SosCertificate,
)
from nsos_jax.polynomials import Polynomial


def gram_block(squares, variables):
    """The Gram block of a sum of (weight, text) squares."""
    roots = [(Fraction(weight), Polynomial.parse(text, variables)) for weight, text in squares]
    basis = list(dict.fromkeys(row for _, root in roots for row in root.to_dict()))
    gram = [
        [sum((w * f.coefficient(a) * f.coefficient(b) for w, f in roots), Fraction(0)) for b in basis] for a in basis
    ]
    denominator = int(np.lcm.reduce([value.denominator for row in gram for value in row] or [1]))
    entries = np.array([[int(value * denominator) for value in row] for row in gram], dtype=object)
    return (
        np.array(basis, np.int32).reshape(len(basis), len(variables)),
        entries.reshape(len(basis), len(basis)),
        denominator,
    )


def sum_of_squares(*blocks, variables):
    """The certificate of a sum over blocks of (weight, text) squares."""
    total = sum(
        (Fraction(weight) * Polynomial.parse(text, variables) ** 2 for block in blocks for weight, text in block),
        Polynomial.from_arrays(np.zeros((0, len(variables)), np.int32), [], variables),
    )
    return SosCertificate.create(total, [gram_block(block, variables) for block in blocks])


def renamed(certificate, *names):
    """The same certificate over other names, any text that a file may hold."""
    return Certificate.from_dict({**certificate.to_dict(), "variables": list(names)})


def dense(size):
    """An interior Gram matrix whose LDL' has long numbers: sum of (x^i + i/7)^2 and a diagonal."""
    generator = np.random.default_rng(0)
    rows = generator.integers(-9, 10, (size, size))
    gram = rows @ rows.T + 9 * np.eye(size, dtype=int)
    basis = np.arange(size, dtype=np.int32)[:, None]
    coefficients = [sum(int(gram[i, k - i]) for i in range(size) if 0 <= k - i < size) for k in range(2 * size - 1)]
    polynomial = Polynomial.from_arrays(np.arange(2 * size - 1)[:, None], coefficients, ["x"])
    return SosCertificate.create(polynomial, [(basis, gram, 1)])


XY = ("x", "y")
SOS = {
    "plain": sum_of_squares([(1, "x^2 - y"), (1, "1")], variables=XY),
    "fractions": sum_of_squares([("1/2", "x^2 - 2/3*y"), ("5/7", "y + 1"), (3, "1")], variables=XY),
    "two blocks": sum_of_squares([("1/3", "x + 1/2*y")], [(4, "x*y - 1"), ("1/5", "1")], variables=XY),
    "negative leading": sum_of_squares([("1/6", "-x^2 + 3*x - 1"), ("1/6", "x")], variables=("x",)),
    "zero": sum_of_squares(variables=XY),
    "constant": sum_of_squares([("5/2", "1")], variables=()),
    "unused variable": sum_of_squares([(2, "y^3 + 1")], variables=XY),
    "few digits": dense(12),
    "on a range": SosCertificate.create(
        Polynomial.parse("2*(x + 3*y)^2 + 5*(x - y + 1)^2 + 2*(x + 3*y)*(x - y + 1)", XY),
        [(np.array([[1, 0], [0, 1], [0, 0]]), np.array([[2, 1], [1, 5]]), 1, np.array([[1, 1], [3, -1], [0, 1]]))],
    ),
    "keywords": renamed(sum_of_squares([(1, "x - y"), (2, "z")], variables=("x", "y", "z")), "end", "lambda", "R"),
    "odd names": renamed(
        sum_of_squares([(1, "x - 2*y"), (1, "z^2")], variables=("x", "y", "z")), "\u03b2", 'a "*) b', "v_1"
    ),
    "script names": renamed(sum_of_squares([(1, "x - 2*y")], variables=XY), "squares", "weight"),
}
NEAR = {
    "near": NearSosCertificate.create(
        Polynomial.parse("x^4 - 2*x^2*y + y^2 - 1/1000000", XY),
        Fraction(1, 1_000_000),
        [gram_block([(1, "x^2 - y"), ("1/1000000", "x^2"), ("1/1000000", "y"), (0, "1")], XY)],
    )
}
NEGATIVE = {
    "integers": NegativePointCertificate.create(Polynomial.parse("x^2 - y^2 - 3*x*y", XY), [0, 2]),
    "rational": NegativePointCertificate.create(
        Polynomial.parse("1/3*x^4 - y^3 + 1/7", XY), [Fraction(-1, 2), Fraction(3, 2)]
    ),
    "constant": NegativePointCertificate.create(Polynomial.parse("-5/3", ()), []),
    "keyword": renamed(NegativePointCertificate.create(Polynomial.parse("x - 1", ["x"]), [0]), "in"),
}
MOTZKIN_SQUARES = (
    (1, "x^2*y*z - y*z^3"),
    (1, "x*y^2*z - x*z^3"),
    (1, "x^2*y^2 - z^4"),
    ("1/4", "x*y^3 - x^3*y"),
    ("3/4", "x*y^3 + x^3*y - 2*x*y*z^2"),
)


def multiplied(text, variables, multiplier, product):
    """The certificate of p >= 0 from the (weight, text) squares of sigma and of sigma p."""
    blocks = [gram_block(squares, variables) for squares in (multiplier, product)]
    return NonnegCertificate.create(Polynomial.parse(text, variables), blocks[:1], blocks[1:])


NONNEG = {
    "affine": multiplied(
        "x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1",
        XY,
        [(1, "x"), (1, "y"), (1, "1")],
        [(weight, text.replace("z", "1")) for weight, text in MOTZKIN_SQUARES],
    ),
    "form": multiplied(
        "x^4*y^2 + x^2*y^4 - 3*x^2*y^2*z^2 + z^6",
        ("x", "y", "z"),
        [(1, "x"), (1, "y"), (1, "z")],
        MOTZKIN_SQUARES,
    ),
    "fractions": multiplied(
        "1/3*x^2", ["x"], [("1/2", "2*x + 1"), ("1/5", "x")], [("1/6", "2*x^2 + x"), ("1/15", "x^2")]
    ),
    "number": multiplied("1/3*x^2", ["x"], [("3/2", "1")], [("1/2", "x")]),
    "zero": multiplied("0", ["x"], [(1, "x")], []),
    "powers": multiplied(
        "1/3*x^2*y^2 + 4", XY, [("1/2", "x^2"), (3, "y^3")], [("1/6", "x^3*y"), (1, "x*y^4"), (2, "x^2"), (12, "y^3")]
    ),
    "one square": multiplied("x^2", ["x"], [(2, "x^2")], [(2, "x^3")]),
    "elsewhere": renamed(multiplied("x^2", ["x"], [(1, "x - 1")], [(1, "x^2 - x")]), "at"),
    "some variables": multiplied("(x + y)^2", XY, [(1, "x")], [(1, "x^2 + x*y")]),
}
MOTZKIN = NotSosCertificate.create(
    Polynomial.parse("x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1", XY),
    np.array([[0, 0], [1, 1], [1, 2], [2, 1]]),
    np.array([[0, 0], [2, 2], [2, 4], [4, 2]]),
    [1, 1, Fraction(1, 2), Fraction(1, 2)],
    np.array([[1, 1], [1, -2], [-2, 1]]),
)


@pytest.fixture(params=[*SOS, *NEAR])
def squares_certificate(request):
    """Every certificate that is a sum of squares, be it after a shift."""
    return (SOS | NEAR)[request.param]


@pytest.fixture(params=NEGATIVE)
def negative_certificate(request):
    """Every certificate with a negative point."""
    return NEGATIVE[request.param]


@pytest.fixture(params=NONNEG)
def nonneg_certificate(request):
    """Every certificate with a multiplier."""
    return NONNEG[request.param]


@pytest.fixture
def nonneg():
    """Certificates with multipliers by name."""
    return NONNEG


@pytest.fixture
def motzkin():
    """Motzkin's polynomial is no sum of squares."""
    return MOTZKIN


@pytest.fixture
def sos():
    """Certificates of sums of squares by name."""
    return SOS


@pytest.fixture
def negative():
    """Certificates with negative points by name."""
    return NEGATIVE
