"""What is proven, as data that every format writes in its own words.

Sums are tuples of terms, squares have integer coefficients and positive weights, all numbers are exact.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from nsos_jax.certificates import IndexedSquare

Monomial = tuple[tuple[int, int], ...]
"""(variable, exponent) for each variable that occurs, ascending."""


class Term(NamedTuple):
    """value * monomial, the value not zero."""

    value: Fraction
    monomial: Monomial


Sum = tuple[Term, ...]


class Square(NamedTuple):
    """weight * root^2."""

    weight: Fraction
    root: Sum


@dataclass(frozen=True)
class Statement(ABC):
    """What all statements have: p over its variables, in the order of the file."""

    variables: tuple[str, ...]
    polynomial: Sum

    @property
    @abstractmethod
    def claim(self) -> tuple[str, ...]:
        """What is proven, in English lines for a comment."""


@dataclass(frozen=True)
class SumOfSquares(Statement):
    """p + epsilon * (the sum of the squares of `monomials`) = the sum of `squares`; p alone where epsilon is 0."""

    squares: tuple[Square, ...]
    epsilon: Fraction = Fraction(0)
    monomials: tuple[Monomial, ...] = ()

    @property
    def claim(self) -> tuple[str, ...]:
        if not self.epsilon:
            return ("p is a sum of squares, hence nonnegative.",)
        return (
            "p + epsilon z'z is a sum of squares, hence nonnegative, z being monomials.",
            "Nothing is said about p.",
        )

    @property
    def shift(self) -> Sum:
        """The sum of the squares of `monomials`."""
        return tuple(Term(Fraction(1), tuple((i, 2 * power) for i, power in m)) for m in self.monomials)


@dataclass(frozen=True)
class BoundedBelow(Statement):
    """p - bound = the sum of `squares`."""

    bound: Fraction
    squares: tuple[Square, ...]
    claim = ("p is at least gamma everywhere: p - gamma is a sum of squares.",)


@dataclass(frozen=True)
class Nonnegative(Statement):
    """sigma p = the sum of `squares` for a multiplier sigma that is a sum of squares itself and not zero.

    Hence p >= 0 where sigma > 0. That is a dense set, so p >= 0 everywhere. Two cases need no density: a square of
    sigma is a constant; or some are powers of variables, without which p is a constant, and not negative.
    """

    multiplier: Sum
    multiplier_squares: tuple[Square, ...]
    squares: tuple[Square, ...]

    @property
    def claim(self) -> tuple[str, ...]:
        first = "p is nonnegative: sigma p and sigma are sums of squares, and sigma is not zero."
        if self.constant:
            return first, "Here sigma is positive everywhere."
        if self.powers:
            return first, "Here sigma is positive but where some variables are 0, and there p is a constant."
        return first, "So p is nonnegative where sigma is positive, a dense set, hence everywhere."

    @property
    def constant(self) -> Square | None:
        """A constant square of sigma."""
        return next((square for square in self.multiplier_squares if not any(t.monomial for t in square.root)), None)

    @cached_property
    def powers(self) -> dict[int, Square]:
        """Squares of sigma that are powers of a variable of p; none if p without these variables is no constant."""
        found: dict[int, Square] = {}
        for square in self.multiplier_squares:
            if len(square.root) == 1 and len(square.root[0].monomial) == 1:
                found.setdefault(square.root[0].monomial[0][0], square)
        rest = [term for term in self.polynomial if not any(i in found for i, _ in term.monomial)]
        if any(term.monomial or term.value < 0 for term in rest):
            return {}
        occurring = {i for term in self.polynomial for i, _ in term.monomial}
        return {i: found[i] for i in sorted(found) if i in occurring}

    def others(self, last: Square) -> tuple[Square, ...]:
        """The squares of sigma but this one."""
        return tuple(square for square in self.multiplier_squares if square is not last)


@dataclass(frozen=True)
class NegativeValue(Statement):
    """p has this value, below 0, at the point."""

    point: tuple[Fraction, ...]
    value: Fraction
    claim = ("p takes a negative value.",)


@dataclass(frozen=True)
class NoSumOfSquares(Statement):
    """L(p) = value < 0 for a functional L whose moment matrix over the complete basis is positive semidefinite.

    Attributes:
        functional: the value of L at each monomial where it is not zero.
        value: L(p).
        basis: exponents per monomial.
        halfspaces: integer vectors that prove the basis complete.
        squares: the moment matrix as a sum of weight * v v', v by index.
    """

    functional: Sum
    value: Fraction
    basis: tuple[tuple[int, ...], ...]
    halfspaces: tuple[tuple[int, ...], ...]
    squares: tuple[IndexedSquare, ...]
    claim = ("p is no sum of squares of polynomials. It may still be nonnegative.",)
