"""Control: questions about dynamical systems as sum-of-squares programs, each answer with a proof.

In: systems, traced from ordinary Python functions, and sets. Out: Lyapunov functions, regions of attraction, barriers,
gains, with certificates. May import the rooms `polynomials`, `certificates` and `programs`.
"""

from nsos_jax.control.answers import ControlResult, ControlStatus
from nsos_jax.control.dynamics import Mode, NotPolynomial, RationalFunction, Stability, System, cos, sin
from nsos_jax.control.lyapunov import LyapunovResult, lyapunov
from nsos_jax.control.region import RegionResult, region_of_attraction

__all__ = [
    "ControlResult",
    "ControlStatus",
    "LyapunovResult",
    "Mode",
    "NotPolynomial",
    "RationalFunction",
    "RegionResult",
    "Stability",
    "System",
    "cos",
    "lyapunov",
    "region_of_attraction",
    "sin",
]
