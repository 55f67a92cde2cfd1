"""The largest level for which a proof is found: near an upper bound first, else between bounds."""

from collections.abc import Callable
from fractions import Fraction
from typing import TypeVar

Proof = TypeVar("Proof")
RELATIVE = 1e-6
"""How near to a level that was not proven the search ends."""
SLACKS = (1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3)
"""What is given up below an upper bound, relative to it."""
DOUBLINGS = 40
MOST_FAILURES = 10
"""Ever smaller levels, each an eighth of the last, that are tried before the first that is proven."""
DIGITS = 9


def largest_level(
    attempt: Callable[[Fraction], Proof | None], upper: Fraction | None = None, start: Fraction = Fraction(1)
) -> tuple[Fraction, Proof] | None:
    """The largest level that was proven, with its proof; all smaller ones are supposed to hold too.

    Args:
      attempt: a proof for a level, or None.
      upper: a level above which none holds, if one is known.
      start: where to begin otherwise.

    >>> level, _ = largest_level(lambda level: "proof" if level**2 < 2 else None)
    >>> 1.41421 < level < 2**0.5
    True
    """
    best: tuple[Fraction, Proof] | None = None
    fails = upper
    for level in [] if upper is None else [rounded_down(upper * (1 - Fraction(slack))) for slack in SLACKS]:
        if (proof := attempt(level)) is not None:
            best = level, proof
            break
        fails = level
    if best is None:
        best, fails = _first_level(attempt, fails, start if upper is None else upper / 2)
    while best is not None and fails is not None and fails - best[0] > RELATIVE * fails:
        level = rounded_down((best[0] + fails) / 2)
        if not best[0] < level < fails:
            break
        if (proof := attempt(level)) is not None:
            best = level, proof
        else:
            fails = level
    return best


def _first_level(
    attempt: Callable[[Fraction], Proof | None], fails: Fraction | None, start: Fraction
) -> tuple[tuple[Fraction, Proof] | None, Fraction | None]:
    """A level that is proven, and one above it that is not if there is one: by larger or ever smaller steps."""
    best: tuple[Fraction, Proof] | None = None
    level, failures = rounded_down(start), 0
    for _ in range(DOUBLINGS):
        proof = attempt(level)
        if proof is not None:
            best = level, proof
            if fails is not None:
                break
            level *= 2
        else:
            fails = level
            failures += 1
            if best is not None or failures > MOST_FAILURES:
                break
            level = rounded_down(level / 8)
    return best, fails


def rounded_down(value: Fraction, digits: int = DIGITS) -> Fraction:
    """The largest number of so many significant decimal digits that is not larger; for positive numbers.

    >>> rounded_down(Fraction(2, 3), 3)
    Fraction(333, 500)
    """
    power = 0
    while value * Fraction(10) ** power < 10 ** (digits - 1):
        power += 1
    while value * Fraction(10) ** power >= 10**digits:
        power -= 1
    unit = Fraction(10) ** power
    return Fraction(value * unit // 1) / unit
