"""Regions of attraction: the largest level of a V, and V with larger ones.

In: a system and perhaps V. Out: a `RegionResult` with its certificate. May import what is beside it in `control`, the
rooms `polynomials`, `certificates` and `programs`.
"""

from nsos_jax.control.regions.region import region_of_attraction
from nsos_jax.control.regions.sublevels import RegionResult

__all__ = ["RegionResult", "region_of_attraction"]
