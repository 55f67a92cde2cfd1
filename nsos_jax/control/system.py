"""Dynamical systems with polynomial or rational right-hand sides, traced exactly from ordinary functions."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from nsos_jax.control.jax_functions import REMEDY, traced_by_jax
from nsos_jax.control.rational import NotPolynomial, RationalFunction
from nsos_jax.control.trigonometry import Angle, cosine_name, sine_name
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import AffinePolynomial, SemialgebraicSet

Time = Literal["continuous", "discrete"]
Function = Callable[..., Any]


@dataclass(frozen=True)
class Mode:
    """One right-hand side: x' = numerators / denominator, or x+ for discrete time.

    Attributes:
      numerators: one polynomial per state.
      denominator: common to all, positive where the system is looked at; 1 for polynomial dynamics.
    """

    numerators: tuple[Polynomial, ...]
    denominator: Polynomial


@dataclass(frozen=True, init=False, eq=False)
class System:
    """x' = f(x, u, p) or x+ = f(x, u, p) with exact rational f.

    The function is called once with one exact variable for each state, input and parameter, in this order, and returns
    one value for each state. The same function may be called with numbers and arrays for simulation.

    Attributes:
      states: the names of the states; an angle th has become sin_th and cos_th.
      inputs, parameters: names of what else the right-hand side depends on.
      time: "continuous" or "discrete".
      modes: one or more right-hand sides; with several the system may switch between them at any time.
      uncertain: where inputs and parameters range.
      ideal: polynomials that vanish on all trajectories, such as sin_th^2 + cos_th^2 - 1.

    >>> reverse_van_der_pol = System(lambda x1, x2: (-x2, x1 + (x1**2 - 1) * x2), states="x1 x2")
    >>> print(reverse_van_der_pol.modes[0].numerators[1])
    x1^2*x2 + x1 - x2
    """

    states: tuple[str, ...]
    inputs: tuple[str, ...]
    parameters: tuple[str, ...]
    time: Time
    modes: tuple[Mode, ...]
    uncertain: SemialgebraicSet
    ideal: tuple[Polynomial, ...]

    def __init__(
        self,
        f: Function | Sequence[Function],
        states: str | Iterable[str],
        *,
        inputs: str | Iterable[str] = (),
        parameters: str | Iterable[str] | Mapping[str, tuple[Any, Any]] = (),
        angles: str | Iterable[str] = (),
        uncertain: SemialgebraicSet | None = None,
        time: Time = "continuous",
    ) -> None:
        """Traces the right-hand side.

        Args:
          f: a function of states, inputs and parameters, or several, one for each mode.
          states, inputs: names, as "x1 x2" or a list.
          parameters: names, or {name: (lower, upper)} for a box.
          angles: states that only occur in `control.sin` and `control.cos`.
          uncertain: a set for inputs and parameters besides the boxes.
          time: "continuous" or "discrete".

        Raises:
          NotPolynomial: the function does what no rational function does.
          ValueError: names or numbers of values do not fit.
        """
        names, turning = _names(states, "states"), _names(angles, "angles")
        given, held = _names(inputs, "inputs"), _names(parameters, "parameters")
        every = (*names, *given, *held)
        if len(set(every)) < len(every):
            raise ValueError(f"states, inputs and parameters: got {every}, wanted distinct names")
        if time not in ("continuous", "discrete"):
            raise ValueError(f"time: got {time!r}, wanted 'continuous' or 'discrete'")
        for angle in turning:
            if angle not in names:
                raise ValueError(f"angles: got {angle!r}, wanted some of the states {names}")
        if turning and time == "discrete":
            raise ValueError("angles: of discrete time, write the map of the sine and the cosine yourself")
        arguments = [
            Angle({name: 1}) if name in turning else RationalFunction(Polynomial.parse(name)) for name in every
        ]
        functions = list(f) if isinstance(f, Sequence) else [f]
        traced = [_traced(function, arguments, len(names), index) for index, function in enumerate(functions)]
        final: list[str] = []
        for name in names:
            final += [sine_name(name), cosine_name(name)] if name in turning else [name]
        modes = tuple(_mode(values, names, turning) for values in traced)
        box = SemialgebraicSet.box(parameters) if isinstance(parameters, Mapping) else SemialgebraicSet()
        circles = [
            Polynomial.parse(sine_name(angle)) ** 2 + Polynomial.parse(cosine_name(angle)) ** 2 - 1 for angle in turning
        ]
        fields = {
            "states": tuple(final),
            "inputs": given,
            "parameters": held,
            "time": time,
            "modes": modes,
            "uncertain": box if uncertain is None else box & uncertain,
            "ideal": tuple(circles),
        }
        for field, value in fields.items():
            object.__setattr__(self, field, value)
        self._check_names()

    def _check_names(self) -> None:
        known = set(self.variables)
        for mode in self.modes:
            for polynomial in (*mode.numerators, mode.denominator):
                used = zip(polynomial.variables, polynomial.exponents.any(axis=0).tolist(), strict=True)
                strange = [name for name, occurs in used if occurs and name not in known]
                if strange:
                    what = f"the dynamics depend on {', '.join(strange)}"
                    raise NotPolynomial(f"{what}: an angle may only occur in control.sin and control.cos")

    @property
    def variables(self) -> tuple[str, ...]:
        """States, inputs and parameters."""
        return (*self.states, *self.inputs, *self.parameters)

    @property
    def is_polynomial(self) -> bool:
        """Whether all denominators are 1."""
        return all(mode.denominator == 1 for mode in self.modes)

    def decrease(self, function: "Polynomial | AffinePolynomial", mode: int = 0) -> Any:
        """What is positive where the function decreases: -grad V . numerators, or V - V(f(x)) for discrete time.

        Of rational dynamics in continuous time it is the rate of decrease times the denominator.
        """
        chosen = self.modes[mode]
        if self.time == "discrete":
            if chosen.denominator != 1:
                raise ValueError("discrete time needs polynomial dynamics")
            images = dict(zip(self.states, chosen.numerators, strict=True))
            return function - _substituted(function, images)
        total: Any = Polynomial.constant(0)
        for name, numerator in zip(self.states, chosen.numerators, strict=True):
            total = total - _derivative(function, name) * numerator
        return total

    def is_equilibrium(self, point: Mapping[str, Any]) -> bool:
        """Whether a point of the states rests in all modes, for all inputs and parameters: exactly."""
        values = {name: point[name] for name in self.states}
        for mode in self.modes:
            for name, numerator in zip(self.states, mode.numerators, strict=True):
                still = Polynomial.constant(0) if self.time == "continuous" else values[name] * mode.denominator
                if not _substituted(numerator - still, values).is_zero:
                    return False
        return all(_substituted(polynomial, values).is_zero for polynomial in self.ideal)

    def shift(self, point: Mapping[str, Any]) -> "System":
        """The system in the coordinates x - point, of the same names."""
        images = {name: Polynomial.parse(name) + point.get(name, 0) for name in self.states}
        offsets = [point.get(name, 0) if self.time == "discrete" else 0 for name in self.states]
        modes = []
        for mode in self.modes:
            denominator = _substituted(mode.denominator, images)
            moved = [_substituted(numerator, images) for numerator in mode.numerators]
            numerators = [part - offset * denominator for part, offset in zip(moved, offsets, strict=True)]
            modes.append(Mode(tuple(numerators), denominator))
        ideal = tuple(_substituted(polynomial, images) for polynomial in self.ideal)
        return self._with(modes=tuple(modes), ideal=ideal)

    def _with(self, **changes: Any) -> "System":
        other = object.__new__(System)
        for name in self.__dataclass_fields__:
            object.__setattr__(other, name, changes.get(name, getattr(self, name)))
        return other

    def linearize(self, point: Mapping[str, Any] | None = None, mode: int = 0) -> list[list[Fraction]]:
        """The exact Jacobian [states, states] by the states, at a point where it does not depend on what else there is.

        Raises:
          ValueError: it depends on inputs or parameters.
        """
        values = {name: (point or {}).get(name, 0) for name in self.states}
        chosen = self.modes[mode]
        bottom = _constant(_substituted(chosen.denominator, values))
        matrix = []
        for numerator in chosen.numerators:
            row = []
            for name in self.states:
                slope = _derivative(numerator, name) * chosen.denominator - numerator * _derivative(
                    chosen.denominator, name
                )
                row.append(_constant(_substituted(slope, values)) / bottom**2)
            matrix.append(row)
        return matrix

    @staticmethod
    def from_text(dynamics: Sequence[str], states: str | Iterable[str], **options: Any) -> "System":
        """From one written polynomial per state."""
        polynomials = [Polynomial.parse(text) for text in dynamics]
        return System(lambda *_: polynomials, states, **options)

    @staticmethod
    def from_sympy(expressions: Sequence[Any], states: Sequence[Any], **options: Any) -> "System":
        """From SymPy expressions, rational in the symbols."""
        import sympy

        pairs = [sympy.fraction(sympy.together(expression)) for expression in expressions]
        values = [RationalFunction(Polynomial.from_sympy(top), Polynomial.from_sympy(bottom)) for top, bottom in pairs]
        return System(lambda *_: values, [str(state) for state in states], **options)

    @staticmethod
    def from_state_space(system: Any, states: str | Iterable[str] | None = None) -> "System":
        """From an object with matrices A and B (and `dt`), such as python-control's StateSpace; floats are exact."""
        a, b = np.asarray(system.A), np.asarray(system.B)
        names = [f"x{i + 1}" for i in range(len(a))] if states is None else _names(states, "states")
        inputs = [f"u{j + 1}" for j in range(b.shape[1])]

        def f(*values: Any) -> list[Any]:
            x, u = values[: len(a)], values[len(a) :]
            rows = zip(a.tolist(), b.tolist(), strict=True)
            return [
                sum((number * value for number, value in zip((*left, *right), (*x, *u), strict=True)), 0)
                for left, right in rows
            ]

        time: Time = "discrete" if getattr(system, "dt", None) else "continuous"
        return System(f, names, inputs=inputs, time=time)


