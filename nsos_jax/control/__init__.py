"""Control: questions about dynamical systems as sum-of-squares programs, each answer with a proof.

In: systems, traced from ordinary Python functions, and sets. Out: Lyapunov functions, regions of attraction, barriers,
gains, with certificates. May import the rooms `polynomials`, `certificates` and `programs`.
"""

from nsos_jax.control.rational import NotPolynomial, RationalFunction
from nsos_jax.control.system import Mode, System
from nsos_jax.control.trigonometry import cos, sin

__all__ = ["Mode", "NotPolynomial", "RationalFunction", "System", "cos", "sin"]
