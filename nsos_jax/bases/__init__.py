"""Monomial bases by rules on exponents, and what is certain about them.

In: supports and bases as rows of exponents. Out: coverage, peeling, blocks, half Newton polytopes, schedules. May
import the room `polynomials`. `monomial_words`, the same on the device, loads JAX and is imported by its file.
"""

from nsos_jax.bases.blocks import (
    BlockRows,
    block_rows,
    components,
    lossless_blocks,
    sign_classes,
    solve_cost,
    term_sparsity,
)
from nsos_jax.bases.cliques import cliques_of_neighbours
from nsos_jax.bases.consistency import combinatorial_bound, diagonal_consistency
from nsos_jax.bases.coverage import (
    complete_coverage,
    covering_candidates,
    even_support,
    nearby_candidates,
    repair_coverage,
)
from nsos_jax.bases.covers import Cover, sparse_covers
from nsos_jax.bases.gram_map import GramMap, gram_map
from nsos_jax.bases.limits import DeadlineExceeded, TooLarge, check_memory, check_time, time_is_over
from nsos_jax.bases.matching import Matches, covers, least_cover, matches, most_matches, uncovered
from nsos_jax.bases.newton import MAX_CANDIDATES, exposed_terms, half_newton_polytope, vertex_bound
from nsos_jax.bases.pairs import PairRows, largest_exponents, pair_rows
from nsos_jax.bases.peeling import peel
from nsos_jax.bases.schedules import Run, cheapest_schedule, expansion_schedule, fit_ratio
from nsos_jax.bases.symmetry import (
    Action,
    Component,
    Orbits,
    SignedPermutation,
    Symmetry,
    actions_on,
    closure,
    orbits,
    pair_actions,
    rotation_components,
    sign_of,
    symmetric_components,
    symmetry_of,
)

__all__ = [
    "MAX_CANDIDATES",
    "Action",
    "BlockRows",
    "Component",
    "Cover",
    "DeadlineExceeded",
    "GramMap",
    "Matches",
    "Orbits",
    "PairRows",
    "Run",
    "SignedPermutation",
    "Symmetry",
    "TooLarge",
    "actions_on",
    "block_rows",
    "cheapest_schedule",
    "check_memory",
    "check_time",
    "cliques_of_neighbours",
    "closure",
    "combinatorial_bound",
    "complete_coverage",
    "components",
    "covering_candidates",
    "covers",
    "diagonal_consistency",
    "even_support",
    "expansion_schedule",
    "exposed_terms",
    "fit_ratio",
    "gram_map",
    "half_newton_polytope",
    "largest_exponents",
    "least_cover",
    "lossless_blocks",
    "matches",
    "most_matches",
    "nearby_candidates",
    "orbits",
    "pair_actions",
    "pair_rows",
    "peel",
    "repair_coverage",
    "rotation_components",
    "sign_classes",
    "sign_of",
    "solve_cost",
    "sparse_covers",
    "symmetric_components",
    "symmetry_of",
    "term_sparsity",
    "time_is_over",
    "uncovered",
    "vertex_bound",
]
