"""Which certificate of a file is meant, and whether it holds: one option each, one check, one message."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import click

from nsos_jax.certificates import Certificate, Checked, StoredCertificate, find_certificate
from nsos_jax.command.reports import printable
from nsos_jax.command.stored import VERDICT_STATUS, certificates_of, check_stored, read_stored

Command = TypeVar("Command", bound=Callable[..., Any])


class Chosen(NamedTuple):
    """What was chosen, and all certificates of it; none where it does not hold."""

    stored: StoredCertificate
    checked: Checked
    certificates: list[Certificate]

    @property
    def exit_status(self) -> int:
        return VERDICT_STATUS[self.checked.verdict]

    @property
    def verdict_line(self) -> str:
        """For what does not hold."""
        place, reason = printable(self.stored.place), printable(self.checked.reason)
        return f"{self.checked.verdict:<13}{place}: {reason}"


def choice_options(command: Command) -> Command:
    """Adds --line and --id."""
    for option in (
        click.option("--id", metavar="ID", help="The id of a record of a results file."),
        click.option(
            "--line", type=click.IntRange(min=1), metavar="N", help="The line of a results file, or the row of a table."
        ),
    ):
        command = option(command)
    return command


def choose(file: str, line: int | None, id: str | None) -> Chosen:
    """The certificate that is meant, checked.

    Raises:
      click.UsageError: there is none, or more than one.
    """
    if line is not None and id is not None:
        raise click.UsageError("--line and --id both choose a record: leave one out")
    try:
        return check(find_certificate(read_stored(file), file, line, id))
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def choose_holding(ctx: click.Context, file: str, line: int | None, id: str | None) -> Chosen:
    """The same; the command ends with a message where it does not hold."""
    chosen = choose(file, line, id)
    if not chosen.certificates:
        click.echo(chosen.verdict_line, err=True)
        ctx.exit(chosen.exit_status)
    return chosen


def check(stored: StoredCertificate) -> Chosen:
    """The verdict on one certificate of a file."""
    checked = check_stored(stored)
    return Chosen(stored, checked, certificates_of(stored, checked))
