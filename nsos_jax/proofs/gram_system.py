"""The Gram equations of one polynomial on one basis, in floating point for the solver and in integers for proofs.

A Gram matrix of p on the blocks z_1, ..., z_b (monomial vectors) is Q = blkdiag(Q_1, ..., Q_b), p = sum z_k' Q_k z_k;
blocks may overlap. Each product of two monomials of a block is a *row*; the entries that share it must add up to p's
coefficient there.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spla
from jaxtyping import Float, Int
from scipy.special import gammaln

from nsos_jax.bases import block_rows, largest_exponents, lossless_blocks
from nsos_jax.polynomials import Polynomial, RowTable, distinct_rows, even_rows, nonzeros
from nsos_jax.solvers import SosProblem, margin_problem

MAX_SHIFT = 60
MAX_REFITS = 8
NEGLIGIBLE_BITS = 12
GAUSSIAN_DEVIATION = 0.5
DEEP_ENOUGH = 0.1
DENSE_COLUMNS, FIT_RIDGE = 100, 1e-8
"""Of least squares problems: columns up to which they are dense, and what is added to the diagonal of sparse ones."""


class UncoveredSupport(ValueError):
    """Some term of the polynomial is no product of two basis monomials."""


@dataclass(frozen=True)
class Scaling:
    """x_i -> 2^shifts[i] x_i and p -> 2^-unit p: exact changes of coordinates that bring coefficients near one.

    `coefficients` are those of the scaled polynomial to about one part in 2^40: for searching, not for proofs.
    """

    shifts: Int[np.ndarray, " n"]
    unit: int
    coefficients: Float[np.ndarray, " terms"]

    @staticmethod
    def of(polynomial: Polynomial) -> "Scaling":
        """Least squares fit of log2 of the coefficients of the even terms (all terms where these do not suffice).

        Terms far below the fit are left out and the rest is fitted again: a tiny coefficient does no harm, unless the
        variables are stretched to enlarge it.
        """
        magnitudes, exponents = log2_magnitudes(polynomial), polynomial.exponents
        even = np.flatnonzero(even_rows(exponents))
        rows = even if len(even) > polynomial.num_variables else np.arange(len(exponents))
        ones = sp.csr_array(np.ones((len(exponents), 1)))
        design = sp.csr_array(sp.hstack([_sparse(exponents), ones]))
        for _ in range(MAX_REFITS):
            fit, rank = _least_squares(design[rows], magnitudes[rows])
            kept = magnitudes[rows] - design[rows] @ fit > -NEGLIGIBLE_BITS
            if kept.all() or _least_squares(design[rows[kept]], magnitudes[rows[kept]])[1] < rank:
                break
            rows = rows[kept]
        return Scaling.with_shifts(polynomial, np.clip(np.round(-fit[:-1]), -MAX_SHIFT, MAX_SHIFT).astype(np.int64))

    @staticmethod
    def with_shifts(polynomial: Polynomial, shifts: Int[np.ndarray, " n"]) -> "Scaling":
        """With these shifts, and the unit that brings the largest coefficient near one."""
        scaled = log2_magnitudes(polynomial) + _sparse(polynomial.exponents) @ shifts
        unit = int(np.ceil(scaled.max())) if len(scaled) else 0
        signs = np.array([1.0 if numerator > 0 else -1.0 for numerator in polynomial.numerators])
        return Scaling(shifts, unit, signs * np.exp2(scaled - unit))

    def unscale_point(self, point: Sequence[Fraction]) -> tuple[Fraction, ...]:
        """A point of the scaled polynomial in p's own variables."""
        return tuple(x * Fraction(2) ** shift for x, shift in zip(point, self.shifts.tolist(), strict=True))


class Entries(NamedTuple):
    """The Gram entries of all blocks, one block after the other, row by row: places among them, and their rows.

    Attributes:
      rows: of all entries.
      above: places of the entries above the diagonals.
      below: places of their mirror images.
      diagonal: places of the others.
      pairs: rows of the entries above.
      squares: rows of the entries on the diagonals.
    """

    rows: Int[np.ndarray, " entries"]
    above: Int[np.ndarray, " pairs"]
    below: Int[np.ndarray, " pairs"]
    diagonal: Int[np.ndarray, " size"]
    pairs: Int[np.ndarray, " pairs"]
    squares: Int[np.ndarray, " size"]

    @staticmethod
    def of(blocks: Sequence[Int[np.ndarray, "k k"]]) -> "Entries":
        """From the rows of the entries of each block."""
        starts = np.cumsum([0, *(block.size for block in blocks)]).tolist()
        triangles = {k: np.triu_indices(k, 1) for k in set(map(len, blocks))}
        found: list[list[np.ndarray]] = [[], [], []]
        for start, block in zip(starts, blocks, strict=False):
            k, (i, j) = len(block), triangles[len(block)]
            for places, own in zip(found, (i * k + j, j * k + i, np.arange(k) * (k + 1)), strict=True):
                places.append(start + own)
        rows = np.concatenate([block.ravel() for block in blocks])
        above, below, diagonal = map(np.concatenate, found)
        return Entries(rows, above, below, diagonal, rows[above], rows[diagonal])


