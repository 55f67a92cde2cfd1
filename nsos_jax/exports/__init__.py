"""Certificates as texts that other programs check or typeset: SymPy, Lean, Rocq, leanprover/sos, LaTeX, plain squares.

In: a certificate that holds, and the name of a format. Out: a text. `statements` says what is proven, `extraction` gets
it from certificates, one file a format writes it, `table` lists them. May import the room
`certificates`; loads neither JAX nor SymPy.
"""

from nsos_jax.exports.table import FORMATS, CannotExport, export, write

__all__ = ["FORMATS", "CannotExport", "export", "write"]
