"""Candidate bases of many polynomials in one solver batch, each verdict turned into an exact proof or dropped.

The solver's floating point brackets only choose what to try: a candidate counts as proven when the checker has accepted
its certificate, whatever the solver thinks of it.
"""

import time
from collections.abc import Callable
from fractions import Fraction

import numpy as np
from jaxtyping import Float

from nsos_jax.bases import covers
from nsos_jax.certificates import InvalidCertificate, SosCertificate
from nsos_jax.membership.costs import iteration
from nsos_jax.membership.margins import own_margin
from nsos_jax.membership.results import CertifyOptions
from nsos_jax.membership.tasks import (
    BLOCKS,
    COVER_PATIENCE,
    MINOR_NEGATIVE,
    UNIQUE_NOT_PSD,
    Candidate,
    Task,
    charge_launch,
)
from nsos_jax.proofs import (
    ExactGram,
    FaceProof,
    GramSystem,
    central_solver,
    interior_grams,
    known_functional,
    negative_minor,
    prove_on_blocks,
    prove_repeated,
    separating_functional,
    shows_kernels,
    snapped_gram,
    unique_gram,
)
from nsos_jax.solvers import SolverOptions, SolverStatus, SosSolver

PROMISING = 1e-2
ZERO_DIAGONAL = 1e-5
MAX_PRUNINGS = 4
FACE_ITERATIONS = 100
"""Iterations without a proof after which faces are looked at, if that is cheap or the solver took as long already."""
COVER_ITERATIONS, COVER_SECONDS = 40, 12.0
"""The same on a cover that is finer than the blocks, before coarser ones are tried, if it takes less than so many
seconds."""
CHEAP_SECONDS = 2.0
FACE_SHARE = 4.0
"""How much longer than the solver took already a look at faces may take."""
FACE_TIME, COVER_TIME = 0.8, 0.5
"""Of what is left to a polynomial, for a look at faces on blocks and on finer covers."""


