"""Tables from rows. What reads it again gets the same values."""

import csv
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from nsos_jax.tables.columns import cell_text, json_text
from nsos_jax.tables.reading import DELIMITERS, JSON_FLAG, JSON_LINES, ROWS, import_arrow

if TYPE_CHECKING:
    import pyarrow

Rows = Callable[[], Iterable[dict[str, Any]]]
"""Gives all rows each time it is called: the first time to learn the columns, the second time to write."""
INT64 = 2**63


def write_rows(path: str, rows: Rows) -> int:
    """Writes a table, or JSON lines, in the format of its ending; returns the number of rows.

    Columns have the order in which their keys come first. In Parquet and Arrow files a column has the type of its
    values where all have one (text, truth, integer, number, list of numbers), else it is JSON text, with metadata that
    say so.
    """
    if path.endswith(JSON_LINES):
        return _write_json(path, rows)
    if path.endswith(tuple(DELIMITERS)):
        return _write_text(path, rows)
    return _write_columnar(path, rows)


def _write_json(path: str, rows: Rows) -> int:
    count = 0
    with open(path, "w", encoding="utf-8") as file:
        for row in rows():
            file.write(json_text(row) + "\n")
            count += 1
    return count


def _write_text(path: str, rows: Rows) -> int:
    keys = list(dict.fromkeys(key for row in rows() for key in row))
    delimiter = next(mark for ending, mark in DELIMITERS.items() if path.endswith(ending))
    count = 0
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(keys)
        for row in rows():
            writer.writerow([cell_text(key, row.get(key)) for key in keys])
            count += 1
    return count


def _write_columnar(path: str, rows: Rows) -> int:
    arrow = import_arrow(path)
    kinds: dict[str, set[str]] = {}
    for row in rows():
        for key, value in row.items():
            kinds.setdefault(key, set()).update(() if value is None else [_kind(value)])
    schema = arrow.schema([_column(arrow, key, found) for key, found in kinds.items()], metadata=JSON_FLAG)
    json_keys = {column.name for column in schema if column.metadata}
    count = 0
    with _writer(path, schema) as writer:
        for part in _parts(rows()):
            for row in part:
                row.update({key: json_text(row[key]) for key in json_keys & row.keys() if row[key] is not None})
            writer.write_batch(arrow.RecordBatch.from_pylist(part, schema))
            count += len(part)
    return count


def _parts(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    waiting = iter(rows)
    while part := [dict(row) for row in itertools.islice(waiting, ROWS)]:
        yield part


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "truth"
    if isinstance(value, int):
        return "integer" if -INT64 <= value < INT64 else "json"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "text"
    is_numbers = isinstance(value, list) and value and all(isinstance(item, float) for item in value)
    return "numbers" if is_numbers else "json"


def _column(arrow: Any, key: str, kinds: set[str]) -> "pyarrow.Field":
    types = {
        "truth": arrow.bool_(),
        "integer": arrow.int64(),
        "number": arrow.float64(),
        "text": arrow.string(),
        "numbers": arrow.list_(arrow.float64()),
    }
    if len(kinds) == 1 and (kind := next(iter(kinds))) in types:
        return arrow.field(key, types[kind])
    return arrow.field(key, arrow.string(), metadata=JSON_FLAG)


def _writer(path: str, schema: "pyarrow.Schema") -> Any:
    if path.endswith(".parquet"):
        from pyarrow import parquet

        return parquet.ParquetWriter(path, schema, compression="zstd")
    from pyarrow import ipc

    return ipc.new_file(path, schema)
