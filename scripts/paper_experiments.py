"""The paper's experiments that need no training: `python scripts/paper_experiments.py EXPERIMENT [--quick]`.

    exp1  basis size and seconds by structure        exp2  predictions at degree 20 before repair
    exp3  predictions with and without repair        exp4  large scale, beside other solvers
    d1    the price of proposals where p is not SOS  d2    permutations of the variables (`sequence`)
    d3    growth ratio of the expansion schedule     d6    lower bounds of the basis size
    d7    out of distribution                        (D.5 is in `paper_d5.py`)

"Neural Sum-of-Squares", ICLR 2026. The paper's numbers stand beside ours as far as its text has them: most of its
tables lost theirs in the copy that this was written from. Its seconds are from 16 cores of a Xeon Gold 6246, an A40 and
MOSEK, on the clock; ours are processor seconds of this machine. It trains a model for each number of variables and
degree (D.7: one is tried on others), ours is one for all. The draws are ours, by its recipe, from seeds that no
training uses.

Exact, superset and insufficient compare a basis with the planted one. "Right" means that it contains that one, where
the paper asks a solver, which can only agree more often. `proposer_scores.py` defines the cost.
"""

import argparse
import statistics
from collections.abc import Callable, Sequence
from functools import cache, lru_cache, partial

import numpy as np
import proposer_scores as scores
from paper_numbers import OOD, OOD_CELLS, RAW, REPAIRED
from paper_setting import Setting, draws_for
from paper_timings import d1, exp1, exp4, spend
from rich.table import Table
from rows import Row, Rows
from tables import count, folder, make_console, make_table, output_file, short_name

from nsos_jax.bases import Run, combinatorial_bound, even_support, fit_ratio, peel, vertex_bound
from nsos_jax.polynomials import Polynomial, contained
from nsos_jax.proposers import LEARNED, RULES, Proposal, StepsAside, count_likely, find_proposer, scored_proposal
from nsos_jax.proposers.learned import LearnedProposer
from nsos_jax.proposers.sequence.proposer import SequenceProposer
from nsos_jax.sampling import CANCELLED, CROWDED, GRIDS, SPREAD, STRUCTURES, Family, Planted, Structure

held_back = lru_cache(32)(scores.held_back)  # for all proposers
RATIOS = (1.1, 1.25, 1.5, 2.0, 3.0)
PERMUTATIONS = (1, 2, 4, 8)
DEGREE_20 = ((6, 20, 30), (6, 20, 60), (8, 20, 30))
"""Cells of experiments 2 and 3: variables, degree, average size of the basis."""
TIMED = 5
"""Draws whose predictions are timed."""


def exp2(setting: Setting) -> Table:
    """Predictions as the proposers make them, before the repair of coverage."""
    return _predictions(setting, "2: predictions at degree 20, no repair", ("none",))


def exp3(setting: Setting) -> Table:
    """The same, and what is made of them by greedy repair, by permutations of the variables (`sequence`; the others do
    not depend on the order of the variables), and by both."""
    repairs = ("none", "greedy", "permutations", "both")
    return _predictions(setting, "3: predictions at degree 20 and their repair", repairs)


def _predictions(setting: Setting, title: str, repairs: Sequence[str]) -> Table:
    cells = DEGREE_20[:1] if setting.quick else DEGREE_20
    table = make_table(title, "structure", "proposer", "repair", "exact %", "superset %", "insufficient %")
    for structure in STRUCTURES:
        exact, insufficient = RAW[structure]
        table.add_row(structure, "paper", "none", f"{exact}", f"{100 - exact - insufficient}", f"{insufficient}")
        if "both" in repairs:
            table.add_row(structure, "paper", "both", "", "", f"{REPAIRED[structure]}")
        for name in setting.names:
            seen = draws_for(name, setting.draws)
            key = {"cells": list(map(list, cells)), "structure": structure, "proposer": name, "draws": seen}
            row = setting.rows.get(key, partial(_outcomes, cells, structure, name, seen))
            for repair in (repair for repair in repairs if repair in row):
                table.add_row(structure, name, repair, *(f"{share:.1f}" for share in row[repair].values()))
        table.add_section()
    return table


