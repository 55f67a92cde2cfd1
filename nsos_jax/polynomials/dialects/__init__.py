"""Polynomials in the text of other systems: Julia, MATLAB, Macaulay2, Singular, Sage, Mathematica.

In: text of one of the `NOTATIONS`. Out: tokens of ours, which the one parser reads; and text. What has two readings is
refused, with what would make it one. May import what `polynomials` may.
"""

from nsos_jax.polynomials.dialects.reading import parse_notation
from nsos_jax.polynomials.dialects.table import NOTATIONS, find_dialect

__all__ = ["NOTATIONS", "find_dialect", "parse_notation"]
