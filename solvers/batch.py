"""The host loop: buckets of equal shape, jitted chunks, verdicts per problem, compaction.

A vmapped `while_loop` would run until its slowest problem ends; here decided problems leave after every chunk and the
rest are gathered into fewer slots. Compiled shapes are bounded: one per (side, bins, slots) with the sides of
`problem.SIDES`, bins a power of two and slots from `groups.slot_count`.
"""

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial

import jax
import numpy as np

from nsos_jax.solvers import admm
from nsos_jax.solvers.bracket import Bracket, bracket
from nsos_jax.solvers.groups import Group, gather, most_members, slot_count, split
from nsos_jax.solvers.problem import Batch, SosProblem, pack, placements
from nsos_jax.solvers.status import MarginStatus

CHUNK = 10
GROUPS_AHEAD = 16
"""Groups that `advance` gives to the device before it reads the first back: beyond 32, JAX on a CPU makes it wait."""
_OUT_OF_MEMORY = (MemoryError, jax.errors.JaxRuntimeError)
_on_device: dict[int, Bracket] = {}
"""Chunks of this process that may still run, of solvers that are gone too."""


@dataclass(frozen=True)
class MarginOptions:
    """Attributes:
    max_iterations: ADMM iterations per problem.
    boundary_gap: a bracket around zero narrower than this share of |X| ends as `BOUNDARY`.
    max_bytes: device memory for the iterates of one group of problems.
    """

    max_iterations: int = 2000
    boundary_gap: float = 1e-9
    max_bytes: int = 2 << 30


@dataclass
class MarginSolution:
    """What is known about one problem; `lower` and `upper` bound the margin t*."""

    status: MarginStatus = MarginStatus.RUNNING
    lower: float = -np.inf
    upper: float = np.inf
    iterations: int = 0


