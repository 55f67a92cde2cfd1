"""Symmetries of polynomials under signed permutations of variables, and bases that split by them.

In: polynomials, monomial bases. Out: groups, orbits, adapted bases over the integers. May import what `bases` may.
"""

from nsos_jax.bases.symmetry.components import Component
from nsos_jax.bases.symmetry.detection import symmetry_of
from nsos_jax.bases.symmetry.groups import Symmetry
from nsos_jax.bases.symmetry.orbits import Action, Orbits, actions_on, closure, orbits, pair_actions
from nsos_jax.bases.symmetry.rotations import rotation_components
from nsos_jax.bases.symmetry.signed import SignedPermutation, sign_of
from nsos_jax.bases.symmetry.symmetric import symmetric_components

__all__ = [
    "Action",
    "Component",
    "Orbits",
    "SignedPermutation",
    "Symmetry",
    "actions_on",
    "closure",
    "orbits",
    "pair_actions",
    "rotation_components",
    "sign_of",
    "symmetric_components",
    "symmetry_of",
]
