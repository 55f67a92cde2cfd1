"""From a program to a proven answer.

Equations, presolve, floating point solution, proof: `ProgramSystem`, `presolve`, `ConicForm`, a backend, `proving`. The
checker of certificates has the last word on every status.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import chain
from typing import Any

from nsos_jax.bases import DeadlineExceeded, TooLarge, time_is_over
from nsos_jax.certificates import (
    InfeasibleProgramCertificate,
    InvalidCertificate,
    ProgramBoundCertificate,
    ProgramCertificate,
    as_fraction,
    as_rational,
)
from nsos_jax.programs.backends import Point, PointStatus, check_backend, solve_form
from nsos_jax.programs.directions import improving
from nsos_jax.programs.equations import (
    ConicForm,
    Contradiction,
    Moments,
    Presolved,
    ProgramSystem,
    constraint_moments,
    presolve,
)
from nsos_jax.programs.limits import NO_LIMITS, Limits
from nsos_jax.programs.modelling import SosProgram, statement_of
from nsos_jax.programs.moving import MovedProgram
from nsos_jax.programs.noticing import flat_notes, zero_notes
from nsos_jax.programs.options import SolveOptions
from nsos_jax.programs.proving import (
    ExactPoint,
    at_level,
    backed_off,
    face_points,
    faces_fit,
    identities_of,
    interior_points,
    plain_points,
    pretty_values,
)
from nsos_jax.programs.refuting import Approach, Refuter
from nsos_jax.programs.results import ProgramResult, ProgramStatus
from nsos_jax.programs.solutions import proven_values, translated

INSIDE = 1e-11
"""Margins above it are taken for an interior."""
DOUBTFUL = 1e-7
"""Below it faces come first: what lies so near to the boundary has many digits, and often there is no interior."""
OUTSIDE = -1e-4
"""Margins below it are taken for a program without solution."""
MOST_ROWS = 100
"""Of programs whose optimum is found to more digits than a solver gives before values are proven; of larger ones, and
where no bound is wanted, it is where the solver's primal and dual value differ by `DOUBT`."""
MANY_ROWS = 1000
"""Of programs that are not solved again for values nearer to the optimum than is asked for."""
DOUBT = 1e-7
REFUTABLE = -1e-7
"""Margins below it are taken for a sign that no values satisfy the constraints."""
LEAST_SECONDS = 0.1
"""Of a solver, however little time is left."""
MOST_EXACT = 1000
"""Denominators of objective values up to which a bound that equals them is tried."""


def solve_program(program: SosProgram, options: SolveOptions | None = None) -> ProgramResult:
    """Solves one program; see `SosProgram.solve`."""
    options = options or SolveOptions()
    check_backend(options.backend)
    start = time.monotonic()
    try:
        moved = MovedProgram.of(program)
        if moved is not None:
            found = _Solve(moved.program, options, start).run()
            answer = translated(program, moved, found)
            if answer is not None:
                return replace(answer, seconds=time.monotonic() - start)
        return _Solve(program, options, start).run()
    except OverflowError:
        error = "a number is beyond the range of floating point, in which solvers work: change the units"
        return ProgramResult(ProgramStatus.UNDECIDED, error=error)
    except (TooLarge, DeadlineExceeded) as error:
        seconds = time.monotonic() - start
        return ProgramResult(ProgramStatus.UNDECIDED, error=str(error), seconds=seconds)