def _outcomes(cells: Sequence[tuple[int, int, int]], structure: Structure, name: str, count: int) -> Row:
    """Shares of the outcomes by what is done to the predictions, the same number of draws from each cell."""
    families = (Family(*cell, structure, size_spread=SPREAD) for cell in cells)
    draws = [draw for family in families for draw in held_back(family, count)]
    bases = predictions(name, [draw.polynomial for draw in draws])
    return {repair: outcome_shares(draws, found) for repair, found in bases.items()}


def predictions(name: str, polynomials: Sequence[Polynomial]) -> dict[str, list[np.ndarray]]:
    """The bases that a proposer predicts, by what is done to them; empty ones where it steps aside."""
    if name in RULES:
        raw = {"peel": _peeled, "even_support": even_support}[name]
        repaired = [a.order[: a.first] for a in scores.proposals(name, polynomials)[0]]
        return {"none": [raw(p.exponents) for p in polynomials], "greedy": repaired}
    proposer = find_proposer(name)
    assert isinstance(proposer, LearnedProposer)
    if not isinstance(proposer, SequenceProposer):
        return dict(zip(("none", "greedy"), _learned(proposer, polynomials), strict=True))
    alone = SequenceProposer(proposer.model, proposer.threshold, permutations=1)
    kinds = ("none", "greedy", "permutations", "both")
    return dict(zip(kinds, (*_learned(alone, polynomials), *_learned(proposer, polynomials)), strict=True))


def _peeled(support: np.ndarray) -> np.ndarray:
    order, kept = peel(support)
    return order[:kept]


