"""What the learned proposers share: polynomials of one padded shape are looked at together, on the device."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Int32
from scipy.special import expit

from nsos_jax.bases import even_support
from nsos_jax.polynomials import Polynomial
from nsos_jax.proposers.padding import PaddedPolynomials, pad_polynomials
from nsos_jax.proposers.proposal import Proposal, StepsAside, scored_proposal

ADDED_SHARE = 8
"""One place in this many is kept for candidates that D lacks."""
SCORE_DECIMALS = 3
"""Scores are rounded to these, so that what else is in the batch seldom changes the order of the candidates."""
EXPONENTS = 1 << 26
"""Exponents of one batch on the device."""
OUT_OF_MEMORY = (MemoryError, jax.errors.JaxRuntimeError)


class Scored(NamedTuple):
    """What a model says of N candidates of each polynomial."""

    exponents: Int32[Array, "B N n"]
    valid: Bool[Array, "B N"]
    scores: Float[Array, "B N"]
    works: Float[Array, "B N"] | None = None
    """Chances that p is a sum of squares on the best 1, 2, ... of them, from models that know."""


class Ranked(NamedTuple):
    """Candidates of one polynomial by descending score."""

    pool: Int[np.ndarray, "k n"]
    chances: Float[np.ndarray, " k"]
    works: Float[np.ndarray, " k"] | None = None
    """Chances that p is a sum of squares on the first 1, 2, ... of them."""


class LearnedProposer(ABC):
    """Scores candidates; a candidate is needed with the probability sigmoid((score - threshold) / temperature).

    `threshold` is that of the model card, where most predictions of the validation split are exact; `temperature` is to
    make the schedules of the proposals cheap on draws of that split.
    """

    name: str
    temperature: float
    max_candidates: int
    max_terms: int
    terms_factor: int
    """Terms are padded to 64 times a power of this."""
    spares_padding = True
    """Whether smaller batches are faster than one that is half padding."""

    def __init__(self, model: Any, threshold: float, name: str = "") -> None:
        self.model, self.threshold, self.name = model, threshold, name or self.name
        self.compiled: set[tuple[int, ...]] = set()
        """Shapes, as `shape` says them."""

    @abstractmethod
    def score(self, padded: PaddedPolynomials, places: int) -> Scored:
        """The scores of up to `places` candidates of each polynomial of a batch."""

    @abstractmethod
    def most_together(self, terms: int, places: int) -> int:
        """How many polynomials of a padded shape the device should be given at once."""

    @abstractmethod
    def misfit(self, polynomial: Polynomial) -> str:
        """Why the model cannot read a polynomial, whatever its size; empty if it can."""

    def propose(self, polynomials: Sequence[Polynomial]) -> list[Proposal | StepsAside]:
        """What `scored_proposal` makes of the ranked candidates."""
        ranked = zip(polynomials, self.rank(polynomials), strict=True)
        return [r if isinstance(r, StepsAside) else scored_proposal(p, *r) for p, r in ranked]

    def rank(self, polynomials: Sequence[Polynomial]) -> list[Ranked | StepsAside]:
        """The candidates of each polynomial, before any repair."""
        answers: list[Ranked | StepsAside] = []
        groups: dict[tuple[int, int, int], list[int]] = {}
        for index, p in enumerate(polynomials):
            misfit = self.oversize(p) or self.misfit(p)
            answers.append(StepsAside(misfit))
            if not misfit:
                groups.setdefault(self.shape(p), []).append(index)
        for shape, members in groups.items():
            for index, answer in zip(members, self._rank_alike([polynomials[i] for i in members], shape), strict=True):
                answers[index] = answer
            self.compiled.add(shape)
        return answers

    def shape(self, polynomial: Polynomial) -> tuple[int, int, int]:
        """Padded numbers of terms, variables and candidates: what is compiled depends on these, and on the batch."""
        terms = padded_size(polynomial.num_terms, 64, self.terms_factor)
        return terms, padded_size(polynomial.num_variables, 8, 4), padded_size(room(polynomial), 32, 2)

    def is_ready(self, polynomials: Sequence[Polynomial]) -> bool:
        """Whether polynomials of these shapes were ranked before, in whatever batches."""
        return all(self.shape(polynomial) in self.compiled for polynomial in polynomials)

    def _rank_alike(self, polynomials: Sequence[Polynomial], shape: tuple[int, int, int]) -> list[Ranked | StepsAside]:
        """The same for polynomials of one padded shape; where memory runs out, fewer at a time are tried."""
        terms, variables, places = shape
        most = min(self.most_together(terms, places), EXPONENTS // (terms * variables))
        batch = padded_size(len(polynomials), 1, 4)
        size = padded_size(max(most, 1) + 1, 1, 4) // 4
        if self.spares_padding and 1 < 2 * len(polynomials) <= batch:
            size = min(size, batch // 4)
        if len(polynomials) > size:
            parts = [polynomials[start : start + size] for start in range(0, len(polynomials), size)]
            return [answer for part in parts for answer in self._rank_alike(part, shape)]
        try:
            padded = pad_polynomials(polynomials, terms, variables, batch)
            exponents, valid, scores, works = jax.device_get(self.score(padded, places))
        except OUT_OF_MEMORY:
            if len(polynomials) == 1:
                return [StepsAside("out of memory")]
            half = len(polynomials) // 2
            return [*self._rank_alike(polynomials[:half], shape), *self._rank_alike(polynomials[half:], shape)]
        return [
            self.ranked(exponents[i, own][:, : p.num_variables], scores[i, own], works if works is None else works[i])
            for i, (p, own) in enumerate(zip(polynomials, valid, strict=False))
        ]

    def ranked(
        self,
        pool: Int[np.ndarray, "k n"],
        scores: Float[np.ndarray, " k"],
        works: Float[np.ndarray, " N"] | None = None,
    ) -> Ranked:
        """The candidates by descending score; `works` is of the prefixes of that order."""
        rounded = np.round(scores.astype(np.float64), SCORE_DECIMALS)
        best = np.argsort(-rounded, kind="stable")
        chances = expit((rounded[best] - self.threshold) / self.temperature)
        return Ranked(pool[best], chances, works if works is None else works[: len(pool)].astype(np.float64))

    def oversize(self, polynomial: Polynomial) -> str:
        """Which limit a polynomial is beyond; empty if none."""
        sizes = (
            ("candidates", room(polynomial), self.max_candidates),
            ("terms", polynomial.num_terms, self.max_terms),
        )
        return next((f"{size} {what}, the limit is {limit}" for what, size, limit in sizes if size > limit), "")


def padded_size(size: int, first: int, factor: int) -> int:
    """The smallest of first, first * factor, first * factor^2, ... that is large enough: few shapes are compiled."""
    padded = first
    while padded < size:
        padded *= factor
    return padded


def room(polynomial: Polynomial) -> int:
    """Places for D and some more candidates."""
    count = len(even_support(polynomial.exponents))
    return count + count // ADDED_SHARE + 2
