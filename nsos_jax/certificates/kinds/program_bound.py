"""The certificate kind `program_bound`: no values that satisfy the constraints with these bases pass a bound."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Self

import numpy as np
from flint import fmpq

from nsos_jax.certificates import reader
from nsos_jax.certificates.data import InvalidCertificate, Rational, as_fraction, as_rational, count_text, number_text
from nsos_jax.certificates.statements import Bases, ProgramStatement
from nsos_jax.certificates.statements.certificates import ByFunctionals


@dataclass(frozen=True, eq=False, repr=False)
class ProgramBoundCertificate(ByFunctionals):
    """Functionals with sum_j L_j(b_ij) = -c_i for all i, where c'y + constant is maximized.

    Then 0 <= sum_j L_j(F_j) = sum_j L_j(a_j) - c'y for all values that satisfy the constraints with these bases. Where
    it is minimized the sum is c_i, and 0 <= sum_j L_j(a_j) + c'y.
    """

    kind = "program_bound"
    status = "BOUNDED"
    evidence_keys = ("bases", "functionals", "bound")
    _bound: fmpq

    @cached_property
    def bound(self) -> Fraction:
        """What no objective is above, if it is maximized, or below."""
        return as_fraction(self._bound)

    @classmethod
    def create(
        cls,
        statement: ProgramStatement,
        bases: Iterable[Bases | None],
        functionals: Iterable[tuple[np.ndarray, Iterable[Rational]]],
        bound: Rational,
    ) -> Self:
        """The certificate; `InfeasibleProgramCertificate.create` says what the arguments are."""
        return cls(statement.variables, statement, tuple(bases), cls._functionals(functionals), as_rational(bound))

    @classmethod
    def _from_record(cls, variables: tuple[str, ...], record: dict[str, Any]) -> Self:
        statement = ProgramStatement.read(variables, record)
        evidence = cls._read_evidence(statement, record)
        return cls(variables, statement, **evidence, _bound=reader.read_number(record["bound"], "bound"))

    def _evidence(self) -> dict[str, Any]:
        return {**super()._evidence(), "bound": str(self._bound)}

    def verify(self) -> str:
        """Check the functionals, that they add up to the objective at the unknowns, and the bound, all exactly."""
        objective = self.statement.objective
        if objective is None:
            raise InvalidCertificate("objective: expected one, got none")
        constant, sums = self._check_functionals()
        sign = objective.sign
        self._check_unknowns(sums, {place: -sign * value for place, value in objective.weights().items()})
        proven = objective.constant() + sign * constant
        if sign * (self._bound - proven) < 0:
            wanted = f"{number_text(proven)} or {'more' if sign > 0 else 'less'}"
            raise InvalidCertificate(f"bound: expected {wanted}, got {number_text(self._bound)}")
        word = "above" if sign > 0 else "below"
        count = count_text(len(self.functionals), "constraint")
        return f"program_bound: no objective {word} {number_text(self._bound)}, by functionals of {count}"
