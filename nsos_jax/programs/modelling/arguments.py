"""What people hand to `SosProgram`, checked: names, degrees, choices, the multipliers of a set."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from numbers import Integral
from typing import Any, TypeVar

from nsos_jax.polynomials import MAX_EXPONENT, Polynomial

MOST_CHARACTERS = 100
"""Of a name, as in certificates."""
MOST_PRODUCTS = 10_000
"""Of inequalities that a constraint has multipliers for."""

Choice = TypeVar("Choice", bound=str)


def variable_names(variables: str | Iterable[str | Polynomial], where: str = "variables") -> tuple[str, ...]:
    """Distinct identifiers, from a text or a list; ValueError and TypeError name `where`."""
    wanted = "wanted names such as 'x y' or ['x', 'y']"
    if isinstance(variables, str):
        variables = variables.replace(",", " ").split()
    elif isinstance(variables, Polynomial) or not isinstance(variables, Iterable):
        raise TypeError(f"{where}: got {variables!r:.60}, {wanted}")
    names = [str(name) for name in variables]
    for name in names:
        if not name.isidentifier() or len(name) > MOST_CHARACTERS:
            raise ValueError(f"{where}: got {name!r:.60}, {wanted}")
    if len(set(names)) < len(names):
        raise ValueError(f"{where}: got {names}, wanted distinct names")
    return tuple(names)


def exact_number(value: Any, where: str = "value") -> Fraction:
    """A number, or decimals or a fraction in text; floats by their binary value.

    Raises:
      ValueError: it is none; names `where`.

    >>> exact_number("0.1"), exact_number(0.5)
    (Fraction(1, 10), Fraction(1, 2))
    """
    try:
        if isinstance(value, str):
            return Fraction(value)
        return sum(Polynomial.constant(value).coefficients, Fraction(0))
    except (ValueError, TypeError, ZeroDivisionError):
        raise ValueError(f"{where}: got {value!r:.60}, wanted a finite number, as 1, 0.1 or '1/10'") from None


def interval(ends: Any, where: str) -> tuple[Fraction, Fraction]:
    """(lower, upper), exactly.

    Raises:
      TypeError, ValueError: it is no pair of numbers; names `where`.
    """
    if isinstance(ends, str | Mapping) or not isinstance(ends, Iterable) or len(pair := list(ends)) != 2:
        raise TypeError(f"{where}: got {ends!r:.60}, wanted a pair (lower, upper)")
    return exact_number(pair[0], where), exact_number(pair[1], where)


def whole_number(value: Any, where: str, least: int = 0) -> int:
    """An integer from a least one on, up to the largest degree.

    Raises:
      TypeError, ValueError: it is none; names `where`.
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{where}: got {value!r:.60}, wanted an integer of at least {least}")
    if value < least:
        raise ValueError(f"{where}: got {value}, wanted an integer of at least {least}")
    if (whole := int(value)) > MAX_EXPONENT:
        raise ValueError(f"{where}: got {whole}, wanted an integer of at most {MAX_EXPONENT}")
    return whole


def constraint_name(name: Any, others: Collection[str]) -> str:
    """A name that a certificate can hold, and that no other constraint has.

    >>> constraint_name("decrease", ["decrease"])
    Traceback (most recent call last):
        ...
    ValueError: name: a constraint is called 'decrease' already: choose another
    """
    if not isinstance(name, str) or not 0 < len(name) <= MOST_CHARACTERS or not name.isprintable():
        raise ValueError(f"name: got {name!r:.60}, wanted 1 to {MOST_CHARACTERS} printable characters")
    if name in others:
        raise ValueError(f"name: a constraint is called {name!r} already: choose another")
    return name


def unused_name(name: str, others: Collection[str]) -> str:
    """The name, with primes where others have it."""
    while name in others:
        name += "'"
    return name


def degree_range(degree: Any, name: str) -> tuple[int, int]:
    """(lowest, highest), from such a pair or the highest one alone."""
    pair = degree if isinstance(degree, tuple | list) else (0, degree)
    if len(pair) != 2 or not all(_is_count(one) for one in pair) or pair[0] > pair[1]:
        raise ValueError(f"{name}: got the degree {degree!r:.60}, wanted 4 or (2, 4) for instance")
    return int(pair[0]), int(pair[1])


def even_degree(degree: Any, name: str) -> int:
    """Of a sum of squares."""
    if not _is_count(degree) or degree % 2:
        raise ValueError(f"{name}: got the degree {degree!r:.60}, a sum of squares has an even one")
    return int(degree)


def chosen(value: Choice, choices: Sequence[Choice], where: str) -> Choice:
    """One of several words."""
    if value not in choices:
        raise ValueError(f"{where}: got {value!r}, wanted one of {', '.join(choices)}")
    return value


def degree_limit(data: Iterable[int], target: int, order: int | None, degree: int | None, name: str) -> int:
    """Of all products in a certificate on a set.

    Args:
      data: degrees of the target and of the polynomials of the set.
      target: that of the target.
      order, degree: what was asked for, twice the order or the degree itself; without both the least even number that
        fits the data.
      name: of the constraint, for messages.
    """
    if order is not None and degree is not None:
        raise ValueError(f"{name}: give order or degree, not both")
    for key, value, factor in (("order", order, 2), ("degree", degree, 1)):
        if value is None:
            continue
        if not _is_count(value):
            raise ValueError(f"{name}: got {key}={value!r:.40}, wanted an integer of at least 0")
        if factor * value < target:
            least = -(-target // factor)
            raise ValueError(
                f"{name}: {key}={value} is too small for a polynomial of degree {target}: {key}={least} or more"
            )
        return factor * int(value)
    return max(2 * -(-max(data) // 2), 0)


def fitting_products(degrees: Sequence[int], limit: int, products: bool, name: str) -> tuple[tuple[int, ...], ...]:
    """Index lists of inequalities, or of all products of different ones, whose degree is within the limit.

    Zero polynomials, of degree -1, are left out: nothing is gained by multiples of them.

    >>> fitting_products([1, -1, 2], 3, True, "example")
    ((0,), (2,), (0, 2))
    """
    found: list[tuple[tuple[int, ...], int]] = [((), 0)]
    for index, degree in enumerate(degrees):
        if degree < 0:
            continue
        bases = found if products else found[:1]
        found += [((*indices, index), total + degree) for indices, total in bases if total + degree <= limit]
        if len(found) > MOST_PRODUCTS:
            wanted = "lower the degree, or choose products=False"
            raise ValueError(f"{name}: more than {MOST_PRODUCTS} products of inequalities: {wanted}")
    return tuple(sorted((indices for indices, _ in found[1:]), key=lambda indices: (len(indices), indices)))


def _is_count(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= 0
