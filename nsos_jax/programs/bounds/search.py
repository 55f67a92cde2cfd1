"""The relaxations of a bound, one order after the other, until the bracket closes."""

import math
import time
from dataclasses import replace
from fractions import Fraction

import numpy as np
from jaxtyping import Int

from nsos_jax.bases import time_is_over
from nsos_jax.certificates import Certificate, Identity, ProgramCertificate, SosCertificate
from nsos_jax.membership import certify
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.bounds.evidence import Found, bound_certificate, empty_certificate
from nsos_jax.programs.bounds.falling import FallingCurve, falling_curve, falling_ray, hopeful_rays
from nsos_jax.programs.bounds.problem import BoundProblem
from nsos_jax.programs.bounds.results import Attempt, BoundResult, BoundStatus, as_float
from nsos_jax.programs.bounds.upper import UpperBound
from nsos_jax.programs.equations import DENSE, Moments, completed
from nsos_jax.programs.modelling import Expression, SosProgram
from nsos_jax.programs.noticing import flat_notes
from nsos_jax.programs.options import SolveOptions, Sparsity
from nsos_jax.programs.results import ProgramResult, ProgramStatus
from nsos_jax.programs.solve import solve_program
from nsos_jax.proofs import simplest_fraction

MOST_RAISES = 6
"""Orders beyond the least one that are tried where none is given."""
MOST_MOMENTS = 2500
"""Monomials up to twice the order beyond which it is not raised."""
PATIENCE = 2
"""Orders without a better bound after which no higher ones are tried."""
LARGE = 30
"""Monomials up to the order beyond which cliques are tried first."""
FIRST_SHARE = 0.5
"""Of the time that is left, for a relaxation on cliques before one on whole bases."""
LEAST_SECONDS = 0.1
FINEST = 1e-12
"""The least tolerance that steps are taken for."""
HOPELESS = 1e-2
"""What the dual point may promise less than the best value, relative to it, where that may be the minimum."""
SHORT = 10**6
"""Largest denominator of values that may be the minimum itself."""
NAME = "bound"


