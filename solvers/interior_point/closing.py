"""From an iterate to points that are feasible in float64, and the bounds they prove.

above: S is made exactly affine; what is negative then is mended by mixing with an older point inside the cone, of a
  margin by lowering t.
below: m is made to satisfy F'm = -c, and mixed in the same way until M(m) is psd.
"""

from dataclasses import dataclass

import numpy as np
import scipy.linalg as sl
import scipy.sparse as sp
from scipy.sparse.linalg import splu

from nsos_jax.solvers.interior_point.batch import Structure
from nsos_jax.solvers.interior_point.program import ConicProgram

LARGEST_DENSE = 1000
"""Free variables up to which F'(A A')^-1 F is factored as a dense matrix."""
ROUNDING = 4 * np.finfo(np.float64).eps


@dataclass
class Point:
    """S [N] and d [K] with A(S) + F d = b, or, as `slack` and `free`, M(m) [N] and m [R] with F'm = -c.

    Attributes:
      lowest: the smallest eigenvalue of the matrices, less what rounding may hide.
    """

    slack: np.ndarray
    free: np.ndarray
    lowest: float

    def mixed(self, inside: "Point") -> "Point":
        """The nearest point in the cone on the way to one inside; itself where that is not inside."""
        if inside.lowest <= 0:
            return self
        share = min(1.0, -self.lowest / (inside.lowest - self.lowest))
        slack = (1 - share) * self.slack + share * inside.slack
        return Point(slack, (1 - share) * self.free + share * inside.free, 0.0)


def smallest_eigenvalue(structure: Structure, flat: np.ndarray) -> float:
    """Of all blocks of one program [N]."""
    return min(float(np.linalg.eigvalsh(view).min()) for view in structure.layout.views(flat[None]))


def _lowest(structure: Structure, flat: np.ndarray) -> float:
    if not np.isfinite(flat).all():
        return -np.inf
    return smallest_eigenvalue(structure, flat) - ROUNDING * structure.layout.side * float(np.linalg.norm(flat))


def primal_point(structure: Structure, program: ConicProgram, slack: np.ndarray, free: np.ndarray) -> Point:
    """S and d made exactly affine, from the iterate of one program."""
    entries = structure.original
    missing = program.rhs - entries.apply(slack[None])[0] - program.free @ free
    slack = slack + entries.repair(missing[None])[0]
    return Point(slack, free, _lowest(structure, slack))


def dual_point(structure: Structure, program: ConicProgram, moments: np.ndarray, cost: np.ndarray) -> Point:
    """Moments [R], in the rows of the program, made to satisfy F'm = -cost."""
    entries, free = structure.original, program.free
    if cost.size:
        weighed = entries.weigh(free)
        moments = moments - weighed @ _solve(free.T @ weighed, free.T @ moments + cost)
    matrices = entries.adjoint(moments[None])[0]
    return Point(matrices, moments, _lowest(structure, matrices))


def _solve(gram: np.ndarray | sp.sparray, wrong: np.ndarray) -> np.ndarray:
    if not isinstance(gram, np.ndarray):
        if len(wrong) > LARGEST_DENSE:
            return splu(sp.csc_array(gram)).solve(wrong)
        gram = sp.csc_array(gram).toarray()
    try:
        return sl.cho_solve(sl.cho_factor(gram, check_finite=False), wrong, check_finite=False)
    except np.linalg.LinAlgError:
        return np.linalg.lstsq(gram, wrong, rcond=None)[0]


def rounding(structure: Structure, program: ConicProgram, slack: np.ndarray, moments: np.ndarray) -> float:
    """The accuracy of bounds by these points."""
    return ROUNDING * structure.layout.side * float(np.linalg.norm(slack) + np.abs(program.rhs) @ np.abs(moments))
