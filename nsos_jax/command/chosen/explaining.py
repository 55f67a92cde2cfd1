"""The command `nsos explain`: a certificate for people, or as a proof in another language."""

import click

from nsos_jax.command.chosen.choice import choice_options, choose_holding
from nsos_jax.command.reports import printable, terminal_width
from nsos_jax.command.settings import complete_files
from nsos_jax.exports import FORMATS, CannotExport, write

TEXT = "text"


@click.command(short_help="Prints a certificate for people, or for other programs.")
@click.argument("file", metavar="FILE", shell_complete=complete_files)
@choice_options
@click.option("--full", is_flag=True, help="Shorten nothing: all terms, squares and digits, however long that takes.")
@click.option(
    "--format",
    type=click.Choice([TEXT, *FORMATS]),
    default=TEXT,
    show_default=True,
    help="For people, or as input for another program, never shortened, in UTF-8.",
)
@click.option("--latex", is_flag=True, help="The same as --format latex.")
@click.pass_context
def explain(
    ctx: click.Context, file: str, line: int | None, id: str | None, full: bool, format: str, latex: bool
) -> None:
    """Prints a certificate for people, or as a proof in another language: the squares, the point or the functional.

    FILE is a certificate, a results file of "nsos certify -o", "bound -o", "solve -o" or "control -o", or - for
    standard input. The certificate is checked first; what does not hold is not exported.

    Exit status: as for verify; 2 also where the format has no text for such a certificate.

    \b
    Examples:
      nsos explain results.jsonl --line 2
      nsos explain certificate.json --format lean > certificate.lean
      nsos explain results.jsonl --id motzkin --latex
    """
    if latex and format not in (TEXT, "latex"):
        raise click.UsageError(f"--latex is --format latex, got --format {format}: leave one out")
    format = "latex" if latex else format
    if full and format != TEXT:
        raise click.UsageError(f"--full: --format {format} shortens nothing, leave --full out")
    from nsos_jax.command.explain import FULL, Room
    from nsos_jax.command.explain import explain as explanation

    chosen = choose_holding(ctx, file, line, id)
    if format != TEXT:
        try:
            text = "".join(write(certificate, format) for certificate in chosen.certificates)
        except CannotExport as error:
            raise click.UsageError(f"{chosen.stored.place}: {error}") from None
        click.echo(text.encode(), nl=False)  # as bytes: programs read UTF-8, whatever the terminal can show
        return
    click.echo(f"{chosen.checked.verdict:<13}{printable(chosen.checked.reason)}")
    for certificate in chosen.certificates:
        for shown in explanation(certificate, FULL if full else Room(terminal_width())):
            click.echo(printable(shown))