def _learned(proposer: LearnedProposer, polynomials: Sequence[Polynomial]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The candidates above the threshold, and these with coverage repaired."""
    raw, repaired = [], []
    for p, ranked in zip(polynomials, proposer.rank(polynomials), strict=True):
        if isinstance(ranked, StepsAside):
            proposal, likely = ranked, p.exponents[:0]
        else:
            proposal, likely = scored_proposal(p, *ranked), ranked.pool[: count_likely(ranked.chances)]
        raw.append(likely)
        repaired.append(p.exponents[:0] if isinstance(proposal, StepsAside) else proposal.order[: proposal.likely])
    return raw, repaired


def outcome_shares(draws: Sequence[Planted], bases: Sequence[np.ndarray]) -> dict[str, float]:
    """Per cent of exact predictions, of supersets, and of insufficient ones."""
    counts = dict.fromkeys(("exact", "superset", "insufficient"), 0.0)
    for draw, basis in zip(draws, bases, strict=True):
        right = contained(draw.basis, basis).all()
        counts["insufficient" if not right else "exact" if len(basis) == len(draw.basis) else "superset"] += 1
    return {name: 100 * count / len(draws) for name, count in counts.items()}


def d2(setting: Setting) -> Table:
    """How many permutations of the variables vote in the sequence model (L): predictions before and after repair, and
    seconds. `gram_graph` has none, as it does not depend on the order of the variables."""
    headers = "L", "raw exact %", "raw insufficient %", "repaired exact %", "insufficient %", "processor s"
    table = make_table("D.2: permutations, in the six configurations of the paper", "family", *headers)
    for family in GRIDS["permutation"][:: 3 if setting.quick else 1]:
        for votes in PERMUTATIONS:
            seen = draws_for("sequence", setting.draws)
            key = {"family": family.name, "L": votes, "draws": seen}
            row = setting.rows.get(key, partial(_voted, family, votes, seen))
            raw, repaired = row["raw"], row["repaired"]
            shares = raw["exact"], raw["insufficient"], repaired["exact"], repaired["insufficient"]
            cells = (f"{share:.1f}" for share in shares)
            table.add_row(short_name(family.name), f"{votes}", *cells, f"{row['seconds']:.3f}")
        table.add_section()
    return table


def _voted(family: Family, permutations: int, count: int) -> Row:
    """Shares of the outcomes before and after repair, and processor seconds of a prediction."""
    proposer = find_proposer("sequence")
    assert isinstance(proposer, SequenceProposer)
    voting = SequenceProposer(proposer.model, proposer.threshold, permutations=permutations)
    draws = held_back(family, count)
    polynomials = [draw.polynomial for draw in draws]
    seconds, _ = spend(partial(_learned, voting, polynomials[:TIMED]))
    raw, repaired = (outcome_shares(draws, bases) for bases in _learned(voting, polynomials))
    return {"raw": raw, "repaired": repaired, "seconds": seconds / len(polynomials[:TIMED])}


def d3(setting: Setting) -> Table:
    """Growth ratios in families where first rungs often fail, and the ratio that is best for each proposer (Theorem 8)
    beside the schedule of least expected cost, which needs chances instead of a ratio."""
    families = (*CROWDED, *CANCELLED[:4], *GRIDS["permutation"])[:: 5 if setting.quick else 1]
    table = make_table("D.3: growth ratio (the paper: little effect, smaller ones slightly better)", "ratio")
    found = {}
    for name in setting.names:
        seen = draws_for(name, setting.draws)
        key = {"proposer": name, "families": len(families), "draws": seen}
        found[name] = setting.rows.get(key, partial(_schedules, families, name, seen))
        table.add_column(f"{name}\nexpansions cost", justify="right")
    fitted = ", ".join(f"{row['ratio']:.2f}" for row in found.values())
    for kind in (*map(str, RATIOS), "fitted", "by chances"):
        costs = (row.get(kind) for row in found.values())
        cells = (f"{cost['expansions']:10.3f} {cost['cost']:.3f}" if cost else "" for cost in costs)
        table.add_row(f"fitted: {fitted}" if kind == "fitted" else kind, *cells)
    return table


def _schedules(families: Sequence[Family], name: str, count: int) -> Row:
    """Means by schedule, and the fitted ratio, of the draws whose planted basis is in the order."""
    draws = [draw for family in families for draw in held_back(family, count)]
    answers, _ = scores.proposals(name, [draw.polynomial for draw in draws])
    needed = [scores.needed(draw.basis, answer.order) for draw, answer in zip(draws, answers, strict=True)]
    known = [each for each in zip(draws, answers, needed, strict=True) if each[2]]
    ratio = fit_ratio(Run(answer.likely, most, len(answer.order)) for _, answer, most in known)
    climbs = [climb(*each, ratio, by_chances=name in LEARNED) for each in known]
    means = {kind: np.mean([each[kind] for each in climbs], axis=0).tolist() for kind in climbs[0]}
    return {"ratio": ratio} | {
        kind: dict(zip(("expansions", "cost"), mean, strict=True)) for kind, mean in means.items()
    }


def climb(draw: Planted, answer: Proposal, needed: int, ratio: float, by_chances: bool) -> dict[str, tuple[int, float]]:
    """By schedule: rungs after the first until one has the `needed` monomials, and the cost of all over that at B*."""
    cost = cache(lambda size: scores.solve_cost(draw.polynomial, answer.order[:size]))
    growing = answer._replace(first=answer.likely, chances=None)
    rungs = {f"{each}": growing.rungs(each) for each in RATIOS} | {"fitted": growing.rungs(ratio)}
    if by_chances:
        rungs["by chances"] = answer.rungs()
    found = {}
    for kind, bases in rungs.items():
        tried = sum(len(basis) < needed for basis in bases)
        total = sum(cost(len(basis)) for basis in bases[: tried + 1])
        found[kind] = tried, total / scores.solve_cost(draw.polynomial, draw.basis)
    return found


def d6(setting: Setting) -> Table:
    """How near the planted basis is to the bounds by vertices (Lemma 7) and by counting products (Lemma 6)."""
    cells = ((4, 6, 20), (6, 12, 30)) if setting.quick else ((4, 6, 20), (6, 12, 20), (6, 12, 30), (6, 12, 60))
    columns = "structure", "|B*|", "vertices", "products", "gap", "tight %", "|B*|/vertices", "|B*|/products"
    table = make_table("D.6: lower bounds (the paper: vertices nearly tight)", "n, d, m", *columns)
    for cell in cells:
        for structure in STRUCTURES:
            key = {"cell": list(cell), "structure": structure, "draws": setting.draws}
            row = setting.rows.get(key, partial(_bounds, Family(*cell, structure, size_spread=SPREAD), setting.draws))
            means = (f"{row[column]:.1f}" for column in ("planted", "vertices", "products", "gap", "tight"))
            ratios = (f"{row[column]:.2f}" for column in ("over vertices", "over products"))
            table.add_row(f"{cell}"[1:-1], structure, *means, *ratios)
        table.add_section()
    return table


def _bounds(family: Family, count: int) -> Row:
    """Mean sizes, bounds, gaps and ratios; "tight" is the share of draws whose basis has no more than the vertices."""
    draws = scores.held_back(family, count)
    sizes = np.array([len(draw.basis) for draw in draws])
    vertices = np.array([vertex_bound(draw.polynomial.exponents) for draw in draws])
    products = np.array([combinatorial_bound(draw.polynomial.num_terms) for draw in draws])
    columns = {
        "planted": sizes,
        "vertices": vertices,
        "products": products,
        "gap": sizes - vertices,
        "tight": 100 * (sizes == vertices),
        "over vertices": sizes / vertices,
        "over products": sizes / products,
    }
    return {name: float(column.mean()) for name, column in columns.items()}


def d7(setting: Setting) -> Table:
    """Other degrees, sizes and structures than those of the training; for ours they lie within its range."""
    headers = [f"{name}\nfirst any" for name in setting.names]
    papers = "paper, from\ndense", "paper, from\nsparse"
    title = "D.7: right with the first rung, with any, %; the paper's models: after repair"
    table = make_table(title, "structure", "degree", "m", *headers, *papers)
    for structure in STRUCTURES:
        for index, (degree, size) in enumerate(OOD_CELLS):
            if setting.quick and index % 5:
                continue
            shares = [_generalises(setting, structure, degree, size, name) for name in setting.names]
            theirs = [f"{column[index]}" for column in OOD.get(structure, ())]
            cells = [f"{row['first']:5.1f} {row['any']:5.1f}" for row in shares]
            table.add_row(structure, f"{degree}", f"{size}", *cells, *theirs)
        table.add_section()
    return table


def _generalises(setting: Setting, structure: Structure, degree: int, size: int, name: str) -> Row:
    """Per cent of the draws whose first rung holds the planted basis, and those where some rung does."""
    seen = draws_for(name, setting.draws)

    def measure() -> Row:
        draws = held_back(Family(6, degree, size, structure, size_spread=SPREAD), seen)
        answers, _ = scores.proposals(name, [draw.polynomial for draw in draws])
        needed = [scores.needed(draw.basis, answer.order) for draw, answer in zip(draws, answers, strict=True)]
        first = [0 < most <= len(answer.rungs()[0]) for most, answer in zip(needed, answers, strict=True)]
        return {"first": 100 * statistics.mean(first), "any": 100 * statistics.mean(most > 0 for most in needed)}

    key = {"structure": structure, "degree": degree, "m": size, "proposer": name, "draws": seen}
    return setting.rows.get(key, measure)


EXPERIMENTS: dict[str, Callable[[Setting], Table]] = {
    "exp1": exp1,
    "exp2": exp2,
    "exp3": exp3,
    "exp4": exp4,
    "d1": d1,
    "d2": d2,
    "d3": d3,
    "d6": d6,
    "d7": d7,
}
DRAWS, QUICK_DRAWS = 500, 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experiment", choices=EXPERIMENTS)
    parser.add_argument("--draws", type=count, help=f"per family (default {DRAWS}, with --quick {QUICK_DRAWS})")
    parser.add_argument("--quick", action="store_true", help="fewer families and draws: minutes on a CPU")
    parser.add_argument("--weights", type=folder, metavar="FOLDER", help="exported weights instead of those shipped")
    parser.add_argument("--json", type=output_file, metavar="FILE", help="lines of JSON, for paper_page.py")
    options = parser.parse_args()
    draws = options.draws or (QUICK_DRAWS if options.quick else DRAWS)
    names = scores.available(options.weights)
    setting = Setting(draws, options.quick, names, Rows(options.json))
    make_console().print(EXPERIMENTS[options.experiment](setting))


if __name__ == "__main__":
    main()
