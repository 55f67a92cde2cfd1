"""The certificate kind `infeasible_program`: no values of the unknowns satisfy the constraints with these bases."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from nsos_jax.certificates.data import InvalidCertificate, Rational, count_text, number_text
from nsos_jax.certificates.statements import Bases, ProgramStatement
from nsos_jax.certificates.statements.certificates import ByFunctionals


@dataclass(frozen=True, eq=False, repr=False)
class InfeasibleProgramCertificate(ByFunctionals):
    """Functionals with sum_j L_j(b_ij) = 0 for all i and sum_j L_j(a_j) < 0, in the words of `functionals`."""

    kind = "infeasible_program"
    status = "INFEASIBLE"
    evidence_keys = ("bases", "functionals")

    @classmethod
    def create(
        cls,
        statement: ProgramStatement,
        bases: Iterable[Bases | None],
        functionals: Iterable[tuple[np.ndarray, Iterable[Rational]]],
    ) -> Self:
        """The certificate from bases, None for a constraint of kind "zero", and functionals.

        Args:
            statement: the program.
            bases: for each constraint.
            functionals: for each constraint distinct monomials [moments, variables] and the value of L_j at each.
        """
        return cls(statement.variables, statement, tuple(bases), cls._functionals(functionals))

    @classmethod
    def _from_record(cls, variables: tuple[str, ...], record: dict[str, Any]) -> Self:
        statement = ProgramStatement.read(variables, record)
        return cls(variables, statement, **cls._read_evidence(statement, record))

    def verify(self) -> str:
        """Check the functionals, that the unknowns cancel, and the sign of the rest, all exactly."""
        constant, sums = self._check_functionals()
        self._check_unknowns(sums, {})
        if not constant < 0:
            raise InvalidCertificate(
                f"functionals: expected a negative sum over all targets, it is {number_text(constant)}"
            )
        count = count_text(len(self.functionals), "constraint")
        return f"infeasible_program: the functionals of {count} add up to {number_text(constant)}"
