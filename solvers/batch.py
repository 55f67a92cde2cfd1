"""The host loop: buckets of equal shape, jitted chunks, verdicts per problem, compaction.

A vmapped `while_loop` would run until its slowest problem ends; here decided problems leave after every chunk and the
rest are gathered into fewer slots. Compiled shapes are bounded: a chunk of either method for each (bucket, slots), with
the sides of `packing.SIDES`, bins and variables powers of two, and slots from `groups.Slots.split`.

Every problem starts with ADMM, which decides most, and is then handed to the second-order method of `newton.py`, but
for large matrices, beyond `chunks.LARGE_SIDE`.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any, NamedTuple

import jax
import numpy as np

from nsos_jax.solvers import verdicts
from nsos_jax.solvers.groups import Group, Held, Slots, turns
from nsos_jax.solvers.interpreted import host
from nsos_jax.solvers.interpreted.compilation import compiled_so_far
from nsos_jax.solvers.interpreted.host import fill, take
from nsos_jax.solvers.interpreted.primitives import Unsupported
from nsos_jax.solvers.iterations import admm, chunks, interior, newton
from nsos_jax.solvers.iterations.chunks import LARGE_SIDE
from nsos_jax.solvers.iterations.psd import on_cpu
from nsos_jax.solvers.options import Solution, SolverOptions
from nsos_jax.solvers.packing import Bucket, pack, placed_blocks
from nsos_jax.solvers.problem import SosProblem, WarmStart, least_eigenvalues
from nsos_jax.solvers.status import SolverStatus

GROUPS_AHEAD = 16
"""Groups that `advance` gives to the device before it reads the first back: beyond 32, JAX on a CPU makes it wait."""
ADMM_PHASES = 0, 3
"""Of the phases, those of ADMM. It gets a second turn for problems that were handed over too early; from then on the
second-order method is left alone."""
_OUT_OF_MEMORY = (MemoryError, jax.errors.JaxRuntimeError)


class Point(NamedTuple):
    """The best points of one problem, as `SosSolver.gram`, `free` and `moments` describe it."""

    grams: tuple[np.ndarray, ...]
    free: np.ndarray
    moments: np.ndarray


class SosSolver:
    """Solves many different sum-of-squares programs together.

    >>> from nsos_jax.solvers.problem import margin_problem
    >>> problem = margin_problem((np.array([[0, 1], [1, 2]]),), np.array([1.0, 0.0, 1.0]))
    >>> solver = SosSolver([problem])
    >>> solver.run()[0].status.name
    'FEASIBLE'
    >>> solver.gram(0)[0].tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """

    def __init__(self, problems: Iterable[SosProblem] = (), options: SolverOptions | None = None) -> None:
        if not isinstance(options, SolverOptions | None):
            raise TypeError(f"options must be SolverOptions, got {type(options).__name__}")
        if isinstance(problems, SosProblem):
            raise TypeError("problems must be a list of SosProblem, got one; put it in brackets")
        self.problems: list[SosProblem] = []
        self.options = options or SolverOptions()
        self.solutions: list[Solution] = []
        self._groups: list[Group] = []
        self._starts: dict[int, WarmStart] = {}
        self._places: dict[int, tuple[Held, int]] = {}
        self._waiting: dict[Bucket, list[int]] = {}
        self._fitting: dict[Bucket, Slots] = {}
        self.launch_seconds = 0.0
        """Time spent on compiling, packing and starting groups: work that no single problem is to blame for."""
        self.compile_seconds = 0.0
        """The part of it that went into compiling."""
        for problem in problems:
            self.add(problem)

    def add(self, problem: SosProblem, start: WarmStart | None = None) -> int:
        """Enters a problem and returns its index.

        Where the device is a CPU, the Gram matrix of minimum norm of a margin problem is tested at once, which decides
        many. What stays undecided waits for `start_full_groups` or the next `advance`.
        """
        if not isinstance(problem, SosProblem):
            raise TypeError(f"problem must be a SosProblem, got {type(problem).__name__} (see solve_programs)")
        if not isinstance(start, WarmStart | None):
            raise TypeError(f"start must be a WarmStart, got {type(start).__name__}")
        if start is not None:
            start.check(problem)
        index = len(self.problems)
        self.problems.append(problem)
        self.solutions.append(Solution())
        try:
            self._look(index)
        except (np.linalg.LinAlgError, MemoryError):
            self.solutions[index].status = SolverStatus.FAILED
        if self.solutions[index].status is SolverStatus.RUNNING:
            if start is not None:
                self._starts[index] = start
            self._waiting.setdefault(Bucket.of(problem), []).append(index)
        return index

    def start_full_groups(self) -> None:
        """Gives the device those waiting problems that fill a group: it works while the caller prepares others."""
        for bucket, waiting in list(self._waiting.items()):
            if len(waiting) >= self._slots(bucket).full:
                self._open(bucket)

    @property
    def running(self) -> list[int]:
        """Indices of the problems that are still undecided."""
        return self._still_running(range(len(self.solutions)))

    def run(self) -> list[Solution]:
        """Advances until every problem is decided or stopped."""
        large = max((max(problem.sizes) for problem in self.problems), default=0) > LARGE_SIDE
        with nullcontext() if large else host.one_blas_thread():
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
                self._dispatch(waiting[0])
                ahead.append(waiting.popleft())
            group = ahead.popleft()
            if group.ahead:
                yield self._record(group)
        self._compact()

    def stop(self, indices: Iterable[int]) -> None:
        """Withdraws problems: the caller knows their answer already."""
        for index in self._still_running(indices):
            self.solutions[index].status = SolverStatus.STOPPED

    def gram(self, index: int) -> tuple[np.ndarray, ...]:
        """The Gram blocks with the best bound of a problem so far, float64 [k, k] each; at first those of minimum norm.

        With `free`, they satisfy A(S) + F d = b. Of margin problems they are Q = S + t I, with A(Q) + F d = b for the
        free variables d besides t.
        """
        return self._point(index).grams

    def free(self, index: int) -> np.ndarray:
        """The free variables d that belong to `gram` [variables]."""
        return self._point(index).free

    def moments(self, index: int) -> np.ndarray:
        """The dual point m [rows] with the best bound so far, F'm = -c; before the first chunk any of a margin problem
        without other free variables, NaN for all others."""
        return self._point(index).moments

    def _point(self, index: int) -> "Point":
        if not -len(self.problems) <= index < len(self.problems):
            raise IndexError(f"index must be below the {len(self.problems)} problems, got {index}")
        index %= len(self.problems)
        problem = self.problems[index]
        if not self.solutions[index].iterations:
            free = np.zeros(problem.cost.size - problem.is_margin)
            alone = problem.is_margin and problem.cost.size == 1
            moments = problem.dual_point if alone else np.full(problem.rhs.size, np.nan)
            return Point(self._smallest_gram(problem), free, moments)
        held, slot = self._places[index]
        best = held.best
        grams, free, moments = (np.asarray(array)[slot] for array in (best.grams, best.free, best.moments))
        free = free[int(problem.is_margin) : problem.cost.size]
        return Point(placed_blocks(grams, problem.sizes), free, moments[: problem.rhs.size])

    @staticmethod
    def _smallest_gram(problem: SosProblem) -> tuple[np.ndarray, ...]:
        """Of minimum norm, free variables besides a margin left out."""
        return problem.spread(problem.rhs / problem.counts)

    def _look(self, index: int) -> None:
        """Finds problems that need no iterations, on the host, before anything is packed."""
        problem, solution = self.problems[index], self.solutions[index]
        if not np.isfinite(problem.rhs).all():
            solution.status = SolverStatus.FAILED
        elif problem.is_margin and problem.cost.size == 1 and not problem.rhs.any():
            solution.status, solution.lower, solution.upper = SolverStatus.BOUNDARY, 0.0, 0.0
        elif problem.is_margin and on_cpu():
            grams = self._smallest_gram(problem)
            size = sum(len(gram) * np.abs(gram).max() for gram in grams)
            rounding = 4 * max(problem.sizes) * np.finfo(np.float64).eps * size
            solution.lower = float(least_eigenvalues(grams).min() - rounding)
            if solution.lower > 0 and not self.options.close_margins:
                solution.status = SolverStatus.FEASIBLE

    def _slots(self, bucket: Bucket) -> Slots:
        if bucket not in self._fitting:
            self._fitting[bucket] = Slots.that_fit(bucket, self.options.max_bytes, self.options.mesh)
        return self._fitting[bucket]

    def _open(self, bucket: Bucket) -> None:
        """Makes groups of the problems that wait in one bucket and are still running, and starts them."""
        running = self._still_running(self._waiting.pop(bucket))
        for members, slots in self._slots(bucket).split(running):
            problems = [self.problems[i] for i in members]
            try:
                with self._launch():
                    data = pack(problems, bucket, slots, [self._starts.pop(i, None) for i in members])
                    single = self.options.precision == "mixed" and data.start is None
                    batch, state, best = self._call(chunks.init, data, static=(single,))
            except _OUT_OF_MEMORY:
                self._fail(members)
                continue
            except BaseException:
                self._fail(running)
                raise
            group = Group(members, batch, state, Held(best))
            self._enter(group)
            self._dispatch(group)

    def _enter(self, group: Group) -> None:
        self._groups.append(group)
        self._places |= {index: (group.held, slot) for slot, index in enumerate(group.members)}

    def _dispatch(self, group: Group) -> None:
        """Gives the device a chunk of a group, unless it has one."""
        if group.ahead:
            return
        with self._launch(), self._failing(group.members):
            side = group.batch.rows.shape[-1]
            phase = self.options.phase_at(side)
            second_order = side <= LARGE_SIDE and group.iterations // phase not in ADMM_PHASES
            if second_order and isinstance(group.state, admm.State):
                group.state = self._call(chunks.newton_init, group.batch, group.state)
            elif not second_order and isinstance(group.state, newton.NewtonState):
                group.state = self._call(newton.to_admm, group.batch, group.state)
            elif group.iterations >= phase and group.state.slack.dtype == np.float32:
                group.state = self._call(chunks.to_double, group.state)
            if second_order:
                self._advance(group, chunks.newton_chunk)
                group.ahead = chunks.CHUNK
            else:
                self._advance(group, chunks.admm_chunk, self.options.projection)
                group.ahead = chunks.admm_iterations(side)

    @contextmanager
    def _launch(self) -> Iterator[None]:
        """Within it, arrays are float64 and the time counts as `launch_seconds` and, in part, as `compile_seconds`."""
        started, before = time.perf_counter(), compiled_so_far()
        try:
            with jax.enable_x64(True):
                yield
        finally:
            self.launch_seconds += time.perf_counter() - started
            self.compile_seconds += (compiled_so_far() - before).seconds

    @contextmanager
    def _failing(self, indices: list[int]) -> Iterator[None]:
        """Within it, a device that runs out of memory fails these problems."""
        try:
            yield
        except _OUT_OF_MEMORY:
            self._fail(indices)

    @property
    def _interprets(self) -> bool:
        """Whether programs may be interpreted instead of compiled: the device is the host itself, and the only one."""
        return on_cpu() and self.options.mesh is None and self.options.compile_after > 0

    def _call(self, function: Callable[..., Any], *arrays: Any, static: tuple = ()) -> Any:
        """Runs a program of `chunks` on the device or devices; the host interprets it, as it runs once in a group."""
        if self._interprets:
            with suppress(Unsupported):
                return host.interpreted(function, *static)(*arrays)
        return chunks.compiled(function, self.options.mesh, *static)(*arrays)

    def _advance(self, group: Group, function: Callable[..., Any], *static: Any) -> None:
        """Begins a chunk of iterations of the running problems of a group, on a CPU one by one if it is compiled."""
        running, moving = self._running_slots(group), (group.state, group.held.best)
        if self._interprets:
            bucket = Bucket.of(self.problems[group.members[0]])
            if host.lost(function, bucket) < self.options.compile_after:
                group.work = host.start(function, static, bucket, group.batch, moving, running)
            if group.work is not None:
                return
        order = (turns(running, group.slots, self.options.mesh),) if on_cpu() else ()
        program = chunks.compiled(function, self.options.mesh, *static, in_turn=on_cpu())
        group.state, group.held.best = program(group.batch, *moving, *order)

    def _still_running(self, indices: Iterable[int]) -> list[int]:
        return [index for index in indices if self.solutions[index].status is SolverStatus.RUNNING]

    def _running_slots(self, group: Group) -> list[int]:
        return [slot for slot, index in enumerate(group.members) if self._still_running([index])]

    def _fail(self, indices: Iterable[int]) -> None:
        """The device could not work on these problems."""
        for index in self._still_running(indices):
            self.solutions[index].status = SolverStatus.FAILED

    def _record(self, group: Group) -> list[int]:
        """Reads back one group's bounds and settles what they settle; returns the problems that had been running."""
        first = not group.iterations
        group.iterations += group.ahead
        group.ahead = 0
        running = [(group.members[slot], slot) for slot in self._running_slots(group)]
        options = self.options
        try:
            if group.work is not None:
                work, group.work = group.work, None
                group.state, group.held.best = work.result()
            bounds = jax.device_get(group.held.best.bounds)
        except _OUT_OF_MEMORY:
            self._fail(group.members)
            return [index for index, _ in running]
        if group.batch.is_margin:
            gaps = options.tolerance, options.close_margins, options.boundary_gap
            statuses = verdicts.margin_statuses(bounds, *gaps).tolist()
        else:
            statuses = verdicts.value_statuses(bounds, options.tolerance, not first).tolist()
        lower, upper = bounds.lower.tolist(), bounds.upper.tolist()
        for index, slot in running:
            solution, status = self.solutions[index], SolverStatus(statuses[slot])
            if status is SolverStatus.RUNNING and group.iterations >= options.max_iterations:
                status = SolverStatus.ITERATION_LIMIT
            solution.status, solution.iterations = status, group.iterations
            solution.lower, solution.upper = lower[slot], upper[slot]
        if first and (np.asarray(group.batch.floor)[self._running_slots(group)] <= 0).any():
            with self._launch(), self._failing(group.members):
                group.batch = self._call(interior.search, group.batch)
        return [index for index, _ in running]

    def _compact(self) -> None:
        """Regroups the running problems of each shape when that frees slots; groups on the device stay as they are.

        A group of an accelerator shrinks on its own, on the device; those of a CPU or a mesh join by way of the host.
        """
        shapes: dict[Any, list[Group]] = {}
        for group in self._groups:
            if not group.ahead:
                kind = type(group.state), group.state.slack.dtype
                key = (Bucket.of(self.problems[group.members[0]]), group.iterations, *kind)
                shapes.setdefault(key, []).append(group)
        self._groups = [group for group in self._groups if group.ahead]
        through_host = on_cpu() or self.options.mesh is not None
        for (bucket, *_), groups in shapes.items():
            for joining in [groups] if through_host else [[group] for group in groups]:
                self._regroup(joining, self._slots(bucket), through_host)

    def _regroup(self, groups: list[Group], slots: Slots, through_host: bool) -> None:
        """The running problems of some groups, in as few slots as hold them, if these are fewer."""
        kept = [self._running_slots(group) for group in groups]
        groups, kept = [g for g, k in zip(groups, kept, strict=True) if k], [k for k in kept if k]
        parts = slots.split(list(range(sum(map(len, kept)))))
        if sum(count for _, count in parts) >= sum(group.slots for group in groups):
            self._groups += groups
            return
        members = [g.members[slot] for g, k in zip(groups, kept, strict=True) for slot in k]
        trees: list[Any] = [(g.batch, g.state, g.held.best) for g in groups]
        if through_host:
            joined = jax.tree.map(lambda *leaves: np.concatenate([np.asarray(leaf) for leaf in leaves]), *trees)
        else:
            [joined] = trees
        offsets = np.cumsum([0, *(g.slots for g in groups)])
        places = np.concatenate([offset + np.array(k) for offset, k in zip(offsets, kept, strict=False)])
        for part, count in parts:
            where = fill(places[part], count)
            with self._launch(), self._failing([members[i] for i in part]):
                if self._interprets:
                    batch, state, best = take(joined, where)
                elif through_host:
                    batch, state, best = self._call(chunks.put, *take(joined, where))
                else:
                    batch, state, best = self._call(take, joined, where)
                self._enter(Group([members[i] for i in part], batch, state, Held(best), groups[0].iterations))


def solve_batch(problems: Iterable[SosProblem], options: SolverOptions | None = None) -> list[Solution]:
    """Statuses and bounds of many problems, in order (see `SosSolver` for the points behind them)."""
    return SosSolver(problems, options).run()
