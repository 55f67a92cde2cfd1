"""Gram matrices on a face that satisfy the equations exactly.

E s = b in integers, one equation per row of the system and one unknown per entry on or above the diagonal of the
S_k; programs have their own unknowns beside. Rank and consistency are decided modulo a prime; one exact solve on
independent equations and pivots gives s, with the other unknowns rounded from a floating point solution. The result is
compared with all equations.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple, cast

import numpy as np
import scipy.linalg as sla
from flint import fmpq_mat, fmpz_mat, nmod_mat
from jaxtyping import Float, Int

from nsos_jax.certificates import is_psd
from nsos_jax.proofs.faces.face import Face

PRIME = 2**61 - 1
SMALL = 1 << 20
"""Entries of a range below this are multiplied in int64."""
FREE_BITS = (12, 22, 32, 48)
"""Of the largest entry, kept in the unknowns that are free: few are tried first."""


class Inconsistent(ValueError):
    """No Gram matrix on the face satisfies the equations, with overwhelming probability."""


class FaceSolution(NamedTuple):
    """S_k = numerators[k] / denominator on some blocks of a face, integer matrices [r_k, r_k]: the equations hold
    exactly."""

    numerators: tuple[np.ndarray, ...]
    denominator: int
    blocks: tuple[int, ...]

    def grams(self, face: Face) -> tuple[tuple[np.ndarray, ...], int]:
        """Q_k = V_k S_k V_k' as integer matrices over one denominator, that of the polynomial included."""
        ranges = (face.ranges[block] for block in self.blocks)
        grams = tuple(v @ s @ v.T for v, s in zip(ranges, self.numerators, strict=True))
        return grams, self.denominator * face.system.polynomial.denominator


