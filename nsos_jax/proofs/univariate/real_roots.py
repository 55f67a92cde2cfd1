"""Real roots of squarefree integer polynomials, and the simplest rational numbers between them, all exactly.

Roots are isolated by continued fractions (Vincent's theorem with lower bounds; A. Akritas and A. Strzebonski, A
comparative study of two real root isolation methods, 2005): a polynomial whose coefficients change sign once has one
positive root, one without a change has none, and the substitutions x -> x + 1 and x -> 1/(x + 1) split the rest. Roots
that agree in a thousand digits cost some hundred substitutions, for the bounds leap over the common part.
"""

import time
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from flint import fmpq, fmpz, fmpz_poly

from nsos_jax.bases import DeadlineExceeded

HALVINGS = 100


class Interval(NamedTuple):
    """An open interval with rational ends that holds one root, or that root itself where the ends are equal."""

    low: fmpq
    high: fmpq

    @property
    def width(self) -> fmpq:
        return self.high - self.low


class Gap(NamedTuple):
    """An open interval between two neighbouring roots, None for infinity, and the sign that the polynomial has there.

    The ends lie in the true gap between the roots, or are roots themselves. They reach most of it; but between roots
    that agree in many more than `HALVINGS` bits they may be the same point, in the gap.
    """

    low: fmpq | None
    high: fmpq | None
    sign: int


def has_real_root(polynomial: fmpz_poly, deadline: float) -> bool:
    """Whether a squarefree polynomial has a real root.

    Raises:
      DeadlineExceeded: `time.monotonic()` is past the deadline.

    >>> has_real_root(fmpz_poly([2, 0, 1]), time.monotonic() + 60)
    False
    """
    if polynomial.degree() % 2:
        return True
    return next(_roots(polynomial, deadline), None) is not None


def isolate_real_roots(polynomial: fmpz_poly, deadline: float) -> list[Interval]:
    """Disjoint intervals of all real roots of a squarefree polynomial, ascending.

    Raises:
      DeadlineExceeded: `time.monotonic()` is past the deadline.

    >>> [(str(low), str(high)) for low, high in isolate_real_roots(fmpz_poly([0, -2, 0, 1]), time.monotonic() + 60)]
    [('-8', '0'), ('0', '0'), ('0', '8')]
    """
    return sorted(_roots(polynomial, deadline))


def _roots(polynomial: fmpz_poly, deadline: float) -> Iterator[Interval]:
    if polynomial[0] == 0:
        yield Interval(fmpq(0), fmpq(0))
        polynomial = polynomial.right_shift(1)
    yield from _positive_roots(polynomial, deadline)
    for low, high in _positive_roots(polynomial(fmpz_poly([0, -1])), deadline):
        yield Interval(-high, -low)


def _positive_roots(polynomial: fmpz_poly, deadline: float) -> Iterator[Interval]:
    """The intervals of the positive roots; the constant coefficient is not zero.

    Each entry of the stack is q(x) = p(M(x)) times a power of (c x + d) with M(x) = (a x + b) / (c x + d), which maps
    the positive numbers onto the interval with ends b/d and a/c.
    """
    stack = [(polynomial, (fmpz(1), fmpz(0), fmpz(0), fmpz(1)))]
    beyond = fmpq(fmpz(1) << max(0, -_lower_bound(_reversed(polynomial))))  # no positive root reaches it
    while stack:
        if time.monotonic() > deadline:
            raise DeadlineExceeded("the real roots of a polynomial in one variable were not isolated in time")
        q, (a, b, c, d) = stack.pop()
        changes = _sign_changes(q)
        if changes == 1:
            ends = fmpq(b, d), fmpq(a, c) if c else beyond
            yield Interval(min(ends), max(ends))
        if changes <= 1:
            continue
        leap = fmpz(1) << max(0, _lower_bound(q))
        q, b, d = q(fmpz_poly([leap - 1, 1])) if leap > 1 else q, b + a * (leap - 1), d + c * (leap - 1)
        # what is left of the bound, 1, is the step to roots above 1; those below it are turned over
        for part, (e, f, g, h) in (
            (q(fmpz_poly([1, 1])), (a, a + b, c, c + d)),
            (_reversed(q)(fmpz_poly([1, 1])), (b, a + b, d, c + d)),
        ):
            if part[0] == 0:
                part = part.right_shift(1)
                if (e, g) == (a, c):
                    yield Interval(fmpq(f, h), fmpq(f, h))
            stack.append((part, (e, f, g, h)))


