"""Margin problems and programs in other people's solvers: Clarabel and SCS through CVXPY, MOSEK by its own task.

For cross-checks, benchmarks and a final verification by a solver of the user's choice. All are given the Gram side,
    max -c'd  s.t.  A(S) + F d = b,  S = blkdiag(S_1, ..., S_k) psd,
whose equality multipliers m are the moments of the dual, min <b, m> s.t. M(m) psd, F'm = -c. In a margin problem, d_0
is the margin t, F_0 = A(I), c = (-1, 0, ...) and Q = S + t I.

MOSEK gets a task of its own: CVXPY would hand it the dual, with one equation per Gram entry instead of one per row, and
needs 0.6 s to build that at a block of 60, where the task takes 0.01 s. MOSEK builds and writes tasks without a
licence; only optimising asks for one.
"""

import functools
import logging
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cvxpy as cp
import mosek
import numpy as np
import scipy.sparse as sp

from nsos_jax.solvers.blocks import entry_matrix, terms
from nsos_jax.solvers.problem import SosProblem
from nsos_jax.solvers.programs import GramProgram

SOLVERS = ("CLARABEL", "SCS", "MOSEK")
TASK_SUFFIXES = (".cbf", ".ptf", ".task", ".jtask")

_STATUS_OF_MOSEK = {
    mosek.solsta.optimal: "optimal",
    mosek.solsta.prim_infeas_cer: "infeasible",
    mosek.solsta.dual_infeas_cer: "unbounded",
}
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReferenceSolution:
    """What a reference solver answered, in float64 and to its own tolerances: evidence for comparison, not a proof.

    Where the solver returned no point, `value` and every array hold NaN.

    Attributes:
      solver: its name.
      status: the solver's verdict in CVXPY's words: "optimal", "optimal_inaccurate", "infeasible" and "unbounded" (of a
        program, or the bare form), "user_limit", ..., or "failed" where it gave up.
      value: c'd, minus the margin of a margin problem.
      free: d, float64 [variables]; d_0 of a margin problem is t, fixed at 0 in the bare form.
      grams: the Gram blocks S_j, of a margin problem Q_j = S_j + t I, float64 [k, k] each.
      moments: m, float64 [rows]; but for the bare form, F'm = -c, M(m) is psd and -<b, m> = c'd, to the tolerances.
      seconds: wall clock of building and solving.
      solver_seconds: the solver's own count, NaN where it gives none.
      iterations: of the solver, None where it gives none.
      is_margin: whether it was a margin problem.
    """

    solver: str
    status: str
    value: float
    free: np.ndarray
    grams: tuple[np.ndarray, ...]
    moments: np.ndarray
    seconds: float
    solver_seconds: float
    iterations: int | None
    is_margin: bool

    @property
    def margin(self) -> float:
        """t of a margin problem; raises ValueError for others."""
        if not self.is_margin:
            raise ValueError("margin is that of a margin problem; this was one without: see value")
        return float(self.free[0])


def solve_reference(
    problem: SosProblem | GramProgram, solver: str = "CLARABEL", feasibility: bool = False, **solver_options: Any
) -> ReferenceSolution:
    """Solves one problem with "CLARABEL", "SCS" or "MOSEK".

    Args:
      problem: a margin problem or a program, with a finite right-hand side.
      solver: a name of `SOLVERS`, in any case.
      feasibility: of a margin problem, the bare form instead: any psd Q with A(Q) = b up to the other free variables, t
        fixed at 0 and no objective.
      **solver_options: what CVXPY passes on (`max_iter=50` to Clarabel, `eps=1e-8` to SCS) or, for MOSEK, parameters by
        their full names (`MSK_DPAR_OPTIMIZER_MAX_TIME=60.0`).

    Raises:
      ValueError: for an unknown solver, NaN or infinity in the right-hand side, and the bare form of a program.
      RuntimeError: for MOSEK without a licence.

    >>> from nsos_jax.solvers.problem import margin_problem
    >>> x_squared_plus_one = margin_problem((np.array([[0, 1], [1, 2]]),), np.array([1.0, 0.0, 1.0]))
    >>> solution = solve_reference(x_squared_plus_one)
    >>> solution.status, round(solution.margin, 6)
    ('optimal', 1.0)
    """
    name = solver.upper()
    _check_form(problem, feasibility)
    if name not in SOLVERS:
        raise ValueError(f"solver must be one of {', '.join(SOLVERS)}, got {solver!r}")
    if not np.isfinite(problem.rhs).all():
        raise ValueError(f"problem.rhs must be finite, got {problem.rhs[~np.isfinite(problem.rhs)][0]}")
    if name == "MOSEK":
        return _solve_with_mosek(problem, feasibility, solver_options)
    return _solve_with_cvxpy(problem, name, feasibility, solver_options)


