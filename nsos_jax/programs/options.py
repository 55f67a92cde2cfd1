"""How programs are solved."""

import math
from dataclasses import dataclass
from numbers import Real
from typing import Literal, get_args

from nsos_jax.memory_sizes import MemoryLimit

Cone = Literal["psd", "sdd", "dd"]
"""Where Gram matrices are looked for; `cones` says what these are."""
CONES: tuple[Cone, ...] = get_args(Cone)
Sparsity = Literal["none", "constant", "cross", "term", "term-2", "auto"]
"""Whether Gram matrices are on whole bases or on cliques of them; `SosProgram.sos` says more."""
SPARSITIES: tuple[Sparsity, ...] = get_args(Sparsity)
BACKENDS = ("auto", "clarabel", "highs", "jax", "mosek", "scs")
"""Who may solve in floating point; "highs" solves linear programs only, "jax" is the solver of `solvers`."""


@dataclass(frozen=True)
class SolveOptions:
    """How programs are solved.

    Attributes:
      backend: one of `BACKENDS`: who solves in floating point. The proof is the same.
      time_limit: seconds for one program; checked between steps.
      tolerance: relative gap between proven bounds up to which the status is OPTIMAL.
      bounds: whether a bound on the objective of all values is proven too; without it a program with an objective is
        FEASIBLE at best.
      memory_limit: working memory for one program, as estimated from the sizes of its Gram matrices, in bytes or as
        text such as "4GiB"; larger ones are not begun.
    """

    backend: str = "auto"
    time_limit: float = 60.0
    tolerance: float = 1e-6
    bounds: bool = True
    memory_limit: MemoryLimit = MemoryLimit(4 << 30)  # noqa: RUF009, it is a descriptor

    def __post_init__(self) -> None:
        if self.backend not in BACKENDS:
            raise ValueError(f"backend must be one of {', '.join(BACKENDS)}, got {self.backend!r:.40}")
        for name in ("time_limit", "tolerance"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, Real):
                raise TypeError(f"{name} must be a number, got {value!r:.40}")
        if not self.time_limit > 0:
            raise ValueError(f"time_limit must be a positive number of seconds, got {self.time_limit}")
        if not isinstance(self.bounds, bool):
            raise ValueError(f"bounds must be True or False, got {self.bounds!r:.40}")
        if not (self.tolerance >= 0 and math.isfinite(self.tolerance)):
            raise ValueError(f"tolerance must be a finite number of at least 0, got {self.tolerance}")
