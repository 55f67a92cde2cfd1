"""One program under way: its units, the best points so far, and when it ends."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from nsos_jax.solvers.interior_point.batch import Structure
from nsos_jax.solvers.interior_point.closing import Point, dual_point, primal_point, rounding
from nsos_jax.solvers.interior_point.program import ConicProgram, Outcome
from nsos_jax.solvers.problem import Matrix
from nsos_jax.solvers.status import SolverStatus

FEASIBLE = 1e-9
"""Residuals, relative to b and c, below which an iterate is kept as a point inside the cone."""
NEAR = 1e-5
"""Such residuals from which on bounds are made."""
PROMISING = 0.5
"""Of the tolerance: the gap of an iterate from which bounds are made."""
STUCK = 100
"""Times the tolerance: the gap from which on short steps mean that no more digits will come."""
SHORT, PATIENCE = 1e-4, 4
"""Steps this short, this often in a row, end a program."""
RAY = 1e3
"""Values, in units of b and c, from which on a ray is looked for."""
ENDLESS = 1e9
"""Feasible points whose value, in these units, is below minus this count as `UNBOUNDED`, if nothing bounds it."""
SETTLED = 12
"""Iterations after which a positive margin is not improved any more."""
BOUNDARY = 1e-3
"""Of the tolerance: the width of a bracket around 0 at which a margin counts as zero."""
CONVERGED = 0.01
"""Of the tolerance: what the optimality conditions have to hold to for `CONVERGED`, as nothing certifies it."""


class Now(NamedTuple):
    """An iterate of one program: S, d and m in the rows of the program, the values of both sides, their residuals
    relative to the data, the last step length, and whether its numbers are usable."""

    slack: np.ndarray
    free: np.ndarray
    moments: np.ndarray
    above: float
    below: float
    primal_residual: float
    dual_residual: float
    step: float
    alive: bool


@dataclass
class Member:
    """A program with b over `size`, c over `price`, d in units of `columns`.

    Attributes:
      primal, dual: S and d, and m, of the first iterate that is feasible: points inside the cone.
      lower, upper: the best bounds, in these units; best, moments: the points behind them.
      residual: the least one of the optimality conditions; unproven: the points that have it.
      tried: the gap at which bounds were made last.
      short: short steps in a row; converged: bounds made at points that count as converged.
    """

    index: int
    program: ConicProgram
    structure: Structure
    size: float
    price: float
    columns: np.ndarray
    iterations: int = 0
    short: int = 0
    converged: int = 0
    tried: float = np.inf
    primal: tuple[np.ndarray, np.ndarray] | None = None
    dual: np.ndarray | None = None
    lower: float = -np.inf
    upper: float = np.inf
    best: Point | None = None
    moments: Point | None = None
    residual: float = np.inf
    unproven: tuple[Point | None, Point | None] = None, None

    @classmethod
    def of(cls, index: int, program: ConicProgram, structure: Structure) -> "Member":
        """The program in units of its own, all of them powers of two."""
        if program.is_margin:
            program = program.with_margin()
        heights = _heights(program.free)
        columns = np.exp2(-np.round(np.log2(np.where(heights > 0, heights, 1.0))))
        cost = program.cost * columns
        size, price = (_unit(float(np.linalg.norm(array))) for array in (program.rhs, cost))
        if isinstance(program.free, np.ndarray):
            free: Matrix = program.free * columns
        else:
            free = sp.csr_array(program.free @ sp.diags_array(columns))
        scaled = replace(program, rhs=program.rhs / size, free=free, cost=cost / price)
        return cls(index, scaled, structure, size, price, columns)

    def judge(self, now: Now, tolerance: float, limit: int) -> SolverStatus:
        """What is known after an iteration."""
        self._keep(now)
        self.short = self.short + 1 if now.step < SHORT else 0
        over = not now.alive or self.short >= PATIENCE or self.iterations >= limit
        self.iterations += 1
        if self.program.is_margin:
            return self._judge_margin(now, tolerance, over)
        gap, wanted = abs(now.above - now.below), self._wanted(tolerance, now.above, now.below)
        close = gap <= PROMISING * wanted or (gap <= STUCK * wanted and now.step < 0.5)
        feasible = max(now.primal_residual, now.dual_residual) <= NEAR
        if over or (feasible and close and gap <= 0.5 * self.tried):
            self.tried = gap
            self._bound(now)
            one_sided = not np.isfinite(self.upper - self.lower)
            if not one_sided and self.upper - self.lower <= self._wanted(tolerance, self.lower, self.upper):
                return SolverStatus.OPTIMAL
            self.converged += self.residual <= CONVERGED * tolerance
            if one_sided and self.converged and (over or self.converged >= PATIENCE):
                return SolverStatus.CONVERGED
        if (over or now.below > RAY * (1 + abs(now.above))) and self._is_infeasible(now):
            return SolverStatus.INFEASIBLE
        if now.above < -ENDLESS and self._is_endless(now):
            return SolverStatus.UNBOUNDED
        if not over:
            return SolverStatus.RUNNING
        return SolverStatus.ITERATION_LIMIT if np.isfinite(self.residual) else SolverStatus.FAILED

    def outcome(self, status: SolverStatus) -> Outcome:
        """In the units of the caller."""
        grams = free = moments = None
        primal, dual = self.best or self.unproven[0], self.moments or self.unproven[1]
        if primal is not None:
            free, slack = self.size * self.columns * primal.free, self.size * primal.slack
            if self.program.is_margin:
                slack, free = slack + free[0] * self.structure.identity, free[1:]
            grams = self.structure.layout.blocks(slack)
        if dual is not None:
            moments = self.price * dual.free
        unit = self.size * self.price
        bounds = self.lower * unit, self.upper * unit
        return Outcome(status, *bounds, grams, free, moments, self.iterations, *self._inside())

    def _inside(self) -> tuple[tuple[tuple[np.ndarray, ...], np.ndarray] | None, np.ndarray | None]:
        """The points far inside the cone, in the units of the caller; of a margin none."""
        primal, dual = None, None
        if self.primal is not None and not self.program.is_margin:
            point = primal_point(self.structure, self.program, *self.primal)
            primal = self.structure.layout.blocks(self.size * point.slack), self.size * self.columns * point.free
        if self.dual is not None and not self.program.is_margin:
            point = dual_point(self.structure, self.program, self.dual, self.program.cost)
            dual = self.price * point.free
        return primal, dual

    def _wanted(self, tolerance: float, lower: float, upper: float) -> float:
        """The gap, in these units, at which the program is closed."""
        unit = self.size * self.price
        return tolerance * (min(1.0, unit) / unit + abs(lower) + abs(upper))

    def _keep(self, now: Now) -> None:
        """The first points inside."""
        if self.primal is None and now.primal_residual <= FEASIBLE:
            self.primal = now.slack.copy(), now.free.copy()
        if self.dual is None and now.dual_residual <= FEASIBLE:
            self.dual = now.moments.copy()

    def _judge_margin(self, now: Now, tolerance: float, over: bool) -> SolverStatus:
        self._bound(now)
        low, high = -self.upper, -self.lower
        if high < 0:
            return SolverStatus.INFEASIBLE
        if low > 0 and (low >= 0.5 * high or self.iterations >= SETTLED or over):
            return SolverStatus.FEASIBLE
        if high - low <= BOUNDARY * tolerance:
            return SolverStatus.BOUNDARY
        return SolverStatus.ITERATION_LIMIT if over else SolverStatus.RUNNING

    def _bound(self, now: Now) -> None:
        """Better bounds by this iterate, if it gives any."""
        program, structure = self.program, self.structure
        primal = primal_point(structure, program, now.slack, now.free)
        dual = dual_point(structure, program, now.moments, program.cost)
        above, below = program.cost @ primal.free, -program.rhs @ dual.free
        size, strength = (float(np.linalg.norm(point.slack)) for point in (primal, dual))
        violation = max(-primal.lowest / (1 + size), -dual.lowest / max(strength, 1e-300))
        residual = max(violation, abs(above - below) / (1 + size + abs(above) + abs(below)))
        if residual < self.residual:
            self.residual, self.unproven = residual, (primal, dual)
        if program.is_margin:  # t takes up what is missing
            lift, first = -primal.lowest, np.eye(program.cost.size)[0]
            lowered = primal.free - lift / self.columns[0] * first
            primal = Point(primal.slack + lift * structure.identity, lowered, 0.0)
        if primal.lowest < 0 and self.primal is not None:
            primal = primal.mixed(primal_point(structure, program, *self.primal))
        if dual.lowest < 0 and self.dual is not None:
            dual = dual.mixed(dual_point(structure, program, self.dual, program.cost))
        slip = rounding(structure, program, primal.slack, dual.free)
        upper, lower = float(program.cost @ primal.free + slip), float(-program.rhs @ dual.free - slip)
        if primal.lowest >= 0 and upper < self.upper:
            self.upper, self.best = upper, primal
        if dual.lowest >= 0 and lower > self.lower:
            self.lower, self.moments = lower, dual

    def _is_endless(self, now: Now) -> bool:
        """Whether a feasible point has a value without bounds, as far as float64 tells."""
        self._bound(now)
        return self.upper < -ENDLESS and not np.isfinite(self.lower)

    def _is_infeasible(self, now: Now) -> bool:
        """Whether the moments, made to satisfy F'm = 0, have M(m) psd and <b, m> < 0."""
        length = np.linalg.norm(now.moments)
        if not 0 < length < np.inf:
            return False
        ray = dual_point(self.structure, self.program, now.moments / length, np.zeros_like(self.program.cost))
        slip = rounding(self.structure, self.program, np.zeros(1), ray.free)
        if ray.lowest < 0 or self.program.rhs @ ray.free >= -slip:
            return False
        self.lower, self.moments = np.inf, ray
        return True


def _heights(free: Matrix) -> np.ndarray:
    """The largest number of each column [K]."""
    if isinstance(free, np.ndarray):
        return np.abs(free).max(axis=0, initial=0.0)
    return abs(free).max(axis=0).toarray().ravel()


def _unit(size: float) -> float:
    """The power of two next to it."""
    return float(np.exp2(np.round(np.log2(size)))) if 0 < size < np.inf else 1.0
