"""Pictures of what was proven: Newton polytopes, Gram matrices, squares, phase portraits, barriers, margins over
parameters; and of how it went: brackets of margins, numbers by family, rooflines, trainings.

In: polynomials, certificates, systems, results of `control`, sets, arrays, folders of trainings. Out: figures of
matplotlib, which comes with the extra `plot` and is loaded when something is drawn. May import the rooms `polynomials`,
`certificates`, `programs` and `control`. Names are loaded on first use: curves need no room at all.
"""

from typing import TYPE_CHECKING

from nsos_jax.late import late_names

if TYPE_CHECKING:
    from nsos_jax.plots.barriers import barrier_portrait
    from nsos_jax.plots.brackets import margin_bracket
    from nsos_jax.plots.families import family_dots
    from nsos_jax.plots.grams import gram_matrix
    from nsos_jax.plots.graphs import cliques
    from nsos_jax.plots.margins import margin_map
    from nsos_jax.plots.polytopes import newton_polytope
    from nsos_jax.plots.portraits import phase_portrait
    from nsos_jax.plots.rooflines import Work, roofline
    from nsos_jax.plots.sums import squares
    from nsos_jax.plots.training import training_curves

_FILES = {
    "Work": "rooflines",
    "barrier_portrait": "barriers",
    "cliques": "graphs",
    "family_dots": "families",
    "gram_matrix": "grams",
    "margin_bracket": "brackets",
    "margin_map": "margins",
    "newton_polytope": "polytopes",
    "phase_portrait": "portraits",
    "roofline": "rooflines",
    "squares": "sums",
    "training_curves": "training",
}
__all__ = [
    "Work",
    "barrier_portrait",
    "cliques",
    "family_dots",
    "gram_matrix",
    "margin_bracket",
    "margin_map",
    "newton_polytope",
    "phase_portrait",
    "roofline",
    "squares",
    "training_curves",
]

__getattr__ = late_names(__name__, _FILES)
