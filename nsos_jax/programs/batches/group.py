"""Programs of one structure that share their equations, from numbers to proven answers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any, Generic, TypeVar

import numpy as np
from jaxtyping import Float

from nsos_jax.certificates import InvalidCertificate, ProgramBoundCertificate, ProgramCertificate
from nsos_jax.programs.batches.dual import DualRounding
from nsos_jax.programs.batches.points import FloatData, Points, gram_programs, points_of
from nsos_jax.programs.batches.primal import PrimalRounding
from nsos_jax.programs.batches.shared import SharedProgram
from nsos_jax.programs.batches.stating import SharedStatement
from nsos_jax.programs.batches.structure import Numbers
from nsos_jax.programs.moments import constraint_moments
from nsos_jax.programs.options import SolveOptions
from nsos_jax.programs.results import ProgramResult, ProgramStatus
from nsos_jax.programs.solve import proven_objective, proven_values
from nsos_jax.solvers import GramProgram, ProgramSolution

BACKEND = "jax"
Key, Value = TypeVar("Key"), TypeVar("Value")


class Deferred(Mapping[Key, Value], Generic[Key, Value]):
    """A mapping that is made when it is first looked at."""

    def __init__(self, make: Callable[[], Mapping[Key, Value]]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> Mapping[Key, Value]:
        return self._make()

    def __getitem__(self, key: Key) -> Value:
        return self._made[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)

    def __repr__(self) -> str:
        return repr(self._made)


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
    def dual(self) -> DualRounding:
        """For functionals."""
        return DualRounding(self.shared)


class Group:
    """B programs that share their equations.

    Attributes:
      indices: their places among all programs, [B].
      numbers: theirs.
    """

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

    def take(self, solutions: Sequence[ProgramSolution]) -> None:
        """The answers of the solver to them."""
        size = np.maximum(1.0, np.abs(self.constants - [solution.lower for solution in solutions]))
        self.room = self.options.tolerance * np.nan_to_num(size, nan=1.0, posinf=1.0)
        self.points: Points = points_of(self.shared, solutions, self.data, self.room)

    def member(self, at: int) -> "Group":
        """The group of one of the programs alone, solved if this one is."""
        alone = Group(self.plans, [self.indices[at]], self.numbers.take(np.array([at])), self.options)
        alone.room, alone.points = self.room[[at]], self.points.member(at)
        return alone

    def proven(self) -> list[ProgramResult | None]:
        """A proven answer for each, or None."""
        statements, rounding = self.plans.statements, self.plans.primal
        if not rounding.works:
            return [None] * len(self.indices)
        exact = rounding.points(self.reduced, self.points)
        functionals = self._functionals()
        results: list[ProgramResult | None] = []
        for member, point in enumerate(exact):
            if point is None:
                results.append(None)
                continue
            numbers = self.numbers.numerators[member], self.numbers.denominators[member]
            statement = statements.statement(*numbers)
            certificate = _accepted(statements.primal(statement, point))
            bound = None
            if certificate is not None and functionals[member] is not None:
                given = functionals[member], self.numbers, self.reduced, member
                bound = _accepted(statements.dual(statement, *given))
            results.append(None if certificate is None else self.result(member, certificate, bound))
        return results

    def _functionals(self) -> list:
        none = [None] * len(self.indices)
        if not self.shared.costly or self.shared.system.sparse:
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
        if not self.shared.costly:
            known["margin"] = float(self.points.margin[member])
        known["values"] = Deferred(lambda: proven_values(program, certificate))
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
