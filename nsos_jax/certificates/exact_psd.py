"""Exact tests of positive semidefiniteness for integer and rational matrices.

Floating point only suggests what to try: which rows to eliminate and which matrix to subtract or multiply with. Every
answer rests on integer arithmetic, so entries may have thousands of digits, and matrices may be singular or miss being
positive semidefinite (PSD) by any tiny amount. Numbers are held in int64 arrays where they fit, because that is faster.
"""

from collections.abc import Iterable
from fractions import Fraction
from functools import reduce
from math import isqrt
from typing import NamedTuple, cast

import numpy as np
from flint import fmpq_mat, fmpz, fmpz_mat

from nsos_jax.certificates.data import INT64_LIMIT, BeyondLimits, integer_array
from nsos_jax.polynomials import connected_components

MAX_MATRIX_BITS = 4_000_000_000
"""Of one matrix of integers that the test makes, its largest entry times the number of entries."""
MAX_WORK = 1_000_000_000_000
"""Multiplications of machine words, as estimated, in the test of all blocks of one certificate."""

# Pivots below these parts of the unit diagonal count as zero, tried in this order. Only a hint: a wrong one costs time.
_PIVOT_TOLERANCES = (1e-13, 1e-9, 1e-4)
_PRECONDITIONER_BITS = 24
_RECONSTRUCTION = 100  # of a quotient of n words from its residue: 100 n^2 multiplications of words, as measured
_MOST_AT_ONCE = 20_000_000_000  # multiplications of words in one call of the library, which nothing can stop
_MANTISSA_BITS = 60
_SCALED_BITS = 54
_MOST_ROOT_BITS = _SCALED_BITS // 2
_LIMB_BITS = 20
_HALF_BITS = _MOST_ROOT_BITS // 2 + 1
_PLAIN_SIDE, _PLAIN_BITS = 6, 2000  # up to them elimination in Python integers is faster than anything with arrays
_FINE_SIDE = 64  # up to it a finer test is tried first; it takes three products of matrices instead of one


