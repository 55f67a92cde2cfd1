"""Names of indeterminates, and the indeterminates themselves."""

from collections.abc import Iterable

from nsos_jax.polynomials import Polynomial

MOST_CHARACTERS = 100
"""Of a name, as in certificates."""


def variables(names: str | Iterable[str]) -> tuple[Polynomial, ...]:
    """The indeterminates with these names, as polynomials; a tuple also for a single name.

    >>> x, y = variables("x y")
    >>> print((x - 2 * y) ** 2)
    x^2 - 4*x*y + 4*y^2
    """
    return tuple(Polynomial.parse(name) for name in variable_names(names))


def variable_names(variables: str | Iterable[str | Polynomial]) -> tuple[str, ...]:
    """Distinct names, from text such as "x y", from names, or from indeterminates."""
    given = variables.replace(",", " ").split() if isinstance(variables, str) else list(variables)
    names = [str(name) for name in given]
    for name in names:
        if not name.isidentifier() or len(name) > MOST_CHARACTERS:
            raise ValueError(f"variables: got {name!r:.60}, wanted names such as 'x y' or ['x', 'y']")
    if len(set(names)) < len(names):
        raise ValueError(f"variables: got {names}, wanted distinct names")
    return tuple(names)
