"""Dynamical systems with polynomial or rational right-hand sides, traced exactly from ordinary functions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from nsos_jax.control.dynamics.calculus import derivative, occurring, substituted
from nsos_jax.control.dynamics.rational import NotPolynomial, RationalFunction
from nsos_jax.control.dynamics.showing import system_text
from nsos_jax.control.dynamics.stability import Stability, linear_stability, restricted
from nsos_jax.control.dynamics.tracing import Function, Mode, expression, mode_of, names_of, traced
from nsos_jax.control.dynamics.trigonometry import Angle, cosine_name, sine_name
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import AffinePolynomial, SemialgebraicSet, exact_number, expect_set, interval

Time = Literal["continuous", "discrete"]


@dataclass(frozen=True, init=False, eq=False, repr=False)
class System:
    """x' = f(x, u, p) or x+ = f(x, u, p) with exact rational f.

    The function is called once with one exact variable for each state, input and parameter, in this order, and returns
    one value for each state. The same function may be called with numbers and arrays for simulation.

    Attributes:
      states: the names of the states; an angle th has become sin_th and cos_th.
      angles: the names of those angles.
      inputs, parameters: names of what else the right-hand side depends on.
      time: "continuous" or "discrete".
      modes: one or more right-hand sides; with several the system may switch between them at any time.
      uncertain: where inputs and parameters range.
      boxes: of the parameters that have one, (lower, upper) by name.
      ideal: polynomials that vanish on all trajectories, such as sin_th^2 + cos_th^2 - 1.

    >>> reverse_van_der_pol = System(lambda x1, x2: (-x2, x1 + (x1**2 - 1) * x2), states="x1 x2")
    >>> reverse_van_der_pol
    <System: x1' = -x2, x2' = x1^2*x2 + x1 - x2>
    """

    states: tuple[str, ...]
    angles: tuple[str, ...]
    inputs: tuple[str, ...]
    parameters: tuple[str, ...]
    time: Time
    modes: tuple[Mode, ...]
    uncertain: SemialgebraicSet
    boxes: dict[str, tuple[Fraction, Fraction]]
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
        names, turning = names_of(states, "states"), names_of(angles, "angles")
        given, held = names_of(inputs, "inputs"), names_of(parameters, "parameters")
        every = (*names, *given, *held)
        if not names:
            raise ValueError("states: got none, wanted one or more names")
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
        functions = list(f) if isinstance(f, Sequence) and not isinstance(f, str) else [f]
        returned = [traced(function, arguments, len(names), index) for index, function in enumerate(functions)]
        final: list[str] = []
        for name in names:
            final += [sine_name(name), cosine_name(name)] if name in turning else [name]
        modes = tuple(mode_of(values, names, turning) for values in returned)
        boxes = parameters if isinstance(parameters, Mapping) else {}
        ends = {str(name): interval(pair, f"parameters[{str(name)!r}]") for name, pair in boxes.items()}
        for name, (low, high) in ends.items():
            if low > high:
                raise ValueError(f"parameters: {name}: got ({low}, {high}), wanted (lower, upper)")
        box = SemialgebraicSet.box(ends)
        circles = [
            Polynomial.parse(sine_name(angle)) ** 2 + Polynomial.parse(cosine_name(angle)) ** 2 - 1 for angle in turning
        ]
        fields = {
            "states": tuple(final),
            "angles": turning,
            "inputs": given,
            "parameters": held,
            "time": time,
            "modes": modes,
            "uncertain": box if uncertain is None else box & expect_set(uncertain, "uncertain"),
            "boxes": ends,
            "ideal": tuple(circles),
        }
        for field, value in fields.items():
            object.__setattr__(self, field, value)
        self._check_names()

    def __repr__(self) -> str:
        return system_text(self)

    def _check_names(self) -> None:
        known = set(self.variables)
        for name in self.uncertain.variables:
            if name not in (*self.inputs, *self.parameters):
                raise ValueError(f"uncertain: got {name!r}, wanted inputs and parameters only")
        for mode in self.modes:
            for polynomial in (*mode.numerators, mode.denominator):
                strange = [name for name in occurring(polynomial) if name not in known]
                if strange:
                    what = f"the dynamics depend on {', '.join(strange)}"
                    raise NotPolynomial(f"{what}: an angle may only occur in control.sin and control.cos")

    @property
    def variables(self) -> tuple[str, ...]:
        """States, inputs and parameters."""
        return (*self.states, *self.inputs, *self.parameters)

    @property
    def centre(self) -> dict[str, Fraction]:
        """Of the boxes of the parameters, by name."""
        return {name: (lower + upper) / 2 for name, (lower, upper) in self.boxes.items()}

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
            return function - substituted(function, images)
        total: Any = Polynomial.constant(0)
        for name, numerator in zip(self.states, chosen.numerators, strict=True):
            total = total - derivative(function, name) * numerator
        return total

    def point(self, given: Mapping[str, Any] | None = None) -> dict[str, Fraction]:
        """A point of all states, the origin where nothing is given; an angle is 0 there.

        >>> System(lambda th, w: (w, -w), states="th w", angles="th").point({"w": 1})
        {'sin_th': Fraction(0, 1), 'cos_th': Fraction(1, 1), 'w': Fraction(1, 1)}
        """
        values = dict(_mapping({} if given is None else given, "equilibrium"))
        for angle in self.angles:
            if values.pop(angle, 0) != 0:
                names = f"{sine_name(angle)} and {cosine_name(angle)}"
                raise ValueError(f"equilibrium: of the angle {angle}, give {names} instead of an angle that is not 0")
        for name in values:
            if name not in self.states:
                raise ValueError(f"equilibrium: got {name!r}, the states are {', '.join(self.states)}")
        ones = {cosine_name(angle) for angle in self.angles}
        return {
            name: exact_number(values.get(name, int(name in ones)), f"equilibrium[{name!r}]") for name in self.states
        }

    def check_equilibrium(self, point: Mapping[str, Fraction]) -> None:
        """Refuses, exactly, a point that does not rest in all modes for all inputs and parameters.

        Raises:
          ValueError: names the state that moves.
        """
        for index, mode in enumerate(self.modes):
            where = f" in mode {index}" if len(self.modes) > 1 else ""
            if substituted(mode.denominator, point).is_zero:
                raise ValueError(f"equilibrium: the denominator of the dynamics vanishes there{where}")
            for name, numerator in zip(self.states, mode.numerators, strict=True):
                still = 0 if self.time == "continuous" else point[name] * mode.denominator
                moves = substituted(numerator - still, point)
                if not moves.is_zero:
                    what = f"d{name}/dt" if self.time == "continuous" else f"the step of {name}"
                    over = "" if mode.denominator == 1 else f" / ({substituted(mode.denominator, point)})"
                    error = f"equilibrium: the point does not rest: {what} is {moves}{over} there{where}"
                    if any(occurring(moves)):
                        error += (
                            "; it has to for all inputs and parameters: others are for barriers, dissipation, gains"
                        )
                    raise ValueError(error)
        for polynomial in self.ideal:
            if not substituted(polynomial, point).is_zero:
                raise ValueError(f"equilibrium: {polynomial} = 0 does not hold there")

    def shift(self, point: Mapping[str, Any]) -> "System":
        """The system in the coordinates x - point, of the same names."""
        point = _mapping(point, "point")
        images = {name: Polynomial.parse(name) + point.get(name, 0) for name in self.states}
        offsets = [point.get(name, 0) if self.time == "discrete" else 0 for name in self.states]
        modes = []
        for mode in self.modes:
            denominator = substituted(mode.denominator, images)
            moved = [substituted(numerator, images) for numerator in mode.numerators]
            numerators = [part - offset * denominator for part, offset in zip(moved, offsets, strict=True)]
            modes.append(Mode(tuple(numerators), denominator))
        ideal = tuple(substituted(polynomial, images) for polynomial in self.ideal)
        return self._with(modes=tuple(modes), ideal=ideal)

    def without_inputs(self) -> "System":
        """The system with all inputs 0."""
        zeros = dict.fromkeys(self.inputs, 0)
        modes = [
            Mode(tuple(substituted(part, zeros) for part in mode.numerators), substituted(mode.denominator, zeros))
            for mode in self.modes
        ]
        return self._with(modes=tuple(modes))

    def at_each(self, points: Iterable[Mapping[str, Any]]) -> "System":
        """The modes at each of several values of all inputs and parameters, as modes of one system without them."""
        modes = [
            Mode(tuple(substituted(part, point) for part in mode.numerators), substituted(mode.denominator, point))
            for point in points
            for mode in self.modes
        ]
        return self._with(modes=tuple(modes), inputs=(), parameters=(), uncertain=SemialgebraicSet(), boxes={})

    def with_controller(self, controller: Mapping[str, Any]) -> "System":
        """The closed loop, where some inputs are polynomials, or texts of such, and no inputs any more.

        >>> plant = System(lambda x, u: (x + u,), states="x", inputs="u")
        >>> print(plant.with_controller({"u": -2 * Polynomial.parse("x")}).modes[0].numerators[0])
        -x
        """
        given = _mapping(controller, "controller")
        for name in given:
            if name not in self.inputs:
                raise ValueError(f"controller: got {name!r}, wanted some of the inputs {', '.join(self.inputs)}")
        laws = {name: expression(law, self.variables, f"controller[{name!r}]") for name, law in given.items()}
        modes = [
            Mode(tuple(substituted(part, laws) for part in mode.numerators), substituted(mode.denominator, laws))
            for mode in self.modes
        ]
        return self._with(modes=tuple(modes), inputs=tuple(name for name in self.inputs if name not in laws))

    def with_parameters(self, values: Mapping[str, Any]) -> "System":
        """The system with numbers, or polynomials that do not name its variables, in the place of some parameters.

        >>> spring = System(lambda x, v, k: (v, -k * x - v), states="x v", parameters="k")
        >>> print(spring.with_parameters({"k": 3}).modes[0].numerators[1])
        -3*x - v
        """
        for name in values:
            if name not in self.parameters or name in self.uncertain.variables:
                raise ValueError(f"values: got {name!r}, wanted parameters that no set or box is about")
        modes = [
            Mode(tuple(substituted(part, values) for part in mode.numerators), substituted(mode.denominator, values))
            for mode in self.modes
        ]
        left = tuple(name for name in self.parameters if name not in values)
        return self._with(modes=tuple(modes), parameters=left)

    def _with(self, **changes: Any) -> "System":
        other = object.__new__(System)
        for name in self.__dataclass_fields__:
            object.__setattr__(other, name, changes.get(name, getattr(self, name)))
        return other

    def linearize(self, point: Mapping[str, Any] | None = None, mode: int = 0) -> list[list[Fraction]]:
        """The exact Jacobian [states, states] by the states at a point, which may name inputs and parameters too.

        Raises:
          ValueError: it depends on inputs or parameters that the point does not name.
        """
        values = {**dict.fromkeys(self.states, 0), **_mapping(point or {}, "point")}
        chosen = self.modes[mode]
        bottom = _constant(substituted(chosen.denominator, values))
        matrix = []
        for numerator in chosen.numerators:
            row = []
            for name in self.states:
                slope = derivative(numerator, name) * chosen.denominator
                slope -= numerator * derivative(chosen.denominator, name)
                row.append(_constant(substituted(slope, values)) / bottom**2)
            matrix.append(row)
        return matrix

    def stability(self, point: Mapping[str, Any]) -> Stability | None:
        """Of the linearisation along the ideal at an equilibrium, at the centre of the boxes: the worst of the modes.

        None where it depends on inputs, on parameters without a box, or on parameters whose centre is not allowed.
        """
        normals = [
            [_constant(substituted(derivative(polynomial, name), point)) for name in self.states]
            for polynomial in self.ideal
        ]
        matrices = self._linearizations(point)
        if matrices is None and self.uncertain.contains({**dict.fromkeys(self.variables, Fraction(0)), **self.centre}):
            matrices = self._linearizations({**point, **self.centre})
        if matrices is None:
            return None
        found = {linear_stability(restricted(matrix, normals), self.time == "discrete") for matrix in matrices}
        return next(kind for kind in (Stability.UNSTABLE, Stability.CRITICAL, Stability.STABLE) if kind in found)

    def _linearizations(self, values: Mapping[str, Any]) -> list[list[list[Fraction]]] | None:
        """Of all modes, None where one depends on what is not named."""
        try:
            return [self.linearize(values, mode) for mode in range(len(self.modes))]
        except ValueError:
            return None

    @staticmethod
    def from_text(dynamics: Sequence[str], states: str | Iterable[str], **options: Any) -> "System":
        """From one written polynomial per state, as `["y", "-x - y^3"]`."""
        if isinstance(dynamics, str):
            raise TypeError(f"dynamics: got the text {dynamics!r:.60}, wanted a list, one text for each state")
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
        if not (hasattr(system, "A") and hasattr(system, "B")):
            raise TypeError(f"system: got {type(system).__name__}, wanted an object with matrices A and B")
        a, b = np.asarray(system.A), np.asarray(system.B)
        names = [f"x{i + 1}" for i in range(len(a))] if states is None else names_of(states, "states")
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


def _mapping(given: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise TypeError(f"{where}: got {type(given).__name__}, wanted {{name: value}}, as {{'x': 0}}")
    return given


def _constant(polynomial: Polynomial) -> Fraction:
    if polynomial.degree > 0:
        raise ValueError(f"the linearisation depends on inputs or parameters: got {polynomial}")
    return sum(polynomial.coefficients, Fraction(0))
