"""The command `nsos squares`: polynomials as sums of weighted squares, for a paper or another program."""

import click

from nsos_jax.certificates import LowerBoundCertificate, NearSosCertificate, NonnegCertificate, SosCertificate
from nsos_jax.command.chosen.choice import Chosen, check, choice_options, choose
from nsos_jax.command.reports import printable
from nsos_jax.command.settings import complete_files
from nsos_jax.command.stored import read_stored
from nsos_jax.exports import write

SQUARED = (SosCertificate, NearSosCertificate, LowerBoundCertificate, NonnegCertificate)
"""What is shown by the squares of one polynomial."""


@click.command(short_help="Prints polynomials as sums of weighted squares.")
@click.argument("file", metavar="FILE", shell_complete=complete_files)
@choice_options
@click.option("--latex", is_flag=True, help="A display for LaTeX with amsmath, split over lines, for each certificate.")
@click.pass_context
def squares(ctx: click.Context, file: str, line: int | None, id: str | None, latex: bool) -> None:
    """Writes each polynomial of FILE as a sum of weighted squares, exactly and in full.

    FILE is what "nsos explain" reads; all of its certificates are checked first. Written are the squares of p, of
    p + epsilon z'z where p is only nearly a sum of squares, of p - gamma for a bound, and of sigma p and sigma for a
    multiplier. Both sides of each = are polynomials that certify reads. What has no squares is named on standard error.

    Exit status: 0 all certificates hold and squares were written, 1 one does not hold or is missing, or none has
    squares, 2 FILE cannot be read, 130 interrupted, 141 the output was closed.

    \b
    Examples:
      nsos certify "x^4 - 2*x^2*y + y^2 + 1" -o results.jsonl
      nsos squares results.jsonl
      nsos squares results.jsonl --line 1 --latex > squares.tex
    """
    every = line is None and id is None
    several, status = 0, 0
    for chosen in map(check, read_stored(file)) if every else [choose(file, line, id)]:
        status = max(status, chosen.exit_status)
        text = _text(chosen, "latex" if latex else "plain")
        if text:
            click.echo((b"\n" if several else b"") + text.encode(), nl=False)
            several += 1
    ctx.exit(status or (0 if several else 1))


def _text(chosen: Chosen, format: str) -> str:
    """All squares of a record, or nothing and a message on standard error."""
    if not chosen.certificates:
        click.echo(chosen.verdict_line, err=True)
        return ""
    if not all(isinstance(certificate, SQUARED) for certificate in chosen.certificates):
        kinds = ", ".join(certificate.kind for certificate in chosen.certificates)
        place = printable(chosen.stored.place)
        click.echo(f"{place}: a certificate of the kind {kinds} has no squares of one polynomial", err=True)
        return ""
    return "\n".join(write(certificate, format) for certificate in chosen.certificates)
