"""Rounding inside the cone, for all programs of a group at once: unknowns and Gram matrices to one grid of int64, and
what the equations then miss into entries of s_0, in exact integers.

The same as `proving.interior`, which does it for one program with coarser grids first.
"""

import math
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from flint import fmpq
from jaxtyping import Int

from nsos_jax.programs.batches.points import Points, are_provable, smallest_eigenvalues
from nsos_jax.programs.batches.shared import Reduced, SharedProgram
from nsos_jax.programs.proving import ExactGram, ExactPoint

EXTRA_BITS = 4
"""Beyond -log2 of the margin."""
NEAR = 0.25
"""Entries whose share of a row, in scaled coordinates, is below this part of the largest do not absorb."""
LARGEST = 2.0**53
"""Of what is rounded to int64."""
AT_ONCE = 64
"""Programs whose exact numbers are looked at together: what the cache of a core holds."""


@dataclass(frozen=True, eq=False)
class _Absorber:
    """One block whose entries take up what rows miss.

    Attributes:
      index: of the block.
      factor: W of its only term.
      kept: which entries do, bool [k, k].
      rows: int [r], the rows that they belong to; counts: how many they are there; owned: int [k, k], the place of each
        entry's row in `rows`.
      last: for rows whose last bit goes here, (row, i, j), int [l, 3].
    """

    index: int
    factor: int
    kept: np.ndarray
    rows: Int[np.ndarray, " r"]
    counts: Int[np.ndarray, " r"]
    owned: Int[np.ndarray, "k k"]
    last: Int[np.ndarray, "l 3"]


