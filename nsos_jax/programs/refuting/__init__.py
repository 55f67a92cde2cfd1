"""From floating point moments to exact functionals: proofs that a program is infeasible, or bounds its objective.

In: a program's statement and equations, what presolve left of them, and a solver's point. Out: certificates of the
kinds `infeasible_program` and `program_bound` that the checker accepted. May import the rooms that `programs` may, and
of its files `whole_bases`, `system`, `presolve`, `conic` and `backends`.
"""

from nsos_jax.programs.refuting.approach import Approach
from nsos_jax.programs.refuting.evidence import Evidence
from nsos_jax.programs.refuting.lifting import Lifting
from nsos_jax.programs.refuting.refuter import Refuter

__all__ = ["Approach", "Evidence", "Lifting", "Refuter"]
