"""From a program to a proven answer.

Equations, presolve, floating point solution, proof: `ProgramSystem`, `presolve`, `ConicForm`, a backend, `proving`. The
checker of certificates has the last word on every status.
"""

import time
from copy import copy
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from nsos_jax.certificates import (
    Identity,
    InfeasibleProgramCertificate,
    InvalidCertificate,
    ProgramCertificate,
    as_fraction,
    as_rational,
)
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.backends import Point, PointStatus, clarabel_point
from nsos_jax.programs.conic import ConicForm
from nsos_jax.programs.presolve import Contradiction, Presolved, presolve
from nsos_jax.programs.program import Objective, SosProgram
from nsos_jax.programs.proving import ExactPoint, face_points, interior_points
from nsos_jax.programs.refuting import Approach, Refuter
from nsos_jax.programs.results import ProgramResult, ProgramStatus
from nsos_jax.programs.statement import statement_of
from nsos_jax.programs.system import ProgramSystem
from nsos_jax.proofs import simplest_fraction

SLACKS = (1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3)
"""Of the optimal value, relative to its size, that is given up for an interior."""
INSIDE = 1e-11
"""Margins above it are taken for an interior."""
OUTSIDE = -1e-4
"""Margins below it are taken for a program without solution."""
MOST_ROWS = 100
"""Of programs whose optimum is found to more digits than a solver gives before values are proven; of larger ones it is
where the solver's primal and dual value differ by `DOUBT`."""
DOUBT = 1e-7
REFUTABLE = -1e-7
"""Margins below it are taken for a sign that no values satisfy the constraints."""
PRETTY, ROUGHLY_PRETTY = 2e-7, 1e-6
"""How near to the optimal value a fraction of few digits is tried first, relative to its size; the second where the
optimal value is not known to more digits than a solver gives."""
MOST_PRETTY = 1000
"""Its largest denominator."""


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
    return _Solve(program, options or SolveOptions()).run()


