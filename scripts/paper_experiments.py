"""The paper's experiments that need no training: `python scripts/paper_experiments.py EXPERIMENT [--quick]`.

    exp1  basis size and seconds by structure        exp2  predictions at degree 20 before repair
    exp3  predictions with and without repair        exp4  large scale, beside other solvers
    d1    the price of proposals where p is not SOS  d2    permutations of the variables (`sequence`)
    d3    growth ratio of the expansion schedule     d6    lower bounds of the basis size
    d7    out of distribution                        tables  sizes of tables 1 and 2, all structures

"Neural Sum-of-Squares", ICLR 2026. The paper's numbers stand beside ours as far as its text has them: most of its
tables lost theirs in the copy that this was written from. Its seconds are from 16 cores of a Xeon Gold 6246, an A40 and
MOSEK, ours from this machine. It trains a model for each number of variables and degree (D.7: one is tried on others),
ours is one for all. The draws are ours, by its recipe, from seeds that no training uses.

Exact, superset and insufficient compare a basis with the planted one. "Right" means that it contains that one, where
the paper asks a solver, which can only agree more often. `proposer_scores.py` defines the cost.
"""

import argparse
import statistics
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import proposer_scores as scores
from paper_numbers import OOD, OOD_CELLS, RAW, REPAIRED
from paper_timings import d1, exp1, exp4, newton_size, tables
from tables import Report, Setting, count, draw_dots, folder, make_console, make_table, output_file, warm

from nsos_jax.bases import Run, combinatorial_bound, even_support, fit_ratio, peel, vertex_bound
from nsos_jax.polynomials import Polynomial, contained
from nsos_jax.proposers import LEARNED, RULES, StepsAside, count_likely, find_proposer, scored_proposal
from nsos_jax.proposers.learned import LearnedProposer
from nsos_jax.proposers.sequence.proposer import SequenceProposer
from nsos_jax.sampling import CANCELLED, CROWDED, GRIDS, SPREAD, STRUCTURES, Family, Planted

RATIOS = (1.1, 1.25, 1.5, 2.0, 3.0)
PERMUTATIONS = (1, 2, 4, 8)


def exp2(setting: Setting) -> Report:
    """Predictions as the proposers make them, before the repair of coverage."""
    return _predictions(setting, "2: predictions at degree 20, no repair", ("none",))


def exp3(setting: Setting) -> Report:
    """The same, and what is made of them by greedy repair, by permutations of the variables (`sequence`; the others do
    not depend on the order of the variables), and by both."""
    repairs = ("none", "greedy", "permutations", "both")
    return _predictions(setting, "3: predictions at degree 20 and their repair", repairs)


def _predictions(setting: Setting, title: str, repairs: Sequence[str]) -> Report:
    cells = ((6, 20, 30),) if setting.quick else ((6, 20, 30), (6, 20, 60), (8, 20, 30))
    table = make_table(title, "structure", "proposer", "repair", "exact %", "superset %", "insufficient %")
    rows = {}
    for structure in STRUCTURES:
        drawn = (scores.held_back(Family(*cell, structure, size_spread=SPREAD), setting.draws) for cell in cells)
        draws = [draw for some in drawn for draw in some]
        polynomials = [draw.polynomial for draw in draws]
        exact, insufficient = RAW[structure]
        table.add_row(structure, "paper", "none", f"{exact}", f"{100 - exact - insufficient}", f"{insufficient}")
        if "both" in repairs:
            table.add_row(structure, "paper", "both", "", "", f"{REPAIRED[structure]}")
        for name in setting.names:
            bases = predictions(name, polynomials)
            for repair in (repair for repair in repairs if repair in bases):
                shares = outcome_shares(draws, bases[repair])
                table.add_row(structure, name, repair, *(f"{share:.1f}" for share in shares.values()))
                rows[f"{structure}, {name}, repair: {repair}"] = shares
        table.add_section()
    return Report(table, rows, "per cent")


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
        pool, chances = (p.exponents[:0], np.zeros(0)) if isinstance(ranked, StepsAside) else ranked
        proposal = ranked if isinstance(ranked, StepsAside) else scored_proposal(p, pool, chances)
        raw.append(pool[: count_likely(chances)])
        repaired.append(p.exponents[:0] if isinstance(proposal, StepsAside) else proposal.order[: proposal.likely])
    return raw, repaired