def available_solvers() -> tuple[str, ...]:
    """The names of `SOLVERS` that can solve here; without a licence MOSEK is skipped and one logged line says so.

    >>> available_solvers()[:2]
    ('CLARABEL', 'SCS')
    """
    return SOLVERS if mosek_license_available() else tuple(name for name in SOLVERS if name != "MOSEK")


@functools.cache
def mosek_license_available() -> bool:
    """Whether MOSEK hands out a licence; asked once, where not, one line says why.

    MOSEK looks where MOSEKLM_LICENSE_FILE points, or else into ~/mosek/mosek.lic. That takes milliseconds, and no
    network unless that variable names a licence server.
    """
    reason = _missing_license()
    if reason:
        _log.warning("MOSEK is skipped: %s", reason)
    return not reason


def write_task(problem: SosProblem | GramProgram, path: str | Path, feasibility: bool = False) -> None:
    """Writes the MOSEK task that `solve_reference` would optimise; needs no licence.

    Args:
      problem: a margin problem or a program.
      path: ends in .cbf (Conic Benchmark Format, plain text that many solvers read), .ptf (readable), .task or .jtask.
      feasibility: the bare form, as in `solve_reference`.

    Raises:
      ValueError: for another ending, a folder that does not exist, and the bare form of a program.
    """
    _check_form(problem, feasibility)
    path = Path(path)
    if path.suffix not in TASK_SUFFIXES:
        raise ValueError(f"path must end in one of {', '.join(TASK_SUFFIXES)}, got {str(path)!r}")
    if not path.parent.is_dir():
        raise ValueError(f"path must lie in an existing folder, got {str(path)!r}")
    with _mosek_task(problem, feasibility) as task:
        task.writedata(str(path))


def _is_margin(problem: SosProblem | GramProgram) -> bool:
    return isinstance(problem, SosProblem) and problem.is_margin


def _check_form(problem: SosProblem | GramProgram, feasibility: bool) -> None:
    if feasibility and not _is_margin(problem):
        raise ValueError("feasibility=True is the bare form of a margin problem, got a problem without a margin")


def _solve_with_cvxpy(
    problem: SosProblem | GramProgram, name: str, feasibility: bool, options: dict[str, Any]
) -> ReferenceSolution:
    start = time.perf_counter()
    # All is homogeneous in b. At |b| near 1 Clarabel ended "optimal" on instances where it stalled without.
    scale = float(np.abs(problem.rhs).max(initial=0.0)) or 1.0
    sizes = tuple(map(len, problem.blocks))
    free = cp.Variable(problem.cost.size)
    slacks = [cp.Variable((size, size), PSD=True) for size in sizes]
    row_sums = entry_matrix(problem.blocks, problem.rhs.size)
    entries = cp.hstack([cp.vec(slack, order="F") for slack in slacks])
    equations = row_sums @ entries + sp.csr_array(problem.free) @ free == problem.rhs / scale
    objective = cp.Constant(0.0) if feasibility else -problem.cost @ free
    model = cp.Problem(cp.Maximize(objective), [equations, free[0] == 0.0] if feasibility else [equations])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Solution may be inaccurate")
        try:
            model.solve(solver=name, **options)
        except cp.SolverError as error:
            _log.info("%s: %s", name, error)
    solved = model.status in (cp.OPTIMAL, cp.OPTIMAL_INACCURATE, cp.USER_LIMIT) and equations.dual_value is not None
    values = np.full(problem.cost.size, np.nan)
    grams = tuple(np.full((size, size), np.nan) for size in sizes)
    if solved:
        values = np.asarray(free.value) * scale
        if feasibility:
            values[0] = 0.0
        shift = values[0] if _is_margin(problem) else 0.0
        grams = tuple(
            np.asarray(slack.value) * scale + shift * np.eye(size) for slack, size in zip(slacks, sizes, strict=True)
        )
    stats = model.solver_stats
    return ReferenceSolution(
        solver=name,
        status=model.status if model.status not in (None, cp.SOLVER_ERROR) else "failed",
        value=float(problem.cost @ values),
        free=values,
        grams=grams,
        moments=np.asarray(equations.dual_value) if solved else np.full(problem.rhs.size, np.nan),
        seconds=time.perf_counter() - start,
        solver_seconds=np.nan if stats is None or stats.solve_time is None else float(stats.solve_time),
        iterations=None if stats is None else stats.num_iters,
        is_margin=_is_margin(problem),
    )


