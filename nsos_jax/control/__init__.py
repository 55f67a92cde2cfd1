"""Control: questions about dynamical systems as sum-of-squares programs, each answer with a proof.

In: systems, traced from ordinary Python functions, and sets. Out: Lyapunov functions, regions of attraction, barriers,
gains, with certificates. May import the rooms `polynomials`, `certificates` and `programs`.
"""

from nsos_jax.control.dynamics import Mode, NotPolynomial, RationalFunction, Stability, System, cos, sin

__all__ = ["Mode", "NotPolynomial", "RationalFunction", "Stability", "System", "cos", "sin"]
