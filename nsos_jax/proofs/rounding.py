"""Exact Gram matrices from floating point ones: rounding inside the cone, snapping on its boundary.

Q is sought as integers X over one denominator G with all rows of a `GramSystem` holding exactly. Whether Q is positive
semidefinite is for the checker to say (`SosCertificate.verify`): everything here is a proposal.
"""

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from nsos_jax.certificates import GramBlock
from nsos_jax.proofs.gram_system import Entries, GramSystem

SNAP_DENOMINATORS = (2, 12, 120)
SNAP_TOLERANCE = 1e-6
MAX_BITS = 400
SAFE_BITS = 61
MOST_COARSER = 12
"""Bits by which a grid that is safe for any matrix is at most too fine."""


class ExactGram(NamedTuple):
    """Q_k = grams[k] / denominator on the blocks of a system, integer matrices that satisfy its rows exactly."""

    grams: tuple[np.ndarray, ...]
    denominator: int

    def blocks(self, system: GramSystem) -> list[GramBlock]:
        """(basis, Gram matrix, denominator) per block, as certificates take them."""
        return [(basis, gram, self.denominator) for basis, gram in zip(system.bases, self.grams, strict=True)]

    def min_eigenvalue(self, unit: int = 0) -> float:
        """The smallest eigenvalue of 2^-unit Q in float64, infinite where that overflows."""
        return min(_min_eigenvalue(gram, self.denominator, unit)[0] for gram in self.grams)

    def min_eigenvalue_bounds(self) -> tuple[float, float]:
        """Bounds on the smallest eigenvalue of Q: what float64 finds, less and plus what rounding may do to it."""
        found = [_min_eigenvalue(gram, self.denominator, 0) for gram in self.grams]
        if not all(np.isfinite(error) for _, error in found):
            return -np.inf, np.inf
        return min(value - error for value, error in found), min(value + error for value, error in found)


def _min_eigenvalue(gram: np.ndarray, denominator: int, unit: int) -> tuple[float, float]:
    """The smallest eigenvalue, and the error of computing it, which is 0 for a diagonal matrix."""
    drop = max(_bits(gram.ravel()) - 60, 0)
    lost = max(denominator.bit_length() - 60, 0)
    matrix = (gram >> drop).astype(np.float64)
    diagonal = np.count_nonzero(matrix) == np.count_nonzero(matrix.diagonal())
    error = 0.0 if diagonal else 4 * len(matrix) * np.finfo(np.float64).eps * float(np.linalg.norm(matrix))
    with np.errstate(over="ignore"):
        scaled = np.array([np.linalg.eigvalsh(matrix)[0], error]) / (denominator >> lost)
        value, error = np.ldexp(scaled, drop - lost - unit).tolist()
    return value, error


def _bits(integers: np.ndarray) -> int:
    """The bit length of the largest of them in absolute value."""
    return max(int(integers.max()), -int(integers.min())).bit_length()


def unique_gram(system: GramSystem) -> ExactGram:
    """The only Gram matrix of a system with one entry per row, without any float."""
    grams = []
    for rows in system.rows:
        gram = system.targets.astype(object)[rows]
        np.fill_diagonal(gram, 2 * gram.diagonal())
        grams.append(gram)
    return ExactGram(tuple(grams), 2 * system.polynomial.denominator)


def interior_grams(system: GramSystem, grams: Sequence[np.ndarray], margin: float) -> Iterator[ExactGram]:
    """Roundings of a Gram matrix of 2^-unit p (see `GramSystem.unscale`) with lambda_min >= margin > 0, coarsest first.

    Rounding to a grid of 2^-bits perturbs each entry by at most two units, repair of the rows included, so 2^-bits is
    taken below margin / (4 k), p's denominator included; finer grids follow in case the float margin was optimistic.
    """
    if not 0 < margin < np.inf:
        return
    coarse = _safe_bits(system, math.log2(margin))
    for bits in (max(coarse + extra, 1) for extra in (0, 8, 24)):
        grid = system.polynomial.denominator << bits
        rounded = _round(system, grams, grid, repair=True) if bits <= MAX_BITS else None
        if rounded:
            yield ExactGram(tuple(rounded), grid)


def short_gram(system: GramSystem, grams: Sequence[np.ndarray], margin: float) -> ExactGram | None:
    """The coarsest of the roundings that `interior_grams` describes which looks positive definite in floating point.

    What is safe for any matrix is several bits finer than what most need.
    """
    if not 0 < margin < np.inf:
        return None
    safe = max(_safe_bits(system, math.log2(margin)), 1)
    for bits in range(max(safe - MOST_COARSER, 1), min(safe, MAX_BITS) + 1):
        grid = system.polynomial.denominator << bits
        rounded = _round(system, grams, grid, repair=True)
        if rounded and (exact := ExactGram(tuple(rounded), grid)).min_eigenvalue(system.scaling.unit) > 0:
            return exact
    return None


def _safe_bits(system: GramSystem, log_margin: float) -> int:
    """Of a grid that is fine enough for any matrix of this margin."""
    size, unit, denominator = max(map(len, system.bases)), system.scaling.unit, system.polynomial.denominator
    return math.ceil(math.log2(4 * size) - log_margin - unit - math.log2(denominator))


