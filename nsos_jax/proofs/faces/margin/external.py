"""Central solutions by other people's interior-point methods: Clarabel and MOSEK, each by its own interface.

Both are given independent equations only, with their matrices dense: min <b, y> s.t. A'(y) psd, <A(I), y> = 1, whose
multipliers are S and t, for Clarabel; max t s.t. A(S) + t A(I) = b, S psd, whose multipliers are y, for MOSEK.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float

from nsos_jax.proofs.clarabel_form import clarabel_settings, from_triangle, to_triangle
from nsos_jax.proofs.faces.margin.central import CentralPoint, MarginEquations, central_point, finished

CONVERGED = 1e-7
"""Complementarity above which our own method counts as stuck."""
TOLERANCE = 1e-12
CentralSolver = Callable[[MarginEquations], CentralPoint]


def check_last_resort(name: str) -> None:
    """Raises ValueError for "mosek" without a licence."""
    if name == "mosek":
        from nsos_jax.solvers import mosek_license_available

        if not mosek_license_available():
            raise ValueError("last_resort='mosek' needs a licence of MOSEK: choose 'auto', 'clarabel' or 'none'")


def central_solver(name: str) -> CentralSolver:
    """The solver called "auto", "clarabel" or "mosek": "auto" is our own, and one of the others where that gets stuck.

    Raises:
      ValueError: for "mosek" without a licence.
    """
    check_last_resort(name)
    return {"auto": _automatic, "clarabel": clarabel_point, "mosek": mosek_point}[name]


def _automatic(equations: MarginEquations) -> CentralPoint:
    point = central_point(equations)
    if point.complementarity < CONVERGED or point.margin > 0:
        return point
    other = (mosek_point if _has_license() else clarabel_point)(equations)
    return other if other.complementarity < point.complementarity else point


def _has_license() -> bool:
    """Whether MOSEK can be used; asked only where something points to a licence, for asking loads CVXPY."""
    if "MOSEKLM_LICENSE_FILE" not in os.environ and not (Path.home() / "mosek" / "mosek.lic").exists():
        return False
    from nsos_jax.solvers import mosek_license_available

    return mosek_license_available()


def clarabel_point(equations: MarginEquations) -> CentralPoint:
    """The central solution by Clarabel; what it returns where it gives up is taken as it is."""
    import clarabel

    scale, rhs, adjoint = _data(equations)
    sides = [len(matrix) for matrix in adjoint[0]]
    columns = [np.concatenate([to_triangle(matrix) for matrix in matrices]) for matrices in adjoint]
    constraints = sp.csc_matrix(np.vstack([equations.identity, -np.array(columns).T]))
    right = np.zeros(constraints.shape[0])
    right[0] = 1.0
    cones = [clarabel.ZeroConeT(1), *(clarabel.PSDTriangleConeT(side) for side in sides if side)]
    quadratic = sp.csc_matrix((len(rhs), len(rhs)))
    solution = clarabel.DefaultSolver(quadratic, rhs, constraints, right, cones, clarabel_settings(TOLERANCE)).solve()
    dual, slack = np.array(solution.z), np.array(solution.s)
    slacks, moments, at = [], [], 1
    for side in sides:
        part = slice(at, at + side * (side + 1) // 2)
        slacks.append(from_triangle(dual[part], side))
        moments.append(from_triangle(slack[part], side))
        at = part.stop
    return finished(equations, slacks, moments, np.array(solution.x), -float(dual[0]), solution.iterations, scale)


def mosek_point(equations: MarginEquations) -> CentralPoint:
    """The central solution by MOSEK, which needs a licence."""
    import mosek

    scale, _, adjoint = _data(equations)
    kind = mosek.soltype.itr
    with mosek_task(equations) as task:
        task.optimize()
        slacks, moments, index = [], [], 0
        for side in (len(matrix) for matrix in adjoint[0]):
            slacks.append(_from_lower(task.getbarxj(kind, index), side) if side else np.zeros((0, 0)))
            moments.append(_from_lower(task.getbarsj(kind, index), side) if side else np.zeros((0, 0)))
            index += side > 0
        multipliers, margin = np.array(task.gety(kind)), float(task.getxx(kind)[0])
        steps = task.getintinf(mosek.iinfitem.intpnt_iter)
    return finished(equations, slacks, moments, multipliers, margin, steps, scale)


def mosek_task(equations: MarginEquations) -> Any:
    """The task max t s.t. A(S) + t A(I) = b: one free variable, one semidefinite variable per block."""
    import mosek

    _, rhs, adjoint = _data(equations)
    task = mosek.Task()
    task.appendvars(1)
    task.putvarbound(0, mosek.boundkey.fr, 0.0, 0.0)
    task.putcj(0, 1.0)
    task.putobjsense(mosek.objsense.maximize)
    count = len(rhs)
    task.appendcons(count)
    task.putconboundslice(0, count, [mosek.boundkey.fx] * count, rhs, rhs)
    task.putaijlist(np.arange(count, dtype=np.int32), np.zeros(count, np.int32), equations.identity)
    live = [block for block, matrix in enumerate(adjoint[0]) if len(matrix)]
    task.appendbarvars([len(adjoint[0][block]) for block in live])
    for index, block in enumerate(live):
        stack = np.array([matrices[block] for matrices in adjoint])
        row, column = np.tril_indices(stack.shape[1])
        values = stack[:, row, column]
        equation, entry = np.nonzero(values)
        task.putbarablocktriplet(
            equation.astype(np.int32),
            np.full(len(entry), index, np.int32),
            row[entry].astype(np.int32),
            column[entry].astype(np.int32),
            values[equation, entry],
        )
    task.putdouparam(mosek.dparam.intpnt_co_tol_rel_gap, TOLERANCE)
    task.putintparam(mosek.iparam.num_threads, 1)
    return task


def _data(equations: MarginEquations) -> tuple[float, Float[np.ndarray, " k"], list[tuple[np.ndarray, ...]]]:
    """|b|, b / |b|, and A'(e_i) for each equation as one matrix per block, empty where nothing of the block is left."""
    scale = max(float(np.linalg.norm(equations.rhs)), 1e-300)
    matrices = [equations.blocks(equations.adjoint(unit)) for unit in np.eye(len(equations.rhs))]
    return scale, equations.rhs / scale, matrices


def _from_lower(entries: Any, side: int) -> Float[np.ndarray, "r r"]:
    """MOSEK stacks the columns of the lower triangle."""
    column, row = np.triu_indices(side)
    matrix = np.zeros((side, side))
    matrix[row, column] = matrix[column, row] = entries
    return matrix
