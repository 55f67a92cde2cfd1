"""One page of pictures of all the paper's experiments: `python scripts/paper_page.py FOLDER -o FILE`.

FOLDER has the rows of each: exp1.jsonl, exp3.jsonl, exp4.jsonl, d1.jsonl, d2.jsonl, d3.jsonl, d6.jsonl and d7.jsonl as
`paper_experiments.py EXPERIMENT --json FILE` writes them, d5.jsonl by `paper_d5.py`. What is black is the paper's.
"""

import argparse
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from paper_d5 import TABLES
from paper_experiments import RATIOS
from paper_numbers import LARGE_SCALE, OOD, OOD_CELLS, RAW, REPAIRED, TABLE_1
from paper_timings import CELLS
from rows import Row, read
from tables import folder, output_file, short_name

from nsos_jax.plots.style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, new_grid
from nsos_jax.sampling import SPREAD, STRUCTURES, Family

COLORS = {
    "peel": ORANGE,
    "even_support": SKY,
    "gram_graph": BLUE,
    "sequence": GREEN,
    "whole": PURPLE,
    "paper": BLACK,
    "others": GREY,
}
LABELS = {"whole": "ours, the whole", "others": "other methods"}
MARKERS = dict(zip(STRUCTURES, "os^D", strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=folder, metavar="FOLDER")
    parser.add_argument("-o", "--output", type=output_file, metavar="FILE", required=True)
    options = parser.parse_args()
    missing = [name for name in dict.fromkeys(name for name, _ in PANELS) if not _file(options.folder, name).is_file()]
    if missing:
        parser.error(f"{options.folder} has no rows of {', '.join(missing)}")
    page(options.folder).savefig(options.output, dpi=80)


def page(rows: Path) -> Any:
    """The figure."""
    figure, grid = new_grid(4, 3)
    for axes, (name, panel) in zip(grid.flat, PANELS, strict=True):
        panel(axes, read(_file(rows, name)))
        axes.spines[["top", "right"]].set_visible(False)
        axes.title.set(fontsize=11, fontweight="bold")
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=9, frameon=False, handlelength=3)
    handles = [axes.plot([], "s", color=color, label=LABELS.get(name, name))[0] for name, color in COLORS.items()]
    handles += [axes.plot([], marker, color=GREY, label=name)[0] for name, marker in MARKERS.items()]
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles), frameon=False, handletextpad=0)
    return figure


def _file(rows: Path, name: str) -> Path:
    return rows / f"{name}.jsonl"


def sizes(axes: Any, rows: Sequence[Row]) -> None:
    found = {row["family"]: row for row in rows if "basis" in row}
    for structure, marker in MARKERS.items():
        ours = [found.get(_family(cell, structure)) for cell in CELLS]
        ratios = [row["basis"] / row["planted"] if row else np.nan for row in ours]
        axes.plot(ratios, marker, color=PURPLE, alpha=0.7)
        theirs = [TABLE_1.get((structure, *cell), (np.nan,))[0] / cell[2] for cell in CELLS]
        axes.plot(theirs, marker, color=BLACK)
    axes.axhline(1, color=GREY, linewidth=1, zorder=0)
    _name_cells(axes, CELLS)
    axes.set(title="1. Our bases are nearly the planted ones", ylabel="basis / planted basis")


def seconds(axes: Any, rows: Sequence[Row]) -> None:
    found = {row["family"]: row for row in rows if "basis" in row}
    for structure, marker in MARKERS.items():
        ours = [found.get(_family(cell, structure)) for cell in CELLS]
        axes.plot([row["alone"] if row else np.nan for row in ours], marker, color=PURPLE, alpha=0.7)
        paper = [TABLE_1.get((structure, *cell), (np.nan,) * 4) for cell in CELLS]
        axes.plot([row[2] for row in paper], marker, color=BLACK)
        axes.plot([row[3] for row in paper], marker, color=BLACK, fillstyle="none")
    axes.plot([], "s", color=BLACK, fillstyle="none", label="Newton polytope, by the paper")
    axes.set(yscale="log", ylim=(1e-3, 1e5), ylabel="processor s; the paper's: clock")
    _name_cells(axes, CELLS)
    axes.set_title("1. A proof takes us hundredths of a second")


