"""One batch over several processes, as hosts of a cluster: problems do not depend on each other, so each process solves
its share on its own devices, and the answers are exchanged at the end."""

import warnings
from collections.abc import Sequence

import jax
import numpy as np
from jax.experimental import multihost_utils

from nsos_jax.solvers.batch import solve_batch
from nsos_jax.solvers.options import Solution, SolverOptions
from nsos_jax.solvers.problem import SosProblem
from nsos_jax.solvers.status import SolverStatus

_REASON = 400
"""Bytes of the text that says why a process failed."""


def solve_everywhere(problems: Sequence[SosProblem], options: SolverOptions | None = None) -> list[Solution]:
    """The solutions of all problems, in order, in every process.

    Each process calls it with the same problems, after `jax.distributed.initialize`; a mesh in the options has to be of
    local devices. Without other processes it is `solve_batch`. Where the share of a process raises an exception, such
    as for its memory, the others solve it, and a `RuntimeWarning` says which process failed and why. A process that
    ends altogether is missed by JAX, which ends the others with a message.

    Raises:
      RuntimeError: a share failed in every process; says what each of them met.
      ValueError: the processes were not given equally many problems.
    """
    count, own = jax.process_count(), jax.process_index()
    if count == 1:
        return solve_batch(problems, options)
    given = _gather(np.array([len(problems)], np.int64)).ravel()
    if len(set(given)) > 1:
        raise ValueError(f"problems: processes 0 to {count - 1} were given {', '.join(map(str, given))}")
    found: dict[int, Solution] = {}
    failed: dict[int, str] = {}
    while open_ones := [index for index in range(len(problems)) if index not in found]:
        able = [process for process in range(count) if process not in failed]
        if not able:
            raise RuntimeError(f"no process could solve its share: {_told(failed)}")
        shares = {process: open_ones[place :: len(able)] for place, process in enumerate(able)}
        mine = [problems[index] for index in shares.get(own, [])]
        rows, reasons = _exchange(*_solved(mine, options), len(shares[able[0]]))
        for process, share in shares.items():
            if reasons[process]:
                failed[process] = reasons[process]
            else:
                found.update(zip(share, map(_solution, rows[process]), strict=False))  # rows of zeros fill it up
    if failed:
        warnings.warn(f"others solved the share of {_told(failed)}", RuntimeWarning, stacklevel=2)
    return [found[index] for index in range(len(problems))]


def _solved(problems: Sequence[SosProblem], options: SolverOptions | None) -> tuple[list[Solution], str]:
    """The solutions, or why there are none."""
    try:
        return solve_batch(problems, options), ""
    except Exception as error:
        return [], f"{type(error).__name__}: {error}"


def _exchange(solutions: Sequence[Solution], reason: str, rows: int) -> tuple[np.ndarray, list[str]]:
    """Of each process: its answers in so many rows, and why it has none."""
    answers = np.zeros((rows, 4))
    for place, solution in enumerate(solutions):
        answers[place] = solution.status, solution.lower, solution.upper, solution.iterations
    text = np.frombuffer(reason.encode()[:_REASON].ljust(_REASON, b"\0"), np.uint8)
    # as bytes, for float64 arrays need a mode of JAX that may be off
    gathered = _gather(np.concatenate([text, answers.view(np.uint8).ravel()]))
    reasons = [bytes(line[:_REASON]).rstrip(b"\0").decode(errors="replace") for line in gathered]
    return np.ascontiguousarray(gathered[:, _REASON:]).view(np.float64).reshape(len(gathered), rows, 4), reasons


def _gather(values: np.ndarray) -> np.ndarray:
    """The values of each process, as bytes or small numbers."""
    return np.asarray(multihost_utils.process_allgather(values.view(np.uint8))).view(values.dtype)


def _solution(row: np.ndarray) -> Solution:
    status, lower, upper, iterations = row
    return Solution(SolverStatus(int(status)), float(lower), float(upper), int(iterations))


def _told(failed: dict[int, str]) -> str:
    return "; ".join(f"process {process} ({reason})" for process, reason in failed.items())
