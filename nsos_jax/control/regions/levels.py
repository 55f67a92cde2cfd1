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
    if upper is not None:
        for slack in SLACKS:
            level = rounded_down(upper * (1 - Fraction(slack)))
            proof = attempt(level)
            if proof is not None:
                return level, proof
            fails = level
        start = upper / 2
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
            if best is not None:
                break
            level = rounded_down(level / 8)
            failures += 1
            if failures > MOST_FAILURES:
                return None
    if best is None or fails is None:
        return best
    while fails - best[0] > RELATIVE * fails:
        level = rounded_down((best[0] + fails) / 2)
        if not best[0] < level < fails:
            break
        proof = attempt(level)
        if proof is not None:
            best = level, proof
        else:
            fails = level
    return best


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
