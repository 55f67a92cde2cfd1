"""The rational hull of real zeros: what rational polynomials vanish at them.

Where the kernel of the Gram matrices is spanned by evaluation vectors at real zeros, it need not be rational: the zeros
lie in number fields. Squares with rational coefficients vanish at them and at all their conjugates: their coefficients
lie in the orthogonal complement of all these evaluation vectors, a rational space, which short integer vectors span
that nearly annihilate the real ones. Relations are told from accidents by computing the zeros again to twice the
digits: what still vanishes is kept.
"""

from collections.abc import Sequence

import flint
import numpy as np
from flint import arb

from nsos_jax.proofs.faces.rational import reduce_relations
from nsos_jax.proofs.faces.zeros import BITS_PER_DIGIT, GUARD_BITS, RefinedZero

DIGITS_PER_DIMENSION = (4, 10, 25)
"""Digits for LLL, per dimension of the range and zero; more where relations have large coefficients."""
LEAST_DIGITS = 15
MOST_DIGITS = 700
FIRST_DIGITS = 40
STILL_VANISHES = 1.6
"""Of twice the digits, what a relation must vanish to, in multiples of the digits at which it was found."""
MOST_COEFFICIENT = 10**12
INDEPENDENT = 1e-8


def hull(ranges: np.ndarray, block: int, zeros: Sequence[RefinedZero], effort: int) -> np.ndarray | None:
    """A basis [m, r'] in integers of what in the range of a block vanishes at the zeros; r' may be 0.

    None where the zeros say nothing that the range does not hold already, or cannot be refined. `effort` counts the
    entries of `DIGITS_PER_DIMENSION`.
    """
    first = _directions(ranges, block, zeros, FIRST_DIGITS)
    if not first:
        return None
    size = ranges.shape[1]
    known = np.array([[float(x) * 10.0**-FIRST_DIGITS for x in row] for row in first])
    rank = int(np.linalg.matrix_rank(known, tol=INDEPENDENT))
    digits = int(DIGITS_PER_DIMENSION[effort] * size / rank) + LEAST_DIGITS
    if digits > MOST_DIGITS:
        return None
    once = _directions(ranges, block, zeros, digits)
    twice = _directions(ranges, block, zeros, 2 * digits)
    if len(once) != len(twice) or not once:
        return None
    reduced = reduce_relations(list(zip(*once, strict=True)))
    limit = 10 ** (2 * digits - int(STILL_VANISHES * digits))
    rows = []
    for relation in reduced:
        coefficients = relation[:size]
        if max(map(abs, coefficients)) < MOST_COEFFICIENT and all(
            abs(sum(a * x for a, x in zip(coefficients, direction, strict=True) if a)) < limit for direction in twice
        ):
            rows.append(coefficients)
    return ranges @ np.array(rows, dtype=object).reshape(len(rows), size).T


def _directions(ranges: np.ndarray, block: int, zeros: Sequence[RefinedZero], digits: int) -> list[list[int]]:
    """The evaluation vectors in the coordinates of the range, V' ev(z), of length 10^digits, rounded; those that vanish
    are left out, as are zeros that cannot be refined."""
    result = []
    columns = [[int(x) for x in column] for column in ranges.T]
    largest = max((abs(x) for column in columns for x in column), default=1)
    for zero in zeros:
        evaluations = zero.evaluations(digits + 20)
        if evaluations is None:
            continue
        with flint.ctx.workprec(int(BITS_PER_DIGIT * (digits + 20)) + GUARD_BITS):
            values = evaluations[block]
            direction = [
                sum((value * x for value, x in zip(values, column, strict=True) if x), arb(0)).mid()
                for column in columns
            ]
            length = _norm(direction)
            biggest = max((abs(value).mid() for value in values), default=arb(0)) * largest
            if length > arb(10) ** -int(0.9 * digits) * biggest:
                scale = (arb(10) ** digits / length).mid()
                result.append([_rounded((x * scale).mid()) for x in direction])
    return result


def _norm(vector: Sequence[arb]) -> arb:
    return sum((x * x for x in vector), arb(0)).mid().sqrt().mid()


def _rounded(number: arb) -> int:
    """The integer nearest to a midpoint."""
    mantissa, exponent = number.man_exp()
    mantissa, exponent = int(mantissa), int(exponent)
    if exponent >= 0:
        return mantissa << exponent
    return (mantissa + (1 << -exponent >> 1)) >> -exponent
