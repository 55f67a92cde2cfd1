"""What each proposer is worth, the learned ones and the rules: `python scripts/eval_proposers.py [--quick]`.

For each family, on draws from seeds that no training uses, three tables:

- first rung: its size over that of the planted basis B*, per cent of the draws where it lacks a member of B*
  (insufficient), per cent where it is B* itself. All proposers repair coverage. The portfolio is what the pipeline does
  by default where it asks the model (`nsos_jax/membership/asking.py`).
- solve cost over the cost at B*: the sum of k^3 over the blocks of every rung up to the first that contains B*, mean
  over the draws; the complete basis comes last (details: `proposer_scores.py`). ">" says that draws needed it where it
  is too large to be listed, and were charged nothing for it. Then the coverage rank of the orders of `peel` and
  `gram_graph`: the shortest prefix that contains B*, over |B*|, mean over the draws with one; and per cent without, of
  the proposer named.
- by the exact engine (details: `proven_rungs.py`): of the draws with a rung that contains B*, per cent whose first rung
  lacks a member of it, per cent whose first rung is refused at once (a minor of the Gram matrix is negative), and per
  cent where the first one that is solved for does not prove p; then the solve cost up to the first rung on which p is
  proven, in all draws.

`--certify N` runs the whole pipeline on N draws of each family, with each proposer alone and with all of them: warm
seconds per polynomial, size of the certified basis over |B*|, and how many are proven.

Whole run, all families, on two CPU cores: hours. Set JAX_COMPILATION_CACHE_DIR to compile once only.
"""

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import proposer_scores as scores
from proven_rungs import ProvenScore, prove_rungs
from rich.table import Table
from tables import count, draw_dots, folder, make_console, make_table, number_above, output_file, short_name

import nsos_jax as nsos
from nsos_jax.proposers import RULES, is_learned, pretrained
from nsos_jax.proposers.gram_graph.proposer import GramGraphProposer
from nsos_jax.sampling import Family, Planted, families
from nsos_jax.train.data import TEST, VALIDATION

CHOSEN = (
    *families.CROWDED,
    *families.ALL_EVEN,
    *(f for f in families.CANCELLED if (f.variables, f.degree) in ((3, 12), (6, 12))),
    *families.WITH_CONSTANT[4:8],
    *(f for f in families.GRIDS["grid_1"] if (f.variables, f.degree, f.size) in ((6, 12, 30), (6, 20, 60))),
)
"""Of the training mix: where rules fail, and the paper's own cells."""
DRAWS, QUICK_DRAWS, QUICK_FAMILIES = 500, 20, 12


def main() -> None:
    options = _options()
    console = make_console()
    names = scores.available(options.weights, options.proposer)
    if options.temperature:
        GramGraphProposer.temperature = options.temperature
    chosen = selection(options)
    found: dict[str, Any] = {}
    for family in chosen:
        started = time.perf_counter()
        draws = scores.held_back(family, options.draws, VALIDATION if options.validation else TEST)
        found[family.name] = evaluate(draws, names, options.ratio, options.certify)
        console.print(f"{family.name}: {time.perf_counter() - started:.0f} s", style="dim", highlight=False)
    for table in (first_rungs(found), costs(found), proven(found), *([certified(found)] if options.certify else [])):
        console.print(table)
    console.print(against_rules(found), highlight=False)
    if options.json:
        content = {"draws": options.draws, "ratio": options.ratio, "weights": cards(names), "families": found}
        options.json.write_text(json.dumps(content, indent=1) + "\n")
    if options.plot:
        dots = {family: {name: row["cost"] for name, row in rows.items()} for family, rows in found.items()}
        draw_dots(dots, "solve cost over the cost at the planted basis", options.plot, console)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--held-out", action="store_true", help="families that are not in the training mix")
    which.add_argument("--grid", choices=sorted(families.GRIDS), help="a grid of the paper")
    which.add_argument("--families", choices=("chosen", "all"), default="chosen", help="of the training mix")
    parser.add_argument(
        "--only", default="", metavar="TEXT", help="of these, the family of this name, or all with this text in it"
    )
    parser.add_argument("--draws", type=count, help=f"per family (default {DRAWS}, with --quick {QUICK_DRAWS})")
    parser.add_argument("--quick", action="store_true", help=f"fewer draws, about {QUICK_FAMILIES} families")
    parser.add_argument("--ratio", type=number_above(1), default=1.5, help="of the expansion schedule (default 1.5)")
    parser.add_argument("--certify", type=count, default=0, metavar="N", help="run the pipeline on N draws per family")
    parser.add_argument("--validation", action="store_true", help="draws to choose constants on, not to report")
    parser.add_argument(
        "--temperature", type=number_above(0), help="of the chances of `gram_graph`, instead of its own"
    )
    parser.add_argument("--weights", type=folder, metavar="FOLDER", help="exported weights instead of those shipped")
    parser.add_argument(
        "--proposer", action="append", default=[], metavar="NAME", help="or the path of weights, instead of the learned"
    )
    parser.add_argument("--json", type=output_file, metavar="FILE")
    parser.add_argument("--plot", type=output_file, metavar="FILE", help="picture of the costs (needs matplotlib)")
    options = parser.parse_args()
    options.draws = options.draws or (QUICK_DRAWS if options.quick else DRAWS)
    return options


