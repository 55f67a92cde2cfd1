"""Candidate bases of many polynomials in one solver batch, each verdict turned into an exact proof or dropped.

The solver's floating point brackets only choose what to try: a candidate counts as proven when `exact` returns a Gram
matrix, whatever the solver thinks of it.
"""

import time
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int

from nsos_jax.bases import covers
from nsos_jax.exact import ExactGram, prove_interior, prove_snapped, prove_unique
from nsos_jax.gram import GramSystem
from nsos_jax.polynomials import Polynomial
from nsos_jax.results import Attempt
from nsos_jax.solvers.batch import CHUNK, MarginOptions, MarginSolution, MarginSolver
from nsos_jax.solvers.status import MarginStatus

PROMISING = 1e-2
ZERO_DIAGONAL = 1e-5
MAX_PRUNINGS = 4


@dataclass(eq=False)
class Task:
    """One polynomial on its way to an answer."""

    polynomial: Polynomial
    time_limit: float
    seconds: dict[str, float] = field(default_factory=dict)
    candidates: list["Candidate"] = field(default_factory=list)
    proof: tuple["Candidate", ExactGram] | None = None

    def charge(self, stage: str, seconds: float) -> None:
        self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds

    @property
    def remaining(self) -> float:
        """Seconds left to this polynomial."""
        return self.time_limit - sum(self.seconds.values())

    def attempts(self) -> tuple[Attempt, ...]:
        return tuple(candidate.attempt() for candidate in self.candidates)


@dataclass(eq=False)
class Candidate:
    """A basis of one polynomial; `index` is its place in the solver, None where no solver was needed."""

    task: Task
    proposer: str
    system: GramSystem
    prunings: int = 0
    index: int | None = None
    solution: MarginSolution = field(default_factory=MarginSolution)
    outcome: str = "running"

    @property
    def running(self) -> bool:
        return self.outcome == "running"

    def attempt(self) -> Attempt:
        sizes = tuple(map(len, self.system.bases))
        return Attempt(self.proposer, self.system.size, sizes, self.outcome, self.solution.iterations)