class Effort:
    """What the exact tests of one certificate may still cost: a count, so that all machines answer the same."""

    def __init__(self, work: int = MAX_WORK) -> None:
        self._left = work

    def spend(self, entries: int, length: int, bits: int) -> None:
        """Account for so many inner products of that length.

        Numbers of n words are multiplied in about n^1.5 steps, or n where they are reduced modulo n words first, which
        takes n^2 steps for each entry.

        Raises:
            BeyondLimits: nothing is left.
        """
        words = bits // 64 + 1
        self._left -= entries * length * words * min(isqrt(words), 1 + words // max(length, 1))
        if self._left < 0:
            raise BeyondLimits("the exact test of the matrices for positive semidefiniteness is too much work")


class _Block(NamedTuple):
    """A symmetric integer matrix Q with its scaled copy S, s_ij = q_ij 2^(-e_i - e_j), whose diagonal lies in [1/2, 2).

    Attributes:
        entries: Q [size, size], an `integer_array`.
        shifts: e, int64 [size].
        scaled: 2^_SCALED_BITS S rounded down, int64 [size, size], below 2.1 * 2^_SCALED_BITS in absolute value.
        bits: no entry is longer.
    """

    entries: np.ndarray
    shifts: np.ndarray
    scaled: np.ndarray
    bits: int

    @property
    def floats(self) -> np.ndarray:
        """S in floating point: only hints are taken from it."""
        return self.scaled * 2.0**-_SCALED_BITS

    def part(self, rows: np.ndarray) -> "_Block":
        """The principal submatrix of these rows."""
        square = np.ix_(rows, rows)
        return _Block(self.entries[square], self.shifts[rows], self.scaled[square], self.bits)


def is_psd(matrix: fmpz_mat) -> bool:
    """Decide exactly whether a symmetric integer matrix is positive semidefinite.

    Rows I that look independent are proven positive definite by `_is_positive_definite`; then Q is PSD if and only if
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

    Those that `_exceed_fine_squares` shows to be positive definite need no more; the others are decided one by one.
    """
    size, _, count = stack.shape
    matrices = np.ascontiguousarray(np.moveaxis(stack, -1, 0))
    shown = np.zeros(count, bool)
    if 0 < size <= _FINE_SIDE and (matrices.diagonal(axis1=1, axis2=2) > 0).all():
        effort.spend(count * size**2, size, 4 * 64)
        _, scaled, good = _scaled_copies(*_mantissas(matrices))
        if good.all():
            shown = _exceed_fine_squares(scaled)
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
    block = _scaled(entries)
    if block is None:
        return None
    if _is_positive_definite(block, effort):
        return entries[:0, :0]
    effort.spend(len(entries) ** 2, len(entries), 64)
    order, pivots = _pivoted_cholesky(block.floats)
    if len(order) < len(entries) and _is_indefinite(block, effort):
        return None
    counts = [int(np.count_nonzero(np.minimum.accumulate(pivots) > tolerance)) for tolerance in _PIVOT_TOLERANCES]
    for count in dict.fromkeys(counts):
        rows = order[:count]
        if 1 < count < len(entries) and _is_positive_definite(block.part(rows), effort):
            break
    else:
        rows = order[:1]  # a positive number: the step of plain fraction-free elimination, always possible
    return _schur_complement(block, rows, effort)


def _scaled(entries: np.ndarray) -> _Block | None:
    """The matrix with its scaled copy; None when some |s_ij| > 2.1, so that q_ij^2 > q_ii q_jj and Q is not PSD."""
    mantissas, exponents = _mantissas(entries)
    shifts, scaled, good = _scaled_copies(mantissas, exponents)
    if not good:
        return None
    return _Block(entries, shifts, scaled, _MANTISSA_BITS + 2 + int(exponents.max()))


def _scaled_copies(mantissas: np.ndarray, exponents: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """e [..., size] and 2^_SCALED_BITS S [..., size, size] of matrices m 2^c with positive diagonal, and for which of
    them all |s_ij| <= 2.1."""
    diagonal = np.diagonal(mantissas, axis1=-2, axis2=-1).astype(np.float64)
    lengths = np.frexp(diagonal)[1] + np.diagonal(exponents, axis1=-2, axis2=-1)
    shifts = lengths.astype(np.int64) // 2
    lifts = exponents + _SCALED_BITS - shifts[..., :, None] - shifts[..., None, :]
    left = np.clip(lifts, 0, 63)
    lifted = mantissas << left
    scaled = lifted >> np.clip(-lifts, 0, 63)
    limit = 2.1 * 2**_SCALED_BITS
    wrong = (lifted >> left != mantissas) | (scaled > limit) | (scaled < -limit)
    return shifts, scaled, ~wrong.any(axis=(-2, -1))


def _mantissas(entries: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """int64 m and c >= 0 such that m is q 2^-c rounded down, with c = 0 for entries that fit."""
    if entries.dtype != object:
        return entries, np.zeros_like(entries)
    try:
        lengths = np.frexp(entries.astype(np.float64))[1].astype(np.int64)  # too large by one where floats round up
    except OverflowError:
        integers = map(int, entries.ravel().tolist())
        lengths = np.array([integer.bit_length() for integer in integers], np.int64).reshape(entries.shape)
    cut = np.maximum(lengths - _MANTISSA_BITS, 0)
    return (entries >> cut.astype(object)).astype(np.int64), cut


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


def _is_indefinite(block: _Block, effort: Effort) -> bool:
    """True if an eigenvector of the floats, rounded to integers v, proves v'Qv < 0 exactly; False proves nothing."""
    size = len(block.scaled)
    effort.spend(5 * size**2, size, 64)
    eigenvalues, eigenvectors = np.linalg.eigh(block.floats)
    if eigenvalues[0] > -1e-14 or size**2 * block.bits > MAX_MATRIX_BITS:
        return False
    effort.spend(size, size, block.bits + _lift(block.shifts))
    vector = _integers(eigenvectors[:, :1].T, block.shifts)
    return bool((vector * _matrix(block.entries) * vector.transpose())[0, 0] < 0)


def _is_positive_definite(block: _Block, effort: Effort) -> bool:
    """True proves Q positive definite; False proves nothing. The first test is faster, the second one finer."""
    size = len(block.scaled)
    effort.spend(size**2, size, 64 if size > _FINE_SIDE else 4 * 64)
    exceeds = _exceeds_a_square if size > _FINE_SIDE else _exceeds_a_fine_square
    return exceeds(block) or _is_congruent_to_dominant(block, effort)


def _exceeds_a_square(block: _Block) -> bool:
    """True proves Q positive definite: S - F F' is strictly diagonally dominant with positive diagonal.

    Then S - F F' is positive definite (Gershgorin), hence S and Q are. F is a floating point Cholesky factor of S minus
    a little, rounded to integers over 2^bits; how it was found does not matter. All is in int64, multiplied by 4^bits,
    and cannot overflow: |F| <= 3/2 gives |F F'| <= 9/4 size 4^bits < 2^62.
    """
    size = len(block.scaled)
    bits = min(_MOST_ROOT_BITS, (60 - size.bit_length()) // 2)
    try:
        factor = np.linalg.cholesky(block.floats - 2 * size * 2.0**-bits * np.eye(size))
    except np.linalg.LinAlgError:
        return False
    root = np.rint(factor * 2.0**bits).astype(np.int64)
    if not -3 << bits < 2 * int(root.min()) <= 2 * int(root.max()) < 3 << bits:
        return False
    rest = (block.scaled >> (_SCALED_BITS - 2 * bits)) - _times_transposed(root)
    sizes = np.abs(rest)
    if int(sizes.max()) * size >= INT64_LIMIT:
        return False
    # S is `rest` plus F F' plus numbers in [0, 1), so a surplus of `size` pays for the rounding of every entry of a row
    return bool((2 * rest.diagonal() - sizes.sum(axis=1) >= size).all())


def _times_transposed(root: np.ndarray) -> np.ndarray:
    """F F' of integers |F| <= 2^28 with fewer than 2^25 columns, int64, if it is below 2^62.

    F = 2^14 H + L with 0 <= L < 2^14 and |H| <= 2^14; sums of products of these are integers below 2^53, which float64
    adds up exactly in any order, and multiplies many times faster than NumPy multiplies integers.
    """
    half = _HALF_BITS
    high = root >> half
    low = (root - (high << half)).astype(np.float64)
    high = high.astype(np.float64)
    mixed = (high @ low.T).astype(np.int64)
    squares = (high @ high.T).astype(np.int64)
    return (squares << 2 * half) + ((mixed + mixed.T) << half) + (low @ low.T).astype(np.int64)


def _exceeds_a_fine_square(block: _Block) -> bool:
    """The same with a finer F, for matrices nearer to the boundary."""
    return bool(_exceed_fine_squares(block.scaled[None])[0])


def _exceed_fine_squares(scaled: np.ndarray) -> np.ndarray:
    """For which matrices [count, size, size] this is proven with F = (2^20 H + L) / 2^40, in two parts of 20 bits.

    2^54 F F' = 2^14 H H' + 2^-6 (H L' + L H') + 2^-26 L L'. |F| <= 3/2 and |L| <= 2^19 keep all products in int64, and
    H H' is checked before it is shifted. Rounding down takes less than 1 from each of S and two of the three parts, so
    each entry of `rest` is off by less than 2, and a surplus of 2 `size` pays for a row.
    """
    size = scaled.shape[-1]
    floats = scaled * 2.0**-_SCALED_BITS
    try:
        factor = np.linalg.cholesky(floats - (4 * size * 2.0**-40 + size**2 * 2.0**-52) * np.eye(size))
    except np.linalg.LinAlgError:  # of one at least
        if len(scaled) == 1:
            return np.zeros(1, bool)
        return np.concatenate([_exceed_fine_squares(one[None]) for one in scaled])
    root = np.rint(factor * 2.0 ** (2 * _LIMB_BITS)).astype(np.int64)
    limit = 3 << (2 * _LIMB_BITS - 1)
    good = ((root > -limit) & (root < limit)).all(axis=(1, 2))
    root[~good] = 0
    high = (root + (1 << _LIMB_BITS - 1)) >> _LIMB_BITS
    low = root - (high << _LIMB_BITS)
    transposed = np.swapaxes(high, 1, 2), np.swapaxes(low, 1, 2)
    leading, mixed = high @ transposed[0], high @ transposed[1]
    good &= (np.abs(leading) < 1 << 46).all(axis=(1, 2))
    leading[~good] = 0
    rest = scaled - (leading << 14) - ((mixed + np.swapaxes(mixed, 1, 2)) >> 6) - ((low @ transposed[1]) >> 26)
    sizes = np.abs(rest)
    good &= sizes.max(axis=(1, 2)) < INT64_LIMIT // size
    surplus = 2 * np.diagonal(rest, axis1=1, axis2=2) - sizes.sum(axis=2)
    return np.asarray(good & (surplus >= 2 * size).all(axis=1))


def _is_congruent_to_dominant(block: _Block, effort: Effort) -> bool:
    """True proves Q positive definite: R = M Q M' is strictly diagonally dominant with positive diagonal.

    Then R is positive definite (Gershgorin), hence M is nonsingular and Q = M^-1 R M^-T positive definite. M is the
    inverse of the floating point Cholesky factor, rounded to integers; how it was found does not matter.
    """
    size, bits = len(block.scaled), block.bits + 2 * _lift(block.shifts)
    if size**2 * bits > MAX_MATRIX_BITS:
        return False
    try:
        inverse = np.linalg.inv(np.linalg.cholesky(block.floats))
    except np.linalg.LinAlgError:
        return False
    if not np.abs(inverse).max() < 2.0 ** (62 - _PRECONDITIONER_BITS):
        return False
    effort.spend(2 * size**2, size, bits)
    multiplier = _integers(inverse, block.shifts)
    product = multiplier * _matrix(block.entries) * multiplier.transpose()
    # 2 R_ii > sum_j |R_ij| is R_ii > 0 together with R_ii > sum over j != i
    return all(2 * row[i] > sum(map(abs, row)) for i, row in enumerate(product.table()))


def _integers(rows: np.ndarray, shifts: np.ndarray) -> fmpz_mat:
    """Row vectors for the scaled matrix, rounded to integers for the unscaled one: a multiple of rows_j 2^(-s_j)."""
    rounded = np.rint(rows * 2.0**_PRECONDITIONER_BITS).astype(np.int64).tolist()
    lifts = (shifts.max() - shifts).tolist()
    if any(lifts):
        rounded = [[entry << lift for entry, lift in zip(row, lifts, strict=True)] for row in rounded]
    return fmpz_mat(rounded)


def _lift(shifts: np.ndarray) -> int:
    """The bits of the longest number in `_integers` for rows below 2^(62 - _PRECONDITIONER_BITS)."""
    return 62 + int(shifts.max() - shifts.min())


def _schur_complement(block: _Block, rows: np.ndarray, effort: Effort) -> np.ndarray:
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
    inside, across = _matrix(entries[np.ix_(rows, rows)]), _matrix(entries[np.ix_(rows, others)]).transpose()
    pieces, denominators, bits, common = [], [], 0, fmpz(1)
    for start in range(0, len(others), width):
        some = others[start : start + width]
        solution, denominator = cast(fmpq_mat, inside.solve(_matrix(entries[np.ix_(rows, some)]))).numer_denom()
        piece = _matrix(entries[np.ix_(others, some)]) * denominator - across * solution
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


def _matrix(entries: np.ndarray) -> fmpz_mat:
    return fmpz_mat(entries.tolist())
