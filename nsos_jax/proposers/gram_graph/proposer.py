"""The Gram-graph Transformer as a proposer."""

from functools import partial

import jax
from flax import nnx
from jaxtyping import Array, Bool, Float32, Int32

from nsos_jax.polynomials import Polynomial
from nsos_jax.proposers.candidates import Pairs, candidates, pair_features
from nsos_jax.proposers.gram_graph.model import GramGraphTransformer
from nsos_jax.proposers.learned import LearnedProposer, Scored
from nsos_jax.proposers.padding import PaddedPolynomials

MAX_VARIABLES = 1024
EDGES = 1 << 20
"""Pairs of candidates of one batch on the device, at most."""


class GramGraphProposer(LearnedProposer):
    """Scores are logits."""

    name = "gram_graph"
    temperature = 0.8
    max_candidates = 1024
    max_terms = 1 << 17
    terms_factor = 4

    def __init__(self, model: GramGraphTransformer, threshold: float, name: str = "") -> None:
        super().__init__(model, threshold, name)
        self._graph, self._weights = nnx.split(model)

    def misfit(self, polynomial: Polynomial) -> str:
        n = polynomial.num_variables
        return f"{n} variables, the limit is {MAX_VARIABLES}" if n > MAX_VARIABLES else ""

    def most_together(self, terms: int, places: int) -> int:
        return EDGES // places**2

    def score(self, padded: PaddedPolynomials, places: int) -> Scored:
        # two programs, for the first one is compiled per number of terms and the second, larger one is not
        found, valid, pairs = _look(places, padded.exponents, padded.coefficients)
        return Scored(found, valid, _score(self._graph, self._weights, pairs, valid))


@partial(jax.jit, static_argnums=0)
def _look(
    size: int, exponents: Int32[Array, "B T n"], coefficients: Float32[Array, "B T"]
) -> tuple[Int32[Array, "B N n"], Bool[Array, "B N"], Pairs]:
    """N = size candidates of each polynomial, and what p says about their pairs."""

    def one(rows: Array, values: Array) -> tuple[Array, Array, Pairs]:
        found = candidates(rows, values, size)
        return found.exponents, found.valid, pair_features(rows, values, found)

    return jax.vmap(one)(exponents, coefficients)


@partial(jax.jit, static_argnums=0)
def _score(graph: nnx.GraphDef, weights: nnx.State, pairs: Pairs, valid: Bool[Array, "B N"]) -> Float32[Array, "B N"]:
    return nnx.merge(graph, weights)(pairs, valid)
