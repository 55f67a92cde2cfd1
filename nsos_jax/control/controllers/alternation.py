"""Alternation between controllers and V, in floating point, for regions of attraction as large as possible.

With V fixed the decrease is affine in the controller: it is found together with the multipliers of {V <= level}, for a
level as large as it gets. With controller and multipliers fixed V is chosen anew. As of `regions.alternation`, nothing
is proven here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from jaxtyping import Float

from nsos_jax.control.controllers.plants import Laws, Plant, UnknownLaws
from nsos_jax.control.dynamics import sine_name
from nsos_jax.control.identities import Demand, approximated, surroundings
from nsos_jax.control.lyapunov_search import candidate_monomials
from nsos_jax.control.margins import Halves, power_sum
from nsos_jax.control.points import directions, values_at
from nsos_jax.control.regions.alternation import SMALL, mean_value, monomials_to, shortened
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import SolveOptions, SosProgram

RESERVE = Fraction(97, 100)
"""Of a level, what is kept for the next step to start from."""
FIRST_LEVELS = tuple(Fraction(4) ** power for power in range(4, -9, -1))
"""That are tried for the first V, the largest first."""
BISECTIONS = 3
SMALLEST, LARGEST, RADII = 1e-3, 30.0, 1000
"""Of rays, and how many radii are looked at."""
NEGLIGIBLE = 1e-4
"""Coefficients of V below it, relative to the largest, are left out."""
GAIN = 1.01
"""Factor by which the region has to grow for the alternation to go on."""


@dataclass(frozen=True)
class Steered:
    """A controller with which V falls on {V <= level}, and the multipliers that show it.

    Attributes:
      laws: the controller.
      falls: sums of squares, one for each mode; before 1 - V / level.
      rooms: sums of squares, one for each bound; before 1 - V / level.
    """

    laws: Laws
    falls: list[Polynomial]
    rooms: list[Polynomial]


@dataclass(frozen=True)
class ControllerAlternation:
    """The search from one V, in coordinates around the equilibrium.

    Attributes:
      plant: whose inputs are chosen.
      point: the equilibrium, in the coordinates of the user.
      degree: of V.
      controller_degree: of the controller.
      decrease: the powers of phi2.
      largest_gain: of the coefficients of the controller.
    """

    plant: Plant
    point: Mapping[str, Fraction]
    degree: int
    controller_degree: int
    decrease: Halves
    largest_gain: Fraction
    options: SolveOptions | None = None

    @property
    def around(self) -> Any:
        """The ideal, and where disturbances and parameters range."""
        return surroundings(self.plant.system)

    @property
    def variables(self) -> tuple[str, ...]:
        """Of the closed loop."""
        return tuple(name for name in self.plant.system.variables if name not in self.plant.inputs)

    def run(self, function: Polynomial, iterations: int) -> Iterator[tuple[Polynomial, Laws]]:
        """Ever better V with the level 1 and their controllers, in the eyes of a solver."""
        level = next((level for level in FIRST_LEVELS if self.steered(function, level) is not None), None)
        if level is None:
            return
        low, high, last = level, 4 * level, 0.0
        for _ in range(iterations):
            low = self.largest(function, low, high) * RESERVE
            found = self.steered(function, low)
            if found is None:
                return
            function = shortened(function / low, negligible=NEGLIGIBLE)
            yield function, found.laws
            size = self.size(function)
            if size < GAIN * last:
                return
            last = size
            better = self.improved(function, found)
            if better is None:
                return
            function, low, high = better, Fraction(9, 10), Fraction(3, 2)

    def largest(self, function: Polynomial, low: Fraction, high: Fraction) -> Fraction:
        """The largest level at which a solver finds a controller, above one at which there should be one."""
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            if self.steered(function, middle) is None:
                high = middle
            else:
                low = middle
        return low

    def steered(self, function: Polynomial, level: Fraction) -> Steered | None:
        """A controller that lets V fall on {V <= level} and is within its bounds there."""
        plant, states = self.plant, self.plant.system.states
        unknown: list[UnknownLaws] = []
        modes, below = range(len(plant.system.modes)), level - function

        def build(program: SosProgram) -> dict[str, Demand]:
            unknown.append(plant.unknown(program, self.controller_degree, 1, self.largest_gain))
            laws = unknown[-1].laws
            demands = {}
            for mode in modes:
                fall = plant.fall(function, mode, laws) - SMALL * level * power_sum(self.decrease)
                room = max(0, 2 * -(-max(fall.degree, self.degree) // 2) - self.degree) + 2
                s = program.sos_polynomial(f"s{mode}", basis=monomials_to(states, room // 2))
                demands[f"mode {mode}"] = Demand(fall - s * below, self.around)
            room = max(0, 2 * -(-self.controller_degree // 2) - self.degree) + 2 * (self.degree == 2)
            for side, target in enumerate(plant.room(laws)):
                s = program.sos_polynomial(f"r{side}", basis=[Polynomial.constant(1), *monomials_to(states, room // 2)])
                demands[f"room {side}"] = Demand(target - s * below, self.around)
            return demands

        values = approximated(self.variables, build, None, self.options)
        if values is None:
            return None
        laws = unknown[-1].known(values)
        falls = [shortened(values[f"s{mode}"], 9) for mode in modes]
        rooms = [shortened(level * values[f"r{side}"], 9) for side in range(2 * len(plant.bounds))]
        return Steered(laws, falls, rooms)

    def improved(self, function: Polynomial, steered: Steered) -> Polynomial | None:
        """V at the level 1 with a controller and multipliers whose mean on the boundary of the region is smallest."""
        plant, states = self.plant, self.plant.system.states
        points = self.boundary(function)[1]
        closed = plant.closed(steered.laws)

        def build(program: SosProgram) -> dict[str, Demand]:
            V = program.polynomial("V", monomials=candidate_monomials(closed, self.degree))
            program.minimize(mean_value(V, states, points))
            lowest, highest = (power_sum(dict.fromkeys(states, half)) for half in (1, self.degree // 2))
            demands = {"positive": Demand(V - SMALL * (lowest + highest), self.around)}
            for mode, s in enumerate(steered.falls):
                fall = closed.decrease(V, mode) - SMALL * power_sum(self.decrease)
                demands[f"mode {mode}"] = Demand(fall - s * (1 - V), self.around)
            for side, (target, s) in enumerate(zip(plant.room(steered.laws), steered.rooms, strict=True)):
                demands[f"room {side}"] = Demand(target - s * (1 - V), self.around)
            return demands

        values = approximated(self.variables, build, None, self.options)
        return None if values is None else values["V"]

    def size(self, function: Polynomial) -> float:
        """How large {V <= 1} is: the mean volume under rays, in angles and other states."""
        system = self.plant.system
        return float(np.mean(self.boundary(function)[0] ** (len(system.states) - len(system.angles))))

    def boundary(self, function: Polynomial) -> tuple[Float[np.ndarray, " rays"], Float[np.ndarray, "rays n"]]:
        """The radii at which V is first 1 along rays in angles and other states, or where rays end, and the states."""
        system = self.plant.system
        dimension = len(system.states) - len(system.angles)
        rays = directions(dimension)
        radii = np.geomspace(SMALLEST, LARGEST, RADII)
        along = self.states_at((rays[:, None] * radii[:, None]).reshape(-1, dimension))
        above = values_at(function, system.states, along).reshape(len(rays), -1) >= 1
        first = np.where(above.any(axis=1), np.argmax(above, axis=1), RADII - 1)
        return radii[first], self.states_at(rays * radii[first, None])

    def states_at(self, points: Float[np.ndarray, "k d"]) -> Float[np.ndarray, "k n"]:
        """The states less the equilibrium, for angles, as differences from theirs, and other states."""
        columns: list[np.ndarray] = []
        names = iter(self.plant.system.states)
        for column, name in zip(points.T, names, strict=False):
            if name not in map(sine_name, self.plant.system.angles):
                columns.append(column)
                continue
            sine, cosine = float(self.point[name]), float(self.point[next(names)])
            turned = np.arctan2(sine, cosine) + column
            columns += [np.sin(turned) - sine, np.cos(turned) - cosine]
        return np.column_stack(columns)