def _sign_changes(polynomial: fmpz_poly) -> int:
    signs = [coefficient > 0 for coefficient in polynomial.coeffs() if coefficient]
    return sum(before != after for before, after in pairwise(signs))


def _lower_bound(polynomial: fmpz_poly) -> int:
    """An integer e such that all positive roots are above 2^e (Kioustelidis' bound for the reversed polynomial)."""
    first, *others = polynomial.coeffs()
    length = first.bit_length()
    opposite = [
        (other.bit_length() - length) // power + 1
        for power, other in enumerate(others, 1)
        if other and (other > 0) != (first > 0)
    ]
    return -max(opposite, default=0) - 2


def _reversed(polynomial: fmpz_poly) -> fmpz_poly:
    return fmpz_poly(polynomial.coeffs()[::-1])


def approximate_real_roots(polynomial: fmpz_poly, bits: int, deadline: float) -> list[fmpq]:
    """Numbers near the real roots of a squarefree polynomial, ascending, mostly to so many bits.

    Raises:
      DeadlineExceeded: `time.monotonic()` is past the deadline.
    """
    found = []
    roots = isolate_real_roots(polynomial, deadline)
    last = 1 if polynomial.leading_coefficient() > 0 else -1
    for i, root in enumerate(roots):
        before = last * (-1) ** (len(roots) - i)
        for _ in range(8 * bits):
            if root.width * (1 << bits) <= abs(root.low):
                break
            root = _halved(polynomial, root, before)
        found.append((root.low + root.high) / 2)
    return found


def gaps(polynomial: fmpz_poly, deadline: float) -> Iterator[Gap]:
    """The gaps between the real roots of a squarefree polynomial of degree at least 0, from minus infinity upwards.

    Raises:
      DeadlineExceeded: `time.monotonic()` is past the deadline.
    """
    roots = isolate_real_roots(polynomial, deadline)
    sign = 1 if polynomial.leading_coefficient() > 0 else -1
    signs = [sign * (-1) ** (len(roots) - i) for i in range(len(roots) + 1)]
    for i in range(len(roots) - 1):
        left, right = roots[i], roots[i + 1]
        halvings = 0
        while (right.low - left.high) <= 2 * max(left.width, right.width):
            touching = left.high == right.low and not (left.width and right.width)  # at a root
            if halvings >= HALVINGS and not touching:
                break
            halvings += 1
            if time.monotonic() > deadline:
                raise DeadlineExceeded("the real roots of a polynomial in one variable were not told apart in time")
            left, right = _halved(polynomial, left, signs[i]), _halved(polynomial, right, signs[i + 1])
        roots[i], roots[i + 1] = left, right
    for i, own in enumerate(signs):
        yield Gap(roots[i - 1].high if i else None, roots[i].low if i < len(roots) else None, own)


def _halved(polynomial: fmpz_poly, interval: Interval, before: int) -> Interval:
    """Half of an interval; `before` is the sign that the polynomial has before its root."""
    if not interval.width:
        return interval
    middle = (interval.low + interval.high) / 2
    value = polynomial(middle) * before
    if value == 0:
        return Interval(middle, middle)
    return Interval(middle, interval.high) if value > 0 else Interval(interval.low, middle)


def simplest_between(low: fmpq | None, high: fmpq | None) -> fmpq:
    """The fraction with the smallest denominator, then the smallest size, in an open interval, or the only point of one
    with equal ends; None is infinity.

    >>> str(simplest_between(fmpq(31, 100), fmpq(1, 3))), str(simplest_between(None, fmpq(-5, 2)))
    ('5/16', '-3')
    """
    if low is not None and low == high:
        return low
    if (low is None or low < 0) and (high is None or high > 0):
        return fmpq(0)
    if low is None or low < 0:
        return -simplest_between(None if high is None else -high, None if low is None else -low)
    whole = low.floor()
    if high is None or whole + 1 < high:
        return fmpq(whole + 1)
    # low and high lie in [whole, whole + 1]: turn over what is left
    return whole + 1 / simplest_between(1 / (high - whole), None if low == whole else 1 / (low - whole))