def fine_gram(system: GramSystem, grams: Sequence[np.ndarray], log_margin: float) -> ExactGram:
    """The rounding of a Gram matrix of 2^-unit p in fractions, symmetric, [k, k] per block.

    `interior_grams` for matrices whose smallest eigenvalue is below what floating point keeps of the largest, or
    holds at all: its binary logarithm is at least `log_margin`.
    """
    bits = max(_safe_bits(system, log_margin), 1)
    grid = system.polynomial.denominator << bits
    factor = Fraction(2) ** system.scaling.unit * grid
    entries = np.array([round(x * factor) for gram in grams for x in gram.ravel().tolist()], object)
    entries += _spread(system.entries, _residual(system, entries, 1 << bits))
    return ExactGram(tuple(_split(entries, grams)), grid)


def snapped_gram(system: GramSystem, grams: Sequence[np.ndarray]) -> ExactGram | None:
    """Rounds a Gram matrix of 2^-unit p to small multiples of p's content and keeps it only if every row of p already
    holds: for those on the boundary of the cone, where any perturbation would leave it."""
    content = math.gcd(*map(int, system.targets.tolist())) or 1
    for factor in SNAP_DENOMINATORS:
        grid = factor * system.polynomial.denominator
        snapped = _round(system, grams, grid, repair=False, step=content)
        if snapped:
            exact = ExactGram(tuple(snapped), grid)
            size = max(float(np.abs(gram).max()) for gram in grams)
            return exact if exact.min_eigenvalue(system.scaling.unit) > -SNAP_TOLERANCE * size else None
    return None


def _round(
    system: GramSystem, grams: Sequence[np.ndarray], grid: int, repair: bool, step: int = 1
) -> list[np.ndarray] | None:
    """Nearest multiples of step / grid, as integers over grid; None if some row does not hold and `repair` is off.

    `grid` must be an even multiple of p's denominator.
    """
    entries = np.concatenate([gram.ravel() for gram in grams])
    largest = float(np.abs(entries).max(initial=0.0))
    if not np.isfinite(largest):
        return None
    unit, multiple = system.scaling.unit, grid // system.polynomial.denominator
    count = max(map(len, system.bases)) ** 2 * len(system.bases)
    bits = math.log2(largest * count + 1e-300) + unit + math.log2(grid)
    target_bits = _bits(system.targets) + multiple.bit_length()
    dtype = np.int64 if max(bits, target_bits, math.log2(grid)) < SAFE_BITS and unit > -SAFE_BITS else object
    integers = _nearest(entries, unit, grid, dtype, step)
    residual = _residual(system, integers, multiple)
    if residual.any():
        if not repair:
            return None
        integers += _spread(system.entries, residual)
    return _split(integers, grams)


def _residual(system: GramSystem, entries: np.ndarray, multiple: int) -> np.ndarray:
    """What integer entries leave of the targets times a number, by row."""
    residual = system.targets.astype(entries.dtype) * multiple
    np.subtract.at(residual, system.entries.rows, entries)
    return residual


def _split(entries: np.ndarray, grams: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Entries of all blocks as matrices of the shapes of others."""
    parts = np.split(entries, np.cumsum([gram.size for gram in grams])[:-1])
    return [part.reshape(gram.shape) for part, gram in zip(parts, grams, strict=True)]


def _nearest(gram: np.ndarray, unit: int, grid: int, dtype: type, step: int) -> np.ndarray:
    """The multiples of `step` nearest to 2^unit gram * grid."""
    if dtype is np.int64:
        return np.rint(np.ldexp(gram, unit) * (grid / step)).astype(np.int64) * step
    mantissa, exponent = np.frexp(gram)
    scaled = (np.ldexp(mantissa, 53)).astype(np.int64).astype(object) * grid
    shift = 53 - unit - exponent.astype(object)
    ratios = ((x, step << s) if s > 0 else (x << -s, step) for x, s in zip(scaled.flat, shift.flat, strict=True))
    nearest = [(2 * x + unit_step) // (2 * unit_step) * step for x, unit_step in ratios]
    return np.array(nearest, object).reshape(gram.shape)


def _spread(entries: Entries, residual: np.ndarray) -> np.ndarray:
    """What to add to each entry, so that its row's residual is spread over all as evenly as integers allow.

    All entries take the quotient; of the remainder r, the first r // 2 pairs take one unit each, if there are as many,
    and the diagonal entries what is left: at most one unit each. A row without any has even r: its entries come in
    pairs and its target is even on an even grid.
    """
    counts, squares = (np.bincount(rows, minlength=len(residual)) for rows in (entries.rows, entries.squares))
    sign = np.where(residual < 0, -1, 1)
    quotient, remainder = residual * sign // counts, residual * sign % counts
    pairs = np.minimum((remainder // 2).astype(np.int64), (counts - squares) // 2)
    left = (remainder - 2 * pairs).astype(np.int64)
    chosen = _rank(entries.pairs) < pairs[entries.pairs]
    change = quotient[entries.rows]
    for places in (entries.above, entries.below):
        change[places[chosen]] += 1
    change[entries.diagonal[_rank(entries.squares) < left[entries.squares]]] += 1
    return sign[entries.rows] * change


def _rank(values: np.ndarray) -> np.ndarray:
    """How many equal values stand before each position."""
    order = np.argsort(values, kind="stable")
    rank = np.empty(len(values), np.int64)
    rank[order] = np.arange(len(values)) - np.searchsorted(values[order], values[order])
    return rank
