"""What the kinds about programs have in common, and those of them that refute by functionals."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import fmpq

from nsos_jax.certificates import reader
from nsos_jax.certificates.certificate import Certificate
from nsos_jax.certificates.data import (
    BeyondLimits,
    InvalidCertificate,
    Rational,
    Terms,
    as_fraction,
    as_monomials,
    as_rational,
    number_text,
)
from nsos_jax.certificates.exact_work import Effort
from nsos_jax.certificates.expansion import Work
from nsos_jax.certificates.statements.functionals import Bases, check_functional, coefficient_text, totals
from nsos_jax.certificates.statements.program import STATEMENT_KEYS, ProgramStatement


@dataclass(frozen=True, eq=False, repr=False)
class AboutProgram(Certificate):
    """A certificate about a program."""

    statement: ProgramStatement

    @classmethod
    def _keys(cls) -> tuple[str, ...]:
        return (*super()._keys(), *STATEMENT_KEYS)

    def _head(self) -> dict[str, Any]:
        return {**super()._head(), **self.statement.to_dict()}

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {repr(self.statement).partition(': ')[2]}"


@dataclass(frozen=True, eq=False, repr=False)
class ByFunctionals(AboutProgram):
    """Functionals L_j, nonnegative on what the bases of constraint j can make.

    Attributes:
        bases: for each constraint; None for one that the target is zero.
        functionals: L_j by its values at monomials, 0 at all others.
    """

    bases: tuple[Bases | None, ...]
    functionals: tuple[Terms, ...]

    @staticmethod
    def _functionals(functionals: Iterable[tuple[np.ndarray, Iterable[Rational]]]) -> tuple[Terms, ...]:
        return tuple(Terms(as_monomials(rows), tuple(map(as_rational, values))) for rows, values in functionals)

    @classmethod
    def _read_evidence(cls, statement: ProgramStatement, record: dict[str, Any]) -> dict[str, Any]:
        count, variables = len(statement.constraints), len(statement.variables)
        listed = reader.read_list(record["bases"], "bases", length=count)
        bases = [Bases.read(value, variables, f"bases[{j}]") for j, value in enumerate(listed)]
        if sum(one.gram_entries for one in bases if one) > reader.MAX_GRAM_ENTRIES:
            raise BeyondLimits(f"bases: expected at most {reader.MAX_GRAM_ENTRIES} entries of all moment matrices")
        values = reader.read_list(record["functionals"], "functionals", length=count)
        functionals = [reader.read_terms(terms, variables, f"functionals[{j}]") for j, terms in enumerate(values)]
        return {"bases": tuple(bases), "functionals": tuple(functionals)}

    def _evidence(self) -> dict[str, Any]:
        return {
            "bases": [[] if one is None else one.to_dict() for one in self.bases],
            "functionals": [terms.to_list() for terms in self.functionals],
        }

    def total(self) -> Fraction:
        """sum_j L_j(a_j)."""
        return as_fraction(totals(self.statement, self.functionals, Work())[0])

    def _check_functionals(self) -> tuple[fmpq, dict[tuple[int, int], fmpq]]:
        """Check all L_j, and return the `totals`."""
        constraints, variables = self.statement.constraints, len(self.variables)
        for key, have in (("bases", self.bases), ("functionals", self.functionals)):
            if len(have) != len(constraints):
                raise InvalidCertificate(f"{key}: expected {len(constraints)}, one a constraint, got {len(have)}")
        effort, work = Effort(), Work()
        for j, (constraint, bases, functional) in enumerate(
            zip(constraints, self.bases, self.functionals, strict=True)
        ):
            if functional.exponents.ndim != 2 or functional.exponents.shape[1] != variables:
                raise InvalidCertificate(f"functionals[{j}]: expected {variables} exponents for each value")
            if (bases is None) != (constraint.kind == "zero"):
                wanted = "none" if constraint.kind == "zero" else "the bases of a constraint of kind sos"
                raise InvalidCertificate(f"bases[{j}]: expected {wanted}")
            if bases is not None:
                bases.check(constraint, variables, f"bases[{j}]")
                check_functional(functional, bases, constraint, j, effort, work)
        return totals(self.statement, self.functionals, work)

    def _check_unknowns(self, sums: dict[tuple[int, int], fmpq], wanted: dict[tuple[int, int], fmpq]) -> None:
        """Check sum_j L_j(b_ij) for the coefficients of all unknowns."""
        for place in {**sums, **wanted}:
            total, right = sums.get(place, fmpq(0)), wanted.get(place, fmpq(0))
            if total != right:
                what = f"the coefficient of {coefficient_text(self.statement, place)}"
                got = f"expected a sum of {number_text(right)} over all constraints, it is {number_text(total)}"
                raise InvalidCertificate(f"functionals: at {what} {got}")