def large(axes: Any, rows: Sequence[Row]) -> None:
    solvers = ("ours", "paper", "TSSOS", "SoS.jl", "Chordal")
    families = {row["family"]: row["alone"] for row in rows}
    width = 0.16
    for index, solver in enumerate(solvers):
        values = []
        for name, alone in families.items():
            n, d = (int(number) for number in name.split()[1].split(",")[:2])
            values.append(alone if solver == "ours" else LARGE_SCALE[n, d].get(solver, np.nan))
        color = {"ours": PURPLE, "paper": BLACK}.get(solver, GREY)
        places = np.arange(len(values)) + (index - 2) * width
        label = solver if color == GREY else ""
        axes.bar(places, values, width * 0.9, color=color, alpha=1 - 0.25 * max(0, index - 2), label=label)
    axes.set_xticks(range(len(families)), [short_name(name).replace(" ", "\n", 1) for name in families], fontsize=8)
    axes.set(
        yscale="log",
        xlim=(-0.6, len(families) - 0.2),
        ylim=(1e-3, 1e6),
        ylabel="s",
        title="4. No other solver finishes the two on the right",
    )


def _shares(axes: Any, rows: Sequence[Row], repair: Sequence[str], outcome: str, paper: Sequence[float]) -> None:
    names = list(dict.fromkeys(row["proposer"] for row in rows))
    for index, name in enumerate(("paper", *names)):
        found = {row["structure"]: row for row in rows if row["proposer"] == name}
        values = paper if name == "paper" else [_last(found[s], repair)[outcome] for s in STRUCTURES]
        places = np.arange(len(STRUCTURES)) + 0.16 * (index - len(names) / 2)
        axes.bar(places, values, 0.14, color=COLORS[name])
        unseen = [place for place, value in zip(places, values, strict=True) if value < 0.1]
        axes.plot(unseen, np.zeros(len(unseen)), "_", color=COLORS[name], markersize=7, markeredgewidth=2)
    axes.set_xticks(range(len(STRUCTURES)), STRUCTURES, fontsize=8)
    axes.set(ylim=(-2, 101), ylabel=f"{outcome}, %")


def _last(row: Row, repairs: Sequence[str]) -> dict[str, float]:
    """The outcomes after the last of the repairs that the proposer has."""
    return [row[repair] for repair in repairs if repair in row][-1]


def exact(axes: Any, rows: Sequence[Row]) -> None:
    _shares(axes, rows, ("none",), "exact", [RAW[structure][0] for structure in STRUCTURES])
    axes.set_title("2. Before repair: exactly the planted basis")


def insufficient(axes: Any, rows: Sequence[Row]) -> None:
    _shares(axes, rows, ("none",), "insufficient", [RAW[structure][1] for structure in STRUCTURES])
    axes.set_title("2. Before repair: members are missing")


def repaired(axes: Any, rows: Sequence[Row]) -> None:
    _shares(axes, rows, ("greedy", "both"), "insufficient", [REPAIRED[structure] for structure in STRUCTURES])
    axes.set(title="3. After repair hardly any is missing", ylim=(-0.4, 20))


def refuted(axes: Any, rows: Sequence[Row]) -> None:
    families = {
        name: [row for row in rows if row["family"] == name] for name in dict.fromkeys(r["family"] for r in rows)
    }
    places = np.arange(len(families))
    pipeline = [np.mean([row["pipeline"] for row in own]) for own in families.values()]
    solved = [all(row["size"] for row in own) for own in families.values()]
    alone = [np.mean([row["alone"] for row in own]) for own in families.values()]
    axes.bar(places - 0.15, pipeline, 0.28, color=PURPLE)
    axes.bar(places + 0.15, np.where(solved, alone, np.nan), 0.28, color=GREY, label="complete basis alone")
    labels = []
    for name, own in families.items():
        settled = sum(row["answer"] != "UNDECIDED" for row in own)
        labels.append(f"{name.split('±')[0]}\n{settled} of {len(own)} settled")
    axes.set_xticks(places, labels, fontsize=8)
    axes.set(yscale="log", ylabel="processor s", title="D.1 Not SOS: proposals in vain double the cost")


def permutations(axes: Any, rows: Sequence[Row]) -> None:
    for index, family in enumerate(dict.fromkeys(row["family"] for row in rows)):
        own = sorted((row for row in rows if row["family"] == family), key=lambda row: row["L"])
        line = "-" if "block" in family else "--"
        label = short_name(family).split("±")[0]
        marker = "osD^vP"[index % 6]
        values = [row["raw"]["insufficient"] for row in own]
        axes.plot([row["L"] for row in own], values, line, marker=marker, color=GREEN, alpha=0.8, label=label)
    axes.set_xscale("log", base=2)
    axes.set_xticks([1, 2, 4, 8], ["1", "2", "4", "8"])
    axes.set(xlim=(0.9, 40), xlabel="permutations that vote (sequence)", ylabel="insufficient before repair, %")
    axes.set_title("D.2 More votes gain our model little")


