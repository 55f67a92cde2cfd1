"""The Gram-graph Transformer as a proposer: on square arrays, many polynomials together, or on lists, one alone."""

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Bool, Float32, Int32

from nsos_jax.bases import TooLarge, covering_candidates
from nsos_jax.polynomials import Polynomial
from nsos_jax.proposers.candidates import Pairs, candidates, pair_features
from nsos_jax.proposers.gram_graph.listed import listed_logits
from nsos_jax.proposers.gram_graph.listing import MEETINGS, Listed, list_pairs
from nsos_jax.proposers.gram_graph.model import GramGraphTransformer
from nsos_jax.proposers.learned import (
    OUT_OF_MEMORY,
    SCORE_DECIMALS,
    LearnedProposer,
    Ranked,
    Scored,
    padded_size,
    room,
)
from nsos_jax.proposers.padding import PaddedPolynomials, scaled_coefficients
from nsos_jax.proposers.proposal import StepsAside

MAX_VARIABLES = 1024
EDGES = 1 << 20
"""Pairs of candidates of one batch on the device, at most."""
MOST_SQUARE = 512
"""Places for candidates up to which all pairs are looked at."""
SHORTEST_LIST = 1 << 15
"""Lists are padded to this times a power of 2."""


class GramGraphProposer(LearnedProposer):
    """Scores are logits."""

    name = "gram_graph"
    temperature = 0.8
    max_candidates = 1 << 14
    max_terms = 1 << 17
    terms_factor = 4

    def __init__(self, model: GramGraphTransformer, threshold: float, name: str = "") -> None:
        super().__init__(model, threshold, name)
        self._graph, self._weights = nnx.split(model)

    def rank(self, polynomials: Sequence[Polynomial]) -> list[Ranked | StepsAside]:
        """The candidates of each polynomial, before any repair."""
        large = [room(polynomial) > MOST_SQUARE for polynomial in polynomials]
        others = iter(super().rank([p for p, is_large in zip(polynomials, large, strict=True) if not is_large]))
        return [
            self._rank_alone(p) if is_large else next(others) for p, is_large in zip(polynomials, large, strict=True)
        ]

    def _rank_alone(self, polynomial: Polynomial) -> Ranked | StepsAside:
        """The same for one polynomial with many candidates."""
        if reason := self.oversize(polynomial) or self.misfit(polynomial):
            return StepsAside(reason)
        try:
            pool = covering_candidates(polynomial.exponents)
            pairs = list_pairs(polynomial.exponents, scaled_coefficients(polynomial.numerators), pool)
            length = padded_size(max(len(pairs.here), MEETINGS * len(pool)), SHORTEST_LIST, 2)
            valid = np.arange(length // MEETINGS) < len(pool)
            scores = np.asarray(_score_list(self._graph, self._weights, _lengthened(pairs, length), valid))
        except TooLarge as error:
            return StepsAside(str(error))
        except OUT_OF_MEMORY:
            return StepsAside("out of memory")
        self.compiled.add(self.shape(polynomial))
        return self.ranked(pool, scores[valid])

    def shape(self, polynomial: Polynomial) -> tuple[int, int, int]:
        """As `LearnedProposer.shape`; lists of pairs are compiled by their length, which goes with the candidates."""
        shape = super().shape(polynomial)
        return shape if room(polynomial) <= MOST_SQUARE else (0, 0, shape[2])

    def misfit(self, polynomial: Polynomial) -> str:
        n = polynomial.num_variables
        return f"{n} variables, the limit is {MAX_VARIABLES}" if n > MAX_VARIABLES else ""

    def most_together(self, terms: int, places: int) -> int:
        return EDGES // places**2

    def score(self, padded: PaddedPolynomials, places: int) -> Scored:
        # two programs, for the first one is compiled per number of terms and the second, larger one is not
        found, valid, pairs = _look(places, padded.exponents, padded.coefficients)
        return Scored(found, valid, *_score(self._graph, self._weights, pairs, valid))


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
def _score(
    graph: nnx.GraphDef, weights: nnx.State, pairs: Pairs, valid: Bool[Array, "B N"]
) -> tuple[Float32[Array, "B N"], Float32[Array, "B N"] | None]:
    """The logits, and the chances of the prefixes of their order if the model has a head for these."""
    model = nnx.merge(graph, weights)
    reading = model.read(pairs, valid)
    if model.margin is None:
        return reading.logits, None
    places = jnp.argsort(jnp.argsort(-jnp.round(reading.logits, SCORE_DECIMALS), axis=-1, stable=True), axis=-1)
    prefixes = places[:, None, :] <= jnp.arange(valid.shape[-1])[:, None]
    return reading.logits, jax.nn.sigmoid(model.margin(reading, prefixes))


def _lengthened(pairs: Listed, length: int) -> Listed:
    """With padding at the end."""
    return Listed._make(np.pad(column, [(0, length - len(column)), *[(0, 0)] * (column.ndim - 1)]) for column in pairs)


@partial(jax.jit, static_argnums=0)
def _score_list(
    graph: nnx.GraphDef, weights: nnx.State, pairs: Listed, valid: Bool[Array, " V"]
) -> Float32[Array, " V"]:
    return listed_logits(nnx.merge(graph, weights), pairs, valid)
