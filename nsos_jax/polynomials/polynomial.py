"""Exact sparse polynomials with rational coefficients, the input of every other module.

>>> p = Polynomial.parse("(2*x1^2 + 3*x2^2)^2 + 1")
>>> print(p)
4*x1^4 + 12*x1^2*x2^2 + 9*x2^4 + 1
>>> p.evaluate([1, Fraction(1, 2)])
Fraction(137, 16)
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, NoReturn

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from nsos_jax.polynomials import calculus, conversions, evaluation, terms
from nsos_jax.polynomials.dialects import find_dialect, parse_notation
from nsos_jax.polynomials.lexer import Tokens
from nsos_jax.polynomials.notation import LATEX
from nsos_jax.polynomials.parsing import ParseError, parse_tokens
from nsos_jax.polynomials.scalars import is_number, nonnegative_integer, rational
from nsos_jax.polynomials.terms import MAX_ENTRIES, MAX_EXPONENT, MAX_TERMS, MAX_VARIABLES, Budget, Terms

__all__ = ["MAX_ENTRIES", "MAX_EXPONENT", "MAX_TERMS", "MAX_VARIABLES", "ParseError", "Polynomial"]

MAX_REPR = 100
"""Characters of a `repr` that shows the polynomial itself."""
Scalar = int | float | Fraction
"""What `scalars` takes; NumPy's, JAX's and SymPy's numbers are not written out."""


