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
from nsos_jax.certificates import MAX_BASIS, NegativePointCertificate, SosCertificate, as_fraction, evaluate
from nsos_jax.polynomials import Polynomial, even_rows
from nsos_jax.proofs.univariate.gram import decompose, nonnegative, univariate_gram
from nsos_jax.proofs.univariate.real_roots import Gap, gaps, simplest_between

SECONDS_PER_CUBE = 1e-8
"""The complex roots of a polynomial of degree n take about this times n^3 seconds, which nothing can interrupt."""

FEW_TERMS = 64
"""That are looked at first."""


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
    few = polynomial.exponents[:FEW_TERMS].astype(np.int64)
    if not _on_a_line(few - few[-1]):
        return None
    exponents = polynomial.exponents.astype(np.int64)
    away = exponents - exponents[-1]
    first = away[0]
    if not first.any():
        return Line(exponents[0], first, 1, fmpz_poly(list(polynomial.numerators)))
    if not _on_a_line(away):
        return None
    direction = first // np.gcd.reduce(first)
    widest = int(np.argmax(np.abs(direction)))
    steps = away[:, widest] // direction[widest]
    start = int(np.argmin(steps))
    steps = steps - steps[start]
    common = int(np.gcd.reduce(steps))
    power = common // 2 if common % 2 == 0 else common
    inner = fmpz_poly()
    for step, numerator in zip((steps // power).tolist(), polynomial.numerators, strict=True):
        inner[step] = numerator
    return Line(exponents[start], direction, power, inner)


def _on_a_line(away: Int[np.ndarray, "terms n"]) -> bool:
    """Whether all rows, the last of which is 0, are multiples of the primitive vector along the first."""
    first = away[0]
    if not first.any():
        return len(away) == 1
    direction = first // np.gcd.reduce(first)
    widest = int(np.argmax(np.abs(direction)))
    return bool((np.outer(away[:, widest] // direction[widest], direction) == away).all())


def univariate_certificate(polynomial: Polynomial, deadline: float) -> SosCertificate | NegativePointCertificate | None:
    """The proof for a non-zero polynomial whose exponents lie on a line; None for others.

    Raises:
      DeadlineExceeded: `time.monotonic()` is past the deadline, or would be.
      TooLarge: the certificate would be.
      BeyondLimits: the value at a point would have more digits than the checker computes with.
      LostRoots: the complex roots lie too close together.

    >>> univariate_certificate(Polynomial.parse("x^4 - 2*x^2*y^2 + y^4"), time.monotonic() + 60).verify()
    'sos: 3 terms = 1 block of 3 monomials'
    """
    line = line_of(polynomial)
    if line is None:
        return None
    if even_rows(line.base[None]).all() and nonnegative(decompose(line.inner), deadline):
        return _sum_of_squares(polynomial, line, deadline)
    return _negative_point(polynomial, line, deadline)


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


def _negative_point(polynomial: Polynomial, line: Line, deadline: float) -> NegativePointCertificate:
    """The proof, with few digits, for a polynomial that is negative somewhere on the line.

    All coordinates are s_j = +-1 but one, s_j y or s_j / y with y > 0: x^base has the sign of s^base, t is +-y^root.
    """
    n = polynomial.num_variables
    if not line.base.any() and line.inner[0] < 0:
        return NegativePointCertificate.create(polynomial, [Fraction(0)] * n)
    slopes = line.direction.tolist()
    moving = min(np.flatnonzero(line.direction).tolist(), key=lambda j: abs(slopes[j]), default=0)
    root = line.power * max(abs(slopes[moving]), 1) if n else 1
    odd = line.base % 2
    tied = bool(odd.any() and (odd == line.power * line.direction % 2).all())  # x^base always has the sign of t
    parts = []
    for gap in gaps(decompose(line.inner.left_shift(int(tied))).core, deadline):
        for low, high, below in _halves(gap):
            signs = _signs(line, gap.sign > 0 if not tied else (gap.sign > 0) != below, below)
            if signs is not None:
                parts.append((low == high, _length(next(_within(low, high, root))), low, high, signs.tolist()))
    *_, low, high, signs = min(parts, key=lambda part: part[:2])
    for y in _within(low, high, root):  # the square in u vanishes at finitely many
        if time.monotonic() > deadline:
            raise DeadlineExceeded("no point of negative value was found in time on a line of exponents")
        point = [fmpq(sign) for sign in signs]
        if n and slopes[moving]:
            point[moving] *= y if slopes[moving] > 0 else 1 / y
        certificate = NegativePointCertificate.create(polynomial, map(as_fraction, point))
        if evaluate(certificate.polynomial, point) < 0:
            return certificate
    raise AssertionError("unreachable")


def _halves(gap: Gap) -> Iterator[tuple[fmpq, fmpq | None, bool]]:
    """The part of a gap below zero, mirrored, if there is one, then that above; and whether it is the one below."""
    zero = fmpq(0)
    around = gap.low == gap.high == 0
    if around or gap.high is None or gap.high > 0:
        yield max(gap.low, zero) if gap.low is not None else zero, gap.high, False
    if around or gap.low is None or gap.low < 0:
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


def _within(low: fmpq, high: fmpq | None, root: int) -> Iterator[fmpq]:
    """Endless numbers y > 0 with y^root in an interval, the simplest first; where the ends are the same point in a true
    gap, it and numbers that come down to it."""
    if low != high:
        low, high = _roots(low, high, root)
        while True:
            yield (low := simplest_between(low, high))
    if root == 1 and low:
        yield low
    yield from (_root_above(low, root, 2**i) for i in count(2))


def _root_above(number: fmpq, power: int, bits: int) -> fmpq:
    """The root of a number >= 0, and at most 2^-bits more, but not the root itself."""
    scale = fmpz(1) << bits
    return fmpq((number.p * scale**power // number.q).root(power) + 1, scale)


def _roots(low: fmpq, high: fmpq | None, power: int) -> tuple[fmpq, fmpq | None]:
    """An interval of y with y^power in the given one, both in the positive numbers; as wide where the power is 1.

    The ends of the given one are different.
    """
    if power == 1:
        return low, high
    for bits in (2**i for i in count(2)):
        scale = fmpz(1) << bits
        above = _root_above(low, power, bits) if low else low
        below = None if high is None else fmpq((high.p * scale**power // high.q).root(power), scale)
        if below is None or above < below:
            return above, below
    raise AssertionError


def _length(number: fmpq) -> tuple[int, fmpq]:
    return int(number.p.bit_length() + number.q.bit_length()), number
