"""Semialgebraic sets: where finitely many polynomials are nonnegative and others vanish."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nsos_jax.polynomials import LATEX, Polynomial
from nsos_jax.programs.modelling.arguments import exact_number, interval, variable_names


@dataclass(frozen=True)
class SemialgebraicSet:
    """{x : g(x) >= 0 for all inequalities g, h(x) = 0 for all equalities h}.

    >>> x, y = Polynomial.parse("x"), Polynomial.parse("y")
    >>> disc_on_diagonal = SemialgebraicSet([1 - x**2 - y**2], [x - y])
    >>> disc_on_diagonal.variables
    ('x', 'y')
    """

    inequalities: tuple[Polynomial, ...] = ()
    equalities: tuple[Polynomial, ...] = ()

    def __init__(self, inequalities: Iterable[Polynomial] = (), equalities: Iterable[Polynomial] = ()) -> None:
        for name, given in (("inequalities", inequalities), ("equalities", equalities)):
            if isinstance(given, Polynomial):
                raise TypeError(f"{name}: got one polynomial, wanted a list of them: put it in brackets")
            if not isinstance(given, Iterable):
                raise TypeError(f"{name}: got {given!r:.60}, wanted a list of polynomials")
            polynomials = tuple(given)
            for index, polynomial in enumerate(polynomials):
                if not isinstance(polynomial, Polynomial):
                    what = type(polynomial).__name__
                    raise TypeError(f"{name}[{index}]: got {what}, wanted a Polynomial without unknowns")
            object.__setattr__(self, name, polynomials)

    @property
    def variables(self) -> tuple[str, ...]:
        """Of all its polynomials, in the order in which they appear."""
        polynomials = self.inequalities + self.equalities
        return tuple(dict.fromkeys(name for polynomial in polynomials for name in polynomial.variables))

    def _repr_latex_(self) -> str:
        """What notebooks show; long polynomials are shortened."""
        signs = [(g, r"\ge") for g in self.inequalities] + [(h, "=") for h in self.equalities]
        conditions = [f"{LATEX.sum(p.written_terms(), p.num_terms)} {sign} 0" for p, sign in signs]
        inside = r",\; ".join(conditions) or r"\text{no condition}"
        return rf"$\displaystyle \{{\, {inside} \,\}}$"

    def __and__(self, other: "SemialgebraicSet") -> "SemialgebraicSet":
        """The intersection."""
        other = expect_set(other, "the other set")
        return SemialgebraicSet(self.inequalities + other.inequalities, self.equalities + other.equalities)

    def contains(self, point: Mapping[str, Any]) -> bool:
        """Whether a rational point, given by name, lies in the set: exactly.

        Raises:
          TypeError, ValueError: it is no mapping, or does not name all variables.
        """
        if not isinstance(point, Mapping):
            raise TypeError(f"point: got {type(point).__name__}, wanted {{'x': number, ...}}")
        for name in self.variables:
            if name not in point:
                raise ValueError(
                    f"point: got no number for {name!r}, wanted one for each of {', '.join(self.variables)}"
                )
        return all(
            polynomial.evaluate({name: point[name] for name in polynomial.variables}) >= 0
            for polynomial in self.inequalities
        ) and all(
            polynomial.evaluate({name: point[name] for name in polynomial.variables}) == 0
            for polynomial in self.equalities
        )

    @staticmethod
    def ball(
        names: str | Iterable[str | Polynomial], radius: Any, center: Mapping[str, Any] | None = None
    ) -> "SemialgebraicSet":
        """radius^2 - |x - center|^2 >= 0; a center of {variable: number}, 0 by default.

        >>> SemialgebraicSet.ball("x y", 2, {"x": 1}).contains({"x": 3, "y": 0})
        True
        """
        names, center = variable_names(names, "names"), {} if center is None else center
        if not isinstance(center, Mapping):
            raise TypeError(f"center: got {type(center).__name__}, wanted {{'x': number, ...}}")
        length = exact_number(radius, "radius")
        if length <= 0:
            raise ValueError(f"radius: got {radius}, wanted a positive number")
        for name in center.keys() - set(names):
            raise ValueError(f"center: got the variable {name!r}, wanted some of {', '.join(names)}")
        middle = {name: exact_number(value, f"center[{name!r}]") for name, value in center.items()}
        squares = [(Polynomial.parse(name) - middle.get(name, 0)) ** 2 for name in names]
        return SemialgebraicSet([length**2 - Polynomial.sum(squares)])

    @staticmethod
    def box(bounds: Mapping[str, tuple[Any, Any]]) -> "SemialgebraicSet":
        """(x - lower) (upper - x) >= 0 for each {variable: (lower, upper)}.

        >>> SemialgebraicSet.box({"x": (-1, 1), "y": (0, 2)}).contains({"x": 0, "y": 3})
        False
        """
        if not isinstance(bounds, Mapping):
            raise TypeError(f"bounds: got {type(bounds).__name__}, wanted {{'x': (lower, upper), ...}}")
        names = variable_names(bounds, "bounds")
        factors = []
        for name, ends in zip(names, bounds.values(), strict=True):
            lower, upper = interval(ends, f"bounds[{name!r}]")
            if not upper > lower:
                raise ValueError(f"bounds[{name!r}]: got ({lower}, {upper}), wanted a lower and a larger upper bound")
            factors.append((Polynomial.parse(name), lower, upper))
        return SemialgebraicSet([(x - lower) * (upper - x) for x, lower, upper in factors])

    @staticmethod
    def sublevel(polynomial: Polynomial, level: Any) -> "SemialgebraicSet":
        """{x : polynomial(x) <= level}."""
        if not isinstance(polynomial, Polynomial):
            raise TypeError(f"polynomial: got {type(polynomial).__name__}, wanted a Polynomial")
        return SemialgebraicSet([exact_number(level, "level") - polynomial])


def expect_set(value: Any, where: str) -> SemialgebraicSet:
    """The value, if it is a set.

    Raises:
      TypeError: it is something else; names `where`.
    """
    if not isinstance(value, SemialgebraicSet):
        wanted = "wanted a SemialgebraicSet, as SemialgebraicSet([1 - x**2]) for 1 - x^2 >= 0"
        raise TypeError(f"{where}: got {type(value).__name__}, {wanted}")
    return value
