"""Functionals as certificates."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import cached_property

import numpy as np
from flint import fmpq

from nsos_jax.certificates import (
    Bases,
    InfeasibleProgramCertificate,
    ProgramBoundCertificate,
    ProgramStatement,
    Rational,
    as_fraction,
)
from nsos_jax.programs.equations import ProgramSystem
from nsos_jax.programs.whole_bases import bases_of_system
from nsos_jax.proofs import simplest_fraction

ROUNDING = 1e-10
"""What a bound is worsened by for fewer digits, relative to its size."""


class Evidence:
    """What turns functionals on the rows of a program into certificates."""

    def __init__(self, statement: ProgramStatement, system: ProgramSystem) -> None:
        self.statement, self.system = statement, system

    @cached_property
    def _bases(self) -> list[Bases | None]:
        return bases_of_system(self.statement, self.system)

    def refutation(self, functional: Mapping[int, fmpq]) -> InfeasibleProgramCertificate:
        """L by row of the system as a certificate, not verified yet."""
        return InfeasibleProgramCertificate.create(self.statement, self._bases, self._functionals(functional))

    def bound(self, functional: Mapping[int, fmpq], exact: bool) -> ProgramBoundCertificate:
        """The same for the objective; the bound has few digits unless it is to be exactly what L says."""
        objective = self.statement.objective
        assert objective is not None
        total = sum((self.system.constants[row] * value for row, value in functional.items()), fmpq(0))
        proven = as_fraction(objective.constant() + objective.sign * total)
        if not exact:
            room = Fraction(ROUNDING) * max(Fraction(1), abs(proven))
            middle = float(proven + objective.sign * room / 2)
            near = simplest_fraction(middle, float(room) * 0.49)
            proven = near if objective.sign * (near - proven) >= 0 else proven
        return ProgramBoundCertificate.create(self.statement, self._bases, self._functionals(functional), proven)

    def _functionals(self, functional: Mapping[int, fmpq]) -> list[tuple[np.ndarray, Iterable[Rational]]]:
        rows: list[list[int]] = [[] for _ in self.statement.constraints]
        for row in sorted(functional):
            rows[int(self.system.row_constraints[row])].append(row)
        return [(self.system.row_exponents[own], [as_fraction(functional[row]) for row in own]) for own in rows]
