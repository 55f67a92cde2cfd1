"""The command `nsos convert`: records and inputs from JSON lines to tables, and back."""

import os
from collections.abc import Iterator
from typing import Any

import click

from nsos_jax.command.output import written_whole
from nsos_jax.command.settings import complete_files
from nsos_jax.polynomials import NOTATIONS, Polynomial
from nsos_jax.tables import ENDINGS, JSON_LINES, TableError, exists, is_folder, parts, read_rows, write_rows

OWN = "nsos"
"""The notation of this package."""


@click.command(short_help="Turns JSON lines into a table, or a table into JSON lines.")
@click.argument("source", metavar="INPUT", shell_complete=complete_files)
@click.argument("target", metavar="OUTPUT", shell_complete=complete_files)
@click.option("--overwrite", is_flag=True, help="Replace OUTPUT.")
@click.option(
    "--notation",
    type=click.Choice(list(NOTATIONS), case_sensitive=False),
    default=OWN,
    show_default=True,
    help="How the polynomials of INPUT are written.",
)
@click.option(
    "--to-notation",
    type=click.Choice(list(NOTATIONS), case_sensitive=False),
    default=OWN,
    show_default=True,
    help="How they are to be written in OUTPUT.",
)
@click.option("--variables", metavar="NAMES", help="Of the polynomials, such as x,y, where their text does not tell.")
@click.pass_context
def convert(
    ctx: click.Context,
    source: str,
    target: str,
    overwrite: bool,
    notation: str,
    to_notation: str,
    variables: str | None,
) -> None:
    """Turns inputs or results from JSON lines into a table, or a table into JSON lines.

    The endings say the formats: .jsonl, .csv, .tsv, and with the package pyarrow .parquet, .arrow and .feather; INPUT
    may be a folder of results. Each object of a line is a row, with null for keys that it lacks. What is no text,
    number or truth, such as a certificate, stands in a table as JSON text; turned back, it is as it was.

    Exit status: 0 all was written, 2 it could not be read or written.

    \b
    Examples:
      nsos convert results.jsonl results.parquet
      nsos convert polynomials.csv polynomials.jsonl
      nsos convert julia.jsonl polynomials.jsonl --notation julia --variables x,y
    """
    translate = notation != OWN or to_notation != OWN
    if variables is not None and not translate:
        raise click.UsageError("--variables is for --notation and --to-notation: leave it out")
    names = None if variables is None else [name.strip() for name in variables.split(",")]

    def rows() -> Iterator[dict[str, Any]]:
        return _translated(read_rows(source), notation, to_notation, names) if translate else read_rows(source)

    for path in (source, target):
        if path is source and is_folder(path):
            if not parts(path):
                raise click.UsageError(f"{path} is a folder without results")
            continue
        if not path.endswith((*JSON_LINES, *ENDINGS)):
            raise click.UsageError(f"{path}: expected a file that ends in {', '.join((*JSON_LINES, *ENDINGS))}")
    if os.path.exists(target) and not overwrite:
        raise click.UsageError(f"{target} exists: choose another name, or --overwrite replaces it")
    if not exists(source):
        raise click.UsageError(f"{source}: no such file")
    with written_whole(target) as unfinished:
        try:
            count = write_rows(unfinished, rows)
        except TableError as error:
            raise click.UsageError(f"{source}: {error}") from None
    click.echo(f"{count} rows in {target}")


def _translated(
    rows: Iterator[dict[str, Any]], notation: str, to_notation: str, variables: list[str] | None
) -> Iterator[dict[str, Any]]:
    """The rows with their polynomials in another notation; `TableError` names the first that cannot be."""
    for number, row in enumerate(rows, 1):
        text = row.get("polynomial")
        if not isinstance(text, str):
            raise TableError(f"row {number}: expected the key 'polynomial' with text, to translate it")
        try:
            yield row | {"polynomial": Polynomial.parse(text, variables, notation).to_text(to_notation)}
        except ValueError as error:
            raise TableError(f"row {number}: {error}") from None
