"""Sums of circuits: binomial squares where the inequality of means says so, on the boundary too, nothing elsewhere."""

import math
import random
import time

import numpy as np
import pytest

from nsos_jax import Polynomial, Status, certify
from nsos_jax.bases.newton import DeadlineExceeded
from nsos_jax.proofs.circuits import circuit_certificate
from nsos_jax.proofs.mediated import mediated_set, simplex_of

parse = Polynomial.parse
MOTZKIN = "x^4*y^2 + x^2*y^4 + 1"


def soon():
    return time.monotonic() + 60


def hurwitz(n):
    """The inequality of means for n numbers in n-th (for odd n in 2n-th) powers."""
    power = 1 if n % 2 == 0 else 2
    return " + ".join(f"x{i}^{n * power}" for i in range(n)) + f" - {n}*" + "*".join(f"x{i}^{power}" for i in range(n))


def mediated(vertices, point):
    found = mediated_set(simplex_of(np.array(vertices)), tuple(point), soon())
    if found is not None:
        corners = set(map(tuple, vertices))
        assert tuple(point) in found
        for middle, (left, right) in found.items():
            assert left != right
            assert tuple(2 * m for m in middle) == tuple(a + b for a, b in zip(left, right, strict=True))
            for end in (left, right):
                assert end in found or end in corners
                assert all(e % 2 == 0 for e in end)
    return found


def test_mediated_sets():
    assert mediated([[6, 0, 0], [0, 6, 0], [0, 0, 6]], [2, 2, 2])
    assert mediated([[0], [10]], [3])
    assert mediated([[20, 0], [0, 20], [0, 0]], [3, 5])
    assert mediated((16 * np.eye(16, dtype=int)).tolist(), [1] * 16)
    assert mediated([[4, 2], [2, 4], [0, 0]], [2, 2]) is None  # Motzkin
    assert mediated([[4, 2, 0], [0, 4, 2], [2, 0, 4]], [2, 2, 2]) is None  # Choi-Lam
    assert mediated([[0, 0, 0], [0, 2, 2], [2, 0, 2], [2, 2, 0]], [1, 1, 1]) is None  # Choi-Lam


def test_simplices():
    simplex = simplex_of(np.array([[4, 2], [2, 4], [0, 0]]))
    coordinates = simplex.coordinates(np.array([[2, 2], [4, 2], [4, 4], [6, 0]]))
    assert (coordinates / simplex.denominator).tolist() == [
        pytest.approx([1 / 3, 1 / 3, 1 / 3]),
        [1, 0, 0],
        pytest.approx([2 / 3, 2 / 3, -1 / 3]),
        pytest.approx([2, -1, 0]),
    ]
    assert simplex_of(np.array([[0, 0], [2, 2], [4, 4]])) is None
    edge = simplex_of(np.array([[6, 0], [0, 6]]))
    assert (edge.coordinates(np.array([[2, 2], [3, 3]])) >= 0).all(axis=1).tolist() == [False, True]


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6, 7, 10, 16, 20])
def test_inequalities_of_means(n):
    certificate = circuit_certificate(parse(hurwitz(n)), soon())
    certificate.verify()
    assert all(len(block.basis) <= 2 for block in certificate.blocks)
    assert circuit_certificate(parse(hurwitz(n) + " - 1/1000*" + "*".join(f"x{i}" for i in range(n))), soon()) is None


@pytest.mark.parametrize(
    "text",
    [
        "x^6 + 64*y^6 + 729*z^6 - 108*x^2*y^2*z^2",  # zero at (6, 3, 2)
        "2*x^6 + 3*y^6 + z^6 - 5.45*x^2*y^2*z^2",  # the circuit number is 3 * 6^(1/3) = 5.4513...
        "x^6 + y^6 + z^6 + 1 - x^2*y^2*z^2 - x*y*z - x^3*y - 1/4*z",
        "2*x^6 + 2*y^6 + 2*z^6 - 3*x^2*y^2*z^2 - x^2*y^4 - y^2*z^4 - z^2*x^4",  # zero at (1, 1, 1)
        "x^4 + y^4 + 1/4 - x*y",  # zero at (1/2, 1/2)
        "x^4 + y^4 + 1 + x*y",
        "1e40*x^4 + 1e-40*y^4 + 1 - x*y",
    ],
)
def test_boundary_and_interior(text):
    circuit_certificate(parse(text), soon()).verify()


@pytest.mark.parametrize(
    "text",
    [
        f"{MOTZKIN} - 3*x^2*y^2",
        f"{MOTZKIN} - 29/10*x^2*y^2",
        "2*x^6 + 3*y^6 + z^6 - 5.46*x^2*y^2*z^2",  # negative
        "x^4 + y^4 + 1 - x^5",  # outside of the Newton polytope
        "x^2 + y^2",  # nothing to do
        "x^4 + y^4 - 10^9*x*y",
    ],
)
def test_others_are_left_alone(text):
    assert circuit_certificate(parse(text), soon()) is None


@pytest.mark.parametrize("seed", range(60))
def test_the_circuit_number_decides(seed):
    """On simplices of full dimension with all points mediated: random vertices 2k e_i and 0."""
    rng = random.Random(seed)
    n = rng.randint(2, 4)
    powers = [2 * rng.randint(2, 6) for _ in range(n)]
    inner = [rng.randint(1, 3) for _ in range(n)]
    shares = [e / k for e, k in zip(inner, powers, strict=True)]
    if sum(shares) >= 1:
        return
    shares.append(1 - sum(shares))
    weights = [rng.randint(1, 50) for _ in shares]
    number = math.prod((c / share) ** share for c, share in zip(weights, shares, strict=True))
    vertices = [[k if i == j else 0 for j in range(n)] for i, k in enumerate(powers)] + [[0] * n]
    for factor, fits in ((0.999, True), (1.001, False)):
        p = Polynomial.from_arrays([*vertices, inner], [*weights, -number * factor])
        certificate = circuit_certificate(p, soon())
        assert (certificate is not None) == (fits and mediated(vertices, inner) is not None)
        if certificate:
            certificate.verify()


def test_the_deadline_is_kept():
    with pytest.raises(DeadlineExceeded, match="in time"):
        circuit_certificate(parse("x^4 + y^4 + 1 - x*y"), time.monotonic() - 1)


def test_the_pipeline_tries_circuits():
    result = certify(parse(hurwitz(10)), last_resort="none")  # by symmetry otherwise
    assert (result.status, result.proposer) == (Status.SOS, "circuits")
    assert result.attempts[-1].outcome == "proven"
    assert not any(attempt.outcome == "running" for attempt in result.attempts)
