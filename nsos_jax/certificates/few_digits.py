"""Squares of few digits for Gram matrices with an interior, where LDL' fills whole matrices with long numbers.

For a positive definite Q and R, a coarsely rounded Cholesky factor of Q less a little, the rest E = Q - R R' is small
and, where Q has room, diagonally dominant. So z'Qz = sum_j (R_j'z)^2 + z'Ez, where

    z'Ez = sum_{i<j} |E_ij| (z_i +- z_j)^2 + sum_i (E_ii - sum_{j != i} |E_ij|) z_i^2.

More squares than those of LDL', but short ones. E is computed in integers, so the sum is Q exactly however R was found;
R comes from elementwise operations alone, which round in the same way on every machine.
"""

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction

import numpy as np

from nsos_jax.polynomials import nearest_float

MOST_BITS = 20
LIFTS = (1.0, 2.0, 4.0)
"""How much is taken off the diagonal before the factor is rounded, in units of sqrt(size) times the rounding."""

IndexedSquare = tuple[Fraction, dict[int, int]]
"""weight * (sum over i of c_i z_i)^2: a positive weight, and coprime integers c_i by the index of the monomial."""


def few_digit_squares(gram: np.ndarray, denominator: int) -> list[IndexedSquare] | None:
    """z'Qz as a sum of weighted squares with few digits; None where Q has no interior that this method finds.

    Args:
        gram: Q times the denominator, an `integer_array` [size, size], symmetric.
        denominator: positive.

    >>> for weight, root in few_digit_squares(np.array([[4, 1], [1, 4]]), 1):
    ...     print(weight, root)
    1/4 {0: 3, 1: 1}
    7/2 {1: 1}
    3/2 {0: 1}
    1/4 {0: 1, 1: 1}
    """
    size = len(gram)
    if size == 0 or gram.diagonal().min() <= 0:
        return None
    entries, scale, shifts = _scaled(gram.tolist(), denominator)
    floats = np.array([[nearest_float(entry, scale) for entry in row] for row in entries.tolist()])
    if not np.isfinite(floats).all():
        return None
    for bits in range(2, MOST_BITS + 1):
        for lift in LIFTS:
            factor = _cholesky(floats - lift * math.sqrt(size) * 2.0**-bits * np.eye(size))
            if factor is None or np.abs(factor).max() > 4:  # at most 2, so that R R' fits into int64
                break
            root = np.rint(factor * 2.0**bits).astype(np.int64)
            rest = entries * 4**bits - (root @ root.T).astype(object) * scale
            slack = 2 * rest.diagonal() - np.abs(rest).sum(axis=1)
            if slack.min() >= 0:
                return _collected(_squares(root, rest, slack, shifts, scale, 4**bits))
    return None


def primitive_square(weight: Fraction, root: dict[int, Fraction]) -> IndexedSquare:
    """The same square with coprime integers in the root.

    >>> primitive_square(Fraction(1, 2), {0: Fraction(2), 3: Fraction(4, 3)})
    (Fraction(2, 9), {0: 3, 3: 2})
    """
    denominator = math.lcm(*[value.denominator for value in root.values()])
    numerators = {index: value.numerator * (denominator // value.denominator) for index, value in root.items()}
    divisor = math.gcd(*numerators.values())
    return weight * Fraction(divisor, denominator) ** 2, {i: value // divisor for i, value in numerators.items()}


def _scaled(gram: list[list[int]], denominator: int) -> tuple[np.ndarray, int, list[int]]:
    """N, d > 0 and e with q_ij = 2^(e_i + e_j) n_ij / d and n_ii / d near 1; N holds Python's integers [size, size]."""
    shifts = [(row[i].bit_length() - denominator.bit_length()) // 2 for i, row in enumerate(gram)]
    lift = 2 * max(*shifts, 0)
    rows = [
        [entry << lift - left - right for entry, right in zip(row, shifts, strict=True)]
        for row, left in zip(gram, shifts, strict=True)
    ]
    return np.array(rows, dtype=object), denominator << lift, shifts


def _cholesky(matrix: np.ndarray) -> np.ndarray | None:
    """The lower triangular factor; None where a pivot is not positive."""
    rest = matrix.copy()
    factor = np.zeros_like(rest)
    for step in range(len(rest)):
        if not rest[step, step] > 0:
            return None
        factor[step:, step] = rest[step:, step] / math.sqrt(rest[step, step])
        rest[step:, step:] -= factor[step:, step, None] * factor[None, step:, step]
    return factor


def _squares(
    root: np.ndarray, rest: np.ndarray, slack: np.ndarray, shifts: list[int], denominator: int, unit: int
) -> Iterator[IndexedSquare]:
    """The squares of R R' / unit, then those of E / (denominator unit), in the unscaled monomials."""
    powers = [Fraction(2) ** shift for shift in shifts]
    for column in root.T.tolist():
        if any(column):
            yield primitive_square(Fraction(1, unit), {i: value * powers[i] for i, value in enumerate(column) if value})
    for i, row in enumerate(rest.tolist()):
        if slack[i]:
            yield primitive_square(Fraction(slack[i], denominator * unit), {i: powers[i]})
        for j in range(i):
            if row[j]:
                sign = 1 if row[j] > 0 else -1
                yield primitive_square(Fraction(abs(row[j]), denominator * unit), {j: powers[j], i: sign * powers[i]})


def _collected(squares: Iterable[IndexedSquare]) -> list[IndexedSquare]:
    """Each root once, with all its weight."""
    weights: dict[tuple[tuple[int, int], ...], Fraction] = {}
    for weight, root in squares:
        key = tuple(root.items())
        weights[key] = weights.get(key, Fraction(0)) + weight
    return [(weight, dict(key)) for key, weight in weights.items()]
