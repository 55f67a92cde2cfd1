"""The sequence Transformer as a proposer: votes over permutations of the variables (paper, section 3.3)."""

from functools import partial

import jax
from jaxtyping import Array, Bool, Float32, Int32

from nsos_jax.decode import Votes, votes
from nsos_jax.gram_features import candidates
from nsos_jax.learned_proposer import LearnedProposer, Scored
from nsos_jax.polynomials import Polynomial
from nsos_jax.pretrained import load_pretrained
from nsos_jax.sequence_model import SequenceTransformer
from nsos_jax.tokenizer import PaddedPolynomials

PERMUTATIONS = 4
TERM_PAIRS = 1 << 24
"""Pairs of terms of one batch on the device."""


class SequenceProposer(LearnedProposer):
    """Scores are the shares of the permutations whose decoded basis holds a candidate."""

    name = "sequence"
    temperature = 0.1
    max_candidates = 256
    max_terms = 2048
    terms_factor = 2

    def __init__(self, model: SequenceTransformer, threshold: float, permutations: int = PERMUTATIONS) -> None:
        super().__init__(threshold)
        self.permutations = permutations
        self.model = model

    @classmethod
    def load(cls) -> "SequenceProposer":
        """With the weights that ship with the package."""
        model, card = load_pretrained("sequence")
        return cls(model, card.threshold)

    def misfit(self, polynomial: Polynomial) -> str:
        highest = int(polynomial.exponents.max(initial=0))
        return self.model.config.misfit(polynomial.num_variables, highest) or ""

    def most_together(self, terms: int, places: int) -> int:
        return TERM_PAIRS // terms**2

    def score(self, padded: PaddedPolynomials, places: int) -> Scored:
        known = padded.exponents[..., : self.model.config.variables]
        found, valid = _look(places, known, padded.coefficients)
        key = jax.random.key(0)
        # the types of nnx.jit hide the arguments
        voted: Votes = votes(self.model, known, padded.coefficients, found, valid, key, self.permutations, places)  # type: ignore[call-arg, assignment]
        return Scored(found, valid, voted.scores)


@partial(jax.jit, static_argnums=0)
def _look(
    size: int, exponents: Int32[Array, "B T n"], coefficients: Float32[Array, "B T"]
) -> tuple[Int32[Array, "B N n"], Bool[Array, "B N"]]:
    """N = size candidates of each polynomial."""
    found = jax.vmap(partial(candidates, size=size))(exponents, coefficients)
    return found.exponents, found.valid
