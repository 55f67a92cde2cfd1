"""Many programs: grouped by structure, a few at a time on every core, those that end making room for others."""

import os
from collections import defaultdict, deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import numpy as np
from jaxtyping import Bool

from nsos_jax.solvers.interior_point.batch import Batch, Columns, Residuals, SparseColumns, State, Structure, join, take
from nsos_jax.solvers.interior_point.iteration import advance, residuals, start
from nsos_jax.solvers.interior_point.member import Member, Now
from nsos_jax.solvers.interior_point.program import ConicProgram, Outcome
from nsos_jax.solvers.interior_point.scaling import Scaling, scaling
from nsos_jax.solvers.interior_point.workspace import Workspace
from nsos_jax.solvers.interpreted.host import one_blas_thread
from nsos_jax.solvers.problem import Matrix
from nsos_jax.solvers.status import SolverStatus

SAMPLES_PAY = 12
"""Programs of one structure from which on looking for points costs less than they save."""
SLOTS, NUMBERS = 64, 1 << 19
"""Programs at a time, at most, and numbers of their matrices H: what the cache of a core holds."""
LEAST_SHARE = 4
"""Programs for which another core is asked."""


def solve(programs: Sequence[ConicProgram], tolerance: float, max_iterations: int) -> list[Outcome]:
    """All programs, in order."""
    outcomes: dict[int, Outcome] = {}
    scales: dict[int, Scaling] = {}
    groups: defaultdict[tuple, list[int]] = defaultdict(list)
    for index, program in enumerate(programs):
        groups[program.key].append(index)
    cores = os.cpu_count() or 1
    alone = nullcontext() if len(programs) == 1 else one_blas_thread()
    with ThreadPoolExecutor(cores, "nsos-interior-point") as threads, alone:
        tasks = []
        for indices in groups.values():
            chosen = [programs[index] for index in indices]
            scale = scaling(chosen)
            if scale is not None:
                chosen = [scale.apply(program) for program in chosen]
                scales |= dict.fromkeys(indices, scale)
            structure = Structure(chosen[0].blocks, chosen[0].rhs.size, len(indices) >= SAMPLES_PAY)
            queue = deque(zip(indices, chosen, strict=True))
            for _ in range(min(cores, -(-len(indices) // LEAST_SHARE))):
                tasks.append(threads.submit(_Run(structure, queue, tolerance, max_iterations, outcomes).run))
        for task in tasks:
            task.result()
    ordered = [outcomes[index] for index in range(len(programs))]
    return [scales[index].undo(outcome) if index in scales else outcome for index, outcome in enumerate(ordered)]


class _Run:
    """What one thread does with the programs of one structure."""

    def __init__(
        self,
        structure: Structure,
        queue: deque[tuple[int, ConicProgram]],
        tolerance: float,
        max_iterations: int,
        outcomes: dict[int, Outcome],
    ) -> None:
        self.structure, self.queue, self.outcomes = structure, queue, outcomes
        self.tolerance, self.max_iterations = tolerance, max_iterations
        self.work = Workspace()
        self.slots = 1 if structure.large else max(1, min(SLOTS, NUMBERS // structure.rows**2))
        self.shared = not structure.large and _is_shared([program.free for _, program in queue])
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
        """With programs of the queue in the free slots, once half of them are free; None when all have ended."""
        if not self.members:
            batch = state = None
        if len(self.members) > self.slots // 2 or not self.queue:
            return batch, state
        used = set() if batch is None else set(batch.slots.tolist())
        slots = [slot for slot in range(self.slots) if slot not in used]
        fresh = self._from_queue(len(slots))
        if not fresh:
            return batch, state
        columns = batch.columns if batch is not None else None
        if columns is None:
            columns = self._columns(fresh[0])
        if not self.shared:
            for slot, member in zip(slots, fresh, strict=False):
                columns.load(slot, member.program.free)
        rhs, cost = (np.stack([getattr(member.program, name) for member in fresh]) for name in ("rhs", "cost"))
        if self.structure.schur.transform is not None:
            rhs = rhs @ self.structure.schur.transform.T
        added = Batch(rhs, cost, np.array(slots[: len(fresh)]), columns)
        begun = start(self.structure, added, self.work)
        self.members += fresh
        return (added, begun) if batch is None or state is None else (join(batch, added), join(state, begun))

    def _columns(self, member: Member) -> Columns | SparseColumns:
        """Room for F, and F itself where all programs have that one."""
        if self.structure.large:
            return SparseColumns()
        columns = Columns(self.structure, 1 if self.shared else self.slots, member.program.cost.size)
        if self.shared:
            columns.load(0, member.program.free)
        return columns

    def _from_queue(self, count: int) -> list[Member]:
        """The next programs; other threads take from the same queue."""
        fresh: list[Member] = []
        while len(fresh) < count:
            try:
                fresh.append(Member.of(*self.queue.popleft(), self.structure))
            except IndexError:
                break
        return fresh

    def _look(self, batch: Batch, state: State, missing: Residuals) -> Bool[np.ndarray, " B"]:
        """Which programs go on; the others get their outcome."""
        above, below = (batch.cost * state.free).sum(axis=1), -(batch.rhs * state.moments).sum(axis=1)
        primal = _relative(missing.primal, batch.rhs)
        dual = np.maximum(_relative(missing.dual, state.dual), _relative(missing.cost, batch.cost))
        transform = self.structure.schur.transform
        moments = state.moments if transform is None else state.moments @ transform
        columns = (array.tolist() for array in (above, below, primal, dual, state.step, state.alive))
        going = np.ones(len(self.members), bool)
        points = zip(state.slack, state.free, moments, *columns, strict=True)
        for index, (member, point) in enumerate(zip(self.members, points, strict=True)):
            status = member.judge(Now(*point), self.tolerance, self.max_iterations)
            if status is not SolverStatus.RUNNING:
                going[index] = False
                self.outcomes[member.index] = member.outcome(status)
        return going


def _is_shared(columns: Sequence[Matrix]) -> bool:
    """Whether all programs, at least two, have the same F."""
    dense = [matrix for matrix in columns if isinstance(matrix, np.ndarray)]
    return len(dense) == len(columns) > 1 and all(np.array_equal(dense[0], other) for other in dense)


def _relative(missing: np.ndarray, data: np.ndarray) -> np.ndarray:
    """The largest residual of each program [B], relative to its data."""
    return np.abs(missing).max(axis=1, initial=0.0) / (1 + np.abs(data).max(axis=1, initial=0.0))
