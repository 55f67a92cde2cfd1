"""Pictures of what was proven: Newton polytopes, Gram matrices, phase portraits, barriers, margins over parameters.

In: polynomials, certificates, systems, results of `control`, sets, arrays. Out: figures of matplotlib, which comes with
the extra `plot` and is loaded when something is drawn. May import the rooms `polynomials`,
`certificates`, `programs` and `control`.
"""

from nsos_jax.plots.barriers import barrier_portrait
from nsos_jax.plots.grams import gram_matrix
from nsos_jax.plots.margins import margin_map
from nsos_jax.plots.polytopes import newton_polytope
from nsos_jax.plots.portraits import phase_portrait

__all__ = ["barrier_portrait", "gram_matrix", "margin_map", "newton_polytope", "phase_portrait"]
