"""The command `nsos verify`: checks what others wrote, in exact arithmetic."""

import sys
from typing import Any

import click

from nsos_jax.certificates import Verdict
from nsos_jax.command.reports import terminal_width
from nsos_jax.command.settings import complete_files
from nsos_jax.command.sharing import Engine, engine_options
from nsos_jax.command.stored import VERDICT_STATUS, read_stored
from nsos_jax.command.verification import Tally, verified_by


@click.command()
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
