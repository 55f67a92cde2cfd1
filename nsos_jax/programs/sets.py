"""Semialgebraic sets: where finitely many polynomials are nonnegative and others vanish."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nsos_jax.polynomials import LATEX, Polynomial
from nsos_jax.programs.names import variable_names

MOST_SHOWN = 100
"""Characters of the conditions in a `repr`."""


@dataclass(frozen=True, repr=False)
class SemialgebraicSet:
    """{x : g(x) >= 0 for all inequalities g, h(x) = 0 for all equalities h}.

    >>> x, y = Polynomial.parse("x"), Polynomial.parse("y")
    >>> disc_on_diagonal = SemialgebraicSet([1 - x**2 - y**2], [x - y])
    >>> disc_on_diagonal.variables
    ('x', 'y')
    >>> disc_on_diagonal
    <SemialgebraicSet: -x^2 - y^2 + 1 >= 0, x - y = 0>
    """

    inequalities: tuple[Polynomial, ...] = ()
    equalities: tuple[Polynomial, ...] = ()

    def __init__(self, inequalities: Iterable[Polynomial] = (), equalities: Iterable[Polynomial] = ()) -> None:
        for name, given in (("inequalities", inequalities), ("equalities", equalities)):
            if isinstance(given, Polynomial):
                raise TypeError(f"{name}: got one polynomial, wanted a list of them: put it in brackets")
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

    def __repr__(self) -> str:
        signs = [(g, ">=") for g in self.inequalities] + [(h, "=") for h in self.equalities]
        text = ", ".join(f"{p} {sign} 0" for p, sign in signs if p.num_terms <= MOST_SHOWN)
        if len(text) > MOST_SHOWN or any(p.num_terms > MOST_SHOWN for p, _ in signs):
            text = f"{len(self.inequalities)} inequalities, {len(self.equalities)} equalities"
        return f"<SemialgebraicSet: {text or 'no condition'}>"

    def _repr_latex_(self) -> str:
        """What notebooks show; long polynomials are shortened."""
        signs = [(g, r"\ge") for g in self.inequalities] + [(h, "=") for h in self.equalities]
        conditions = [f"{LATEX.sum(p.written_terms(), p.num_terms)} {sign} 0" for p, sign in signs]
        inside = r",\; ".join(conditions) or r"\text{no condition}"
        return rf"$\displaystyle \{{\, {inside} \,\}}$"

    def __and__(self, other: "SemialgebraicSet") -> "SemialgebraicSet":
        """The intersection."""
        return SemialgebraicSet(self.inequalities + other.inequalities, self.equalities + other.equalities)

    def contains(self, point: Mapping[str, Any]) -> bool:
        """Whether a rational point, given by name, lies in the set: exactly."""
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
        names, center = variable_names(names), center or {}
        if not isinstance(center, Mapping):
            raise TypeError(f"center: got {type(center).__name__}, wanted {{'x': number, ...}}")
        if not Polynomial.constant(radius).evaluate({}) > 0:
            raise ValueError(f"radius: got {radius}, wanted a positive number")
        for name in center.keys() - set(names):
            raise ValueError(f"center: got the variable {name!r}, wanted some of {', '.join(names)}")
        squares = [(Polynomial.parse(name) - center.get(name, 0)) ** 2 for name in names]
        return SemialgebraicSet([Polynomial.constant(radius) ** 2 - Polynomial.sum(squares)])

    @staticmethod
    def box(bounds: Mapping[str, tuple[Any, Any]]) -> "SemialgebraicSet":
        """(x - lower) (upper - x) >= 0 for each {variable: (lower, upper)}.

        >>> SemialgebraicSet.box({"x": (-1, 1), "y": (0, 2)}).contains({"x": 0, "y": 3})
        False
        """
        if not isinstance(bounds, Mapping):
            raise TypeError(f"bounds: got {type(bounds).__name__}, wanted {{'x': (lower, upper), ...}}")
        for name, (lower, upper) in bounds.items():
            if not Polynomial.constant(upper).evaluate({}) > Polynomial.constant(lower).evaluate({}):
                raise ValueError(f"bounds[{name!r}]: got ({lower}, {upper}), wanted a lower and a larger upper bound")
        factors = [(Polynomial.parse(name), bound) for name, bound in bounds.items()]
        return SemialgebraicSet([(x - lower) * (upper - x) for x, (lower, upper) in factors])

    @staticmethod
    def sublevel(polynomial: Polynomial, level: Any) -> "SemialgebraicSet":
        """{x : polynomial(x) <= level}."""
        return SemialgebraicSet([level - polynomial])
