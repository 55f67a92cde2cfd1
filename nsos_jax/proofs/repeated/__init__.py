"""Proofs for long chains: blocks whose surroundings look alike get the same Gram matrix.

In: a `GramSystem` with many blocks. Out: an exact Gram matrix for the checker, or None. May import what `proofs` may.
"""

from nsos_jax.proofs.repeated.classes import Alike, alike
from nsos_jax.proofs.repeated.prove import prove_repeated
from nsos_jax.proofs.repeated.system import RepeatedSystem

__all__ = ["Alike", "RepeatedSystem", "alike", "prove_repeated"]
