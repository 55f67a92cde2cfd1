"""Symmetric polynomials through the whole pipeline: plain certificates, and the answers that there are without it."""

from fractions import Fraction

import numpy as np
import pytest
from symmetric_forms import differences, inside, maclaurin, power_means, power_sum, variables, with_signs

from nsos_jax.membership import Status, certify
from nsos_jax.membership import pipeline as stages
from nsos_jax.polynomials import Polynomial


def answer(p, **changes):
    result = certify(p, **changes)
    if result.certificate is not None:
        result.certificate.verify()
    return result


@pytest.mark.parametrize(
    "p",
    [
        power_means(9, 2),
        maclaurin(8, 4),
        maclaurin(10, 5),
        differences(8, 3),
        inside(8, 4, 0),
        inside(6, 6, 1),
        with_signs(inside(8, 4, 2), (1, -1) * 4),
        power_sum(8, 4) - Fraction(1, 8) * power_sum(8, 2) ** 2 + (power_sum(8, 1) - 1) ** 2,
    ],
)
def test_large_symmetric_polynomials(p):
    result = answer(p)
    assert result.status is Status.SOS
    assert result.proposer == "symmetry"


def test_negative_values_are_found_before_functionals():
    p = power_sum(8, 4) - power_sum(8, 2) ** 2 / 4 + power_sum(8, 1)
    assert answer(p).status is Status.NEGATIVE


def test_nonnegative_forms_that_are_no_sums_of_squares():
    """Robinson's form in the first variables of each of two groups, beside others."""
    x = variables(8)
    ternary = "a^6 + b^6 + c^6 - a^4*b^2 - a^4*c^2 - b^4*a^2 - b^4*c^2 - c^4*a^2 - c^4*b^2 + 3*a^2*b^2*c^2"
    robinson = Polynomial.parse(ternary).substitute(dict(zip("abc", x[:3], strict=True)))
    p = robinson + Polynomial.sum(y**6 for y in x[3:]) + Fraction(1, 10**6) * power_sum(8, 2) ** 3
    result = answer(p)
    assert result.status is Status.NOT_SOS
    assert "propose" not in result.seconds


def test_small_and_unsymmetric_ones_are_left_to_others():
    assert answer(power_means(3, 2)).proposer != "symmetry"
    p = inside(6, 4, 0) + Polynomial.parse("x1^2 + 2*x2^2 + 3*x3^2 + 4*x4^2 + 5*x5^2")
    assert answer(p).proposer != "symmetry"
    assert answer(inside(8, 4, 0), last_resort="none").proposer != "symmetry"


@pytest.mark.parametrize("seed", range(12))
def test_statuses_agree_with_those_without_symmetry(seed, monkeypatch):
    """Random symmetric quartics and sextics, some with one coefficient changed, inside and outside of the cone."""
    rng = np.random.default_rng(seed)
    n, degree = ((8, 4), (5, 6))[seed % 2]
    p = inside(n, degree, seed) - int(rng.integers(0, 120)) * power_sum(n, 2) ** (degree // 2)
    if seed % 3 == 0:
        p = p + Polynomial.parse("x1^2*x2")
    with_symmetry = answer(p).status
    monkeypatch.setattr(stages, "MOST_FOR_SYMMETRY", 0)
    assert {with_symmetry, answer(p).status} in ({Status.SOS}, {Status.NEGATIVE}, {Status.NOT_SOS})


def test_sums_over_many_orbits_are_given_up():
    """A small group and a long basis: the sums over orbits would hold gigabytes."""
    p = Polynomial.parse("(x+y+z+w)^24 + (x*y)^12")
    result = certify(p, time_limit=4.0)
    assert result.status is Status.UNDECIDED
    assert "entries of sums" in result.error
