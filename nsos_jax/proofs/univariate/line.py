"""Polynomials whose exponents lie on a line, always decided: one variable, forms in two, and their like.

Such a polynomial is p = x^a u(x^v) with one variable t = x^v in u, where v may have negative entries: every polynomial
in one variable, every form in two, and for instance x^4 y^2 - 2 x^2 y z + z^2. Where t takes all real values, or u is
even, p >= 0 if and only if a is even and u >= 0; then p is a sum of squares, and z'Qz for u gives one for p.
"""

import math
import time
from collections.abc import Iterator
from fractions import Fraction
from itertools import count, product
from typing import NamedTuple

import numpy as np
from flint import fmpq, fmpz, fmpz_poly
from jaxtyping import Int

from nsos_jax.bases import DeadlineExceeded, TooLarge
from nsos_jax.certificates import MAX_BASIS, NegativePointCertificate, SosCertificate
from nsos_jax.polynomials import Polynomial, even_rows
from nsos_jax.proofs.univariate.gram import decompose, nonnegative, univariate_gram
from nsos_jax.proofs.univariate.real_roots import Gap, gaps, simplest_between

SECONDS_PER_CUBE = 1e-8
"""The complex roots of a polynomial of degree n take about this times n^3 seconds, which nothing can interrupt."""


class Line(NamedTuple):
    """p = x^base u(x^(power * direction)) / denominator, with u(0) not 0.

    Attributes:
      base: int64 [n], the exponents at one end of the support.
      direction: int64 [n], without a common divisor; zero for a single term.
      power: at least 1. Where all exponents of t have an even common divisor, half of it is in the power, so that u is
        even; an odd one is in the power as a whole.
      inner: u.
    """

    base: Int[np.ndarray, " n"]
    direction: Int[np.ndarray, " n"]
    power: int
    inner: fmpz_poly


