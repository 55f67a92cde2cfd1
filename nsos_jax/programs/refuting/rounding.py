"""Exact functionals near floating point ones, on what presolve left of a program: B'L = -c is restored by exact linear
algebra."""

from collections.abc import Iterator, Sequence

import numpy as np
from flint import fmpq, fmpz
from jaxtyping import Float

from nsos_jax.programs.equations import ConicForm, Presolved, Row
from nsos_jax.proofs import Inconsistent, IntegerEquations, simplest_fraction

EXTRA_BITS = (6, 14, 26)
"""Beyond -log2 of the smallest eigenvalue, coarsest first."""
MAX_BITS = 200
MOST_ENTRIES = 4_000_000
"""Of the matrix of equations."""
SIMPLE = 1e-6
"""How near simple fractions have to be, relative to the size of a number."""

Equation = tuple[Row, fmpq]
"""Coefficients by row of the program, and what the sum over L has to be."""


def equations_of(presolved: Presolved) -> list[Equation]:
    """B'L = -c, one equation for each unknown that is left."""
    by_unknown: dict[int, Row] = {unknown: {} for unknown in presolved.free}
    for row, linear in enumerate(presolved.system.linear):
        for unknown, coefficient in linear.items():
            by_unknown[unknown][row] = coefficient
    cost = presolved.system.cost
    return [(coefficients, -cost.get(unknown, fmpq(0))) for unknown, coefficients in by_unknown.items()]


def independent(equations: Sequence[Equation], width: int, scale: Float[np.ndarray, " R"]) -> IntegerEquations:
    """The equations in integers, on `width` rows whose functionals have these sizes.

    Raises:
      Inconsistent: they have no solution, or are too many.
    """
    if any(not coefficients and target != 0 for coefficients, target in equations):
        raise Inconsistent("an equation without functionals asks for a number that is not 0")
    if len(equations) * width > MOST_ENTRIES:
        raise Inconsistent("the equations are too many")
    matrix = np.zeros((len(equations), width), dtype=object)
    targets = []
    for index, (coefficients, target) in enumerate(equations):
        common = target.q
        for value in coefficients.values():
            common = common.lcm(value.q)
        for row, value in coefficients.items():
            matrix[index, row] = int(value.p * (common // value.q))
        targets.append(int(fmpz(target.p * (common // target.q))))
    return IntegerEquations(matrix, targets, scale)


class ExactFunctionals:
    """The functionals on the rows of a presolved program that satisfy its equations.

    Raises:
      Inconsistent: there are none.
    """

    def __init__(self, presolved: Presolved, form: ConicForm) -> None:
        self.equations = [pair for pair in equations_of(presolved) if pair[0] or pair[1] != 0]
        self.shifts = form.row_shifts
        self.scale = np.ldexp(1.0, self.shifts)
        self._solver = independent(self.equations, presolved.system.rows, self.scale)

    def near(self, moments: Float[np.ndarray, " R"], bits: int) -> list[fmpq]:
        """Near the given one, in scaled coordinates, up to 2^-bits where the equations leave a choice."""
        hint = np.ldexp(self._polished(moments), self.shifts)
        numerators, denominator = self._solver.solve(hint, [bits - int(shift) for shift in self.shifts])
        return [fmpq(numerator, denominator) for numerator in numerators]

    def _polished(self, moments: Float[np.ndarray, " R"]) -> Float[np.ndarray, " R"]:
        """The nearest floating point solution of the equations."""
        if not self.equations:
            return moments
        matrix = self._solver.matrix.astype(np.float64) * self.scale
        size = np.linalg.norm(matrix, axis=1)
        matrix, right = matrix / size[:, None], np.array(self._solver.targets, np.float64) / size
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
        """Roundings of a functional whose moment matrices have no eigenvalues below `smallest`, coarsest first."""
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