class Search:
    """Runs candidates until their polynomials are proven or nothing promising is left."""

    def __init__(self, max_iterations: int) -> None:
        self.solver = MarginSolver(options=MarginOptions(max_iterations=max_iterations))
        self._candidates: list[Candidate] = []

    def add(self, task: Task, proposer: str, system: GramSystem, prunings: int = 0) -> Candidate:
        """Enters a basis; one with a unique Gram matrix is settled at once, exactly."""
        candidate = Candidate(task, proposer, system, prunings)
        task.candidates.append(candidate)
        if system.unique:
            started = time.perf_counter()
            exact = prove_unique(system)
            candidate.outcome = "proven" if exact else "unique Gram matrix is not psd"
            if exact:
                task.proof = candidate, exact
            task.charge("exact", time.perf_counter() - started)
        else:
            candidate.index = self.solver.add(system.problem())
            candidate.solution = self.solver.solutions[candidate.index]
            self._candidates.append(candidate)
        return candidate

    def run(self, patience: int | None = None) -> None:
        """Advances all candidates; those that look infeasible are given up after `patience` iterations, if set."""
        while active := [candidate for candidate in self._candidates if candidate.running]:
            self._retire(active, patience)
            active = [candidate for candidate in active if candidate.running]
            if not active:
                return
            started = time.perf_counter()
            self.solver.advance()
            share = (time.perf_counter() - started) / len(active)
            for candidate in sorted(active, key=lambda c: c.system.size):
                candidate.task.charge("solve", share)
                self._settle(candidate)

    def _retire(self, active: list[Candidate], patience: int | None) -> None:
        """Stops candidates whose polynomial is proven, out of time, or hopeless on this basis."""
        for candidate in active:
            if candidate.task.proof:
                candidate.outcome = "not needed"
            elif candidate.task.remaining < 0:
                candidate.outcome = "time limit"
            elif patience is not None and candidate.solution.iterations >= patience and not self._promising(candidate):
                candidate.outcome = "looks infeasible"
        self._candidates = [candidate for candidate in self._candidates if candidate.running]
        self.solver.stop([c.index for c in active if not c.running and c.index is not None])

    def _promising(self, candidate: Candidate) -> bool:
        return candidate.solution.lower > -PROMISING

    def _settle(self, candidate: Candidate) -> None:
        """Tries to prove a candidate from the current iterate and records how the solver ended."""
        if candidate.task.proof:
            return
        status, solution = candidate.solution.status, candidate.solution
        assert candidate.index is not None
        started = time.perf_counter()
        exact = None
        if status not in (MarginStatus.FAILED, MarginStatus.INFEASIBLE):
            grams = candidate.system.unscale(self.solver.gram(candidate.index))
            if status is MarginStatus.FEASIBLE:
                margin = candidate.system.unscaled_margin(solution.lower)
                exact = prove_interior(candidate.system, grams, margin)
            if exact is None and solution.iterations >= CHUNK and self._promising(candidate):
                exact = prove_snapped(candidate.system, grams)
        if exact:
            candidate.outcome, candidate.task.proof = "proven", (candidate, exact)
            self.solver.stop([candidate.index])
        elif status is not MarginStatus.RUNNING:
            candidate.outcome = status.name.lower().replace("_", " ")
            if status in (MarginStatus.BOUNDARY, MarginStatus.ITERATION_LIMIT) and self._promising(candidate):
                self._prune(candidate)
        candidate.task.charge("exact", time.perf_counter() - started)

    def _prune(self, candidate: Candidate) -> None:
        """Drops monomials with a vanishing diagonal, which a psd Gram matrix on the boundary cannot use, and retries."""
        assert candidate.index is not None
        grams = self.solver.gram(candidate.index)
        largest = max(float(np.abs(gram).max()) for gram in grams)
        kept = np.concatenate([gram.diagonal() > ZERO_DIAGONAL * largest for gram in grams])
        system = candidate.system
        if kept.all() or not kept.any() or candidate.prunings >= MAX_PRUNINGS:
            return
        if covers(system.polynomial.exponents, system.basis[kept]):
            pruned = GramSystem.build(system.polynomial, system.basis[kept], system.scaling)
            self.add(candidate.task, candidate.proposer, pruned, candidate.prunings + 1)

    def nearest(self, task: Task) -> Candidate | None:
        """The candidate in the solver whose lower bound came highest."""
        entered = [c for c in task.candidates if c.index is not None and np.isfinite(c.solution.lower)]
        return max(entered, key=lambda c: c.solution.lower, default=None)

    def suggested_points(self, task: Task) -> list[Float[np.ndarray, " n"]]:
        """Where the dual points of a task's candidates are moments of a point measure, that point is L(x) / L(1)."""
        n = task.polynomial.num_variables
        points = []
        for candidate in task.candidates:
            if candidate.index is None:
                continue
            rows = candidate.system.row_exponents
            moments = self.solver.moments(candidate.index)
            one = np.flatnonzero(~rows.any(axis=1))
            linear = np.flatnonzero(rows.sum(axis=1) == 1)
            if len(one) and moments[one[0]] > 0 and len(linear):
                point = np.zeros(n)
                point[rows[linear].argmax(axis=1)] = moments[linear] / moments[one[0]]
                points.append(np.ldexp(point, candidate.system.scaling.shifts))
        return points

    def margin(self, candidate: Candidate) -> tuple[float, float]:
        """Bounds on the margin of a candidate in p's own coordinates; at least 0 below once it is proven."""
        if candidate.index is None:
            value = candidate.task.proof[1].min_eigenvalue() if candidate.task.proof else -np.inf
            return value, value if candidate.task.proof else np.inf
        floor = 0.0 if candidate.outcome == "proven" else -np.inf
        system = candidate.system
        grams = system.unscale(self.solver.gram(candidate.index))
        lower = min(float(np.linalg.eigvalsh(gram)[0]) for gram in grams)
        moments = self.solver.moments(candidate.index)
        trace = sum(
            float(np.ldexp(moments[rows.diagonal()], 2 * (basis @ system.scaling.shifts)).sum())
            for rows, basis in zip(system.rows, system.bases, strict=True)
        )
        bound = candidate.solution.upper
        upper = float(np.ldexp(bound, system.scaling.unit)) / trace if np.isfinite(bound) and trace > 0 else np.inf
        return max(lower, floor), upper


def same_monomials(left: Int[np.ndarray, "k n"], right: Int[np.ndarray, "k n"]) -> bool:
    """Whether two bases hold the same monomials, in any order."""
    return len(left) == len(right) and set(map(bytes, left.astype(np.int32))) == set(map(bytes, right.astype(np.int32)))
