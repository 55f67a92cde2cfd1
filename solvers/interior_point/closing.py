"""From an iterate to points that are feasible in float64, and the bounds they prove.

above: S is made exactly affine, in the metric of the iterate, which hardly moves its small eigenvalues, or in the plain
  one; what is negative then is mended by mixing with an older point inside the cone, of a margin by lowering t.
below: m is made to satisfy F'm = -c, and mixed in the same way until M(m) is psd.
"""

from dataclasses import dataclass

import numpy as np
import scipy.linalg as sl

from nsos_jax.solvers.interior_point.batch import Batch, State, Structure
from nsos_jax.solvers.interior_point.iteration import Newton
from nsos_jax.solvers.interior_point.program import ConicProgram
from nsos_jax.solvers.interior_point.workspace import Workspace

ROUNDING = 4 * np.finfo(np.float64).eps
REPEATS = 2
"""Corrections in the metric of the iterate: the second mends the rounding of the first."""


@dataclass
class Point:
    """S [N] and d [K] with A(S) + F d = b, or, as `slack` and `free`, M(m) [N] and m [R] with F'm = -c.

    Attributes:
      lowest: the smallest eigenvalue of the matrices, less what rounding may hide.
    """

    slack: np.ndarray
    free: np.ndarray
    lowest: float

    def mixed(self, inside: "Point | None") -> "Point | None":
        """The nearest point in the cone on the way to one inside; None where there is none."""
        if self.lowest >= 0:
            return self
        if inside is None or inside.lowest <= 0:
            return None
        share = min(1.0, -self.lowest / (inside.lowest - self.lowest))
        parts = (
            (1 - share) * own + share * other for own, other in ((self.slack, inside.slack), (self.free, inside.free))
        )
        return Point(*parts, 0.0)


def smallest_eigenvalue(structure: Structure, flat: np.ndarray) -> float:
    """Of all blocks of one program [N]."""
    return min(float(np.linalg.eigvalsh(view).min()) for view in structure.layout.views(flat[None]))


def _lowest(structure: Structure, flat: np.ndarray) -> float:
    if not np.isfinite(flat).all():
        return -np.inf
    return smallest_eigenvalue(structure, flat) - ROUNDING * structure.layout.side * float(np.linalg.norm(flat))


def primal_point(structure: Structure, program: ConicProgram, batch: Batch, state: State, work: Workspace) -> Point:
    """S and d exactly affine, from the iterate of one program."""
    slack, free = state.slack[0], state.free[0]
    found = _affine(structure, program, slack, free)
    if found.lowest >= 0 or program.is_margin:
        return found
    weighed = _weighed_affine(structure, program, batch, state, work)
    return max(found, weighed, key=lambda point: point.lowest)


def _affine(structure: Structure, program: ConicProgram, slack: np.ndarray, free: np.ndarray) -> Point:
    entries = structure.original
    missing = program.rhs - entries.apply(slack[None])[0] - program.free @ free
    slack = slack + entries.adjoint(entries.weigh(missing[None]))[0]
    return Point(slack, free, _lowest(structure, slack))


def _weighed_affine(structure: Structure, program: ConicProgram, batch: Batch, state: State, work: Workspace) -> Point:
    """S + S A'(w) S with the w of least norm in that metric."""
    layout, entries = structure.layout, structure.entries
    views = layout.views(state.slack)
    newton = Newton(batch, structure.schur.assemble(views, views, work), work)
    slack, free = state.slack.copy(), state.free.copy()
    for _ in range(REPEATS if newton.alive[0] else 0):
        missing = batch.rhs - entries.apply(slack) - batch.combine(free)
        weights, change = newton.solve(missing, np.zeros_like(free))
        moved = entries.adjoint(weights)
        for view, out in zip(views, layout.views(moved), strict=True):
            out[...] = view @ out @ view
        slack, free = slack + moved, free - change
    return _affine(structure, program, slack[0], free[0])


def dual_point(structure: Structure, program: ConicProgram, moments: np.ndarray, cost: np.ndarray) -> Point:
    """Moments [R], in the rows of the program, made to satisfy F'm = -cost."""
    entries, free = structure.original, program.free
    if cost.size:
        wrong = free.T @ moments + cost
        weighed = entries.weigh(free[None])[0]
        moments = moments - weighed @ _solve(free.T @ weighed, wrong)
    matrices = entries.adjoint(moments[None])[0]
    return Point(matrices, moments, _lowest(structure, matrices))


def _solve(gram: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    try:
        return sl.cho_solve(sl.cho_factor(gram, check_finite=False), wrong, check_finite=False)
    except np.linalg.LinAlgError:
        return np.linalg.lstsq(gram, wrong, rcond=None)[0]


def rounding(structure: Structure, program: ConicProgram, slack: np.ndarray, moments: np.ndarray) -> float:
    """The accuracy of bounds by these points."""
    return ROUNDING * structure.layout.side * float(np.linalg.norm(slack) + np.abs(program.rhs) @ np.abs(moments))
