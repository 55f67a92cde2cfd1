"""Tables and the picture of the map of where learning can pay (`map_learning.py`)."""

import statistics
from collections import defaultdict
from pathlib import Path

import numpy as np
from learning_cells import SPACES
from rich.table import Table
from rows import Row
from tables import make_table

RULES = ("peel", "even_support")
PAYS, NEAR = 3.0, 1.05
"""Gaps from which on there is much to win, and up to which there is nothing."""
NAN = float("nan")
COLUMNS = ("candidates", "rule s", "portfolio s", "model s")
RATIOS = ("portfolio /rule", "most", "rule /oracle", "most", "rule /model")


def gaps(row: Row, unit: str = "cpu") -> dict[str, float]:
    """Seconds of those that proved it, and their ratios: how much the portfolio loses to the best rule, what there is
    to win, what the model wins."""
    rule = min((_seconds(row, rule, unit) for rule in RULES if _proves(row, rule)), default=NAN)
    chosen, model, oracle = (_seconds(row, name, unit) for name in ("portfolio", "gram_graph", "oracle"))
    seconds = {"rule": rule, "portfolio": chosen, "model": model, "oracle": oracle}
    return seconds | {"loss": chosen / rule, "gap": rule / oracle, "win": rule / model}


def _proves(row: Row, name: str) -> bool:
    return name in row and row[name]["status"] == "SOS"


def _seconds(row: Row, name: str, unit: str) -> float:
    return float(row[name][unit]) if _proves(row, name) else NAN


def table(rows: list[Row]) -> Table:
    """One line for a space and a size: medians over structures and draws; published polynomials by their collection."""
    title = "Processor seconds: the best rule, the portfolio, the model, the oracle that knows the basis"
    result = make_table(title, "space, |B*|", "draws", *COLUMNS, *RATIOS)
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[f"{row['space']}, {row['size']}" if "space" in row else row["name"].split()[0]].append(row)
    for name, same in groups.items():
        numbers = [gaps(row) for row in same]
        middle = {key: _median([each[key] for each in numbers]) for key in numbers[0]}
        most = {key: max(_known([each[key] for each in numbers]), default=NAN) for key in ("loss", "gap")}
        candidates = f"{_median([float(row['candidates']) for row in same]):.0f}"
        seconds = [middle[key] for key in ("rule", "portfolio", "model")]
        ratios = middle["loss"], most["loss"], middle["gap"], most["gap"], middle["win"]
        result.add_row(name, f"{len(same)}", candidates, *(f"{value:.2f}" for value in (*seconds, *ratios)))
    return result


def summary(rows: list[Row]) -> str:
    """How many draws have something to win, by the number of candidates."""
    lines = []
    for low, high in ((0, 100), (100, 300), (300, 1000), (1000, 10**9)):
        numbers = [gaps(row) for row in rows if low <= row["candidates"] < high]
        known = [each for each in numbers if each["gap"] == each["gap"]]
        unproven = sum(each["rule"] != each["rule"] and each["oracle"] == each["oracle"] for each in numbers)
        if not known and not unproven:
            continue
        much, near = sum(e["gap"] >= PAYS for e in known), sum(e["gap"] <= NEAR for e in known)
        wins = sum(e["win"] >= PAYS for e in known), sum(e["win"] > 1 for e in known)
        lines.append(
            f"{low} to {high if high < 10**9 else 'more'} candidates: {len(numbers)} polynomials, gap at least "
            f"{PAYS:g} in {much}, at most {NEAR:g} in {near}, median {_median([e['gap'] for e in known]):.2f}; "
            f"no rule proves {unproven}; "
            f"the model is faster than the rules in {wins[1]}, {PAYS:g} times in {wins[0]}"
        )
    return "\n".join(lines)


def portfolio(rows: list[Row]) -> str:
    """In how many draws the portfolio is as fast as the best rule, where not, and whether asking the model paid."""
    ratios = {row["name"]: gaps(row)["loss"] for row in rows}
    known = {name: ratio for name, ratio in ratios.items() if ratio == ratio}
    slower = {name: ratio for name, ratio in known.items() if ratio > NEAR}
    lost = [row["name"] for row in rows if any(_proves(row, rule) for rule in RULES) and not _proves(row, "portfolio")]
    worst = sorted(slower, key=lambda name: -slower[name])
    asked = [row for row in rows if row.get("asked")]
    paid = [row for row in asked if not row["portfolio"]["cpu"] > NEAR * gaps(row)["rule"]]
    silent = [gaps(row) for row in rows if not row.get("asked")]
    missed = sum(each["portfolio"] > PAYS * each["model"] for each in silent)
    return (
        f"The portfolio is within {NEAR - 1:.0%} of the best rule in {len(known) - len(slower)} of {len(known)}, "
        f"beyond 10 % in {sum(ratio > 1.1 for ratio in known.values())}; "
        f"in {len(lost)} it does not prove what a rule does.\n"
        + "".join(f"  {name}: {slower[name]:.2f}\n" for name in worst)
        + f"The model was asked in {len(asked)}, which was no loss in {len(paid)}; where it was not, it was {PAYS:g} "
        f"times faster than the portfolio in {missed} of {len(silent)}."
    )


def _known(values: list[float]) -> list[float]:
    return [value for value in values if value == value]


def _median(values: list[float]) -> float:
    known = _known(values)
    return statistics.median(known) if known else NAN


def plot(rows: list[Row], path: Path) -> None:
    """Gap against candidates over |B*|: the area of a dot by |B*|, a colour a space."""
    from nsos_jax.plots.style import COLORS, GREY, new_figure  # which needs matplotlib

    figure, axes = new_figure(
        "What a perfect proposer could save", ("candidates / |B*|", "best rule / oracle, processor seconds")
    )
    kinds = [*SPACES, "published"]
    for color, kind in zip(COLORS, kinds, strict=False):
        chosen = [row for row in rows if row.get("space", "published") == kind and "oracle" in row]
        points = [
            (row["candidates"] / row["oracle"]["basis"], gaps(row)["gap"], row["oracle"]["basis"]) for row in chosen
        ]
        x, y, size = (np.array(column, float) for column in zip(*points, strict=True)) if points else (np.zeros(0),) * 3
        axes.scatter(x, y, s=8 + size / 3, color=color, alpha=0.7, linewidths=0, label=kind)
    axes.axhline(1, color=GREY, linewidth=1)
    axes.axhline(PAYS, color=GREY, linewidth=1, linestyle="--")
    axes.set(xscale="log", yscale="log")
    axes.legend(frameon=False)
    figure.savefig(path, dpi=120)
