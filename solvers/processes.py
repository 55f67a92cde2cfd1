"""One batch over several processes, as hosts of a cluster: problems do not depend on each other, so each process solves
its share on its own devices, and the answers are exchanged at the end."""

from collections.abc import Sequence

import jax
import numpy as np
from jax.experimental import multihost_utils

from nsos_jax.solvers.batch import Solution, SolverOptions, solve_batch
from nsos_jax.solvers.problem import SosProblem
from nsos_jax.solvers.status import SolverStatus


def solve_everywhere(problems: Sequence[SosProblem], options: SolverOptions | None = None) -> list[Solution]:
    """The solutions of all problems, in order, in every process.

    Each process calls it with the same problems, after `jax.distributed.initialize`; a mesh in the options has to be of
    local devices. Without other processes it is `solve_batch`.
    """
    count = jax.process_count()
    if count == 1:
        return solve_batch(problems, options)
    share = range(jax.process_index(), len(problems), count)
    answers = np.zeros((-(-len(problems) // count), 4))
    for place, solution in enumerate(solve_batch([problems[i] for i in share], options)):
        answers[place] = solution.status, solution.lower, solution.upper, solution.iterations
    # as bytes, for float64 arrays need a mode of JAX that may be off
    gathered = multihost_utils.process_allgather(answers.view(np.uint8))
    columns = np.asarray(gathered).reshape(count, -1).view(np.float64).reshape(count, -1, 4)
    rows = (columns[i % count, i // count] for i in range(len(problems)))
    return [Solution(SolverStatus(int(s)), float(lower), float(upper), int(n)) for s, lower, upper, n in rows]
