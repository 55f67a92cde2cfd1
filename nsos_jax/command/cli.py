"""The command `nsos`: a group whose commands are loaded when they are called, so that its help is shown at once.

JAX and the solvers are imported by `certify`, `bound`, `solve` and `control` alone, once their options are known to be
good; but `verify` reads questions of control again with what they are asked with.
"""

import errno
import logging
import os
import sys
from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Any, NamedTuple

import click
from click.shell_completion import CompletionItem

from nsos_jax.command.interruption import INTERRUPTED
from nsos_jax.command.settings import configuration_option, log_level_option, named_in_errors, used_file

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
    "plot": _Place("chosen", "Draws a certificate: its Newton polytope or its Gram matrix."),
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
            self._added[name] = getattr(module, name.replace("-", "_"))
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
    commands=_Loaded(),
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