class MarginSolver:
    """Solves many different margin problems together.

    >>> problem = SosProblem((np.array([[0, 1], [1, 2]]),), np.array([1.0, 0.0, 1.0]))
    >>> solver = MarginSolver([problem])
    >>> solver.run()[0].status.name
    'FEASIBLE'
    >>> solver.gram(0)[0].tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """

    def __init__(self, problems: Iterable[SosProblem] = (), options: MarginOptions | None = None) -> None:
        self.problems: list[SosProblem] = []
        self.options = options or MarginOptions()
        self.solutions: list[MarginSolution] = []
        self._groups: list[Group] = []
        self._grams: dict[int, tuple[np.ndarray, ...]] = {}
        self._moments: dict[int, np.ndarray] = {}
        self._waiting: dict[tuple[int, int], list[int]] = {}
        self._compiled: set[tuple[str, tuple[int, ...]]] = set()
        self.launch_seconds = 0.0
        """Time spent on compiling, packing and starting groups: work that no single problem is to blame for."""
        for problem in problems:
            self.add(problem)

    def add(self, problem: SosProblem) -> int:
        """Enters a problem, tests its Gram matrix of minimum norm, which decides many, and returns its index.

        What stays undecided waits for `start_full_groups` or the next `advance`.
        """
        index = len(self.problems)
        self.problems.append(problem)
        self.solutions.append(MarginSolution())
        try:
            self._test_minimum_norm(index)
        except (np.linalg.LinAlgError, MemoryError):
            self.solutions[index].status = MarginStatus.FAILED
        if self.solutions[index].status is MarginStatus.RUNNING:
            self._waiting.setdefault(problem.bucket(), []).append(index)
        return index

    def start_full_groups(self) -> None:
        """Gives the device those waiting problems that fill a group: it works while the caller prepares others."""
        for bucket, waiting in list(self._waiting.items()):
            if len(waiting) >= most_members(self._slot_limit(bucket)):
                self._open(bucket)

    @property
    def running(self) -> list[int]:
        """Indices of the problems that are still undecided."""
        return self._still_running(range(len(self.solutions)))

    def run(self) -> list[MarginSolution]:
        """Advances until every problem is decided or stopped."""
        while self.running:
            for _ in self.advance():
                pass
        return self.solutions

    def advance(self) -> Iterator[list[int]]:
        """Runs a chunk of iterations of every running problem.

        Yields the indices of the problems with new bounds, group by group: while the caller looks at one group, the
        device works on the next ones. Exhaust the iterator before the next call.
        """
        for bucket in list(self._waiting):
            self._open(bucket)
        self._groups = [group for group in self._groups if self._still_running(group.members)]
        waiting, ahead = deque(self._groups), deque[Group]()
        while waiting or ahead:
            while waiting and len(ahead) < GROUPS_AHEAD:
                ahead.append(waiting.popleft())
                self._dispatch(ahead[-1])
            yield self._record(ahead.popleft())
        self._compact()

    def stop(self, indices: Iterable[int]) -> None:
        """Withdraws problems: the caller knows their answer already."""
        for index in self._still_running(indices):
            self.solutions[index].status = MarginStatus.STOPPED

    def gram(self, index: int) -> tuple[np.ndarray, ...]:
        """The latest Gram blocks of a problem with A(Q) = b, float64 [k, k] each; at first those of minimum norm."""
        if index not in self._grams:
            problem = self.problems[index]
            self._grams[index] = problem.spread(problem.rhs / problem.counts)
        return self._grams[index]

    def moments(self, index: int) -> np.ndarray:
        """The dual point y [rows] behind `upper`, with <A(I), y> = 1; before the first chunk, an interior point."""
        if index not in self._moments:
            self._moments[index] = self.problems[index].dual_interior[0]
        return self._moments[index]

    def _test_minimum_norm(self, index: int) -> None:
        """Tries the affine point of minimum norm on the host: it decides many problems before anything is packed."""
        problem, solution = self.problems[index], self.solutions[index]
        if not np.isfinite(problem.rhs).all():
            solution.status = MarginStatus.FAILED
            return
        grams = self.gram(index)
        solution.lower = float(min(np.linalg.eigvalsh(gram)[0] for gram in grams))
        rounding = 4 * max(problem.sizes) * np.finfo(np.float64).eps * sum(map(np.linalg.norm, grams))
        if solution.lower > rounding:
            solution.status = MarginStatus.FEASIBLE
        elif not problem.rhs.any():
            solution.status, solution.lower, solution.upper = MarginStatus.BOUNDARY, 0.0, 0.0

    def _slot_limit(self, bucket: tuple[int, int]) -> int:
        """Slots of a group that fit into `max_bytes`."""
        side, bins = bucket
        return max(1, self.options.max_bytes // (bins * side * side * 8 * 12))

    def _open(self, bucket: tuple[int, int]) -> None:
        """Makes groups of the problems that wait in one bucket and are still running, and starts them."""
        running = self._still_running(self._waiting.pop(bucket))
        limit = self._slot_limit(bucket)
        for members in split(running, limit):
            try:
                with self._launch():
                    batch = pack([self.problems[i] for i in members], *bucket, slot_count(len(members), limit))
                    self._before_compiling("init", batch)
                    group = Group(members, *_init(batch))
            except _OUT_OF_MEMORY:
                self._fail(members)
                continue
            self._groups.append(group)
            self._dispatch(group)

    def _dispatch(self, group: Group) -> None:
        """Gives the device a chunk of a group, unless it has one."""
        if group.bounds is None:
            with self._launch():
                self._before_compiling("chunk", group.batch)
                group.state, group.bounds = _chunk(group.batch, group.state)
            _on_device[id(group.bounds)] = group.bounds

    @contextmanager
    def _launch(self) -> Iterator[None]:
        """Within it, arrays are float64 and the time counts as `launch_seconds`."""
        started = time.perf_counter()
        try:
            with jax.enable_x64(True):
                yield
        finally:
            self.launch_seconds += time.perf_counter() - started

    def _before_compiling(self, program: str, batch: Batch) -> None:
        """On a 2-core CPU, compiling while a batched eigh runs was seen to deadlock XLA: waits before a new shape."""
        if (program, batch.rows.shape) not in self._compiled:
            with suppress(*_OUT_OF_MEMORY):
                jax.block_until_ready(list(_on_device.values()))
            _on_device.clear()
            self._compiled.add((program, batch.rows.shape))

    def _still_running(self, indices: Iterable[int]) -> list[int]:
        return [index for index in indices if self.solutions[index].status is MarginStatus.RUNNING]

    def _fail(self, indices: Iterable[int]) -> None:
        """The device could not work on these problems."""
        for index in self._still_running(indices):
            self.solutions[index].status = MarginStatus.FAILED

    def _record(self, group: Group) -> list[int]:
        """Reads back one group's bounds and settles what they settle; returns the problems that had been running."""
        assert group.bounds is not None
        group.iterations += CHUNK
        bounds, group.bounds = group.bounds, None
        _on_device.pop(id(bounds), None)
        try:
            lower, upper, moments, rounding = (
                np.asarray(x) for x in (bounds.lower, bounds.upper, bounds.moments, bounds.rounding)
            )
            affine = np.asarray(group.state.affine)
        except _OUT_OF_MEMORY:
            running = self._still_running(group.members)
            self._fail(running)
            return running
        advanced = []
        for slot, index in enumerate(group.members):
            solution, problem = self.solutions[index], self.problems[index]
            if solution.status is not MarginStatus.RUNNING:
                continue
            advanced.append(index)
            places = placements(problem.sizes, affine.shape[-1])
            spans = zip(places, problem.sizes, strict=True)
            blocks = [affine[slot, place, at : at + k, at : at + k] for (place, at), k in spans]
            self._grams[index] = tuple((block + block.T) / 2 for block in blocks)
            self._moments[index] = moments[slot, : problem.rhs.size]
            solution.iterations = group.iterations
            solution.status = self._verdict(lower[slot], upper[slot], rounding[slot], group.iterations, affine[slot])
            if solution.status is not MarginStatus.FAILED:
                solution.lower, solution.upper = float(lower[slot]), float(upper[slot])
        return advanced

    def _verdict(
        self, lower: float, upper: float, rounding: float, iterations: int, affine: np.ndarray
    ) -> MarginStatus:
        if not np.isfinite(lower) or np.isnan(upper):
            return MarginStatus.FAILED
        if lower > rounding:
            return MarginStatus.FEASIBLE
        if upper < -rounding:
            return MarginStatus.INFEASIBLE
        if upper - lower <= self.options.boundary_gap * np.linalg.norm(affine):
            return MarginStatus.BOUNDARY
        return MarginStatus.RUNNING if iterations < self.options.max_iterations else MarginStatus.ITERATION_LIMIT

    def _compact(self) -> None:
        """Regroups the running problems of each shape when that frees slots; groups on the device stay as they are."""
        shapes: dict[tuple[int, ...], list[Group]] = {}
        for group in self._groups:
            if group.bounds is None:
                key = (*group.batch.rows.shape[1:3], group.iterations)
                shapes.setdefault(key, []).append(group)
        self._groups = [group for group in self._groups if group.bounds is not None]
        for groups in shapes.values():
            self._groups += self._regroup(groups)

    def _regroup(self, groups: list[Group]) -> list[Group]:
        kept = [
            [slot for slot, index in enumerate(group.members) if self.solutions[index].status is MarginStatus.RUNNING]
            for group in groups
        ]
        groups, kept = [g for g, k in zip(groups, kept, strict=True) if k], [k for k in kept if k]
        slots = sum(group.batch.rhs.shape[0] for group in groups)
        limit = max((group.batch.rhs.shape[0] for group in groups), default=1)
        count = sum(len(slots_kept) for slots_kept in kept)
        parts = split(list(range(count)), limit)
        if sum(slot_count(len(part), limit) for part in parts) >= slots:
            return groups
        members = [g.members[slot] for g, k in zip(groups, kept, strict=True) for slot in k]
        trees = [jax.tree.map(np.asarray, (g.batch, g.state)) for g in groups]
        offsets = np.cumsum([0] + [g.batch.rhs.shape[0] for g in groups])
        where = np.array([offsets[i] + slot for i, k in enumerate(kept) for slot in k])
        joined = jax.tree.map(lambda *leaves: np.concatenate(leaves), *trees)
        result = []
        for part in parts:
            with self._launch():
                batch, state = gather(joined, where[part], slot_count(len(part), limit))
                self._before_compiling("put", batch)
                batch, state = _put((batch, state))
            result.append(Group([members[i] for i in part], batch, state, groups[0].iterations))
        return result


def solve_margins(problems: Sequence[SosProblem], options: MarginOptions | None = None) -> list[MarginSolution]:
    """Statuses and margin brackets of many problems, in order (see `MarginSolver` for Gram matrices and moments)."""
    return MarginSolver(problems, options).run()


# Passing arrays of the host through a jitted identity is much faster than `jax.device_put` for small arrays.
_put = jax.jit(lambda tree: tree)
_init = jax.jit(lambda batch: (batch, admm.init(batch)))


@partial(jax.jit, donate_argnums=1)
def _chunk(batch: Batch, state: admm.State) -> tuple[admm.State, Bracket]:
    state = jax.lax.fori_loop(0, CHUNK, lambda _, moving: admm.step(batch, moving), state)
    return state, bracket(batch, state)
