"""The commands about certificates that are chosen from a file: `nsos explain`, `squares` and `plot`.

In: a certificate, a results file or standard input, and perhaps a line or an id. Out: text or a picture, of what was
checked first and holds. May import what `command` may; matplotlib is loaded when something is drawn.
"""

from nsos_jax.command.chosen.drawing import plot
from nsos_jax.command.chosen.explaining import explain
from nsos_jax.command.chosen.squares import squares

__all__ = ["explain", "plot", "squares"]
