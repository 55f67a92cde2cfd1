"""The command `nsos`: certify, bound, solve, control; verify and explain what they wrote; and the doctor.

JAX and the solvers are imported by `certify`, `bound`, `solve` and `control` alone, once their options are known to be
good; but `verify` reads questions of control again with what they are asked with.
"""

import errno
import os
import sys
from typing import Any

import click

from nsos_jax.certificates import Verdict, find_certificate
from nsos_jax.command.certifying import certify
from nsos_jax.command.control import control
from nsos_jax.command.converting import convert
from nsos_jax.command.doctor import doctor
from nsos_jax.command.drawing import plot
from nsos_jax.command.exports import FORMATS, CannotExport, write
from nsos_jax.command.pages import report
from nsos_jax.command.programs import bound, solve
from nsos_jax.command.reports import printable, terminal_width
from nsos_jax.command.running import INTERRUPTED
from nsos_jax.command.stored import certificates_of, check_stored, read_stored
from nsos_jax.command.verification import Tally, verdict_lines

CLOSED_PIPE = 141
VERDICT_STATUS = {Verdict.HOLDS: 0, Verdict.FAILS: 1, Verdict.MISSING: 1, Verdict.UNREADABLE: 2}
TEXT = "text"


class _Group(click.Group):
    """Ends every command without a traceback when it is interrupted or its output cannot be written."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(INTERRUPTED)
        except OSError as error:
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115, what is still buffered cannot be written either
            if error.errno == errno.EPIPE:
                ctx.exit(CLOSED_PIPE)
            click.echo(f"error: cannot write the output: {error.strerror or error}", err=True)
            ctx.exit(2)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="nsos-jax", prog_name="nsos")
def main() -> None:
    """Decides whether polynomials are sums of squares, bounds them, solves programs of them and answers questions about
    dynamical systems, with exact proofs."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # for names that the terminal cannot show


@main.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("-q", "--quiet", is_flag=True, help="Print only what does not hold.")
@click.pass_context
def verify(ctx: click.Context, files: tuple[str, ...], quiet: bool) -> None:
    """Checks certificates in exact arithmetic, without a solver.

    FILE is a certificate, a results file of "nsos certify -o", "bound -o", "solve -o" or "control -o", such a file as
    a table of "nsos convert", or - for standard input. Nothing in it is trusted. Below each certificate that holds
    stands what it is about, whatever the record's id says. Of the records of programs and questions all bounds, values
    and conclusions are checked, and that the certificates are about their statements.

    Exit status: 0 all certificates hold, 1 one does not hold, is missing or could not be checked, 2 a file or line
    cannot be read, 130 interrupted, 141 the output was closed.
    """
    tally, status = Tally(), 0
    for path in files:
        for stored in read_stored(path):
            checked = check_stored(stored)
            tally.add(checked)
            status = max(status, VERDICT_STATUS[checked.verdict])
            if not (quiet and checked.verdict is Verdict.HOLDS):
                for line in verdict_lines(stored, checked, terminal_width() if sys.stdout.isatty() else None):
                    click.echo(line)
    if not quiet and tally.total > 1:
        click.echo(str(tally))
    ctx.exit(status)


@main.command()
@click.argument("file", metavar="FILE")
@click.option(
    "--line", type=click.IntRange(min=1), metavar="N", help="The line of a results file, or the row of a table."
)
@click.option("--id", metavar="ID", help="The id of a record of a results file.")
@click.option("--full", is_flag=True, help="Shorten nothing: all terms, squares and digits, however long that takes.")
@click.option(
    "--format",
    type=click.Choice([TEXT, *FORMATS]),
    default=TEXT,
    show_default=True,
    help="For people, or as input for another program, never shortened, in UTF-8.",
)
@click.pass_context
def explain(ctx: click.Context, file: str, line: int | None, id: str | None, full: bool, format: str) -> None:
    """Prints a certificate for people, or as a proof in another language: the squares, the point or the functional.

    FILE is a certificate, a results file of "nsos certify -o", "bound -o", "solve -o" or "control -o", or - for
    standard input. The certificate is checked first; what does not hold is not exported.

    Exit status: as for verify; 2 also where the format has no text for such a certificate.
    """
    from nsos_jax.command.explain import FULL, Room
    from nsos_jax.command.explain import explain as explanation

    if full and format != TEXT:
        raise click.UsageError(f"--full: --format {format} shortens nothing, leave --full out")
    if line is not None and id is not None:
        raise click.UsageError("--line and --id both choose a record: leave one out")
    try:
        stored = find_certificate(read_stored(file), file, line, id)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    checked = check_stored(stored)
    certificates = certificates_of(stored, checked)
    if certificates and format != TEXT:
        try:
            text = "".join(write(certificate, format) for certificate in certificates)
        except CannotExport as error:
            raise click.UsageError(f"{stored.place}: {error}") from None
        click.echo(text.encode(), nl=False)  # as bytes: programs read UTF-8, whatever the terminal can show
    elif certificates:
        click.echo(f"{checked.verdict:<13}{printable(checked.reason)}")
        for certificate in certificates:
            for shown in explanation(certificate, FULL if full else Room(terminal_width())):
                click.echo(printable(shown))
    else:
        click.echo(f"{checked.verdict:<13}{printable(stored.place)}: {printable(checked.reason)}", err=True)
    ctx.exit(VERDICT_STATUS[checked.verdict])


for command in (certify, bound, solve, control, report, plot, convert, doctor):
    main.add_command(command)