@dataclass(frozen=True, eq=False, repr=False)
class Polynomial:
    """sum_t numerators[t] / denominator * x^exponents[t].

    Terms are in descending graded lexicographic order (x1^2, x1*x2, x2^2, x1, x2, 1), rows are unique, numerators
    non-zero and without a divisor in common with the denominator; the zero polynomial has no terms. Make one with
    `parse`, `from_dict`, `from_arrays` or `from_sympy`. Instances are immutable and hashable; two are equal when they
    are the same function of the variables by name (unused variables do not matter).

    All operations take numbers of any type: floats count as their exact binary value (`scalars`).
    """

    variables: tuple[str, ...]
    _terms: Terms = None  # type: ignore[assignment]  # only for the message of `Polynomial(text)`
    """In any order, reduced. The arrays are made when they are asked for, so that sums need not sort their terms."""

    __array_ufunc__ = None  # so that `np.int64(2) * p` is ours

    def __post_init__(self) -> None:
        if not isinstance(self._terms, Terms):
            makers = "Polynomial.parse(text), from_dict, from_arrays, from_sympy or constant"
            raise TypeError(f"Polynomial is not called itself: use {makers}")

    @classmethod
    def parse(cls, text: str, variables: Iterable[str] | None = None, notation: str = "nsos") -> "Polynomial":
        """Read a written polynomial (grammar: `polynomials.parsing`); `ParseError` says what is wrong and where.

        The notation is ours or that of "julia", "matlab", "macaulay2", "singular", "sage" or "mathematica".

        >>> print(Polynomial.parse("3//2x₁²x₂ - 1", notation="julia"))
        3/2*x1^2*x2 - 1
        """
        return cls._from_terms(*parse_notation(text, variables, notation))

    @classmethod
    def from_tokens(cls, tokens: Tokens, names: Iterable[str], budget: Budget) -> "Polynomial":
        """From the tokens of a text; every word of kind "name" is one of `names`, which need not be identifiers."""
        variables = tuple(names)
        return cls._from_terms(variables, parse_tokens(tokens, variables, budget))

    @classmethod
    def from_dict(
        cls, coefficients: Mapping[tuple[int, ...], object], variables: Iterable[str] | None = None
    ) -> "Polynomial":
        """From {exponents: coefficient}; coefficients are numbers or their text, such as "1/3".

        >>> print(Polynomial.from_dict({(2, 0): 1, (0, 1): "-0.5"}))
        x1^2 - 1/2*x2
        """
        if not isinstance(coefficients, Mapping):
            raise ValueError(f"coefficients: got {type(coefficients).__name__}, wanted {{exponents: number}}")
        for key in coefficients:
            if not isinstance(key, tuple):
                raise ValueError(f"coefficients: got the key {key!r:.40}, wanted a tuple of exponents such as (2, 0)")
        lengths = {len(key) for key in coefficients}
        if len(lengths) > 1:
            raise ValueError(f"coefficients: got exponents of lengths {sorted(lengths)}, wanted one length")
        values = [cls.parse(v, ()).coefficient(()) if isinstance(v, str) else v for v in coefficients.values()]
        return cls.from_arrays(list(coefficients), values, variables)

    @classmethod
    def from_arrays(
        cls, exponents: Any, coefficients: Sequence[Any] | np.ndarray, variables: Iterable[str] | None = None
    ) -> "Polynomial":
        """From exponents [terms, variables] and coefficients [terms]; repeated rows are added up.

        Floating-point coefficients count as their exact binary value. ValueError on NaN and infinity, on negative or
        fractional exponents, and beyond the limits of this module.

        >>> print(Polynomial.from_arrays([[1, 0], [0, 2], [1, 0]], [0.5, 2, 1]))
        2*x2^2 + 3/2*x1
        """
        names = None if variables is None else terms.check_variables(variables)
        rows = conversions.check_exponents(exponents, names)
        numerators, denominator = conversions.exact_coefficients(coefficients, len(rows))
        total: dict[int, int] = {}
        for key, value in zip(terms.pack(rows), numerators, strict=True):
            total[key] = total.get(key, 0) + value
        names = terms.default_variables(rows.shape[1]) if names is None else names
        return cls._from_terms(names, Terms({key: value for key, value in total.items() if value}, denominator))

    @classmethod
    def from_sympy(cls, expression: Any, variables: Iterable[str] | None = None) -> "Polynomial":
        """From a SymPy expression or Poly; floating-point numbers in it count as their exact value.

        Without `variables`: the generators of a Poly, or the free symbols in natural order.
        """
        names, rows, values = conversions.sympy_arrays(expression, variables)
        return cls.from_arrays(rows, values, names)

    @classmethod
    def constant(cls, value: Scalar) -> "Polynomial":
        """The polynomial without variables that has this value."""
        number = rational(value, "value")
        return cls((), Terms({0: number.numerator} if number else {}, number.denominator))

    @classmethod
    def sum(cls, polynomials: "Iterable[Polynomial | Scalar]") -> "Polynomial":
        """The sum of many, in time linear in their terms; the built-in `sum` copies what it has for each of them.

        >>> print(Polynomial.sum([Polynomial.parse("x + y"), Polynomial.parse("x - z"), 0.5]))
        2*x + y - z + 1/2
        """
        parts = [part if isinstance(part, Polynomial) else cls.constant(part) for part in polynomials]
        names = tuple(dict.fromkeys(name for part in parts for name in part.variables))
        sums: dict[int, dict[int, int]] = {}
        for part in parts:
            denominator, numerators = part.denominator, dict(part._over(names).numerators)
            sums[denominator] = terms.add_numerators(sums.get(denominator, {}), numerators)
        return cls._from_terms(names, terms.combine(sums.items(), len(names)))

    @classmethod
    def _from_terms(cls, variables: tuple[str, ...], value: Terms) -> "Polynomial":
        terms.check_term_count(len(value.numerators), len(variables))
        return cls(variables, terms.reduce(value))

    @cached_property
    def _keys(self) -> list[int]:
        """The monomials in the order of the terms."""
        return sorted(self._terms.numerators, reverse=True)

    @cached_property
    def exponents(self) -> Int[np.ndarray, "terms variables"]:
        """One row per term, int32, read-only."""
        rows = terms.unpack(self._keys, self.num_variables)
        rows.setflags(write=False)
        return rows

    @cached_property
    def numerators(self) -> tuple[int, ...]:
        """One integer per term."""
        return tuple([self._terms.numerators[key] for key in self._keys])

    @property
    def denominator(self) -> int:
        return self._terms.denominator

    def to_text(self, notation: str = "nsos") -> str:
        """As `parse` reads it in this notation; ValueError where a variable can have no such name there."""
        dialect = find_dialect(notation)
        if dialect is None:
            return str(self)
        names = [dialect.write_name(name) for name in self.variables]
        return conversions.write_terms(names, self.exponents, self.numerators, self.denominator, dialect.slash)

    def to_sympy(self) -> Any:
        """The SymPy expression over symbols of these names."""
        return conversions.to_sympy(self.variables, self.exponents, self.coefficients)

    def to_dict(self) -> dict[tuple[int, ...], Fraction]:
        """{exponents: coefficient}, in the order of the terms."""
        return dict(zip(map(tuple, self.exponents.tolist()), self.coefficients, strict=True))

    @cached_property
    def coefficients(self) -> tuple[Fraction, ...]:
        """The exact coefficients [terms]."""
        return tuple(Fraction(value, self.denominator) for value in self.numerators)

    @cached_property
    def float_coefficients(self) -> Float[np.ndarray, " terms"]:
        """The coefficients, each correctly rounded to float64 (infinite beyond its range); read-only."""
        rounded = np.array([conversions.nearest_float(value, self.denominator) for value in self.numerators], float)
        rounded.setflags(write=False)
        return rounded

    @cached_property
    def degree(self) -> int:
        """The total degree; 0 for non-zero constants and -1 for the zero polynomial."""
        return terms.degree_of(self._terms, self.num_variables)

    @property
    def is_form(self) -> bool:
        """Whether all terms have the same degree.

        >>> Polynomial.parse("x^2 - 3*x*y").is_form, Polynomial.parse("x^2 + 1").is_form
        (True, False)
        """
        degrees = self.exponents.sum(axis=1)
        return bool((degrees == degrees[:1]).all())

    @property
    def num_variables(self) -> int:
        return len(self.variables)

    @property
    def num_terms(self) -> int:
        return len(self._terms.numerators)

    @property
    def is_zero(self) -> bool:
        return not self._terms.numerators

    def coefficient(self, exponents: Sequence[int]) -> Fraction:
        """The coefficient of one monomial, 0 when it does not occur."""
        if len(exponents) != self.num_variables or min(exponents, default=0) < 0:
            raise ValueError(f"exponents: got {exponents!r}, wanted {self.num_variables} nonnegative integers")
        if sum(exponents) > MAX_EXPONENT:
            return Fraction(0)
        [key] = terms.pack(np.array([exponents], dtype=np.int64).reshape(1, self.num_variables))
        return Fraction(self._terms.numerators.get(key, 0), self.denominator)

    def __str__(self) -> str:
        return conversions.write_terms(self.variables, self.exponents, self.numerators, self.denominator)

    def __repr__(self) -> str:
        if self.num_terms <= 10 and max(map(int.bit_length, (self.denominator, *self.numerators))) <= 200:
            shown = f"Polynomial.parse({str(self)!r}, {self.variables!r})"
            if len(shown) <= MAX_REPR:
                return shown
        return f"<Polynomial: {self.num_terms} terms, {self.num_variables} variables, degree {self.degree}>"

    @cached_property
    def _canonical(self) -> tuple[tuple[str, ...], frozenset[tuple[int, int]], int]:
        """What equality compares: used names in order, terms over them, denominator."""
        used = np.flatnonzero(self.exponents.any(axis=0)).tolist()
        used.sort(key=self.variables.__getitem__)
        keys = terms.pack(self.exponents[:, used])
        return (
            tuple(self.variables[i] for i in used),
            frozenset(zip(keys, self.numerators, strict=True)),
            self.denominator,
        )

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Polynomial):
            return self._canonical == other._canonical
        if not is_number(other):
            return NotImplemented
        try:
            return self._constant == rational(other, "operand")
        except ValueError:  # NaN and what is irrational equals no polynomial
            return False

    def _unordered(self, other: object) -> NoReturn:
        raise TypeError(
            "polynomials are not compared by <, <=, > or >=: where p >= q is wanted, as of a set, give p - q"
        )

    __lt__ = __le__ = __gt__ = __ge__ = _unordered

    def __hash__(self) -> int:
        return hash(self._canonical) if self._constant is None else hash(self._constant)

    def written_terms(self) -> Iterator[tuple[Fraction, list[tuple[str, int]]]]:
        """Each term as its coefficient and its variables with their exponents, from 1 on.

        >>> list(Polynomial.parse("2*x^2*y - 1").written_terms())
        [(Fraction(2, 1), [('x', 2), ('y', 1)]), (Fraction(-1, 1), [])]
        """
        for key, value in zip(self._keys, self.numerators, strict=True):
            [row] = terms.unpack([key], self.num_variables).tolist()
            powers = [(name, power) for name, power in zip(self.variables, row, strict=True) if power]
            yield Fraction(value, self.denominator), powers

    def _repr_latex_(self) -> str:
        """What notebooks show; shortened where it is long."""
        return rf"$\displaystyle {LATEX.sum(self.written_terms(), self.num_terms)}$"

    @property
    def _constant(self) -> Fraction | None:
        """The value of a polynomial that is constant, which equals that number."""
        return Fraction(sum(self.numerators), self.denominator) if self.degree <= 0 else None

    def _united(self, other: object) -> "tuple[tuple[str, ...], Terms, Terms] | None":
        """Variables of both and the terms over them; None for what is neither a polynomial nor a number."""
        if not isinstance(other, Polynomial):
            if not is_number(other):
                return None
            value = rational(other, "operand")
            return self.variables, self._terms, Terms({0: value.numerator} if value else {}, value.denominator)
        names = tuple(dict.fromkeys(self.variables + other.variables))
        return names, self._over(names), other._over(names)

    def _over(self, names: tuple[str, ...]) -> Terms:
        """The terms with the variables moved to their places in `names`."""
        terms.check_term_count(self.num_terms, len(names))
        if names[: self.num_variables] == self.variables:
            return terms.append_variables(self._terms, len(names) - self.num_variables)
        moved = np.zeros((self.num_terms, len(names)), np.int32)
        moved[:, _positions(names, self.variables)] = self.exponents
        return Terms(dict(zip(terms.pack(moved), self.numerators, strict=True)), self.denominator)

    def __add__(self, other: "Polynomial | Scalar") -> "Polynomial":
        united = self._united(other)
        if united is None:
            return NotImplemented
        names, left, right = united
        pairs = [(left.denominator, dict(left.numerators)), (right.denominator, dict(right.numerators))]
        return self._from_terms(names, terms.combine(pairs, len(names)))

    __radd__ = __add__

    def __pos__(self) -> "Polynomial":
        return self

    def __neg__(self) -> "Polynomial":
        numerators = {key: -value for key, value in self._terms.numerators.items()}
        return Polynomial(self.variables, Terms(numerators, self.denominator))

    def __sub__(self, other: "Polynomial | Scalar") -> "Polynomial":
        if not isinstance(other, Polynomial):
            if not is_number(other):
                return NotImplemented
            other = rational(other, "operand")  # of which the negative exists, unlike that of NumPy's int8(-128)
        return self + -other

    def __rsub__(self, other: Scalar) -> "Polynomial":
        return -self + other

    def __mul__(self, other: "Polynomial | Scalar") -> "Polynomial":
        united = self._united(other)
        if united is None:
            return NotImplemented
        names, left, right = united
        return self._from_terms(names, terms.multiply(left, right, len(names)))

    __rmul__ = __mul__

    def __truediv__(self, other: Scalar) -> "Polynomial":
        if not is_number(other):
            return NotImplemented
        divisor = rational(other, "divisor")
        if not divisor:
            raise ZeroDivisionError("division of a polynomial by zero")
        return self * (1 / divisor)

    def __pow__(self, exponent: int) -> "Polynomial":
        if not is_number(exponent):
            return NotImplemented
        count = nonnegative_integer(exponent, "exponent")
        return self._from_terms(self.variables, terms.power(self._terms, count, self.num_variables))

    def derivative(self, variable: str) -> "Polynomial":
        """The partial derivative; ValueError when `variable` is not one of `variables`."""
        lowered, numerators = calculus.differentiate(self.exponents, self.numerators, self._index(variable))
        value = Terms(dict(zip(terms.pack(lowered), numerators, strict=True)), self.denominator)
        return self._from_terms(self.variables, value)

    def gradient(self) -> NDArray[np.object_]:
        """The partial derivatives, an object array [variables].

        >>> [str(part) for part in Polynomial.parse("x^2*y").gradient()]
        ['2*x*y', 'x^2']
        """
        result = np.empty(self.num_variables, dtype=object)
        result[:] = [self.derivative(name) for name in self.variables]
        return result

    def integral(self, box: Mapping[str, tuple[Scalar, Scalar]]) -> "Polynomial":
        """The integral over a box, {variable: (lower, upper)}, as a polynomial in the other variables.

        >>> print(Polynomial.parse("x^2*y + 1").integral({"x": (0, 1)}))
        1/3*y + 1
        """
        rows, values = calculus.integrate(self.exponents, self.coefficients, self.variables, box)
        return self.from_arrays(rows, values, [name for name in self.variables if name not in box])

    def _index(self, variable: str) -> int:
        if variable not in self.variables:
            raise ValueError(f"variable: got {variable!r}, wanted one of {self.variables[:20]}")
        return self.variables.index(variable)

    def substitute(self, values: "Mapping[str, Polynomial | Scalar]") -> "Polynomial":
        """Replace variables by numbers or polynomials, all at once and exactly.

        The result has the variables that remain, then new ones in the order of `values`.

        >>> print(Polynomial.parse("x^2*y + x").substitute({"x": Polynomial.parse("x + 1"), "y": 2}))
        2*x^2 + 5*x + 3
        """
        if not isinstance(values, Mapping):
            raise ValueError(f"values: got {type(values).__name__}, wanted {{variable: number or polynomial}}")
        columns = [self._index(name) for name in values]
        images = [
            value if isinstance(value, Polynomial) else self.constant(rational(value, f"values[{name!r}]"))
            for name, value in values.items()
        ]
        introduced = dict.fromkeys(name for image in images for name in image.variables)
        kept = [name for name in self.variables if name not in values or name in introduced]
        names = tuple(dict.fromkeys([*kept, *introduced]))
        stay = [i for i in range(self.num_variables) if i not in columns]
        moved = np.zeros((self.num_terms, len(names)), np.int32)
        moved[:, _positions(names, [self.variables[i] for i in stay])] = self.exponents[:, stay]
        powers = map(tuple, self.exponents[:, columns].tolist())
        rest = zip(powers, terms.pack(moved), self.numerators, strict=True)
        composed = terms.compose(rest, [image._over(names) for image in images], len(names))
        return self._from_terms(names, Terms(composed.numerators, composed.denominator * self.denominator))

    def scale_variables(self, shifts: Sequence[int]) -> "Polynomial":
        """Substitute x_i -> 2^shifts[i] * x_i, exactly.

        >>> print(Polynomial.parse("x^2 + y + 1").scale_variables([1, -1]))
        4*x^2 + 1/2*y + 1
        """
        steps = [int(shift) for shift in shifts]
        if len(steps) != self.num_variables or max(map(abs, steps), default=0) > terms.MAX_BITS:
            raise ValueError(f"shifts: got {shifts!r}, wanted {self.num_variables} integers up to {terms.MAX_BITS}")
        powers = (self.exponents.astype(np.int64) @ np.array(steps, dtype=np.int64)).tolist()
        lowest = min(0, *powers) if powers else 0
        numerators = [value << (power - lowest) for value, power in zip(self.numerators, powers, strict=True)]
        value = Terms(dict(zip(self._keys, numerators, strict=True)), self.denominator << -lowest)
        return self._from_terms(self.variables, value)

    def evaluate(self, point: Sequence[Scalar] | Mapping[str, Scalar]) -> Fraction:
        """The exact value at a rational point, given in the order of `variables` or by name."""
        if isinstance(point, Mapping):
            missing = [name for name in self.variables if name not in point]
            if missing:
                raise ValueError(f"point: got no value for {missing[:20]}")
            point = [point[name] for name in self.variables]
        elif is_number(point):
            raise ValueError(f"point: got the number {point}, wanted a sequence such as [{point}], or numbers by name")
        if len(point) != self.num_variables:
            raise ValueError(f"point: got {len(point)} coordinates, wanted {self.num_variables}")
        coordinates = [rational(value, f"point[{i}]") for i, value in enumerate(point)]
        return evaluation.exact_value(self.exponents, self.numerators, self.denominator, coordinates)

    def evaluate_float(self, points: Float[np.ndarray, "points variables"]) -> Float[np.ndarray, " points"]:
        """Values at many points in float64; memory does not grow with points x terms. Overflow gives inf or nan."""
        return evaluation.float_values(self.exponents, self.float_coefficients, points)

    def gradient_float(self, points: Float[np.ndarray, "points variables"]) -> Float[np.ndarray, "points variables"]:
        """Gradients at many points in float64, as `evaluate_float`."""
        return evaluation.float_gradients(self.exponents, self.float_coefficients, points)


def _positions(names: Sequence[str], chosen: Sequence[str]) -> list[int]:
    place = {name: i for i, name in enumerate(names)}
    return [place[name] for name in chosen]
