"""What the scripts here share: values of their options, a clock, tables and pictures."""

import math
import statistics
import sys
import time
from argparse import ArgumentTypeError
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

from rich import box
from rich.console import Console
from rich.table import Table

Answer = TypeVar("Answer")


def count(text: str) -> int:
    """The value of an option: a whole number, at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"expected a whole number, at least 1, got {text!r}")
    return int(text)


def number_above(bound: float) -> Callable[[str], float]:
    """Reads the value of an option: a finite number above the bound."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not bound < value < math.inf:
            raise ArgumentTypeError(f"expected a finite number above {bound:g}, got {text!r}")
        return value

    return read


def folder(text: str) -> Path:
    """The value of an option: a folder that exists."""
    if not text or not Path(text).is_dir():
        raise ArgumentTypeError(f"there is no folder {text!r}")
    return Path(text)


def output_file(text: str) -> Path:
    """The value of an option: a file to write, in a folder that exists."""
    path = Path(text)
    if not path.parent.is_dir():
        raise ArgumentTypeError(f"there is no folder {str(path.parent)!r}")
    if path.is_dir():
        raise ArgumentTypeError(f"expected a file, got the folder {text!r}")
    return path


def timed(call: Callable[[], Answer]) -> tuple[float, Answer]:
    """Seconds of a call, and what it returns."""
    started = time.perf_counter()
    answer = call()
    return time.perf_counter() - started, answer


def warm(call: Callable[[], Answer]) -> tuple[float, Answer]:
    """The same for the second of two calls."""
    call()
    return timed(call)


def median_seconds(call: Callable[[], object], rounds: int = 3, least: float = 0.0) -> float:
    """The median of so many calls or more, until they took `least` seconds together, after one that does not count."""
    call()
    seconds: list[float] = []
    while len(seconds) < rounds or sum(seconds) < least:
        seconds.append(timed(call)[0])
    return statistics.median(seconds)


def make_console() -> Console:
    """As wide as the terminal, or 110 columns where there is none."""
    return Console(width=None if sys.stdout.isatty() else 110)


def make_table(title: str, first: str, *headers: str) -> Table:
    """A narrow table: names in the first column, numbers in the others, which wrap where the console is too narrow."""
    table = Table(title=title, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column(first, no_wrap=True)
    for header in headers:
        table.add_column(header, justify="right", overflow="fold")
    return table


def short_name(family: str) -> str:
    """The name of a family in a narrow column."""
    return family.replace("block-diagonal", "block")


def draw_dots(rows: dict[str, dict[str, float]], unit: str, path: Path, console: Console) -> None:
    """One line per row, one kind of dot per column, on a logarithmic axis unless the unit is per cent."""
    if not find_spec("matplotlib"):
        console.print("no picture: matplotlib is not installed", style="yellow")
        return
    from nsos_jax.plots import family_dots

    family_dots(rows, label=unit, logarithmic="per cent" not in unit).savefig(path)
