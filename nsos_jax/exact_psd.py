"""Exact tests of positive semidefiniteness for integer and rational matrices.

Floating point only suggests what to try: which rows to eliminate and which matrix to multiply with. Every answer rests
on integer arithmetic, so entries may have thousands of digits, and matrices may be singular or miss being positive
semidefinite (PSD) by any tiny amount.
"""

from collections.abc import Iterator
from fractions import Fraction
from functools import reduce
from typing import cast

import numpy as np
from flint import fmpq_mat, fmpz, fmpz_mat

# Pivots below these parts of the unit diagonal count as zero, tried in this order. Only a hint: a wrong one costs time.
_PIVOT_TOLERANCES = (1e-13, 1e-9, 1e-4)
_PRECONDITIONER_BITS = 24
_MANTISSA_BITS = 60


def is_psd(matrix: fmpz_mat) -> bool:
    """Decide exactly whether a symmetric integer matrix is positive semidefinite.

    Rows I that look independent are proven positive definite by `_is_positive_definite`; then Q is PSD if and only if
    the Schur complement Q_JJ - Q_JI Q_II^-1 Q_IJ is, which is computed exactly and treated in the same way. Connected
    components (of the graph of non-zero entries) are treated one by one.

    Raises:
        ValueError: the matrix is not symmetric.

    >>> is_psd(fmpz_mat([[1, 2], [2, 4]]))
    True
    >>> is_psd(fmpz_mat([[10**40, 10**40], [10**40, 10**40 - 1]]))
    False
    """
    pending = [_symmetric_entries(matrix)]
    while pending:
        for block in _components(pending.pop()):
            diagonal = block.diagonal()
            if min(diagonal) < 0 or (len(block) > 1 and min(diagonal) == 0):
                return False
            if len(block) > 1:
                rest = _eliminate(block)
                if rest is None:
                    return False
                pending.append(rest)
    return True


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
    entries = _symmetric_entries(numerators)
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


def _symmetric_entries(matrix: fmpz_mat) -> np.ndarray:
    """The entries as an object array of `fmpz`; refuses what is not symmetric."""
    size = matrix.nrows()
    if matrix.ncols() != size or matrix != matrix.transpose():
        raise ValueError(f"expected a symmetric matrix, got a {size} x {matrix.ncols()} matrix that is not symmetric")
    entries = np.empty(size * size, dtype=object)
    entries[:] = matrix.entries()
    return entries.reshape(size, size)


def _components(entries: np.ndarray) -> Iterator[np.ndarray]:
    """The diagonal blocks of a symmetric matrix that are connected through non-zero entries; zero rows are left out."""
    linked = entries.astype(bool)
    unseen = linked.any(axis=1)
    while unseen.any():
        members = frontier = np.zeros_like(unseen)
        frontier[np.argmax(unseen)] = True
        while frontier.any():
            members = members | frontier
            frontier = linked[frontier].any(axis=0) & ~members
        unseen &= ~members
        rows = np.flatnonzero(members)
        yield entries if len(rows) == len(entries) else entries[np.ix_(rows, rows)]


def _eliminate(block: np.ndarray) -> np.ndarray | None:
    """A smaller matrix that is PSD if and only if `block` (with positive diagonal) is; None when `block` is not PSD."""
    hint, shifts = _scaled_floats(block)
    if np.abs(hint).max() > 2.1:  # the diagonal is below 2, so here q_ij^2 > q_ii q_jj (2.1 covers the rounding)
        return None
    if _is_positive_definite(block, hint, shifts):
        return block[:0, :0]
    order, pivots = _pivoted_cholesky(hint)
    if len(order) < len(block) and _is_indefinite(block, hint, shifts):
        return None
    counts = [int(np.count_nonzero(np.minimum.accumulate(pivots) > tolerance)) for tolerance in _PIVOT_TOLERANCES]
    for count in dict.fromkeys(counts):
        rows = order[:count]
        square = np.ix_(rows, rows)
        if 1 < count < len(block) and _is_positive_definite(block[square], hint[square], shifts[rows]):
            break
    else:
        rows = order[:1]  # a positive number: the step of plain fraction-free elimination, always possible
    return _schur_complement(block, rows)


