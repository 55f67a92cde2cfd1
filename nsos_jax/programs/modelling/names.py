"""Names of indeterminates, and the indeterminates themselves."""

from collections.abc import Iterable

from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.modelling.arguments import variable_names


def variables(names: str | Iterable[str]) -> tuple[Polynomial, ...]:
    """The indeterminates with these names, as polynomials; a tuple also for a single name.

    >>> x, y = variables("x y")
    >>> print((x - 2 * y) ** 2)
    x^2 - 4*x*y + 4*y^2
    """
    return tuple(Polynomial.parse(name) for name in variable_names(names))
