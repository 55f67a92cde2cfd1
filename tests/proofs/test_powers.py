"""Square factors: found where there are some, proofs multiplied back, nothing done elsewhere."""

import random

import numpy as np
import pytest

from nsos_jax import Polynomial, Status, certify
from nsos_jax.bases.newton import TooLarge
from nsos_jax.certificates.kinds.negative_point import NegativePointCertificate
from nsos_jax.certificates.kinds.sos import SosCertificate
from nsos_jax.proofs import powers
from nsos_jax.proofs.powers import multiplied_point, multiplied_squares, square_factor

parse = Polynomial.parse
XYZ = ("x", "y", "z")


def dense(rng, variables=3, degree=2):
    rows = [[rng.randint(0, degree) for _ in range(variables)] for _ in range(4)] + [[0] * variables, [1] * variables]
    return Polynomial.from_arrays(rows, [rng.randint(-9, 9) for _ in range(5)] + [10])


@pytest.mark.parametrize("seed", range(30))
def test_planted_squares_are_found(seed):
    rng = random.Random(seed)
    f, g = dense(rng), dense(rng)
    p = f * f * g / 7
    root, rest = square_factor(p)
    assert root * root * rest == p
    assert root.degree >= f.degree
    assert square_factor(rest) is None


@pytest.mark.parametrize("seed", range(30))
def test_without_a_square_nothing_is_factored(seed, monkeypatch):
    """The filter modulo a prime refuses before the factorisation."""
    monkeypatch.setattr(powers, "fmpz_mpoly_ctx", None)
    rng = random.Random(seed)
    assert square_factor(dense(rng) * dense(rng) + parse("x1*x2^5 + x3 + 3")) is None


@pytest.mark.parametrize(
    ("text", "root", "rest"),
    [
        ("(x + y*z)^6", "(x + y*z)^3", "1"),
        ("-4/9*(x + y*z)^2", "x + y*z", "-4/9"),
        ("x^2*y^3*(z + 1)", "x*y", "y*(z + 1)"),
        ("(x + y + 1)^5*(z - x)^4", "(x + y + 1)^2*(z - x)^2", "x + y + 1"),
    ],
)
def test_factors(text, root, rest):
    found = square_factor(parse(text))
    assert found.root in (parse(root), -parse(root))
    assert found.rest == parse(rest)


def test_many_terms_are_left_alone(monkeypatch):
    monkeypatch.setattr(powers, "MAX_TERMS", 5)
    assert square_factor(parse("(x + y + z)^2")) is None


def test_proofs_are_multiplied():
    root, rest = Polynomial.parse("x*y - 2/3*z", XYZ), Polynomial.parse("x^2 - 2*x*y + 5*y^2 + 3", XYZ)
    basis, gram = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 0]]), np.array([[1, -1, 0], [-1, 5, 0], [0, 0, 3]])
    inner = SosCertificate.create(rest, [(basis, gram, 1)])
    certificate = multiplied_squares(root * root * rest, root, inner)
    inner.verify()
    certificate.verify()
    assert len(certificate.squares()) == len(inner.squares()) == 3


def test_a_block_beyond_the_limit_is_refused(monkeypatch):
    monkeypatch.setattr(powers, "MAX_BASIS", 3)
    p = parse("(x + y + z + 1)^2")
    constant = Polynomial.parse("1", p.variables)
    one = SosCertificate.create(constant, [(np.zeros((1, 3), int), np.array([[1]]), 1)])
    with pytest.raises(TooLarge, match="4 monomials"):
        multiplied_squares(p, parse("x + y + z + 1"), one)


def test_points_step_aside_where_the_root_vanishes():
    root, rest = Polynomial.parse("x - y", XYZ), Polynomial.parse("x*y - z^2 - 5", XYZ)
    inner = NegativePointCertificate.create(rest, [0, 0, 0])
    certificate = multiplied_point(root * root * rest, root, inner)
    certificate.verify()
    assert certificate.point[0] != certificate.point[1]


def test_the_pipeline_divides():
    result = certify(parse("(x + y*z - 1)^6"))
    assert (result.status, result.proposer) == (Status.SOS, "square factor")
    assert len(result.squares()) == 1
    result = certify(parse("(x*y - z)^4*(x^4 + y^4 + z^4 + x*y*z + 1)"))
    assert (result.status, result.proposer) == (Status.SOS, "square factor")
    result = certify(parse("(x - 3)^2*(z - 5)^2*(x^2*y^4 - 2*x*y^2 + 1 - 1/10^20)"))  # negative on a thin curve
    assert result.status is Status.NEGATIVE