def _names(given: Any, where: str) -> tuple[str, ...]:
    names = tuple(given.replace(",", " ").split() if isinstance(given, str) else map(str, given))
    for name in names:
        if not name.isidentifier():
            raise ValueError(f"{where}: got {name!r}, wanted names such as 'x1 x2'")
    return names


def _traced(function: Function, arguments: Sequence[Any], count: int, index: int) -> list[RationalFunction]:
    """What the function returns for exact variables."""
    where = f"f[{index}]"
    try:
        returned = function(*arguments)
    except NotPolynomial:
        raise
    except TypeError as error:  # perhaps of JAX, which takes numbers and arrays only
        returned = traced_by_jax(function, arguments) if "jax" in sys.modules else None
        if returned is None:
            raise NotPolynomial(f"{where}: {error}; {REMEDY}") from error
    if isinstance(returned, RationalFunction | Polynomial) or np.ndim(returned) == 0:
        returned = [returned]
    values = [RationalFunction.of(value) for value in returned]
    if len(values) != count:
        raise ValueError(f"{where}: returned {len(values)} values, wanted one for each of the {count} states")
    for value, given in zip(values, returned, strict=True):
        if value is None:
            raise NotPolynomial(f"{where}: returned {type(given).__name__}, wanted rational functions")
    return values  # type: ignore[return-value]


