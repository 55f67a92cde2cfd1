"""From a program to a proven answer.

Equations, presolve, floating point solution, proof: `ProgramSystem`, `presolve`, `ConicForm`, a backend, `proving`. The
checker of certificates has the last word on every status.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nsos_jax.certificates import Identity, InvalidCertificate, ProgramCertificate, as_fraction
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.backends import Point, PointStatus, clarabel_point
from nsos_jax.programs.conic import ConicForm
from nsos_jax.programs.moving import MovedProgram
from nsos_jax.programs.presolve import Contradiction, Presolved, presolve
from nsos_jax.programs.program import SosProgram
from nsos_jax.programs.proving import (
    ExactPoint,
    at_level,
    backed_off,
    face_points,
    interior_points,
    plain_points,
    pretty_values,
)
from nsos_jax.programs.results import ProgramResult, ProgramStatus
from nsos_jax.programs.statement import statement_of
from nsos_jax.programs.system import ProgramSystem

INSIDE = 1e-11
"""Margins above it are taken for an interior."""
OUTSIDE = -1e-4
"""Margins below it are taken for a program without solution."""


@dataclass(frozen=True)
class SolveOptions:
    """How programs are solved.

    Attributes:
      backend: "auto", "clarabel", "mosek", "scs" or "jax": who solves in floating point. The proof is the same.
      time_limit: seconds for one program; checked between steps.
      tolerance: relative gap between proven bounds up to which the status is OPTIMAL.
    """

    backend: str = "auto"
    time_limit: float = 60.0
    tolerance: float = 1e-6


def solve_program(program: SosProgram, options: SolveOptions | None = None) -> ProgramResult:
    """Solves one program; see `SosProgram.solve`."""
    options = options or SolveOptions()
    moved = MovedProgram.of(program)
    if moved is not None:
        found = _Solve(moved.program, options).run()
        if isinstance(found.certificate, ProgramCertificate):
            return _Solve(program, options).translated(moved, found.certificate)
    return _Solve(program, options).run()


class _Solve:
    def __init__(self, program: SosProgram, options: SolveOptions) -> None:
        self.program, self.options = program, options
        self.start = time.monotonic()
        self.deadline = self.start + options.time_limit
        self.system = ProgramSystem.of(program)
        self.statement = statement_of(program)

    def run(self) -> ProgramResult:
        try:
            presolved = presolve(self.system)
        except Contradiction as contradiction:
            return self.result(ProgramStatus.UNDECIDED, error=str(contradiction))
        if not presolved.system.cost:
            certificate, point = self.feasible(presolved)
            if certificate is not None:
                return self.proven(certificate, point)
            return self.unproven(point)
        return self.optimized(presolved)

    def optimized(self, presolved: Presolved) -> ProgramResult:
        form = ConicForm.of(presolved)
        point = clarabel_point(form, time_limit=self.options.time_limit)
        if point.status in (PointStatus.INFEASIBLE, PointStatus.UNBOUNDED):
            return self.unproven(point)
        certificate = self.near_optimum(presolved, form, point)
        return self.unproven(point) if certificate is None else self.proven(certificate, point)

    def near_optimum(self, presolved: Presolved, form: ConicForm, point: Point) -> ProgramCertificate | None:
        """A proof that some values have an objective at or near that of a floating point solution: exactly a number of
        few digits, that of the solution itself, or a little less."""
        optimum = point.value + float(as_fraction(presolved.cost_constant))
        for value in pretty_values(optimum):
            try:
                fixed = presolve(self.system.with_value(value))
            except Contradiction:
                continue
            certificate = self.first_accepted(fixed, self.boundary_points(fixed, ConicForm.of(fixed)))
            if certificate is not None:
                return certificate
        certificate = self.first_accepted(presolved, interior_points(presolved, form, point))
        for faces in (False, True):
            for value in backed_off(optimum):
                if certificate is None:
                    certificate, _ = self.feasible(at_level(presolved, value), faces)
        return certificate

    def feasible(self, presolved: Presolved, faces: bool = True) -> tuple[ProgramCertificate | None, Point]:
        """A proof that some values satisfy the constraints."""
        form = ConicForm.of(presolved)
        point = clarabel_point(form, margin_limit=1.0, time_limit=self.options.time_limit)
        certificate = None
        if point.margin > INSIDE:
            certificate = self.first_accepted(presolved, interior_points(presolved, form, point))
        if certificate is None and faces and point.margin > OUTSIDE:
            certificate = self.first_accepted(presolved, self.boundary_points(presolved, form))
        return certificate, point

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
            certificate = ProgramCertificate.create(self.statement, numbers, self.identities(presolved, exact))
            certificate.verify()
        except InvalidCertificate:
            return None
        return certificate

    def identities(self, presolved: Presolved, exact: ExactPoint) -> list[Identity]:
        variables = self.program.all_variables
        blocks: list[list] = [[] for _ in self.program.constraints]
        for block, gram in zip(presolved.system.blocks, exact.grams, strict=True):
            if block.constraint >= 0 and len(gram.core):
                whole = (block.basis, gram.core, gram.denominator)
                given = whole if gram.range is None else (*whole, gram.range)
                blocks[block.constraint].append((block.multiplier, given))
        cofactors: list[list[Polynomial]] = [[] for _ in self.program.constraints]
        for cofactor in self.system.cofactors:
            numbers = [as_fraction(exact.values[index]) for index in cofactor.indices]
            cofactors[cofactor.constraint].append(Polynomial.from_arrays(cofactor.monomials, numbers, variables))
        return [Identity.create(variables, *pair) for pair in zip(blocks, cofactors, strict=True)]

    def translated(self, moved: MovedProgram, proof: ProgramCertificate) -> ProgramResult:
        """The proof of a moved program as one of this."""
        certificate = moved.certificate(self.statement, proof)
        certificate.verify()
        return self.proven(certificate, None)

    def proven(self, certificate: ProgramCertificate, point: Point | None) -> ProgramResult:
        value = certificate.objective_value
        bounds = {}
        if value is not None:
            bounds = {"lower" if self.program.objective.sense == "maximize" else "upper": value, "value": float(value)}
        values = certificate.polynomials()
        return self.result(ProgramStatus.FEASIBLE, certificate=certificate, values=values, **bounds)

    def unproven(self, point: Point | None) -> ProgramResult:
        return self.result(ProgramStatus.UNDECIDED, margin=point.margin if point else None)

    def result(self, status: ProgramStatus, **known) -> ProgramResult:
        return ProgramResult(status, seconds=time.monotonic() - self.start, **known)
