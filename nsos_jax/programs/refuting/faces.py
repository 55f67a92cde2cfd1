"""Where no functional is inside the dual cone: facial reduction.

Equalities, or what the unknowns force, can make the moment matrices of all functionals singular. The kernels that they
share are recognised as rational from a functional that is as definite as possible. M(L) v = 0 becomes more equations,
in the form of more unknowns, and one monomial for each v leaves the basis: M(L) is positive semidefinite if and only if
what is left of it is. It is done again until a functional is inside.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from flint import fmpq
from jaxtyping import Float

from nsos_jax.programs.equations import ConicForm, GramBlock, Presolved, Row
from nsos_jax.programs.refuting.rounding import equations_of, independent
from nsos_jax.proofs import Inconsistent, recognise

THRESHOLDS = (1e-8, 1e-6, 1e-4)
"""Eigenvalues of moment matrices that are taken for 0, relative to the largest one."""
MOST_ROUNDS = 4


class Inside(NamedTuple):
    """A functional inside the dual cone, or a face of it.

    Attributes:
      presolved: the program, reduced to that face.
      form: the same in floating point.
      moments: L in its scaled coordinates.
      smallest: the smallest eigenvalue of the moment matrices.
    """

    presolved: Presolved
    form: ConicForm
    moments: Float[np.ndarray, " R"]
    smallest: float

    @property
    def value(self) -> float:
        """a'L."""
        return float(self.form.rhs @ self.moments)

    def moved(self, moments: Float[np.ndarray, " R"]) -> "Inside":
        """Another functional on the same face, which may not be inside: `smallest` says it."""
        return self._replace(moments=moments, smallest=_smallest(self.form, moments))


def insides(
    presolved: Presolved,
    form: ConicForm,
    central: Callable[[ConicForm], Float[np.ndarray, " R"] | None],
    rounds: int = MOST_ROUNDS,
) -> Iterator[Inside]:
    """Functionals inside the dual cone, one for each reading of the eigenvalues that are nearly 0.

    Args:
      presolved: the program.
      form: the same in floating point.
      central: what finds a functional that is as definite as possible.
      rounds: how often the cone may be reduced.
    """
    moments = central(form)
    if moments is None:
        return
    smallest = _smallest(form, moments)
    seen = set()
    for threshold in THRESHOLDS:
        vectors = kernels(form, moments, threshold)
        count = sum(kernel.shape[1] for kernel in vectors or ())
        if vectors is None or count in seen:
            continue
        seen.add(count)
        if not count and smallest > 0:
            yield Inside(presolved, form, moments, smallest)
        if not count or not rounds:
            continue
        try:
            reduced = on_face(presolved, form, vectors)
        except Inconsistent:
            continue
        yield from insides(reduced, ConicForm.of(reduced), central, rounds - 1)


def _smallest(form: ConicForm, moments: Float[np.ndarray, " R"]) -> float:
    return min((float(np.linalg.eigvalsh(matrix)[0]) for matrix in form.adjoint(moments)), default=np.inf)


def kernels(form: ConicForm, moments: Float[np.ndarray, " R"], threshold: float) -> list[np.ndarray] | None:
    """The kernels of the moment matrices as integer vectors [k, q] per block; None where they do not look rational."""
    spectra = [np.linalg.eigh(matrix) for matrix in form.adjoint(moments)]
    largest = max((float(values[-1]) for values, _ in spectra), default=1.0)
    result = []
    for (values, columns), shifts in zip(spectra, form.basis_shifts, strict=True):
        none = values <= threshold * largest
        found = np.zeros((0, len(values)), dtype=object)
        if none.all():
            found = np.eye(len(values), dtype=int).astype(object)
        elif none.any():
            found, left = recognise(np.ldexp(columns[:, none], shifts[:, None]))
            if left:
                return None
        result.append(found.T)
    return result


def on_face(
    presolved: Presolved, form: ConicForm, vectors: Sequence[np.ndarray], value: fmpq | None = None
) -> Presolved:
    """The program whose functionals are those with M(L) v = 0, and with a'L = `value` if that is given.

    Its unknowns are the equations, numbered anew.

    Raises:
      Inconsistent: there are none.
    """
    system = presolved.system
    equations = equations_of(presolved)
    blocks = []
    for block, kernel, shifts in zip(system.blocks, vectors, form.basis_shifts, strict=True):
        equations += [(coefficients, fmpq(0)) for coefficients in _vanishing(block, kernel) if coefficients]
        kept = np.setdiff1d(np.arange(block.side), _pivots(np.ldexp(kernel.astype(np.float64), -shifts[:, None])))
        if len(kept):
            blocks.append(block.part(kept))
    if value is not None:
        constants = {row: constant for row, constant in enumerate(system.constants) if constant != 0}
        equations.append((constants, value))
    kept_equations = independent(equations, system.rows, np.ldexp(1.0, form.row_shifts)).equations
    linear: list[Row] = [{} for _ in range(system.rows)]
    cost: Row = {}
    for unknown, index in enumerate(kept_equations):
        coefficients, target = equations[index]
        for row, coefficient in coefficients.items():
            linear[row][unknown] = coefficient
        if target != 0:
            cost[unknown] = -target
    reduced = replace(system, linear=linear, blocks=blocks, cost=cost, unknowns=len(kept_equations))
    return replace(presolved, system=reduced, free=list(range(len(kept_equations))))


def _pivots(vectors: Float[np.ndarray, "k q"]) -> list[int]:
    """A coordinate for each vector such that these rows are independent, by elimination with complete pivoting."""
    left, result = vectors / np.maximum(np.linalg.norm(vectors, axis=0), 1e-300), []
    for _ in range(left.shape[1]):
        row, column = np.unravel_index(np.abs(left).argmax(), left.shape)
        result.append(int(row))
        left = left - np.outer(left[:, column] / left[row, column], left[row])
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
