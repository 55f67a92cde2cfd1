"""Rows of tables, in batches, so that a table can be of any length."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nsos_jax.tables.columns import Columns, cell_value
from nsos_jax.tables.storage import is_folder, opened, parts

if TYPE_CHECKING:
    import pyarrow

DELIMITERS = {".csv": ",", ".tsv": "\t"}
OTHER_DELIMITERS = ";\t|,"
COLUMNAR = (".parquet", ".arrow", ".feather")
ENDINGS = (*DELIMITERS, *COLUMNAR)
"""Of the files that are tables."""
JSON_LINES = (".jsonl", ".json")
ROWS = 1024
"""Read at once."""
MAX_CELL = 64 * 2**20
"""Characters of a cell of a CSV file."""
JSON_FLAG = {b"nsos": b"json"}
"""Metadata of a column of text, and of the schema that has such columns: it holds JSON."""


class TableError(ValueError):
    """A table cannot be read; the message says why."""


def is_table(path: str) -> bool:
    """Whether the ending says so."""
    return path.endswith(ENDINGS)


def read_rows(path: str, columns: Columns | None = None) -> Iterator[dict[str, Any]]:
    """The rows of a table, by keys, in order; of a folder of results those of its parts, of any other file the objects
    of its JSON lines.

    Raises:
      TableError: it is no such table, a column is missing, or the package that reads it.
      OSError: it cannot be read.
    """
    columns = columns or Columns()
    if is_folder(path):
        for part in parts(path):
            yield from read_rows(part, columns)
        return
    if path.endswith(COLUMNAR):
        yield from _columnar_rows(path, columns)
    else:
        yield from _text_rows(path, columns) if path.endswith(tuple(DELIMITERS)) else _json_rows(path)


def _json_rows(path: str) -> Iterator[dict[str, Any]]:
    with opened(path, encoding="utf-8-sig") as file:
        try:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _json_object(line, number)
        except UnicodeDecodeError:
            raise TableError("this is not UTF-8 text") from None


def _json_object(line: str, number: int) -> dict[str, Any]:
    try:
        values = json.loads(line)
    except ValueError as error:
        raise TableError(f"line {number}: not JSON: {error}") from None
    except RecursionError:
        raise TableError(f"line {number}: not JSON: nested too deeply") from None
    if not isinstance(values, dict):
        raise TableError(f"line {number}: expected a JSON object, got {json_type(values)}")
    return values


def json_type(value: Any) -> str:
    """The type of a value of JSON, for messages."""
    return "null" if value is None else type(value).__name__


def _text_rows(path: str, columns: Columns) -> Iterator[dict[str, Any]]:
    delimiter = next(mark for ending, mark in DELIMITERS.items() if path.endswith(ending))
    limit = csv.field_size_limit(MAX_CELL)
    try:
        with opened(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, delimiter=delimiter, strict=True)
            names = reader.fieldnames or []
            _check_delimiter(names, delimiter, path, columns)
            if len(set(names)) < len(names):
                raise TableError(f"two columns have one name: {', '.join(names)}")
            keys = _keys(columns, names)
            for row in reader:
                if None in row or None in row.values():
                    raise TableError(f"line {reader.line_num}: expected {len(names)} cells, as the first line has")
                yield {key: cell_value(key, row[name]) for name, key in keys.items()}
    except UnicodeDecodeError:
        raise TableError("this is not UTF-8 text") from None
    except csv.Error as error:
        raise TableError(f"line {reader.line_num}: {error}") from None
    finally:
        csv.field_size_limit(limit)


def _check_delimiter(names: Sequence[str], delimiter: str, path: str, columns: Columns) -> None:
    """`TableError` where the head is one cell that another sign would divide, with a name that is looked for."""
    if len(names) != 1:
        return
    wanted = {"polynomial", *columns.names.values()}
    found = [mark for mark in OTHER_DELIMITERS if mark != delimiter and mark in names[0]]
    others = [mark for mark in found if wanted & set(names[0].split(mark))]
    if others:
        shown = {"\t": "tabs", ";": "semicolons", "|": "bars", ",": "commas"}
        ending = path[path.rindex(".") :]
        raise TableError(
            f"cells are divided by {shown[others[0]]}, expected {shown[delimiter]} in a {ending} file: write it with "
            f"these, as with Python's csv or pandas: read_csv(name, sep={others[0]!r}).to_csv(name, index=False)"
        )


def _columnar_rows(path: str, columns: Columns) -> Iterator[dict[str, Any]]:
    arrow = import_arrow(path)
    try:
        with _batches(path) as (schema, batches):
            keys = _keys(columns, schema.names)
            is_ours = (schema.metadata or {}).get(b"nsos") == JSON_FLAG[b"nsos"]
            flagged = {column.name for column in schema if (column.metadata or {}).get(b"nsos") == JSON_FLAG[b"nsos"]}
            texts = {column.name for column in schema if arrow.types.is_string(column.type)}
            for batch in batches:
                for row in batch.to_pylist():
                    for name in flagged if is_ours else texts:
                        if row[name] is not None:
                            row[name] = (
                                json.loads(row[name]) if is_ours else cell_value(keys.get(name, name), row[name])
                            )
                    yield {key: row[name] for name, key in keys.items()}
    except (arrow.ArrowException, ValueError, RecursionError) as error:
        if isinstance(error, TableError):
            raise
        told = str(error).splitlines() or [type(error).__name__]
        raise TableError(f"this is no table of its ending: {told[0]}") from None


def _keys(columns: Columns, names: Iterable[str]) -> dict[str, str]:
    try:
        return columns.keys(names)
    except ValueError as error:
        raise TableError(str(error)) from None


@contextmanager
def _batches(path: str) -> "Iterator[tuple[pyarrow.Schema, Iterator[pyarrow.RecordBatch]]]":
    """The schema, and the rows in batches."""
    if path.endswith(".parquet"):
        from pyarrow import parquet

        with opened(path) as file, parquet.ParquetFile(file) as table:
            yield table.schema_arrow, table.iter_batches(ROWS)
    else:
        from pyarrow import ipc

        with opened(path) as file, ipc.open_file(file) as table:
            yield table.schema, (table.get_batch(index) for index in range(table.num_record_batches))


def import_arrow(path: str) -> Any:
    """The package `pyarrow`; TableError says how to get it."""
    try:
        import pyarrow
    except ImportError:
        ending = path[path.rindex(".") :]
        raise TableError(f"{ending} files need the package pyarrow: pip install 'nsos-jax[data]'") from None
    return pyarrow
