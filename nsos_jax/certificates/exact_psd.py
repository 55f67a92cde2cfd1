"""Exact tests of positive semidefiniteness for integer and rational matrices.

Floating point only suggests what to try: which rows to eliminate and which matrix to subtract or multiply with. Every
answer rests on integer arithmetic, so entries may have thousands of digits, and matrices may be singular or miss being
positive semidefinite (PSD) by any tiny amount. Numbers are held in int64 arrays where they fit, because that is faster.
"""

from collections.abc import Iterable
from fractions import Fraction
from functools import reduce
from math import isqrt
from typing import cast

import numpy as np
from flint import fmpq_mat, fmpz, fmpz_mat

from nsos_jax.certificates.data import BeyondLimits, integer_array
from nsos_jax.certificates.definite import (
    FINE_SIDE,
    ScaledBlock,
    exceed_fine_squares,
    integer_rows,
    is_positive_definite,
    lift_bits,
    mantissas_of,
    matrix_of,
    scaled_block,
    scaled_copies,
)
from nsos_jax.certificates.exact_work import MAX_MATRIX_BITS, MAX_WORK, Effort
from nsos_jax.polynomials import connected_components

# Pivots below these parts of the unit diagonal count as zero, tried in this order. Only a hint: a wrong one costs time.
_PIVOT_TOLERANCES = (1e-13, 1e-9, 1e-4)
_RECONSTRUCTION = 100  # of a quotient of n words from its residue: 100 n^2 multiplications of words, as measured
_MOST_AT_ONCE = 20_000_000_000  # multiplications of words in one call of the library, which nothing can stop
_PLAIN_SIDE, _PLAIN_BITS = 6, 2000  # up to them elimination in Python integers is faster than anything with arrays


def is_psd(matrix: fmpz_mat) -> bool:
    """Decide exactly whether a symmetric integer matrix is positive semidefinite.

    Rows I that look independent are proven positive definite by `is_positive_definite`; then Q is PSD if and only if
    the Schur complement Q_JJ - Q_JI Q_II^-1 Q_IJ is, which is computed exactly and treated in the same way. Connected
    components (of the graph of non-zero entries) are treated one by one.

    Raises:
        ValueError: the matrix is not symmetric.
        BeyondLimits: the test would take more memory than `MAX_MATRIX_BITS` or more work than `MAX_WORK` allows.

    >>> is_psd(fmpz_mat([[1, 2], [2, 4]]))
    True
    >>> is_psd(fmpz_mat([[10**40, 10**40], [10**40, 10**40 - 1]]))
    False
    """
    return is_psd_array(symmetric_entries(matrix), Effort())


def is_psd_array(entries: np.ndarray, effort: Effort) -> bool:
    """The same for a symmetric matrix given as an `integer_array` of two dimensions."""
    pending = [entries]
    while pending:
        entries = pending.pop()
        if len(entries) <= _PLAIN_SIDE and (bits := _longest(entries)) <= _PLAIN_BITS:
            effort.spend(len(entries) ** 2, len(entries), bits * len(entries))
            if not _is_psd_by_minors(entries):
                return False
            continue
        linked = entries.astype(bool)
        for rows in connected_components(linked, np.asarray(linked.any(axis=1))):
            block = entries if len(rows) == len(entries) else entries[np.ix_(rows, rows)]
            least = block.diagonal().min()
            if least < 0 or (len(block) > 1 and least == 0):
                return False
            if len(block) > 1:
                rest = _eliminate(block, effort)
                if rest is None:
                    return False
                pending.append(rest)
    return True


def are_psd(stack: np.ndarray, effort: Effort) -> bool:
    """Whether all symmetric matrices of a stack [size, size, matrices] of integers are.

    Those that `exceed_fine_squares` shows to be positive definite need no more; the others are decided one by one.
    """
    size, _, count = stack.shape
    matrices = np.ascontiguousarray(np.moveaxis(stack, -1, 0))
    shown = np.zeros(count, bool)
    if 0 < size <= FINE_SIDE and (matrices.diagonal(axis1=1, axis2=2) > 0).all():
        effort.spend(count * size**2, size, 4 * 64)
        _, scaled, good = scaled_copies(*mantissas_of(matrices))
        if good.all():
            shown = exceed_fine_squares(scaled)
    return all(is_psd_array(integer_array(own.ravel()).reshape(size, size), effort) for own in matrices[~shown])


