"""The Gram-graph Transformer as a proposer: a first rung that covers the support, and an order of expansion."""

from collections.abc import Sequence
from functools import partial

import jax
import numpy as np
from flax import nnx
from jaxtyping import Array, Bool, Float32, Int, Int32
from scipy.special import expit

from nsos_jax.bases import even_support
from nsos_jax.gram_features import Pairs, candidates, pair_features
from nsos_jax.gram_graph import GramGraphTransformer
from nsos_jax.polynomials import Polynomial
from nsos_jax.pretrained import load_pretrained
from nsos_jax.proposals import Proposal, StepsAside, scored_proposal
from nsos_jax.tokenizer import pad_polynomials

MAX_CANDIDATES = 1024
MAX_TERMS = 1 << 17
MAX_VARIABLES = 1024
ADDED_SHARE = 8
"""One place in this many is kept for candidates that D lacks."""
LOGIT_DECIMALS = 3
"""Closer logits count as equal: their order must not depend on what else is in the batch."""
EDGES = 1 << 19
"""Edges of one batch on the device."""


class GramGraphProposer:
    """Predicts which candidates the basis needs, for all polynomials of a call in few batches."""

    name = "gram_graph"

    def __init__(self, model: GramGraphTransformer, threshold: float) -> None:
        self.threshold = threshold
        self._graph, self._weights = nnx.split(model)

    @classmethod
    def load(cls) -> "GramGraphProposer":
        """With the weights that ship with the package."""
        model, card = load_pretrained("gram_graph")
        return cls(model, card.threshold)

    def propose(self, polynomials: Sequence[Polynomial]) -> list[Proposal | StepsAside]:
        """Candidates by descending logit, see `scored_proposal`."""
        answers: list[Proposal | StepsAside] = []
        groups: dict[tuple[int, int, int], list[int]] = {}
        for index, p in enumerate(polynomials):
            misfit = _misfit(p)
            answers.append(StepsAside(misfit))
            if not misfit:
                shape = _padded(p.num_terms, 64, 4), _padded(p.num_variables, 8, 4), _padded(_room(p), 32, 2)
                groups.setdefault(shape, []).append(index)
        for (terms, variables, places), members in groups.items():
            most = _padded(max(1, EDGES // places**2), 1, 4)
            for start in range(0, len(members), most):
                part = members[start : start + most]
                chosen = [polynomials[i] for i in part]
                padded = pad_polynomials(chosen, terms, variables, _padded(len(chosen), 1, 4))
                found, valid, pairs = _look(places, padded.exponents, padded.coefficients)
                logits = _score(self._graph, self._weights, pairs, valid)
                for index, *scores in zip(part, *map(np.asarray, (found, valid, logits)), strict=False):
                    answers[index] = self._order(polynomials[index], *scores)
        return answers

    def _order(
        self,
        polynomial: Polynomial,
        exponents: Int[np.ndarray, "N n"],
        valid: Bool[np.ndarray, " N"],
        logits: Float32[np.ndarray, " N"],
    ) -> Proposal | StepsAside:
        scores = np.round(logits[valid].astype(np.float64), LOGIT_DECIMALS)
        best = np.argsort(-scores, kind="stable")
        pool = exponents[valid][best, : polynomial.num_variables]
        return scored_proposal(polynomial, pool, expit(scores[best] - self.threshold))


def _room(polynomial: Polynomial) -> int:
    """Places for D and some more candidates."""
    count = len(even_support(polynomial.exponents))
    return count + count // ADDED_SHARE + 2


def _misfit(polynomial: Polynomial) -> str:
    """Why the model cannot look at a polynomial; empty if it can."""
    sizes = (
        ("candidates", _room(polynomial), MAX_CANDIDATES),
        ("terms", polynomial.num_terms, MAX_TERMS),
        ("variables", polynomial.num_variables, MAX_VARIABLES),
    )
    return next((f"{size} {what}, the limit is {limit}" for what, size, limit in sizes if size > limit), "")


def _padded(size: int, first: int, factor: int) -> int:
    """The smallest of first, first * factor, first * factor^2, ... that is large enough: few shapes are compiled."""
    padded = first
    while padded < size:
        padded *= factor
    return padded


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
