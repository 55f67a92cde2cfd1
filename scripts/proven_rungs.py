"""What the rungs of proposers are worth by the exact engine: shared by `eval_proposers.py`.

A rung is right if p is proven to be a sum of squares on it: by the planted Gram matrix where it holds all of B*, else
by the search of the pipeline on that basis alone, whose certificate the checker has accepted. Rungs that do not cover
p, or on which a minor is negative (`nsos_jax.proofs.negative_minor`), cost nothing: no solver gets them. Else the cost
is that of `proposer_scores.py`.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Int
from proposer_scores import PORTFOLIO, Answers, holds_planted, lined_up, solve_cost

from nsos_jax.membership import CertifyOptions
from nsos_jax.membership.search import Search, Task
from nsos_jax.polynomials import Polynomial
from nsos_jax.proofs import GramSystem, UncoveredSupport
from nsos_jax.sampling import Planted

SECONDS = 10.0
"""For the search on one basis; what takes longer counts as not proven."""
TOGETHER = 64

Basis = Int[np.ndarray, "k n"]


class ProvenScore(NamedTuple):
    """One proposer on one draw."""

    refused: bool
    """On the first rung a minor is negative, or it does not cover p."""
    fails: bool
    """The first rung that is solved for is not right, or there is none."""
    cost: float
    """Over the cost at B*, without the complete basis."""
    unproven: bool
    """No rung is right."""


class _Climb:
    """The rungs of one proposer for one draw, and how far they were tried."""

    def __init__(self, draw: Planted, rungs: Sequence[Basis]) -> None:
        self.polynomial, self._waiting = draw.polynomial, iter(rungs)
        self._draw, self._tried, self._solved, self._spent = draw, 0, 0, 0.0
        self.right = self.fails = self.refused = False
        self.asked: Basis | None = None
        self._next()

    def answer(self, proven: bool, seen_at_once: bool) -> None:
        """What the search said of `asked`."""
        assert self.asked is not None
        self.refused |= seen_at_once and not self._tried
        self._count(proven, 0.0 if seen_at_once else solve_cost(self.polynomial, self.asked))

    def score(self) -> ProvenScore:
        cost = self._spent / solve_cost(self.polynomial, self._draw.basis)
        return ProvenScore(self.refused, self.fails or not self._solved, cost, not self.right)

    def _count(self, right: bool, cost: float) -> None:
        self._spent += cost
        self._tried += 1
        self._solved += cost > 0
        self.fails |= self._solved == 1 and not right
        self.right = right
        self.asked = None
        if not right:
            self._next()

    def _next(self) -> None:
        """Goes on to the next rung that has to be asked about, or to one that is known to be right."""
        self.asked = next(self._waiting, None)
        if self.asked is not None and holds_planted(self._draw, self.asked):
            self._count(True, solve_cost(self.polynomial, self.asked))


def prove_rungs(draws: Sequence[Planted], answers: Answers, ratio: float) -> dict[str, list[ProvenScore]]:
    """All proposers and the portfolio: one score for each draw."""
    names = [*answers, *([PORTFOLIO] if lined_up(answers, PORTFOLIO, 0, ratio) else [])]
    climbs = {name: [_Climb(draw, lined_up(answers, name, i, ratio)) for i, draw in enumerate(draws)] for name in names}
    known: dict[tuple[int, bytes], tuple[bool, bool]] = {}
    while True:
        open_climbs = [(i, c) for own in climbs.values() for i, c in enumerate(own) if c.asked is not None]
        if not open_climbs:
            return {name: [climb.score() for climb in own] for name, own in climbs.items()}
        asked = {_key(i, c.asked): (c.polynomial, c.asked) for i, c in open_climbs if _key(i, c.asked) not in known}
        known |= dict(zip(asked, prove(list(asked.values())), strict=True))
        for i, climb in open_climbs:
            climb.answer(*known[_key(i, climb.asked)])


def prove(asked: Sequence[tuple[Polynomial, Basis]]) -> Iterator[tuple[bool, bool]]:
    """For each basis whether p is proven on it, and whether that was decided without a solver."""
    for start in range(0, len(asked), TOGETHER):
        search = Search(CertifyOptions())
        tasks = []
        for polynomial, basis in asked[start : start + TOGETHER]:
            tasks.append(task := Task(polynomial, SECONDS))
            try:
                search.add(task, "", GramSystem.build(polynomial, basis, task.scaling))
            except UncoveredSupport:
                continue
        search.run()
        for task in tasks:
            if not task.proof:
                any(search.try_faces(candidate) for candidate in search.promising(task))
            yield bool(task.proof), not task.proof and all(own.index is None for own in task.candidates)


def _key(draw: int, basis: Basis) -> tuple[int, bytes]:
    return draw, basis[np.lexsort(basis.T)].tobytes()
