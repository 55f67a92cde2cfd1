"""Programs with large blocks or many equations: in two batches of ADMM, the first for points inside the cones.

The first batch maximises the margin of each program, d free, which finds a point inside the cone or proves that there
is none; the second minimises the cost from there. Blocks with weights become free variables for the coefficients of the
multiplier, each with an equation of its own that sums Gram entries, so that A A' stays diagonal.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from nsos_jax.solvers.batch import SosSolver
from nsos_jax.solvers.blocks import WeightedBlock, terms
from nsos_jax.solvers.interior_point import Outcome, is_sparse
from nsos_jax.solvers.options import SolverOptions
from nsos_jax.solvers.presolve import Reduced
from nsos_jax.solvers.problem import Inside, SosProblem, margin_problem
from nsos_jax.solvers.status import SolverStatus

if TYPE_CHECKING:
    from nsos_jax.solvers.programs import GramProgram

LARGEST_SIDE, LARGEST_ROWS = 160, 3000
"""Of a block, and equations, up to which Newton's equations are solved; where they are sparse, all are."""


def is_large(program: "GramProgram") -> bool:
    """Whether a program is for ADMM."""
    dense = program.rhs.size > LARGEST_ROWS and not is_sparse(program.blocks, program.rhs.size)
    return dense or max(map(len, program.blocks)) > LARGEST_SIDE


def without_weights(program: "GramProgram") -> "GramProgram":
    """The same program with a row and a free variable more for each tuple of rows that entries of a weighted block
    share: the row sums these entries, the variable is that sum, its column holds the weights."""
    if not any(isinstance(block, WeightedBlock) for block in program.blocks):
        return program
    first, blocks, index, values = program.rhs.size, [], [], []
    rows = first
    for block in program.blocks:
        maps, weights = terms(block)
        if not isinstance(block, WeightedBlock):
            blocks.append(block)
            continue
        keys, numbers = np.unique(maps.reshape(len(maps), -1).T, axis=0, return_inverse=True)
        blocks.append(rows + numbers.reshape(block.shape))
        own = np.arange(rows - first, rows - first + len(keys))
        index += [(keys.ravel(), np.repeat(own, len(maps))), (first + own, own)]
        values += [np.tile(weights, len(keys)), -np.ones(len(keys))]
        rows += len(keys)
    added = rows - first
    where = tuple(np.concatenate(part) for part in zip(*index, strict=True))
    columns = sp.csr_array((np.concatenate(values), where), shape=(rows, added))
    below = sp.csr_array((added, program.cost.size))
    free = sp.csr_array(sp.hstack([sp.vstack([sp.csr_array(program.free), below]), columns]))
    return type(program)(tuple(blocks), np.pad(program.rhs, (0, added)), free, np.pad(program.cost, (0, added)))


def solve(forms: Sequence[Reduced], options: SolverOptions) -> list[Outcome]:
    """Reduced programs without weights, in order."""
    second = SosSolver(options=options)
    first = SosSolver(options=replace(options, close_margins=False))
    inner: dict[int, int] = {}
    outer: dict[int, int] = {}
    anchors: dict[int, Inside | None] = {}
    for index, form in enumerate(forms):
        anchors[index] = form.inside()
        if anchors[index] is None:
            inner[index] = first.add(margin_problem(_maps(form), form.rhs, free=form.dense))
    first.run()
    for index, form in enumerate(forms):
        if index in inner:
            status = first.solutions[inner[index]].status
            if status is SolverStatus.FEASIBLE:
                anchors[index] = first.gram(inner[index]), first.free(inner[index])
            elif status in (SolverStatus.INFEASIBLE, SolverStatus.FAILED):
                continue
        if form.cost.any():
            problem = SosProblem(_maps(form), form.rhs, form.dense, form.cost, form.interior, anchor=anchors[index])
            outer[index] = second.add(problem)
    second.run()
    return [
        _value(second, outer[index], first.solutions[inner[index]].iterations if index in inner else 0)
        if index in outer
        else _decided(form, anchors[index], first, inner.get(index))
        for index, form in enumerate(forms)
    ]


def _maps(form: Reduced) -> tuple[np.ndarray, ...]:
    return tuple(terms(block)[0][0] for block in form.blocks)


def _value(solver: SosSolver, index: int, iterations: int) -> Outcome:
    solution = solver.solutions[index]
    return Outcome(
        solution.status,
        solution.lower,
        solution.upper,
        solver.gram(index),
        solver.free(index),
        solver.moments(index),
        iterations + solution.iterations,
    )


def _decided(form: Reduced, inside: Inside | None, solver: SosSolver, index: int | None) -> Outcome:
    """A program that the margin settles, or a point inside the cone."""
    iterations = 0 if index is None else solver.solutions[index].iterations
    if inside is not None:
        if form.endless:
            return Outcome(SolverStatus.UNBOUNDED, iterations=iterations)
        return Outcome(SolverStatus.OPTIMAL, 0.0, 0.0, *inside, np.zeros(form.rhs.size), iterations)
    assert index is not None
    status = solver.solutions[index].status
    moments = solver.moments(index) if status is SolverStatus.INFEASIBLE else None
    return Outcome(status, moments=moments, iterations=iterations)
