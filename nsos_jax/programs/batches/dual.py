"""Functionals that bound the objective, rounded for all programs of a group at once.

B'L = -c has to hold exactly. An unknown with a row of its own, in which its coefficient is the same number in all
programs, takes it from the value of L there; what is left are few equations with few unknowns, solved in exact
rational numbers for each program.
"""

import math
from collections.abc import Sequence

import numpy as np
import scipy.linalg as sla
from flint import fmpq, fmpq_mat

from nsos_jax.programs.batches.points import Points, are_provable, moment_matrices, smallest_eigenvalues
from nsos_jax.programs.batches.shared import Reduced, SharedProgram

EXTRA_BITS = 6
"""Beyond -log2 of the smallest eigenvalue."""
LARGEST = 2.0**61
"""Of what is rounded to int64."""


class DualRounding:
    """The plan that programs share.

    Attributes:
      own_rows: by unknown the row that is its own, -1 for none.
      works: whether the equations can be restored.
    """

    def __init__(self, shared: SharedProgram) -> None:
        self.shared, self.form = shared, shared.form
        rows, width = self.form.free.shape
        self.shifts = self.form.row_shifts[shared.rows] + self.form.free_shifts[shared.columns]
        self.lift = max(0, -int(self.shifts.min(initial=0)), -int(self.form.free_shifts.min(initial=0)))
        self.order = np.argsort(shared.columns, kind="stable")
        self.starts = np.flatnonzero(np.diff(shared.columns[self.order], prepend=-1))
        self.own_rows = np.full(width, -1)
        self.own_entries = np.full(width, -1)
        counts = np.bincount(shared.rows, minlength=rows)
        for entry, (row, column) in enumerate(zip(shared.rows.tolist(), shared.columns.tolist(), strict=True)):
            if counts[row] == 1 and shared.is_constant(entry):
                self.own_rows[column], self.own_entries[column] = row, entry
        self.others = np.flatnonzero(self.own_rows < 0)
        self.other_rows = self._rows_for_others()
        self.works = self.other_rows is not None and len(np.unique(shared.columns)) == width

    def _rows_for_others(self) -> np.ndarray | None:
        """Rows that belong to no unknown alone, as many as other unknowns, with independent equations."""
        if not len(self.others):
            return np.zeros(0, np.int64)
        rest = np.setdiff1d(np.arange(len(self.form.rhs)), self.own_rows)
        matrix = self.form.free.toarray()[np.ix_(rest, self.others)]
        if len(rest) < len(self.others):
            return None
        _, triangle, order = sla.qr(matrix.T, pivoting=True, mode="economic")
        if np.abs(np.diagonal(triangle)).min() <= 1e-8 * np.abs(triangle[0, 0]):
            return None
        return rest[order[: len(self.others)]]

    def functionals(self, reduced: Reduced, points: Points) -> list[list[fmpq] | None]:
        """L on the rows that presolve left, with B'L = -c exactly; None where moment matrices are too near to the
        boundary."""
        count = len(points.free)
        matrices = moment_matrices(self.form.blocks, self.form.weights, points.moments)
        smallest = smallest_eigenvalues(matrices, count)
        good = are_provable(smallest)
        rows = len(self.form.rhs)
        wanted = np.ceil(np.log2(rows / smallest, where=good, out=np.zeros(count))) + EXTRA_BITS
        bits = int(wanted[good].max(initial=2))
        size = np.nan_to_num(np.abs(points.moments).max(axis=1, initial=0.0), nan=np.inf)
        good &= size * 2.0**bits < LARGEST
        result: list[list[fmpq] | None] = [None] * count
        members = np.flatnonzero(good)
        if not len(members):
            return result
        rounded = np.rint(np.ldexp(points.moments[members], bits)).astype(np.int64).astype(object)
        misses, units = self._missing(reduced, members, rounded, bits)
        for at, member in enumerate(members.tolist()):
            result[member] = self._repaired(reduced, member, rounded[at].tolist(), misses[at].tolist(), units[at], bits)
        return result

    def _missing(
        self, reduced: Reduced, members: np.ndarray, rounded: np.ndarray, bits: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """-(B'L + c) in scaled coordinates, object [B, W], as numerators over units [B]."""
        shared = self.shared
        total = reduced.cost[members] << (self.form.free_shifts + self.lift + bits).astype(object)
        if len(shared.rows):
            products = (reduced.entries[members] << (self.shifts + self.lift).astype(object)) * rounded[:, shared.rows]
            sums = np.add.reduceat(products[:, self.order], self.starts, axis=1)
            total[:, shared.columns[self.order][self.starts]] += sums
        return -total, reduced.denominators[members] << (self.lift + bits)

    def _repaired(
        self, reduced: Reduced, member: int, rounded: list[int], misses: list[int], unit: int, bits: int
    ) -> list[fmpq] | None:
        """L in the units of the program, with the equations restored."""
        shared = self.shared
        grid = fmpq(1, 1 << bits)
        scaled = [grid * value for value in rounded]
        missing = [fmpq(miss, unit) for miss in misses]
        entries, denominator = reduced.entries[member], reduced.denominators[member]

        def coefficient(entry: int) -> fmpq:
            return fmpq(entries[entry], denominator) * fmpq(2) ** int(self.shifts[entry])

        if len(self.others):
            assert self.other_rows is not None
            place = {int(row): at for at, row in enumerate(self.other_rows)}
            numbers = {
                (place[row], column): coefficient(entry)
                for entry, (row, column) in enumerate(zip(shared.rows.tolist(), shared.columns.tolist(), strict=True))
                if row in place
            }
            changes = _solved(numbers, self.others.tolist(), missing)
            if changes is None:
                return None
            for row, at in place.items():
                scaled[row] += changes[at]
            for (at, column), value in numbers.items():
                missing[column] -= value * changes[at]
        for column, (row, entry) in enumerate(zip(self.own_rows.tolist(), self.own_entries.tolist(), strict=True)):
            if row >= 0 and missing[column] != 0:
                scaled[row] += missing[column] / coefficient(entry)
        pairs = zip(scaled, self.form.row_shifts.tolist(), strict=True)
        return [value * fmpq(2) ** shift if shift else value for value, shift in pairs]


def _solved(numbers: dict[tuple[int, int], fmpq], columns: Sequence[int], missing: Sequence[fmpq]) -> list[fmpq] | None:
    """x with sum_k numbers[k, u] x_k = missing[u] for the given columns u."""
    size = len(columns)
    matrix = fmpq_mat([[numbers.get((at, column), fmpq(0)) for at in range(size)] for column in columns])
    right = fmpq_mat([[missing[column]] for column in columns])
    try:
        return list(matrix.solve(right).entries())
    except ZeroDivisionError:
        return None


def outward(value: fmpq, sign: int, size: float) -> fmpq:
    """A number of few digits, above for sign 1, else below, within 2^-40 of the size."""
    step = fmpq(2) ** (math.frexp(max(1.0, abs(size)))[1] - 40)
    quotient = value / step
    return (quotient.ceil() if sign > 0 else quotient.floor()) * step
