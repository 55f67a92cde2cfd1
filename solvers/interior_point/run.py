"""Many programs: grouped by structure, a few at a time on every core, those that end making room for others."""

import os
from collections import defaultdict, deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from nsos_jax.solvers.interior_point.batch import Batch, Columns, State, Structure, join, take
from nsos_jax.solvers.interior_point.closing import Point, dual_point, primal_point, rounding
from nsos_jax.solvers.interior_point.iteration import Residuals, advance, residuals, start
from nsos_jax.solvers.interior_point.program import ConicProgram, Outcome
from nsos_jax.solvers.interior_point.workspace import Workspace
from nsos_jax.solvers.status import SolverStatus

SAMPLES_PAY = 12
"""Programs of one structure from which on looking for points costs less than they save."""
FEASIBLE = 1e-9
"""Residuals, relative to b and c, below which an iterate is kept as a point inside the cone."""
PROMISING = 0.5
"""Of the tolerance: the gap of an iterate from which bounds are made."""
STUCK = 100
"""Times the tolerance: the gap from which on short steps mean that no more digits will come."""
NEAR = 1e-5
"""Residuals, relative to b and c, from which on bounds are made."""
SHORT, PATIENCE = 1e-4, 4
"""Steps this short, this often in a row, end a program."""
RAY = 1e3
"""Values, in units of b and c, from which on a ray is looked for."""
ENDLESS = 1e9
"""Feasible points whose value, in these units, is below minus this count as `UNBOUNDED`, if nothing bounds it."""
SETTLED = 12
"""Iterations after which a positive margin is not improved any more."""
CONVERGED = 0.01
"""Of the tolerance: what the optimality conditions have to hold to for `CONVERGED`, as nothing certifies it."""


@dataclass
class Member:
    """A program under way, b over `size`, c over `price`, d in units of `columns`."""

    index: int
    program: ConicProgram
    size: float
    price: float
    columns: np.ndarray
    iterations: int = 0
    short: int = 0
    tried: float = np.inf
    primal: Point | None = None
    dual: Point | None = None
    lower: float = -np.inf
    upper: float = np.inf
    best: Point | None = None
    moments: Point | None = None
    residual: float = np.inf
    unproven: tuple[Point | None, Point | None] = None, None

    @classmethod
    def of(cls, index: int, program: ConicProgram) -> "Member":
        heights = np.abs(program.free).max(axis=0, initial=0.0)
        columns = np.exp2(-np.round(np.log2(np.where(heights > 0, heights, 1.0))))
        cost = program.cost * columns
        size, price = (_unit(float(np.linalg.norm(array))) for array in (program.rhs, cost))
        scaled = ConicProgram(
            program.blocks, program.rhs / size, program.free * columns, cost / price, program.is_margin
        )
        return cls(index, scaled, size, price, columns)

    @property
    def unit(self) -> float:
        """Of the value."""
        return self.size * self.price

    def wanted(self, tolerance: float, lower: float, upper: float) -> float:
        """The gap, in units of this program, at which it is closed."""
        return tolerance * (min(1.0, self.unit) / self.unit + abs(lower) + abs(upper))

    def closed(self, tolerance: float) -> bool:
        """Whether the bracket is."""
        finite = np.isfinite(self.lower) and np.isfinite(self.upper)
        return bool(finite and self.upper - self.lower <= self.wanted(tolerance, self.lower, self.upper))

    def outcome(self, status: SolverStatus, structure: Structure) -> Outcome:
        """In the units of the caller."""
        grams = free = moments = None
        primal, dual = self.best or self.unproven[0], self.moments or self.unproven[1]
        if primal is not None:
            free = self.size * self.columns * primal.free
            grams = structure.layout.blocks(self.size * primal.slack)
        if dual is not None:
            moments = self.price * dual.free
        bounds = self.lower * self.unit, self.upper * self.unit
        return Outcome(status, *bounds, grams, free, moments, self.iterations)


def _unit(size: float) -> float:
    """The power of two next to it."""
    return float(np.exp2(np.round(np.log2(size)))) if 0 < size < np.inf else 1.0


