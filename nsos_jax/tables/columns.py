"""What a cell holds. In a file of texts, cells of `TEXT_KEYS` are text; others are JSON where they can be, else text;
an empty cell is null."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

TEXT_KEYS = frozenset({"id", "polynomial"})
"""Whose values are text, also where they look like numbers: "1" is a polynomial."""


@dataclass(frozen=True)
class Columns:
    """How the columns of a table are called here.

    Attributes:
      names: the table's names, by key: `{"polynomial": "expr"}`. A column that is called like a key that another
        column stands for is not read.
    """

    names: Mapping[str, str] = field(default_factory=dict)

    def keys(self, names: Iterable[str]) -> dict[str, str]:
        """The key of each column that is read, by its name; ValueError names a column that the table does not have."""
        names = list(names)
        for key, name in self.names.items():
            if name not in names:
                raise ValueError(
                    f"column {key}={name}: there is no column {name!r}, only {', '.join(map(repr, names))}"
                )
        chosen = {name: key for key, name in self.names.items()}
        return {name: chosen.get(name, name) for name in names if name in chosen or name not in self.names}


def cell_value(key: str, text: str) -> Any:
    """What a cell of text holds.

    >>> cell_value("polynomial", "1"), cell_value("degree", "1"), cell_value("family", "sparse"), cell_value("id", "")
    ('1', 1, 'sparse', None)
    """
    if text == "":
        return None
    if key in TEXT_KEYS:
        return text
    return _from_json(text)


def cell_text(key: str, value: Any) -> str:
    """A cell of text from which `cell_value` reads the value again; empty text of `TEXT_KEYS` becomes null."""
    if value is None:
        return ""
    if isinstance(value, str) and (key in TEXT_KEYS or (value and _from_json(value) == value)):
        return value
    return json_text(value)


def json_text(value: Any) -> str:
    """One line of JSON in ASCII."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False, default=str)


def _from_json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return text


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON")
