"""What proposers are worth on polynomials with a known basis B*, without a solver: shared by the scripts here.

A rung is a basis that a proposer suggests. It counts as right if it contains all of B*, for then p = z'Qz is possible
on it; a basis without some of B* may still do, so what is called insufficient here is an upper bound.

The cost of a rung is the sum of k^3 over the blocks (of k monomials) that `GramSystem` splits it into, and the cost of
a proposer is the sum over the rungs up to the first right one, smallest first. The pipeline runs them side by side with
a head start for the smaller ones, so it does better than this sum. Where no rung is right, the complete basis (half
Newton polytope, diagonal consistency) comes last; its cost is the mean over some draws of the family.
"""

import sys
import time
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Int

from nsos_jax.bases import DeadlineExceeded, TooLarge, blocks, covers
from nsos_jax.membership import CertifyOptions
from nsos_jax.polynomials import Polynomial, contained, same_monomials
from nsos_jax.proofs import complete_basis
from nsos_jax.proposers import LEARNED, RULES, Proposal, StepsAside, find_proposer, is_learned, pretrained
from nsos_jax.sampling import HELD_OUT_GROUPS, TRAINING_GROUPS, Family, Planted, Shape, sample_batch, to_planted
from nsos_jax.train.data import TEST, split_key

SHAPES = tuple(dict.fromkeys(group.shape for group in (*TRAINING_GROUPS, *HELD_OUT_GROUPS)))
BATCH = 20
"""Draws per call on the device: small enough for any shape, and always the same, so that each is compiled once."""
PORTFOLIO = "portfolio"
PORTFOLIO_ORDER = CertifyOptions().proposers
COMPLETE_SECONDS = 3.0
COMPLETE_POINTS = 20_000
COMPLETE_DRAWS = 10


Answers = dict[str, tuple[list[Proposal], list[bool]]]
"""By proposer, its proposals, and where it stepped aside, so that `peel` answered."""


class Score(NamedTuple):
    """One proposer on one draw."""

    first: int
    """Size of the first rung."""
    insufficient: bool
    exact: bool
    cost: float
    """Over the cost at B*, without the complete basis."""
    expansions: int
    """Rungs after the first, up to the first right one or to the last."""
    lost: bool
    """No rung is right."""
    rank: float
    """Length of the shortest prefix of the order that contains B*, over |B*|; infinite if there is none."""
    aside: bool
    """The proposer stepped aside, and `peel` answered."""


def available(weights: Path | None, own: Sequence[str] = ()) -> list[str]:
    """The rules, and the learned proposers that have weights, in the package or in a folder; says who is left out.

    With `own`, names or paths of weights, only these besides the rules.
    """
    if weights:
        pretrained.FOLDER = weights
    names = [*RULES]
    for name in own or LEARNED:
        try:
            find_proposer(name)
            names.append(name)
        except ValueError as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
    return names


def held_back(family: Family, count: int, split: int = TEST) -> list[Planted]:
    """Draws that no training sees (`nsos_jax.train.data` keeps the keys of the splits apart), as exact data."""
    fitting = [s for s in SHAPES if s.variables >= family.variables and s.size >= family.largest_size]
    shape = min(fitting, key=lambda s: s.terms * s.variables, default=_shape(family))
    key = jax.random.fold_in(split_key(0, split), zlib.crc32(repr(family).encode()) % 2**31)
    draws: list[Planted] = []
    while len(draws) < count:
        batch = jax.device_get(sample_batch(jax.random.fold_in(key, len(draws)), ((1.0, family),), shape, BATCH))
        batch = batch._replace(
            exponents=batch.exponents[..., : family.variables], basis=batch.basis[..., : family.variables]
        )
        draws += [to_planted(jax.tree.map(lambda values: values[i], batch)) for i in range(BATCH)]  # noqa: B023
    return draws[:count]