class Search:
    """Runs candidates until their polynomials are proven or nothing promising is left."""

    def __init__(self, options: CertifyOptions) -> None:
        self.solver = SosSolver(options=SolverOptions(options.max_iterations, max_bytes=options.memory_limit))
        self._candidates: list[Candidate] = []
        self._last_resort = options.last_resort

    def add(
        self,
        task: Task,
        proposer: str,
        system: GramSystem,
        cover: str = BLOCKS,
        prunings: int = 0,
        blocks_seconds: float = np.inf,
    ) -> Candidate:
        """Enters a cover of a basis; one Gram matrix alone, or a negative minor of all, settles it at once, exactly."""
        candidate = Candidate(task, proposer, system, cover, prunings, blocks_seconds)
        task.candidates.append(candidate)
        if system.unique:
            started = time.perf_counter()
            exact = unique_gram(system)
            candidate.solution.lower = candidate.solution.upper = exact.min_eigenvalue()
            if not self._certify(candidate, exact):
                candidate.outcome = UNIQUE_NOT_PSD
            task.charge("exact", time.perf_counter() - started)
        elif self._see_minor(candidate):
            candidate.outcome = MINOR_NEGATIVE
        else:
            candidate.index = self.solver.add(system.problem())
            candidate.solution = self.solver.solutions[candidate.index]
            self._candidates.append(candidate)
            if not self._repeat(candidate) and not self._look_at_once(candidate):
                self._settle(candidate)
        return candidate

    def _see_minor(self, candidate: Candidate) -> bool:
        """Whether a minor is negative on which the equations leave no choice."""
        started = time.perf_counter()
        candidate.minor = negative_minor(candidate.system)
        if candidate.minor:
            candidate.solution.upper = candidate.minor.gram.min_eigenvalue(candidate.system.scaling.unit)
        candidate.task.charge("exact", time.perf_counter() - started)
        return candidate.minor is not None

    def _repeat(self, candidate: Candidate) -> bool:
        """Looks for a Gram matrix that is equal on blocks that look alike: of long chains, that takes as long as of
        short ones."""
        if self._last_resort == "none" or candidate.task.proof:
            return False
        started = time.perf_counter()
        deadline = time.monotonic() + COVER_TIME * candidate.task.remaining
        try:
            exact = prove_repeated(candidate.system, central_solver(self._last_resort), deadline)
        except (InvalidCertificate, MemoryError, ArithmeticError, np.linalg.LinAlgError):
            exact = None
        found = exact is not None and self._certify(candidate, exact)
        candidate.task.charge("repeated", time.perf_counter() - started)
        return found

    def _look_at_once(self, candidate: Candidate) -> bool:
        """Looks at faces of a cover where equations show that the solver would find nothing inside the cone."""
        system = candidate.system
        if system.lossless or candidate.face_seconds >= COVER_SECONDS or candidate.task.proof:
            return False
        if not shows_kernels(system) or not self.try_faces(candidate):
            return False
        assert candidate.index is not None
        self.solver.stop((candidate.index,))
        return True

    def start_full_groups(self) -> None:
        """Lets the device begin with what was added, where that fills a group."""
        self.solver.start_full_groups()

    def run(self, patience: int | None = None, limit: Callable[[Candidate], float] | None = None) -> None:
        """Advances all candidates until none is left to run.

        Args:
          patience: iterations after which candidates that look infeasible are given up.
          limit: iterations of a candidate after which to return, when all that still run have theirs.
        """
        while True:
            self._retire(patience)
            active = self._candidates
            if not active or (limit is not None and all(c.solution.iterations >= limit(c) for c in active)):
                return
            self._advance(active)

    def _advance(self, active: list[Candidate]) -> None:
        """One step of the solver; candidates are settled while the device works on the next group."""
        owner = {candidate.index: candidate for candidate in active}
        started, launched = time.perf_counter(), self.solver.launch_seconds
        for indices in self.solver.advance():
            waited = time.perf_counter() - started - (self.solver.launch_seconds - launched)
            for candidate in sorted((owner[index] for index in indices), key=lambda c: c.system.size):
                candidate.task.charge("solve", waited / len(indices))
                self._settle(candidate)
            started, launched = time.perf_counter(), self.solver.launch_seconds
        self._share_launches({candidate.task for candidate in active})
        for candidate in active:
            if candidate.running and candidate.solution.status is not SolverStatus.RUNNING:
                self._settle(candidate)  # the device failed before its group could start

    def _share_launches(self, tasks: set[Task]) -> None:
        """Charges what compiling and starting took evenly to the tasks."""
        charge_launch(tasks, "solve", self.solver.launch_seconds, self.solver.compile_seconds)
        self.solver.launch_seconds = self.solver.compile_seconds = 0.0

    def dismiss(self, task: Task) -> None:
        """Stops the candidates of a task that was answered in another way."""
        for candidate in task.candidates:
            if candidate.running:
                candidate.outcome = "not needed"

    def _retire(self, patience: int | None) -> None:
        """Stops candidates whose polynomial is proven, out of time, or hopeless on this basis."""
        for candidate in self._candidates:
            if not candidate.running:
                continue
            if candidate.task.proof:
                candidate.outcome = "not needed"
            elif candidate.task.remaining < 0:
                candidate.outcome = "time limit"
            elif candidate.faces is not None and candidate.solution.iterations >= candidate.face_patience:
                candidate.outcome = f"no proof on faces: {candidate.faces.outcome}"
            elif self._impatient(candidate, patience):
                candidate.outcome = "looks infeasible"
        self.solver.stop(c.index for c in self._candidates if not c.running and c.index is not None)
        self._candidates = [candidate for candidate in self._candidates if candidate.running]

    def _impatient(self, candidate: Candidate, patience: int | None) -> bool:
        if patience is None or candidate.solution.iterations < patience or self._promising(candidate):
            return False
        return not self._waits_for_blocks(candidate)

    def _waits_for_blocks(self, candidate: Candidate) -> bool:
        """Whether a cover's faces wait for its blocks, until these are in the solver and while they cost less there."""
        if candidate.blocks_seconds > candidate.face_seconds or candidate.faces is not None:
            return False
        if candidate.solution.iterations <= COVER_ITERATIONS:
            return True
        blocks = (other for other in candidate.task.candidates if other.running and other.system.lossless)
        return any(
            other.solution.iterations <= min(candidate.face_seconds / iteration(other.sizes), COVER_PATIENCE)
            for other in blocks
        )

    def _promising(self, candidate: Candidate) -> bool:
        return candidate.solution.lower > -PROMISING

    def _settle(self, candidate: Candidate) -> None:
        """Tries to prove a candidate from the current iterate and records how the solver ended."""
        if candidate.task.proof:
            return
        status = candidate.solution.status
        assert candidate.index is not None
        started, before = time.perf_counter(), sum(candidate.task.seconds.values())
        try:
            if status not in (SolverStatus.FAILED, SolverStatus.INFEASIBLE) and (
                self._prove(candidate) or (self._worth_faces(candidate) and self.try_faces(candidate))
            ):
                self.solver.stop((candidate.index,))
            elif status is not SolverStatus.RUNNING:
                candidate.outcome = status.name.lower().replace("_", " ")
                if status in (SolverStatus.BOUNDARY, SolverStatus.ITERATION_LIMIT) and self._promising(candidate):
                    self._prune(candidate)
        except (OverflowError, np.linalg.LinAlgError) as error:
            candidate.outcome = f"numerical failure ({error})"
        inner = sum(candidate.task.seconds.values()) - before
        candidate.task.charge("exact", time.perf_counter() - started - inner)

    def _worth_faces(self, candidate: Candidate) -> bool:
        """Whether to look at faces now: not before the solver has had its chance, nor for long."""
        solution = candidate.solution
        if not candidate.system.lossless and solution.iterations >= COVER_ITERATIONS:
            return candidate.face_seconds < COVER_SECONDS and not self._waits_for_blocks(candidate)
        if not self._promising(candidate):
            return False
        if solution.status is SolverStatus.RUNNING and solution.iterations < FACE_ITERATIONS:
            return False
        return candidate.face_seconds < max(CHEAP_SECONDS, FACE_SHARE * candidate.task.seconds.get("solve", 0.0))

    def try_faces(self, candidate: Candidate) -> bool:
        """Looks once for an exact Gram matrix on faces of the cone, if that fits into the time that is left."""
        if candidate.faces is not None or self._last_resort == "none":
            return False
        task, system = candidate.task, candidate.system
        if candidate.face_seconds > task.remaining / 2:
            return False
        started = time.perf_counter()
        deadline = time.monotonic() + (FACE_TIME if system.lossless else COVER_TIME) * task.remaining
        try:
            proof = prove_on_blocks(system, deadline, self._last_resort)
        except (InvalidCertificate, MemoryError, ArithmeticError, np.linalg.LinAlgError) as error:
            proof = FaceProof(system, None, f"gave up: {error or type(error).__name__}", 0)
        candidate.faces = proof
        found = proof.exact is not None and self._certify(candidate, proof.exact)
        task.charge("faces", time.perf_counter() - started)
        return found

    def _prove(self, candidate: Candidate) -> bool:
        """Rounds the current Gram matrix: inside the cone if it is there, else to small denominators."""
        solution, system = candidate.solution, candidate.system
        assert candidate.index is not None
        grams = system.unscale(self.solver.gram(candidate.index))
        if solution.status is SolverStatus.FEASIBLE:
            margin = system.unscaled_margin(solution.lower)
            if any(self._certify(candidate, exact) for exact in interior_grams(system, grams, margin)):
                return True
        if solution.iterations and self._promising(candidate):
            snapped = snapped_gram(system, grams)
            return snapped is not None and self._certify(candidate, snapped)
        return False

    def _certify(self, candidate: Candidate, exact: ExactGram) -> bool:
        """Closes the task of the candidate if the checker accepts the Gram matrix."""
        task = candidate.task
        try:
            certificate = SosCertificate.create(task.polynomial, exact.blocks(candidate.system))
            certificate.verify()
        except InvalidCertificate:
            return False
        candidate.outcome, task.proof = "proven", (candidate, certificate)
        return True

    def _prune(self, candidate: Candidate) -> None:
        """Drops monomials with a vanishing diagonal, useless to a psd Gram matrix on the boundary, and retries."""
        assert candidate.index is not None
        grams = self.solver.gram(candidate.index)
        largest = max(float(np.abs(gram).max()) for gram in grams)
        system = candidate.system
        kept = np.concatenate([gram.diagonal() > ZERO_DIAGONAL * largest for gram in grams])
        if not system.lossless or kept.all() or not kept.any() or candidate.prunings >= MAX_PRUNINGS:
            return
        if covers(system.polynomial.exponents, system.basis[kept]):
            pruned = GramSystem.build(system.polynomial, system.basis[kept], system.scaling)
            self.add(candidate.task, candidate.proposer, pruned, prunings=candidate.prunings + 1)

    def nearest(self, task: Task, lossless: bool = False) -> Candidate | None:
        """The candidate in the solver, of those on blocks that lose nothing with `lossless`, whose lower bound came
        highest."""
        among = (c for c in task.candidates if c.system.lossless or not lossless)
        entered = [c for c in among if c.index is not None and np.isfinite(c.solution.lower)]
        return max(entered, key=lambda c: c.solution.lower, default=None)

    def promising(self, task: Task) -> list[Candidate]:
        """The two candidates in the solver whose lower bounds came highest, the smaller basis first."""
        entered = [c for c in task.candidates if c.index is not None and self._promising(c)]
        best = sorted(entered, key=lambda c: -c.solution.lower)[:2]
        return sorted(best, key=lambda c: c.system.size)

    def suggested_points(self, task: Task) -> list[Float[np.ndarray, " n"]]:
        """Where the dual points of a task's candidates are moments of a point measure, that point is L(x) / L(1), in
        scaled coordinates."""
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
                points.append(point)
        return points

    def functional(self, candidate: Candidate) -> list[Fraction] | None:
        """Values L(x^alpha) for the rows of a candidate's system with L(p) < 0 and psd moment matrices, exactly; None
        if nothing shows any."""
        if not candidate.system.lossless:
            return None
        if candidate.index is None:
            return known_functional(candidate.system, candidate.minor)
        if candidate.faces is not None and candidate.faces.moments is not None:
            return separating_functional(candidate.system, candidate.faces.moments)
        if candidate.solution.upper >= 0:
            return None
        return separating_functional(candidate.system, self.solver.moments(candidate.index))

    def margin(self, candidate: Candidate) -> tuple[float, float]:
        """Bounds on the margin of a candidate in p's own coordinates; at least 0 below once it is proven."""
        floor = 0.0 if candidate.outcome == "proven" else -np.inf
        if candidate.index is None:
            if candidate.minor is not None:
                return floor, candidate.minor.gram.min_eigenvalue_bounds()[1]
            lower, upper = unique_gram(candidate.system).min_eigenvalue_bounds()
            return max(lower, floor), max(upper, floor)
        solver, index = self.solver, candidate.index
        upper = candidate.solution.upper
        lower, upper = own_margin(candidate.system, solver.gram(index), solver.moments(index), upper)
        lower = max(lower, floor)
        return (lower, upper) if -np.inf < lower <= upper else (floor, np.inf)
