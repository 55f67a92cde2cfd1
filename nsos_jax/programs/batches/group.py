"""Programs of one structure that share their equations, from numbers to proven answers."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import scipy.sparse as sp
from flint import fmpq, fmpz
from jaxtyping import Float

from nsos_jax.certificates import Identity, InvalidCertificate, ProgramBoundCertificate, ProgramCertificate
from nsos_jax.programs.batches.dual import DualRounding
from nsos_jax.programs.batches.points import (
    SHARE,
    FloatData,
    Points,
    are_provable,
    gram_programs,
    level_programs,
    points_inside,
    points_of,
    smallest_eigenvalues,
)
from nsos_jax.programs.batches.primal import PrimalRounding
from nsos_jax.programs.batches.shared import SharedProgram
from nsos_jax.programs.batches.stating import SharedStatement
from nsos_jax.programs.batches.structure import Numbers
from nsos_jax.programs.equations import Row, constraint_moments
from nsos_jax.programs.noticing import flat_notes, zero_notes
from nsos_jax.programs.options import SolveOptions
from nsos_jax.programs.proving import ExactPoint, identities_of, interior_points
from nsos_jax.programs.results import Deferred, ProgramResult, ProgramStatus
from nsos_jax.programs.solutions import proven_objective, values_of
from nsos_jax.solvers import GramProgram, ProgramSolution

BACKEND = "jax"


@dataclass(frozen=True, eq=False)
class Rounded:
    """A point of a program in exact numbers that satisfies its equations; whether its matrices are positive
    semidefinite is for a checker to say.

    Attributes:
      values: by name of the unknown, its coefficients.
      identities: one for each constraint.
    """

    values: dict[str, list[fmpq]]
    identities: tuple[Identity, ...]


class Plans:
    """What is made once for all programs that share their equations."""

    def __init__(self, shared: SharedProgram) -> None:
        self.shared = shared

    @cached_property
    def statements(self) -> SharedStatement:
        """For certificates."""
        return SharedStatement(self.shared)

    @cached_property
    def primal(self) -> PrimalRounding:
        """For values."""
        return PrimalRounding(self.shared)

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What is noticed about the sets."""
        sets = dict.fromkeys((constraint.name, constraint.on) for constraint in self.shared.program.constraints)
        return tuple(f"{name}: {note}" for name, on in sets for note in flat_notes(on))

    @cached_property
    def dual(self) -> DualRounding:
        """For functionals."""
        return DualRounding(self.shared)


