"""Polynomials whose coefficients are affine in unknown numbers: a(x) + sum_u y_u b_u(x), with a and b_u exact.

What `SosProgram.polynomial` and its kin return, and what arithmetic with them gives. A product of two of them would not
be affine; it raises `BilinearError`, which names the unknowns.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nsos_jax.polynomials import Polynomial

Known = Polynomial | int | float | Fraction
MOST_NAMED = 3
_PARAMETERS: ContextVar[tuple[str, ...]] = ContextVar("parameters", default=())


class BilinearError(ValueError):
    """A product of unknowns: no sum-of-squares program can hold it."""


@contextmanager
def parameters(names: tuple[str, ...]) -> Iterator[None]:
    """Programs that are made within take these names for parameters: numbers that will be put in later."""
    token = _PARAMETERS.set(names)
    try:
        yield
    finally:
        _PARAMETERS.reset(token)


class Unknowns:
    """The unknown numbers of one program, in the order in which they were declared.

    Attributes:
      variables: the names of the indeterminates of the program.
      parameters: names that its polynomials may have besides; they count as numbers.
      names: one per unknown number, such as "gamma" or "V[x^2*y]".
    """

    def __init__(self, variables: tuple[str, ...]) -> None:
        self.variables = variables
        self.parameters = _PARAMETERS.get()
        self.names: list[str] = []

    def degree(self, polynomial: Polynomial) -> int:
        """In the indeterminates; -1 for the zero polynomial."""
        if not self.parameters or polynomial.is_zero:
            return polynomial.degree
        own = [index for index, name in enumerate(polynomial.variables) if name not in self.parameters]
        return int(polynomial.exponents[:, own].sum(axis=1).max())

    def coefficient(self, polynomial: Polynomial, powers: Mapping[str, int]) -> Polynomial:
        """Of one monomial: a number, or a polynomial in the parameters."""
        names, rows = polynomial.variables, polynomial.exponents
        if any(power for name, power in powers.items() if name not in names):
            return Polynomial.constant(0)
        own = [index for index, name in enumerate(names) if name not in self.parameters]
        kept = (rows[:, own] == [powers.get(names[index], 0) for index in own]).all(axis=1)
        rest = rows[kept].copy()
        rest[:, own] = 0
        numbers = [value for value, keeps in zip(polynomial.coefficients, kept, strict=True) if keeps]
        return Polynomial.from_arrays(rest, numbers, names)

    def add(self, names: Iterable[str]) -> range:
        """Takes up new unknowns and gives their indices."""
        first = len(self.names)
        self.names += names
        return range(first, len(self.names))


class AffinePolynomial:
    """a(x) + sum_u y_u b_u(x) over the unknowns of one program; immutable.

    Takes part in `+`, `-`, `*` and `/` with polynomials and numbers.

    Attributes:
      unknowns: of the program that it belongs to.
      constant: a, the part without unknowns.
      parts: {u: b_u}, none of them zero.
    """

    __slots__ = ("constant", "parts", "unknowns")
    __array_ufunc__ = None  # so that `np.float64(2) * V` is ours

    def __init__(self, unknowns: Unknowns, constant: Polynomial, parts: Mapping[int, Polynomial]) -> None:
        self.unknowns = unknowns
        self.constant = constant
        self.parts = {index: part for index, part in parts.items() if not part.is_zero}

    @property
    def variables(self) -> tuple[str, ...]:
        """The indeterminates of the program."""
        return self.unknowns.variables

    @property
    def degree(self) -> int:
        """The largest degree that any values of the unknowns can give."""
        degree = self.unknowns.degree
        return max(degree(self.constant), *(degree(part) for part in self.parts.values()), -1)

    def value(self, values: Sequence[Any]) -> Polynomial:
        """The polynomial at values of all unknowns of the program."""
        return Polynomial.sum([self.constant, *(values[index] * part for index, part in self.parts.items())])

    def _map(self, change: Callable[[Polynomial], Polynomial]) -> "AffinePolynomial":
        """A linear map of polynomials, applied to each part."""
        parts = {index: change(part) for index, part in self.parts.items()}
        return AffinePolynomial(self.unknowns, change(self.constant), parts)

    def __add__(self, other: "AffinePolynomial | Known") -> "AffinePolynomial":
        if not isinstance(other, AffinePolynomial):
            total = self.constant + other
            return total if total is NotImplemented else AffinePolynomial(self.unknowns, total, self.parts)
        if other.unknowns is not self.unknowns:
            raise ValueError("unknowns of two different programs cannot be added: declare them in one program")
        parts = dict(self.parts)
        for index, part in other.parts.items():
            parts[index] = parts[index] + part if index in parts else part
        return AffinePolynomial(self.unknowns, self.constant + other.constant, parts)

    __radd__ = __add__

    def __pos__(self) -> "AffinePolynomial":
        return self

    def __neg__(self) -> "AffinePolynomial":
        return self._map(lambda part: -part)

    def __sub__(self, other: "AffinePolynomial | Known") -> "AffinePolynomial":
        if isinstance(other, AffinePolynomial):
            return self + -other
        total = self.constant - other
        return total if total is NotImplemented else AffinePolynomial(self.unknowns, total, self.parts)

    def __rsub__(self, other: Known) -> "AffinePolynomial":
        return -self + other

    def __mul__(self, other: "AffinePolynomial | Known") -> "AffinePolynomial":
        if not isinstance(other, AffinePolynomial):
            total = self.constant * other
            return total if total is NotImplemented else self._map(lambda part: part * other)
        if not other.parts:
            return self * other.constant
        if not self.parts:
            return other * self.constant
        raise BilinearError(
            f"a product of unknowns, ({self._named()}) times ({other._named()}), is not affine: fix one of the factors"
            " to a known polynomial, for example to the value that another program found for it"
        )

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> "AffinePolynomial":
        if isinstance(other, AffinePolynomial):
            raise BilinearError(f"division by unknowns ({other._named()}) is not affine")
        quotient = self.constant / other
        return quotient if quotient is NotImplemented else self._map(lambda part: part / other)

    def __rtruediv__(self, other: Any) -> "AffinePolynomial":
        raise BilinearError(f"division by unknowns ({self._named()}) is not affine")

    def __pow__(self, exponent: int) -> "AffinePolynomial":
        if exponent == 1:
            return self
        if exponent == 0 or not self.parts:
            return AffinePolynomial(self.unknowns, self.constant**exponent, {})
        raise BilinearError(f"a power of unknowns, ({self._named()})^{exponent}, is not affine")

    def __bool__(self) -> bool:
        raise TypeError(
            "an expression with unknowns is neither true nor false: add a constraint to the program instead"
        )

    def _ordered(self, other: Any) -> Any:
        raise TypeError(
            "expressions with unknowns are not compared by <, <=, > or >=: write program.nonnegative(p - q, on=...)"
            " or program.sos(p - q)"
        )

    __lt__ = __le__ = __gt__ = __ge__ = _ordered

    def __abs__(self) -> "AffinePolynomial":
        raise TypeError("abs of a polynomial is no polynomial: bound it by program.nonnegative(s - p) and (s + p)")

    def derivative(self, variable: str) -> "AffinePolynomial":
        """The partial derivative by one of the indeterminates."""
        self._check_variables([variable])
        zero = Polynomial.constant(0)
        return self._map(lambda part: part.derivative(variable) if variable in part.variables else zero)

    def gradient(self) -> NDArray[np.object_]:
        """The derivatives by all indeterminates of the program, an object array [n]."""
        result = np.empty(len(self.variables), dtype=object)
        result[:] = [self.derivative(name) for name in self.variables]
        return result

    def substitute(self, values: "Mapping[str, Known]") -> "AffinePolynomial":
        """Replaces indeterminates by numbers or known polynomials, all at once."""
        self._check_variables(values)
        for name, value in values.items():
            if isinstance(value, AffinePolynomial):
                raise BilinearError(f"values[{name!r}] holds unknowns ({value._named()}): substitute known polynomials")

        def replaced(part: Polynomial) -> Polynomial:
            return part.substitute({name: value for name, value in values.items() if name in part.variables})

        return self._map(replaced)

    def compose(self, images: "Sequence[Known]") -> "AffinePolynomial":
        """Replaces the i-th indeterminate by images[i]: V(f(x)) is `V.compose(f)`."""
        if len(images) != len(self.variables):
            raise ValueError(f"images: got {len(images)}, wanted one for each of {self.variables}")
        return self.substitute(dict(zip(self.variables, images, strict=True)))

    def integral(self, box: Mapping[str, tuple[Any, Any]]) -> "AffinePolynomial":
        """The integral over a box, {variable: (lower, upper)}."""
        self._check_variables(box)
        return self._map(lambda part: part.integral(box))

    def coefficient(self, monomial: Polynomial) -> "AffinePolynomial":
        """The coefficient of a monomial, such as x^2*y, as an expression without indeterminates."""
        if monomial.num_terms != 1 or monomial.coefficients != (1,):
            raise ValueError(f"monomial: got {monomial}, wanted a product of variables such as x^2*y")
        powers = dict(zip(monomial.variables, monomial.exponents[0].tolist(), strict=True))
        self._check_variables(name for name, power in powers.items() if power)

        return self._map(lambda part: self.unknowns.coefficient(part, powers))

    def _check_variables(self, names: Iterable[str]) -> None:
        for name in names:
            if name not in self.variables:
                raise ValueError(f"variable: got {name!r}, wanted one of {self.variables}")

    def _named(self) -> str:
        names = [self.unknowns.names[index] for index in list(self.parts)[:MOST_NAMED]]
        return ", ".join(names) + ", ..." * (len(self.parts) > MOST_NAMED)

    def __str__(self) -> str:
        pieces = [] if self.constant.is_zero and self.parts else [str(self.constant)]
        for index, part in self.parts.items():
            factor = "" if part == 1 else f"*{part}" if part.num_terms == 1 else f"*({part})"
            pieces.append(f"{self.unknowns.names[index]}{factor}")
        return " + ".join(pieces)

    def __repr__(self) -> str:
        text = str(self)
        return f"<AffinePolynomial: {text}>" if len(text) <= 100 else f"<AffinePolynomial of {self._named()}>"