class Search:
    """One bound on its way."""

    def __init__(
        self, problem: BoundProblem, order: int | None, products: bool, sparsity: Sparsity, options: SolveOptions
    ) -> None:
        self.problem, self.order, self.options = problem, order, options
        self.products, self.sparsity = products, sparsity
        self.start = time.monotonic()
        self.unit = min(1.0, float(np.abs(problem.polynomial.float_coefficients).max(initial=0.0)) or 1.0)
        self.upper = UpperBound(problem, self.start + options.time_limit)
        self.lower: Fraction | None = None
        self.proof: tuple[int | None, Found] | None = None
        self.used: Sparsity | None = None
        self.asked: Fraction | None = None
        self.moments: Moments = {}
        self.attempts: list[Attempt] = []
        self.notes: tuple[str, ...] = ()

    @property
    def remaining(self) -> float:
        return self.options.time_limit - (time.monotonic() - self.start)

    def within(self, seconds: float) -> SolveOptions:
        """The options for a program that is one of several."""
        return replace(self.options, time_limit=max(seconds, LEAST_SECONDS), bounds=False)

    def run(self) -> BoundResult:
        if self.problem.unconstrained:
            return self.on_whole_space()
        self.notes = flat_notes(self.problem.on)
        rays = hopeful_rays(self.problem.polynomial, self.problem.on)
        ray = self.falling_ray(rays) if len(rays) else None
        if ray is None:
            self.upper.look()
            if "constant" not in self.sparsities(self.problem.least_order):  # whose moments lead to better points
                self.ask_at_stationary()
            if self.closed:
                return self.finished()
            ray = self.falling_ray(rays) if len(rays) else None
        if ray is not None:
            return self.unbounded(ray, " on the set")
        for order in self.orders():
            if self.upper.value is None:
                certificate = self.emptiness(order)
                if certificate is not None:
                    error = "the set is empty: every bound holds on it"
                    return self.result(BoundStatus.EMPTY, certificate=certificate, order=order, error=error)
            refuted = self.relax(order)
            hopeless = refuted is not None and self.order is not None
            if self.closed or self.enough or hopeless or self.remaining <= 0:
                break
        if self.lower is None and refuted is not None:
            error = f"no gamma has a certificate of order {order}; a higher order may give one"
            return self.result(BoundStatus.NO_BOUND, certificate=refuted, order=order, error=error)
        return self.finished()

    def on_whole_space(self) -> BoundResult:
        polynomial = self.problem.polynomial
        if polynomial.degree <= 0:
            return self.constant(polynomial)
        curve = falling_curve(polynomial)
        if curve is None:
            rays = hopeful_rays(polynomial, self.problem.on)
            curve = falling_ray(polynomial, self.problem.on, [Fraction(0)] * polynomial.num_variables, rays)
        if curve is not None:
            return self.unbounded(curve)
        refuted = self.relax(None)
        if refuted is not None:
            self.upper.look()
            error = "p - gamma is a sum of squares for no gamma; p may still be bounded below"
            return self.result(BoundStatus.NO_BOUND, certificate=refuted, error=error)
        if not self.closed:
            self.ask_membership()
        return self.finished()

    def falling_ray(self, rays: Int[np.ndarray, "rays n"]) -> FallingCurve | None:
        """A ray in the set on which p falls below every bound, from the best point or one near the origin."""
        point = self.upper.point or next(self.upper.rational.near(np.zeros(len(self.problem.variables))), None)
        return None if point is None else falling_ray(self.problem.polynomial, self.problem.on, point, rays)

    def unbounded(self, curve: FallingCurve, where: str = "") -> BoundResult:
        """The answer where p falls below every bound along a curve."""
        self.upper = UpperBound(self.problem, self.start + self.options.time_limit)
        error = f"the polynomial is unbounded below{where}: {curve}"
        return self.result(BoundStatus.UNBOUNDED, falling=curve, error=error)

    def ask_at_stationary(self) -> None:
        """For large problems on sets whose best point may be a minimum on the whole space."""
        new, self.asked = self.upper.value != self.asked, self.upper.value
        if self.upper.value is None:
            return
        best = as_float(self.upper.value)
        if self.promised() < best - HOPELESS * max(self.unit, abs(best)):
            return  # there are lower values, or larger relaxations are needed
        if new and not self.problem.unconstrained and self.is_large(self.problem.least_order) and self.upper.stationary:
            self.ask_membership(self.options.time_limit / 4)

    def ask_membership(self, time_limit: float = math.inf) -> None:
        """Whether p - gamma is a sum of squares for a short number gamma that is nearly the value at the best point."""
        value, p = self.upper.value, self.problem.polynomial
        if value is None:
            return
        near = value if value.denominator <= SHORT else simplest_fraction(value, self.room(value) / 2)
        limit = min(self.remaining, time_limit)
        if near > value or near.denominator > SHORT or limit <= 0:
            return
        if self.lower is not None and self.lower >= near:
            return
        answer = certify(p - near, time_limit=limit)
        if isinstance(answer.certificate, SosCertificate):
            order = None if self.problem.unconstrained else self.problem.least_order
            self.lower, self.proof, self.used = near, (order, Found.of_squares(answer.certificate)), None

    def constant(self, polynomial: Polynomial) -> BoundResult:
        """Of p without variables."""
        self.upper.look()
        self.lower = polynomial.evaluate([0] * polynomial.num_variables)
        certificate = bound_certificate(self.problem, self.lower, Found(Identity((), (), ())), self.upper.point)
        return self.result(BoundStatus.OPTIMAL, certificate=certificate, lower=self.lower)

    def orders(self) -> list[int]:
        """Those to try; the first one whatever its size.

        Certificates of lower orders are such of the given one: where noise keeps this from what its dual point
        promises, lower ones may prove more.
        """
        if self.order is not None:
            return list(range(self.order, self.problem.least_order - 1, -1))
        least, n = self.problem.least_order, len(self.problem.variables)
        higher = range(least + 1, least + MOST_RAISES + 1)
        return [least, *(order for order in higher if math.comb(n + 2 * order, n) <= MOST_MOMENTS)]

    def relax(self, order: int | None) -> Certificate | None:
        """Solves one relaxation; a proof that it has no bound at all, if that is so."""
        refuted = None
        for sparsity in self.sparsities(order):
            start, before = time.monotonic(), self.lower
            followed = sparsity != self.sparsities(order)[-1]
            deadline = start + self.remaining * (FIRST_SHARE if followed else 1.0)
            result = self.solve(order, sparsity, deadline)
            value = self.take(order, result)
            if not self.closed:
                value = self.sharpened(order, sparsity, value, deadline)
            if self.lower != before:
                self.used = sparsity
            outcome = "proven" if value is not None else result.error or str(result.status)
            self.attempts.append(Attempt(order, sparsity, value, time.monotonic() - start, outcome))
            self.ask_at_stationary()
            refuted = result.certificate if result.status is ProgramStatus.INFEASIBLE else None
            if self.closed or self.remaining <= 0:
                break
        return refuted

    def sparsities(self, order: int | None) -> tuple[Sparsity, ...]:
        """With "auto", large relaxations are tried on cliques first: often nothing is lost, and much time is won."""
        if self.sparsity != "auto" or not self.is_large(order):
            return (self.sparsity,)
        coarser: tuple[Sparsity, ...] = (
            ("term", "none") if self.monomials(order) <= DENSE else ("cross", "term", "term-2")
        )
        return coarser if self.problem.unconstrained else ("constant", *coarser)

    def is_large(self, order: int | None) -> bool:
        return self.monomials(order) > LARGE

    def monomials(self, order: int | None) -> int:
        """How many there are up to the order."""
        n, half = len(self.problem.variables), order or -(-self.problem.polynomial.degree // 2)
        return math.comb(n + half, n)

    def take(self, order: int | None, result: ProgramResult) -> Fraction | None:
        """The bound that a program proved; takes it if it is the best one, and looks for points where it leads."""
        proven, value = result.certificate, None
        if isinstance(proven, ProgramCertificate):
            value = proven.objective_value
            if value is not None and (self.lower is None or value > self.lower):
                self.lower, self.proof = value, (order, Found.of_program(proven))
        if result.moments.get(NAME):
            self.moments = completed(dict(result.moments[NAME]), self.problem.on.equalities, 2 * (order or 0))
        self.upper.look(self.moments)
        return value

    def sharpened(
        self, order: int | None, sparsity: Sparsity, value: Fraction | None, deadline: float
    ) -> Fraction | None:
        """The bound, or a better one where the dual point promises clearly more than was proven."""
        promised = self.promised()
        if not np.isfinite(promised):
            return value
        for share in (0.5, 10.0):
            finest = max(self.options.tolerance, FINEST)
            step = 2.0 ** np.floor(np.log2(share * finest * max(self.unit, abs(promised)) / 4))
            bound = Fraction(float(np.floor(promised / step) - 3)) * Fraction(step)
            left = deadline - time.monotonic()
            if left <= 0 or (self.lower is not None and bound - self.lower <= self.room(bound)):
                return value
            program = SosProgram(self.problem.variables)
            self.certify(program, self.problem.polynomial - bound, order, sparsity)
            proven = solve_program(program, self.within(left)).certificate
            if isinstance(proven, ProgramCertificate):
                self.lower, self.proof = bound, (order, Found.of_program(proven))
                return bound
        return value

    def promised(self) -> float:
        """L(p) / L(1) for the functional L of the dual point, NaN where it is not known."""
        p, mass = self.problem.polynomial, self.moments.get((0,) * len(self.problem.variables), 0.0)
        if not mass > 0:
            return np.nan
        values = [self.moments.get(tuple(row), np.nan) for row in p.exponents.tolist()]
        return float(p.float_coefficients @ np.array(values)) / mass

    def room(self, *values: Fraction) -> Fraction:
        """The width of a closed bracket around such values."""
        return Fraction(self.options.tolerance) * max(Fraction(self.unit), *map(abs, values))

    def solve(self, order: int | None, sparsity: Sparsity, deadline: float) -> ProgramResult:
        """The program max gamma, p - gamma certified."""
        program = SosProgram(self.problem.variables)
        gamma = program.scalar("gamma")
        self.certify(program, self.problem.polynomial - gamma, order, sparsity)
        program.maximize(gamma)
        return solve_program(program, self.within(deadline - time.monotonic()))

    def certify(self, program: SosProgram, target: Expression, order: int | None, sparsity: Sparsity) -> None:
        on, products = self.problem.on, self.products
        program.nonnegative(target, on=on, order=order, products=products, sparsity=sparsity, name=NAME)

    def emptiness(self, order: int) -> Certificate | None:
        """A proof that the set is empty: -1 certified as nonnegative on it."""
        problem = self.problem
        program = SosProgram(problem.variables)
        self.certify(program, Polynomial.constant(-1), order, self.sparsity)
        certificate = solve_program(program, self.within(self.remaining)).certificate
        if not isinstance(certificate, ProgramCertificate):
            return None
        return empty_certificate(problem, Found.of_program(certificate))

    @property
    def closed(self) -> bool:
        """Whether the bracket is narrow enough."""
        if self.lower is None or self.upper.value is None:
            return False
        return self.upper.value - self.lower <= self.room(self.lower, self.upper.value)

    @property
    def enough(self) -> bool:
        """Whether no other order promises more."""
        if self.order is None:
            return self.stalled
        promised = self.promised()
        return self.lower is not None and not promised - self.lower > self.room(self.lower)

    @property
    def stalled(self) -> bool:
        """Whether the last orders gave no better bound than those before them."""
        by_order: dict[int | None, list[Fraction]] = {}
        for attempt in self.attempts:
            by_order.setdefault(attempt.order, []).extend([] if attempt.lower is None else [attempt.lower])
        bounds = [max(proven) for proven in by_order.values() if proven]
        if len(bounds) <= PATIENCE:
            return len(by_order) - len(bounds) > PATIENCE
        best, last = max(bounds[:-PATIENCE]), max(bounds[-PATIENCE:])
        return last - best <= self.room(best)

    def finished(self) -> BoundResult:
        if self.lower is None or self.proof is None:
            tried = "; ".join(_said(attempt) for attempt in self.attempts)
            return self.result(BoundStatus.UNDECIDED, error=f"no lower bound was proven: {tried}", order=self.last)
        order, found = self.proof
        final = bound_certificate(self.problem, self.lower, found, self.upper.point)
        if final is None:
            return self.result(BoundStatus.UNDECIDED, error="the checker refused the certificate", order=order)
        if self.closed:
            return self.result(BoundStatus.OPTIMAL, certificate=final, order=order, lower=self.lower)
        if self.upper.value is None:
            error = "no rational point of the set was found"
        else:
            error = f"upper - lower is {as_float(self.upper.value - self.lower):.2g}"
        if not self.problem.unconstrained:
            error += f"; orders tried: {', '.join(dict.fromkeys(str(attempt.order) for attempt in self.attempts))}"
        missed = [_said(attempt) for attempt in self.attempts if attempt.lower is None]
        if missed:
            error += f"; not proven: {'; '.join(missed)}"
        if len(self.problem.on.inequalities) > 1 and not self.products:
            error += "; products=True, for products of inequalities, may close it"
        if self.remaining <= 0:
            error += f"; {time_is_over(self.options.time_limit)}"
        return self.result(BoundStatus.BOUNDED, certificate=final, order=order, lower=self.lower, error=error)

    @property
    def last(self) -> int | None:
        return self.attempts[-1].order if self.attempts else None

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
            sparsity=self.used,
            moments=self.moments,
            attempts=tuple(self.attempts),
            notes=self.notes,
            seconds=time.monotonic() - self.start,
            **known,
        )


def _said(attempt: Attempt) -> str:
    if attempt.order is None:
        return attempt.outcome
    bases = "" if attempt.sparsity in ("none", "auto") else f" on {attempt.sparsity} bases"
    return f"order {attempt.order}{bases}: {attempt.outcome}"