def _missing_license() -> str:
    """Why MOSEK cannot optimise here, or nothing."""
    try:
        with mosek.Env() as env:
            env.checkoutlicense(mosek.feature.pton)
    except mosek.Error as error:
        return env.getcodedesc(error.errno)[1]
    return ""


def _solve_with_mosek(
    problem: SosProblem | GramProgram, feasibility: bool, options: dict[str, Any]
) -> ReferenceSolution:
    if not mosek_license_available():
        raise RuntimeError(
            f"solver='MOSEK' cannot run: {_missing_license()} Install a licence (~/mosek/mosek.lic or "
            "MOSEKLM_LICENSE_FILE), choose CLARABEL or SCS, or take the problem elsewhere with write_task"
        )
    start = time.perf_counter()
    kind = mosek.soltype.itr
    with _mosek_task(problem, feasibility) as task:
        for parameter, value in options.items():
            task.putparam(parameter, str(value))
        task.optimize()
        outcome = task.getsolsta(kind)
        solved = outcome == mosek.solsta.optimal
        values = np.array(task.getxx(kind)) if solved else np.full(problem.cost.size, np.nan)
        shift = values[0] if _is_margin(problem) else 0.0
        grams = []
        for index, size in enumerate(map(len, problem.blocks)):
            gram = np.full((size, size), np.nan)
            if solved:
                column, row = np.triu_indices(size)  # MOSEK stacks the columns of the lower triangle
                gram[row, column] = gram[column, row] = task.getbarxj(kind, index)
            grams.append(gram + shift * np.eye(size))
        return ReferenceSolution(
            solver="MOSEK",
            status=_STATUS_OF_MOSEK.get(outcome, "failed"),
            value=float(problem.cost @ values),
            free=values,
            grams=tuple(grams),
            moments=np.array(task.gety(kind)) if solved else np.full(problem.rhs.size, np.nan),
            seconds=time.perf_counter() - start,
            solver_seconds=task.getdouinf(mosek.dinfitem.optimizer_time),
            iterations=task.getintinf(mosek.iinfitem.intpnt_iter),
            is_margin=_is_margin(problem),
        )


def _mosek_task(problem: SosProblem | GramProgram, feasibility: bool) -> mosek.Task:
    """The free variables d, one semidefinite variable per block, one equation per row."""
    task = mosek.Task()
    variables = problem.cost.size
    task.appendvars(variables)
    task.putvarboundsliceconst(0, variables, mosek.boundkey.fr, 0.0, 0.0)
    if feasibility:
        task.putvarbound(0, mosek.boundkey.fx, 0.0, 0.0)
    else:
        task.putcslice(0, variables, -problem.cost)
    task.putobjsense(mosek.objsense.maximize)
    rows = problem.rhs.size
    task.appendcons(rows)
    task.putconboundslice(0, rows, [mosek.boundkey.fx] * rows, problem.rhs, problem.rhs)
    free = sp.coo_array(problem.free)
    task.putaijlist(free.row.astype(np.int32), free.col.astype(np.int32), free.data)
    task.appendbarvars([len(block) for block in problem.blocks])
    triplets, weights = [], []
    for index, block in enumerate(problem.blocks):
        row, column = np.tril_indices(len(block))
        for maps, weight in zip(*terms(block), strict=True):
            triplets.append(np.stack([maps[row, column], np.full(row.size, index), row, column]))
            weights.append(np.full(row.size, weight))
    equation, block_index, row, column = np.hstack(triplets).astype(np.int32)
    task.putbarablocktriplet(equation, block_index, row, column, np.concatenate(weights))
    return task