def _mode(values: Sequence[RationalFunction], names: Sequence[str], angles: Sequence[str]) -> Mode:
    """Over a common denominator, with the derivatives of sines and cosines in the place of those of angles."""
    final: list[RationalFunction] = []
    for name, value in zip(names, values, strict=True):
        if name in angles:
            s, c = Polynomial.parse(sine_name(name)), Polynomial.parse(cosine_name(name))
            final += [value * c, value * -s]
        else:
            final.append(value)
    bottoms: list[Polynomial] = []
    for value in final:
        if value.denominator not in bottoms and value.denominator != 1:
            bottoms.append(value.denominator)
    common = Polynomial.constant(1)
    for bottom in bottoms:
        common = common * bottom
    numerators = []
    for value in final:
        rest = Polynomial.constant(1)
        for bottom in bottoms:
            if bottom != value.denominator:
                rest = rest * bottom
        numerators.append(value.numerator * rest)
    return Mode(tuple(numerators), common)


def _derivative(polynomial: Any, name: str) -> Any:
    if isinstance(polynomial, Polynomial) and name not in polynomial.variables:
        return Polynomial.constant(0)
    return polynomial.derivative(name)


def _substituted(polynomial: Any, values: Mapping[str, Any]) -> Any:
    return polynomial.substitute({name: value for name, value in values.items() if name in polynomial.variables})


def _constant(polynomial: Polynomial) -> Fraction:
    if polynomial.degree > 0:
        raise ValueError(f"the linearisation depends on inputs or parameters: got {polynomial}")
    return sum(polynomial.coefficients, Fraction(0))
