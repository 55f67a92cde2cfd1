"""Polynomials on a line of exponents: the truth of SymPy's roots, few and short squares, hard and huge ones."""

import random
import time

import pytest
import sympy
from flint import acb, fmpz_poly

from nsos_jax import CertifyOptions, Polynomial, Status, certify
from nsos_jax.bases.newton import DeadlineExceeded, TooLarge
from nsos_jax.certificates.kinds.sos import SosCertificate
from nsos_jax.proofs.univariate.complex_roots import LostRoots, upper_roots
from nsos_jax.proofs.univariate.gram import decompose, univariate_gram
from nsos_jax.proofs.univariate.line import line_of, univariate_certificate

X = sympy.Symbol("x")
parse = Polynomial.parse
WILKINSON = "*".join(f"(x - {k})^2" for k in range(1, 21))


def soon():
    return time.monotonic() + 60


def proof(polynomial):
    """The verified certificate: all answers here are exact."""
    certificate = univariate_certificate(polynomial, soon())
    certificate.verify()
    return certificate


def random_poly(rng):
    """Small, large, nearly or exactly squares, with repeated roots, negative, in a power of x."""

    def dense(most, size):
        return sympy.Poly([rng.randint(-size, size) for _ in range(rng.randint(1, most))] + [rng.randint(1, size)], X)

    size = 10 ** rng.choice((1, 1, 2, 30))
    shift = sympy.Rational(rng.choice((-1, 0, 1)), 10 ** rng.randint(1, 40))
    kind = rng.randrange(4)
    if kind == 0:
        poly = dense(9, size)
    elif kind == 1:
        poly = dense(4, size) ** 2 * rng.randint(1, 5) + dense(4, size) ** 2 * rng.choice((0, 2)) + shift
    elif kind == 2:
        poly = dense(3, 9) ** rng.randint(1, 4) * dense(3, 9) ** rng.randint(1, 4) * rng.choice((-1, 1))
    else:
        poly = sympy.prod([dense(2, 9) for _ in range(rng.randint(1, 4))]) ** 2 * dense(3, 5) + shift
    return sympy.Poly(poly.as_expr().subs(X, X ** rng.choice((1, 1, 1, 2, 3, 4))) * X ** rng.choice((0, 0, 0, 1, 2)), X)


def truly_nonnegative(poly):
    _, factors = poly.sqf_list()
    return poly.LC() > 0 and not any(m % 2 and f.degree() > 0 and f.count_roots() for f, m in factors)


@pytest.mark.parametrize("seed", range(150))
def test_the_truth_is_proven(seed):
    poly = random_poly(random.Random(seed))
    certificate = proof(Polynomial.from_sympy(poly.as_expr(), ["x"]))
    assert isinstance(certificate, SosCertificate) == truly_nonnegative(poly)
    if isinstance(certificate, SosCertificate):
        assert len(certificate.squares()) <= poly.degree() // 2 + 1


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (WILKINSON, "sos"),
        (WILKINSON + " + 1", "sos"),
        (WILKINSON + " - 1/1000", "negative_point"),
        ("x^100 + (10^6*x - 1)^2", "sos"),  # Mignotte's: a complex pair that is real in 300 digits
        ("x^60 - (10^6*x - 1)^2", "negative_point"),
        ("(x^5 - x - 1)^2*10^1000 + (x + 1)^2 + 1", "sos"),  # clusters of complex roots, too
        ("x^10000 - x^5000 + 1", "sos"),
        ("x^9999 - 3", "negative_point"),
        ("x^9000 - 3*x^4500 + 2", "negative_point"),
        ("x^1000 - 10^2000", "negative_point"),
        ("x^10 - 10^1300*x^4 + 10^2000", "negative_point"),
        ("x^4 - 10^1000*x^2 + 10^2000", "sos"),
        ("64*x^4 + 32*x^2 + 3", "sos"),  # 2 (4 x^2 + 1)^2 and what is subtracted at first
        ("(6*x^2 + 3)^2 - 1/10^400", "sos"),  # a pair that agrees in more digits than are computed
        # on a line of exponents
        ("(x + y)^200", "sos"),
        ("(x - y)^20*(x^2 + y^2) - x^11*y^11", "negative_point"),
        ("x^7*y^7 + 10*y^14 + 10*x^14", "sos"),
        ("x^2*y - x*y^2", "negative_point"),
        ("x^4*y^2 - 2*x^2*y*z + z^2", "sos"),
        ("x^4*y^2 - 2*x^2*y*z + 9/10*z^2", "negative_point"),
        ("x^5 - 2*x^3*y^4 + x*y^8", "negative_point"),
        ("x^8*y^8 - 2*x^10*y^10 + x^12*y^12", "sos"),
        ("x^6*y^10*z^15 - 1", "negative_point"),
        ("x^7142 - 3*x^3571*y^5000 + (9/4 - 1/10^30)*y^10000", "negative_point"),  # no variable to the power 1
        # gaps narrower than what is looked at: around 0, at a root of the square, of y where t = y^3
        ("x^4 - 1/10^400*x^2", "negative_point"),
        ("x^4*y^6 - 1/10^400*x^2*y^9", "negative_point"),
        ("(7*x - 3)^2*((7*x - 3)^2 - 1/10^400)", "negative_point"),
        ("(x^3 - 2)^2 - 1/10^300", "negative_point"),
        ("x*y", "negative_point"),
        ("x^2*y^2", "sos"),
        ("-x^2*y^2", "negative_point"),
        ("7/3", "sos"),
        ("-7/3", "negative_point"),
    ],
)
def test_hard_ones_are_decided(text, kind):
    assert proof(parse(text)).kind == kind


