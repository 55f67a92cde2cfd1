"""Dynamical systems, traced exactly from ordinary functions, and their linear stability.

In: Python, NumPy and JAX functions, SymPy expressions, state spaces. Out: `System` with polynomial right-hand sides and
exact linear algebra on them. May import the rooms `polynomials` and `programs`; JAX is loaded only by who uses it.
"""

from nsos_jax.control.dynamics.calculus import derivative, occurring, substituted
from nsos_jax.control.dynamics.rational import NotPolynomial, RationalFunction
from nsos_jax.control.dynamics.stability import Stability, linear_stability, lyapunov_equation, restricted
from nsos_jax.control.dynamics.system import System, Time
from nsos_jax.control.dynamics.tracing import Mode, expression
from nsos_jax.control.dynamics.trigonometry import Angle, cos, cosine_name, sin, sine_name

__all__ = [
    "Angle",
    "Mode",
    "NotPolynomial",
    "RationalFunction",
    "Stability",
    "System",
    "Time",
    "cos",
    "cosine_name",
    "derivative",
    "expression",
    "linear_stability",
    "lyapunov_equation",
    "occurring",
    "restricted",
    "sin",
    "sine_name",
    "substituted",
]
