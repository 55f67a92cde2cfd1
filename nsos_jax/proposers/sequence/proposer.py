"""The sequence Transformer as a proposer: votes over permutations of the variables (paper, section 3.3)."""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float32, Int32

from nsos_jax.polynomials import Polynomial
from nsos_jax.proposers.candidates import candidates
from nsos_jax.proposers.learned import LearnedProposer, Scored
from nsos_jax.proposers.padding import PaddedPolynomials
from nsos_jax.proposers.sequence.decode import votes
from nsos_jax.proposers.sequence.model import SequenceTransformer

PERMUTATIONS = 4
TERM_PAIRS = 1 << 24
"""Pairs of terms of one batch on the device."""


class SequenceProposer(LearnedProposer):
    """Scores are the shares of the permutations whose decoded basis holds a candidate."""

    name = "sequence"
    temperature = 0.1  # not tuned
    max_candidates = 256
    max_terms = 2048
    terms_factor = 2
    spares_padding = False  # decoding waits for its longest sequence, whatever the batch

    def __init__(
        self, model: SequenceTransformer, threshold: float, permutations: int = PERMUTATIONS, name: str = ""
    ) -> None:
        super().__init__(model, threshold, name)
        self.permutations = permutations

    def misfit(self, polynomial: Polynomial) -> str:
        highest = int(polynomial.exponents.max(initial=0))
        return self.model.config.misfit(polynomial.num_variables, highest) or ""

    def most_together(self, terms: int, places: int) -> int:
        return TERM_PAIRS // terms**2

    def score(self, padded: PaddedPolynomials, places: int) -> Scored:
        known = jnp.asarray(padded.exponents[..., : self.model.config.variables])
        coefficients = jnp.asarray(padded.coefficients)
        found, valid = _look(places, known, coefficients)
        voted = votes(self.model, known, coefficients, found, valid, jax.random.key(0), self.permutations, places)
        return Scored(found, valid, voted.scores)


@partial(jax.jit, static_argnums=0)
def _look(
    size: int, exponents: Int32[Array, "B T n"], coefficients: Float32[Array, "B T"]
) -> tuple[Int32[Array, "B N n"], Bool[Array, "B N"]]:
    """N = size candidates of each polynomial."""
    found = jax.vmap(partial(candidates, size=size))(exponents, coefficients)
    return found.exponents, found.valid
