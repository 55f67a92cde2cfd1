"""Trajectories in floating point, of the very right-hand sides that were traced: for pictures and doubts, no proof."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from nsos_jax.control.dynamics import System
from nsos_jax.polynomials import Polynomial

RELATIVE, ABSOLUTE = 1e-8, 1e-10
"""Tolerances of a step."""
Chosen = float | Callable[[float], Any]
"""A number, or a function of time: of all trajectories alike, or with one value for each."""


def simulate(
    system: System,
    starts: Float[np.ndarray, "k n"],
    times: Float[np.ndarray, " t"],
    *,
    others: Mapping[str, Chosen] | None = None,
    mode: int | Callable[[float], int] = 0,
    limit: float = 1e3,
) -> Float[np.ndarray, "t k n"]:
    """The states of several trajectories at given times.

    Args:
      system: the dynamics, in n states (an angle as its sine and cosine).
      starts: where trajectories start, at the first of the times.
      times: increasing; of discrete time the numbers of steps, integers.
      others: inputs and parameters by name, numbers or functions of time; by default the centre of a box, else 0.
      mode: the index of the right-hand side, or a function of time.
      limit: a trajectory that gets so far from the origin stays where it is; NaN and overflow do not come up.

    Raises:
      ValueError: the shapes do not fit, or a name is none of an input or parameter.

    >>> decay = System(lambda x: (-x,), states="x")
    >>> simulate(decay, np.array([[1.0], [2.0]]), np.array([0.0, 1.0]))[-1].round(3).tolist()
    [[0.368], [0.736]]
    """
    first = np.asarray(starts, float)
    if first.ndim != 2 or first.shape[1] != len(system.states):
        raise ValueError(f"starts: got the shape {first.shape}, wanted [k, {len(system.states)}], one column a state")
    names = (*system.inputs, *system.parameters)
    for name in others or {}:
        if name not in names:
            raise ValueError(f"others: got {name!r}, wanted some of the inputs and parameters {', '.join(names)}")
    given: dict[str, Chosen] = {name: float(system.centre.get(name, 0)) for name in names}
    given.update(others or {})

    def field(time: float, states: Float[np.ndarray, "k n"]) -> Float[np.ndarray, "k n"]:
        columns = [_at(given[name], time) + np.zeros(len(states)) for name in names]
        points = np.column_stack([states, *columns])
        return right_hand_side(system, points, mode if isinstance(mode, int) else mode(time))

    if system.time == "discrete":
        return _iterated(field, first, np.asarray(times), limit)
    return _integrated(field, first, np.asarray(times, float), limit)


def right_hand_side(system: System, points: Float[np.ndarray, "k v"], mode: int = 0) -> Float[np.ndarray, "k n"]:
    """f of a mode at points that have coordinates for all variables: x', or the next states for discrete time."""
    chosen = system.modes[mode]
    bottom = _values(chosen.denominator, system.variables, points)
    return np.column_stack([_values(part, system.variables, points) / bottom for part in chosen.numerators])


def _at(value: Chosen, time: float) -> Any:
    return value(time) if callable(value) else value


def _values(polynomial: Polynomial, names: tuple[str, ...], points: np.ndarray) -> Float[np.ndarray, " k"]:
    return polynomial.evaluate_float(points[:, [names.index(name) for name in polynomial.variables]])


Field = Callable[[float, np.ndarray], np.ndarray]


def _iterated(field: Field, first: np.ndarray, times: np.ndarray, limit: float) -> Float[np.ndarray, "t k n"]:
    if np.any(times != np.round(times)) or np.any(np.diff(times) < 0):
        raise ValueError("times: of discrete time, wanted increasing numbers of steps")
    found, states, step = [], first, int(times[0])
    for time in times.tolist():
        while step < time:
            inside = np.abs(states).max(axis=1, keepdims=True) < limit
            states = np.where(inside, field(step, np.where(inside, states, 0)), states)
            step += 1
        found.append(states)
    return np.array(found)


def _integrated(field: Field, first: np.ndarray, times: np.ndarray, limit: float) -> Float[np.ndarray, "t k n"]:
    from scipy.integrate import solve_ivp

    def slope(time: float, flat: np.ndarray) -> np.ndarray:
        states = flat.reshape(first.shape)
        inside = np.abs(states).max(axis=1, keepdims=True) < limit
        return np.where(inside, field(time, np.where(inside, states, 0)), 0).ravel()

    span = (float(times[0]), float(times[-1]))
    solution = solve_ivp(slope, span, first.ravel(), "DOP853", times, rtol=RELATIVE, atol=ABSOLUTE)
    if not solution.success:
        raise ValueError(f"times: the integration ended at {solution.t[-1] if len(solution.t) else span[0]:.6g}")
    return solution.y.T.reshape(len(times), *first.shape)
