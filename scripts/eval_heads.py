"""What the heads of a Gram-graph model are worth: `python scripts/eval_heads.py WEIGHTS [--draws 20] [--only TEXT]`.

On test draws of the small families of `search_bases.py`, means over the draws of a family:

- margin: the cost of a schedule, the sum of k^3 over the blocks of its rungs up to the first on which p is a sum of
  squares (the margin solver's word), over the cost at the planted basis; with rungs by independent chances of the
  candidates, and with rungs by the head. Then the Brier scores of both for "p is a sum of squares on this rung".
- cover: per cent of the planted Gram entries off the diagonal that the head finds at even odds; the cost of the cover
  by cliques of its pairs over that of term sparsity, on the planted basis; per cent of draws whose cover has them all.
- boundary: per cent of the draws in which the head is right that the margin on the planted basis is 0, and in which the
  more frequent answer would be.
"""

import argparse
import statistics
from collections.abc import Sequence
from functools import partial
from itertools import accumulate

import jax
import numpy as np
import proposer_scores as scores
from flax import nnx
from search_bases import SMALL, margins
from tables import count, make_console, make_table, short_name

from nsos_jax.bases import cliques_of_neighbours, covers
from nsos_jax.proposers import NEEDED, Proposal
from nsos_jax.proposers.candidates import candidates, matched, pair_features
from nsos_jax.proposers.gram_graph.model import GramGraphTransformer
from nsos_jax.proposers.gram_graph.proposer import GramGraphProposer
from nsos_jax.proposers.padding import pad_polynomials
from nsos_jax.proposers.pretrained import find_weights
from nsos_jax.sampling import Planted
from nsos_jax.train.data import TEST
from nsos_jax.train.gram_task import judged_pairs

