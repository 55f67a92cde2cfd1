"""Proofs that integer matrices are positive definite: a scaled copy less a square, or a congruent matrix, is dominant.

Floating point only suggests the square or the multiplier, a Cholesky factor or its inverse; that what is left is
strictly diagonally dominant is shown in integers. A matrix for which nothing is proven may still be positive definite.
"""

from typing import NamedTuple

import numpy as np
from flint import fmpz_mat

from nsos_jax.certificates.data import INT64_LIMIT
from nsos_jax.certificates.exact_work import MAX_MATRIX_BITS, Effort

FINE_SIDE = 64
"""Up to it a finer test is tried first; it takes three products of matrices instead of one."""
_PRECONDITIONER_BITS = 24
_MANTISSA_BITS = 60
_SCALED_BITS = 54
_MOST_ROOT_BITS = _SCALED_BITS // 2
_LIMB_BITS = 20
_HALF_BITS = _MOST_ROOT_BITS // 2 + 1


class ScaledBlock(NamedTuple):
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

    def part(self, rows: np.ndarray) -> "ScaledBlock":
        """The principal submatrix of these rows."""
        square = np.ix_(rows, rows)
        return ScaledBlock(self.entries[square], self.shifts[rows], self.scaled[square], self.bits)


def scaled_block(entries: np.ndarray) -> ScaledBlock | None:
    """The matrix with its scaled copy; None when some |s_ij| > 2.1, so that q_ij^2 > q_ii q_jj and Q is not PSD."""
    mantissas, exponents = mantissas_of(entries)
    shifts, scaled, good = scaled_copies(mantissas, exponents)
    if not good:
        return None
    return ScaledBlock(entries, shifts, scaled, _MANTISSA_BITS + 2 + int(exponents.max()))


def scaled_copies(mantissas: np.ndarray, exponents: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
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


def mantissas_of(entries: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
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


def is_positive_definite(block: ScaledBlock, effort: Effort) -> bool:
    """True proves Q positive definite; False proves nothing. The first test is faster, the second one finer."""
    size = len(block.scaled)
    effort.spend(size**2, size, 64 if size > FINE_SIDE else 4 * 64)
    exceeds = _exceeds_a_square if size > FINE_SIDE else _exceeds_a_fine_square
    return exceeds(block) or _is_congruent_to_dominant(block, effort)


def _exceeds_a_square(block: ScaledBlock) -> bool:
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


def _exceeds_a_fine_square(block: ScaledBlock) -> bool:
    """The same with a finer F, for matrices nearer to the boundary."""
    return bool(exceed_fine_squares(block.scaled[None])[0])


def exceed_fine_squares(scaled: np.ndarray) -> np.ndarray:
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
        return np.concatenate([exceed_fine_squares(one[None]) for one in scaled])
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


def _is_congruent_to_dominant(block: ScaledBlock, effort: Effort) -> bool:
    """True proves Q positive definite: R = M Q M' is strictly diagonally dominant with positive diagonal.

    Then R is positive definite (Gershgorin), hence M is nonsingular and Q = M^-1 R M^-T positive definite. M is the
    inverse of the floating point Cholesky factor, rounded to integers; how it was found does not matter.
    """
    size, bits = len(block.scaled), block.bits + 2 * lift_bits(block.shifts)
    if size**2 * bits > MAX_MATRIX_BITS:
        return False
    try:
        inverse = np.linalg.inv(np.linalg.cholesky(block.floats))
    except np.linalg.LinAlgError:
        return False
    if not np.abs(inverse).max() < 2.0 ** (62 - _PRECONDITIONER_BITS):
        return False
    effort.spend(2 * size**2, size, bits)
    multiplier = integer_rows(inverse, block.shifts)
    product = multiplier * matrix_of(block.entries) * multiplier.transpose()
    # 2 R_ii > sum_j |R_ij| is R_ii > 0 together with R_ii > sum over j != i
    return all(2 * row[i] > sum(map(abs, row)) for i, row in enumerate(product.table()))


def integer_rows(rows: np.ndarray, shifts: np.ndarray) -> fmpz_mat:
    """Row vectors for the scaled matrix, rounded to integers for the unscaled one: a multiple of rows_j 2^(-s_j)."""
    rounded = np.rint(rows * 2.0**_PRECONDITIONER_BITS).astype(np.int64).tolist()
    lifts = (shifts.max() - shifts).tolist()
    if any(lifts):
        rounded = [[entry << lift for entry, lift in zip(row, lifts, strict=True)] for row in rounded]
    return fmpz_mat(rounded)


def lift_bits(shifts: np.ndarray) -> int:
    """The bits of the longest number in `integer_rows` for rows below 2^(62 - _PRECONDITIONER_BITS)."""
    return 62 + int(shifts.max() - shifts.min())


def matrix_of(entries: np.ndarray) -> fmpz_mat:
    """The same for `flint`."""
    return fmpz_mat(entries.tolist())
