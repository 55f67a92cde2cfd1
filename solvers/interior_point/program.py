"""What goes into the interior-point method, and what comes out."""

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float

from nsos_jax.solvers.blocks import Block, identity_sums, terms
from nsos_jax.solvers.problem import Matrix, as_dense
from nsos_jax.solvers.status import SolverStatus


@dataclass(frozen=True)
class ConicProgram:
    """min c'd  s.t.  A(S) + F d = b,  S psd, every row with Gram entries, the columns of F independent.

    Attributes:
      blocks: maps, with or without weights.
      rhs, free, cost: b [R], F [R, K], dense or sparse, c [K].
      is_margin: instead, max t  s.t.  A(Q) + F d = b, Q - t I psd; no cost is looked at.
    """

    blocks: tuple[Block, ...]
    rhs: Float[np.ndarray, " R"]
    free: Matrix
    cost: Float[np.ndarray, " K"]
    is_margin: bool = False

    def with_margin(self) -> "ConicProgram":
        """A program for the margin, whose first free variable is t, S being Q - t I."""
        column: Matrix = identity_sums(self.blocks, self.rhs.size)[:, None]
        if isinstance(self.free, np.ndarray):
            free: Matrix = np.concatenate([as_dense(column), self.free], axis=1)
        else:
            free = sp.csr_array(sp.hstack([sp.csr_array(column), self.free]))
        return replace(self, free=free, cost=-np.eye(free.shape[1])[0])

    @property
    def key(self) -> tuple:
        """Equal for programs that share a structure."""
        parts = [(len(block), *(array.tobytes() for array in terms(block))) for block in self.blocks]
        return (self.rhs.size, self.cost.size, self.is_margin, *parts)


@dataclass
class Outcome:
    """Attributes:
    status: OPTIMAL, INFEASIBLE (with `moments` as the proof), UNBOUNDED, CONVERGED, ITERATION_LIMIT or FAILED; of a
      margin FEASIBLE, INFEASIBLE, BOUNDARY or ITERATION_LIMIT.
    lower, upper: bounds on c'd, or on minus the margin, in scaled units.
    grams, free: the point of the upper bound, or else the last one, which is not quite in the cone; Q and
      d of a margin; None for none.
    moments: [R], of the lower bound, or else the last ones, or with F'm = 0 and <b, m> < 0; None for none.
    iterations: Newton steps.
    inside: the matrices and d of the first feasible iterate, far inside the cone; None for none.
    inside_moments: [R], the same on the other side.
    """

    status: SolverStatus
    lower: float = -np.inf
    upper: float = np.inf
    grams: tuple[np.ndarray, ...] | None = None
    free: np.ndarray | None = None
    moments: np.ndarray | None = None
    iterations: int = 0
    inside: tuple[tuple[np.ndarray, ...], np.ndarray] | None = None
    inside_moments: np.ndarray | None = None