def outcome_shares(draws: Sequence[Planted], bases: Sequence[np.ndarray]) -> dict[str, float]:
    """Per cent of exact predictions, of supersets, and of insufficient ones."""
    counts = dict.fromkeys(("exact", "superset", "insufficient"), 0.0)
    for draw, basis in zip(draws, bases, strict=True):
        right = contained(draw.basis, basis).all()
        counts["insufficient" if not right else "exact" if len(basis) == len(draw.basis) else "superset"] += 1
    return {name: 100 * count / len(draws) for name, count in counts.items()}


def d2(setting: Setting) -> Report:
    """How many permutations of the variables vote in the sequence model (L): predictions before and after repair, and
    seconds. `gram_graph` has none, as it does not depend on the order of the variables."""
    table = make_table("D.2: permutations", "structure", "L", "raw exact %", "repaired exact %", "insufficient %", "s")
    rows = {}
    proposer = find_proposer("sequence")
    assert isinstance(proposer, SequenceProposer)
    for structure in STRUCTURES:
        draws = scores.held_back(Family(6, 12, 30, structure, size_spread=SPREAD), setting.draws)
        polynomials = [draw.polynomial for draw in draws]
        for votes in PERMUTATIONS[:: 2 if setting.quick else 1]:
            voting = SequenceProposer(proposer.model, proposer.threshold, permutations=votes)
            seconds, found = warm(partial(_learned, voting, polynomials))
            raw, repaired = (outcome_shares(draws, bases) for bases in found)
            shares = raw["exact"], repaired["exact"], repaired["insufficient"]
            table.add_row(structure, f"{votes}", *(f"{share:.1f}" for share in shares), f"{seconds / len(draws):.3f}")
            rows[f"{structure}, L = {votes}"] = {"raw exact": raw["exact"], "repaired exact": repaired["exact"]}
        table.add_section()
    return Report(table, rows, "per cent")


def d3(setting: Setting) -> Report:
    """Growth ratios in families where first rungs often fail, and the ratio that is best for each proposer (Theorem 8)
    beside the schedule of least expected cost, which needs chances instead of a ratio."""
    chosen = (*CROWDED, *CANCELLED[:4], *GRIDS["permutation"])[:: 5 if setting.quick else 1]
    draws = [draw for family in chosen for draw in scores.held_back(family, setting.draws)]
    planted = [scores.solve_cost(draw.polynomial, draw.basis) for draw in draws]
    table = make_table("D.3: growth ratio (the paper: little effect, smaller ones slightly better)", "ratio")
    answers = {name: scores.proposals(name, [draw.polynomial for draw in draws])[0] for name in setting.names}
    growing = {name: [a._replace(first=a.likely, chances=None) for a in found] for name, found in answers.items()}
    fitted = {}
    for name, found in growing.items():
        runs = [Run(a.first, scores.needed(d.basis, a.order), len(a.order)) for d, a in zip(draws, found, strict=True)]
        fitted[name] = fit_ratio(run for run in runs if run.needed)
    costs: dict[str, dict[str, float]] = {}
    expansions: dict[str, dict[str, float]] = {}
    for name in setting.names:
        table.add_column(f"{name}\nexpansions cost", justify="right")
        kinds = {f"{ratio}": (growing[name], ratio) for ratio in RATIOS} | {"fitted": (growing[name], fitted[name])}
        if name in LEARNED:
            kinds["by chances"] = answers[name], 1.5
        for kind, (proposals, ratio) in kinds.items():
            judged = [scores.score(d, a, False, ratio, c) for d, a, c in zip(draws, proposals, planted, strict=True)]
            kept = [score for score in judged if not score.lost]
            costs.setdefault(kind, {})[name] = statistics.mean(score.cost for score in kept)
            expansions.setdefault(kind, {})[name] = statistics.mean(score.expansions for score in kept)
    for kind, row in costs.items():
        label = kind if kind != "fitted" else "fitted: " + ", ".join(f"{ratio:.2f}" for ratio in fitted.values())
        cells = (f"{expansions[kind][name]:10.3f} {row[name]:.3f}" if name in row else "" for name in setting.names)
        table.add_row(label, *cells)
    return Report(table, costs, "cost over the cost at the planted basis")


