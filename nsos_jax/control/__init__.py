"""Control: questions about dynamical systems as sum-of-squares programs, each answer with a proof.

In: systems, traced from ordinary Python functions, and sets. Out: Lyapunov functions, regions of attraction, barriers,
gains, with certificates. May import the rooms `polynomials`, `certificates` and `programs`.
"""

from nsos_jax.control.answers import ControlResult, ControlStatus
from nsos_jax.control.dynamics import Mode, NotPolynomial, RationalFunction, Stability, System, cos, sin
from nsos_jax.control.lyapunov import LyapunovResult, lyapunov

__all__ = [
    "ControlResult",
    "ControlStatus",
    "LyapunovResult",
    "Mode",
    "NotPolynomial",
    "RationalFunction",
    "Stability",
    "System",
    "cos",
    "lyapunov",
    "sin",
]
