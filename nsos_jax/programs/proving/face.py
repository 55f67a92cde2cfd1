"""A face of a program: unknowns and Gram matrices Q_k = V_k S_k V_k', exactly and in floating point.

Letters: R rows, W unknowns that are left, m and r the sides of a block and of its face. The exact equations are
linear in the unknowns w and the entries of all S_k together.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from flint import fmpq
from jaxtyping import Float

from nsos_jax.programs.equations import ConicForm, GramBlock, Presolved
from nsos_jax.programs.proving.exact import ExactGram, ExactPoint
from nsos_jax.proofs import IntegerEquations, symmetric_blocks

LAST = 1e-6
"""The scale of unknowns beside entries of 1, so that they are not solved for."""
SMALL = 1 << 62
"""Sums below this are computed in int64."""


@dataclass(frozen=True, eq=False)
class ProgramFace:
    """See the module.

    Attributes:
      presolved: the equations.
      form: the same in floating point.
      ranges: V_k, integers [m, r] per block, object arrays with independent columns; r may be 0.
    """

    presolved: Presolved
    form: ConicForm
    ranges: tuple[np.ndarray, ...]

    @staticmethod
    def whole(presolved: Presolved, form: ConicForm) -> "ProgramFace":
        """The cone itself."""
        eyes = tuple(np.eye(block.side, dtype=np.int64).astype(object) for block in presolved.system.blocks)
        return ProgramFace(presolved, form, eyes)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sides r."""
        return tuple(columns.shape[1] for columns in self.ranges)

    @property
    def width(self) -> int:
        """The number of entries on or above the diagonals of all S_k."""
        return sum(size * (size + 1) // 2 for size in self.sizes)

    @cached_property
    def frames(self) -> list[tuple[Float[np.ndarray, "m r"], Float[np.ndarray, "r r"]]]:
        """D^-1 V = orthonormal @ triangle per block, D = diag(2^shifts) being its scaling."""
        result = []
        for columns, shifts in zip(self.ranges, self.form.basis_shifts, strict=True):
            scaled = np.ldexp(columns.astype(np.float64), -shifts[:, None])
            whole = columns.shape[0] == columns.shape[1]
            orthonormal, triangle = (np.eye(len(shifts)), scaled) if whole else np.linalg.qr(scaled)
            result.append((orthonormal, triangle))
        return result

    def coordinates(self, grams: Sequence[Float[np.ndarray, "r r"]]) -> list[Float[np.ndarray, "r r"]]:
        """S for Gram blocks in the orthonormal coordinates."""
        result = []
        for (_, triangle), gram in zip(self.frames, grams, strict=True):
            half = np.linalg.solve(triangle, gram)
            result.append(np.linalg.solve(triangle, half.T))
        return result

    def unknowns(self, cores: Sequence[Float[np.ndarray, "r r"]]) -> Float[np.ndarray, " W"]:
        """Scaled w with a + B w = A(V S V') in the sense of least squares."""
        form = self.form
        if not form.free.shape[1]:
            return np.zeros(0)
        grams = []
        for (orthonormal, triangle), core in zip(self.frames, cores, strict=True):
            wide = orthonormal @ triangle
            grams.append(wide @ core @ wide.T)
        return np.linalg.lstsq(form.free.toarray(), form.apply(grams) - form.rhs, rcond=None)[0]

    def equations(self, freest: bool = False) -> IntegerEquations:
        """All rows in integers: unknowns first, then the upper triangles of the S_k.

        Args:
          freest: solve for entries of the S_k wherever possible, so that as many unknowns as possible stay free.

        Raises:
          Inconsistent: they have no solution.
        """
        system, free = self.presolved.system, self.presolved.free
        common = math.lcm(1, *(int(weight.q) for block in system.blocks for weight in block.weights))
        triples = zip(system.constants, system.linear, strict=True)
        multiples = [
            math.lcm(common, int(constant.q), *(int(x.q) for x in linear.values())) for constant, linear in triples
        ]
        place = {unknown: index for index, unknown in enumerate(free)}
        known = np.zeros((system.rows, len(free)), dtype=object)
        for row, (linear, multiple) in enumerate(zip(system.linear, multiples, strict=True)):
            for unknown, value in linear.items():
                known[row, place[unknown]] = -int(value * multiple)
        lifts = np.array([multiple // common for multiple in multiples], dtype=object)[:, None]
        parts = [
            _columns(block, columns, system.rows, common) * lifts
            for block, columns in zip(system.blocks, self.ranges, strict=True)
        ]
        targets = [int(constant * multiple) for constant, multiple in zip(system.constants, multiples, strict=True)]
        scales = None
        if freest:
            largest = np.abs(known).max(axis=0, initial=1).astype(np.float64)
            scales = np.concatenate([LAST / largest, np.ones(self.width)])
        return IntegerEquations(np.concatenate([known, *parts], axis=1), targets, scales)

    def exact(self, numerators: Sequence[int], denominator: int) -> ExactPoint:
        """The point of a solution of the equations."""
        free = self.presolved.free
        chosen = {unknown: fmpq(x, denominator) for unknown, x in zip(free, numerators, strict=False)}
        grams = []
        for columns, core in zip(self.ranges, symmetric_blocks(numerators[len(free) :], self.sizes), strict=True):
            whole = columns.shape[0] == columns.shape[1]
            grams.append(ExactGram(core, denominator, None if whole else columns))
        values = self.presolved.elimination.values(chosen, self.presolved.system.unknowns)
        return ExactPoint(values, grams)


def _columns(block: GramBlock, ranges: np.ndarray, rows: int, common: int) -> np.ndarray:
    """What the entries of the upper triangle of S add to the rows, times `common`: object array [rows, entries]."""
    weights = [int(weight * common) for weight in block.weights]
    side, rank = ranges.shape
    largest = max((abs(int(x)) for x in ranges.ravel()), default=0)
    small = 2 * side**2 * largest**2 * sum(map(abs, weights)) < SMALL
    values = ranges.astype(np.int64) if small else ranges
    supports = [np.flatnonzero(ranges[:, a] != 0) for a in range(rank)]
    result = np.zeros((rank * (rank + 1) // 2, rows), np.int64 if small else object)
    for column, (a, c) in enumerate(zip(*np.triu_indices(rank), strict=True)):
        products = np.multiply.outer(values[supports[a], a], values[supports[c], c])
        for maps, weight in zip(block.maps, weights, strict=True):
            share = products * (weight if a == c else 2 * weight)
            np.add.at(result[column], maps[np.ix_(supports[a], supports[c])].ravel(), share.ravel())
    return result.astype(object).T
