"""The linear-quadratic regulator of the exact linearisation: the controller from which searches start."""

from fractions import Fraction

import numpy as np
from jaxtyping import Float

from nsos_jax.control.controllers.plants import Laws, Plant
from nsos_jax.control.dynamics import System, derivative, substituted
from nsos_jax.polynomials import Polynomial

DIGITS = 3
"""Significant ones of the gains."""


def regulator(plant: Plant) -> Laws | None:
    """u = -K x with the least integral of |x|^2 + |u|^2 for the linearisation at 0, or the least sum in discrete time.

    Of several modes it is that of the first, and parameters are at the centre of their boxes. None where the
    linearisation cannot be stabilised with these inputs, or depends on disturbances.
    """
    from scipy.linalg import LinAlgError, null_space, solve_continuous_are, solve_discrete_are

    system = plant.system
    try:
        a, b = _linearization(system, plant.inputs)
    except ValueError:
        return None
    normals = np.array([_slopes(h, system, system.states) for h in system.ideal])
    basis = null_space(normals) if len(normals) else np.eye(len(system.states))
    a, b = basis.T @ a @ basis, basis.T @ b
    weights = np.eye(len(a)), np.eye(len(plant.inputs))
    try:
        if system.time == "discrete":
            p = solve_discrete_are(a, b, *weights)
            gains = np.linalg.solve(weights[1] + b.T @ p @ b, b.T @ p @ a)
        else:
            gains = b.T @ solve_continuous_are(a, b, *weights)
    except (LinAlgError, ValueError):
        return None
    return {name: _linear(row, system) for name, row in zip(plant.inputs, -gains @ basis.T, strict=True)}


def _linearization(
    system: System, inputs: tuple[str, ...]
) -> tuple[Float[np.ndarray, "n n"], Float[np.ndarray, "n m"]]:
    """The derivatives by the states and by the inputs at 0, where the first mode rests."""
    mode, still = system.modes[0], {**dict.fromkeys(inputs, 0), **system.centre}
    a = np.array(system.linearize(still), float)
    bottom = sum(substituted(mode.denominator, {**dict.fromkeys(system.states, 0), **still}).coefficients, Fraction(0))
    rows = [_slopes(numerator, system, inputs) for numerator in mode.numerators]
    return a, np.array(rows) / float(bottom)


def _slopes(polynomial: Polynomial, system: System, names: tuple[str, ...]) -> list[float]:
    """The derivatives by some variables at 0, parameters at the centre of their boxes."""
    at = {**dict.fromkeys(system.variables, 0), **system.centre}
    return [float(sum(substituted(derivative(polynomial, name), at).coefficients, Fraction(0))) for name in names]


def _linear(row: Float[np.ndarray, " n"], system: System) -> Polynomial:
    """sum_i row_i x_i with few digits."""
    largest = max(float(np.abs(row).max()), 1e-12)
    kept = [
        (name, value) for name, value in zip(system.states, row.tolist(), strict=True) if abs(value) > 1e-6 * largest
    ]
    parts = [Fraction(f"{value:.{DIGITS - 1}e}") * Polynomial.parse(name) for name, value in kept]
    return Polynomial.sum(parts) if parts else Polynomial.constant(0)
