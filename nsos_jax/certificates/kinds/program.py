"""The certificate kind `program`: values of the unknowns satisfy the constraints of a program."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Self

from flint import fmpq

from nsos_jax.certificates import reader
from nsos_jax.certificates.checks import check_ranges
from nsos_jax.certificates.data import (
    InvalidCertificate,
    Rational,
    Terms,
    as_fraction,
    as_rational,
    count_text,
    monomial_text,
    number_text,
)
from nsos_jax.certificates.exact_work import Effort
from nsos_jax.certificates.expansion import Work
from nsos_jax.certificates.statements import Identity, ProgramStatement
from nsos_jax.certificates.statements.affine import UnknownValues
from nsos_jax.certificates.statements.certificates import AboutProgram
from nsos_jax.certificates.statements.identity import Names
from nsos_jax.polynomials import Polynomial


@dataclass(frozen=True, eq=False, repr=False)
class ProgramCertificate(AboutProgram):
    """Values of the unknowns, and for each constraint an identity; one of kind "zero" has an empty one."""

    kind = "program"
    status = "FEASIBLE"
    evidence_keys = ("values", "identities")
    _values: tuple[tuple[fmpq, ...], ...]
    identities: tuple[Identity, ...]

    @classmethod
    def create(
        cls, statement: ProgramStatement, values: Iterable[Iterable[Rational]], identities: Iterable[Identity]
    ) -> Self:
        """The certificate from one number for each monomial of each unknown, and one identity for each constraint."""
        numbers = tuple(tuple(map(as_rational, row)) for row in values)
        return cls(statement.variables, statement, numbers, tuple(identities))

    @classmethod
    def _from_record(cls, variables: tuple[str, ...], record: dict[str, Any]) -> Self:
        statement = ProgramStatement.read(variables, record)
        rows = reader.read_list(record["values"], "values", length=len(statement.unknowns))
        values = []
        for i, (row, size) in enumerate(zip(rows, statement.sizes, strict=True)):
            numbers = reader.read_list(row, f"values[{i}]", length=size)
            values.append(tuple(reader.read_number(number, f"values[{i}][{k}]") for k, number in enumerate(numbers)))
        listed = reader.read_list(record["identities"], "identities", length=len(statement.constraints))
        identities: list[Identity] = []
        left = reader.MAX_GRAM_ENTRIES
        for j, value in enumerate(listed):
            identities.append(Identity.read(value, len(variables), f"identities[{j}]", left))
            left -= identities[-1].gram_entries
        return cls(variables, statement, tuple(values), tuple(identities))

    def _evidence(self) -> dict[str, Any]:
        values = [[str(number) for number in row] for row in self._values]
        return {"values": values, "identities": [identity.to_dict() for identity in self.identities]}

    @cached_property
    def values(self) -> tuple[tuple[Fraction, ...], ...]:
        """One number for each monomial of each unknown."""
        return tuple(tuple(map(as_fraction, row)) for row in self._values)

    @property
    def has_values(self) -> bool:
        """Whether some value is not 0."""
        return any(number != 0 for row in self._values for number in row)

    @cached_property
    def objective_value(self) -> Fraction | None:
        """The objective at these values; None for a program without one."""
        objective = self.statement.objective
        return None if objective is None else as_fraction(objective.value(UnknownValues(self._values)))

    def polynomials(self) -> dict[str, Polynomial]:
        """The unknowns at these values, by name."""
        return {
            unknown.name: Polynomial.from_arrays(unknown.monomials, row, self.variables)
            for unknown, row in zip(self.statement.unknowns, self.values, strict=True)
        }

    def targets(self, work: Work | None = None) -> list[Terms]:
        """The targets of all constraints at these values."""
        values, work = UnknownValues(self._values), work or Work()
        constraints = enumerate(self.statement.constraints)
        return [constraint.target.at(values, f"constraints[{j}].target", work) for j, constraint in constraints]

    def verify(self) -> str:
        """Check for each constraint that its identity holds, or that its target is zero, all exactly."""
        sizes, constraints = self.statement.sizes, self.statement.constraints
        if tuple(map(len, self._values)) != sizes:
            raise InvalidCertificate(f"values: expected {sum(sizes)} numbers, one for each monomial of each unknown")
        if len(self.identities) != len(constraints):
            raise InvalidCertificate(f"identities: expected {len(constraints)}, got {len(self.identities)}")
        effort, work = Effort(), Work()
        check_ranges([block for identity in self.identities for block in identity.blocks])
        for j, target in enumerate(self.targets(work)):
            names = Names(f"identities[{j}]", f"constraints[{j}].target", f"constraints[{j}].")
            constraint, identity = constraints[j], self.identities[j]
            if constraint.kind == "zero":
                self._check_zero(target, identity, names)
            else:
                identity.check(target, constraint, self.variables, names, effort, work)
        count = count_text(len(constraints), "constraint")
        value = "" if self.objective_value is None else f", objective {number_text(as_rational(self.objective_value))}"
        return f"program: values of {count_text(len(sizes), 'unknown')} satisfy {count}{value}"

    def _check_zero(self, target: Terms, identity: Identity, names: Names) -> None:
        if identity.blocks or identity.cofactors:
            raise InvalidCertificate(
                f"{names.identity}: expected no blocks and cofactors, for the target is to be zero"
            )
        if target.num_terms:
            monomial = monomial_text(target.exponents[0].tolist(), self.variables)
            value = number_text(next(iter(target.rationals())))
            raise InvalidCertificate(f"{names.target}: expected the zero polynomial, {monomial} has the factor {value}")
