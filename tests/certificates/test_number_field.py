"""Real number fields: signs, inverses, LDL', and fields that are refused."""

import random
from fractions import Fraction

import numpy as np
import pytest
from flint import fmpq_poly, fmpz_poly

from nsos_jax.certificates import number_field
from nsos_jax.certificates.data import InvalidCertificate
from nsos_jax.certificates.number_field import RealField, as_element, coefficients, vanishing

ROOT_2 = RealField.create([-2, 0, 1], (1, 2))
CUBIC = {ends: RealField.create([-1, -4, 0, 1], ends) for ends in ((-2, -1), (-1, 0), (2, 3))}
"""t^3 - 4 t - 1 has the roots -1.86081, -0.25410 and 2.11491."""


def value(field: RealField, element: fmpq_poly) -> float:
    theta = field.approximate()
    return float(sum(float(c) * theta**i for i, c in enumerate(coefficients(element))))


def test_approximations():
    assert ROOT_2.approximate() == 2**0.5
    assert [round(field.approximate(), 5) for field in CUBIC.values()] == [-1.86081, -0.2541, 2.11491]
    assert RealField.create([-3, 2], (0, 5)).approximate() == 1.5


@pytest.mark.parametrize("field", [ROOT_2, *CUBIC.values()])
def test_signs_and_inverses_against_floating_point(field):
    rng = random.Random(7)
    for _ in range(100):
        element = as_element([Fraction(rng.randint(-9, 9), rng.randint(1, 5)) for _ in range(field.degree)])
        if element == 0:
            continue
        about = value(field, element)
        assert field.sign(element) == (1 if about > 0 else -1)
        assert field.product(element, field.inverse(element)) == 1


def test_signs_of_numbers_that_floating_point_cannot_tell_from_zero():
    """Convergents of the continued fraction of sqrt 2 lie alternately below and above it."""
    p, q = 1, 1
    for step in range(200):
        assert ROOT_2.sign(as_element([Fraction(-p, q), 1])) == (1 if step % 2 == 0 else -1)
        p, q = p + 2 * q, p + q
    assert ROOT_2.sign(as_element([])) == 0


@pytest.mark.parametrize(
    ("polynomial", "interval", "message"),
    [
        ([1, -2, 1], (0, 2), "minimal_polynomial: expected an irreducible polynomial, it has factors"),
        ([-1, 0, 1], (Fraction(1, 2), 2), "expected an irreducible polynomial"),
        ([4, 0, 0, 0, 1], (0, 2), "expected an irreducible polynomial"),  # Sophie Germain
        ([-2, 0, 1], (-2, 2), "field.interval: expected exactly one root between its ends, there are 2"),
        ([-2, 0, 1], (2, 3), "there are 0"),
        ([1, 0, 1], (-9, 9), "there are 0"),
        ([-2, 0, 1], (2, 1), "field.interval: expected two ascending numbers"),
        ([-2, 0, 1], (1, 1), "field.interval: expected two ascending numbers"),
        ([-3, 2], (Fraction(3, 2), 2), r"field.interval\[0\]: 3/2 is itself a root"),
        ([-(2**50_000), 0, 0, 1], (1, 2**20_000), "field: the numbers are too long for the degree 3"),
    ],
)
def test_fields_that_are_refused(polynomial, interval, message):
    with pytest.raises(InvalidCertificate, match=message):
        RealField.create(polynomial, interval).check()


def test_irreducible_although_it_has_factors_modulo_every_prime():
    """sqrt 2 + sqrt 3 and sqrt 2 + sqrt 3 + sqrt 5."""
    RealField.create([1, 0, -10, 0, 1], (3, 4)).check()
    RealField.create(list(map(int, fmpz_poly.swinnerton_dyer(3).coeffs())), (5, 6)).check()


def test_ldl_depends_on_the_root():
    """[[1, theta], [theta, 2]] is positive semidefinite for theta = sqrt 2 of rank 1; 3 - theta^2 > 0 for two roots of
    the cubic only."""
    assert [coefficients(weight) for weight, _ in ROOT_2.ldl(matrix([[[1], [0, 1]], [[0, 1], [2]]]))] == [(1,)]
    with pytest.raises(ValueError, match=r"not positive semidefinite \(found at row 1 of 2\)"):
        list(ROOT_2.ldl(matrix([[[1], [0, 1]], [[0, 1], [Fraction(1999, 1000)]]])))
    definite = []
    for field in CUBIC.values():
        try:
            definite.append(len(list(field.ldl(matrix([[[1], [0, 1]], [[0, 1], [3]]])))))
        except ValueError:
            definite.append(-1)
    assert definite == [-1, 2, -1]


def test_ldl_adds_up():
    rng = np.random.default_rng(3)
    field = CUBIC[-2, -1]
    factors = rng.integers(-3, 4, size=(5, 3, 3)).tolist()
    rows = [[as_element(entry) for entry in row] for row in factors]
    gram = [[sum((field.product(a, b) for a, b in zip(r, s, strict=True)), as_element([])) for s in rows] for r in rows]
    squares = list(field.ldl(gram))
    assert len(squares) == 3
    for i in range(5):
        for j in range(5):
            total = as_element([])
            for weight, square in squares:
                term = field.product(square.get(i, as_element([])), square.get(j, as_element([])))
                total += field.product(weight, term)
            assert total == gram[i][j]
    assert all(field.sign(weight) == 1 for weight, _ in squares)


def test_vanishing_polynomials():
    """At (sqrt 2, sqrt 2) the rational linear forms in x, y, 1 that vanish are the multiples of x - y."""
    point = [as_element([0, 1]), as_element([0, 1])]
    kernel = vanishing(ROOT_2, point, np.array([[1, 0], [0, 1], [0, 0]]))
    assert kernel.tolist() in ([[1], [-1], [0]], [[-1], [1], [0]])
    assert vanishing(ROOT_2, point, np.array([[1, 0], [0, 0]])).ncols() == 0
    assert vanishing(ROOT_2, point, np.zeros((0, 2), int)).ncols() == 0


def test_limits(monkeypatch):
    with pytest.raises(InvalidCertificate, match="zero: 1 monomials there are too long"):
        ROOT_2.values([as_element([10**50, 1])], np.array([[10_000]]))
    monkeypatch.setattr(number_field, "MAX_WORK", 100)
    with pytest.raises(InvalidCertificate, match="a matrix of size 2 over a field of degree 2 is too much work"):
        list(ROOT_2.ldl(matrix([[[1], [0, 1]], [[0, 1], [2]]])))


def matrix(rows):
    return [[as_element(entry) for entry in row] for row in rows]