def solve(programs: Sequence[ConicProgram], tolerance: float, max_iterations: int) -> list[Outcome]:
    """All programs, in order."""
    outcomes: list[Outcome | None] = [None] * len(programs)
    groups: defaultdict[tuple, list[int]] = defaultdict(list)
    for index, program in enumerate(programs):
        groups[program.key].append(index)
    cores = os.cpu_count() or 1
    with ThreadPoolExecutor(cores, "nsos-interior-point") as threads, threadpool_limits(1, "blas"):
        tasks = []
        for indices in groups.values():
            first = programs[indices[0]]
            structure = Structure(first.blocks, first.rhs.size, len(indices) >= SAMPLES_PAY)
            queue = deque(Member.of(index, programs[index]) for index in indices)
            for _ in range(min(cores, -(-len(indices) // 4))):
                tasks.append(threads.submit(_Run(structure, queue, tolerance, max_iterations, outcomes).run))
        for task in tasks:
            task.result()
    return [outcome for outcome in outcomes if outcome is not None]


class _Run:
    """What one thread does with the programs of one structure."""

    def __init__(
        self,
        structure: Structure,
        queue: deque[Member],
        tolerance: float,
        max_iterations: int,
        outcomes: list[Outcome | None],
    ) -> None:
        self.structure, self.queue, self.outcomes = structure, queue, outcomes
        self.tolerance, self.max_iterations = tolerance, max_iterations
        self.work = Workspace()
        self.slots = max(1, min(32, (1 << 19) // structure.rows**2))
        self.members: list[Member] = []

    def run(self) -> None:
        """Until the queue is empty and all programs have ended."""
        batch = state = None
        while True:
            batch, state = self._refilled(batch, state)
            if batch is None or state is None:
                return
            missing = residuals(self.structure, batch, state)
            going = self._look(batch, state, missing)
            if not going.all():
                self.members = [member for member, stays in zip(self.members, going, strict=True) if stays]
                batch, state, missing = take(batch, going), take(state, going), take(missing, going)
            if going.any():
                state = advance(self.structure, batch, state, missing, self.work)

    def _refilled(self, batch: Batch | None, state: State | None) -> tuple[Batch | None, State | None]:
        """Programs of the queue in the free slots, once half of them are free."""
        if not self.members:
            batch = state = None
        if len(self.members) > self.slots // 2 or not self.queue:
            return batch, state
        used = set() if batch is None else set(batch.slots.tolist())
        fresh: list[tuple[int, Member]] = []
        for slot in (slot for slot in range(self.slots) if slot not in used):
            try:
                fresh.append((slot, self.queue.popleft()))
            except IndexError:
                break
        if not fresh:
            return batch, state
        if batch is None:
            columns = Columns(self.structure, self.slots, fresh[0][1].program.cost.size)
        else:
            columns = batch.columns
        for slot, member in fresh:
            columns.load(slot, member.program.free)
        rhs = np.stack([member.program.rhs for _, member in fresh])
        if self.structure.schur.transform is not None:
            rhs = rhs @ self.structure.schur.transform.T
        cost = np.stack([member.program.cost for _, member in fresh])
        added = Batch(rhs, cost, np.array([slot for slot, _ in fresh]), columns)
        begun = start(self.structure, added, self.work)
        self.members += [member for _, member in fresh]
        return (added, begun) if batch is None or state is None else (join(batch, added), join(state, begun))

    def _look(self, batch: Batch, state: State, missing: Residuals) -> np.ndarray:
        """Which programs go on; the others get their outcome."""
        above, below = (batch.cost * state.free).sum(axis=1), -(batch.rhs * state.moments).sum(axis=1)
        primal = np.abs(missing.primal).max(axis=1) / (1 + np.abs(batch.rhs).max(axis=1))
        dual = np.abs(missing.dual).max(axis=1) / (1 + np.abs(state.dual).max(axis=1))
        dual = np.maximum(
            dual, np.abs(missing.cost).max(axis=1, initial=0.0) / (1 + np.abs(batch.cost).max(axis=1, initial=0.0))
        )
        going = np.ones(len(self.members), bool)
        for index, member in enumerate(self.members):
            one = slice(index, index + 1)
            values = float(above[index]), float(below[index]), float(primal[index]), float(dual[index])
            now = _Now(take(batch, one), take(state, one), *values)
            status = self._judge(member, now)
            member.iterations += 1
            if status is not SolverStatus.RUNNING:
                going[index] = False
                self.outcomes[member.index] = member.outcome(status, self.structure)
        return going

    def _judge(self, member: Member, now: "_Now") -> SolverStatus:
        if now.primal and member.primal is None:
            member.primal = self._primal_point(member, now)
        if now.dual and member.dual is None:
            member.dual = self._dual_point(member, now)
        step = now.state.step[0]
        member.short = member.short + 1 if step < SHORT else 0
        over = not now.state.alive[0] or member.short >= PATIENCE or member.iterations >= self.max_iterations
        gap = abs(now.above - now.below)
        wanted = member.wanted(self.tolerance, now.above, now.below)
        if member.program.is_margin:
            return self._judge_margin(member, now, over)
        near = gap <= PROMISING * wanted or (gap <= STUCK * wanted and step < 0.5)
        if over or (now.near and near and gap <= 0.5 * member.tried):
            member.tried = gap
            self._bound(member, now)
            if member.closed(self.tolerance):
                return SolverStatus.OPTIMAL
            if member.residual <= CONVERGED * self.tolerance and not np.isfinite(member.upper - member.lower):
                return SolverStatus.CONVERGED
        if (over or now.below > RAY * (1 + abs(now.above))) and self._is_infeasible(member, now):
            return SolverStatus.INFEASIBLE
        if now.above < -ENDLESS and self._is_endless(member, now):
            return SolverStatus.UNBOUNDED
        if not over:
            return SolverStatus.RUNNING
        return SolverStatus.ITERATION_LIMIT if np.isfinite(member.residual) else SolverStatus.FAILED

    def _judge_margin(self, member: Member, now: "_Now", over: bool) -> SolverStatus:
        self._bound(member, now)
        low, high = -member.upper, -member.lower
        if high < 0:
            return SolverStatus.INFEASIBLE
        if low > 0 and (low >= 0.5 * high or member.iterations >= SETTLED or over):
            return SolverStatus.FEASIBLE
        if high - low <= self.tolerance * 1e-3:
            return SolverStatus.BOUNDARY
        return SolverStatus.ITERATION_LIMIT if over else SolverStatus.RUNNING

    def _primal_point(self, member: Member, now: "_Now") -> Point:
        return primal_point(self.structure, member.program, now.state.slack[0], now.state.free[0])

    def _dual_point(self, member: Member, now: "_Now") -> Point:
        moments = now.state.moments[0]
        if self.structure.schur.transform is not None:
            moments = moments @ self.structure.schur.transform
        return dual_point(self.structure, member.program, moments, member.program.cost)

    def _bound(self, member: Member, now: "_Now") -> None:
        """Better bounds by this iterate, if it gives any."""
        program, structure = member.program, self.structure
        primal = self._primal_point(member, now)
        dual = self._dual_point(member, now)
        above, below = program.cost @ primal.free, -program.rhs @ dual.free
        size, strength = (float(np.linalg.norm(point.slack)) for point in (primal, dual))
        violation = max(-primal.lowest / (1 + size), -dual.lowest / max(strength, 1e-300))
        residual = max(violation, abs(above - below) / (1 + size + abs(above) + abs(below)))
        if residual < member.residual:
            member.residual, member.unproven = residual, (primal, dual)
        if program.is_margin:
            lift = -primal.lowest
            primal = Point(
                primal.slack + lift * structure.identity, primal.free - lift * np.eye(program.cost.size)[0], 0.0
            )
        safe, proof = primal.mixed(member.primal), dual.mixed(member.dual)
        slip = rounding(structure, program, primal.slack, dual.free)
        if safe is not None and program.cost @ safe.free + slip < member.upper:
            member.upper, member.best = float(program.cost @ safe.free + slip), safe
        if proof is not None and -program.rhs @ proof.free - slip > member.lower:
            member.lower, member.moments = float(-program.rhs @ proof.free - slip), proof

    def _is_endless(self, member: Member, now: "_Now") -> bool:
        """Whether a feasible point has a value without bounds, as far as float64 tells."""
        self._bound(member, now)
        return member.upper < -ENDLESS and not np.isfinite(member.lower)

    def _is_infeasible(self, member: Member, now: "_Now") -> bool:
        """Whether the moments, made to satisfy F'm = 0, have M(m) psd and <b, m> < 0."""
        moments = now.state.moments[0]
        if self.structure.schur.transform is not None:
            moments = moments @ self.structure.schur.transform
        length = np.linalg.norm(moments)
        if not 0 < length < np.inf:
            return False
        ray = dual_point(self.structure, member.program, moments / length, np.zeros_like(member.program.cost))
        slip = rounding(self.structure, member.program, np.zeros(1), ray.free)
        if ray.lowest < 0 or member.program.rhs @ ray.free >= -slip:
            return False
        member.lower, member.moments = np.inf, ray
        return True


@dataclass
class _Now:
    """One program of a batch, its values, and the residuals of either side, relative to the data."""

    batch: Batch
    state: State
    above: float
    below: float
    primal_residual: float
    dual_residual: float

    @property
    def primal(self) -> bool:
        """Whether it is feasible, but for rounding."""
        return self.primal_residual <= FEASIBLE

    @property
    def dual(self) -> bool:
        """The same of the other side."""
        return self.dual_residual <= FEASIBLE

    @property
    def near(self) -> bool:
        """Whether both sides are nearly feasible."""
        return max(self.primal_residual, self.dual_residual) <= NEAR
