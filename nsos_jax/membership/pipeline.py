"""The pipeline: polynomials in, exact answers out.

Cheap exact tests first, then the proposed bases of all polynomials in one solver batch, then a search for negative
points, then complete bases for what is left. Every status but UNDECIDED is set by a certificate that the independent
checker (`Certificate.verify`) has accepted.
"""

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

from nsos_jax.bases import MAX_CANDIDATES, expansion_schedule, peel, symmetry_of, time_is_over, uncovered
from nsos_jax.certificates import NegativePointCertificate, NotSosCertificate, SosCertificate
from nsos_jax.membership.compacting import with_compact
from nsos_jax.membership.limits import check_rung, check_time
from nsos_jax.membership.margins import with_closed_margins
from nsos_jax.membership.multiplied import nonnegativity_proof
from nsos_jax.membership.proposing import PATIENCE, Proposing
from nsos_jax.membership.results import CertifyOptions, Result, Status
from nsos_jax.membership.rungs import Rung
from nsos_jax.membership.second_opinion import check_solvers, with_reference
from nsos_jax.membership.tasks import Candidate, Task
from nsos_jax.option_changes import changed
from nsos_jax.polynomials import Polynomial, contained
from nsos_jax.proofs import (
    EXACT_METHODS,
    CompleteBasis,
    central_solver,
    complete_basis,
    multiplied_point,
    multiplied_squares,
    near_sos_certificates,
    not_sos_certificate,
    not_sos_over_q,
    quick_negative_point,
    real_zeros,
    search_negative_point,
    square_factor,
    symmetric_certificates,
)
from nsos_jax.proposers import check_polynomials, check_proposer

MOST_EXPONENTS_FOR_ZEROS, MOST_ZEROS = 2_000, 4
"""Terms times variables up to which zeros in number fields are sought, and how many of them."""
LEAST_FOR_SYMMETRY, MOST_FOR_SYMMETRY = 40, 3_000
"""Monomials of the complete bases between which symmetries are used: below, they save nothing."""
RANDOM_STARTS = 12
STREAM_CHUNK = 256
_log = logging.getLogger(__name__)


def certify(polynomial: Polynomial, options: CertifyOptions | None = None, **changes: Any) -> Result:
    """Decides whether a polynomial is a sum of squares, with an exact certificate.

    Args:
      polynomial: p.
      options: how hard to try.
      changes: fields of `CertifyOptions` by name, in place of those of `options`.

    Raises:
      TypeError: for what is not a polynomial, and fields that do not exist.
      ValueError: for options out of their range.

    >>> certify(Polynomial.parse("4*x1^4 + 12*x1^2*x2^2 + 9*x2^4 + 1")).status.name
    'SOS'
    >>> certify(Polynomial.parse("x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1"), nonnegative=True).status.name
    'NONNEGATIVE'
    """
    return certify_batch([polynomial], options, **changes)[0]


def certify_batch(
    polynomials: Iterable[Polynomial], options: CertifyOptions | None = None, **changes: Any
) -> list[Result]:
    """Answers for many polynomials, in order; all their candidate bases share solver batches on the device.

    Arguments and errors are those of `certify`.
    """
    return list(certify_stream(polynomials, options, **changes))


def certify_stream(
    polynomials: Iterable[Polynomial],
    options: CertifyOptions | None = None,
    chunk: int = STREAM_CHUNK,
    **changes: Any,
) -> Iterator[Result]:
    """Answers in order as chunks of polynomials are finished, for inputs of any length.

    Arguments and errors are those of `certify`.
    """
    if chunk < 1:
        raise ValueError(f"chunk must be at least 1, got {chunk}")
    if isinstance(polynomials, Polynomial):
        raise TypeError("expected several polynomials, got one: certify takes one")
    options = CertifyOptions() if options is None else options
    if not isinstance(options, CertifyOptions):
        raise TypeError(f"options: got {type(options).__name__}, wanted CertifyOptions")
    options = changed(options, changes)
    for name in options.proposers:
        check_proposer(name)
    check_solvers(options)
    waiting = iter(polynomials)
    while part := list(islice(waiting, chunk)):
        check_polynomials(part)
        # Matrices are small here: BLAS threads only wait for each other, at times for seconds on two busy cores.
        with _blas().limit(limits=1, user_api="blas"):
            results = _Pipeline(part, options).run()
            if options.compact:
                results = [with_compact(result, options) for result in results]
            if options.close_margins:
                results = with_closed_margins(results, options)
            if options.reference:
                results = [with_reference(result, options) for result in results]
        for result in results:
            _log_attempts(result)
        yield from results