def proposals(name: str, polynomials: Sequence[Polynomial]) -> tuple[list[Proposal], list[bool]]:
    """The answers of a proposer, and where it stepped aside, so that `peel` answered."""
    answers = find_proposer(name).propose(polynomials)
    aside = [isinstance(answer, StepsAside) for answer in answers]
    peeled = iter(RULES["peel"].propose([p for p, left in zip(polynomials, aside, strict=True) if left]))
    return [next(peeled) if left else answer for answer, left in zip(answers, aside, strict=True)], aside


def solve_cost(polynomial: Polynomial, basis: Int[np.ndarray, "k n"]) -> float:
    """Sum of k^3 over the blocks; 0 for a basis that does not cover the support, which no solver gets."""
    return blocks.solve_cost(basis, polynomial.exponents) if covers(polynomial.exponents, basis) else 0.0


def complete_cost(draws: Sequence[Planted]) -> float:
    """Mean cost of the complete basis over that at B*; not a number where it cannot be listed quickly."""
    costs = []
    for polynomial, planted, _ in draws[:COMPLETE_DRAWS]:
        try:
            basis = complete_basis(polynomial, COMPLETE_POINTS, time.monotonic() + COMPLETE_SECONDS).basis
        except (TooLarge, DeadlineExceeded):
            return float("nan")
        costs.append(solve_cost(polynomial, basis) / solve_cost(polynomial, planted))
    return float(np.mean(costs))


def score(draw: Planted, proposal: Proposal, aside: bool, ratio: float, planted_cost: float) -> Score:
    """A proposer on its own."""
    rungs = proposal.rungs(ratio)
    cost, tried, lost = _climb(draw, rungs)
    first = rungs[0]
    return Score(
        len(first),
        not holds_planted(draw, first),
        same_monomials(first, draw.basis),
        cost / planted_cost,
        tried - 1,
        lost,
        coverage_rank(draw.basis, proposal.order),
        aside,
    )


def portfolio_score(draw: Planted, by_name: dict[str, Proposal], ratio: float, planted_cost: float) -> Score:
    """What the pipeline tries by default. `by_name` has the proposers that did not step aside."""
    rungs = _one_after_the_other(by_name, ratio)
    cost, tried, lost = _climb(draw, rungs)
    first = rungs[0]
    exact = same_monomials(first, draw.basis)
    rank = min(coverage_rank(draw.basis, proposal.order) for proposal in by_name.values())
    return Score(len(first), not holds_planted(draw, first), exact, cost / planted_cost, tried - 1, lost, rank, False)


def lined_up(answers: Answers, name: str, index: int, ratio: float) -> list[Int[np.ndarray, "k n"]]:
    """The rungs of a proposer, or of the portfolio, for one draw."""
    if name == PORTFOLIO:
        return _one_after_the_other(_portfolio(answers, index), ratio) if set(RULES) <= set(answers) else []
    return answers[name][0][index].rungs(ratio)


def _one_after_the_other(by_name: dict[str, Proposal], ratio: float) -> list[Int[np.ndarray, "k n"]]:
    """One proposer after the other, except for bases that lie in one that was tried in vain."""
    rungs = [basis for name, proposal in by_name.items() for basis in _rungs(name, proposal, ratio)]
    return [b for i, b in enumerate(rungs) if not any(contained(b, earlier).all() for earlier in rungs[:i])]


def _portfolio(answers: Answers, index: int) -> dict[str, Proposal]:
    """The proposals for one draw, in the order of the pipeline, of those that did not step aside."""
    present = [name for name in PORTFOLIO_ORDER if name in answers and not answers[name][1][index]]
    return {name: answers[name][0][index] for name in present}


def _rungs(name: str, proposal: Proposal, ratio: float) -> list[Int[np.ndarray, "k n"]]:
    """What the pipeline tries of a proposal: of rules the first rung only."""
    return proposal.rungs(ratio) if is_learned(name) else [proposal.order[: proposal.first]]


