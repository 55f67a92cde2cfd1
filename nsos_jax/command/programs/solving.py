"""The commands `nsos solve` and `nsos bound`. Solvers are imported once the options are known to be good."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from nsos_jax.command.entries import PROGRAMS, Entry
from nsos_jax.command.inputs import count_entries, decode_json, read_entries, read_polynomial
from nsos_jax.command.programs.answers import BOUNDED, SOLVED
from nsos_jax.command.programs.records import KEYS, program_record
from nsos_jax.command.records import Job, Refused, recorded_options
from nsos_jax.command.reports import Display
from nsos_jax.command.running import TextCommand, check_inputs, column_option, output_options, run_job, solver_options
from nsos_jax.command.settings import MemorySize, complete_files
from nsos_jax.command.sharing import cost_of_program
from nsos_jax.memory_sizes import memory_text
from nsos_jax.polynomials import MAX_EXPONENT, Polynomial
from nsos_jax.programs import SolveOptions, StatedProblem
from nsos_jax.tables import Columns

if TYPE_CHECKING:
    from nsos_jax.programs import Answer  # which loads solvers


_tolerance_option = click.option(
    "--tolerance",
    type=float,
    default=SolveOptions.tolerance,
    show_default=True,
    help="Relative gap between proven bounds up to which the answer is OPTIMAL.",
)
_memory_option = click.option(
    "--memory-limit",
    type=MemorySize(),
    default=memory_text(SolveOptions.memory_limit),
    show_default=True,
    help="Working memory per program, such as 8GiB, as estimated before it is begun; a number alone counts MiB.",
)


@click.command()
@click.argument("inputs", metavar="FILE...", nargs=-1, required=True, shell_complete=complete_files)
@output_options
@solver_options
@_tolerance_option
@_memory_option
@click.pass_context
def solve(ctx: click.Context, inputs: tuple[str, ...], **options: Any) -> None:
    """Solves sum-of-squares programs, with proofs.

    FILE holds one JSON object per line with the key "statement", a program, the bound of a polynomial or the search for
    an extreme parameter; or such a statement itself, as SosProgram.to_json writes it. - is standard input.

    Exit status: as for certify.

    \b
    Examples:
      nsos solve programs.jsonl
      nsos solve programs.jsonl --backend clarabel -o results.jsonl
    """
    check_inputs(inputs, PROGRAMS)
    entries = read_entries(inputs, sys.stdin.buffer, PROGRAMS)
    ctx.exit(_run(entries, inputs, SOLVED, None, **options))


@click.command(cls=TextCommand, short_help="Proves lower bounds of polynomials, everywhere or on sets.")
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True, shell_complete=complete_files)
@click.option("--on", "on", metavar="FILE", help='A set: {"inequalities": [p, ...], "equalities": [q, ...]} in JSON.')
@click.option(
    "--order",
    type=click.IntRange(1, MAX_EXPONENT // 2),
    help="Products with multipliers have degree at most twice this order.",
)
@click.option(
    "--sparsity",
    type=click.Choice(["none", "constant", "cross", "term", "term-2", "auto"]),
    help="Gram matrices on complete bases (none), on cliques (constant: with numbers as multipliers, cross, term, "
    "term-2: from small to large), or by size.",
)
@click.option("--products", is_flag=True, help="Multipliers for products of different inequalities too (Schmuedgen).")
@output_options
@column_option
@solver_options
@_tolerance_option
@_memory_option
@click.pass_context
def bound(
    ctx: click.Context,
    inputs: tuple[str, ...],
    on: str | None,
    order: int | None,
    sparsity: str | None,
    columns: Columns,
    products: bool,
    **options: Any,
) -> None:
    """Proves a lower bound of each polynomial, everywhere or on a set.

    INPUT is what "nsos certify" reads. The set of --on is where the inequalities p are at least 0 and the equalities q
    are 0.

    Exit status: as for certify.

    \b
    Examples:
      nsos bound "x^4 + 10*x"
      nsos bound polynomials.jsonl --on set.json --order 2 -o bounds.jsonl
    """
    if order is not None and on is None:
        raise click.UsageError("--order needs --on FILE: on the whole space the degree of the polynomial decides")
    given = {} if on is None else _read_set(on)
    if order is not None:
        given["relaxation_order"] = order
    if products and on is None:
        raise click.UsageError("--products needs --on FILE: on the whole space there are no inequalities to multiply")
    if products:
        given["products"] = True
    if sparsity is not None:
        given["sparsity"] = sparsity
    check_inputs(inputs, columns=columns)
    total = count_entries(inputs)
    entries = (_as_bound(entry, given) for entry in read_entries(inputs, sys.stdin.buffer, columns=columns))
    ctx.exit(_run(entries, inputs, BOUNDED, total, **options))


def _run(
    entries: Iterator[Entry],
    inputs: tuple[str, ...],
    display: Display,
    total: int | None,
    backend: str,
    time_limit: float,
    tolerance: float,
    memory_limit: int,
    **output: Any,
) -> int:
    from nsos_jax.programs import check_backend  # which loads solvers

    try:
        options = SolveOptions(backend, time_limit, tolerance, memory_limit=memory_limit)
        check_backend(backend)
    except (ValueError, RuntimeError) as error:
        raise click.UsageError(str(error)) from None
    job = Job(
        display.command,
        KEYS,
        "statement",
        _read_problem,
        partial(_solve, options=options),
        program_record,
        recorded_options(options),
        cost_of_program,
    )
    return run_job(job, entries, display, inputs, time_limit=time_limit, total=total, **output)


def _read_problem(statement: dict[str, Any]) -> StatedProblem:
    return StatedProblem.read(statement).check()


def _solve(problems: Sequence[StatedProblem], options: SolveOptions) -> "list[Answer]":
    from nsos_jax.programs import UnfitBackend, answer_problem  # which loads solvers

    try:
        return [answer_problem(problem, options) for problem in problems]
    except UnfitBackend as error:
        raise Refused(str(error)) from error


def _as_bound(entry: Entry, given: dict[str, Any]) -> Entry:
    """The entry of the statement that a bound of the polynomial of an entry is wanted."""
    try:
        polynomial = entry.read(read_polynomial)
    except ValueError as error:
        problem = str(error).removeprefix(f"{entry.place}: ")
        return replace(entry, given=None, problem=problem)
    texts = [*given.get("inequalities", ()), *given.get("equalities", ())]
    names = dict.fromkeys(name for p in (polynomial, *map(Polynomial.parse, texts)) for name in p.variables)
    return replace(entry, given={"variables": list(names), "minimize": entry.given.strip().rstrip(";"), **given})


def _read_set(path: str) -> dict[str, Any]:
    """The inequalities and equalities of a set, as polynomial texts."""
    keys = ("inequalities", "equalities")
    expected = f"an object with the keys {' and '.join(keys)}"
    try:
        with open(path, "rb") as file:
            values = decode_json(file.read(), expected)
    except OSError as error:
        raise click.UsageError(f"--on {path}: cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise click.UsageError(f"--on {path}: {error}") from None
    if not isinstance(values, dict) or not values:
        raise click.UsageError(f"--on {path}: expected {expected}")
    for key in values.keys() - set(keys):
        raise click.UsageError(f"--on {path}: unknown key {key!r}, expected {' and '.join(keys)}")
    for key, texts in values.items():
        if not isinstance(texts, list):
            raise click.UsageError(f"--on {path}: {key}: expected a list of polynomials")
        for index, text in enumerate(texts):
            try:
                if not isinstance(text, str):
                    raise ValueError("expected text in quotes")
                read_polynomial(text)
            except ValueError as error:
                raise click.UsageError(f"--on {path}: {key}[{index}]: {error}") from None
    return values