class PrimalRounding:
    """The plan that programs share. With scaled weights w = W / common, numbers scaled by 2^lift, and G = Q 2^bits:

        (a + B w - A(Q)) common 2^(lift + bits) = common 2^lift ((a 2^bits) + B (w 2^bits)) - 2^lift W (maps G).

    Attributes:
      works: whether each row has entries that can absorb.
    """

    def __init__(self, shared: SharedProgram) -> None:
        self.shared, self.form = shared, shared.form
        self.weights = [self._scaled_weights(index) for index in range(len(self.form.blocks))]
        self.common = math.lcm(1, *(int(weight.q) for own in self.weights for weight in own))
        self.shifts = self.form.row_shifts[shared.rows] + self.form.free_shifts[shared.columns]
        self.lift = max(0, -int(self.form.row_shifts.min(initial=0)), -int(self.shifts.min(initial=0)))
        self.sums = [[_sum_matrix(maps, len(self.form.rhs)) for maps in block.maps] for block in self.form.blocks]
        self.works = self._plan()

    def _scaled_weights(self, index: int) -> list[fmpq]:
        block, shifts = self.form.blocks[index], self.form.basis_shifts[index]
        exponents = self.form.row_shifts[block.maps[:, 0, 0]] + 2 * int(shifts[0])
        pairs = zip(block.weights, exponents.tolist(), strict=True)
        return [weight * fmpq(2) ** exponent for weight, exponent in pairs]

    def _plan(self) -> bool:
        owners: dict[int, list[tuple[int, int, int, float]]] = {}
        for index, block in enumerate(self.form.blocks):
            if len(block.weights) == 1:
                share = abs(float(self.form.weights[index][0, 0, 0]))
                for i in range(block.side):
                    for j in range(i, block.side):
                        owners.setdefault(int(block.maps[0, i, j]), []).append((index, i, j, share))
        kept = {index: np.zeros(block.maps.shape[1:], bool) for index, block in enumerate(self.form.blocks)}
        last: dict[int, list[tuple[int, int, int]]] = {index: [] for index in kept}
        self.counts = np.ones(len(self.form.rhs), np.int64)
        for row, members in owners.items():
            largest = max(share for *_, share in members)
            near = [member for member in members if member[3] >= NEAR * largest]
            self.counts[row] = sum(1 if i == j else 2 for _, i, j, _ in near)
            for index, i, j, _ in near:
                kept[index][i, j] = kept[index][j, i] = True
            index, i, j, _ = min(near, key=lambda member: member[1] != member[2])
            last[index].append((row, i, j))
        self.absorbers = []
        for index, block in enumerate(self.form.blocks):
            if kept[index].any():
                rows, counts = np.unique(block.maps[0][kept[index]], return_counts=True)
                owned = np.searchsorted(rows, block.maps[0])
                own = np.array(last[index], np.int64).reshape(-1, 3)
                factor = int(self.weights[index][0] * self.common)
                pieces = kept[index], rows, counts, np.minimum(owned, len(rows) - 1), own
                self.absorbers.append(_Absorber(index, factor, *pieces))
        return len(owners) == len(self.form.rhs)

    def points(self, reduced: Reduced, points: Points) -> list[ExactPoint | None]:
        """One exact point for each program, None where the matrices are too near to the boundary."""
        count = len(points.free)
        smallest = smallest_eigenvalues(points.grams, count)
        good = are_provable(smallest)
        side = max(self.form.sides, default=1)
        wanted = np.ceil(np.log2(side / smallest, where=good, out=np.zeros(count))) + EXTRA_BITS
        size = np.max([np.abs(stack).max(axis=(1, 2), initial=0.0) for stack in points.grams], axis=0, initial=0.0)
        size = np.maximum(size, np.abs(points.free).max(axis=1, initial=0.0))
        bits = int(wanted[good].max(initial=2))
        good &= np.nan_to_num(size, nan=np.inf) * 2.0**bits < LARGEST
        members = np.flatnonzero(good)
        result: list[ExactPoint | None] = [None] * count
        if not len(members):
            return result
        for part in np.array_split(members, -(-len(members) // AT_ONCE)):
            for member, point in zip(part.tolist(), self._rounded(reduced, points, part, bits), strict=True):
                result[member] = point
        return result

    def _rounded(self, reduced: Reduced, points: Points, members: np.ndarray, bits: int) -> list[ExactPoint]:
        chosen = np.rint(np.ldexp(points.free[members], bits)).astype(np.int64)
        entries = [np.rint(np.ldexp(stack[members], bits)).astype(np.int64) for stack in points.grams]
        units = reduced.denominators[members] << self.lift
        missing = self._missing(reduced, members, chosen, entries, units, bits)
        for absorber in self.absorbers:
            unit = units[:, None] * absorber.factor
            even = missing[:, absorber.rows] // (unit * self.counts[absorber.rows].astype(object))
            entries[absorber.index] += np.where(absorber.kept, even.astype(np.int64)[:, absorber.owned], 0)
            missing[:, absorber.rows] -= even * unit * absorber.counts.astype(object)
        grams = [self._exact(index, stack, missing, units, bits) for index, stack in enumerate(entries)]
        return [
            ExactPoint(
                self._values(own, bits), [ExactGram(core[at], int(denominator[at])) for core, denominator in grams]
            )
            for at, own in enumerate(chosen.tolist())
        ]

    def _missing(
        self,
        reduced: Reduced,
        members: np.ndarray,
        chosen: np.ndarray,
        entries: list[np.ndarray],
        units: np.ndarray,
        bits: int,
    ) -> np.ndarray:
        """What rows miss, object [B, R], times common 2^(lift + bits) and the denominators."""
        shared = self.shared
        shifts = (self.form.row_shifts + self.lift + bits).astype(object)
        total = (reduced.constants[members] << shifts) * self.common
        if len(shared.rows):
            factors = chosen.astype(object)[:, shared.columns] * (
                self.common << (self.shifts + self.lift).astype(object)
            )
            products = reduced.entries[members] * factors
            starts = np.flatnonzero(np.diff(shared.rows, prepend=-1))
            total[:, shared.rows[starts]] += np.add.reduceat(products, starts, axis=1)
        for stack, matrices, weights in zip(entries, self.sums, self.weights, strict=True):
            flat = stack.reshape(len(stack), -1)
            for matrix, weight in zip(matrices, weights, strict=True):
                sums = (matrix @ flat.T).T
                total -= sums.astype(object) * (units * int(weight * self.common))[:, None]
        return total

    def _exact(
        self, index: int, entries: np.ndarray, missing: np.ndarray, units: np.ndarray, bits: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Numerators [B, k, k] and denominators [B] of Gram matrices in the units of the programs."""
        absorber = next((one for one in self.absorbers if one.index == index), None)
        shifts = self.form.basis_shifts[index]
        exponents = shifts[:, None] + shifts
        low = int(exponents.min(initial=0))
        lifts = (exponents - low).astype(object)
        core, scale = entries.astype(object), np.full(len(units), 1, dtype=object)
        if (exponents != low).any():
            core = core << lifts
        if absorber is not None and len(absorber.last):
            scale = 2 * units * abs(absorber.factor)
            core = core * scale[:, None, None]
            rows, i, j = absorber.last.T
            parts = missing[:, rows] * (np.where(i == j, 2, 1) * (1 if absorber.factor > 0 else -1)).astype(object)
            core[:, i, j] += parts << lifts[i, j]
            core[:, j, i] = core[:, i, j]
        down = bits - low
        return (core, scale << down) if down >= 0 else (core << -down, scale)

    def _values(self, chosen: list[int], bits: int) -> list[fmpq]:
        """All unknowns of the system."""
        presolved = self.shared.presolved
        pairs = zip(presolved.free, chosen, self.form.free_shifts.tolist(), strict=True)
        free = {unknown: fmpq(value) * fmpq(2) ** (shift - bits) for unknown, value, shift in pairs}
        return presolved.elimination.values(free, self.shared.system.unknowns)


def _sum_matrix(maps: np.ndarray, rows: int) -> sp.csr_array:
    """Entries, row after row, to the sums over the rows of a program: int64 [rows, k k]."""
    flat = maps.ravel()
    return sp.csr_array((np.ones(len(flat), np.int64), (flat, np.arange(len(flat)))), shape=(rows, len(flat)))
