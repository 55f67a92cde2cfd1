"""Functionals, one for each constraint, that no values of the unknowns agree with.

Write the target of constraint j as F_j = a_j + sum_i y_i b_ij, y_i being the coefficients of all unknowns. If L_j is
nonnegative on the sums of squares and multipliers of its bases and 0 on its equalities then sum_j L_j(F_j) >= 0 for all
values that satisfy the constraints with these bases.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from flint import fmpq, fmpz

from nsos_jax.certificates import reader
from nsos_jax.certificates.checks import common_denominator
from nsos_jax.certificates.data import InvalidCertificate, Terms, as_monomials, monomial_text, number_text
from nsos_jax.certificates.exact_psd import is_psd_array
from nsos_jax.certificates.exact_work import Effort
from nsos_jax.certificates.expansion import Work, applied, localizing_matrix, over_common, products
from nsos_jax.certificates.statements.program import ProgramStatement, StatedConstraint


@dataclass(frozen=True, eq=False, repr=False)
class Bases:
    """The monomials of all multipliers of a constraint.

    Attributes:
        squares: int32 [size, variables] for s_0 and then for the sum of squares of every product.
        cofactors: int32 [size, variables] for every equality.
    """

    squares: tuple[np.ndarray, ...]
    cofactors: tuple[np.ndarray, ...]

    @classmethod
    def create(cls, squares: Iterable[np.ndarray], cofactors: Iterable[np.ndarray] = ()) -> Self:
        """From arrays of exponents."""
        return cls(tuple(map(as_monomials, squares)), tuple(map(as_monomials, cofactors)))

    @classmethod
    def read(cls, value: object, variables: int, place: str) -> "Bases | None":
        """From a file; the empty list stands for the constraint that has none."""
        if value == [] and type(value) is list:
            return None
        record = reader.read_object(value, ("squares", "cofactors"), place)
        parts = []
        for key in ("squares", "cofactors"):
            listed = reader.read_list(record[key], f"{place}.{key}", reader.MAX_BLOCKS)
            parts.append(
                tuple(reader.read_basis(rows, variables, f"{place}.{key}[{k}]") for k, rows in enumerate(listed))
            )
        return cls(*parts)

    def to_dict(self) -> dict[str, Any]:
        """As in the file."""
        return {
            "squares": [rows.tolist() for rows in self.squares],
            "cofactors": [rows.tolist() for rows in self.cofactors],
        }

    @property
    def gram_entries(self) -> int:
        """Of all moment matrices together."""
        return sum(len(rows) ** 2 for rows in self.squares)

    def check(self, constraint: StatedConstraint, variables: int, place: str) -> None:
        """Refuse bases that are not one for each multiplier."""
        for key, have, wanted in (
            ("squares", self.squares, 1 + len(constraint.products)),
            ("cofactors", self.cofactors, len(constraint.equalities)),
        ):
            if len(have) != wanted:
                raise InvalidCertificate(f"{place}.{key}: expected {wanted} bases, got {len(have)}")
            for k, rows in enumerate(have):
                if rows.ndim != 2 or rows.shape[1] != variables:
                    raise InvalidCertificate(f"{place}.{key}[{k}]: expected {variables} exponents for each monomial")


def check_functional(
    functional: Terms, bases: Bases, constraint: StatedConstraint, index: int, effort: Effort, work: Work
) -> None:
    """Check exactly that L is nonnegative on all that the bases and multipliers of the constraint can make."""
    variables, prefix, name = functional.exponents.shape[1], f"constraints[{index}].", f"functionals[{index}]"
    for k, rows in enumerate(bases.squares):
        factor = constraint.multiplier(k - 1, variables, work, prefix)
        matrix = localizing_matrix(functional, factor, rows, name, work)
        if not is_psd_array(matrix, effort):
            on = "of s_0" if k == 0 else f"of products[{k - 1}]"
            raise InvalidCertificate(f"{name}: expected a positive semidefinite moment matrix on the basis {on}")
    for j, (rows, equality) in enumerate(zip(bases.cofactors, constraint.equalities, strict=True)):
        values, denominator = applied(functional, equality, rows, name, work)
        wrong = np.flatnonzero(values)
        if len(wrong):
            value = fmpq(fmpz(int(values[wrong[0]])), denominator)
            what = f"equalities[{j}] times the monomial {rows[wrong[0]].tolist()}"
            raise InvalidCertificate(f"{name}: expected 0 at {what}, it is {number_text(value)}")


def totals(
    statement: ProgramStatement, functionals: Sequence[Terms], work: Work
) -> tuple[fmpq, dict[tuple[int, int], fmpq]]:
    """sum_j L_j(a_j), and sum_j L_j(b_ij) by the place (unknown, coefficient) of y_i where it is not 0."""
    one = Terms(np.zeros((1, len(statement.variables)), np.int32), (fmpq(1),))
    parts = []
    for j, (constraint, functional) in enumerate(zip(statement.constraints, functionals, strict=True)):
        name, target = f"functionals[{j}]", constraint.target
        numerators, own = over_common(target.terms(), f"constraints[{j}].target", work)
        values, other = applied(functional, one, target.exponents, name, work)
        parts.append((target.places.tolist(), products(numerators, values, 1).tolist(), own * other))
    count = sum(len(places) for places, _, _ in parts)
    common = common_denominator([denominator for _, _, denominator in parts], count, "functionals")
    sums: dict[tuple[int, int], int] = {}
    for places, numbers, denominator in parts:
        factor = int(common // denominator)
        for (unknown, coefficient), number in zip(places, numbers, strict=True):
            sums[unknown, coefficient] = sums.get((unknown, coefficient), 0) + number * factor
    constant = sums.pop((-1, -1), 0)
    return fmpq(fmpz(constant), common), {key: fmpq(fmpz(value), common) for key, value in sums.items() if value}


def coefficient_text(statement: ProgramStatement, place: tuple[int, int]) -> str:
    """The coefficient of an unknown for messages."""
    unknown = statement.unknowns[place[0]]
    return f"{unknown.name} at {monomial_text(unknown.monomials[place[1]].tolist(), statement.variables)}"