def d6(setting: Setting) -> Report:
    """How near the planted basis is to the bounds by vertices (Lemma 7) and by counting products (Lemma 6)."""
    cells = ((4, 6, 20), (6, 12, 30)) if setting.quick else ((4, 6, 20), (6, 12, 20), (6, 12, 30), (6, 12, 60))
    columns = "structure", "|B*|", "vertices", "products", "Newton, one draw", "gap", "|B*|/vertices", "|B*|/products"
    table = make_table("D.6: lower bounds (the paper: vertices nearly tight)", "n, d, m", *columns)
    rows = {}
    for cell in cells:
        for structure in STRUCTURES:
            draws = scores.held_back(Family(*cell, structure, size_spread=SPREAD), setting.draws)
            sizes = np.array([len(draw.basis) for draw in draws])
            vertices = np.array([vertex_bound(draw.polynomial.exponents) for draw in draws])
            products = np.array([combinatorial_bound(draw.polynomial.num_terms) for draw in draws])
            means = [f"{column.mean():.1f}" for column in (sizes, vertices, products)]
            row = {"vertices": float((sizes / vertices).mean()), "products": float((sizes / products).mean())}
            ends = newton_size(draws[0].polynomial)[0], f"{(sizes - vertices).mean():.1f}"
            table.add_row(f"{cell}"[1:-1], structure, *means, *ends, *(f"{ratio:.2f}" for ratio in row.values()))
            rows[f"{structure} {cell}"] = row
        table.add_section()
    return Report(table, rows, "planted basis over lower bound")


def d7(setting: Setting) -> Report:
    """Other degrees, sizes and structures than those of the training; for ours they lie within its range."""
    headers = [f"{name}\nfirst any" for name in setting.names]
    papers = "paper, from\ndense", "paper, from\nsparse"
    title = "D.7: right with the first rung, with any, %; the paper's models: after repair"
    table = make_table(title, "structure", "degree", "m", *headers, *papers)
    rows: dict[str, dict[str, float]] = {}
    for structure in STRUCTURES:
        for index, (degree, size) in enumerate(OOD_CELLS):
            if setting.quick and index % 5:
                continue
            draws = scores.held_back(Family(6, degree, size, structure, size_spread=SPREAD), setting.draws)
            judged = scores.judge(draws, setting.names)
            first, later = (
                {name: 100 - 100 * statistics.mean(getattr(s, column) for s in judged[name]) for name in setting.names}
                for column in ("insufficient", "lost")
            )
            theirs = [column[index] for column in OOD[structure]] if structure in OOD else [float("nan")] * 2
            cells = [f"{first[name]:5.1f} {later[name]:5.1f}" for name in setting.names]
            table.add_row(
                structure, f"{degree}", f"{size}", *cells, *(f"{share:g}" for share in theirs if share == share)
            )
            rows[f"{structure} {degree}, {size}"] = first | {"paper, dense": theirs[0], "paper, sparse": theirs[1]}
        table.add_section()
    return Report(table, rows, "right with the first rung, per cent")


EXPERIMENTS: dict[str, tuple[Callable[[Setting], Report], int, int]] = {
    "exp1": (exp1, 20, 3),
    "exp2": (exp2, 200, 20),
    "exp3": (exp3, 200, 20),
    "exp4": (exp4, 10, 2),
    "tables": (tables, 20, 2),
    "d1": (d1, 5, 2),
    "d2": (d2, 100, 20),
    "d3": (d3, 100, 20),
    "d6": (d6, 50, 5),
    "d7": (d7, 100, 20),
}
"""What to call, and the draws per family without and with --quick."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experiment", choices=EXPERIMENTS)
    parser.add_argument("--draws", type=count, help="per family (default: by experiment, fewer with --quick)")
    parser.add_argument("--quick", action="store_true", help="fewer families and draws: minutes on a CPU")
    parser.add_argument("--weights", type=folder, metavar="FOLDER", help="exported weights instead of those shipped")
    parser.add_argument("--plot", type=output_file, metavar="FILE", help="a picture (needs matplotlib)")
    options = parser.parse_args()
    console = make_console()
    run, many, few = EXPERIMENTS[options.experiment]
    draws = options.draws or (few if options.quick else many)
    report = run(Setting(draws, options.quick, scores.available(options.weights)))
    console.print(report.table)
    if options.plot:
        draw_dots(report.rows, report.unit, options.plot, console)


if __name__ == "__main__":
    main()
