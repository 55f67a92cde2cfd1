"""Rounding inside the cone: the unknowns first, then the multipliers, and what is left over into s_0.

Unknowns and Gram matrices are rounded to a grid, which their margin allows. What the equations then miss is small. Rows
with entries of matrices whose factor is a monomial *absorb* what they miss: every such entry lies in one row only.
Other rows are settled before, by an exact solution for well conditioned unknowns and entries.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
from flint import fmpq
from jaxtyping import Float

from nsos_jax.certificates import as_rational
from nsos_jax.programs.backends import Point
from nsos_jax.programs.equations import ConicForm, Presolved
from nsos_jax.programs.proving.coarse import coarse_points
from nsos_jax.programs.proving.exact import ExactGram, ExactPoint
from nsos_jax.programs.proving.face import ProgramFace
from nsos_jax.programs.proving.margin import MarginProblem, corrected, is_small
from nsos_jax.programs.proving.settling import Entry, settled
from nsos_jax.proofs import Inconsistent, simplest_fraction, triangle

EXTRA_BITS = (4, 10, 20)
"""Beyond -log2 of the margin, coarsest first."""
MAX_BITS = 120
FINE = 30
"""Of unknowns at least, where there is an objective: smaller cones end it where the margin is large."""
MOST_CORRECTED = 400
"""Equations up to which their floating point solution is corrected before it is rounded."""
NEAR = 0.25
"""Entries whose share of a row, in scaled coordinates, is below this part of the largest do not absorb."""


def interior_points(
    presolved: Presolved, form: ConicForm, point: Point, *, coarse: bool = True
) -> Iterator[ExactPoint]:
    """Exact points near a floating point one with positive definite Gram matrices, coarsest first; none where the
    matrices are not positive definite.

    Args:
      presolved: the equations.
      form: the same in floating point.
      point: near which they are sought.
      coarse: whether unknowns may be as far away as the margin allows. An objective would suffer.
    """
    whole = ProgramFace.whole(presolved, form)
    if is_small(whole) and len(form.rhs) <= MOST_CORRECTED and point.grams:
        problem = MarginProblem(whole)
        grams = corrected(problem, point.grams, problem.rhs)
        point = replace(point, grams=grams, free=whole.unknowns(whole.coordinates(grams)))
    margin = _margin(point)
    if not margin > 0 or not np.isfinite(margin):
        return
    try:
        for chosen, near in coarse_points(presolved, form, point, margin) if coarse else ():
            bits = _bits(form, _margin(near)) + EXTRA_BITS[0]
            yield _Rounding(presolved, form, near.grams, chosen, bits).point()
        for extra in EXTRA_BITS:
            bits = max(_bits(form, margin) + extra, 2)
            if bits <= MAX_BITS:
                chosen = _nearby(form, point, bits if coarse else max(bits, FINE))
                yield _Rounding(presolved, form, point.grams, chosen, bits).point()
    except Inconsistent:
        return


def _margin(point: Point) -> float:
    return min((float(np.linalg.eigvalsh(gram)[0]) for gram in point.grams), default=1.0)


def _bits(form: ConicForm, margin: float) -> int:
    """Of the grid that a margin allows at least."""
    return int(np.ceil(np.log2(max(form.sides, default=1) / margin)))


def _nearby(form: ConicForm, point: Point, bits: int) -> list[Fraction]:
    """Values of the unknowns, in the units of the program, that are worth the grid of 2^-bits."""
    return [
        simplest_fraction(value, 2.0**-bits * max(1.0, abs(value)) / 4) * Fraction(2) ** shift
        for value, shift in zip(point.free.tolist(), form.free_shifts.tolist(), strict=True)
    ]


class _Rounding:
    """Given unknowns, and Gram matrices on the grid of 2^-bits in scaled coordinates.

    Attributes:
      chosen: the unknowns that are left.
      entries: integers per block, Q_ij = entries_ij 2^exponents_ij.
      residual: by row, what the equations miss.
    """

    def __init__(
        self,
        presolved: Presolved,
        form: ConicForm,
        grams: Sequence[Float[np.ndarray, "k k"]],
        values: Sequence[Fraction],
        bits: int,
    ) -> None:
        self.presolved, self.form = presolved, form
        self.system = presolved.system
        self.chosen = dict(zip(presolved.free, map(as_rational, values), strict=True))
        self.exponents = [shifts[:, None] + shifts[None] - bits for shifts in form.basis_shifts]
        self.entries = [_nearest(gram, bits) for gram in grams]
        self.residual = self._missing()
        self.changes: list[dict[tuple[int, int], fmpq]] = [{} for _ in self.entries]

    def _missing(self) -> list[fmpq]:
        residual = []
        for constant, linear in zip(self.system.constants, self.system.linear, strict=True):
            total = constant
            for unknown, coefficient in linear.items():
                total += coefficient * self.chosen[unknown]
            residual.append(total)
        for block, matrix, exponents in zip(self.system.blocks, self.entries, self.exponents, strict=True):
            low = int(exponents.min(initial=0))
            lifted = np.array(
                [x << e for x, e in zip(matrix.ravel().tolist(), (exponents - low).ravel().tolist(), strict=True)],
                dtype=object,
            )
            unit = fmpq(2) ** low
            for rows, weight in zip(block.maps, block.weights, strict=True):
                own, place = np.unique(rows, return_inverse=True)
                sums = np.zeros(len(own), dtype=object)
                np.add.at(sums, place.ravel(), lifted)
                for row, total in zip(own.tolist(), sums.tolist(), strict=True):
                    residual[row] -= weight * unit * int(total)
        return residual

    def change(self, block: int, i: int, j: int, value: fmpq) -> None:
        """Adds to Q_ij and Q_ji, i <= j."""
        own = self.changes[block]
        own[i, j] = own.get((i, j), fmpq(0)) + value

    def point(self) -> ExactPoint:
        """The point with all equations satisfied.

        Raises:
          Inconsistent: rows that absorb nothing cannot be settled.
        """
        owners = self._absorbing()
        stubborn = [row for row, value in enumerate(self.residual) if value != 0 and row not in owners]
        if stubborn:
            rows = [row for row in range(self.system.rows) if row not in owners]
            unknowns, entries = settled(self.presolved, self.form, rows, self.residual)
            self._settle(unknowns, entries)
        for row, members in owners.items():
            if self.residual[row] != 0:
                self._absorb(row, members)
        values = self.presolved.elimination.values(self.chosen, self.system.unknowns)
        return ExactPoint(values, [self._gram(index) for index in range(len(self.entries))])

    def _settle(self, unknowns: dict[int, fmpq], entries: dict[Entry, fmpq]) -> None:
        """Makes changes, and keeps account of what they do to all rows."""
        for unknown, value in unknowns.items():
            self.chosen[unknown] += value
        for row, linear in enumerate(self.system.linear):
            for unknown in linear.keys() & unknowns.keys():
                self.residual[row] += linear[unknown] * unknowns[unknown]
        for (index, i, j), value in entries.items():
            self.change(index, i, j, value)
            block = self.system.blocks[index]
            for row, weight in zip(block.maps[:, i, j].tolist(), block.weights, strict=True):
                self.residual[row] -= weight * value * (1 if i == j else 2)

    def _absorbing(self) -> dict[int, list[tuple[int, int, int, float]]]:
        """By row the entries (block, i, j) with i <= j that absorb, and their weights in scaled coordinates."""
        owners: dict[int, list[tuple[int, int, int, float]]] = {}
        for index, block in enumerate(self.system.blocks):
            if len(block.weights) == 1:
                lines, columns = triangle(block.side)
                rows = block.maps[0][lines, columns].tolist()
                shares = np.abs(self.form.weights[index][0][lines, columns]).tolist()
                for i, j, row, share in zip(lines.tolist(), columns.tolist(), rows, shares, strict=True):
                    owners.setdefault(row, []).append((index, i, j, share))
        return owners

    def _absorb(self, row: int, members: list[tuple[int, int, int, float]]) -> None:
        """Spreads what a row misses evenly over its entries, to the grid, and gives the rest to one of them."""
        largest = max(share for *_, share in members)
        kept = [member for member in members if member[3] >= NEAR * largest]
        count = sum(1 if i == j else 2 for _, i, j, _ in kept)
        left = self.residual[row]
        even = left / count
        for index, i, j, _ in kept:
            weight = self.system.blocks[index].weights[0]
            unit = fmpq(2) ** int(self.exponents[index][i, j])
            part = unit * int((even / weight / unit).floor())
            self.change(index, i, j, part)
            left -= part * weight * (1 if i == j else 2)
        index, i, j, _ = min(kept, key=lambda member: member[1] != member[2])
        self.change(index, i, j, left / self.system.blocks[index].weights[0] / (1 if i == j else 2))
        self.residual[row] = fmpq(0)

    def _gram(self, index: int) -> ExactGram:
        matrix, exponents, change = self.entries[index], self.exponents[index], self.changes[index]
        low = min(int(exponents.min(initial=0)), 0)
        common = 1 << -low
        for value in change.values():
            common = math.lcm(common, int(value.q))
        factor = common >> -low
        lifts = (exponents - low).ravel().tolist()
        flat = [(x << e) * factor for x, e in zip(matrix.ravel().tolist(), lifts, strict=True)]
        core = np.empty(matrix.shape, dtype=object)
        core.ravel()[:] = flat
        for (i, j), value in change.items():
            core[i, j] += int(value * common)
            core[j, i] = core[i, j]
        return ExactGram(core, common)


def _nearest(matrix: Float[np.ndarray, "k k"], bits: int) -> np.ndarray:
    """The nearest multiples of 2^-bits, as integers."""
    mantissa, exponent = np.frexp(matrix)
    integers = np.ldexp(mantissa, 53).astype(np.int64).ravel().tolist()
    shifts = (53 - exponent - bits).ravel().tolist()
    rounded = [(x + (1 << s >> 1)) >> s if s > 0 else x << -s for x, s in zip(integers, shifts, strict=True)]
    result = np.empty(matrix.shape, dtype=object)
    result.ravel()[:] = rounded
    return result
