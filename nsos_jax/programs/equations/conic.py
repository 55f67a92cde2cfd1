"""The equations that presolve left, in floating point and brought to scale: what solvers are given.

    maximise c'w  s.t.  a + B w = A(Q),  Q = blkdiag(Q_1, Q_2, ...) positive semidefinite,  w free,

A(Q)_r = sum over blocks and terms of weights[t] times the entries with maps[t, i, j] = r. Everything is scaled by
powers of two, see `scaling`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from flint import fmpq
from jaxtyping import Float

from nsos_jax.programs.equations.presolve import Presolved
from nsos_jax.programs.equations.scaling import Logs, Shifts, fitted_shifts
from nsos_jax.programs.equations.system import GramBlock

if TYPE_CHECKING:
    import scipy.sparse as sp


@dataclass(frozen=True, eq=False)
class ConicForm:
    """See the module; in scaled coordinates.

    Attributes:
      rhs: a, [R].
      free: B, sparse [R, W].
      cost: c, [W].
      blocks: maps and weights.
      row_shifts, free_shifts: int [R], [W]: row r was multiplied by 2^row_shifts[r], w = 2^free_shifts * scaled w.
      basis_shifts: int [k] per block: Q_ij = 2^(d_i + d_j) scaled Q_ij.
      weights: float [terms, k, k] per block, what an entry adds to the row maps[t, i, j] in scaled coordinates.
    """

    rhs: Float[np.ndarray, " R"]
    free: "sp.csc_matrix"
    cost: Float[np.ndarray, " W"]
    blocks: list[GramBlock]
    row_shifts: np.ndarray
    free_shifts: np.ndarray
    basis_shifts: list[np.ndarray]
    weights: list[np.ndarray]

    @staticmethod
    def of(presolved: Presolved, even: float = 0.0) -> "ConicForm":
        """The form of a system.

        Args:
          even: the standard deviation of the binary logarithms of all numbers up to which they are left as they are.
        """
        import scipy.sparse as sp  # on first use: commands that solve nothing do not load it

        system, free = presolved.system, presolved.free
        column = {unknown: index for index, unknown in enumerate(free)}
        triples = [
            (row, column[unknown], value)
            for row, linear in enumerate(system.linear)
            for unknown, value in linear.items()
        ]
        rows = np.array([row for row, _, _ in triples], np.int64)
        columns = np.array([at for _, at, _ in triples], np.int64)
        values, logs = _floats([value for _, _, value in triples])
        rhs, rhs_logs = _floats(system.constants)
        weights = [_floats(block.weights) for block in system.blocks]
        sizes = Logs(rhs_logs, rows, columns, logs, [log for _, log in weights])
        fitted = sizes.spread() > even
        shifts = fitted_shifts(system, sizes, len(free)) if fitted else Shifts.none(system, len(free))
        scaled = np.ldexp(values, shifts.rows[rows] + shifts.free[columns])
        cost = np.array([float(system.cost.get(unknown, 0)) for unknown in free])
        spread = []
        for block, (own, _), d in zip(system.blocks, weights, shifts.bases, strict=True):
            exponent = shifts.rows[block.maps] + d[None, :, None] + d[None, None, :]
            spread.append(np.ldexp(np.broadcast_to(own[:, None, None], block.maps.shape), exponent))
        return ConicForm(
            np.ldexp(rhs, shifts.rows),
            sp.csc_matrix((scaled, (rows, columns)), shape=(system.rows, len(free))),
            np.ldexp(cost, shifts.free),
            system.blocks,
            shifts.rows,
            shifts.free,
            shifts.bases,
            spread,
        )

    @property
    def sides(self) -> list[int]:
        return [block.side for block in self.blocks]

    def unscaled_free(self, scaled: Float[np.ndarray, " W"]) -> Float[np.ndarray, " W"]:
        """w in the units of the program."""
        return np.ldexp(scaled, self.free_shifts)

    def unscaled_grams(self, scaled: list[np.ndarray]) -> list[np.ndarray]:
        """Gram matrices in the units of the program."""
        return [np.ldexp(gram, d[:, None] + d[None]) for gram, d in zip(scaled, self.basis_shifts, strict=True)]

    def unscaled_moments(self, scaled: Float[np.ndarray, " R"]) -> Float[np.ndarray, " R"]:
        """L in the units of the program."""
        return np.ldexp(scaled, self.row_shifts)

    def apply(self, grams: list[np.ndarray]) -> Float[np.ndarray, " R"]:
        """A(Q)."""
        rows = [np.zeros(0, np.int64), *(block.maps.ravel() for block in self.blocks)]
        parts = [np.zeros(0), *((weights * gram).ravel() for weights, gram in zip(self.weights, grams, strict=True))]
        return np.bincount(np.concatenate(rows), np.concatenate(parts), minlength=len(self.rhs))

    def adjoint(self, moments: Float[np.ndarray, " R"]) -> list[np.ndarray]:
        """M(L) = A'(L), per block."""
        return [
            (weights * moments[block.maps]).sum(axis=0)
            for block, weights in zip(self.blocks, self.weights, strict=True)
        ]


def _floats(numbers: "list[fmpq] | tuple[fmpq, ...]") -> tuple[np.ndarray, np.ndarray]:
    """The numbers in float64, and log2 of their absolute values, -infinity for 0."""
    values = np.array([as_double(number) for number in numbers], np.float64)
    with np.errstate(divide="ignore"):
        return values, np.log2(np.abs(values))


def as_double(number: fmpq) -> float:
    """The nearest float64; OverflowError beyond its range."""
    return int(number.p) / int(number.q)