def test_hundred_digits_at_degree_two_hundred():
    rng = random.Random(0)
    f, g = (fmpz_poly([rng.randint(-(10**50), 10**50) for _ in range(101)]) for _ in range(2))
    coefficients = [int(c) for c in (f * f + g * g).coeffs()]
    dense = Polynomial.from_arrays([[i] for i in range(201)], coefficients)
    assert proof(dense).kind == "sos"
    assert proof(dense - 2 * coefficients[0]).kind == "negative_point"


def test_points_are_short():
    assert proof(parse("(x - 1)^2*(x - 2)^3")).point == (0,)
    assert proof(parse(WILKINSON + " - 1/1000")).point == (1,)
    assert proof(parse("-(x - 1)^2*(x - 2)^2*x^2*(x + 1)^2")).point == (3,)
    assert proof(parse("(3*x - 1)*(2*x - 1)")).point == (sympy.Rational(2, 5),)


def test_unused_variables_stay():
    certificate = proof(Polynomial.parse("y^3 - 1", ["x", "y", "z"]))
    assert certificate.point == (0, 0, 0)


def test_short_entries_where_there_is_room():
    block = proof(parse("x^4 - x^2 + 1")).blocks[0]
    assert max(abs(int(entry)) for entry in block.gram.ravel()) <= 16


def test_even_polynomials_fall_apart():
    gram = proof(parse("x^8 - x^6 + x^4 - x^2 + 1")).blocks[0].gram
    assert not gram[::2, 1::2].any()
    assert gram[::2, ::2].any()


@pytest.mark.parametrize("text", ["x + y + 1", "x^2 + y^2 + x*y + 1", "x^2*y + x*y^2 + x^2*y^2"])
def test_other_polynomials_are_left_alone(text):
    assert line_of(parse(text)) is None
    assert univariate_certificate(parse(text), soon()) is None


def test_decomposition():
    square, core = decompose(fmpz_poly([0, 2]) ** 2 * fmpz_poly([1, 1]) ** 5 * -3)
    assert core == fmpz_poly([1, 1]) * -12
    assert square == fmpz_poly([0, 1]) * fmpz_poly([1, 1]) ** 2


def test_limits_are_named():
    with pytest.raises(TooLarge, match="3001 monomials"):
        univariate_certificate(parse("x^6000 + x + 1"), soon())
    with pytest.raises(DeadlineExceeded, match="degree 2000"):
        univariate_certificate(parse("x^2000 + x + 1"), time.monotonic() + 10)


def test_lost_roots_are_noticed():
    """A polynomial nearby of another shape leads to the same root twice, or to none above the line."""
    with pytest.raises(LostRoots, match="found"):
        upper_roots(fmpz_poly([2, 0, 3, 0, 1]), fmpz_poly([1, 0, 1]), 100)
    roots = upper_roots(fmpz_poly([2, 0, 3, 0, 1]), fmpz_poly([2, 0, 3, 0, 1]), 100)
    assert sorted(float(root.imag.mid()) for root in roots) == pytest.approx([1, 2**0.5])
    assert all(isinstance(root, acb) for root in roots)


def test_gram_of_a_product():
    parts = decompose(fmpz_poly([-1, 1]) ** 2 * fmpz_poly([1, 1, 1]))
    gram = univariate_gram(parts, soon())
    assert (gram.numerators.rank(), gram.numerators.nrows()) == (2, 3)


def test_the_pipeline_reports_it():
    result = certify(parse("x^4 - x + 1"), CertifyOptions(time_limit=20.0))
    assert (result.status, result.proposer) == (Status.SOS, "univariate")
    assert result.basis.tolist() == [[0], [1], [2]]
    assert [(a.proposer, a.basis_size, a.outcome) for a in result.attempts] == [("univariate", 3, "proven")]
    assert set(result.seconds) == {"screen", "univariate"}
    assert certify(parse("x^4 - 3*x + 1"), CertifyOptions(time_limit=20.0)).status is Status.NEGATIVE
