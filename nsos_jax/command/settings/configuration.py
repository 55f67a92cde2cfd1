"""The configuration file: `nsos.toml`, or `[tool.nsos]` in `pyproject.toml`, in this folder or one above it.

A table for each command, with the long names of its options as keys; beside the tables stand the options of `nsos`
itself. What is on the command line wins over environment variables, these over the file, the file over the defaults.
Every key and every type is checked before anything is done.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from nsos_jax.command.settings.options import MemorySize, SecondsOrSwitch, long_names, nearest, variables

FILE, PROJECT_FILE, NONE = "nsos.toml", "pyproject.toml", "none"
_KEY = "nsos.configuration"
"""Of click's `Context.meta`: the path of the file in use."""


def configuration_option() -> Any:
    """The option --config, which makes the file's values the defaults of all options."""
    return click.option(
        "--config",
        metavar="FILE",
        is_eager=True,
        expose_value=False,
        callback=_configure,
        help=f"The configuration file, or {NONE}.  [default: {FILE}, or [tool.nsos] in {PROJECT_FILE}, here or above]",
    )


def used_file(ctx: click.Context) -> Path | None:
    """The configuration file in use."""
    return ctx.find_root().meta.get(_KEY)


@contextmanager
def named_in_errors(ctx: click.Context) -> Iterator[None]:
    """Adds to errors of usage what the configuration file and the environment set for the command that raised them."""
    try:
        yield
    except click.UsageError as error:
        if sources := _sources(used_file(ctx), error.ctx):
            raise click.UsageError(f"{error.format_message()} ({'; '.join(sources)})", error.ctx) from None
        raise


def _sources(path: Path | None, ctx: click.Context | None) -> list[str]:
    """Where options of a command have values from, beside the command line."""
    if ctx is None or ctx.parent is None:
        return []
    options = long_names(ctx.command).items()
    in_file = [name for name, option in options if option.name in (ctx.default_map or {})]
    found = [f"{path} sets {', '.join(in_file)}"] if in_file else []
    named = variables(ctx.command, ctx.info_name or "")
    return found + [f"the environment sets {name}" for name in named if os.environ.get(name)]


def _configure(ctx: click.Context, parameter: click.Parameter, given: str | None) -> None:
    if ctx.resilient_parsing or given == NONE:
        return
    path = Path(given) if given else _nearest(Path.cwd())
    if path is not None and isinstance(ctx.command, click.Group):
        ctx.default_map = _defaults(path, ctx.command)
        ctx.meta[_KEY] = path


def _nearest(folder: Path) -> Path | None:
    """The file of this folder or the nearest one above it that has one."""
    for parent in (folder, *folder.parents):
        if (parent / FILE).is_file():
            return parent / FILE
        project = parent / PROJECT_FILE
        try:
            if b"[tool.nsos" in project.read_bytes():
                return project
        except OSError:
            continue
    return None


def _defaults(path: Path, group: click.Group) -> dict[str, Any]:
    """The values of a file as click's `default_map`; `UsageError` names file and key."""
    values = _read(path)
    for name in values:
        if problem := _misplaced(name, values[name], group):
            raise click.UsageError(f"{path}: {name}: {problem}")
    found = _checked({k: v for k, v in values.items() if not isinstance(v, dict)}, group, str(path), group.commands)
    for name, table in values.items():
        if isinstance(table, dict):
            command = group.commands.get(name)
            if command is None:
                raise _unknown(f"{path}: [{name}]", "no command has that name", name, group.commands)
            found[name] = _checked(table, command, f"{path}: [{name}]", {})
    return found


def _misplaced(name: str, value: Any, group: click.Group) -> str | None:
    """What is wrong with a key that stands at the top, where tables of commands and options of `nsos` are."""
    if isinstance(value, dict):
        if name == "tool" and "nsos" in value:
            return f"these tables are for {PROJECT_FILE}; here [tool.nsos.certify] is [certify]"
    elif name in group.commands:
        return f"a command has a table, [{name}], below which its options stand"
    elif name not in long_names(group):
        option = name.replace("_", "-")
        owners = [command for command in group.commands if option in long_names(group.commands[command])]
        if owners:
            return f"an option of {', '.join(owners)} stands in the table of its command, below [{owners[0]}]"
    return None


def _read(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise click.UsageError(f"{path}: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{path}: this is no TOML: {error}") from None
    if path.name != PROJECT_FILE:
        return values
    ours = values.get("tool", {}).get("nsos", {})
    if not isinstance(ours, dict):
        raise click.UsageError(f"{path}: tool.nsos: expected a table")
    return ours


def _checked(
    values: Mapping[str, Any], command: click.Command, place: str, others: Mapping[str, object]
) -> dict[str, Any]:
    """The values by the names that click knows, each of the type of its option."""
    options, found = {name: option for name, option in long_names(command).items() if name != "config"}, {}
    for key, value in values.items():
        if key not in options:
            raise _unknown(f"{place}: {key}", "there is no such option", key, {**options, **others})
        option = options[key]
        problem = _problem(option, value)
        if problem is not None:
            raise click.UsageError(f"{place}: {key}: {problem}")
        found[str(option.name)] = value
    return found


def _problem(option: click.Option, value: Any) -> str | None:
    """What is wrong with a value, in words."""
    if option.is_flag:
        return None if isinstance(value, bool) else f"expected true or false, got {value!r:.60}"
    if option.multiple:
        if not isinstance(value, list):
            return f"expected a list, got {value!r:.60}"
        return next((problem for item in value if (problem := _item_problem(option, item))), None)
    return _item_problem(option, value)


def _item_problem(option: click.Option, value: Any) -> str | None:
    types: tuple[type, ...]
    if isinstance(option.type, click.types.IntParamType):
        wanted, types = "an integer", (int,)
    elif isinstance(option.type, click.types.FloatParamType):
        wanted, types = "a number", (int, float)
        if isinstance(option.type, SecondsOrSwitch) and isinstance(value, bool):
            return None
    elif isinstance(option.type, MemorySize):
        wanted, types = "an integer of MiB, or a size in quotes", (int, str)
    else:
        wanted, types = "text in quotes", (str,)
    if isinstance(value, bool) or not isinstance(value, types):
        return f"expected {wanted}, got {value!r:.60}"
    try:
        option.type(value)
    except click.BadParameter as error:
        return error.message
    return None


def _unknown(place: str, reason: str, name: str, known: Mapping[str, object]) -> click.UsageError:
    return click.UsageError(f"{place}: {reason}; {nearest(name.replace('_', '-'), known)}")