def ldl(matrix: fmpq_mat) -> list[tuple[Fraction, dict[int, Fraction]]]:
    """Write z'Qz as a sum of squares, sum_k d_k (l_k'z)^2, exactly: the rational LDL' with zero pivots allowed.

    Args:
        matrix: a symmetric rational matrix Q.

    Returns:
        Pairs (d_k, {index: coefficient}) with d_k > 0, in the order of the first index of l_k, whose coefficient is 1.
        There are as many as the rank of Q.

    Raises:
        ValueError: the matrix is not symmetric or not positive semidefinite.

    >>> for weight, square in ldl(fmpq_mat([[4, 2], [2, 3]])):
    ...     print(weight, {index: str(value) for index, value in square.items()})
    4 {0: '1', 1: '1/2'}
    2 {1: '1'}
    """
    numerators, denominator = matrix.numer_denom()
    entries = symmetric_entries(numerators).astype(object) * fmpz(1)
    squares = []
    previous = fmpz(1)  # fraction-free (Bareiss) elimination: `entries` are minors, and divide by the previous pivot
    for row in range(len(entries)):
        pivot = entries[row, row]
        others = row + 1 + np.flatnonzero(entries[row, row + 1 :])
        if pivot < 0 or (pivot == 0 and len(others)):
            raise ValueError(f"the matrix is not positive semidefinite (found at row {row} of {len(entries)})")
        if pivot == 0:
            continue
        square = {row: Fraction(1)}
        square.update((int(j), Fraction(int(entries[row, j]), int(pivot))) for j in others)
        squares.append((Fraction(int(pivot), int(previous * denominator)), square))
        entries[row + 1 :, row + 1 :] *= pivot
        entries[np.ix_(others, others)] -= np.outer(entries[row, others], entries[row, others])
        entries[row + 1 :, row + 1 :] //= previous
        previous = pivot
    return squares


def symmetric_entries(matrix: fmpz_mat) -> np.ndarray:
    """The entries [size, size] as an `integer_array`.

    Raises:
        ValueError: the matrix is not symmetric.
    """
    size = matrix.nrows()
    if matrix.ncols() != size or matrix != matrix.transpose():
        raise ValueError(f"expected a symmetric matrix, got a {size} x {matrix.ncols()} matrix that is not symmetric")
    i, j = np.triu_indices(size)
    upper = integer_array(map(matrix.__getitem__, zip(i.tolist(), j.tolist(), strict=True)))
    entries = np.empty((size, size), dtype=upper.dtype)
    entries[i, j] = entries[j, i] = upper
    return entries


def _longest(entries: np.ndarray) -> int:
    """Bits of the longest entry."""
    return max((int(value).bit_length() for value in entries.ravel().tolist()), default=0)


def _is_psd_by_minors(entries: np.ndarray) -> bool:
    """Decides by fraction-free (Bareiss) elimination: the rows that are left hold minors, each divisible by the pivot
    before."""
    size, rows = len(entries), entries.tolist()
    previous = 1
    for step in range(size):
        own = rows[step]
        pivot = own[step]
        if pivot < 0 or (pivot == 0 and any(own[step + 1 :])):
            return False
        if pivot == 0:
            continue
        for i in range(step + 1, size):
            row, factor = rows[i], own[i]
            for j in range(i, size):
                row[j] = (pivot * row[j] - factor * own[j]) // previous
        previous = pivot
    return True


def _eliminate(entries: np.ndarray, effort: Effort) -> np.ndarray | None:
    """A smaller matrix that is PSD if and only if this one (with positive diagonal) is; None when it is not PSD."""
    block = scaled_block(entries)
    if block is None:
        return None
    if is_positive_definite(block, effort):
        return entries[:0, :0]
    effort.spend(len(entries) ** 2, len(entries), 64)
    order, pivots = _pivoted_cholesky(block.floats)
    if len(order) < len(entries) and _is_indefinite(block, effort):
        return None
    counts = [int(np.count_nonzero(np.minimum.accumulate(pivots) > tolerance)) for tolerance in _PIVOT_TOLERANCES]
    for count in dict.fromkeys(counts):
        rows = order[:count]
        if 1 < count < len(entries) and is_positive_definite(block.part(rows), effort):
            break
    else:
        rows = order[:1]  # a positive number: the step of plain fraction-free elimination, always possible
    return _schur_complement(block, rows, effort)


