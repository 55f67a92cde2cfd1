"""What the experiments of the paper share: their setting, rows that can be resumed, and who sees how many draws."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

Row = dict[str, Any]

SEQUENCE_DRAWS = 20
"""The sequence model, whose decoding takes most of the time, sees no more draws of a family."""


class Rows:
    """What an experiment measured, a line of JSON a row if there is a file: rows that it has are not made again.

    >>> rows = Rows()
    >>> rows.get({"n": 4}, lambda: {"seconds": 0.5}), rows.get({"n": 4}, lambda: {"seconds": 0.7})
    ({'n': 4, 'seconds': 0.5}, {'n': 4, 'seconds': 0.5})
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.known: list[Row] = read(path) if path and path.is_file() else []

    def get(self, key: Row, make: Callable[[], Row]) -> Row:
        """The row with this key; what `make` measures is added to the key if there is none."""
        known = next((row for row in self.known if key.items() <= row.items()), None)
        if known is not None:
            return known
        row = key | make()
        self.known.append(row)
        if self.path:
            with self.path.open("a") as file:
                file.write(json.dumps(row) + "\n")
        return row


class Setting(NamedTuple):
    """How to run an experiment."""

    draws: int
    """Per family."""
    quick: bool
    names: list[str]
    """Proposers."""
    rows: Rows


def read(path: Path) -> list[Row]:
    """The rows of a file."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def draws_for(name: str, draws: int) -> int:
    """How many of the draws of a family a proposer sees."""
    return min(draws, SEQUENCE_DRAWS) if name == "sequence" else draws
