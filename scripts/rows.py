"""Rows of measurements that can be resumed: a line of JSON a row."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Row = dict[str, Any]


class Rows:
    """What was measured, a line of JSON a row if there is a file: rows that it has are not made again.

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


def read(path: Path) -> list[Row]:
    """The rows of a file."""
    return [json.loads(line) for line in path.read_text().splitlines()]
