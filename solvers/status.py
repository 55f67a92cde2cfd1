"""Per-problem status of a margin solve: an int32 inside `jit`, one table of meanings outside."""

import enum


class MarginStatus(enum.IntEnum):
    """What is known about the margin t* of one problem.

    `FEASIBLE` and `INFEASIBLE` rest on the certified bracket of that problem (see `bracket.py`), computed in float64:
    they are verdicts about the floating point data, not proofs. Proofs are made in exact arithmetic by the caller.
    """

    RUNNING = 0
    FEASIBLE = 1
    INFEASIBLE = 2
    BOUNDARY = 3
    ITERATION_LIMIT = 4
    FAILED = 5
    STOPPED = 6


MESSAGES: dict[MarginStatus, str] = {
    MarginStatus.RUNNING: "still iterating",
    MarginStatus.FEASIBLE: "lower > 0: an affine Gram matrix with positive eigenvalues was found",
    MarginStatus.INFEASIBLE: "upper < 0: a moment vector in the dual cone separates the right-hand side",
    MarginStatus.BOUNDARY: "the bracket closed around zero: the problem is feasible, if at all, without an interior",
    MarginStatus.ITERATION_LIMIT: "zero was still inside the bracket at the iteration limit: raise max_iterations",
    MarginStatus.FAILED: "NaN or infinity appeared: check the right-hand side and the scaling of this problem",
    MarginStatus.STOPPED: "the caller withdrew the problem: the bracket is the one reached until then",
}
