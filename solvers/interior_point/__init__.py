"""A batched primal-dual interior-point method for programs with small blocks, in NumPy, on the host.

In: `ConicProgram`, arrays. Out: `Outcome`, bounds proven in float64 and the points behind them. Of the solvers it needs
`blocks`, `problem`, `host` and `status`.
"""

from nsos_jax.solvers.interior_point.common import CommonPoints, common_points
from nsos_jax.solvers.interior_point.program import ConicProgram, Outcome
from nsos_jax.solvers.interior_point.run import solve
from nsos_jax.solvers.interior_point.schur import is_sparse

__all__ = ["CommonPoints", "ConicProgram", "Outcome", "common_points", "is_sparse", "solve"]