def needed(basis: Int[np.ndarray, "k n"], order: Int[np.ndarray, "c n"]) -> int:
    """Length of the shortest prefix of the order that contains the basis; 0 if there is none."""
    members = np.flatnonzero(contained(order, basis))
    return int(members[-1]) + 1 if len(members) == len(basis) else 0


def coverage_rank(basis: Int[np.ndarray, "k n"], order: Int[np.ndarray, "c n"]) -> float:
    """Length of the shortest prefix of the order that contains the basis, over its size; infinite if there is none.

    >>> line = np.arange(5)[:, None]
    >>> coverage_rank(line[1:3], line), coverage_rank(line, line[:4])
    (1.5, inf)
    """
    return needed(basis, order) / len(basis) or float("inf")


def ask(draws: Sequence[Planted], names: Sequence[str]) -> Answers:
    """The answers of all proposers."""
    return {name: proposals(name, [draw.polynomial for draw in draws]) for name in names}


def judge(draws: Sequence[Planted], names: Sequence[str], ratio: float = 1.5) -> dict[str, list[Score]]:
    """All proposers and, if both rules are among them, the portfolio: one score for each draw."""
    return judge_answers(draws, ask(draws, names), ratio)


def judge_answers(draws: Sequence[Planted], answers: Answers, ratio: float) -> dict[str, list[Score]]:
    """The same from their answers."""
    planted_costs = [solve_cost(draw.polynomial, draw.basis) for draw in draws]
    scores = {
        name: [score(*each, ratio, cost) for *each, cost in zip(draws, *answered, planted_costs, strict=True)]
        for name, answered in answers.items()
    }
    if set(RULES) <= set(answers):
        scores[PORTFOLIO] = [
            portfolio_score(draw, _portfolio(answers, i), ratio, cost)
            for i, (draw, cost) in enumerate(zip(draws, planted_costs, strict=True))
        ]
    return scores


def summary(draws: Sequence[Planted], scores: Sequence[Score], complete: float) -> dict[str, float]:
    """Means over the draws of a family; shares in per cent.

    `complete` is what `complete_cost` says; if that is not a number, `cost_at_least` says whether some draw needs it.
    """
    sizes = np.array([len(draw.basis) for draw in draws])
    columns = {
        name: np.array(values, float) for name, values in zip(Score._fields, zip(*scores, strict=True), strict=True)
    }
    lost, ranks = columns["lost"] > 0, columns["rank"]
    costs = columns["cost"] + np.where(lost, np.nan_to_num(complete), 0.0)
    return {
        "basis": float((columns["first"] / sizes).mean()),
        "insufficient": 100 * columns["insufficient"].mean(),
        "exact": 100 * columns["exact"].mean(),
        "cost": float(costs.mean()),
        "cost_at_least": bool(lost.any() and np.isnan(complete)),
        "lost": 100 * lost.mean(),
        "rank": float(ranks[np.isfinite(ranks)].mean()) if np.isfinite(ranks).any() else float("nan"),
        "aside": 100 * columns["aside"].mean(),
    }


def holds_planted(draw: Planted, basis: Int[np.ndarray, "k n"]) -> bool:
    """Whether a basis has all of B*."""
    return bool(contained(draw.basis, basis).all())


def _climb(draw: Planted, rungs: Sequence[Int[np.ndarray, "k n"]]) -> tuple[float, int, bool]:
    """The cost and number of all rungs up to the first right one, and whether none is."""
    cost = 0.0
    for tried, basis in enumerate(rungs, start=1):
        cost += solve_cost(draw.polynomial, basis)
        if holds_planted(draw, basis):
            return cost, tried, False
    return cost, len(rungs), True


def _shape(family: Family) -> Shape:
    """A shape for a family that is larger than all that are known."""
    size = family.largest_size
    return Shape(family.variables, size * (size + 1) // 2, size)