@dataclass(frozen=True)
class GramSystem:
    """The rows of p on `bases`, with everything that exact and floating point code need about them.

    Attributes:
      polynomial: p.
      bases: int [k, n] per block.
      rows: int32 [k, k] per block, the row of each entry.
      row_exponents: int [rows, n], the product that each row stands for.
      targets: numerator of p's coefficient per row, over p's denominator; int64, or objects where one does not fit.
      scaling: the coordinates in which `problem` is posed.
      lossless: whether p has a Gram matrix on these blocks if it has one on all their monomials together.
    """

    polynomial: Polynomial
    bases: tuple[np.ndarray, ...]
    rows: tuple[np.ndarray, ...]
    row_exponents: Int[np.ndarray, "rows n"]
    targets: np.ndarray
    scaling: Scaling
    lossless: bool = True

    @staticmethod
    def build(
        polynomial: Polynomial,
        basis: Int[np.ndarray, "k n"],
        scaling: Scaling | None = None,
        parts: Sequence[Int[np.ndarray, " members"]] | None = None,
    ) -> "GramSystem":
        """The system on a basis.

        Args:
          polynomial: p.
          basis: distinct monomials.
          scaling: by default that of p.
          parts: the members of each block; by default the blocks that lose nothing.

        Raises:
          UncoveredSupport: no Gram matrix exists on these blocks (Lemma 1 of the paper).
        """
        support = polynomial.exponents
        maps = block_rows(basis, lossless_blocks(basis, support) if parts is None else parts)
        support_row = RowTable(maps.row_exponents, largest_exponents(support, basis)).find(support)
        if (support_row < 0).any():
            raise UncoveredSupport("basis must cover the support of the polynomial: use repair_coverage")
        numerators = integers(polynomial.numerators)
        targets = np.zeros(len(maps.row_exponents), numerators.dtype)
        targets[support_row] = numerators
        scaling = scaling or Scaling.of(polynomial)
        return GramSystem(polynomial, maps.bases, maps.rows, maps.row_exponents, targets, scaling, parts is None)

    @property
    def size(self) -> int:
        """The sum of the sides of the blocks."""
        return sum(map(len, self.bases))

    @cached_property
    def basis(self) -> Int[np.ndarray, "k n"]:
        """All blocks' monomials, each once; block after block, where blocks do not overlap."""
        together = np.concatenate(self.bases)
        return together if self.lossless else distinct_rows(together)

    @cached_property
    def entries(self) -> Entries:
        """Those of all blocks."""
        return Entries.of(self.rows)

    @cached_property
    def unique(self) -> bool:
        """Whether every row holds one entry and its mirror image only, so that the Gram matrix is unique."""
        return sum(len(block) * (len(block) + 1) // 2 for block in self.rows) == len(self.targets)

    def problem(self) -> SosProblem:
        """The margin problem in scaled coordinates."""
        return self._problem

    @cached_property
    def _problem(self) -> SosProblem:
        row, variable, exponent = self._factors
        count = len(self.targets)
        scale = np.bincount(row, exponent * self.scaling.shifts[variable], minlength=count)
        log_scale = scale.astype(np.int64) - self.scaling.unit
        denominator = self.polynomial.denominator
        if self.targets.dtype != object and denominator < 2**53:
            rhs = np.ldexp(self.targets / float(denominator), log_scale)
        else:
            pairs = zip(self.targets.tolist(), log_scale.tolist(), strict=True)
            rhs = np.array([_ldexp(target, denominator, exponent) for target, exponent in pairs])
        return self._with_interior(margin_problem(self.rows, rhs))

    def _with_interior(self, plain: SosProblem) -> SosProblem:
        """Of two simple interior points of the dual cone the deeper: the identity's projection, Gaussian moments."""
        floor = plain.dual_interior[1]
        if floor * self.size > DEEP_ENOUGH:
            return plain
        row, _, exponent = self._factors
        half = exponent // 2
        moments = gammaln(2 * half + 1) - gammaln(half + 1) + half * np.log(GAUSSIAN_DEVIATION**2 / 2)
        logs = np.bincount(row, moments, minlength=len(self.targets))
        odd = np.bincount(row, exponent % 2, minlength=len(self.targets)) > 0
        gaussian = plain.with_interior(np.where(odd, 0.0, np.exp(logs - logs.max())))
        return gaussian if gaussian.dual_interior[1] > floor else plain

    @cached_property
    def _factors(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Row, variable and exponent of each power in the products that rows stand for."""
        row, variable = nonzeros(self.row_exponents)
        return row, variable, self.row_exponents[row, variable]

    def unscale(self, grams: Sequence[Float[np.ndarray, "k k"]]) -> tuple[np.ndarray, ...]:
        """Gram blocks of `problem` in the variables of p: those of 2^-unit p, infinite where that leaves the range of
        float64."""
        with np.errstate(over="ignore"):
            entries = np.ldexp(np.concatenate([gram.ravel() for gram in grams]), -self._logs)
        ends = np.cumsum([0, *(gram.size for gram in grams)]).tolist()
        pairs = zip(pairwise(ends), grams, strict=True)
        return tuple(entries[start:stop].reshape(gram.shape) for (start, stop), gram in pairs)

    @cached_property
    def _logs(self) -> Int[np.ndarray, " entries"]:
        """Of the entries of all blocks, log2 of their products in the scaling."""
        shifts = np.concatenate(self.bases) @ self.scaling.shifts
        ends = np.cumsum([0, *map(len, self.bases)]).tolist()
        parts = [shifts[start:stop] for start, stop in pairwise(ends)]
        return np.concatenate([(own[:, None] + own).ravel() for own in parts])

    def unscaled_margin(self, margin: float) -> float:
        """A lower bound of lambda_min after `unscale`, for a margin > 0 of the scaled matrix: D (Q - t I) D is psd."""
        return float(np.ldexp(margin, -2 * self._largest_shift))

    def unscaled_log_margin(self, margin: float) -> float:
        """The binary logarithm of the same, which may be beyond what floats hold."""
        return float(np.log2(margin)) - 2 * self._largest_shift

    @property
    def _largest_shift(self) -> int:
        return max(int((basis @ self.scaling.shifts).max()) for basis in self.bases)


def _sparse(exponents: Int[np.ndarray, "terms n"]) -> sp.csr_array:
    row, column = nonzeros(exponents)
    return sp.csr_array((exponents[row, column].astype(np.float64), (row, column)), shape=exponents.shape)


def _least_squares(
    design: sp.csr_array, values: Float[np.ndarray, " rows"]
) -> tuple[Float[np.ndarray, " columns"], int]:
    """The least squares solution of least norm, and the rank; about those where there are many columns."""
    if design.shape[1] <= DENSE_COLUMNS:
        fit, _, rank, _ = np.linalg.lstsq(design.toarray(), values, rcond=1e-10)
        return fit, int(rank)
    normal = sp.csc_matrix(design.T @ design + FIT_RIDGE * sp.eye_array(design.shape[1]))
    factor = spla.splu(
        normal, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True, "Equil": False}
    )
    return factor.solve(design.T @ values), int((factor.U.diagonal() > 1e3 * FIT_RIDGE).sum())


def integers(numbers: Sequence[int]) -> np.ndarray:
    """int64 if all fit, else an object array of Python integers."""
    try:
        return np.array(numbers, np.int64)
    except OverflowError:
        return np.array(numbers, object)


def log2_magnitudes(polynomial: Polynomial) -> Float[np.ndarray, " terms"]:
    """log2 of the absolute coefficients, for numbers of any size."""
    numerators = integers(polynomial.numerators)
    if numerators.dtype == object:
        logs = np.array([math.log2(abs(numerator)) for numerator in polynomial.numerators])
    else:
        logs = np.log2(np.abs(numerators.astype(np.float64)))
    return logs - math.log2(polynomial.denominator)


def _ldexp(numerator: int, denominator: int, exponent: int) -> float:
    """numerator / denominator * 2^exponent without overflow on the way."""
    if exponent >= 0:
        return (numerator << exponent) / denominator
    return numerator / (denominator << -exponent)
