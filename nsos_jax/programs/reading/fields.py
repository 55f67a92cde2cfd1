"""The values of a JSON object, each of the type that was expected, or an error that names its key."""

from collections.abc import Callable, Collection
from fractions import Fraction
from typing import Any, TypeVar

from nsos_jax.option_changes import meant
from nsos_jax.polynomials import MAX_EXPONENT, Polynomial

Value = TypeVar("Value")

MAX_NAME = 100
"""Characters of a name, as in certificates."""
_NUMBERS = frozenset({"nan", "inf", "infinity"})


class StatementError(ValueError):
    """A JSON object that states no program: the message begins with the key."""


def show(value: object) -> str:
    """A JSON value for a message."""
    names = {type(None): "null", bool: "a truth value", str: "text", list: "a list", dict: "an object"}
    if type(value) in names:
        return names[type(value)]
    return f"the number {value!r:.40}"


def expect_object(value: object, place: str, keys: Collection[str], needed: Collection[str] = ()) -> dict[str, Any]:
    """An object with some of the keys, among them those that are needed."""
    if not isinstance(value, dict):
        raise StatementError(f"{place}: expected an object with the keys {', '.join(keys)}, got {show(value)}")
    for key in value:
        if key not in keys:
            raise StatementError(f"{place}: unknown key {key!r:.60}, {meant(key, keys)}")
    for key in needed:
        if key not in value:
            found = ", ".join(map(repr, value)) or "no keys"
            raise StatementError(f"{place}: expected the key {key!r}, found {found:.200}")
    return value


def expect_list(value: object, place: str, what: str) -> list[Any]:
    """A list."""
    if not isinstance(value, list):
        raise StatementError(f"{place}: expected a list of {what}, got {show(value)}")
    return value


def expect_name(value: object, place: str) -> str:
    """An identifier."""
    if not isinstance(value, str):
        raise StatementError(f"{place}: expected a name in quotes, got {show(value)}")
    if not value.isidentifier() or len(value) > MAX_NAME or value.casefold() in _NUMBERS:
        raise StatementError(f"{place}: expected a name such as V or x1, got {value!r:.40}")
    return value


def expect_count(value: object, place: str, least: int = 0, most: int = MAX_EXPONENT) -> int:
    """An integer in a range, by default up to the largest degree."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        shown = value if isinstance(value, int | float) else show(value)
        limit = f"at most {most}" if isinstance(value, int) and value > most else f"at least {least}"
        raise StatementError(f"{place}: expected an integer of {limit}, got {shown}")
    return value


def expect_degrees(value: object, place: str) -> tuple[int, int]:
    """[lowest, highest]."""
    pair = expect_list(value, place, "two degrees, the lowest and the highest")
    if len(pair) != 2:
        raise StatementError(f"{place}: expected [lowest, highest], got {len(pair)} numbers")
    lowest, highest = (expect_count(degree, f"{place}[{i}]") for i, degree in enumerate(pair))
    if lowest > highest:
        raise StatementError(f"{place}: expected [lowest, highest], got [{lowest}, {highest}]")
    return lowest, highest


def expect_text(value: object, place: str) -> str:
    """An expression: text, or a JSON number, whose decimals are read as they are written."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value)
    raise StatementError(f"{place}: expected an expression in quotes, got {show(value)}")


def expect_number(value: object, place: str) -> Fraction:
    """A rational number: text such as "1/3", or a JSON number, whose decimals are read as they are written."""
    text = expect_text(value, place)
    try:
        return Polynomial.parse(text, ()).coefficient(())
    except ValueError:
        raise StatementError(f"{place}: expected a number such as 1/3 or 0.25, got {text!r:.40}") from None


def at(place: str, read: Callable[..., Value], *arguments: Any, **options: Any) -> Value:
    """What `read` returns; its errors get the place before them.

    >>> at("degree", int, "x")
    Traceback (most recent call last):
        ...
    nsos_jax.programs.reading.fields.StatementError: degree: invalid literal for int() with base 10: 'x'
    """
    try:
        return read(*arguments, **options)
    except StatementError:
        raise
    except ValueError as error:
        message = str(error)
        for known in (place, place.rsplit(".", 1)[-1]):  # programs begin their messages with the name
            message = message.removeprefix(f"{known}: ")
        raise StatementError(f"{place}: {message}") from None
