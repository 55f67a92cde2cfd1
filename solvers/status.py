"""Per-problem status of a solve: an int32 inside `jit`, one table of meanings outside."""

import enum


class SolverStatus(enum.IntEnum):
    """What is known about one problem.

    All but `CONVERGED`, and `UNBOUNDED` where only values without end show it, rest on the certified bracket of that
    problem (see `bracket.py`), computed in float64: they are verdicts about the floating point data, not proofs. Proofs
    are made in exact arithmetic by the caller.
    """

    RUNNING = 0
    FEASIBLE = 1
    INFEASIBLE = 2
    BOUNDARY = 3
    ITERATION_LIMIT = 4
    FAILED = 5
    STOPPED = 6
    OPTIMAL = 7
    CONVERGED = 8
    UNBOUNDED = 9

    def __str__(self) -> str:
        return self.name

    def __format__(self, spec: str) -> str:
        return format(self.name, spec)


MESSAGES: dict[SolverStatus, str] = {
    SolverStatus.RUNNING: "still iterating",
    SolverStatus.FEASIBLE: "margin, lower > 0: an affine Gram matrix with positive eigenvalues was found",
    SolverStatus.INFEASIBLE: "margin, upper < 0: moments in the dual cone separate the right-hand side from it",
    SolverStatus.BOUNDARY: "the bracket of the margin closed around zero: feasible, if at all, without an interior",
    SolverStatus.ITERATION_LIMIT: "the bracket was still open at the iteration limit: raise max_iterations",
    SolverStatus.FAILED: "NaN, infinity or contradicting bounds: check the right-hand side and the scaling of it",
    SolverStatus.STOPPED: "the caller withdrew the problem: the bracket is the one reached until then",
    SolverStatus.OPTIMAL: "the bracket of the optimal value is closed to the tolerance, by feasible points",
    SolverStatus.CONVERGED: "the optimality conditions hold to the tolerance, but no feasible point bounds the value",
    SolverStatus.UNBOUNDED: "a direction without equations has a cost, or feasible points have values below all bounds",
}