def selection(options: argparse.Namespace) -> Sequence[Family]:
    """The families to evaluate."""
    if options.grid:
        chosen = families.GRIDS[options.grid]
    elif options.held_out:
        chosen = families.HELD_OUT_FAMILIES
    else:
        chosen = families.TRAINING_FAMILIES if options.families == "all" else CHOSEN
    containing = tuple(family for family in dict.fromkeys(chosen) if options.only in family.name)
    chosen = tuple(family for family in containing if options.only == family.name) or containing
    if not chosen:
        raise SystemExit(f"--only: no family has {options.only!r} in its name")
    return chosen[:: len(chosen) // QUICK_FAMILIES | 1] if options.quick else chosen  # odd: all structures have a turn


def evaluate(draws: Sequence[Planted], names: Sequence[str], ratio: float, certify: int) -> dict[str, dict[str, Any]]:
    """{proposer: {column: number}} of one family."""
    answers = scores.ask(draws, names)
    judged = scores.judge_answers(draws, answers, ratio)
    proofs = prove_rungs(draws, answers, ratio)
    needed = any(score.lost for each in judged.values() for score in each)
    complete = scores.complete_cost(draws) if needed else float("nan")
    found: dict[str, dict[str, Any]] = {}
    for name, each in judged.items():
        found[name] = scores.summary(draws, each, complete) | proof_summary(each, proofs[name], complete)
    if certify:
        for name in found:
            who = scores.PORTFOLIO_ORDER if name == scores.PORTFOLIO else (name,)
            found[name] |= run_pipeline(draws[:certify], who)
    return found


def run_pipeline(draws: Sequence[Planted], names: tuple[str, ...]) -> dict[str, float]:
    """Certify in one batch, warm."""
    polynomials = [draw.polynomial for draw in draws]
    options = nsos.CertifyOptions(proposers=names)
    nsos.certify_batch(polynomials, options)
    started = time.perf_counter()
    results = nsos.certify_batch(polynomials, options)
    seconds = (time.perf_counter() - started) / len(draws)
    sizes = [
        len(result.basis) / len(draw.basis)
        for result, draw in zip(results, draws, strict=True)
        if result.status is nsos.Status.SOS
    ]
    mean = statistics.mean(sizes) if sizes else float("nan")
    return {"seconds": seconds, "certified_basis": mean, "proven": len(sizes), "certified_of": len(draws)}


def proof_summary(
    judged: Sequence[scores.Score], proofs: Sequence[ProvenScore], complete: float
) -> dict[str, float | None]:
    """Shares in per cent of the draws that have a cure, None where none has one; the cost is that of all draws."""
    cured = [(score, proof) for score, proof in zip(judged, proofs, strict=True) if not score.lost]
    shares = np.array([(score.insufficient, proof.refused, proof.fails) for score, proof in cured], float)
    lacks, refused, fails = (100 * shares.mean(axis=0)).tolist() if cured else (None, None, None)
    unproven = np.array([proof.unproven for proof in proofs])
    costs = np.array([proof.cost for proof in proofs]) + np.where(unproven, np.nan_to_num(complete), 0.0)
    numbers = {"proven_cost": float(costs.mean()), "unproven": 100 * unproven.mean()}
    return {"lacks": lacks, "refused": refused, "fails": fails} | numbers


def first_rungs(found: dict[str, Any]) -> Table:
    names = list(next(iter(found.values())))
    headers = [f"{name}\nsize ins exa" for name in names]
    table = make_table("First rung: size/|B*|, insufficient %, exact %", "family", *headers)
    for family, rows in [*found.items(), ("mean of families", _mean(found))]:
        cells = [f"{r['basis']:4.2f} {r['insufficient']:3.0f} {r['exact']:3.0f}" for r in rows.values()]
        table.add_row(short_name(family), *cells)
    return table


def costs(found: dict[str, Any]) -> Table:
    names = list(next(iter(found.values())))
    ranked = [name for name in names if name == "peel" or (is_learned(name) and name != scores.PORTFOLIO)]
    headers = [f"cost\n{name}" for name in names] + [f"rank\n{name}" for name in ranked] + [f"no rank\n{ranked[-1]} %"]
    table = make_table("Solve cost over the cost at B*, coverage rank over |B*|", "family", *headers)
    for family, rows in [*found.items(), ("mean of families", _mean(found))]:
        cells = [f"{'>' if r['cost_at_least'] else ''}{r['cost']:.2f}" for r in rows.values()]
        ranks = [f"{rows[name]['rank']:.3f}" for name in ranked]
        table.add_row(short_name(family), *cells, *ranks, f"{rows[ranked[-1]]['lost']:.0f}")
    return table


def proven(found: dict[str, Any]) -> Table:
    names = list(next(iter(found.values())))
    headers = [f"{name}\nlack ref fail cost" for name in names]
    title = "By the exact engine: first rungs that lack some of B*, are refused, fail, % where there is a cure; cost"
    table = make_table(title, "family", *headers)
    for family, rows in [*found.items(), ("mean of families", _mean(found))]:
        table.add_row(short_name(family), *(_proven_cells(row) for row in rows.values()))
    return table


def _proven_cells(row: dict[str, Any]) -> str:
    if row["lacks"] is None:
        return f"   -   -    - {row['proven_cost']:4.2f}"
    return f"{row['lacks']:4.0f} {row['refused']:3.0f} {row['fails']:4.1f} {row['proven_cost']:4.2f}"


def against_rules(found: dict[str, Any]) -> str:
    """How `gram_graph`, with the rules behind it, and the portfolio do against the cheaper rule of each family, and the
    mean costs in families where rules fail by design: crowded sets and bases of squares."""
    lines = []
    for column, way in (("cost", "by B*"), ("proven_cost", "by the exact engine")):
        for name in ("gram_graph", scores.PORTFOLIO):
            if name in next(iter(found.values())):
                lines.append(f"{name} against the cheaper rule, {way}: {_against_rules(found, name, column)}")
        names = {family.name for family in (*families.CROWDED, *families.ALL_EVEN)}
        hard = [rows for family, rows in found.items() if family in names]
        if hard:
            means = (f"{name} {statistics.mean(rows[name][column] for rows in hard):.2f}" for name in hard[0])
            lines.append(f"mean cost {way}, crowded and all-even: {', '.join(means)}")
    return "\n".join(lines)


def _against_rules(found: dict[str, Any], name: str, column: str) -> str:
    ratios = {family: rows[name][column] / min(rows[rule][column] for rule in RULES) for family, rows in found.items()}
    dearer = ", ".join(f"{family} {100 * (r - 1):.1f} %" for family, r in ratios.items() if r > 1.01) or "nowhere"
    cheaper = sum(r < 0.95 for r in ratios.values())
    return f"over 5 % cheaper in {cheaper} of {len(found)} families, over 1 % dearer: {dearer}"


def certified(found: dict[str, Any]) -> Table:
    names = list(next(iter(found.values())))
    headers = [f"{name}\ns size proven" for name in names]
    table = make_table("Pipeline: warm seconds, basis/|B*|, proven", "family", *headers)
    for family, rows in found.items():
        cells = [
            f"{r['seconds']:.3f} {r['certified_basis']:.2f} {r['proven']}/{r['certified_of']}" for r in rows.values()
        ]
        table.add_row(short_name(family), *cells)
    return table


def cards(names: Sequence[str]) -> dict[str, Any]:
    """Which weights were judged."""
    found = {name: pretrained.find_weights(name).card for name in names if is_learned(name)}
    return {name: {"steps": card.steps, "date": card.date, "sha256": card.sha256} for name, card in found.items()}


def _mean(found: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Mean over the families of every column, proposer by proposer; a bound if one is."""
    means: dict[str, dict[str, float]] = {}
    for name, columns in next(iter(found.values())).items():
        rows = [rows[name] for rows in found.values()]
        means[name] = {key: statistics.mean(row[key] for row in rows if row[key] is not None) for key in columns}
        means[name]["cost_at_least"] = any(row["cost_at_least"] for row in rows)
    return means


if __name__ == "__main__":
    main()