class _Solve:
    def __init__(self, program: SosProgram, options: SolveOptions, start: float) -> None:
        self.program, self.options, self.start = program, options, start
        self.deadline = self.start + options.time_limit
        self.limits = Limits(options.memory_limit, self.deadline, options.time_limit)
        self.system = ProgramSystem.of(program, self.limits)
        self.statement = statement_of(program)
        self.refuter = Refuter(self.statement, self.system, self.deadline)
        self.moments: dict[str, Moments] = {}
        sets = dict.fromkeys((constraint.name, constraint.on) for constraint in program.constraints)
        self.notes = tuple(f"{name}: {note}" for name, on in sets for note in flat_notes(on))

    def run(self) -> ProgramResult:
        try:
            presolved = presolve(self.system)
        except Contradiction as contradiction:
            return self.contradicted(contradiction)
        self.limits.check_time()
        return self.optimized(presolved) if self.system.cost else self.satisfied(presolved)

    def satisfied(self, presolved: Presolved) -> ProgramResult:
        """The answer where there is no objective, or none that matters yet."""
        certificate, point = self.feasible(presolved, limits=self.limits)
        if certificate is not None:
            return self.proven(certificate, point)
        if point.margin < REFUTABLE and self.refutable:
            refutation = self.refuter.infeasible(presolved, point.margin)
            if refutation is not None:
                return self.infeasible(refutation, point)
            error = (
                "it seems that no values satisfy the constraints, but no rational functional that proves it was found"
            )
            return replace(self.unproven(point), error=error)
        return self.unproven(point)

    def optimized(self, presolved: Presolved) -> ProgramResult:
        form = ConicForm.of(presolved)
        point = solve_form(form, self.options.backend, time_limit=self.left, limits=self.limits)
        if point.status in (PointStatus.INFEASIBLE, PointStatus.UNBOUNDED):
            return self.without_optimum(point)
        names = [constraint.name for constraint in self.program.constraints]
        moments = constraint_moments(presolved, form, point.moments, len(names))
        self.moments = dict(zip(names, moments, strict=True))
        constant = float(as_fraction(presolved.cost_constant))
        if not self.refutable:
            return self.near_optimum(presolved, form, point, point.value + constant)
        approach = self.refuter.approach(presolved, form, point.moments)
        doubt = abs(approach.value - point.value) > DOUBT * (1.0 + abs(point.value))
        if (len(point.moments) > MOST_ROWS or not self.options.bounds) and not doubt:
            result = self.bounded(self.near_optimum(presolved, form, point, point.value + constant), approach)
            enough = ProgramStatus.OPTIMAL if self.options.bounds else ProgramStatus.FEASIBLE
            if result.status is enough or self.late:
                return result
        optimum = approach.optimum() + constant
        return self.bounded(self.near_optimum(presolved, form, point, optimum), approach)

    def without_optimum(self, point: Point) -> ProgramResult:
        """The answer where a solver found no optimum: the constraints may have no solution, or no best one."""
        try:
            result = self.satisfied(presolve(replace(self.system, cost={})))
        except Contradiction as contradiction:
            return self.contradicted(contradiction)
        if point.status is not PointStatus.UNBOUNDED or result.status is ProgramStatus.INFEASIBLE:
            return result
        proven = result.status is ProgramStatus.FEASIBLE
        options = replace(self.options, time_limit=self.left)
        if proven and solve_program(improving(self.program), options).status is ProgramStatus.FEASIBLE:
            return replace(result, error="the objective is unbounded: bound it by constraints on the unknowns")
        return replace(result, error="the objective seems unbounded: bound it by constraints on the unknowns")

    def bounded(self, result: ProgramResult, approach: Approach) -> ProgramResult:
        """The answer with a bound on the objective of all values, as near to that of proven values as is wanted."""
        if not self.options.bounds:
            return replace(result, seconds=self.seconds)
        objective, sign = self.statement.objective, self.sign
        assert objective is not None
        constant = as_fraction(objective.constant())
        optimum = approach.best + float(as_fraction(approach.presolved.cost_constant))
        room = self.options.tolerance * max(1.0, abs(optimum))
        most, exactly = optimum + room / 2, None
        reached = result.lower if sign > 0 else result.upper
        if reached is not None:
            known = sign * (reached - constant)
            most = float(known) + 0.99 * room
            exactly = as_rational(known) if known.denominator <= MOST_EXACT else None
        bound = self.refuter.bound(approach, as_rational(Fraction(most)), exactly)
        if bound is None:
            return replace(result, seconds=self.seconds)
        return self.with_bound(result, bound, room)

    def with_bound(self, result: ProgramResult, bound: ProgramBoundCertificate, room: float) -> ProgramResult:
        """The answer with a bound, OPTIMAL if it is within `room` of proven values."""
        side, other = ("upper", result.lower) if self.sign > 0 else ("lower", result.upper)
        proven: dict[str, Any] = {side: bound.bound, "bound_certificate": bound, "seconds": self.seconds}
        if other is None:
            error = "a bound on the objective was proven, but no values near it"
            return replace(result, value=float(bound.bound), error=error, **proven)
        near = abs(bound.bound - other) <= Fraction(room)
        return replace(result, status=ProgramStatus.OPTIMAL if near else ProgramStatus.FEASIBLE, **proven)

    def contradicted(self, contradiction: Contradiction) -> ProgramResult:
        constraint = int(self.system.row_constraints[contradiction.row])
        reason = f"{self.program.constraints[constraint].name}: {contradiction}"
        refutation = self.refuter.contradicted(contradiction) if self.refutable else None
        if refutation is None:
            return self.result(ProgramStatus.UNDECIDED, error=reason)
        return self.result(ProgramStatus.INFEASIBLE, certificate=refutation, reason=reason)

    def infeasible(self, refutation: InfeasibleProgramCertificate, point: Point) -> ProgramResult:
        used = zip(self.program.constraints, refutation.functionals, strict=True)
        names = [constraint.name for constraint, functional in used if len(functional.exponents)]
        reason = f"{', '.join(names)}: no values of the unknowns satisfy them with these Gram bases"
        known = {"margin": point.margin, "backend": point.backend}
        return self.result(ProgramStatus.INFEASIBLE, certificate=refutation, reason=reason, **known)

    def near_optimum(self, presolved: Presolved, form: ConicForm, point: Point, optimum: float) -> ProgramResult:
        """The answer with values whose objective is at or near the optimum, if they are proven."""
        certificate = self.proof_near(presolved, form, point, optimum)
        return self.unproven(point) if certificate is None else self.proven(certificate, point)

    def proof_near(
        self, presolved: Presolved, form: ConicForm, point: Point, optimum: float
    ) -> ProgramCertificate | None:
        """A proof that some values have an objective at or near the optimum: exactly a number of few digits, that of a
        floating point solution, or a little less."""
        thorough = not self.system.sparse or faces_fit(presolved, form)
        for value in pretty_values(optimum) if thorough else ():
            if self.late:
                break
            try:
                fixed = presolve(self.system.with_value(value))
            except Contradiction:
                continue
            certificate = self.first_accepted(fixed, self.boundary_points(fixed, ConicForm.of(fixed)))
            if certificate is not None:
                return certificate
        many, certificate = len(form.rhs) > MANY_ROWS, None
        if not many:
            certificate = self.first_accepted(presolved, interior_points(presolved, form, point, coarse=False))
        least = self.options.tolerance / 4 if many else 0.0
        for faces in (False, True) if thorough else (False,):
            for value in backed_off(optimum, least):
                if certificate is None and not self.late:
                    certificate, _ = self.feasible(at_level(presolved, value), faces)
        return certificate

    def feasible(
        self, presolved: Presolved, faces: bool = True, limits: Limits = NO_LIMITS
    ) -> tuple[ProgramCertificate | None, Point]:
        """A proof that some values satisfy the constraints.

        Args:
          limits: of the solver, where nothing of this size was solved before.
        """
        form = ConicForm.of(presolved)
        point = solve_form(form, self.options.backend, margin_limit=1.0, time_limit=self.left, limits=limits)
        attempts: list[Iterator[ExactPoint]] = []
        if point.margin > INSIDE:
            attempts.append(interior_points(presolved, form, point))
        if faces and point.margin > OUTSIDE:
            attempts.append(self.boundary_points(presolved, form))
        if point.margin < DOUBTFUL:
            attempts.reverse()
        return self.first_accepted(presolved, chain.from_iterable(attempts)), point

    def boundary_points(self, presolved: Presolved, form: ConicForm) -> Iterator[ExactPoint]:
        """Exact points where there may be no interior."""
        yield from plain_points(presolved, self.deadline)
        yield from face_points(presolved, form, self.deadline)

    def first_accepted(self, presolved: Presolved, points: Iterable[ExactPoint]) -> ProgramCertificate | None:
        """The first of several points that the checker accepts."""
        return next(filter(None, (self.certificate(presolved, exact) for exact in points)), None)

    def certificate(self, presolved: Presolved, exact: ExactPoint) -> ProgramCertificate | None:
        """What the checker accepts, or None."""
        values = [[exact.values[index] for index in declared.indices] for declared in self.program.declared.values()]
        numbers = [[as_fraction(value) for value in row] for row in values]
        try:
            certificate = ProgramCertificate.create(
                self.statement, numbers, identities_of(self.program, self.system, presolved, exact)
            )
            certificate.verify()
        except InvalidCertificate:
            return None
        return certificate

    def proven(self, certificate: ProgramCertificate, point: Point | None) -> ProgramResult:
        backend = point.backend if point else None
        known = proven_values(self.program, certificate)
        self.notes += zero_notes(known["values"])
        return self.result(ProgramStatus.FEASIBLE, backend=backend, **known)

    def unproven(self, point: Point) -> ProgramResult:
        return self.result(
            ProgramStatus.UNDECIDED, margin=point.margin, backend=point.backend, error=self.why_unproven(point)
        )

    def why_unproven(self, point: Point) -> str:
        """What is said where nothing was proven, and what to try."""
        if self.late:
            return time_is_over(self.options.time_limit)
        if point.margin < REFUTABLE:
            smaller = " in smaller cones or on cliques: cone='psd' and sparsity='none' forgo these"
            return f"it seems that no values satisfy the constraints{'' if self.refutable else smaller}"
        return f"the values that {point.backend} found could not be made exact, their margin is {point.margin:.3g}"

    def result(self, status: ProgramStatus, **known) -> ProgramResult:
        return ProgramResult(status, seconds=self.seconds, moments=self.moments, notes=self.notes, **known)

    @property
    def sign(self) -> int:
        """1 where more of the objective is better, else -1."""
        return 1 if self.program.objective.sense == "maximize" else -1

    @property
    def refutable(self) -> bool:
        """Whether functionals are looked for: they are nonnegative on all sums of squares with the complete bases, and
        say nothing about smaller cones."""
        return not self.system.sparse and all(constraint.cone == "psd" for constraint in self.program.constraints)

    @property
    def left(self) -> float:
        """Seconds for a solver."""
        return max(self.deadline - time.monotonic(), LEAST_SECONDS)

    @property
    def late(self) -> bool:
        """Whether the time limit was reached."""
        return time.monotonic() > self.deadline

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.start