PLACES = 224
"""For candidates."""
HEADERS = (
    "cost\nchances",
    "cost\nmargin",
    "Brier\nchances",
    "Brier\nmargin",
    "entries\nfound %",
    "cover cost\nover terms'",
    "cover\nholds %",
    "boundary\nright %",
    "frequent\nanswer %",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", help="a name or the path of weights")
    parser.add_argument("--draws", type=count, default=20, help="per family (default 20)")
    parser.add_argument("--only", default="", metavar="TEXT", help="families with this in their name")
    options = parser.parse_args()
    model, card = find_weights(options.weights)
    table = make_table(f"Heads of {options.weights}", "family", *HEADERS)
    rows = []
    for family in SMALL:
        if options.only in family.name:
            draws = scores.held_back(family, options.draws, TEST)
            rows.append([*schedules(GramGraphProposer(model, card.threshold), draws), *graph_heads(model, draws)])
            table.add_row(short_name(family.name), *(f"{value:.3g}" for value in rows[-1]))
    table.add_row("mean of families", *(f"{np.nanmean(column):.3g}" for column in zip(*rows, strict=True)))
    make_console().print(table)


def schedules(proposer: GramGraphProposer, draws: Sequence[Planted]) -> list[float]:
    """Costs and Brier scores, by chances and by the head."""
    costs: list[list[float]] = [[], []]
    errors: list[list[float]] = [[], []]
    for draw, proposal in zip(draws, proposer.propose([draw.polynomial for draw in draws]), strict=True):
        if not isinstance(proposal, Proposal):
            continue
        for way, own in enumerate((proposal._replace(works=None), proposal)):
            rungs = [rung for rung in own.rungs() if covers(draw.polynomial.exponents, rung)]
            works = [bool(holds) for holds, _ in margins([(draw.polynomial, rung) for rung in rungs])]
            tried = works.index(True) + 1 if any(works) else len(works)
            cost = sum(scores.solve_cost(draw.polynomial, rung) for rung in rungs[:tried])
            costs[way].append(cost / scores.solve_cost(draw.polynomial, draw.basis))
            errors[way] += [(_chance(own, len(rung)) - holds) ** 2 for rung, holds in zip(rungs, works, strict=True)]
    return [statistics.mean(values) if values else float("nan") for values in (*costs, *errors)]


def _chance(proposal: Proposal, size: int) -> float:
    """That a prefix works, as the schedule sees it."""
    if proposal.works is not None:
        return list(accumulate(proposal.works, max))[size - 1]
    return 1.0 if proposal.chances is None else float(np.prod(1 - NEEDED * proposal.chances[size:]))


def graph_heads(model: GramGraphTransformer, draws: Sequence[Planted]) -> list[float]:
    """What is said of pairs and of the polynomials; not a number where the model has no such head."""
    padded = pad_polynomials([draw.polynomial for draw in draws])
    pairs, boundary, places = ask(model, padded.exponents, padded.coefficients, [draw.basis for draw in draws])
    found, costs, holds = [], [], []
    for draw, linked, place in zip(draws, pairs, places, strict=True) if pairs is not None else ():
        i, j = np.nonzero(np.triu(draw.gram, 1))
        known = (place >= 0).all()
        own = linked[np.ix_(place, place)] if known else np.zeros_like(draw.gram, bool)
        hit = own[i, j]
        found.append(hit.mean() if len(hit) else 1.0)
        holds.append(bool(hit.all()))
        products = draw.basis[:, None] + draw.basis
        is_term = (products[:, :, None] == draw.polynomial.exponents).all(-1).any(-1)
        costs.append(_cover_cost(own) / _cover_cost(is_term))
    truths = [zero for _, zero in margins([(draw.polynomial, draw.basis) for draw in draws])]
    known = (
        [(zero, said > 0) for zero, said in zip(truths, boundary, strict=True) if zero is not None]
        if boundary is not None
        else []
    )
    right = 100 * float(np.mean([zero == said for zero, said in known])) if known else float("nan")
    share = float(np.mean([bool(zero) for zero, _ in known])) if known else float("nan")
    middle = [float(np.mean(values)) if values else float("nan") for values in (found, costs, holds)]
    return [100 * middle[0], middle[1], 100 * middle[2], right, 100 * max(share, 1 - share)]


def _cover_cost(linked: np.ndarray) -> float:
    cliques = cliques_of_neighbours([np.flatnonzero(row).tolist() for row in linked | linked.T])
    return float(sum(len(clique) ** 3 for clique in cliques))


def ask(
    model: GramGraphTransformer, exponents: np.ndarray, coefficients: np.ndarray, bases: Sequence[np.ndarray]
) -> tuple[np.ndarray | None, np.ndarray | None, list[np.ndarray]]:
    """Linked pairs of candidates, logits of the boundary, and the candidates that members of the bases are, or -1."""
    size = max(map(len, bases))
    rows = np.zeros((len(bases), size, exponents.shape[-1]), np.int32)
    for row, basis in zip(rows, bases, strict=True):
        row[: len(basis), : basis.shape[1]] = basis
    real = np.arange(size) < np.array([[len(basis)] for basis in bases])
    pairs, boundary, members = jax.device_get(_ask(model, exponents, coefficients, rows, real))
    places = [np.where(own.any(0), own.argmax(0), -1)[: len(basis)] for own, basis in zip(members, bases, strict=True)]
    return pairs, boundary, places


@nnx.jit
def _ask(
    model: GramGraphTransformer, exponents: jax.Array, coefficients: jax.Array, bases: jax.Array, real: jax.Array
) -> tuple[jax.Array | None, jax.Array | None, jax.Array]:
    found = jax.vmap(partial(candidates, size=PLACES))(exponents, coefficients)
    pairs = jax.vmap(pair_features)(exponents, coefficients, found)
    reading = model.read(pairs, found.valid)
    linked = None if model.cover is None else (model.cover(reading) > 0) & judged_pairs(pairs)
    linked = None if linked is None else linked | linked.mT
    boundary = None if model.boundary is None else model.boundary(reading)
    return linked, boundary, jax.vmap(matched)(found, bases, real)


if __name__ == "__main__":
    main()
