"""The search for an exact Gram matrix on ever smaller faces.

Solve the margin problem on a face centrally. If its solution is inside, or unique, round it there. Else cut off what it
exposes, as far as that reads as rational, and solve again. A cut after which the equations have no solution, or a
negative margin, was misread: it is undone, and the next reading is tried.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from flint import fmpz_mat

from nsos_jax.certificates import is_psd
from nsos_jax.proofs.faces.affine import AffineSystem, Inconsistent
from nsos_jax.proofs.faces.central import CentralPoint, central_point
from nsos_jax.proofs.faces.equations import FaceEquations
from nsos_jax.proofs.faces.face import Face
from nsos_jax.proofs.faces.restrict import Zeros, restrictions
from nsos_jax.proofs.gram_system import GramSystem
from nsos_jax.proofs.rounding import ExactGram, interior_grams

MAX_FACES = 20
CONSISTENT = 1e-6
INSIDE = 1e-8
"""A smallest eigenvalue above this, for |b| = 1, is taken for an interior."""
NEGATIVE = -1e-6
"""A margin below this shows that a face holds no Gram matrix."""
BITS = (12, 22, 32, 48)
"""Of the largest entry, kept in the unknowns that are free."""
CentralSolver = Callable[[FaceEquations], CentralPoint]


@dataclass(frozen=True)
class FaceProof:
    """What came of it.

    Attributes:
      exact: a Gram matrix that satisfies the equations exactly and looks psd, for the checker; None if none was found.
      outcome: in words, with the faces that were tried.
      faces: how many faces were looked at.
    """

    exact: ExactGram | None
    outcome: str
    faces: int


def prove_on_faces(system: GramSystem, deadline: float = np.inf, solver: CentralSolver = central_point) -> FaceProof:
    """Looks for an exact Gram matrix of a system.

    Args:
      system: the Gram equations, with any blocks.
      deadline: a value of `time.monotonic()`; checked between faces.
      solver: the central solution of the margin problem on a face.
    """
    zeros = Zeros(system)
    pending: list[Iterator[Face]] = [iter([Face.whole(system)])]
    outcome, count = "no face was tried", 0
    while pending and count < MAX_FACES:
        face = next(pending[-1], None)
        if face is None:
            pending.pop()
            continue
        if time.monotonic() > deadline:
            return FaceProof(None, f"time limit after {count} faces", count)
        count += 1
        exact, point, outcome = _look(face, solver)
        if exact is not None:
            return FaceProof(exact, outcome, count)
        if point is not None:
            pending.append(restrictions(face, point, zeros))
    return FaceProof(None, f"{outcome} on the last of {count} faces", count)


def _look(face: Face, solver: CentralSolver) -> tuple[ExactGram | None, CentralPoint | None, str]:
    """An exact Gram matrix on a face, or the point that shows what to cut from it, or neither; and what was seen."""
    if not face.size:
        return None, None, "nothing left"
    equations = FaceEquations(face)
    if equations.inconsistency > CONSISTENT:
        return None, None, "inconsistent equations"
    if not equations.freedom:
        exact = _unique(face)
        return exact, None, "unique Gram matrix" if exact else "unique Gram matrix is not psd"
    point = solver(equations)
    if point.margin < NEGATIVE:
        return None, None, "negative margin"
    if point.lowest > INSIDE:
        exact = _inside(face, point)
        if exact is not None:
            return exact, point, "interior"
    return None, point, "boundary"


def _unique(face: Face) -> ExactGram | None:
    try:
        affine = AffineSystem(face)
        return None if affine.nullity else _psd(face, affine, None, 0)
    except Inconsistent:
        return None


def _inside(face: Face, point: CentralPoint) -> ExactGram | None:
    """Rounds an interior solution, with few bits first."""
    system = face.system
    if face.is_whole:
        grams = [gram * point.scale for gram in point.grams]
        margin = system.unscaled_margin(point.lowest * point.scale)
        return next(interior_grams(system, system.unscale(grams), margin), None)
    hint = _hint(face, point)
    largest = max(int(np.frexp(np.abs(gram).max())[1]) for gram in hint if len(gram))
    try:
        affine = AffineSystem(face)
        for bits in BITS:
            exact = _psd(face, affine, hint, max(bits - largest, 0))
            if exact is not None:
                return exact
    except Inconsistent:
        pass
    return None


def _hint(face: Face, point: CentralPoint) -> list[np.ndarray]:
    """S of a central point in the units of the exact equations, where targets are numerators."""
    unit, denominator = face.system.scaling.unit, face.system.polynomial.denominator
    length = denominator.bit_length()
    fraction = (denominator >> max(length - 60, 0)) / 2.0 ** min(length, 60)
    coordinates = face.coordinates([gram * point.scale for gram in point.grams])
    return [np.ldexp(gram * fraction, unit + length) for gram in coordinates]


def _psd(face: Face, affine: AffineSystem, hint: list[np.ndarray] | None, bits: int) -> ExactGram | None:
    solution = affine.solve(hint, bits)
    if all(is_psd(fmpz_mat(matrix.tolist())) for matrix in solution.numerators if len(matrix)):
        return ExactGram(*solution.grams(face))
    return None
