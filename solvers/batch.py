"""The host loop: buckets of equal shape, jitted chunks, verdicts per problem, compaction.

A vmapped `while_loop` would run until its slowest problem ends; here decided problems leave after every chunk and the rest
are gathered into fewer slots. Compiled shapes are bounded: one per (side, bins, slots) with the sides of
`problem.SIDES`, bins a power of two and slots from `_slot_count`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from nsos_jax.solvers import admm
from nsos_jax.solvers.bracket import Bracket, Interior, bracket, interior
from nsos_jax.solvers.problem import Batch, SosProblem, bucket_count, pack, placements
from nsos_jax.solvers.status import MarginStatus

CHUNK = 20
CPU_SLOTS = 8


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


@dataclass
class _Group:
    """Problems of one bucket that advance together; `members[slot]` is the problem's index, padded slots have none."""

    members: list[int]
    batch: Batch
    state: admm.State
    bounds: Bracket | None
    interior: Interior | None = None
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
        self._groups: list[_Group] = []
        self._last: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
        self._waiting: dict[tuple[int, int], list[int]] = {}
        for problem in problems:
            self.add(problem)

    def add(self, problem: SosProblem) -> int:
        """Puts a problem in line for the next `advance`; returns its index."""
        self.problems.append(problem)
        self.solutions.append(MarginSolution())
        index = len(self.problems) - 1
        self._waiting.setdefault(problem.bucket(), []).append(index)
        return index

    @property
    def running(self) -> list[int]:
        """Indices of the problems that are still undecided."""
        return [i for i, solution in enumerate(self.solutions) if solution.status is MarginStatus.RUNNING]

    def run(self) -> list[MarginSolution]:
        """Advances until every problem is decided or stopped."""
        while self.running:
            self.advance()
        return self.solutions

    def advance(self) -> None:
        """Tests the minimum-norm Gram matrices of new problems or, where there are none, runs a chunk of iterations."""
        with jax.enable_x64(True):
            if self._waiting:
                self._start()
                return
            for group in self._groups:
                if group.interior is None:
                    # Waiting matters: on a 2-core CPU, compiling while a batched eigh runs was seen to deadlock XLA.
                    group.interior = jax.block_until_ready(_interior(group.batch))
                group.state, group.bounds = _chunk(group.batch, group.state, group.interior)
                group.iterations += CHUNK
                self._record(group)
            self._compact()

    def stop(self, indices: Iterable[int]) -> None:
        """Withdraws problems: the caller knows their answer already."""
        for index in indices:
            if self.solutions[index].status is MarginStatus.RUNNING:
                self.solutions[index].status = MarginStatus.STOPPED

    def gram(self, index: int) -> tuple[np.ndarray, ...]:
        """The latest affine Gram blocks of a problem, float64 [k, k] each."""
        affine = self._last[index][0]
        sizes = self.problems[index].sizes
        places = placements(sizes, affine.shape[-1])
        blocks = [affine[bin_, at : at + k, at : at + k] for (bin_, at), k in zip(places, sizes, strict=True)]
        return tuple((block + block.T) / 2 for block in blocks)

    def moments(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """The dual point y [rows] behind `upper` and a point interior to the dual cone, both with <A(I), y> = 1."""
        _, moments, interior = self._last[index]
        return moments, interior

    def _start(self) -> None:
        for (side, bins), indices in self._waiting.items():
            limit = max(1, self.options.max_bytes // (bins * side * side * 8 * 12))
            for members in _split(indices, limit):
                batch = pack([self.problems[i] for i in members], side, bins, _slot_count(len(members)))
                group = _Group(members, batch, *_first(batch))
                self._record(group)
                self._groups.append(group)
        self._waiting = {}

    def _record(self, group: _Group) -> None:
        """Reads back one group's bounds and settles what they settle."""
        assert group.bounds is not None
        lower, upper, moments, rounding = (
            np.asarray(x) for x in (group.bounds.lower, group.bounds.upper, group.bounds.moments, group.bounds.rounding)
        )
        affine = np.asarray(group.state.affine)
        interior_moments = moments if group.interior is None else np.asarray(group.interior.moments)
        for slot, index in enumerate(group.members):
            solution = self.solutions[index]
            if solution.status is not MarginStatus.RUNNING:
                continue
            solution.iterations = group.iterations
            rows = self.problems[index].rhs.size
            self._last[index] = affine[slot], moments[slot, :rows], interior_moments[slot, :rows]
            solution.status = self._verdict(lower[slot], upper[slot], rounding[slot], group.iterations, affine[slot])
            if solution.status is not MarginStatus.FAILED:
                solution.lower, solution.upper = float(lower[slot]), float(min(upper[slot], solution.upper))

    def _verdict(self, lower: float, upper: float, rounding: float, iterations: int, affine: np.ndarray) -> MarginStatus:
        if not np.isfinite(lower) or np.isnan(upper):
            return MarginStatus.FAILED
        if lower > rounding:
            return MarginStatus.FEASIBLE
        if upper < -rounding:
            return MarginStatus.INFEASIBLE
        if upper - lower < self.options.boundary_gap * np.linalg.norm(affine):
            return MarginStatus.BOUNDARY
        return MarginStatus.RUNNING if iterations < self.options.max_iterations else MarginStatus.ITERATION_LIMIT

    def _compact(self) -> None:
        """Regroups the running problems of each shape when that frees slots."""
        shapes: dict[tuple[int, ...], list[_Group]] = {}
        for group in self._groups:
            key = (*group.batch.rows.shape[1:3], group.iterations, group.interior is None)
            shapes.setdefault(key, []).append(group)
        self._groups = []
        for groups in shapes.values():
            self._groups += self._regroup(groups)

    def _regroup(self, groups: list[_Group]) -> list[_Group]:
        kept = [
            [slot for slot, index in enumerate(group.members) if self.solutions[index].status is MarginStatus.RUNNING]
            for group in groups
        ]
        groups, kept = [g for g, k in zip(groups, kept, strict=True) if k], [k for k in kept if k]
        slots = sum(group.batch.rhs.shape[0] for group in groups)
        limit = max((group.batch.rhs.shape[0] for group in groups), default=1)
        count = sum(len(slots_kept) for slots_kept in kept)
        if sum(_slot_count(len(part)) for part in _split(list(range(count)), limit)) >= slots:
            return groups
        members = [g.members[slot] for g, k in zip(groups, kept, strict=True) for slot in k]
        trees = [(g.batch, g.state, g.interior) for g in groups]
        offsets = np.cumsum([0] + [g.batch.rhs.shape[0] for g in groups])
        where = np.array([offsets[i] + slot for i, k in enumerate(kept) for slot in k])
        joined = jax.tree.map(lambda *leaves: jnp.concatenate(leaves), *trees) if len(trees) > 1 else trees[0]
        result = []
        for part in _split(list(range(count)), limit):
            batch, state, inside = _gather(joined, where[part], _slot_count(len(part)))
            result.append(_Group([members[i] for i in part], batch, state, None, inside, groups[0].iterations))
        return result


def solve_margins(problems: Sequence[SosProblem], options: MarginOptions | None = None) -> list[MarginSolution]:
    """Statuses and margin brackets of many problems, in order (see `MarginSolver` for Gram matrices and moments)."""
    return MarginSolver(problems, options).run()


def _slot_count(members: int) -> int:
    """Slots of a group. On CPU time is linear in the slots, so few shapes and little padding; elsewhere powers of 8."""
    if jax.default_backend() == "cpu":
        return CPU_SLOTS if members > 1 else 1
    return 8 ** max(1, -(-(bucket_count(members).bit_length() - 1) // 3)) if members > 1 else 1


def _split(indices: list[int], limit: int) -> list[list[int]]:
    """Parts of at most `limit` problems; on CPU at most CPU_SLOTS, with one or two left-overs on their own."""
    if jax.default_backend() == "cpu":
        limit = min(limit, CPU_SLOTS)
        whole = len(indices) - len(indices) % limit
        if len(indices) - whole <= 2:
            singles = [[i] for i in indices[whole:]]
            return [indices[i : i + limit] for i in range(0, whole, limit)] + singles
    return [indices[i : i + limit] for i in range(0, len(indices), limit)]


@jax.jit
def _first(batch: Batch) -> tuple[admm.State, Bracket]:
    state = admm.init(batch)
    nowhere = Interior(jnp.zeros_like(batch.rhs), jnp.full(batch.rhs.shape[0], -jnp.inf))
    return state, bracket(batch, state, nowhere)


_interior = jax.jit(interior)


@partial(jax.jit, donate_argnums=1)
def _chunk(batch: Batch, state: admm.State, inside: Interior) -> tuple[admm.State, Bracket]:
    state = jax.lax.fori_loop(0, CHUNK, lambda _, moving: admm.step(batch, moving), state)
    return state, bracket(batch, state, inside)


def _gather(tree, where: np.ndarray, slots: int):
    """Rows `where` of every leaf; unused slots repeat the first one."""
    index = np.concatenate([where, np.full(slots - len(where), where[0], where.dtype)])
    return jax.tree.map(lambda leaf: leaf[index], tree)
