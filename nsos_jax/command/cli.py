"""The command `nsos`: certify, bound, solve, control; verify and explain what they wrote; and the doctor.

JAX and the solvers are imported by `certify`, `bound`, `solve` and `control` alone, once their options are known to be
good; but `verify` reads questions of control again with what they are asked with.
"""

import errno
import logging
import os
import sys
from typing import Any

import click

from nsos_jax.certificates import Verdict
from nsos_jax.command.certifying import certify
from nsos_jax.command.chosen import explain, plot, squares
from nsos_jax.command.control import control
from nsos_jax.command.converting import convert
from nsos_jax.command.doctor import doctor
from nsos_jax.command.pages import proof_page, report
from nsos_jax.command.programs import bound, solve
from nsos_jax.command.reports import terminal_width
from nsos_jax.command.running import INTERRUPTED
from nsos_jax.command.settings import complete_files, configuration_option, log_level_option, named_in_errors, used_file
from nsos_jax.command.sharing import Engine, engine_options
from nsos_jax.command.stored import VERDICT_STATUS, read_stored
from nsos_jax.command.verification import Tally, verified_by

CLOSED_PIPE = 141
_log = logging.getLogger(__name__)


class _Group(click.Group):
    """Ends every command without a traceback when it is interrupted or its output cannot be written."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with named_in_errors(ctx):
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


@click.group(
    cls=_Group,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
        "auto_envvar_prefix": "NSOS",
    },
)
@configuration_option()
@log_level_option()
@click.version_option(package_name="nsos-jax", prog_name="nsos")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Decides whether polynomials are sums of squares, bounds them, solves programs of them and answers questions about
    dynamical systems, with exact proofs."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # for names that the terminal cannot show
    _log.info("options of %s", used_file(ctx) or "no configuration file")


@main.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, shell_complete=complete_files)
@click.option("-q", "--quiet", is_flag=True, help="Print only what does not hold.")
@engine_options
@click.pass_context
def verify(ctx: click.Context, files: tuple[str, ...], quiet: bool, **engine: Any) -> None:
    """Checks certificates in exact arithmetic, without a solver.

    FILE is a certificate, a results file of "nsos certify -o", "bound -o", "solve -o" or "control -o", such a file as
    a table of "nsos convert", or - for standard input. Nothing in it is trusted. Below each certificate that holds
    stands what it is about, whatever the record's id says. Of the records of programs and questions all bounds, values
    and conclusions are checked, and that the certificates are about their statements.

    Exit status: 0 all certificates hold, 1 one does not hold, is missing or could not be checked, 2 a file or line
    cannot be read, 130 interrupted, 141 the output was closed.

    \b
    Examples:
      nsos verify results.jsonl
      nsos verify certificate.json -q
    """
    tally, status = Tally(), 0
    width = terminal_width() if sys.stdout.isatty() else None
    stored = (one for path in files for one in read_stored(path))
    for one in verified_by(Engine(**engine), stored, width):
        tally.add(one)
        status = max(status, VERDICT_STATUS[one.verdict])
        if not (quiet and one.verdict is Verdict.HOLDS):
            for line in one.lines:
                click.echo(line)
    if not quiet and tally.total > 1:
        click.echo(str(tally))
    ctx.exit(status)


for command in (certify, bound, solve, control, explain, squares, report, proof_page, plot, convert, doctor):
    main.add_command(command)
