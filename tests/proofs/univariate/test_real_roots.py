"""Isolated roots against SymPy; gaps reach the roots; simplest fractions against a search."""

import random
import time
from fractions import Fraction
from itertools import pairwise

import pytest
import sympy
from flint import fmpq, fmpz_poly

from nsos_jax.bases.newton import DeadlineExceeded
from nsos_jax.proofs.univariate.real_roots import (
    approximate_real_roots,
    gaps,
    has_real_root,
    isolate_real_roots,
    simplest_between,
)

X = sympy.Symbol("x")


def soon():
    return time.monotonic() + 60


def squarefree(seed):
    rng = random.Random(seed)
    factors = [sympy.Poly([rng.randint(-9, 9) for _ in range(rng.randint(2, 5))], X) for _ in range(3)]
    product = sympy.prod([f for f in factors if not f.is_zero], start=sympy.Poly(rng.randint(1, 10**30), X))
    return sympy.Poly(product.sqf_part(), X)


def to_flint(poly):
    return fmpz_poly([int(c) for c in reversed(poly.all_coeffs())])


@pytest.mark.parametrize("seed", range(40))
def test_every_root_has_its_interval(seed):
    poly = squarefree(seed)
    found = isolate_real_roots(to_flint(poly), soon())
    assert len(found) == poly.count_roots()
    assert has_real_root(to_flint(poly), soon()) == bool(found)
    for low, high in found:
        ends = [sympy.Rational(int(end.p), int(end.q)) for end in (low, high)]
        inside = poly.count_roots(*ends)
        assert inside - sum(poly.eval(end) == 0 for end in set(ends)) == (low != high)  # open intervals
    assert all(left.high <= right.low for left, right in pairwise(found))


def test_close_roots_are_told_apart():
    """Mignotte's polynomial: two roots that agree in some 500 digits."""
    polynomial = fmpz_poly([0] * 100 + [1]) - 2 * fmpz_poly([-1, 10**10]) ** 2
    found = isolate_real_roots(polynomial, soon())
    assert len(found) == 4
    _, *inner, _ = gaps(polynomial, soon())
    assert [gap.sign for gap in inner] == [-1, 1, -1]
    for gap in inner:
        assert polynomial(simplest_between(gap.low, gap.high)) * gap.sign > 0
    assert inner[1].high - inner[1].low < fmpq(1, 10**480)


@pytest.mark.parametrize("seed", range(20))
def test_gaps_have_the_sign_of_the_polynomial(seed):
    polynomial = to_flint(squarefree(seed))
    for gap in gaps(polynomial, soon()):
        point = simplest_between(gap.low, gap.high)
        assert polynomial(point) * gap.sign > 0


@pytest.mark.parametrize("seed", range(20))
def test_roots_are_approximated(seed):
    poly = squarefree(seed)
    found = approximate_real_roots(to_flint(poly), 64, soon())
    exact = sorted(poly.real_roots(), key=lambda root: root.evalf(30))
    assert [float(root.p) / float(root.q) for root in found] == pytest.approx([float(r) for r in exact], abs=1e-15)


def test_a_root_between_gaps_is_in_neither():
    gap_below, gap_above = gaps(fmpz_poly([0, 1]), soon())
    assert (gap_below.high, gap_above.low) == (0, 0)
    assert (gap_below.sign, gap_above.sign) == (-1, 1)


def test_the_deadline_is_kept():
    with pytest.raises(DeadlineExceeded, match="in time"):
        isolate_real_roots(fmpz_poly([-2, 0, 1]), time.monotonic() - 1)


@pytest.mark.parametrize("seed", range(50))
def test_simplest_fraction(seed):
    rng = random.Random(seed)
    low, high = sorted(Fraction(rng.randint(-60, 60), rng.randint(1, 40)) for _ in range(2))
    if low == high:
        return
    denominators = (q for q in range(1, 3000) if (low * q) // 1 + 1 < high * q)
    q = next(denominators)
    sizes = [abs(p) for p in range(int(low * q // 1) + 1, int(high * q // 1) + 2) if low < Fraction(p, q) < high]
    found = simplest_between(fmpq(low.numerator, low.denominator), fmpq(high.numerator, high.denominator))
    assert low < Fraction(int(found.p), int(found.q)) < high
    assert (int(found.q), abs(int(found.p))) == (q, min(sizes))
