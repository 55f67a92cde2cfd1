"""A chunk of polynomials on its way: which tasks are open, what they took, and the results that close them."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from jaxtyping import Int

from nsos_jax.bases import DeadlineExceeded, TooLarge
from nsos_jax.certificates import Certificate, InvalidCertificate, NonnegCertificate, SosCertificate
from nsos_jax.membership.results import Attempt, CertifyOptions, Result, Status
from nsos_jax.membership.search import Search
from nsos_jax.membership.tasks import Candidate, Task
from nsos_jax.polynomials import Polynomial, distinct_rows
from nsos_jax.proofs import GramSystem, unique_gram

MOST_FOR_MARGIN = 64
"""Monomials of a basis up to which it is found out whether an exact method has met the only Gram matrix on it."""
FAILURES = (TooLarge, DeadlineExceeded, InvalidCertificate, MemoryError, ArithmeticError, np.linalg.LinAlgError)
"""What a stage may end with: limits of ours and of the checker, and numbers that are too much for the computer's."""


class Chunk:
    """The tasks of a chunk, the search that they share, and their results.

    Attributes:
      options: how hard to try.
      tasks: one for each polynomial, in order.
      search: candidate bases in one solver.
      results: of the tasks that are closed.
      errors: of tasks, the first failure of a stage.
    """

    def __init__(self, polynomials: Sequence[Polynomial], options: CertifyOptions) -> None:
        self.options = options
        self.tasks = [Task(polynomial, options.time_limit) for polynomial in polynomials]
        self.search = Search(options)
        self.results: dict[Task, Result] = {}
        self.errors: dict[Task, str] = {}

    def open(self) -> list[Task]:
        return [task for task in self.tasks if task not in self.results]

    @contextmanager
    def stage(self, task: Task, name: str) -> Iterator[None]:
        """Charges the time, but for that of inner stages, to the task; failures are noted and leave it open."""
        started, before = time.perf_counter(), sum(task.seconds.values())
        try:
            yield
        except FAILURES as error:
            self.errors.setdefault(task, str(error) or type(error).__name__)
        finally:
            inner = sum(task.seconds.values()) - before
            task.charge(name, time.perf_counter() - started - inner)

    def collect_proofs(self) -> None:
        for task in self.open():
            if task.proof:
                candidate, certificate = task.proof
                self.results[task] = self.result(task, Status.SOS, certificate, candidate, None)

    def close(
        self,
        task: Task,
        status: Status,
        certificate: Certificate,
        candidate: Candidate | None = None,
        method: str = "",
    ) -> None:
        """Sets a status, if the independent checker accepts the certificate."""
        try:
            certificate.verify()
        except InvalidCertificate as error:
            self.errors[task] = f"the checker refused the {certificate.kind} certificate: {error}"
            return
        if method:
            self.search.dismiss(task)
        result = self.result(task, status, certificate, candidate, None)
        if method and isinstance(certificate, SosCertificate | NonnegCertificate):
            used = certificate.blocks if isinstance(certificate, SosCertificate) else certificate.product
            blocks = tuple(block.basis for block in used)
            basis = distinct_rows(np.concatenate(blocks))
            attempt = Attempt(method, len(basis), tuple(map(len, blocks)), "proven", 0)
            is_sos = status is Status.SOS
            result = replace(
                result,
                margin=self._margin_on(task, basis) if is_sos else (-np.inf, np.inf),
                blocks=blocks,
                proposer=method,
                attempts=(*result.attempts, attempt),
            )
        self.results[task] = result

    def _margin_on(self, task: Task, basis: Int[np.ndarray, "k n"]) -> tuple[float, float]:
        """Bounds on the margin of a proof on a basis, where finding them costs little."""
        if len(basis) <= MOST_FOR_MARGIN:
            system = GramSystem.build(task.polynomial, basis, task.scaling)
            if system.unique:
                lower, upper = unique_gram(system).min_eigenvalue_bounds()
                return max(lower, 0.0), max(upper, 0.0)
        return 0.0, np.inf

    def result(
        self,
        task: Task,
        status: Status,
        certificate: Certificate | None,
        candidate: Candidate | None,
        error: str | None,
    ) -> Result:
        return Result(
            task.polynomial,
            status,
            certificate,
            self.search.margin(candidate) if candidate else (-np.inf, np.inf),
            candidate.system.bases if candidate else (),
            candidate.proposer if candidate else "",
            (*task.aside, *(candidate.attempt() for candidate in task.candidates)),
            task.seconds,
            error,
        )