def line_of(polynomial: Polynomial) -> Line | None:
    """The line on which the exponents of a non-zero polynomial lie, None if they do not.

    >>> line = line_of(Polynomial.parse("x^5 - 2*x^3*y^4 + x*y^8"))
    >>> line.base.tolist(), line.direction.tolist(), line.power, line.inner
    ([5, 0], [-1, 2], 1, x^4 + (-2)*x^2 + 1)
    """
    exponents = polynomial.exponents.astype(np.int64)
    away = exponents - exponents[-1]
    first = away[0]
    if not first.any():
        return Line(exponents[0], first, 1, fmpz_poly(list(polynomial.numerators)))
    direction = first // np.gcd.reduce(first)
    widest = int(np.argmax(np.abs(direction)))
    steps = away[:, widest] // direction[widest]
    if (np.outer(steps, direction) != away).any():
        return None
    start = int(np.argmin(steps))
    steps = steps - steps[start]
    common = int(np.gcd.reduce(steps))
    power = common // 2 if common % 2 == 0 else common
    inner = fmpz_poly()
    for step, numerator in zip((steps // power).tolist(), polynomial.numerators, strict=True):
        inner[step] = numerator
    return Line(exponents[start], direction, power, inner)


def univariate_certificate(polynomial: Polynomial, deadline: float) -> SosCertificate | NegativePointCertificate | None:
    """The proof for a non-zero polynomial whose exponents lie on a line; None for others.

    Raises:
      DeadlineExceeded: `time.monotonic()` is past the deadline, or would be.
      TooLarge: the certificate would be.
      LostRoots: the complex roots lie too close together.

    >>> univariate_certificate(Polynomial.parse("x^4 - 2*x^2*y^2 + y^4"), time.monotonic() + 60).verify()
    'sos: 3 terms = 1 block of 3 monomials'
    """
    line = line_of(polynomial)
    if line is None:
        return None
    if even_rows(line.base[None]).all() and nonnegative(decompose(line.inner), deadline):
        return _sum_of_squares(polynomial, line, deadline)
    return NegativePointCertificate.create(polynomial, _negative_point(polynomial, line, deadline))


def _sum_of_squares(polynomial: Polynomial, line: Line, deadline: float) -> SosCertificate:
    size = line.inner.degree() // 2 + 1
    if size > MAX_BASIS:
        raise TooLarge(f"a basis of {size} monomials is beyond what certificates may hold, {MAX_BASIS}")
    if time.monotonic() + SECONDS_PER_CUBE * line.inner.degree() ** 3 > deadline:
        raise DeadlineExceeded(f"the time left is too short for the roots of a polynomial of degree {2 * size - 2}")
    gram = univariate_gram(decompose(line.inner), deadline)
    entries = np.array(gram.numerators.table(), dtype=object)
    if line.inner == line.inner(fmpz_poly([0, -1])):  # then the mean of Q and its mirror image, which falls apart
        entries[np.add.outer(np.arange(size), np.arange(size)) % 2 == 1] = fmpz(0)
    basis = line.base // 2 + np.outer(np.arange(size), line.power * line.direction)
    divisor = math.gcd(1 << gram.shift, *map(int, entries.ravel()))
    denominator = (polynomial.denominator << gram.shift) // divisor
    return SosCertificate.create(polynomial, [(basis, entries // divisor, denominator)])


def _negative_point(polynomial: Polynomial, line: Line, deadline: float) -> list[Fraction]:
    """A point at which a polynomial that is negative somewhere on the line is negative, of few digits.

    With x_j = s_j y^(w_j), direction * w = 1, s_j = +-1 and y > 0, x^base has the sign of s^base, and t is +-y^power.
    """
    if not line.base.any() and line.inner[0] < 0:
        return [Fraction(0)] * polynomial.num_variables
    weights = _bezout(line.direction)
    odd = line.base % 2
    tied = bool(odd.any() and (odd == line.power * line.direction % 2).all())  # x^base always has the sign of t
    parts = []
    for gap in gaps(decompose(line.inner.left_shift(int(tied))).core, deadline):
        for low, high, below in _halves(gap):
            signs = _signs(line, gap.sign > 0 if not tied else (gap.sign > 0) != below, below)
            if signs is not None:
                parts.append((*_roots(low, high, line.power), signs))
    low, high, signs = min(parts, key=lambda part: _length(simplest_between(*part[:2])))
    while True:
        y = simplest_between(low, high)
        size = Fraction(int(y.p), int(y.q))
        point = [int(sign) * size ** int(weight) for sign, weight in zip(signs, weights, strict=True)]
        if polynomial.evaluate(point) < 0:
            return point
        low = y  # a root of the square in u, of which there are finitely many


def _halves(gap: Gap) -> Iterator[tuple[fmpq, fmpq | None, bool]]:
    """The part of a gap below zero, mirrored, if there is one, then that above; and whether it is the one below."""
    zero = fmpq(0)
    if gap.high is None or gap.high > 0:
        yield max(gap.low, zero) if gap.low is not None else zero, gap.high, False
    if gap.low is None or gap.low < 0:
        yield -min(gap.high, zero) if gap.high is not None else zero, None if gap.low is None else -gap.low, True


def _signs(line: Line, base: bool, power: bool) -> Int[np.ndarray, " n"] | None:
    """Signs s such that s^base is negative if and only if `base` says so, and s^(power * direction) likewise."""
    parities = np.stack([line.base % 2, line.power * line.direction % 2], axis=1)
    kinds, places = np.unique(parities, axis=0, return_index=True)
    for chosen in product((0, 1), repeat=len(kinds)):
        if ((np.array(chosen) @ kinds) % 2 == (base, power)).all():
            signs = np.ones(len(parities), dtype=np.int64)
            signs[places[np.array(chosen, dtype=bool)]] = -1
            return signs
    return None


def _bezout(direction: Int[np.ndarray, " n"]) -> list[int]:
    """Integers w with direction * w = 1, all 0 where the direction is."""
    units = np.flatnonzero(np.abs(direction) == 1)
    weights = [0] * len(direction)
    if len(units):
        weights[units[0]] = int(direction[units[0]])
        return weights
    reached = 0  # direction * weights, the common divisor of the entries so far
    for j, entry in enumerate(direction.tolist()):
        common = math.gcd(reached, entry)
        if common != reached:
            weights[j] = pow(entry // common, -1, reached // common) if reached else common // entry
            left = (common - weights[j] * entry) // reached if reached else 0
            weights[:j] = [left * weight for weight in weights[:j]]
            reached = common
    return weights


def _roots(low: fmpq, high: fmpq | None, power: int) -> tuple[fmpq, fmpq | None]:
    """An interval of y with y^power in the given one, both in the positive numbers; as wide where the power is 1."""
    if power == 1:
        return low, high
    for bits in (2**i for i in count(2)):
        scale = fmpz(1) << bits
        above = fmpq((low.p * scale**power // low.q).root(power) + 1, scale) if low else low
        below = None if high is None else fmpq((high.p * scale**power // high.q).root(power), scale)
        if below is None or above < below:
            return above, below
    raise AssertionError


def _length(number: fmpq) -> tuple[int, fmpq]:
    return int(number.p.bit_length() + number.q.bit_length()), number
