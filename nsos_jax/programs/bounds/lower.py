"""`lower_bound`: the relaxations, one order after the other, until the bracket closes."""

import math
import time
from dataclasses import replace
from fractions import Fraction
from typing import Any

from nsos_jax.certificates import (
    Certificate,
    EmptySetCertificate,
    Identity,
    InvalidCertificate,
    LowerBoundCertificate,
    LowerBoundOnSetCertificate,
    ProgramCertificate,
)
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.bounds.domain import flat_notes
from nsos_jax.programs.bounds.falling import falling_curve
from nsos_jax.programs.bounds.problem import BoundProblem
from nsos_jax.programs.bounds.results import Attempt, BoundResult, BoundStatus
from nsos_jax.programs.bounds.upper import UpperBound
from nsos_jax.programs.moments import Moments, completed
from nsos_jax.programs.options import SolveOptions
from nsos_jax.programs.program import SosProgram, Sparsity
from nsos_jax.programs.results import ProgramResult, ProgramStatus
from nsos_jax.programs.sets import SemialgebraicSet
from nsos_jax.programs.solve import solve_program

MOST_RAISES = 6
"""Orders beyond the least one that are tried where none is given."""
MOST_MOMENTS = 2500
"""Monomials up to twice the order beyond which it is not raised."""
PATIENCE = 2
"""Orders without a better bound after which no higher ones are tried."""
NAME = "bound"


def lower_bound(
    polynomial: Polynomial,
    on: SemialgebraicSet | None = None,
    order: int | None = None,
    options: SolveOptions | None = None,
    *,
    products: bool = False,
    sparsity: Sparsity = "auto",
) -> BoundResult:
    """Bounds on the minimum of a polynomial, on the whole space or on a set, both ends proven.

    Below, the largest gamma for which p - gamma is a sum of squares, or has a certificate of Putinar's kind on the set;
    above, the value at a rational point, found with the moments of the dual problem and by local descents.

    Args:
      polynomial: p.
      on: the set; the whole space by default.
      order: of the relaxation, all products have degree at most twice this (Lasserre). By default the least one, and
        higher ones until the bracket closes up to `options.tolerance`, time is up, or the relaxation gets too large.
      options: of the programs; the time limit holds for all of them together.
      products: Schmuedgen's certificate: multipliers for the products of different inequalities too.
      sparsity: as in `SosProgram.nonnegative`: "term" bounds by smaller Gram matrices, which may give less.

    Raises:
      TypeError: p or the set is something else.
      ValueError: the order is too small, or there is no set for it.

    >>> x = Polynomial.parse("x")
    >>> result = lower_bound(x**4 - 2 * x**2)
    >>> print(result.status, result.lower, result.upper)
    OPTIMAL -1 -1
    """
    if not isinstance(polynomial, Polynomial):
        raise TypeError(f"polynomial: got {type(polynomial).__name__}, wanted a Polynomial without unknowns")
    if on is not None and not isinstance(on, SemialgebraicSet):
        raise TypeError(f"on: got {type(on).__name__}, wanted a SemialgebraicSet")
    problem = BoundProblem.of(polynomial, on)
    if order is not None:
        if problem.unconstrained:
            raise ValueError("order: there is one relaxation on the whole space only: give a set (on), or no order")
        if isinstance(order, bool) or not isinstance(order, int):
            raise ValueError(f"order: got {order!r}, wanted an integer")
        for what, part in problem.parts():
            if part.degree > 2 * order:
                least = f"order={-(-part.degree // 2)}"
                raise ValueError(f"order: got {order}, {what} of degree {part.degree} needs {least} or more")
    return _Search(problem, order, {"products": products, "sparsity": sparsity}, options or SolveOptions()).run()


