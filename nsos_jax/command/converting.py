"""The command `nsos convert`: records and inputs from JSON lines to tables, and back."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import click

from nsos_jax.command.settings import complete_files
from nsos_jax.command.tables import ENDINGS, JSON_LINES, TableError, read_rows, write_rows


@click.command(short_help="Turns JSON lines into a table, or a table into JSON lines.")
@click.argument("source", metavar="INPUT", shell_complete=complete_files)
@click.argument("target", metavar="OUTPUT", shell_complete=complete_files)
@click.option("--overwrite", is_flag=True, help="Replace OUTPUT.")
@click.pass_context
def convert(ctx: click.Context, source: str, target: str, overwrite: bool) -> None:
    """Turns inputs or results from JSON lines into a table, or a table into JSON lines.

    The endings say the formats: .jsonl, .csv, .tsv, and with the package pyarrow .parquet, .arrow and .feather; INPUT
    may be a folder of results. Each object of a line is a row, with null for keys that it lacks. What is no text,
    number or truth, such as a certificate, stands in a table as JSON text; turned back, it is as it was.

    Exit status: 0 all was written, 2 it could not be read or written.

    \b
    Examples:
      nsos convert results.jsonl results.parquet
      nsos convert polynomials.csv polynomials.jsonl
    """
    for path in (source, target):
        if path is source and os.path.isdir(path):
            continue  # of results
        if not path.endswith((*JSON_LINES, *ENDINGS)):
            raise click.UsageError(f"{path}: expected a file that ends in {', '.join((*JSON_LINES, *ENDINGS))}")
    if os.path.exists(target) and not overwrite:
        raise click.UsageError(f"{target} exists: choose another name, or --overwrite replaces it")
    if not os.path.exists(source):
        raise click.UsageError(f"{source}: no such file")
    with _finished_or_gone(target) as unfinished:
        try:
            count = write_rows(unfinished, lambda: read_rows(source))
        except TableError as error:
            raise click.UsageError(f"{source}: {error}") from None
    click.echo(f"{count} rows in {target}")


@contextlib.contextmanager
def _finished_or_gone(target: str) -> Iterator[str]:
    """A path beside the target that takes its place once all is written."""
    path = Path(target)
    unfinished = path.with_name(f".{path.stem}.unfinished{path.suffix}")
    try:
        yield str(unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
