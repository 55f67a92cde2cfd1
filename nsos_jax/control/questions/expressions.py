"""Written rational functions of the variables of a system, such as `-x/(1 + y^2) + sin(2*th)`.

The grammar is that of `Polynomial.parse`; besides, a divisor may be a name, a call or a sum in parentheses, and there
are `sin` and `cos` of integer combinations of angles. Divisors and calls are replaced by names of their own, the rest
is expanded as a polynomial, and then they get their values: the parser's limits against hostile text hold here, too.
"""

from collections.abc import Collection, Sequence

from nsos_jax.control.dynamics import Angle, NotPolynomial, RationalFunction, cos, sin
from nsos_jax.polynomials import Budget, Polynomial, Tokens, tokenize
from nsos_jax.programs import fields, split_arguments

FUNCTIONS = {"sin": sin, "cos": cos}
MAX_NESTED = 20
"""Divisors and calls within each other."""


class Reader:
    """Reads texts over the variables of a system.

    Args:
      names: of the variables, in the place of each angle those of its sine and cosine.
      angles: that may stand in `sin` and `cos`.

    >>> print(Reader(["x", "y"]).rational("(x - 1)/(1 + y^2) - x/2", "dynamics[0]"))
    (-1/2*x*y^2 + 1/2*x - 1) / (y^2 + 1)
    """

    def __init__(self, names: Sequence[str], angles: Collection[str] = ()) -> None:
        self.names, self.angles = tuple(names), tuple(angles)
        self._budget = Budget()  # for all texts of a question together

    def rational(self, value: object, place: str) -> RationalFunction:
        """The value of a text or a JSON number; `StatementError` names the place."""
        text = fields.expect_text(value, place)
        return fields.at(place, lambda: self._value(tokenize(text, FUNCTIONS), 0))

    def polynomial(self, value: object, place: str) -> Polynomial:
        """A text without divisors that are no numbers."""
        found = self.rational(value, place)
        if found.denominator != 1:
            raise fields.StatementError(f"{place}: expected a polynomial, got one with the divisor {found.denominator}")
        return found.numerator

    def _value(self, tokens: Tokens, depth: int) -> RationalFunction:
        if depth > MAX_NESTED:
            raise tokens.error(f"divisors and functions are nested deeper than {MAX_NESTED}", 0)
        reduced = Tokens(tokens.text)
        atoms: dict[str, RationalFunction] = {}
        index = 0
        while index < len(tokens.kinds):
            kind, word, start = tokens.kinds[index], tokens.words[index], tokens.starts[index]
            stop = index + 1
            if kind == "name" and word in FUNCTIONS:
                stop, value = self._call(tokens, index)
                word = f"{word} {len(atoms)}"
                atoms[word] = value
            elif kind == "/" and tokens.kinds[stop] in ("(", "name"):
                stop, value = self._divisor(tokens, index, depth)
                if value.constant is None:
                    reduced.add("*", "*", start)
                    kind, word = "name", f"divisor {len(atoms)}"
                    atoms[word] = 1 / value
                else:
                    stop = index + 1  # the parser divides by numbers
            elif kind == "name" and word not in self.names:
                raise tokens.error(self._unknown(word), index)
            reduced.add(kind, word, start)
            index = stop
        return self._expanded(reduced, atoms)

    def _expanded(self, reduced: Tokens, atoms: dict[str, RationalFunction]) -> RationalFunction:
        """A polynomial in the variables and atoms, with the values of the atoms."""
        expanded, count = Polynomial.from_tokens(reduced, (*self.names, *atoms), self._budget), len(self.names)
        groups: dict[tuple[int, ...], list[int]] = {}
        for row, powers in enumerate(map(tuple, expanded.exponents[:, count:].tolist())):
            groups.setdefault(powers, []).append(row)
        total = RationalFunction(Polynomial.constant(0))
        for powers, rows in groups.items():
            numbers = [expanded.coefficients[row] for row in rows]
            part = RationalFunction(Polynomial.from_arrays(expanded.exponents[rows, :count], numbers, self.names))
            for value, power in zip(atoms.values(), powers, strict=True):
                part = part * value**power
            total = total + part
        return total

    def _call(self, tokens: Tokens, index: int) -> tuple[int, RationalFunction]:
        """The index behind `sin(...)` or `cos(...)`, and its value."""
        word = tokens.words[index]
        stop, arguments = split_arguments(tokens, index)
        if len(arguments) != 1:
            raise tokens.error(f"got {len(arguments)} arguments, expected one: {word}(th)", index)
        for place, name in enumerate(arguments[0].words):
            if arguments[0].kinds[place] == "name" and name not in self.angles:
                known = f"the angles {', '.join(self.angles)}" if self.angles else "angles: list them under 'angles'"
                raise arguments[0].error(f"{word} of {name!r:.40}, expected {known}", place)
        combination = Polynomial.from_tokens(arguments[0], self.angles, self._budget)
        multiples = {}
        for row, factor in zip(combination.exponents.tolist(), combination.coefficients, strict=True):
            if sum(row) != 1 or factor.denominator != 1:
                raise tokens.error(f"{word} of {combination}, expected a sum of integer multiples of angles", index)
            multiples[self.angles[row.index(1)]] = int(factor)
        try:
            return stop, FUNCTIONS[word](Angle(multiples))
        except NotPolynomial as error:
            raise tokens.error(str(error), index) from None

    def _divisor(self, tokens: Tokens, index: int, depth: int) -> tuple[int, RationalFunction]:
        """The index behind what stands after the `/` at an index, without an exponent, and its value."""
        first = index + 1
        if tokens.kinds[first] == "(":
            stop, [inner] = split_arguments(tokens, index)
            value = self._value(inner, depth + 1)
        elif tokens.words[first] in FUNCTIONS:
            stop, value = self._call(tokens, first)
        else:
            one = Tokens(tokens.text, ["name"], [tokens.words[first]], [tokens.starts[first]])
            one.add("end", "", tokens.starts[first + 1])
            stop, value = first + 1, self._value(one, depth + 1)
        if value.numerator.is_zero:
            raise tokens.error("division by zero", index)
        return stop, value

    def _unknown(self, word: str) -> str:
        if word in self.angles:
            return f"the angle {word!r:.40} may stand in sin and cos only"
        return f"unknown name {word!r:.40}, expected one of {', '.join(self.names):.200}"