def _log_attempts(result: Result) -> None:
    """Every basis that was tried, and where the time went."""
    _log.debug("%r: %s", result, ", ".join(f"{stage} {seconds:.3f} s" for stage, seconds in result.seconds.items()))
    for tried in result.attempts:
        size = f"{tried.basis_size} monomials, cover {tried.cover}" if tried.basis_size else "no basis"
        _log.debug("  %s: %s, %d iterations: %s", tried.proposer, size, tried.iterations, tried.outcome)


@cache
def _blas() -> ThreadpoolController:
    """The BLAS libraries of this process; finding them takes milliseconds."""
    return ThreadpoolController()


class _Pipeline(Proposing):
    """The stages, in order. Each takes the tasks that are still open."""

    def run(self) -> list[Result]:
        for task in self.open():
            self._screen(task)
        for task in self.open():
            self._use_symmetry(task)
        for name in self.options.proposers:
            self.propose(name)
        for task in self.open():
            self._decide(task, "circuits")
        self.search.run(PATIENCE)
        self.collect_proofs()
        for task in self.open():
            self._refute(task, RANDOM_STARTS)
        for task in self.open():
            self._try_faces(task)
        self.collect_proofs()
        completed = {task: complete for task in self.open() if (complete := self._complete(task))}
        self.search.run()
        self.collect_proofs()
        for task in self.open():
            self._disprove(task, *completed.get(task, (None, None)))
        if self.options.nonnegative:
            for task in self.tasks:
                self._multiply(task)
        return [self.results[task] for task in self.tasks]

    def _screen(self, task: Task) -> None:
        """Trivial polynomials, negative points that are found quickly."""
        p = task.polynomial
        with self.stage(task, "screen"):
            if p.is_zero:
                self.close(task, Status.SOS, SosCertificate.create(p, []))
                return
        self._decide(task, "univariate")
        if task in self.results:
            return
        with self.stage(task, "screen"):
            if (point := quick_negative_point(p, task.scaling, self.options.seed)) is not None:
                self.close(task, Status.NEGATIVE, NegativePointCertificate.create(p, point))
                return
        self._divide(task)

    def _divide(self, task: Task) -> None:
        """Where p = root^2 rest, the rest is answered in half of the time left, and its proof becomes one for p."""
        with self.stage(task, "squares"):
            check_time(task)
            parts = square_factor(task.polynomial)
            if parts is None:
                return
            options = replace(self.options, nonnegative=False, time_limit=task.remaining / 2)
            [answer] = _Pipeline([parts.rest], options).run()
            proof = answer.certificate
            if isinstance(proof, SosCertificate):
                certificate = multiplied_squares(task.polynomial, parts.root, proof)
                self.close(task, Status.SOS, certificate, method="square factor")
            elif isinstance(proof, NegativePointCertificate):
                self.close(task, Status.NEGATIVE, multiplied_point(task.polynomial, parts.root, proof))

    def _decide(self, task: Task, method: str) -> None:
        """Closes the task if an exact method applies to its polynomial and succeeds."""
        with self.stage(task, method):
            check_time(task)
            certificate = EXACT_METHODS[method](task.polynomial, time.monotonic() + task.remaining)
            if certificate:
                self.close(task, Status(certificate.status), certificate, method=method)

    def _use_symmetry(self, task: Task) -> None:
        """Invariant Gram matrices, or an invariant functional, for large polynomials with symmetries."""
        p = task.polynomial
        with self.stage(task, "symmetry"):
            check_time(task)
            symmetry = symmetry_of(p)
            if symmetry.is_trivial or self.options.last_resort == "none":
                return
            deadline = time.monotonic() + task.remaining / 2
            complete = self._complete_basis(task, deadline)
            if not LEAST_FOR_SYMMETRY <= len(complete.basis) <= MOST_FOR_SYMMETRY:
                return
            solver = central_solver(self.options.last_resort)
            for certificate in symmetric_certificates(p, complete, symmetry, solver, deadline):
                if isinstance(certificate, NotSosCertificate):
                    self._refute(task, RANDOM_STARTS)
                if task not in self.results:
                    self.close(task, Status(certificate.status), certificate, method="symmetry")
                if task in self.results:
                    return

    def _refute(self, task: Task, random_starts: int) -> None:
        """Minimises p, from what the dual points suggest and from random starts."""
        p = task.polynomial
        with self.stage(task, "refute"):
            starts = self.search.suggested_points(task)
            deadline = time.monotonic() + task.remaining / 2
            point = search_negative_point(p, task.scaling, starts, random_starts, self.options.seed, deadline)
            if point is not None:
                self.close(task, Status.NEGATIVE, NegativePointCertificate.create(p, point))

    def _try_faces(self, task: Task) -> None:
        """Looks at faces of the candidates that came nearest and were not looked at."""
        with self.stage(task, "faces"):
            for candidate in self.search.promising(task):
                if self.search.try_faces(candidate):
                    return

    def _complete_basis(self, task: Task, deadline: float) -> CompleteBasis:
        """The complete basis, if it fits into memory."""
        p = task.polynomial
        most = min(MAX_CANDIDATES, self.options.memory_limit // (40 * max(p.num_variables, 1)))
        return complete_basis(p, most, deadline)

    def _complete(self, task: Task) -> tuple[CompleteBasis, Candidate | None] | None:
        """The complete basis and its entry in the search, with the rungs between the largest proposal and it."""
        p = task.polynomial
        with self.stage(task, "newton"):
            check_time(task)
            complete = self._complete_basis(task, time.monotonic() + task.remaining)
            basis = complete.basis
            check_rung(task, Rung(basis), self.options)
            if uncovered(p.exponents, basis).any():
                return complete, None
            largest = max((c.system.basis for c in task.candidates), key=len, default=basis[:0])
            start = max(int(contained(basis, largest).sum()), 1)
            sizes = expansion_schedule(start, len(basis), self.options.ratio)[1:-1]
            if sizes:
                order = peel(p.exponents, basis).order
                first = contained(order, largest)
                order = np.concatenate([order[first], order[~first]])
            for size in sizes:
                self.enter(task, "expansion", Rung(order[:size]))
            return complete, self.enter(task, "complete", Rung(basis))
        return None

    def _disprove(self, task: Task, complete: CompleteBasis | None, candidate: Candidate | None) -> None:
        """A dual functional on the complete basis, else a proof on faces of it, else an almost-certificate, else
        UNDECIDED."""
        if complete and not self._separate(task, complete, candidate) and candidate:
            with self.stage(task, "faces"):
                self.search.try_faces(candidate)
            self.collect_proofs()
            if task in self.results:
                return
            if candidate.faces is not None and candidate.faces.moments is not None:
                self._separate(task, complete, candidate)
        if task not in self.results and complete and candidate:
            with self.stage(task, "field"):
                self._disprove_over_q(task, complete, candidate)
        if task not in self.results and task.candidates:
            self._refute(task, 0)
        if task not in self.results:
            with self.stage(task, "near"):
                self._approximate(task)
        if task not in self.results:
            outcomes = ", ".join(map(str, task.candidates))
            reason = self.errors.get(task) or f"no proof was found; bases tried: {outcomes or 'none'}"
            if task.remaining <= 0:
                late = time_is_over(task.time_limit)
                reason = reason if late in reason else f"{reason}; {late}"
            elif any(c.outcome == "iteration limit" for c in task.candidates):
                reason += "; a larger max_iterations may decide it"
            self.results[task] = self.result(task, Status.UNDECIDED, None, self.search.nearest(task), reason)

    def _separate(self, task: Task, complete: CompleteBasis, candidate: Candidate | None) -> bool:
        """Closes the task if a functional separates p from the sums of squares on the complete basis."""
        with self.stage(task, "disprove"):
            system = candidate.system if candidate else None
            functional = self.search.functional(candidate) if candidate else None
            certificate = not_sos_certificate(task.polynomial, complete, system, functional)
            if certificate:
                self.close(task, Status.NOT_SOS, certificate, candidate)
        return task in self.results

    def _disprove_over_q(self, task: Task, complete: CompleteBasis, candidate: Candidate) -> None:
        """A zero of p in a number field may show that no Gram matrix is rational."""
        p = task.polynomial
        if p.num_terms * p.num_variables > MOST_EXPONENTS_FOR_ZEROS:
            return
        for count, zero in enumerate(real_zeros(candidate.system)):
            if count == MOST_ZEROS or task.remaining <= 0:
                return
            certificate = not_sos_over_q(p, complete, zero)
            if certificate:
                self.close(task, Status.NOT_SOS, certificate, candidate)
                return

    def _multiply(self, task: Task) -> None:
        """Seeks a multiplier for what is not proven to be a sum of squares or to be negative somewhere."""
        if self.results[task].status in (Status.SOS, Status.NEGATIVE):
            return
        with self.stage(task, "multiply"):
            deadline = time.monotonic() + task.remaining
            found = nonnegativity_proof(task.polynomial, self._decide_products, deadline)
            if found:
                certificate, multiplier = found
                self.close(task, Status(certificate.status), certificate, method=f"multiplier {multiplier.name}")

    def _decide_products(self, products: Sequence[Polynomial], seconds: float) -> list[Result]:
        return _Pipeline(products, replace(self.options, nonnegative=False, time_limit=seconds)).run()

    def _approximate(self, task: Task) -> None:
        """An almost-certificate on the basis that came nearest."""
        candidate = self.search.nearest(task, lossless=True)
        if candidate is None or candidate.index is None:
            return
        scaled = self.search.solver.gram(candidate.index)
        for certificate in near_sos_certificates(candidate.system, candidate.solution.lower, scaled):
            self.close(task, Status.NEAR_SOS, certificate, candidate)
            if task in self.results:
                return
