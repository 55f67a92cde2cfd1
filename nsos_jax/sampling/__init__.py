"""Reverse sampling: polynomials with known bases and known exact Gram matrices, on the host and on the device.

In: keys and families. Out: `Planted` polynomials, or padded arrays under `jit`. May import the rooms `polynomials` and
`bases`; loads JAX.
"""

from nsos_jax.sampling.families import (
    CANCELLED,
    CROWDED,
    GRIDS,
    HELD_OUT_GROUPS,
    SPREAD,
    TRAINING_GROUPS,
    Cell,
    Group,
    make_families,
)
from nsos_jax.sampling.planted import STRUCTURES, Planted, Structure, plant, sample_monomials
from nsos_jax.sampling.reverse_sampling import (
    Family,
    FamilyParameters,
    Mixture,
    Sample,
    Shape,
    sample,
    sample_batch,
    to_planted,
)

__all__ = [
    "CANCELLED",
    "CROWDED",
    "GRIDS",
    "HELD_OUT_GROUPS",
    "SPREAD",
    "STRUCTURES",
    "TRAINING_GROUPS",
    "Cell",
    "Family",
    "FamilyParameters",
    "Group",
    "Mixture",
    "Planted",
    "Sample",
    "Shape",
    "Structure",
    "make_families",
    "plant",
    "sample",
    "sample_batch",
    "sample_monomials",
    "to_planted",
]