class _Solve:
    def __init__(self, program: SosProgram, options: SolveOptions) -> None:
        self.program, self.options = program, options
        self.start = time.monotonic()
        self.deadline = self.start + options.time_limit
        self.system = ProgramSystem.of(program)
        self.statement = statement_of(program)
        self.refuter = Refuter(self.statement, self.system, self.options.time_limit)

    def run(self) -> ProgramResult:
        try:
            presolved = presolve(self.system)
        except Contradiction as contradiction:
            return self.contradicted(contradiction)
        if not self.system.cost:
            return self.satisfied(presolved)
        return self.optimized(presolved)

    def satisfied(self, presolved: Presolved) -> ProgramResult:
        """The answer where there is no objective, or none that matters yet."""
        certificate, point = self.feasible(presolved)
        if certificate is not None:
            return self.proven(certificate, point)
        if point.margin < REFUTABLE:
            refutation = self.refuter.infeasible(presolved, point.margin)
            if refutation is not None:
                return self.infeasible(refutation, point.margin)
            error = (
                "it seems that no values satisfy the constraints, but no rational functional that proves it was found"
            )
            return replace(self.unproven(point), error=error)
        return self.unproven(point)

    def optimized(self, presolved: Presolved) -> ProgramResult:
        form = ConicForm.of(presolved)
        point = clarabel_point(form, time_limit=self.options.time_limit)
        if point.status is not PointStatus.SOLVED:
            return self.without_optimum(point)
        approach = self.refuter.approach(presolved, form, point.moments)
        constant = float(as_fraction(presolved.cost_constant))
        doubt = abs(approach.value - point.value) > DOUBT * (1.0 + abs(point.value))
        if len(point.moments) > MOST_ROWS and not doubt:
            result = self.near_optimum(presolved, approach, levels(point.value + constant, ROUGHLY_PRETTY))
            if result.status is ProgramStatus.OPTIMAL or time.monotonic() > self.deadline:
                return result
        return self.near_optimum(presolved, approach, levels(approach.optimum() + constant, PRETTY))

    def near_optimum(self, presolved: Presolved, approach: Approach, tried: "list[Level]") -> ProgramResult:
        """The answer with values at the first level that is proven, and a bound."""
        for level in tried:
            certificate, _ = self.at_level(presolved, level)
            if certificate is not None:
                return self.bounded(approach, certificate)
        return self.bounded(approach, None)

    def without_optimum(self, point: Point) -> ProgramResult:
        """The answer where a solver found no optimum: the constraints may have no solution, or no best one."""
        try:
            result = self.satisfied(presolve(replace(self.system, cost={})))
        except Contradiction as contradiction:
            return self.contradicted(contradiction)
        if point.status is not PointStatus.UNBOUNDED or result.status is ProgramStatus.INFEASIBLE:
            return result
        proven = result.status is ProgramStatus.FEASIBLE
        if proven and solve_program(improving(self.program), self.options).status is ProgramStatus.FEASIBLE:
            return replace(result, error="the objective is unbounded: bound it by constraints on the unknowns")
        return replace(result, error="the objective seems unbounded: bound it by constraints on the unknowns")

    def bounded(self, approach: Approach, certificate: ProgramCertificate | None) -> ProgramResult:
        """The answer with a bound on the objective of all values, as near to that of proven values as is wanted."""
        objective = self.statement.objective
        assert objective is not None
        sign, constant = objective.sign, as_fraction(objective.constant())
        optimum = approach.best + float(as_fraction(approach.presolved.cost_constant))
        room = self.options.tolerance * max(1.0, abs(optimum))
        result, most, exactly = self.unproven(None), optimum + room / 2, None
        reached = None if certificate is None else certificate.objective_value
        if certificate is not None and reached is not None:
            result = self.proven(certificate, None)
            known = sign * (reached - constant)
            most = float(known) + 0.99 * room
            exactly = as_rational(known) if known.denominator <= MOST_PRETTY else None
        bound = self.refuter.bound(approach, as_rational(Fraction(most)), exactly)
        if bound is None:
            return replace(result, seconds=self.seconds)
        proven: dict[str, Any] = {
            "upper" if sign > 0 else "lower": bound.bound,
            "bound_certificate": bound,
            "seconds": self.seconds,
        }
        if certificate is None or reached is None:
            error = "a bound on the objective was proven, but no values near it"
            return replace(result, value=float(bound.bound), error=error, **proven)
        near = abs(bound.bound - reached) <= Fraction(room)
        return replace(result, status=ProgramStatus.OPTIMAL if near else ProgramStatus.FEASIBLE, **proven)

    def contradicted(self, contradiction: Contradiction) -> ProgramResult:
        constraint = int(self.system.row_constraints[contradiction.row])
        reason = f"{self.program.constraints[constraint].name}: {contradiction}"
        refutation = self.refuter.contradicted(contradiction)
        if refutation is None:
            return self.result(ProgramStatus.UNDECIDED, error=reason)
        return self.result(ProgramStatus.INFEASIBLE, certificate=refutation, reason=reason)

    def infeasible(self, refutation: InfeasibleProgramCertificate, margin: float) -> ProgramResult:
        used = zip(self.program.constraints, refutation.functionals, strict=True)
        names = [constraint.name for constraint, functional in used if len(functional.exponents)]
        reason = f"{', '.join(names)}: no values of the unknowns satisfy them with these Gram bases"
        return self.result(ProgramStatus.INFEASIBLE, certificate=refutation, reason=reason, margin=margin)

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
            margin = min(np.linalg.eigvalsh(gram)[0] for gram in grams)
            for exact in interior_points(presolved, form.unscaled_free(point.free), grams, margin):
                certificate = self.certificate(presolved, exact)
                if certificate is not None:
                    return certificate, point
        if point.margin > OUTSIDE:
            for exact in face_points(presolved, form, self.deadline):
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
            if block.constraint >= 0 and len(gram.core):
                whole = (block.basis, gram.core, gram.denominator)
                given = whole if gram.range is None else (*whole, gram.range)
                blocks[block.constraint].append((block.multiplier, given))
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
        return ProgramResult(status, seconds=self.seconds, **known)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.start


def improving(program: SosProgram) -> SosProgram:
    """Directions in which values of the unknowns may go on for ever while the objective grows by 1 each time: the same
    constraints without what is known in them, and the objective as it changes."""
    expression = program.objective.expression
    assert expression is not None
    change = 1 if program.objective.sense == "maximize" else -1
    homogeneous = copy(program)
    homogeneous.constraints = [
        replace(constraint, target=constraint.target - constraint.target.constant) for constraint in program.constraints
    ]
    homogeneous.objective = Objective()
    homogeneous.zero(expression - expression.constant - change, name="the objective improves")
    return homogeneous


@dataclass(frozen=True)
class Level:
    """A value of the objective to aim at: exactly, or at least `value` with an interior as wide as `slack`."""

    value: Fraction
    slack: Fraction = Fraction(0)

    @property
    def exact(self) -> bool:
        return not self.slack


def levels(optimum: float, tolerance: float) -> "list[Level]":
    """A fraction of few digits near the optimum, if there is one, then values a little worse than it."""
    size = 1.0 + abs(optimum)
    pretty = simplest_fraction(optimum, tolerance * size)
    result = [Level(pretty)] if pretty.denominator <= MOST_PRETTY else []
    for slack in SLACKS:
        result.append(Level(Fraction(optimum - slack * size), Fraction(slack * size)))
    return result