class IntegerEquations:
    """E y = b in integers, brought to independent equations and pivots once.

    Attributes:
      nullity: the number of free unknowns.

    Raises:
      Inconsistent: b is not in the range of E (modulo the prime).
    """

    def __init__(self, matrix: np.ndarray, targets: Sequence[int], scales: Float[np.ndarray, " columns"] | None = None):
        """E [rows, columns] and b; the scales of the unknowns say which pivots are well conditioned."""
        self.matrix, self.targets = matrix, list(targets)
        width = matrix.shape[1]
        augmented = [[int(x) % PRIME for x in (*row, b)] for row, b in zip(matrix.tolist(), self.targets, strict=True)]
        pivots = _pivots(augmented)
        if width in pivots:
            raise Inconsistent("the equations have no solution on this face")
        self.nullity = width - len(pivots)
        if self.nullity:  # better conditioned ones
            floats = _unit_rows(matrix.astype(np.float64) * (1.0 if scales is None else scales))
            pivots = sorted(sla.qr(floats, mode="r", pivoting=True)[-1][: len(pivots)].tolist())
        self.pivots = pivots
        self.free = sorted(set(range(width)) - set(pivots))
        self.equations = _pivots([[int(x) % PRIME for x in matrix[:, pivot]] for pivot in pivots])
        if len(self.equations) < len(pivots):
            raise Inconsistent("no independent equations were found")

    def solve(self, hint: np.ndarray | None, bits: Sequence[int]) -> tuple[list[int], int]:
        """The solution whose free unknowns are those of `hint` (floats or fractions; None if there are none) to 2^-bits
        each: numerators and a denominator.

        Raises:
          Inconsistent: the equations that were left out do not hold.
        """
        finest = max((bits[column] for column in self.free), default=0)
        grid = 1 << max(finest, 0)
        unknowns: dict[int, int] = {}
        right = [target * grid for target in self.targets]
        if self.free:
            assert hint is not None
            lift = {column: max(finest, 0) - bits[column] for column in self.free}
            unknowns = {column: _nearest(hint[column], bits[column]) << lift[column] for column in self.free}
            values = np.array([unknowns[column] for column in self.free], dtype=object)
            right = [b - int(x) for b, x in zip(right, self.matrix[:, self.free] @ values, strict=True)]
        own = 1
        if self.pivots:
            square = fmpz_mat([[int(self.matrix[row, column]) for column in self.pivots] for row in self.equations])
            solution = cast(fmpq_mat, square.solve(fmpz_mat([[right[row]] for row in self.equations])))
            numerators, denominator = solution.numer_denom()
            own = int(denominator)
            unknowns = {column: value * own for column, value in unknowns.items()}
            unknowns.update((column, int(numerators[i, 0])) for i, column in enumerate(self.pivots))
        entries = np.array([unknowns[column] for column in range(self.matrix.shape[1])], dtype=object)
        common = own * grid
        if any(int(left) != b * common for left, b in zip(self.matrix @ entries, self.targets, strict=True)):
            raise Inconsistent("equations that depend on others modulo the prime do not hold")
        divisor = math.gcd(common, *entries.tolist())
        return (entries // divisor).tolist(), common // divisor


class AffineSystem:
    """E s = b for some blocks of a face, in the rows that no other block meets.

    Attributes:
      blocks: which ones.
      nullity: the number of free unknowns.
      rows: those of the system whose equations are independent.

    Raises:
      Inconsistent: b is not in the range of E (modulo the prime).
    """

    def __init__(self, face: Face, blocks: Sequence[int]) -> None:
        self.blocks = tuple(blocks)
        self.sizes = tuple(face.sizes[block] for block in blocks)
        targets, rows = face.system.targets, face.system.rows
        own = np.ones(len(targets), bool)
        for other in set(range(len(rows))).difference(blocks):
            own[rows[other]] = False
        self._equations = IntegerEquations(_face_matrix(face, blocks)[own], [int(x) for x in targets[own].tolist()])
        self.nullity = self._equations.nullity
        self.rows = np.flatnonzero(own)[self._equations.equations].tolist()

    def solve(self, hint: Sequence[np.ndarray] | None, bits: int) -> FaceSolution:
        """The solution whose free unknowns are those of `hint` (floats, fractions; None if there are none) to 2^-bits.

        Raises:
          Inconsistent: the equations that were left out do not hold.
        """
        upper = None if hint is None else np.concatenate([gram[np.triu_indices(len(gram))] for gram in hint])
        width = self._equations.matrix.shape[1]
        entries, denominator = self._equations.solve(upper, [bits] * width)
        return FaceSolution(symmetric_blocks(entries, self.sizes), denominator, self.blocks)


def are_psd(matrices: Sequence[np.ndarray]) -> bool:
    """Whether integer matrices are positive semidefinite, exactly; empty ones are."""
    return all(is_psd(fmpz_mat(matrix.tolist())) for matrix in matrices if len(matrix))


def symmetric_blocks(entries: Sequence[int], sizes: Sequence[int]) -> tuple[np.ndarray, ...]:
    """Object matrices from the rows of their upper triangles, one after the other."""
    result, at = [], 0
    for size in sizes:
        i, j = np.triu_indices(size)
        matrix = np.zeros((size, size), dtype=object)
        matrix[i, j] = matrix[j, i] = entries[at : at + len(i)]
        at += len(i)
        result.append(matrix)
    return tuple(result)


def _unit_rows(matrix: Float[np.ndarray, "rows columns"]) -> Float[np.ndarray, "rows columns"]:
    """Each row over its largest entry."""
    largest = np.abs(matrix).max(axis=1, keepdims=True, initial=0.0)
    return matrix / np.where(largest > 0, largest, 1.0)


def _nearest(number: float | Fraction, bits: int) -> int:
    """The integer nearest to number * 2^bits."""
    if isinstance(number, Fraction):
        return round(number * Fraction(2) ** bits)
    mantissa, exponent = math.frexp(float(number))
    shift = 53 - exponent - bits
    integer = int(mantissa * 2**53)
    return (integer + (1 << shift >> 1)) >> shift if shift > 0 else integer << -shift


def _face_matrix(face: Face, blocks: Sequence[int]) -> np.ndarray:
    """E, integers [rows, unknowns]: the equations of some blocks side by side."""
    count = len(face.system.targets)
    return np.concatenate([block_equations(face.system.rows[k], face.ranges[k], count) for k in blocks], axis=1)


def block_equations(rows: Int[np.ndarray, "m m"], ranges: np.ndarray, count: int) -> np.ndarray:
    """Integers [count, unknowns]: column (a, c) holds A(v_a v_c' + v_c v_a') of the columns of V, half of it for
    a = c."""
    small = ranges.size and max(abs(int(x)) for x in ranges.ravel()) < SMALL
    values = ranges.astype(np.int64) if small else ranges
    supports = [np.flatnonzero(ranges[:, a] != 0) for a in range(ranges.shape[1])]
    columns = []
    for a in range(ranges.shape[1]):
        for c in range(a, ranges.shape[1]):
            column = np.zeros(count, np.int64 if small else object)
            products = np.multiply.outer(values[supports[a], a], values[supports[c], c])
            np.add.at(column, rows[np.ix_(supports[a], supports[c])].ravel(), products.ravel())
            columns.append(column if a == c else 2 * column)
    return np.array(columns, dtype=object).reshape(len(columns), count).T


def _pivots(residues: list[list[int]]) -> list[int]:
    """The pivot columns of the reduced echelon form modulo the prime."""
    if not residues or not residues[0]:
        return []
    return pivot_columns(*nmod_mat(len(residues), len(residues[0]), [x for row in residues for x in row], PRIME).rref())


def pivot_columns(echelon: nmod_mat, rank: int) -> list[int]:
    """Where the rows of a reduced echelon form begin."""
    pivots, column = [], 0
    for row in range(rank):
        while int(echelon[row, column]) == 0:
            column += 1
        pivots.append(column)
    return pivots
