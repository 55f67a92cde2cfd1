"""MOSEK, by its own interface: tasks are built and written without a licence, solving asks for one.

The task is the Gram side, max -b'z s.t. -A'z = q, z in K*: MOSEK solves semidefinite programs in this form, with one
equation for each row of the program. Its first variables are the unknowns w (and the margin, negative), then come those
of linear and second-order cones, and one semidefinite variable for each other Gram matrix.
"""

import time

import mosek
import numpy as np
import scipy.sparse as sp

from nsos_jax.programs.backends.cone_problem import ConeProblem
from nsos_jax.programs.backends.point import Point, PointStatus
from nsos_jax.proofs import triangle

_STATUS = {
    mosek.solsta.optimal: PointStatus.SOLVED,
    mosek.solsta.prim_infeas_cer: PointStatus.INFEASIBLE,
    mosek.solsta.dual_infeas_cer: PointStatus.UNBOUNDED,
}


def missing_license() -> str:
    """Why MOSEK cannot solve here, or nothing. Takes milliseconds."""
    try:
        with mosek.Env() as env:
            env.checkoutlicense(mosek.feature.pton)
    except mosek.Error as error:
        return env.getcodedesc(error.errno)[1]
    return ""


def mosek_point(problem: ConeProblem, time_limit: float, tolerance: float) -> Point:
    """Solves by an interior-point method; needs a licence."""
    start = time.perf_counter()
    with mosek_task(problem) as task:
        for parameter in ("pfeas", "dfeas", "rel_gap", "infeas"):
            task.putdouparam(getattr(mosek.dparam, f"intpnt_co_tol_{parameter}"), tolerance)
        if np.isfinite(time_limit):
            task.putdouparam(mosek.dparam.optimizer_max_time, max(time_limit, 1e-3))
        task.optimize()
        kind = mosek.soltype.itr
        status = _STATUS.get(task.getsolsta(kind), PointStatus.FAILED)
        triangles = []
        for index, side in enumerate(problem.psd):
            row, column = triangle(side)
            entries = np.empty(len(row))
            entries[np.lexsort((column, row))] = task.getbarxj(kind, index)
            triangles.append(np.where(row == column, 1.0, np.sqrt(2.0)) * entries)
        z = np.concatenate([task.getxx(kind), *triangles])
        iterations = task.getintinf(mosek.iinfitem.intpnt_iter)
        return problem.point(status, np.array(task.gety(kind)), z, time.perf_counter() - start, iterations)


def mosek_task(problem: ConeProblem) -> mosek.Task:
    """The task of a problem, to be solved, written or changed."""
    task = mosek.Task()
    zeros, linear = problem.zeros, problem.zeros + problem.nonnegative
    scalars, equations = linear + 3 * problem.second_order, len(problem.cost)
    bounds = mosek.boundkey
    task.appendvars(scalars)
    task.putvarboundsliceconst(0, scalars, bounds.fr, 0.0, 0.0)
    task.putvarboundsliceconst(zeros, linear, bounds.lo, 0.0, 0.0)
    task.putclist(np.arange(scalars, dtype=np.int32), -problem.rhs[:scalars])
    task.putobjsense(mosek.objsense.maximize)
    task.appendcons(equations)
    task.putconboundslice(0, equations, [bounds.fx] * equations, problem.cost, problem.cost)
    entries = sp.coo_matrix(problem.matrix[:scalars])
    task.putaijlist(entries.col.astype(np.int32), entries.row.astype(np.int32), -entries.data)
    if problem.second_order:
        task.appendafes(scalars - linear)
        members = np.arange(scalars - linear)
        task.putafefentrylist(members, (linear + members).astype(np.int32), np.ones(len(members)))
        domain = task.appendquadraticconedomain(3)
        task.appendaccsseq([domain] * problem.second_order, len(members), 0, None)
    _add_matrices(task, problem, scalars)
    return task


def _add_matrices(task: mosek.Task, problem: ConeProblem, first: int) -> None:
    """One semidefinite variable for each psd cone; their rows begin at `first`."""
    if not problem.psd:
        return
    task.appendbarvars(problem.psd)
    triplets, values = [], []
    for index, side in enumerate(problem.psd):
        row, column = triangle(side)
        entries = sp.coo_matrix(problem.matrix[first : first + len(row)])
        first += len(row)
        i, j = row[entries.row], column[entries.row]
        triplets.append(np.stack([entries.col, np.full(len(i), index), j, i]))
        values.append(-entries.data / np.where(i == j, 1.0, np.sqrt(2.0)))
    equation, block, i, j = np.hstack(triplets).astype(np.int32)
    task.putbarablocktriplet(equation, block, i, j, np.concatenate(values))
