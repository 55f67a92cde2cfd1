"""How good a proposer is on held-back polynomials: coverage rank, exact and insufficient predictions, per family."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from nsos_jax.sampling import Family
from nsos_jax.train.data import BucketStream, held_back_draws
from nsos_jax.train.step import Trainer
from nsos_jax.train.task import Judged


class Outcomes(NamedTuple):
    """What decides every number below, for E polynomials."""

    rank: Int[np.ndarray, " E"]
    """Coverage rank: the shortest prefix of the candidates, by descending score, that has all labelled members; of
    equal scores, members come last."""
    members: Int[np.ndarray, " E"]
    """|B*|."""
    candidates: Int[np.ndarray, " E"]
    missing: Int[np.ndarray, " E"]
    """Members that are no candidates: no prefix has them."""
    last_member: Float[np.ndarray, " E"]
    """Smallest score of a member, infinite if there is none."""
    first_other: Float[np.ndarray, " E"]
    """Largest score of a candidate that is no member, minus infinity if there is none."""


@dataclass(frozen=True)
class Scores:
    """Means over the polynomials of one family, or of all."""

    coverage_rank: float
    """Coverage rank over |B*|, at best 1; over the polynomials whose members are all candidates."""
    candidates: float
    """All candidates over |B*|: what the order is worth nothing against."""
    exact: float
    """Share of predictions (score >= threshold) that are B* itself."""
    insufficient: float
    """Share of predictions that lack a member."""
    missing: float
    """Share of polynomials with a member that is no candidate; these are insufficient too."""
    examples: int


@dataclass(frozen=True)
class Evaluation:
    """Scores by family, their mean over families, and the threshold that was used."""

    threshold: float
    mean: Scores
    families: dict[str, Scores]

    def as_json(self) -> dict[str, Any]:
        """Plain numbers, rounded to 5 digits; None for what is not a number."""
        rounded = {name: _rounded(scores) for name, scores in self.families.items()}
        return {"threshold": self.threshold, "mean": _rounded(self.mean), "families": rounded}


def outcomes(judged: Judged) -> Outcomes:
    """The numbers that matter, from scores and labels."""
    scores, labels, valid, missing = map(np.asarray, judged)
    labels = labels & valid
    last = np.where(labels, scores, np.inf).min(-1)
    first = np.where(valid & ~labels, scores, -np.inf).max(-1)
    rank = (valid & (scores >= last[:, None])).sum(-1)
    return Outcomes(rank, labels.sum(-1) + missing, valid.sum(-1), missing, last, first)


def best_threshold(found: Outcomes) -> float:
    """The threshold with the most exact predictions, in the middle of its range; 0 if no threshold has any.

    A prediction is exact for thresholds in (first_other, last_member], so this is the most covered point.

    >>> def made(last, first):
    ...     zeros = np.zeros(len(last), int)
    ...     return Outcomes(zeros, zeros + 1, zeros, zeros, np.array(last), np.array(first))
    >>> best_threshold(made([3.0, 2.0, -5.0], [0.0, 1.0, -6.0]))
    1.5
    """
    possible = (found.first_other < found.last_member) & (found.missing == 0) & np.isfinite(found.last_member)
    if not possible.any():
        return 0.0
    lows, highs = np.sort(found.first_other[possible]), np.sort(found.last_member[possible])
    exact = np.searchsorted(lows, highs, "left") - np.arange(len(highs))
    high = highs[exact.argmax()]
    low = lows[np.searchsorted(lows, high, "left") - 1]
    return float((low + high) / 2) if np.isfinite(low) else float(high)


def summarise(found: Outcomes, threshold: float) -> Scores:
    """Means over polynomials at a threshold."""
    complete = (found.missing == 0) & (found.members > 0)
    covered = complete & (found.last_member >= threshold)
    ratio = found.rank[complete] / found.members[complete]
    return Scores(
        coverage_rank=float(ratio.mean()) if complete.any() else float("nan"),
        candidates=float((found.candidates / np.maximum(found.members, 1)).mean()),
        exact=float((covered & (found.first_other < threshold)).mean()),
        insufficient=float(1 - covered.mean()),
        missing=float((found.missing > 0).mean()),
        examples=len(found.rank),
    )


class Evaluator:
    """Judges parameters on held-back draws of every family of some buckets."""

    def __init__(self, trainer: Trainer, streams: Sequence[BucketStream], examples: int) -> None:
        self._trainer, self._streams, self._examples = trainer, streams, examples

    def __call__(self, parameters: Any, split: int, threshold: float | None = None) -> Evaluation:
        """Scores on a split; without a threshold at the one that is best there."""
        found = {
            family.name: self._family(parameters, stream, family, split)
            for stream in self._streams
            for _, family in stream.bucket.mixture
        }
        if threshold is None:
            threshold = best_threshold(_join(list(found.values())))
        families = {name: summarise(each, threshold) for name, each in found.items()}
        return Evaluation(threshold, _mean(list(families.values())), families)

    def _family(self, parameters: Any, stream: BucketStream, family: Family, split: int) -> Outcomes:
        parts = [
            self._trainer.judge(parameters, stream.make(held_back_draws(stream.bucket, family, split, first)))
            for first in range(0, self._examples, stream.batch)
        ]
        return Outcomes(*(column[: self._examples] for column in _join([outcomes(Judged(*part)) for part in parts])))


def table(evaluation: Evaluation) -> str:
    """The scores as text, the worst coverage rank first."""
    rows = sorted(evaluation.families.items(), key=lambda item: -item[1].coverage_rank)
    wide = max(len(name) for name, _ in [*rows, ("family", None)])
    lines = [f"{'family':{wide}}  rank/|B*|  cand/|B*|  exact %  insuff %  missing %"]
    for name, s in [*rows, ("mean of families", evaluation.mean)]:
        shares = f"{100 * s.exact:7.1f}  {100 * s.insufficient:8.1f}  {100 * s.missing:9.1f}"
        lines.append(f"{name:{wide}}  {s.coverage_rank:9.4f}  {s.candidates:9.3f}  {shares}")
    return "\n".join(lines)


def _join(parts: list[Outcomes]) -> Outcomes:
    return Outcomes(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _mean(scores: list[Scores]) -> Scores:
    rows = [asdict(each) for each in scores]
    total = sum(row.pop("examples") for row in rows)
    return Scores(**{name: float(np.nanmean([row[name] for row in rows])) for name in rows[0]}, examples=total)


def _rounded(scores: Scores) -> dict[str, float | None]:
    return {name: round(value, 5) if math.isfinite(value) else None for name, value in asdict(scores).items()}
