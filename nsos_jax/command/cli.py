"""The command `nsos`: a group whose commands are loaded when they are called, so that its help is shown at once.

JAX and the solvers are imported by `certify`, `bound`, `solve` and `control` alone, once their options are known to be
good; but `verify` reads questions of control again with what they are asked with.
"""

import errno
import logging
import os
import shlex
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from difflib import get_close_matches
from importlib import import_module
from typing import Any, NamedTuple

import click
from click.shell_completion import CompletionItem

from nsos_jax.command.interruption import INTERRUPTED
from nsos_jax.command.settings import (
    configuration_option,
    log_level_option,
    long_names,
    named_in_errors,
    read_variables,
    used_file,
    warn_of_unknown_variables,
)

CLOSED_PIPE = 141
_log = logging.getLogger(__name__)


class _Place(NamedTuple):
    room: str
    """Its module below `nsos_jax.command`, which has the command under its own name."""
    summary: str
    """The first sentence of its help."""


COMMANDS = {
    "bound": _Place("programs", "Proves lower bounds of polynomials, everywhere or on sets."),
    "certify": _Place("certifying", "Answers for each INPUT whether it is a sum of squares."),
    "control": _Place("control", "Answers questions about dynamical systems, with proofs."),
    "convert": _Place("converting", "Turns JSON lines into a table, or a table into JSON lines."),
    "doctor": _Place("doctor", "Shows what nsos finds on this machine, and tries it."),
    "explain": _Place("chosen", "Prints a certificate for people, or for other programs."),
    "plot": _Place("chosen", "Draws a certificate: its polytope, Gram matrix or squares."),
    "proof-page": _Place("pages", "Writes the page that checks certificates in a browser."),
    "report": _Place("pages", "Writes one self-contained page about the results in FILE."),
    "solve": _Place("programs", "Solves sum-of-squares programs, with proofs."),
    "squares": _Place("chosen", "Prints polynomials as sums of weighted squares."),
    "verify": _Place("verifying", "Checks certificates in exact arithmetic, without a solver."),
}


class _Loaded(MutableMapping[str, click.Command]):
    """The commands by name, each imported when it is asked for."""

    def __init__(self) -> None:
        self._added: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._added:
            module = import_module(f"nsos_jax.command.{COMMANDS[name].room}")
            command = getattr(module, name.replace("-", "_"))
            read_variables(command, name)
            self._added[name] = command
        return self._added[name]

    def __contains__(self, name: object) -> bool:
        return name in COMMANDS or name in self._added

    def __iter__(self) -> Iterator[str]:
        return iter({**COMMANDS, **self._added})

    def __len__(self) -> int:
        return len({**COMMANDS, **self._added})

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._added[name] = command

    def __delitem__(self, name: str) -> None:
        del self._added[name]


class _Group(click.Group):
    """Shows the commands without loading them, and ends each without a traceback when it is interrupted or its output
    cannot be written."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, place.summary) for name, place in COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        fitting = [name for name in COMMANDS if name.startswith(incomplete)]
        items = [CompletionItem(name, help=COMMANDS[name].summary) for name in fitting]
        return items + click.Command.shell_complete(self, ctx, incomplete)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] in COMMANDS or args[0].startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        from nsos_jax.command.reports import shorten  # which loads what the help does not need

        near = get_close_matches(args[0], COMMANDS, 1)
        given = shlex.quote(shorten(args[0], 60))
        about = f"a polynomial or a file of them is asked about by nsos certify {given}"
        raise click.UsageError(f"there is no command {given}; {f'did you mean {near[0]}?' if near else about}", ctx)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with named_in_errors(ctx), _hinted_options(ctx):
                return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(INTERRUPTED)
        except OSError as error:
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115, what is still buffered cannot be written either
            if error.errno == errno.EPIPE:
                ctx.exit(CLOSED_PIPE)
            click.echo(f"error: cannot write {error.filename or 'the output'}: {error.strerror or error}", err=True)
            ctx.exit(2)


@contextmanager
def _hinted_options(ctx: click.Context) -> Iterator[None]:
    """Says of options of `nsos` itself, which a command does not know, where they stand."""
    try:
        yield
    except click.NoSuchOption as error:
        if error.option_name.removeprefix("--") not in long_names(ctx.command):
            raise
        name, command = error.option_name, ctx.invoked_subcommand
        reason = f"{name} is an option of nsos itself, and stands before the command: nsos {name} ... {command} ..."
        raise click.UsageError(reason, error.ctx) from None


@click.group(
    cls=_Group,
    commands=_Loaded(),
    context_settings={
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
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
    warn_of_unknown_variables(main)
    _log.info("options of %s", used_file(ctx) or "no configuration file")


read_variables(main)
