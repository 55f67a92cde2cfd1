"""Exact points on faces: for programs without an interior.

The moments of a central solution at margin 0 expose a face: what they span is kernel of every Gram matrix. As far as
it reads as rational it is cut off, and the margin problem is solved again. A cut after which the exact equations
have no solution, or the margin is negative, was misread: it is undone, and the next reading is tried.
"""

import time
from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float

from nsos_jax.programs.equations import ConicForm, Presolved
from nsos_jax.programs.proving.coarse import coarse_face_points
from nsos_jax.programs.proving.exact import ExactPoint
from nsos_jax.programs.proving.face import ProgramFace
from nsos_jax.programs.proving.margin import MarginProblem, is_small
from nsos_jax.proofs import (
    BOLD,
    CAUTIOUS,
    CentralPoint,
    Inconsistent,
    IntegerEquations,
    RangeReading,
    central_solver,
    exposed_vectors,
)

MAX_FACES = 20
MOST_ROWS, MOST_SPARSE_ROWS = 1000, 300
"""Of the exact equations, which are dense; of those on cliques, which have many small matrices for each row."""
INSIDE = 1e-9
"""A smallest eigenvalue above this, for right sides of length 1, is taken for an interior."""
NEGATIVE = -1e-6
"""A margin below this shows that a face holds no Gram matrix."""
BITS = (10, 20, 32, 48)
"""Kept in the numbers that are free, relative to the sizes of the diagonals."""


def faces_fit(presolved: Presolved, form: ConicForm) -> bool:
    """Whether dense equations are affordable."""
    most = MOST_SPARSE_ROWS if presolved.system.sparse else MOST_ROWS
    return len(form.rhs) <= most and is_small(ProgramFace.whole(presolved, form))


def face_points(presolved: Presolved, form: ConicForm, deadline: float = np.inf) -> Iterator[ExactPoint]:
    """Exact points on ever smaller faces, for the checker to judge.

    Args:
      presolved: the equations.
      form: the same in floating point.
      deadline: a value of `time.monotonic()`; checked between steps.
    """
    if not faces_fit(presolved, form):
        return
    pending: list[Iterator[ProgramFace]] = [iter([ProgramFace.whole(presolved, form)])]
    count = 0
    while pending and count < MAX_FACES and time.monotonic() < deadline:
        face = next(pending[-1], None)
        if face is None:
            pending.pop()
            continue
        count += 1
        try:
            equations = face.equations()
        except Inconsistent:
            continue
        problem = MarginProblem(face)
        if not problem.freedom or not np.linalg.norm(problem.rhs) > 0:
            yield from _points(face, equations, [np.zeros((size, size)) for size in face.sizes])
            continue
        point = central_solver("auto")(problem)
        if point.margin < NEGATIVE:
            continue
        if point.lowest > INSIDE:
            grams = [gram * point.scale for gram in point.grams]
            yield from coarse_face_points(face, grams)
            yield from _points(face, equations, face.coordinates(grams))
        pending.append(restrictions(face, point))


def restrictions(face: ProgramFace, point: CentralPoint) -> Iterator[ProgramFace]:
    """Faces of this one that hold all Gram matrices if the floating point numbers were read rightly, the likeliest
    first; nothing where nothing is exposed."""
    seen: set[tuple[tuple[int, ...], ...]] = {tuple(columns.shape for columns in face.ranges)}
    for rules in (CAUTIOUS, BOLD):
        cuts = exposed_vectors(point.moments, point.slacks, rules)
        readings = [
            RangeReading(columns, triangle, cut)
            for columns, (_, triangle), cut in zip(face.ranges, face.frames, cuts, strict=True)
        ]
        for ranges in (tuple(r.partial for r in readings), tuple(r.hull for r in readings)):
            shapes = tuple(columns.shape for columns in ranges)
            if shapes not in seen:
                seen.add(shapes)
                yield ProgramFace(face.presolved, face.form, ranges)


def _points(
    face: ProgramFace, equations: IntegerEquations, cores: Sequence[Float[np.ndarray, "r r"]]
) -> Iterator[ExactPoint]:
    """Rounds S and the unknowns that belong to it, with few bits first."""
    unknowns = face.form.unscaled_free(face.unknowns(cores))
    halves = [np.frexp(np.sqrt(np.abs(np.diagonal(core))))[1] for core in cores]
    shifts = face.form.free_shifts
    sizes = [np.maximum(np.frexp(unknowns)[1], shifts)]
    hint = [unknowns]
    for core, half in zip(cores, halves, strict=True):
        a, c = np.triu_indices(len(core))
        sizes.append(half[a] + half[c])
        hint.append(core[a, c])
    exponents, entries = np.concatenate(sizes), np.concatenate(hint)
    for bits in BITS:
        try:
            solution = equations.solve(entries, (bits - exponents).tolist())
        except Inconsistent:
            return
        yield face.exact(*solution)
        if not equations.nullity:
            return
