"""Families of systems: one function of states and parameters, asked about at many values of these in one batch.

In: a function or a `System` with parameters. Out: a `LyapunovResult` for each value, and margins as JAX functions. May
import the files beside it in `control`, and the rooms `polynomials`, `certificates` and `programs`.
"""

from nsos_jax.control.families.lyapunov import LyapunovFamily, lyapunov_family
from nsos_jax.control.families.result import LyapunovFamilyResult

__all__ = ["LyapunovFamily", "LyapunovFamilyResult", "lyapunov_family"]
