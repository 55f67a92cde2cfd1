"""From a program to a proven answer.

Equations, presolve, floating point solution, proof: `ProgramSystem`, `presolve`, `ConicForm`, a backend, `proving`. The
checker of certificates has the last word on every status.
"""

import time
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from nsos_jax.certificates import Identity, InvalidCertificate, ProgramCertificate, as_fraction
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.backends import Point, PointStatus, clarabel_point
from nsos_jax.programs.conic import ConicForm
from nsos_jax.programs.options import SolveOptions
from nsos_jax.programs.presolve import Contradiction, Presolved, presolve
from nsos_jax.programs.program import SosProgram
from nsos_jax.programs.proving import ExactPoint, interior_points
from nsos_jax.programs.results import ProgramResult, ProgramStatus
from nsos_jax.programs.statement import statement_of
from nsos_jax.programs.system import ProgramSystem
from nsos_jax.proofs import simplest_fraction

SLACKS = (1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3)
"""Of the optimal value, relative to its size, that is given up for an interior."""
INSIDE = 1e-11
"""Margins above it are taken for an interior."""
PRETTY = 1e-6
"""How near to the optimal value a fraction of few digits is tried first, relative to its size."""
MOST_PRETTY = 1000
"""Its largest denominator."""


def solve_program(program: SosProgram, options: SolveOptions | None = None) -> ProgramResult:
    """Solves one program; see `SosProgram.solve`."""
    return _Solve(program, options or SolveOptions()).run()


class _Solve:
    def __init__(self, program: SosProgram, options: SolveOptions) -> None:
        self.program, self.options = program, options
        self.start = time.monotonic()
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
        if point.status is not PointStatus.SOLVED:
            return self.unproven(point)
        for level in levels(point.value + float(as_fraction(presolved.cost_constant))):
            certificate, _ = self.at_level(presolved, level)
            if certificate is not None:
                return self.proven(certificate, point)
        return self.unproven(point)

    def at_level(self, presolved: Presolved, level: "Level") -> tuple[ProgramCertificate | None, Point | None]:
        """A proof that some values have an objective at the level."""
        if level.exact:
            try:
                fixed = presolve(self.system.with_value(level.value))
            except Contradiction:
                return None, None
            return self.feasible(fixed)
        return self.feasible(presolve(self.system.with_level(level.value, level.slack)))

    def feasible(self, presolved: Presolved) -> tuple[ProgramCertificate | None, Point]:
        """A proof that some values satisfy the constraints."""
        form = ConicForm.of(presolved)
        point = clarabel_point(form, margin_limit=1.0, time_limit=self.options.time_limit)
        if point.margin > INSIDE:
            grams = form.unscaled_grams(point.grams)
            margin = min((np.linalg.eigvalsh(gram)[0] for gram in grams), default=1.0)
            for exact in interior_points(presolved, form.unscaled_free(point.free), grams, margin):
                certificate = self.certificate(presolved, exact)
                if certificate is not None:
                    return certificate, point
        return None, point

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
            if block.constraint >= 0:
                blocks[block.constraint].append((block.multiplier, (block.basis, gram.core, gram.denominator)))
        cofactors: list[list[Polynomial]] = [[] for _ in self.program.constraints]
        for cofactor in self.system.cofactors:
            numbers = [as_fraction(exact.values[index]) for index in cofactor.indices]
            cofactors[cofactor.constraint].append(Polynomial.from_arrays(cofactor.monomials, numbers, variables))
        return [Identity.create(variables, *pair) for pair in zip(blocks, cofactors, strict=True)]

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


@dataclass(frozen=True)
class Level:
    """A value of the objective to aim at: exactly, or at least `value` with an interior as wide as `slack`."""

    value: Fraction
    slack: Fraction = Fraction(0)

    @property
    def exact(self) -> bool:
        return not self.slack


def levels(optimum: float) -> "list[Level]":
    """A fraction of few digits near the optimum, if there is one, then values a little worse than it."""
    size = 1.0 + abs(optimum)
    pretty = simplest_fraction(optimum, PRETTY * size)
    result = [Level(pretty)] if pretty.denominator <= MOST_PRETTY else []
    for slack in SLACKS:
        result.append(Level(Fraction(optimum - slack * size), Fraction(slack * size)))
    return result
