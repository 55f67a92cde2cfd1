"""Tokens of an expression cut into summands and into the arguments of calls."""

from collections.abc import Iterator
from fractions import Fraction

from nsos_jax.polynomials import Polynomial, Tokens

_OPERATORS = frozenset("+-*/^(,")


def _part(tokens: Tokens, first: int, last: int) -> Tokens:
    """The tokens [first, last), and the next one as their end."""
    part = Tokens(tokens.text, tokens.kinds[first:last], tokens.words[first:last], tokens.starts[first:last])
    part.add("end", tokens.words[last], tokens.starts[last])
    return part


def split_arguments(tokens: Tokens, index: int) -> tuple[int, list[Tokens]]:
    """The index behind a call that begins at `index`, and its arguments."""
    if tokens.kinds[index + 1] != "(":
        raise tokens.expected(f"'(' with the arguments of {tokens.words[index]}", index + 1)
    depth, first, arguments = 0, index + 2, []
    for place in range(index + 1, len(tokens.kinds)):
        kind = tokens.kinds[place]
        depth += (kind == "(") - (kind == ")")
        if depth == 0 or (depth == 1 and kind == ","):
            arguments.append(_part(tokens, first, place))
            first = place + 1
        if depth == 0:
            return place + 1, arguments
    raise tokens.error("this '(' is never closed", index + 1)


def split_summands(tokens: Tokens) -> Iterator[Tokens]:
    """The tokens between the signs `+` and `-` outside of parentheses, each with its sign before it."""
    depth = first = 0
    for place, kind in enumerate(tokens.kinds):
        if kind in ("+", "-") and depth == 0 and place > first and tokens.kinds[place - 1] not in _OPERATORS:
            yield _part(tokens, first, place)
            first = place
        depth += (kind == "(") - (kind == ")")
    yield _part(tokens, first, len(tokens.kinds) - 1)


def add_number(tokens: Tokens, value: Polynomial, start: int) -> None:
    """Adds a constant as `(p/q)`, so that it can be a divisor, and an exponent if it is an integer."""
    [number] = value.coefficients or (Fraction(0),)
    sign = [("-", "-")] if number < 0 else []
    divisor = [] if number.denominator == 1 else [("/", "/"), ("number", str(number.denominator))]
    for kind, word in (("(", "("), *sign, ("number", str(abs(number.numerator))), *divisor, (")", ")")):
        tokens.add(kind, word, start)
