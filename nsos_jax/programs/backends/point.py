"""What a solver found."""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from jaxtyping import Float


class PointStatus(Enum):
    """What a solver says; nothing is believed before it is proven."""

    SOLVED = "solved"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    FAILED = "failed"


@dataclass(frozen=True, eq=False)
class Point:
    """A primal and dual point of a conic form, in its scaled coordinates.

    Attributes:
      status: in the solver's view.
      free: w, [W].
      grams: Q, one per block.
      moments: L, [R]; where the form is infeasible, what shows it.
      value: of the objective, or the margin.
      margin: the t of Q - t I, 0 where it was not maximised.
      seconds: the solver's own time.
      iterations: of it.
      backend: its name, filled in by `solve_form`.
    """

    status: PointStatus
    free: Float[np.ndarray, " W"]
    grams: list[np.ndarray]
    moments: Float[np.ndarray, " R"]
    value: float
    margin: float
    seconds: float
    iterations: int
    backend: str = ""
