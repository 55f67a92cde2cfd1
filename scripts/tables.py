"""Tables and pictures of the scripts here."""

from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from rich import box
from rich.console import Console
from rich.table import Table


class Setting(NamedTuple):
    """How to run an experiment."""

    draws: int
    """Per family."""
    quick: bool
    names: list[str]
    """Proposers."""


class Report(NamedTuple):
    """What an experiment found."""

    table: Table
    rows: dict[str, dict[str, float]]
    """What to draw: {line: {dot: number}}, those of the first line, as far as there are, in each."""
    unit: str


def make_table(title: str, first: str, *headers: str) -> Table:
    """A narrow table: names in the first column, numbers in the others."""
    table = Table(first, title=title, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for header in headers:
        table.add_column(header, justify="right", no_wrap=True)
    return table


def short_name(family: str) -> str:
    """The name of a family in a narrow column."""
    return family.replace("block-diagonal", "block")


def draw_dots(rows: dict[str, dict[str, float]], unit: str, path: Path, console: Console) -> None:
    """One line per row, one kind of dot per column, on a logarithmic axis unless the unit is per cent."""
    if not find_spec("matplotlib"):
        console.print("no picture: matplotlib is not installed", style="yellow")
        return
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 2 + 0.22 * len(rows)), layout="constrained")
    axes = figure.subplots()
    for marker, name in zip("o^sDv*xP", next(iter(rows.values())), strict=False):
        axes.plot(
            [row.get(name, float("nan")) for row in rows.values()], range(len(rows)), marker, label=name, alpha=0.7
        )
    axes.set(xscale="linear" if "per cent" in unit else "log", xlabel=unit)
    axes.set_yticks(range(len(rows)), list(rows))
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    axes.legend()
    figure.savefig(path)
