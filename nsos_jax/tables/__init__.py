"""Tables beside JSON lines: CSV, TSV, Parquet and Arrow files as rows of named values, and back.

In: a path or URL with one of the `ENDINGS`. Out: dictionaries, one a row, read in batches. May import nothing of the
other rooms; what reads Parquet and Arrow, and what reaches URLs (the extra `data`), is loaded on first use.
"""

from nsos_jax.tables.columns import TEXT_KEYS, Columns
from nsos_jax.tables.reading import ENDINGS, JSON_LINES, TableError, is_table, json_type, read_rows
from nsos_jax.tables.storage import exists, file_system, is_elsewhere, is_folder, matching, opened, parts, reached
from nsos_jax.tables.writing import write_rows

__all__ = [
    "ENDINGS",
    "JSON_LINES",
    "TEXT_KEYS",
    "Columns",
    "TableError",
    "exists",
    "file_system",
    "is_elsewhere",
    "is_folder",
    "is_table",
    "json_type",
    "matching",
    "opened",
    "parts",
    "reached",
    "read_rows",
    "write_rows",
]
