"""Unknowns of few digits, as people write them: 3/2 instead of 905046/675079.

Where the margin is ample, unknowns are rounded coarsely and Gram matrices are changed, in floating point, so that they
fit. The fractions are those of the program as it was written, not of its scaled coordinates.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
from jaxtyping import Float, Int

from nsos_jax.polynomials import nearest_float
from nsos_jax.programs.backends import Point
from nsos_jax.programs.equations import ConicForm, Presolved
from nsos_jax.programs.proving.exact import ExactPoint
from nsos_jax.programs.proving.face import ProgramFace
from nsos_jax.programs.proving.margin import MarginProblem, corrected, is_small
from nsos_jax.proofs import Inconsistent, simplest_fraction

TOLERANCES = (0.5, 0.25, 0.125, 0.0625, 0.015625, 0.00390625)
"""Of unknowns in scaled coordinates, relative to 1 + |value|."""
REACH = 16.0
"""Tolerances above so many margins are hopeless."""
LEFT = 1 / 64
"""The part of the margin that must be left."""
BITS = (1, 2, 3, 4, 6, 8)
"""Of unknowns on a face, where equations among them forbid other fractions, relative to their sizes."""
GRAM_BITS = 16
"""Of Gram matrices on a face, relative to their diagonals."""
MISSED = 1e-9
"""By the corrected Gram matrices, in scaled coordinates, at most."""
MOST_NUMBERS = 10**6
"""Of the dense equations: a correction takes milliseconds."""


def coarse_points(
    presolved: Presolved, form: ConicForm, point: Point, margin: float
) -> Iterator[tuple[list[Fraction], Point]]:
    """Values of the unknowns, in the units of the program, with floating point Gram matrices that fit them and are
    positive definite, coarsest first."""
    whole = ProgramFace.whole(presolved, form)
    if not len(point.free) or not point.grams or not is_small(whole, MOST_NUMBERS):
        return
    problem = MarginProblem(ProgramFace.whole(presolved, _fixed(form)))
    before: list[Fraction] = []
    for tolerance in TOLERANCES:
        if tolerance > REACH * margin:
            continue
        values = _rounded(form, point.free, tolerance)
        if values == before:
            continue
        before = values
        free = np.ldexp([float(value) for value in values], -form.free_shifts)
        rhs = form.rhs + form.free @ free
        grams = corrected(problem, point.grams, problem.combinations @ rhs)
        if np.abs(form.apply(grams) - rhs).max(initial=0.0) > MISSED * (1.0 + np.abs(rhs).max(initial=0.0)):
            continue
        if _smallest(grams) > LEFT * margin:
            yield values, replace(point, free=free, grams=grams)


def coarse_face_points(face: ProgramFace, grams: Sequence[Float[np.ndarray, "r r"]]) -> Iterator[ExactPoint]:
    """Exact points on a face whose unknowns have few bits, coarsest first; none where the equations do not allow it.

    Args:
      face: of a program.
      grams: positive definite S, in orthonormal coordinates.
    """
    try:
        yield from _coarse_face_points(face, grams)
    except Inconsistent:  # the unknowns cannot be chosen freely
        return


def _coarse_face_points(face: ProgramFace, grams: Sequence[Float[np.ndarray, "r r"]]) -> Iterator[ExactPoint]:
    form, count = face.form, len(face.presolved.free)
    margin = _smallest(grams)
    if not count or not REACH * margin > 2.0 ** -BITS[-1] or not is_small(face, MOST_NUMBERS):
        return
    equations, problem = face.equations(freest=True), MarginProblem(replace(face, form=_fixed(form)))
    cores = face.coordinates(grams)
    hint = form.unscaled_free(face.unknowns(cores))
    sizes = np.maximum(np.frexp(hint)[1], form.free_shifts)
    before: list[int] = []
    for bits in BITS:
        if 2.0**-bits > REACH * margin:
            continue
        numerators, denominator = equations.solve(*_entries(hint, bits - sizes, cores))
        if numerators[:count] == before:
            continue
        before = numerators[:count]
        free = np.ldexp([nearest_float(x, denominator) for x in before], -form.free_shifts)
        near = corrected(problem, grams, problem.combinations @ (form.rhs + form.free @ free))
        if _smallest(near) > LEFT * margin:
            yield face.exact(*equations.solve(*_entries(hint, bits - sizes, face.coordinates(near))))


def _entries(
    unknowns: Float[np.ndarray, " W"], bits: Int[np.ndarray, " W"], cores: Sequence[Float[np.ndarray, "r r"]]
) -> tuple[np.ndarray, list[int]]:
    """Unknowns and upper triangles, and the bits that are kept of each."""
    values, kept = [unknowns], [bits]
    for core in cores:
        half = np.frexp(np.sqrt(np.abs(np.diagonal(core))))[1]
        a, c = np.triu_indices(len(core))
        values.append(core[a, c])
        kept.append(GRAM_BITS - half[a] - half[c])
    return np.concatenate(values), np.concatenate(kept).tolist()


def _fixed(form: ConicForm) -> ConicForm:
    """The same without unknowns."""
    return replace(form, free=form.free[:, :0], free_shifts=form.free_shifts[:0], cost=form.cost[:0])


def _smallest(grams: Sequence[Float[np.ndarray, "r r"]]) -> float:
    """The smallest eigenvalue."""
    return min((float(np.linalg.eigvalsh(gram)[0]) for gram in grams if len(gram)), default=np.inf)


def _rounded(form: ConicForm, free: Sequence[float] | np.ndarray, tolerance: float) -> list[Fraction]:
    """Near each unknown, in the units of the program, a fraction of least denominator: the nearest of them."""
    result = []
    for value, shift in zip(np.asarray(free).tolist(), form.free_shifts.tolist(), strict=True):
        unit = Fraction(2) ** shift
        exact = Fraction(value) * unit
        simplest = simplest_fraction(exact, Fraction(tolerance * (1.0 + abs(value))) * unit)
        denominator = simplest.denominator
        result.append(Fraction(round(exact * denominator), denominator) if simplest else simplest)
    return result
