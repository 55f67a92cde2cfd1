"""Pictures of what was proven about systems: phase portraits, barriers, margins over parameters.

In: systems, results of `control`, sets, arrays. Out: figures of matplotlib, which comes with the extra `plot` and is
loaded when something is drawn. May import the rooms `polynomials`, `programs` and `control`.
"""

from nsos_jax.plots.barriers import barrier_portrait
from nsos_jax.plots.margins import margin_map
from nsos_jax.plots.portraits import phase_portrait

__all__ = ["barrier_portrait", "margin_map", "phase_portrait"]
