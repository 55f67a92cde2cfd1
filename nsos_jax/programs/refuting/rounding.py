"""Exact functionals near floating point ones, on what presolve left of a program.

B'L = -c, or 0, is restored by exact linear algebra. Where moment matrices are singular for all functionals, because
equalities or a face force them to be, the vectors of their kernels are recognised as rational, and M(L) v = 0 is
demanded too: what is left of M(L) is positive definite then, and bears rounding.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from flint import fmpq, fmpz
from jaxtyping import Float

from nsos_jax.programs.conic import ConicForm
from nsos_jax.programs.presolve import Presolved
from nsos_jax.programs.system import GramBlock, Row
from nsos_jax.proofs import Inconsistent, IntegerEquations, recognise, simplest_fraction

EXTRA_BITS = (6, 14, 26)
"""Beyond -log2 of the smallest eigenvalue, coarsest first."""
MAX_BITS = 200
MOST_ENTRIES = 4_000_000
"""Of the matrix of equations."""
SIMPLE = 1e-6
"""How near simple fractions have to be, relative to the size of a number."""


class Kernels(NamedTuple):
    """The kernels of moment matrices and what is left.

    Attributes:
      vectors: integers [k, q] per block, object arrays.
      smallest: the smallest other eigenvalue, in scaled coordinates.
    """

    vectors: list[np.ndarray]
    smallest: float


def kernels(form: ConicForm, moments: Float[np.ndarray, " R"], threshold: float) -> Kernels | None:
    """Eigenvalues below the threshold, relative to the largest one of all matrices, are taken for 0; None where their
    vectors are not recognised as rational."""
    spectra = [np.linalg.eigh(matrix) for matrix in form.adjoint(moments)]
    largest = max((float(values[-1]) for values, _ in spectra), default=1.0)
    vectors, smallest = [], np.inf
    for (values, columns), shifts in zip(spectra, form.basis_shifts, strict=True):
        none = values <= threshold * largest
        smallest = min(smallest, *values[~none], np.inf)
        found = np.zeros((0, len(values)), dtype=object)
        if none.all():
            found = np.eye(len(values), dtype=int).astype(object)
        elif none.any():
            rows, left = recognise(np.ldexp(columns[:, none], shifts[:, None]))
            if left:
                return None
            found = rows
        vectors.append(found.T)
    return Kernels(vectors, float(smallest))


class ExactFunctionals:
    """The functionals on the rows of a presolved program that satisfy its equations.

    Args:
      presolved: the program.
      form: the same in floating point.
      right: c, by unknown.
      vectors: of kernels, integers [k, q] per block.
      value: what a'L is to be, or None.

    Raises:
      Inconsistent: there are none.
    """

    def __init__(
        self,
        presolved: Presolved,
        form: ConicForm,
        right: Row,
        vectors: Sequence[np.ndarray],
        value: fmpq | None = None,
    ) -> None:
        system = presolved.system
        by_unknown: dict[int, Row] = {unknown: {} for unknown in presolved.free}
        for row, linear in enumerate(system.linear):
            for unknown, coefficient in linear.items():
                by_unknown[unknown][row] = coefficient
        equations = [(coefficients, -right.get(unknown, fmpq(0))) for unknown, coefficients in by_unknown.items()]
        for block, kernel in zip(system.blocks, vectors, strict=True):
            equations += [(coefficients, fmpq(0)) for coefficients in _vanishing(block, kernel)]
        if value is not None:
            constants = {row: constant for row, constant in enumerate(system.constants) if constant != 0}
            equations.append((constants, value))
        self.equations = [pair for pair in equations if pair[0] or pair[1] != 0]
        self.scale = np.ldexp(1.0, form.row_shifts)
        self.shifts = form.row_shifts
        if any(not coefficients for coefficients, _ in self.equations):
            raise Inconsistent("an equation without functionals asks for a number that is not 0")
        if len(self.equations) * system.rows > MOST_ENTRIES:
            raise Inconsistent("the equations are too many")
        self.matrix, self.targets = _integers(self.equations, system.rows)
        self._solver = IntegerEquations(self.matrix, self.targets, self.scale)

    def near(self, moments: Float[np.ndarray, " R"], bits: int) -> list[fmpq]:
        """Near the given one, in scaled coordinates, up to 2^-bits where nothing else is said."""
        hint = np.ldexp(self._polished(moments), self.shifts)
        places = [bits - int(shift) for shift in self.shifts]
        numerators, denominator = self._solver.solve(hint, places)
        return [fmpq(numerator, denominator) for numerator in numerators]

    def _polished(self, moments: Float[np.ndarray, " R"]) -> Float[np.ndarray, " R"]:
        """The nearest floating point solution of the equations."""
        if not self.equations:
            return moments
        matrix = self.matrix.astype(np.float64) * self.scale
        size = np.linalg.norm(matrix, axis=1)
        matrix, right = matrix / size[:, None], np.array(self.targets, np.float64) / size
        for _ in range(2):
            moments = moments + np.linalg.lstsq(matrix, right - matrix @ moments, rcond=1e-11)[0]
        return moments

    def hold(self, functional: Sequence[fmpq]) -> bool:
        """Whether all equations hold."""
        return all(
            sum((value * functional[row] for row, value in coefficients.items()), fmpq(0)) == target
            for coefficients, target in self.equations
        )

    def candidates(self, moments: Float[np.ndarray, " R"], smallest: float) -> Iterator[list[fmpq]]:
        """Roundings of a functional whose moment matrices have no other eigenvalues below `smallest`."""
        if not smallest > 0:
            return
        coarse = int(np.ceil(np.log2(len(moments) / smallest))) if np.isfinite(smallest) else 0
        for extra in EXTRA_BITS:
            if coarse + extra <= MAX_BITS:
                yield self.near(moments, coarse + extra)


def simple_functional(moments: Float[np.ndarray, " R"]) -> list[fmpq]:
    """The simplest fractions near a functional in the units of the program."""
    result = []
    for value in moments.tolist():
        near = simplest_fraction(value, SIMPLE * max(1.0, abs(value)))
        result.append(fmpq(near.numerator, near.denominator))
    return result


def _vanishing(block: GramBlock, kernel: np.ndarray) -> Iterator[Row]:
    """The coefficients of the entries of M(L) v for each vector v."""
    for vector in kernel.T:
        for i in range(block.side):
            coefficients: Row = {}
            for rows, weight in zip(block.maps, block.weights, strict=True):
                for j in np.flatnonzero(vector != 0).tolist():
                    row = int(rows[i, j])
                    coefficients[row] = coefficients.get(row, fmpq(0)) + weight * int(vector[j])
            yield {row: value for row, value in coefficients.items() if value != 0}


def _integers(equations: Sequence[tuple[Row, fmpq]], width: int) -> tuple[np.ndarray, list[int]]:
    """The equations multiplied by their denominators, as an object array [equations, width] and right sides."""
    matrix = np.zeros((len(equations), width), dtype=object)
    targets = []
    for index, (coefficients, target) in enumerate(equations):
        common = target.q
        for value in coefficients.values():
            common = common.lcm(value.q)
        for row, value in coefficients.items():
            matrix[index, row] = int(value.p * (common // value.q))
        targets.append(int(fmpz(target.p * (common // target.q))))
    return matrix, targets