class Group:
    """B programs that share their equations.

    Attributes:
      indices: their places among all programs, [B].
      numbers: theirs.
      points: in floating point, as soon as they were looked for; room: how far apart bounds may be.
    """

    points: Points
    room: Float[np.ndarray, " B"]

    def __init__(self, plans: Plans, indices: Sequence[int], numbers: Numbers, options: SolveOptions) -> None:
        self.plans, self.shared = plans, plans.shared
        self.indices, self.numbers, self.options = indices, numbers, options
        self.reduced = self.shared.reduced(self.numbers)
        self.data = FloatData.of(self.shared, self.reduced)
        self.constants = self._objective_constants()

    def _objective_constants(self) -> Float[np.ndarray, " B"]:
        """What is added to c'w, as it is maximised, by solved unknowns and the objective itself."""
        sign = 1 if self.shared.program.objective.sense == "maximize" else -1
        own = [at for at, place in enumerate(self.shared.slots.places) if place == ("objective", 0, -1)]
        total = self.reduced.cost_constant / self.reduced.denominators
        if own:
            total = total + sign * self.numbers.numerators[:, own].sum(axis=1) / self.numbers.denominators
        return total.astype(np.float64)

    def gram_programs(self) -> list[GramProgram]:
        """For the batched solver."""
        return gram_programs(self.shared, self.data)

    def look_inside(self) -> None:
        """Without an objective: takes points inside the cone, as far as there are quick ones, in place of margins."""
        self.points = points_inside(self.shared, self.data)
        self.room, self.shallow = np.zeros(len(self.indices)), np.zeros(0, np.int64)

    def take(self, solutions: Sequence[ProgramSolution]) -> None:
        """The answers of the solver to them."""
        size = np.maximum(1.0, np.abs(self.constants - [solution.lower for solution in solutions]))
        self.room = self.options.tolerance * np.nan_to_num(size, nan=1.0, posinf=1.0)
        self.points = points_of(self.shared, solutions, self.data, self.room)
        smallest = smallest_eigenvalues(self.points.grams, len(solutions))
        known = np.isfinite([solution.upper for solution in solutions])
        self.shallow = np.flatnonzero(known & ~are_provable(smallest) & self.shared.costly)

    def level_programs(self) -> list[GramProgram]:
        """For those whose matrices are too near to the boundary: the largest margin for a little less."""
        if not len(self.shallow):
            return []
        least = self.points.value - SHARE * self.room
        return level_programs(self.shared, self.data.take(self.shallow), least[self.shallow])

    def take_levels(self, solutions: Sequence[ProgramSolution]) -> None:
        """The answers to them."""
        for member, solution in zip(self.shallow.tolist(), solutions, strict=True):
            if solution.upper < 0:  # minus the margin
                self.points.replace_primal(member, solution, self.data.cost[member])

    def member(self, at: int) -> "Group":
        """The group of one of the programs alone, solved if this one is."""
        alone = Group(self.plans, [self.indices[at]], self.numbers.take(np.array([at])), self.options)
        alone.room, alone.points = self.room[[at]], self.points.member(at)
        return alone

    def proven(self) -> list[ProgramResult | None]:
        """A proven answer for each, or None."""
        statements = self.plans.statements
        functionals = self._functionals()
        results: list[ProgramResult | None] = []
        for member, points in enumerate(self.exact_points()):
            statement = statements.statement(self.numbers.numerators[member], self.numbers.denominators[member])
            certificate = next(filter(None, (_accepted(statements.primal(statement, one)) for one in points)), None)
            bound = None
            if certificate is not None and functionals[member] is not None:
                given = functionals[member], self.numbers, self.reduced, member
                bound = _accepted(statements.dual(statement, *given))
            results.append(None if certificate is None else self.result(member, certificate, bound))
        return results

    def exact_points(self) -> list[Iterable[ExactPoint]]:
        """For each program the points that rounding finds, the best first."""
        rounding = self.plans.primal
        if rounding.works:
            return [() if point is None else (point,) for point in rounding.points(self.reduced, self.points)]
        return [self.alone(member) for member in range(len(self.indices))]

    def rounded(self) -> list[Rounded | None]:
        """The first of these points of each program, as values and identities."""
        shared = self.shared
        result: list[Rounded | None] = []
        for points in self.exact_points():
            exact = next(iter(points), None)
            if exact is None:
                result.append(None)
                continue
            values = {
                name: [exact.values[index] for index in declared.indices]
                for name, declared in shared.program.declared.items()
            }
            identities = identities_of(shared.program, shared.system, shared.presolved, exact)
            result.append(Rounded(values, tuple(identities)))
        return result

    def alone(self, member: int) -> Iterator[ExactPoint]:
        """Exact points of one program, as `proving` finds them, where there is no plan for rounding."""
        shared, reduced = self.shared, self.reduced
        if not np.isfinite(self.points.free[member]).all():
            return
        below = fmpz(reduced.denominators[member])
        system = shared.presolved.system
        linear: list[Row] = [{} for _ in system.linear]
        places = zip(shared.rows.tolist(), shared.columns.tolist(), reduced.entries[member].tolist(), strict=True)
        for row, column, value in places:
            if value:
                linear[row][shared.presolved.free[column]] = fmpq(fmpz(value), below)
        constants = [fmpq(fmpz(value), below) for value in reduced.constants[member].tolist()]
        presolved = replace(shared.presolved, system=replace(system, constants=constants, linear=linear))
        free = sp.csc_matrix((self.data.entries[member], (shared.rows, shared.columns)), shape=shared.form.free.shape)
        form = replace(shared.form, rhs=self.data.rhs[member], free=free, cost=self.data.cost[member])
        yield from interior_points(presolved, form, self.points.point(member))

    def _functionals(self) -> list:
        none = [None] * len(self.indices)
        if not self.options.bounds or not self.shared.costly or self.shared.system.sparse:
            return none
        rounding = self.plans.dual
        return rounding.functionals(self.reduced, self.points) if rounding.works else none

    def result(
        self, member: int, certificate: ProgramCertificate, bound: ProgramBoundCertificate | None
    ) -> ProgramResult:
        """What was proven about one program."""
        program = self.shared.program
        known: dict[str, Any] = proven_objective(program, certificate)
        status = ProgramStatus.FEASIBLE
        if bound is not None:
            low, high = ("lower", "upper") if program.objective.sense == "maximize" else ("upper", "lower")
            known |= {high: bound.bound, "bound_certificate": bound}
            if abs(bound.bound - known[low]) <= Fraction(float(self.room[member])):
                status = ProgramStatus.OPTIMAL
        if np.isfinite(margin := self.points.margin[member]):
            known["margin"] = float(margin)
        known["values"] = Deferred(lambda: values_of(program, certificate))
        known["notes"] = self.plans.notes
        if not certificate.has_values:
            known["notes"] += zero_notes(known["values"])
        moments = Deferred(lambda: self.moments(member))
        return ProgramResult(status, backend=BACKEND, moments=moments, **known)

    def moments(self, member: int) -> dict[str, dict[tuple[int, ...], float]]:
        """The functionals of one program by constraint; without an objective none."""
        if not self.shared.costly:
            return {}
        names = [constraint.name for constraint in self.shared.program.constraints]
        scaled = self.points.moments[member]
        own = constraint_moments(self.shared.presolved, self.shared.form, scaled, len(names))
        return dict(zip(names, own, strict=True))


Certified = TypeVar("Certified", ProgramCertificate, ProgramBoundCertificate)


def _accepted(certificate: Certified) -> Certified | None:
    """The certificate if the checker accepts it."""
    try:
        certificate.verify()
    except InvalidCertificate:
        return None
    return certificate
