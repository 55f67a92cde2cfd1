"""Independent equations on a face: combinations T of the rows with T A_V of full rank.

On the whole cone, rows are independent and orthogonal. On a face they depend on each other: an orthonormal combination
of all rows is best conditioned, but dense; where every block meets few rows, a choice of rows keeps what is sparse.
Where there are thousands of rows, none are left out: their matrices are singular, and solved with a little added.
"""

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
import scipy.linalg as sla
import scipy.sparse as sp
from jaxtyping import Float, Int
from scipy.linalg.lapack import dpstrf

from nsos_jax.proofs.faces.margin.factors import Solve, regularised
from nsos_jax.proofs.faces.margin.row_pairs import Matrix

DEPENDENT = 1e-10
"""Eigenvalues, or pivots, of A_V A_V' below this share of the largest belong to dependent equations."""
MANY_TIMES = 1e3
"""How much larger pivots of independent equations are than what is added to all."""


class Combinations(Protocol):
    """T, [k, R], and the rank of T A_V."""

    @property
    def rank(self) -> int: ...

    def combine(self, values: Float[np.ndarray, " R"]) -> Float[np.ndarray, " k"]:
        """T v."""
        ...

    def by_row(self, values: Float[np.ndarray, " k"]) -> Float[np.ndarray, " R"]:
        """T' v."""
        ...

    def sandwich(self, matrix: Matrix) -> Matrix:
        """T M T'."""
        ...

    def solve(self, values: Float[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
        """(T A_V A_V' T')^-1 v."""
        ...


class Independent(NamedTuple):
    """T, and the length of what b has outside of the range of A_V."""

    combinations: Combinations
    outside: float


@dataclass(frozen=True, eq=False)
class ChosenRows:
    """A choice of rows, scaled to length one: T = diag(scales) P.

    Attributes:
      rows: which ones.
      scales: float64 [k].
      count: R.
      factor: the Cholesky factor of T A_V A_V' T'; None where that is the identity.
    """

    rows: Int[np.ndarray, " k"]
    scales: Float[np.ndarray, " k"]
    count: int
    factor: Float[np.ndarray, "k k"] | None = None

    @staticmethod
    def orthogonal(squares: Float[np.ndarray, " R"]) -> "ChosenRows":
        """All rows, where A A' is diagonal."""
        return ChosenRows(np.arange(len(squares)), 1.0 / np.sqrt(squares), len(squares))

    @staticmethod
    def independent(products: Matrix, rhs: Float[np.ndarray, " R"]) -> Independent:
        """Rows whose products A_V A_V' are well conditioned, by Cholesky decomposition with pivoting."""
        dense = products if isinstance(products, np.ndarray) else products.toarray()
        lengths = np.sqrt(np.maximum(dense.diagonal(), 0.0))
        touched = np.flatnonzero(lengths > DEPENDENT * lengths.max(initial=0.0))
        scales = 1.0 / lengths[touched]
        unit = scales[:, None] * dense[np.ix_(touched, touched)] * scales
        triangle, order, rank, _ = dpstrf(unit, tol=DEPENDENT, lower=1)
        chosen, rest = order[:rank] - 1, order[rank:] - 1
        factor = np.tril(triangle[:rank, :rank])
        target = scales * rhs[touched]
        along = sla.solve_triangular(factor, target[chosen], lower=True)
        left = (target[rest] - triangle[rank:, :rank] @ along) / scales[rest]
        outside = np.hypot(np.linalg.norm(left), np.linalg.norm(np.delete(rhs, touched)))
        return Independent(ChosenRows(touched[chosen], scales[chosen], len(rhs), factor), float(outside))

    @property
    def rank(self) -> int:
        return len(self.rows)

    def combine(self, values: Float[np.ndarray, " R"]) -> Float[np.ndarray, " k"]:
        return self.scales * values[self.rows]

    def by_row(self, values: Float[np.ndarray, " k"]) -> Float[np.ndarray, " R"]:
        result = np.zeros(self.count)
        result[self.rows] = self.scales * values
        return result

    def sandwich(self, matrix: Matrix) -> Matrix:
        if isinstance(matrix, sp.csc_array):
            scales = sp.diags_array(self.scales)
            return sp.csc_array(scales @ matrix[self.rows][:, self.rows] @ scales)
        in_order = np.array_equal(self.rows, np.arange(self.count))
        result = matrix.copy() if in_order else matrix[np.ix_(self.rows, self.rows)]
        result *= self.scales[:, None]
        result *= self.scales
        return result

    def solve(self, values: Float[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
        return values if self.factor is None else sla.cho_solve((self.factor, True), values)


@dataclass(frozen=True, eq=False)
class TouchedRows(ChosenRows):
    """All rows that a face meets, dependent ones too.

    Attributes:
      solver: solves with T A_V A_V' T' and a little more.
      pivots: how many of its pivots are not small.
    """

    solver: Solve = field(kw_only=True)
    pivots: int = field(kw_only=True)

    @staticmethod
    def independent(products: Matrix, rhs: Float[np.ndarray, " R"]) -> Independent:
        """Their number, and what of b no solution reaches."""
        lengths = np.sqrt(np.maximum(products.diagonal(), 0.0))
        touched = np.flatnonzero(lengths > DEPENDENT * lengths.max(initial=0.0))
        scales = 1.0 / lengths[touched]
        unit = ChosenRows(touched, scales, len(rhs)).sandwich(products)
        assert isinstance(unit, sp.csc_array)
        solve, pivots = regularised(unit, DEPENDENT)
        target = scales * rhs[touched]
        left = (target - unit @ solve(target)) / scales
        outside = np.hypot(np.linalg.norm(left), np.linalg.norm(np.delete(rhs, touched)))
        rank = int((pivots > MANY_TIMES * DEPENDENT).sum())
        return Independent(TouchedRows(touched, scales, len(rhs), solver=solve, pivots=rank), float(outside))

    @property
    def rank(self) -> int:
        return self.pivots

    def solve(self, values: Float[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
        return self.solver(values)


@dataclass(frozen=True, eq=False)
class DenseCombinations:
    """T with T A_V A_V' T' = I: numbers on the face are about as large as b."""

    matrix: Float[np.ndarray, "k R"]

    @property
    def rank(self) -> int:
        return len(self.matrix)

    @staticmethod
    def independent(products: Matrix, rhs: Float[np.ndarray, " R"]) -> Independent:
        """The eigenvectors of A_V A_V' whose eigenvalues are not zero, over the square roots of these."""
        values, vectors = np.linalg.eigh(products if isinstance(products, np.ndarray) else products.toarray())
        kept = values > DEPENDENT * max(values[-1], 1e-300)
        spanning = vectors[:, kept]
        outside = float(np.linalg.norm(rhs - spanning @ (spanning.T @ rhs)))
        return Independent(DenseCombinations((spanning / np.sqrt(values[kept])).T), outside)

    def combine(self, values: Float[np.ndarray, " R"]) -> Float[np.ndarray, " k"]:
        return self.matrix @ values

    def by_row(self, values: Float[np.ndarray, " k"]) -> Float[np.ndarray, " R"]:
        return self.matrix.T @ values

    def sandwich(self, matrix: Matrix) -> Matrix:
        dense = matrix if isinstance(matrix, np.ndarray) else matrix.toarray()
        return np.asarray(self.matrix @ dense @ self.matrix.T)

    def solve(self, values: Float[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
        return values
