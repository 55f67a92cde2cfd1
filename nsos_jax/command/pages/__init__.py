"""The commands `nsos report`, results as one page for a browser, and `nsos proof-page`, the page that checks proofs.

In: a results file. Out: an HTML file with a summary, a table that can be sorted and filtered, pictures, and each proof
in words, checked again. May import what `command` may.
"""

import os
from pathlib import Path

import click

from nsos_jax.certificates import Verdict, count_text
from nsos_jax.command.output import written_whole
from nsos_jax.command.pages.entries import can_draw, read_reported
from nsos_jax.command.pages.page import page
from nsos_jax.command.pages.proof_page import proof_page
from nsos_jax.command.settings import complete_files
from nsos_jax.tables import TableError

__all__ = ["proof_page", "report"]


@click.command()
@click.argument("file", metavar="FILE", shell_complete=complete_files)
@click.option("-o", "--output", metavar="FILE", required=True, help="The page, which ends in .html.")
@click.option("--overwrite", is_flag=True, help="Replace the page.")
@click.option("--title", help="Of the page.  [default: the name of FILE]")
@click.option(
    "--pictures",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="Most records whose Newton polytopes are drawn.",
)
@click.pass_context
def report(ctx: click.Context, file: str, output: str, overwrite: bool, title: str | None, pictures: int) -> None:
    """Writes one self-contained page about the results in FILE.

    FILE is a results file of "nsos certify -o", "bound -o", "solve -o" or "control -o", such a table, or a folder of
    results. Every certificate is checked again; the page says what holds. Pictures need matplotlib (the extra plot).

    Exit status: 0 all certificates hold, 1 one does not hold or is missing, 2 FILE cannot be read or the page not
    written.

    \b
    Example:
      nsos report results.jsonl -o report.html
    """
    if Path(output).suffix not in (".html", ".htm"):
        raise click.UsageError(f"-o {output}: expected a file that ends in .html")
    if os.path.exists(output) and not overwrite:
        raise click.UsageError(f"{output} exists: choose another name, or --overwrite replaces it")
    try:
        reported = list(read_reported(file, pictures))
    except (TableError, OSError) as error:
        raise click.UsageError(f"{file}: {error.strerror if isinstance(error, OSError) else error}") from None
    if not reported:
        raise click.UsageError(f"{file} holds no records, so there is nothing to report")
    if all(one.verdict is Verdict.UNREADABLE for one in reported):
        raise click.UsageError(f"{file} holds no records, so there is nothing to report; line 1: {reported[0].proven}")
    text = page(title or Path(file).name or file, reported)
    with written_whole(output) as unfinished:
        Path(unfinished).write_text(text, encoding="utf-8")
    if pictures and not can_draw():
        click.echo('no pictures: they need matplotlib, pip install "nsos-jax[plot]"', err=True)
    without = sum(not one.holds for one in reported)
    missing = f", {without} of them without a proof that holds" if without else ""
    click.echo(f"{count_text(len(reported), 'record')} in {output}{missing}")
    ctx.exit(0 if all(one.holds for one in reported) else 1)
