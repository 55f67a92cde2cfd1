"""A polynomial to be minimised on a set, all of it over the same variables."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.modelling import SemialgebraicSet


@dataclass(frozen=True, eq=False)
class BoundProblem:
    """min p on {g >= 0, h = 0}.

    Attributes:
      variables: those of p, followed by those that only the set has.
      polynomial: p, over all of them.
      on: the set, each of its polynomials over all of them.
    """

    variables: tuple[str, ...]
    polynomial: Polynomial
    on: SemialgebraicSet

    @staticmethod
    def of(polynomial: Polynomial, on: SemialgebraicSet | None) -> "BoundProblem":
        on = on or SemialgebraicSet()
        names = tuple(dict.fromkeys((*polynomial.variables, *on.variables)))
        inequalities = [over(inequality, names) for inequality in on.inequalities]
        equalities = [over(equality, names) for equality in on.equalities]
        return BoundProblem(names, over(polynomial, names), SemialgebraicSet(inequalities, equalities))

    @cached_property
    def unconstrained(self) -> bool:
        """Whether the set is the whole space."""
        return not self.on.inequalities and not self.on.equalities

    @cached_property
    def least_order(self) -> int:
        """The least order of a relaxation that holds p and all constraints."""
        return max(-(-max(part.degree, 0) // 2) for _, part in self.parts())

    def parts(self) -> Iterator[tuple[str, Polynomial]]:
        """p and the polynomials of the set, with what they are called in messages."""
        yield "the polynomial", self.polynomial
        for kind, polynomials in (("inequality", self.on.inequalities), ("equality", self.on.equalities)):
            yield from ((f"{kind} {index}", polynomial) for index, polynomial in enumerate(polynomials, 1))


def over(polynomial: Polynomial, variables: tuple[str, ...]) -> Polynomial:
    """The polynomial over more variables."""
    rows = np.zeros((polynomial.num_terms, len(variables)), np.int32)
    rows[:, [variables.index(name) for name in polynomial.variables]] = polynomial.exponents
    return Polynomial.from_arrays(rows, polynomial.coefficients, variables)
