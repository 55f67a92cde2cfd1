"""Alternation between multipliers and V, in floating point, for regions of attraction as large as possible.

With V fixed the level is raised and the multiplier of {V <= level} found; with the multiplier fixed V is chosen so
that its values on the boundary of the region become small, on average, or a shape that fits becomes large. Nothing is
proven here: the V that are found are proven one by one afterwards, the last first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import numpy as np

from nsos_jax.control.dynamics import System
from nsos_jax.control.escapes import escape_point, value
from nsos_jax.control.identities import Demand, approximated, surroundings
from nsos_jax.control.lyapunov_search import candidate_monomials
from nsos_jax.control.margins import Halves, power_sum
from nsos_jax.control.points import LARGEST, directions, first_radii, values_at
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import AffinePolynomial, SolveOptions, SosProgram

RESERVE = 0.99
"""Of a level, what is kept for the next step to start from."""
BISECTIONS = 10
GAIN = 1.002
"""Factor by which the region has to grow in two steps for the alternation to go on."""
LARGER = 1.1
"""Factor of beta for the shape that V is fitted to."""
NEGLIGIBLE = 1e-7
"""Coefficients and means below it, relative to the largest, are taken for the rounding of zeros."""
SMALL = Fraction(1, 10**5)
"""Weights of phi1 and phi2, V having the level 1."""


@dataclass
class Alternation:
    """The search from one V.

    Attributes:
      system: in coordinates around its equilibrium, without inputs and parameters.
      degree: of V.
      decrease: the powers of phi2.
      shape: p, if {p <= beta} is to be large.
    """

    system: System
    degree: int
    decrease: Halves
    shape: Polynomial | None = None
    options: SolveOptions | None = None

    def run(self, function: Polynomial, iterations: int) -> Iterator[Polynomial]:
        """Ever better V with the level 1, in the eyes of a solver."""
        sizes: list[float] = []
        for _ in range(iterations):
            level, multipliers = self.levelled(function)
            if not multipliers:
                return
            function = shortened(function / level)
            sizes.append(self.size(function))
            if len(sizes) > 2 and sizes[-1] < GAIN * sizes[-3]:
                return
            yield function
            better = self.improved(function, multipliers)
            if better is None:
                return
            function = better

    def levelled(self, function: Polynomial) -> tuple[Fraction, list[Polynomial]]:
        """The largest level in the eyes of a solver, and the multipliers of each mode a little below it."""
        names, rays = self.system.states, directions(len(self.system.states))
        high = 2.0**10
        if self.system.ideal:
            escape = escape_point(self.system, function)
            high = high if escape is None else min(high, float(value(function, escape)))
        else:
            for mode in range(len(self.system.modes)):
                fall = self.system.decrease(function, mode)
                radii = first_radii(fall, names, rays, below=True)
                reached = np.isfinite(radii)
                if reached.any():
                    points = radii[reached, None] * rays[reached]
                    high = min(high, float(values_at(function, names, points).min()))
        best = 0.0
        low, level = 0.0, 0.999 * high
        for _ in range(BISECTIONS):
            if self.multipliers(function, Fraction(level)):
                best = low = level
            else:
                high = level
            if low > (1 - 1e-3) * high:
                break
            level = (low + high) / 2 if low else high / 2
        kept = Fraction(RESERVE * best)
        return (kept, self.multipliers(function, kept)) if best else (kept, [])

    def multipliers(self, function: Polynomial, level: Fraction) -> list[Polynomial]:
        """Sums of squares s with -dV/dt - phi2 - s (level - V) a sum of squares, one for each mode; or none."""

        def build(program: SosProgram) -> dict[str, Demand]:
            demands = {}
            for mode in range(len(self.system.modes)):
                fall = self.system.decrease(function, mode) - SMALL * level * power_sum(self.decrease)
                room = max(0, 2 * -(-max(fall.degree, self.degree) // 2) - self.degree) + 2
                s = program.sos_polynomial(f"s{mode}", basis=monomials_to(self.system.states, room // 2))
                demands[f"mode {mode}"] = Demand(fall - s * (level - function), surroundings(self.system))
            return demands

        values = approximated(self.system.variables, build, None, self.options)
        return [] if values is None else [shortened(values[f"s{mode}"], 9) for mode in range(len(self.system.modes))]

    def improved(self, function: Polynomial, multipliers: Sequence[Polynomial]) -> Polynomial | None:
        """V with these multipliers at the level 1 whose mean on the curve to be enclosed is smallest."""
        points = self.curve(function)

        def build(program: SosProgram) -> dict[str, Demand]:
            V = program.polynomial("V", monomials=candidate_monomials(self.system, self.degree))
            program.minimize(mean_value(V, self.system.states, points))
            lowest, highest = (power_sum(dict.fromkeys(self.system.states, half)) for half in (1, self.degree // 2))
            around = surroundings(self.system)
            demands = {"positive": Demand(V - SMALL * (lowest + highest), around)}
            for mode, s in enumerate(multipliers):
                fall = self.system.decrease(V, mode) - SMALL * power_sum(self.decrease)
                demands[f"mode {mode}"] = Demand(fall - s * (1 - V), around)
            return demands

        values = approximated(self.system.variables, build, None, self.options)
        return None if values is None else values["V"]

    def curve(self, function: Polynomial) -> np.ndarray:
        """Points on which V is to become small: the boundary of {V <= 1}, or that of a larger {p <= beta}."""
        names, rays = self.system.states, directions(len(self.system.states))
        radii = first_radii(function, names, rays, 1.0)
        if self.shape is not None:
            shape = self.shape
            beta = LARGER * float(values_at(shape, names, radii[:, None] * rays).min())
            radii = first_radii(shape, names, rays, beta)
        kept = np.isfinite(radii)
        return radii[kept, None] * rays[kept]

    def size(self, function: Polynomial) -> float:
        """How large {V <= 1} is: the mean volume under rays, or the largest beta, by sampling."""
        names, rays = self.system.states, directions(len(self.system.states))
        radii = np.minimum(first_radii(function, names, rays, 1.0), LARGEST)
        if self.shape is None:
            return float(np.mean(radii ** len(names)))
        return float(values_at(self.shape, names, radii[:, None] * rays).min())


def mean_value(V: AffinePolynomial, states: Sequence[str], points: np.ndarray) -> AffinePolynomial:
    """The mean of an unknown V at points."""
    means = {index: Polynomial.constant(_mean(values_at(part, states, points))) for index, part in V.parts.items()}
    return AffinePolynomial(V.unknowns, Polynomial.constant(0), means)


def _mean(values: np.ndarray) -> float:
    mean = float(values.mean())
    return mean if abs(mean) > NEGLIGIBLE * float(np.abs(values).max()) else 0.0


def monomials_to(states: Sequence[str], degree: int) -> list[Polynomial]:
    """Of degree 1 and more: s vanishes at the equilibrium, as dV/dt does."""
    rows = [row for row in product(range(degree + 1), repeat=len(states)) if 1 <= sum(row) <= degree]
    return [Polynomial.from_arrays(np.array([row], np.int32), [1], states) for row in rows]


def shortened(polynomial: Polynomial, digits: int = 6, negligible: float = NEGLIGIBLE) -> Polynomial:
    """The polynomial with so many significant digits in each coefficient, without those that are negligible."""
    largest = max(map(abs, polynomial.float_coefficients.tolist()))
    terms = [
        (row, Fraction(f"{float(value):.{digits - 1}e}"))
        for row, value in zip(polynomial.exponents, polynomial.coefficients, strict=True)
        if abs(value) > negligible * largest
    ]
    return Polynomial.from_arrays(
        np.array([row for row, _ in terms], np.int32), [value for _, value in terms], polynomial.variables
    )
