"""A plane of the state space that is drawn: two coordinates vary, all others are fixed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from jaxtyping import Float

from nsos_jax.control import System
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import SemialgebraicSet

GRID = 301
"""Points of a grid on a side."""
Box = Mapping[str, tuple[float, float]]
"""The two coordinates that are drawn, and between which values: states, or angles in radians."""


@dataclass(frozen=True)
class Plane:
    """Points of the plane as states of a system.

    Attributes:
      system: whose states.
      box: what is drawn.
      at: {state: number} for the others.
    """

    system: System
    box: Box
    at: Mapping[str, Any]

    @staticmethod
    def create(system: System, box: Box, at: Mapping[str, Any] | None) -> "Plane":
        """The plane through a point, the origin by default.

        Raises:
          ValueError: the box has not two coordinates of the system.
        """
        known = (*system.angles, *system.states)
        if len(box) != 2 or not set(box) <= set(known):
            raise ValueError(f"box: got {', '.join(box)}, wanted two of {', '.join(known)}, each with its ends")
        for name, (low, high) in box.items():
            if not low < high:
                raise ValueError(f"box[{name!r}]: got ({low}, {high}), wanted (lower, upper)")
        return Plane(system, box, system.point(at))

    @property
    def names(self) -> tuple[str, str]:
        """Of the coordinates that are drawn."""
        first, second = self.box
        return first, second

    def fill(self, axes: Any) -> None:
        """Shows the box and nothing beyond."""
        x, y = self.box.values()
        axes.set(xlim=x, ylim=y)

    def states(self, points: Float[np.ndarray, "k 2"]) -> Float[np.ndarray, "k n"]:
        """The states at points of the plane."""
        columns = {name: np.full(len(points), float(Fraction(self.at[name]))) for name in self.system.states}
        for name, values in zip(self.names, points.T, strict=True):
            if name in self.system.angles:
                columns[f"sin_{name}"], columns[f"cos_{name}"] = np.sin(values), np.cos(values)
            else:
                columns[name] = values
        return np.column_stack(list(columns.values()))

    def shown(self, states: Float[np.ndarray, "t k n"]) -> Float[np.ndarray, "t k 2"]:
        """Trajectories in the coordinates that are drawn; angles without jumps."""
        index = {name: i for i, name in enumerate(self.system.states)}
        columns = []
        for name in self.names:
            if name in self.system.angles:
                sines, cosines = states[..., index[f"sin_{name}"]], states[..., index[f"cos_{name}"]]
                columns.append(np.unwrap(np.arctan2(sines, cosines), axis=0))
            else:
                columns.append(states[..., index[name]])
        return np.stack(columns, axis=-1)

    def grid(self) -> tuple[Float[np.ndarray, " g"], Float[np.ndarray, " g"], Float[np.ndarray, "g g 2"]]:
        """The coordinates, and the points: the first coordinate changes along columns."""
        x, y = (np.linspace(*ends, GRID) for ends in self.box.values())
        return x, y, np.stack(np.meshgrid(x, y), axis=-1)

    def on_grid(self, polynomial: Polynomial) -> Float[np.ndarray, "g g"]:
        """Its values in float64."""
        _, _, points = self.grid()
        return self.values(polynomial, points.reshape(-1, 2)).reshape(GRID, GRID)

    def values(self, polynomial: Polynomial, points: Float[np.ndarray, "k 2"]) -> Float[np.ndarray, " k"]:
        """Of a polynomial in the variables of the system, at points of the plane."""
        variables, rows = self.system.variables, self.variables(self.states(points))
        return polynomial.evaluate_float(rows[:, [variables.index(name) for name in polynomial.variables]])

    def variables(self, states: Float[np.ndarray, "k n"]) -> Float[np.ndarray, "k v"]:
        """States with the inputs and parameters: the centre of a box, else 0."""
        others = [float(self.system.centre.get(name, 0)) for name in (*self.system.inputs, *self.system.parameters)]
        return np.column_stack([states, *(np.full(len(states), value) for value in others)])

    def inside(self, chosen: SemialgebraicSet) -> Float[np.ndarray, "g g"]:
        """On the grid, what is >= 0 in a set: the least of its inequalities.

        Raises:
          ValueError: the set has equalities, which are no area.
        """
        if chosen.equalities or not chosen.inequalities:
            raise ValueError("wanted a set of inequalities alone, to draw its area")
        return np.min([self.on_grid(part) for part in chosen.inequalities], axis=0)

    def sampled(
        self, count: int, rng: np.random.Generator, holds: Callable[[Float[np.ndarray, "k 2"]], Any] | None = None
    ) -> Float[np.ndarray, "k 2"]:
        """Up to so many random points of the box, where something holds."""
        low, high = np.array(list(self.box.values()), float).T
        points = rng.uniform(low, high, (50 * count, 2))
        return points[:count] if holds is None else points[np.asarray(holds(points), bool)][:count]