class _Search:
    def __init__(self, problem: BoundProblem, order: int | None, shape: dict[str, Any], options: SolveOptions) -> None:
        self.problem, self.order, self.shape, self.options = problem, order, shape, options
        self.start = time.monotonic()
        self.upper = UpperBound(problem)
        self.lower: Fraction | None = None
        self.proof: tuple[int | None, ProgramCertificate] | None = None
        self.moments: Moments = {}
        self.attempts: list[Attempt] = []
        self.notes: tuple[str, ...] = ()

    @property
    def remaining(self) -> float:
        return self.options.time_limit - (time.monotonic() - self.start)

    def run(self) -> BoundResult:
        if self.problem.unconstrained:
            return self.on_whole_space()
        self.notes = flat_notes(self.problem)
        self.upper.look()
        for order in self.orders():
            if self.upper.value is None:
                certificate = self.emptiness(order)
                if certificate is not None:
                    error = "the set is empty: every bound holds on it"
                    return self.result(BoundStatus.EMPTY, certificate=certificate, order=order, error=error)
            refuted = self.relax(order)
            if self.closed or self.stalled or self.remaining <= 0:
                break
        if self.lower is None and self.order is not None and refuted is not None:
            error = f"no gamma has a certificate of order {self.order}; a higher order may give one"
            return self.result(BoundStatus.NO_BOUND, certificate=refuted, order=self.order, error=error)
        return self.finished()

    def on_whole_space(self) -> BoundResult:
        polynomial = self.problem.polynomial
        if polynomial.degree <= 0:
            return self.constant(polynomial)
        curve = falling_curve(polynomial)
        if curve is not None:
            error = f"the polynomial is unbounded below: {curve}"
            return self.result(BoundStatus.UNBOUNDED, falling=curve, error=error)
        refuted = self.relax(None)
        if refuted is not None:
            self.upper.look()
            error = "p - gamma is a sum of squares for no gamma; p may still be bounded below"
            return self.result(BoundStatus.NO_BOUND, certificate=refuted, error=error)
        return self.finished()

    def constant(self, polynomial: Polynomial) -> BoundResult:
        """Of p without variables."""
        self.upper.look()
        self.lower = polynomial.evaluate([0] * polynomial.num_variables)
        certificate = _checked(LowerBoundCertificate.create(polynomial, self.lower, [], self.upper.point))
        return self.result(BoundStatus.OPTIMAL, certificate=certificate, lower=self.lower)

    def orders(self) -> "list[int]":
        """Those to try; the first one whatever its size."""
        if self.order is not None:
            return [self.order]
        least, n = self.problem.least_order, len(self.problem.variables)
        fitting = [
            order
            for order in range(least, least + MOST_RAISES + 1)
            if order == least or math.comb(n + 2 * order, n) <= MOST_MOMENTS
        ]
        return fitting

    def relax(self, order: int | None) -> Certificate | None:
        """Solves one relaxation; a proof that it has no bound at all, if that is so."""
        start = time.monotonic()
        result = self.solve(order)
        proven = result.certificate if isinstance(result.certificate, ProgramCertificate) else None
        value = proven.objective_value if proven is not None else None
        if value is not None and (self.lower is None or value > self.lower):
            self.lower, self.proof = value, (order, proven)
        if result.moments.get(NAME):
            self.moments = completed(result.moments[NAME], self.problem.on.equalities, 2 * (order or 0))
        self.upper.look(self.moments)
        seconds = time.monotonic() - start
        outcome = "proven" if value is not None else result.error or str(result.status)
        self.attempts.append(Attempt(order, value, seconds, outcome))
        return result.certificate if result.status is ProgramStatus.INFEASIBLE else None

    def solve(self, order: int | None) -> ProgramResult:
        """The program max gamma, p - gamma certified."""
        program = SosProgram(self.problem.variables)
        gamma = program.scalar("gamma")
        target = self.problem.polynomial - gamma
        program.nonnegative(target, on=self.problem.on, order=order, name=NAME, **self.shape)
        program.maximize(gamma)
        return solve_program(program, replace(self.options, time_limit=max(self.remaining, 0.1)))

    def emptiness(self, order: int) -> EmptySetCertificate | None:
        """A proof that the set is empty: -1 certified as nonnegative on it."""
        problem = self.problem
        program = SosProgram(problem.variables)
        minus_one = Polynomial.constant(-1)
        program.nonnegative(minus_one, on=problem.on, order=order, name=NAME, **self.shape)
        certificate = solve_program(program, replace(self.options, time_limit=max(self.remaining, 0.1))).certificate
        if not isinstance(certificate, ProgramCertificate):
            return None
        products = certificate.statement.constraints[0].products
        [identity] = certificate.identities
        on = problem.on
        return _checked(
            EmptySetCertificate.create(problem.variables, identity, on.inequalities, products, on.equalities)
        )

    @property
    def closed(self) -> bool:
        """Whether the bracket is narrow enough."""
        if self.lower is None or self.upper.value is None:
            return False
        size = max(Fraction(1), abs(self.lower), abs(self.upper.value))
        return self.upper.value - self.lower <= Fraction(self.options.tolerance) * size

    @property
    def stalled(self) -> bool:
        """Whether the last orders gave no better bound than those before them."""
        bounds = [attempt.lower for attempt in self.attempts if attempt.lower is not None]
        if len(bounds) <= PATIENCE:
            return len(self.attempts) - len(bounds) > PATIENCE
        best = max(bounds[:-PATIENCE])
        return max(bounds[-PATIENCE:]) - best <= Fraction(self.options.tolerance) * max(1, abs(best))

    def finished(self) -> BoundResult:
        if self.lower is None or self.proof is None:
            tried = "; ".join(_said(attempt) for attempt in self.attempts)
            return self.result(BoundStatus.UNDECIDED, error=f"no lower bound was proven: {tried}", order=self.last)
        order, certificate = self.proof
        final = self.certificate(certificate)
        if self.closed:
            return self.result(BoundStatus.OPTIMAL, certificate=final, order=order, lower=self.lower)
        if self.upper.value is None:
            error = "no rational point of the set was found"
        else:
            error = f"upper - lower is {float(self.upper.value - self.lower):.2g}"
        if not self.problem.unconstrained:
            error += f"; orders tried: {', '.join(str(attempt.order) for attempt in self.attempts)}"
        if self.remaining <= 0:
            error += f"; the time limit of {self.options.time_limit:g} s was reached"
        return self.result(BoundStatus.BOUNDED, certificate=final, order=order, lower=self.lower, error=error)

    @property
    def last(self) -> int | None:
        return self.attempts[-1].order if self.attempts else None

    def certificate(self, proven: ProgramCertificate) -> Certificate | None:
        """The bound, and the best point, from the identity of the program's certificate."""
        problem, [identity] = self.problem, proven.identities
        assert self.lower is not None
        if problem.unconstrained:
            return _checked(_of_polynomial(problem.polynomial, self.lower, identity, self.upper.point))
        on, products = problem.on, proven.statement.constraints[0].products
        return _checked(
            LowerBoundOnSetCertificate.create(
                problem.polynomial, self.lower, identity, on.inequalities, products, on.equalities, self.upper.point
            )
        )

    def result(self, status: BoundStatus, **known) -> BoundResult:
        names, point = self.problem.variables, self.upper.point
        if status is BoundStatus.UNBOUNDED or status is BoundStatus.EMPTY:
            point = None
        return BoundResult(
            status,
            names,
            upper=self.upper.value if point is not None else None,
            point=dict(zip(names, point, strict=True)) if point is not None else None,
            minimisers=self.upper.minimisers(self.lower),
            flat=self.upper.flat,
            moments=self.moments,
            attempts=tuple(self.attempts),
            notes=self.notes,
            seconds=time.monotonic() - self.start,
            **known,
        )


def _of_polynomial(
    polynomial: Polynomial, bound: Fraction, identity: Identity, point: tuple[Fraction, ...] | None
) -> LowerBoundCertificate:
    blocks = [
        (b.basis, b.core, b.denominator) if b.range is None else (b.basis, b.core, b.denominator, b.range)
        for b in identity.blocks
    ]
    return LowerBoundCertificate.create(polynomial, bound, blocks, point)


def _checked(certificate):
    """The certificate if the checker accepts it."""
    try:
        certificate.verify()
    except InvalidCertificate:
        return None
    return certificate


def _said(attempt: Attempt) -> str:
    return attempt.outcome if attempt.order is None else f"order {attempt.order}: {attempt.outcome}"