def _pivoted_cholesky(hint: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows by largest remaining diagonal, and these diagonals, while they exceed the smallest tolerance."""
    size = len(hint)
    factor = np.zeros((size, size))
    diagonal = hint.diagonal().copy()
    order, pivots = [], []
    for step in range(size):
        row = int(np.argmax(diagonal))
        if not diagonal[row] > _PIVOT_TOLERANCES[0]:
            break
        column = hint[:, row] - factor[:, :step] @ factor[row, :step]
        factor[:, step] = column / np.sqrt(diagonal[row])
        order.append(row)
        pivots.append(diagonal[row])
        diagonal -= factor[:, step] ** 2
        diagonal[order] = -np.inf
    return np.array(order), np.array(pivots)


def _is_indefinite(block: ScaledBlock, effort: Effort) -> bool:
    """True if an eigenvector of the floats, rounded to integers v, proves v'Qv < 0 exactly; False proves nothing."""
    size = len(block.scaled)
    effort.spend(5 * size**2, size, 64)
    eigenvalues, eigenvectors = np.linalg.eigh(block.floats)
    if eigenvalues[0] > -1e-14 or size**2 * block.bits > MAX_MATRIX_BITS:
        return False
    effort.spend(size, size, block.bits + lift_bits(block.shifts))
    vector = integer_rows(eigenvectors[:, :1].T, block.shifts)
    return bool((vector * matrix_of(block.entries) * vector.transpose())[0, 0] < 0)


def _schur_complement(block: ScaledBlock, rows: np.ndarray, effort: Effort) -> np.ndarray:
    """A positive multiple of Q_JJ - Q_JI Q_II^-1 Q_IJ in integers, for I = rows with Q_II positive definite."""
    entries = block.entries
    others = np.setdiff1d(np.arange(len(entries)), rows)
    if not len(others):
        return entries[:0, :0]
    # Hadamard: no minor of Q_II exceeds the product of its diagonal, so no entry of the solution is longer than this.
    longest = sum(int(number).bit_length() for number in entries.diagonal()[rows].tolist()) + block.bits + 64
    column = _RECONSTRUCTION * len(rows) * (longest // 64 + 1) ** 2
    width = min(MAX_MATRIX_BITS // (max(len(rows), len(others)) * longest), max(1, _MOST_AT_ONCE // column))
    if not width or column > MAX_WORK:
        raise BeyondLimits(
            f"a matrix of side {len(entries)} with numbers of {block.bits} bits is too large to eliminate"
        )
    inside, across = matrix_of(entries[np.ix_(rows, rows)]), matrix_of(entries[np.ix_(rows, others)]).transpose()
    pieces, denominators, bits, common = [], [], 0, fmpz(1)
    for start in range(0, len(others), width):
        some = others[start : start + width]
        solution, denominator = cast(fmpq_mat, inside.solve(matrix_of(entries[np.ix_(rows, some)]))).numer_denom()
        piece = matrix_of(entries[np.ix_(others, some)]) * denominator - across * solution
        numbers = piece.entries()
        pieces.append(integer_array(numbers).reshape(len(others), len(some)))
        denominators.append(denominator)
        solved = longest_entry([denominator, *solution.entries()])
        bits = max(bits, solved, longest_entry(numbers))
        common = common.lcm(denominator)
        effort.spend(_RECONSTRUCTION * len(rows) * len(some), isqrt(solved // 64 + 1), solved)
        effort.spend(len(entries) * len(some), len(rows), bits)
        length = bits + (common // denominator).bit_length()
        if len(others) ** 2 * length > MAX_MATRIX_BITS:
            raise BeyondLimits(f"a matrix of side {len(others)} with numbers of {length} bits is too large to test")
    scaled = [
        piece if denominator == common else piece.astype(object) * (common // denominator)
        for piece, denominator in zip(pieces, denominators, strict=True)
    ]
    complement = list(map(fmpz, np.concatenate(scaled, axis=1).ravel().tolist()))
    divisor = reduce(fmpz.gcd, complement, fmpz(0))
    if divisor == 0:  # the usual end for a Gram matrix of low rank
        return entries[:0, :0]
    return integer_array(number // divisor for number in complement).reshape(len(others), len(others))


def longest_entry(integers: Iterable[int | fmpz]) -> int:
    """The bits of the longest one."""
    return max((number.bit_length() for number in integers), default=0)
