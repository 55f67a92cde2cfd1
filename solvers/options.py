"""What a solve is asked for, and what it answers."""

from dataclasses import dataclass
from numbers import Integral, Real
from typing import Literal, get_args

import numpy as np
from jax.sharding import Mesh

from nsos_jax.solvers.iterations.chunks import LARGE_SIDE
from nsos_jax.solvers.iterations.psd import Projection, on_cpu
from nsos_jax.solvers.status import SolverStatus

PHASE, ACCELERATOR_PHASE, LARGE_PHASE = 100, 200, 40
"""Iterations of a phase: on a CPU, on accelerators, where ten of second order take as long as some hundred of ADMM, and
for large matrices. There ADMM goes on alone, in float64: an iteration of second order takes as long as dozens of ADMM
(at a basis of 500 on two CPU cores, 12 s for 10 against 1 s; not measured on accelerators)."""


@dataclass(frozen=True)
class SolverOptions:
    """How hard to try, and where.

    Attributes:
      max_iterations: per problem, of both methods together, rounded up to whole chunks of 10 (20 beyond a side of 256);
        each of the two batches of `solve_programs` has as many, and Newton steps are at most that.
      phase: iterations of ADMM before the second-order method takes over, see `batch.ADMM_PHASES`; beyond a side of
        256, before ADMM goes on in float64, if it was in float32. None takes 100, 200 on accelerators, and 40 beyond
        that side.
      tolerance: relative gap |upper - lower| / (min(1, u) + |upper| + |lower|) at which a program is `OPTIMAL`; u is
        |b| |c| as the normal form measures them, |b| of a margin.
      close_margins: margin problems, too, go on until their gap is within `tolerance`, not only to their sign.
      boundary_gap: a bracket around a zero margin narrower than this share of |Q| ends as `BOUNDARY`.
      precision: of the first phase of ADMM; "mixed" takes float32, but for groups with warm starts. All later
        iterations and all brackets are float64.
      projection: of ADMM, see `psd.py`; "auto" takes what was measured to be faster.
      compile_after: seconds that chunks of one method and shape may lose, on a CPU, by being interpreted, until they
        are compiled, which takes one to four seconds on two cores; 0 compiles everything at once.
      method: of `solve_programs`; "auto" takes the interior-point method but for large blocks, "first-order" ADMM
        always.
      max_bytes: device memory for one group of problems, on each device; None takes half of what is free.
      mesh: devices of one axis that share each group; None uses the first device alone.
    """

    max_iterations: int = 2000
    phase: int | None = None
    tolerance: float = 1e-7
    close_margins: bool = False
    boundary_gap: float = 1e-11
    precision: Literal["float64", "mixed"] = "mixed"
    projection: Projection = "auto"
    compile_after: float = 2.0
    method: Literal["auto", "first-order"] = "auto"
    max_bytes: int | None = None
    mesh: Mesh | None = None

    def __post_init__(self) -> None:
        if self.precision not in ("float64", "mixed"):
            raise ValueError(f"precision must be 'float64' or 'mixed', got {self.precision!r}")
        if self.projection not in get_args(Projection):
            raise ValueError(f"projection must be 'auto', 'eigh' or 'products', got {self.projection!r}")
        if self.method not in ("auto", "first-order"):
            raise ValueError(f"method must be 'auto' or 'first-order', got {self.method!r}")
        for name in ("max_iterations", "phase", "max_bytes"):
            value = getattr(self, name)
            if value is None and name != "max_iterations":
                continue
            if isinstance(value, bool | np.bool_) or not isinstance(value, Integral):
                raise ValueError(f"{name} must be an integer, got {value!r}")
            if value < 1:
                raise ValueError(f"{name} must be positive, got {value}")
        for name, least in (
            ("tolerance", np.finfo(np.float64).tiny),
            ("boundary_gap", 0.0),
            ("compile_after", 0.0),
        ):
            value = getattr(self, name)
            if not isinstance(value, Real) or not least <= float(value) < np.inf:
                raise ValueError(f"{name} must be finite and at least {least:.2g}, got {value!r}")
        if not isinstance(self.close_margins, bool | np.bool_):
            raise ValueError(f"close_margins must be True or False, got {self.close_margins!r}")
        if self.mesh is not None and not isinstance(self.mesh, Mesh):
            raise ValueError(f"mesh must be a jax.sharding.Mesh, got {self.mesh!r}")
        if self.mesh is not None and len(self.mesh.axis_names) != 1:
            raise ValueError(f"mesh must have one axis, got {self.mesh.axis_names}")

    def phase_at(self, side: int) -> int:
        """The iterations of a phase for matrices of this padded side."""
        return self.phase or (LARGE_PHASE if side > LARGE_SIDE else PHASE if on_cpu() else ACCELERATOR_PHASE)


@dataclass
class Solution:
    """What is known about one problem.

    `lower` and `upper` bound the margin t* of a margin problem, else the optimal value of min c'd.
    """

    status: SolverStatus = SolverStatus.RUNNING
    lower: float = -np.inf
    upper: float = np.inf
    iterations: int = 0