def growth(axes: Any, rows: Sequence[Row]) -> None:
    for row in rows:
        color = COLORS[row["proposer"]]
        axes.plot(RATIOS, [row[f"{ratio}"]["cost"] for ratio in RATIOS], "o-", color=color)
        if "by chances" in row:
            axes.axhline(row["by chances"]["cost"], color=color, linestyle=":", linewidth=1.5)
    axes.plot([], ":", color=GREY, label="by chances, no ratio")
    axes.set(xlabel="growth ratio", ylabel="cost / cost at B*", ylim=(0.5, None))
    axes.set_title("D.3 The chances of gram_graph beat any ratio")


def recovery(axes: Any, rows: Sequence[Row]) -> None:
    labels = {False: ("-", "members removed"), True: ("--", "and false terms")}
    for _, false_terms, paper in TABLES:
        line, label = labels[false_terms]
        (row,) = (row for row in rows if row["false terms"] == false_terms)
        for who, outcomes, draws in (("ours", row["outcomes"], row["draws"]), ("paper", paper, 1000)):
            shares = [100 * equal / draws for equal, *_ in outcomes]
            color = COLORS["paper" if who == "paper" else "whole"]
            axes.plot(
                range(1, 1 + len(shares)),
                shares,
                line,
                marker="o",
                markersize=4,
                color=color,
                label=label if who == "paper" else "",
            )
    axes.set(xlabel="k", ylabel="recovered exactly, %", ylim=(50, 101))
    axes.set_title("D.5 Repair: worse for small k, better for large")


def bounds(axes: Any, rows: Sequence[Row]) -> None:
    cells = list(dict.fromkeys(tuple(row["cell"]) for row in rows))
    for structure, marker in MARKERS.items():
        own = [row for row in rows if row["structure"] == structure]
        places = [cells.index(tuple(row["cell"])) for row in own]
        axes.plot(places, [row["over vertices"] for row in own], marker, color=PURPLE, alpha=0.7)
        axes.plot(places, [row["over products"] for row in own], marker, color=GREY, fillstyle="none")
    axes.plot([], "o", color=GREY, fillstyle="none", label="bound by products")
    axes.axhline(1, color=GREY, linewidth=1, zorder=0)
    _name_cells(axes, cells)
    axes.set(ylabel="planted basis / lower bound", title="D.6 Vertices are nearly tight where there is room")


def distribution(axes: Any, rows: Sequence[Row]) -> None:
    known = [row for row in rows if row["structure"] in OOD]
    sizes = sorted({row["m"] for row in known})
    for name in dict.fromkeys(row["proposer"] for row in known):
        own = [row for row in known if row["proposer"] == name]
        axes.plot(sizes, _by_size(sizes, ((row["m"], row["first"]) for row in own)), "o-", color=COLORS[name])
    cells = dict.fromkeys((row["structure"], row["degree"], row["m"]) for row in known)
    for index, (trained, line) in enumerate((("dense", "--"), ("sparse", "-"))):
        theirs = ((m, OOD[structure][index][OOD_CELLS.index((degree, m))]) for structure, degree, m in cells)
        label = f"trained on {trained} ones"
        axes.plot(sizes, _by_size(sizes, theirs), line, marker="o", markersize=4, color=BLACK, label=label)
    axes.set_xticks(sizes)
    axes.set(xlabel="average size of the basis", ylabel="right with the first rung, %", ylim=(0, 103))
    axes.set_title("D.7 One model for all holds where theirs fall")


def _by_size(sizes: Sequence[int], values: Iterable[tuple[int, float]]) -> list[float]:
    """The mean of the values of each size."""
    known = list(values)
    return [float(np.mean([value for size, value in known if size == each])) for each in sizes]


def _family(cell: tuple[int, int, int], structure: str) -> str:
    return Family(*cell, structure, size_spread=SPREAD).name


def _name_cells(axes: Any, cells: Sequence[Sequence[int]]) -> None:
    axes.set_xticks(range(len(cells)), [",".join(map(str, cell)) for cell in cells], fontsize=8)
    axes.set_xlabel("n, d, m")


Panel = Callable[[Any, Sequence[Row]], None]
PANELS: tuple[tuple[str, Panel], ...] = (
    ("exp1", sizes),
    ("exp1", seconds),
    ("exp4", large),
    ("exp3", exact),
    ("exp3", insufficient),
    ("exp3", repaired),
    ("d1", refuted),
    ("d2", permutations),
    ("d3", growth),
    ("d5", recovery),
    ("d6", bounds),
    ("d7", distribution),
)


if __name__ == "__main__":
    main()
