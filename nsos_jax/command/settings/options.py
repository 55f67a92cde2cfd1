"""Options by their long names, and the environment variable of each: `NSOS_CERTIFY_TIME_LIMIT` for --time-limit."""

import difflib
import os
from collections.abc import Mapping
from typing import Any

import click

from nsos_jax.memory_sizes import memory_size

PREFIX = "NSOS"
CACHE = "NSOS_CACHE_DIR"
"""Is no option."""
MIB, MOST_MEMORY = 1 << 20, 1 << 50
"""Bytes."""
_ALONE = {"help", "version"}
"""Options that end the command."""


class SecondsOrSwitch(click.FloatRange):
    """Seconds; in files and variables `true` stands for the usual ones, `false` for none."""

    def __init__(self, usual: float) -> None:
        super().__init__(min=0)
        self.usual = usual

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        switched = {"true": self.usual, "false": 0.0}.get(str(value).lower())
        if switched is not None:
            return switched
        try:
            return float(super().convert(value, param, ctx))
        except click.BadParameter:
            alone = f"for {self.usual:g} of them the option stands alone, behind everything else"
            given = value.strip() if isinstance(value, str) else value  # `TextCommand` puts a space before a sign
            self.fail(f"got {given!r:.60}, expected a number of seconds, 0 or more; {alone}", param, ctx)


class MemorySize(click.ParamType):
    """A size such as 4GiB, in bytes; a number alone counts MiB."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value).strip()
        try:
            size = memory_size(text, alone=MIB)
        except ValueError:
            self.fail(f"got {text!r:.60}, expected a positive size such as 4GiB; a number alone counts MiB", param, ctx)
        if text.isdecimal() and size > MOST_MEMORY:
            self.fail(f"{text} MiB are more than any machine has; bytes are written {text}B", param, ctx)
        return size


def long_names(command: click.Command) -> dict[str, click.Option]:
    """The options of a command by their long names, without the dashes before them."""
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    names = {name[2:]: option for option in options for name in option.opts if name.startswith("--")}
    return {name: option for name, option in names.items() if name not in _ALONE}


def variables(command: click.Command, name: str = "") -> dict[str, click.Option]:
    """The options of a command by their environment variables; the command without a name is `nsos` itself."""
    start = _start(name)
    return {f"{start}_{_capitals(option)}": found for option, found in long_names(command).items()}


def read_variables(command: click.Command, name: str = "") -> None:
    """Lets each option take its value from its environment variable."""
    for variable, option in variables(command, name).items():
        option.envvar = variable


def warn_of_unknown_variables(group: click.Group) -> None:
    """Says on standard error which variables look like those of options, but are none."""
    known = {CACHE, *variables(group)}
    unknown = {name for name in os.environ if name.startswith(f"{PREFIX}_")} - known
    names = list(group.commands)
    likely = [name for name in names if any(variable.startswith(f"{_start(name)}_") for variable in unknown)]
    for name in [*likely, *(name for name in names if name not in likely)]:  # loading a command takes time
        if unknown <= known:
            return
        known.update(variables(group.commands[name], name))
    for name in sorted(unknown - known):
        click.echo(f"warning: the environment sets {name}, which is no option; {nearest(name, known)}", err=True)


def nearest(name: str, known: Mapping[str, object] | set[str]) -> str:
    """A hint for what does not exist."""
    near = difflib.get_close_matches(name, known, 1)
    return f"did you mean {near[0]}?" if near else f"expected one of {', '.join(sorted(known))}"


def _start(command: str) -> str:
    return f"{PREFIX}_{_capitals(command)}" if command else PREFIX


def _capitals(name: str) -> str:
    return name.upper().replace("-", "_")