def _scaled_floats(block: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Floats of q_ij 2^(-s_i - s_j) and the shifts s, chosen so that the diagonal lies in [1/2, 2)."""
    entries = list(map(int, block.ravel().tolist()))
    lengths = np.array([entry.bit_length() for entry in entries], dtype=np.int64)
    cut = np.maximum(lengths - _MANTISSA_BITS, 0)
    if cut.any():
        entries = [entry >> bits for entry, bits in zip(entries, cut.tolist(), strict=True)]
    mantissas = np.array(entries, dtype=np.float64).reshape(block.shape)
    shifts = lengths.reshape(block.shape).diagonal() // 2
    exponents = cut.reshape(block.shape) - shifts[:, None] - shifts[None, :]
    return np.ldexp(mantissas, np.clip(exponents, -5000, 500)), shifts


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


def _is_indefinite(block: np.ndarray, hint: np.ndarray, shifts: np.ndarray) -> bool:
    """True if an eigenvector of the floats, rounded to integers v, proves v'Qv < 0 exactly; False proves nothing."""
    eigenvalues, eigenvectors = np.linalg.eigh(hint)
    if eigenvalues[0] > -1e-14:
        return False
    vector = _integers(eigenvectors[:, :1].T, shifts)
    return bool((vector * _matrix(block) * vector.transpose())[0, 0] < 0)


def _is_positive_definite(block: np.ndarray, hint: np.ndarray, shifts: np.ndarray) -> bool:
    """True proves Q positive definite: R = M Q M' is strictly diagonally dominant with positive diagonal.

    Then R is positive definite (Gershgorin), hence M is nonsingular and Q = M^-1 R M^-T positive definite. M is the
    inverse of the floating point Cholesky factor, rounded to integers; how it was found does not matter. False
    proves nothing.
    """
    try:
        inverse = np.linalg.inv(np.linalg.cholesky(hint))
    except np.linalg.LinAlgError:
        return False
    if not np.abs(inverse).max() < 2.0 ** (62 - _PRECONDITIONER_BITS):
        return False
    multiplier = _integers(inverse, shifts)
    product = multiplier * _matrix(block) * multiplier.transpose()
    # 2 R_ii > sum_j |R_ij| is R_ii > 0 together with R_ii > sum over j != i
    return all(2 * row[i] > sum(map(abs, row)) for i, row in enumerate(product.table()))


def _integers(rows: np.ndarray, shifts: np.ndarray) -> fmpz_mat:
    """Row vectors for the scaled matrix, rounded to integers for the unscaled one: a multiple of rows_j 2^(-s_j)."""
    rounded = np.rint(rows * 2.0**_PRECONDITIONER_BITS).astype(np.int64).tolist()
    lifts = (shifts.max() - shifts).tolist()
    if any(lifts):
        rounded = [[entry << lift for entry, lift in zip(row, lifts, strict=True)] for row in rounded]
    return fmpz_mat(rounded)


def _schur_complement(block: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """A positive multiple of Q_JJ - Q_JI Q_II^-1 Q_IJ in integers, for I = rows with Q_II nonsingular."""
    others = np.setdiff1d(np.arange(len(block)), rows)
    if not len(others):
        return block[:0, :0]
    across = _matrix(block[np.ix_(rows, others)])
    solution, denominator = cast(fmpq_mat, _matrix(block[np.ix_(rows, rows)]).solve(across)).numer_denom()
    complement = _matrix(block[np.ix_(others, others)]) * denominator - across.transpose() * solution
    if complement.is_zero():  # the usual end for a Gram matrix of low rank
        return block[:0, :0]
    return _symmetric_entries(complement) // reduce(fmpz.gcd, complement.entries(), fmpz(0))


def _matrix(entries: np.ndarray) -> fmpz_mat:
    return fmpz_mat(entries.tolist())
