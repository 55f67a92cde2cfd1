"""The host loop: buckets of equal shape, jitted chunks, verdicts per problem, compaction.

A vmapped `while_loop` would run until its slowest problem ends; here decided problems leave after every chunk and the
rest are gathered into fewer slots. Compiled shapes are bounded: a chunk of either method for each (bucket, slots), with
the sides of `packing.SIDES`, bins and variables powers of two, and slots from `groups.Slots.count`.

Every problem starts with ADMM, which decides most, and is then handed to the second-order method of `newton.py`.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

import jax
import numpy as np
from jax.sharding import Mesh

from nsos_jax.solvers import admm, chunks, newton
from nsos_jax.solvers.bracket import Bracket
from nsos_jax.solvers.chunks import CHUNK
from nsos_jax.solvers.groups import Group, Slots, gather, take
from nsos_jax.solvers.packing import Batch, Bucket, pack, pack_starts, placed_blocks
from nsos_jax.solvers.problem import SosProblem, WarmStart
from nsos_jax.solvers.psd import Projection
from nsos_jax.solvers.status import SolverStatus

GROUPS_AHEAD = 16
"""Groups that `advance` gives to the device before it reads the first back: beyond 32, JAX on a CPU makes it wait."""
RESIDUAL = 0.01
"""`CONVERGED` asks for this share of the tolerance, as nothing certifies it."""
ADMM_PHASES = 0, 3
"""Of the phases, those of ADMM. It gets a second turn for problems that were handed over too early; from then on the
second-order method is left alone."""
_OUT_OF_MEMORY = (MemoryError, jax.errors.JaxRuntimeError)
_on_device: dict[int, Bracket] = {}
"""Chunks of this process that may still run, of solvers that are gone too."""


@dataclass(frozen=True)
class SolverOptions:
    """Attributes:
    max_iterations: per problem, of both methods together.
    phase: iterations of ADMM before the second-order method takes over; see `ADMM_PHASES`.
    tolerance: relative gap |above - below| / (1 + |above| + |below|) at which a program is `OPTIMAL`.
    close_margins: margin problems, too, go on until their gap is within `tolerance`, not only to their sign.
    boundary_gap: a bracket around a zero margin narrower than this share of |Q| ends as `BOUNDARY`.
    precision: of the first phase of ADMM; "mixed" takes float32. All later iterations and all brackets are float64.
    projection: of ADMM, see `psd.py`; "auto" takes what was measured to be faster.
    max_bytes: device memory for one group of problems, on each device; None takes half of what is free.
    mesh: devices of one axis that share each group; None uses the first device alone.
    """

    max_iterations: int = 2000
    phase: int = 200
    tolerance: float = 1e-7
    close_margins: bool = False
    boundary_gap: float = 1e-11
    precision: Literal["float64", "mixed"] = "float64"
    projection: Projection = "auto"
    max_bytes: int | None = None
    mesh: Mesh | None = None

    def __post_init__(self) -> None:
        if self.precision not in ("float64", "mixed"):
            raise ValueError(f"precision must be 'float64' or 'mixed', got {self.precision!r}")
        if self.projection not in get_args(Projection):
            raise ValueError(f"projection must be 'auto', 'eigh' or 'products', got {self.projection!r}")
        for name in ("max_iterations", "phase"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}")
        if self.mesh is not None and len(self.mesh.axis_names) != 1:
            raise ValueError(f"mesh must have one axis, got {self.mesh.axis_names}")


@dataclass
class Solution:
    """What is known about one problem.

    `lower` and `upper` bound the margin t* of a margin problem, else the optimal value of min c'd.
    """

    status: SolverStatus = SolverStatus.RUNNING
    lower: float = -np.inf
    upper: float = np.inf
    iterations: int = 0


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
        self.problems: list[SosProblem] = []
        self.options = options or SolverOptions()
        self.solutions: list[Solution] = []
        self._groups: list[Group] = []
        self._starts: dict[int, WarmStart] = {}
        self._points: dict[int, Point] = {}
        self._waiting: dict[Bucket, list[int]] = {}
        self._fitting: dict[Bucket, Slots] = {}
        self._compiled: set[tuple[Any, ...]] = set()
        self.launch_seconds = 0.0
        """Time spent on compiling, packing and starting groups: work that no single problem is to blame for."""
        for problem in problems:
            self.add(problem)

    def add(self, problem: SosProblem, start: WarmStart | None = None) -> int:
        """Enters a problem and returns its index.

        Of a margin problem, the Gram matrix of minimum norm is tested at once, which decides many. What stays undecided
        waits for `start_full_groups` or the next `advance`.
        """
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
            if len(waiting) >= self._slots(bucket).most:
                self._open(bucket)

    @property
    def running(self) -> list[int]:
        """Indices of the problems that are still undecided."""
        return self._still_running(range(len(self.solutions)))

    def run(self) -> list[Solution]:
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
        """The dual point m [rows] with the best bound so far, F'm = -c; before the first chunk, an interior point."""
        return self._point(index).moments

    def _point(self, index: int) -> "Point":
        if index not in self._points:
            problem = self.problems[index]
            grams = problem.spread(problem.rhs / problem.counts)
            free = np.zeros(problem.cost.size - problem.is_margin)
            self._points[index] = Point(grams, free, problem.dual_interior[0])
        return self._points[index]

    def _look(self, index: int) -> None:
        """Finds problems that need no iterations, on the host, before anything is packed."""
        problem, solution = self.problems[index], self.solutions[index]
        if not np.isfinite(problem.rhs).all():
            solution.status = SolverStatus.FAILED
        elif problem.is_margin:
            grams = self.gram(index)
            solution.lower = float(min(np.linalg.eigvalsh(gram)[0] for gram in grams))
            rounding = 4 * max(problem.sizes) * np.finfo(np.float64).eps * sum(map(np.linalg.norm, grams))
            if solution.lower > rounding and not self.options.close_margins:
                solution.status = SolverStatus.FEASIBLE
            elif not problem.rhs.any():
                solution.status, solution.lower, solution.upper = SolverStatus.BOUNDARY, 0.0, 0.0

    def _slots(self, bucket: Bucket) -> Slots:
        if bucket not in self._fitting:
            self._fitting[bucket] = Slots.that_fit(bucket, self.options.max_bytes, self.options.mesh)
        return self._fitting[bucket]

    def _open(self, bucket: Bucket) -> None:
        """Makes groups of the problems that wait in one bucket and are still running, and starts them."""
        running, slots = self._still_running(self._waiting.pop(bucket)), self._slots(bucket)
        for members in slots.split(running):
            problems, count = [self.problems[i] for i in members], slots.count(len(members))
            try:
                with self._launch():
                    starts = [self._starts.pop(i, None) for i in members]
                    arrays = pack(problems, bucket, count), pack_starts(problems, starts, bucket, count)
                    single = self.options.precision == "mixed"
                    group = Group(members, *self._call(chunks.init, *arrays, static=single))
            except _OUT_OF_MEMORY:
                self._fail(members)
                continue
            self._groups.append(group)
            self._dispatch(group)

    def _dispatch(self, group: Group) -> None:
        """Gives the device a chunk of a group, unless it has one."""
        if group.bounds is not None:
            return
        with self._launch():
            second_order = group.iterations // self.options.phase not in ADMM_PHASES
            if second_order and isinstance(group.state, admm.State):
                group.state = self._call(chunks.newton_init, group.batch, group.state)
            elif not second_order and isinstance(group.state, newton.NewtonState):
                group.state = self._call(newton.to_admm, group.batch, group.state)
            arrays = group.batch, group.state
            if second_order:
                group.state, group.bounds = self._call(chunks.newton_chunk, *arrays)
            else:
                group.state, group.bounds = self._call(chunks.admm_chunk, *arrays, static=self.options.projection)
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

    def _call(self, function: Callable[..., Any], *arrays: Any, static: Any = None) -> Any:
        """Runs a program of `chunks` on the device or devices."""
        program = chunks.compiled(function, self.options.mesh, *(() if static is None else (static,)))
        self._before_compiling(program, arrays[0])
        return program(*arrays)

    def _before_compiling(self, program: Callable[..., Any], batch: Batch) -> None:
        """On a 2-core CPU, compiling while a batched eigh runs was seen to deadlock XLA: waits before a new shape."""
        shapes = program, batch.rows.shape, batch.cost.shape
        if shapes not in self._compiled:
            with suppress(*_OUT_OF_MEMORY):
                jax.block_until_ready(list(_on_device.values()))
            _on_device.clear()
            self._compiled.add(shapes)

    def _still_running(self, indices: Iterable[int]) -> list[int]:
        return [index for index in indices if self.solutions[index].status is SolverStatus.RUNNING]

    def _fail(self, indices: Iterable[int]) -> None:
        """The device could not work on these problems."""
        for index in self._still_running(indices):
            self.solutions[index].status = SolverStatus.FAILED

    def _record(self, group: Group) -> list[int]:
        """Reads back one group's bounds and settles what they settle; returns the problems that had been running."""
        assert group.bounds is not None
        group.iterations += CHUNK
        bounds, group.bounds = group.bounds, None
        _on_device.pop(id(bounds), None)
        try:
            bounds = jax.tree.map(np.asarray, bounds)
        except _OUT_OF_MEMORY:
            running = self._still_running(group.members)
            self._fail(running)
            return running
        advanced = []
        for slot, index in enumerate(group.members):
            if self.solutions[index].status is SolverStatus.RUNNING:
                advanced.append(index)
                self._settle(index, take(bounds, slot), group.iterations)
        return advanced

    def _settle(self, index: int, found: Any, iterations: int) -> None:
        """Records the `Bracket` of one problem, as NumPy arrays, in its own units, and its verdict."""
        solution, problem = self.solutions[index], self.problems[index]
        normal = problem.normal_form
        value = normal.size * normal.price
        used = problem.cost.size
        free = normal.size * (normal.inverse @ found.free[:used])
        blocks = [normal.size * (block + block.T) / 2 for block in placed_blocks(found.slack, problem.sizes)]
        below, above, rounding = (float(value * x) for x in (found.below, found.above, found.rounding))
        if problem.is_margin:
            blocks = [block + free[0] * np.eye(len(block)) for block in blocks]
            below, above = -above, -below
        solution.iterations = iterations
        if np.isnan(below) or np.isnan(above) or not np.isfinite(found.residual):
            solution.status = SolverStatus.FAILED
            return
        known = self._point(index)
        moments = normal.price * found.moments[: problem.rhs.size]
        # The primal point bounds a margin from below, a value from above.
        worse = below < solution.lower, above > solution.upper
        primal_worse, dual_worse = worse if problem.is_margin else worse[::-1]
        if not primal_worse:
            known = known._replace(grams=tuple(blocks), free=free[1:] if problem.is_margin else free)
        self._points[index] = known if dual_worse else known._replace(moments=moments)
        solution.lower, solution.upper = max(solution.lower, below), min(solution.upper, above)
        if problem.is_margin:
            solution.status = self._margin_status(solution, rounding, known.grams)
        else:
            solution.status = self._value_status(solution, float(found.residual))
        if solution.status is SolverStatus.RUNNING and iterations >= self.options.max_iterations:
            solution.status = SolverStatus.ITERATION_LIMIT

    def _margin_status(self, solution: Solution, rounding: float, grams: Sequence[np.ndarray]) -> SolverStatus:
        if not self.options.close_margins or self._closed(solution):
            if solution.lower > rounding:
                return SolverStatus.FEASIBLE
            if solution.upper < -rounding:
                return SolverStatus.INFEASIBLE
        size = np.sqrt(sum(np.linalg.norm(gram) ** 2 for gram in grams))
        narrow = solution.upper - solution.lower <= self.options.boundary_gap * size
        return SolverStatus.BOUNDARY if narrow else SolverStatus.RUNNING

    def _value_status(self, solution: Solution, residual: float) -> SolverStatus:
        if self._closed(solution):
            return SolverStatus.OPTIMAL
        bounded = np.isfinite(solution.lower) and np.isfinite(solution.upper)
        converged = not bounded and residual <= RESIDUAL * self.options.tolerance
        return SolverStatus.CONVERGED if converged else SolverStatus.RUNNING

    def _closed(self, solution: Solution) -> bool:
        gap = solution.upper - solution.lower
        return bool(
            np.isfinite(gap) and gap <= self.options.tolerance * (1 + abs(solution.lower) + abs(solution.upper))
        )

    def _compact(self) -> None:
        """Regroups the running problems of each shape when that frees slots; groups on the device stay as they are."""
        shapes: dict[Any, list[Group]] = {}
        for group in self._groups:
            if group.bounds is None:
                key = (Bucket.of(self.problems[group.members[0]]), group.iterations, type(group.state))
                shapes.setdefault(key, []).append(group)
        self._groups = [group for group in self._groups if group.bounds is not None]
        for (bucket, *_), groups in shapes.items():
            self._groups += self._regroup(groups, self._slots(bucket))

    def _regroup(self, groups: list[Group], slots: Slots) -> list[Group]:
        kept = [
            [slot for slot, index in enumerate(group.members) if self.solutions[index].status is SolverStatus.RUNNING]
            for group in groups
        ]
        groups, kept = [g for g, k in zip(groups, kept, strict=True) if k], [k for k in kept if k]
        sizes = [group.batch.rhs.shape[0] for group in groups]
        parts = slots.split(list(range(sum(map(len, kept)))))
        if sum(slots.count(len(part)) for part in parts) >= sum(sizes):
            return groups
        members = [g.members[slot] for g, k in zip(groups, kept, strict=True) for slot in k]
        trees = [jax.tree.map(np.asarray, (g.batch, g.state)) for g in groups]
        offsets = np.cumsum([0, *sizes])
        where = np.array([offsets[i] + slot for i, k in enumerate(kept) for slot in k])
        joined = jax.tree.map(lambda *leaves: np.concatenate(leaves), *trees)
        result = []
        for part in parts:
            with self._launch():
                batch, state = self._call(chunks.put, *gather(joined, where[part], slots.count(len(part))))
            result.append(Group([members[i] for i in part], batch, state, groups[0].iterations))
        return result


def solve_batch(problems: Iterable[SosProblem], options: SolverOptions | None = None) -> list[Solution]:
    """Statuses and bounds of many problems, in order (see `SosSolver` for the points behind them)."""
    return SosSolver(problems, options).run()
