"""The command `nsos certify`. JAX and the solver are imported once the options are known to be good."""

import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from nsos_jax.command.answers import CERTIFIED
from nsos_jax.command.inputs import count_entries, read_entries, read_polynomial
from nsos_jax.command.records import Job, Outcome, recorded_options
from nsos_jax.command.running import TextCommand, check_inputs, column_option, output_options, run_job
from nsos_jax.command.settings import MemorySize, SecondsOrSwitch, complete_files
from nsos_jax.command.sharing import cost_of_polynomial
from nsos_jax.membership import COMPACT_SECONDS, LAST_RESORTS, REFERENCES, CertifyOptions, Result
from nsos_jax.memory_sizes import memory_text
from nsos_jax.polynomials import Polynomial
from nsos_jax.proposers import PROPOSERS, check_proposer
from nsos_jax.tables import Columns

CHUNK = 256
KEYS = (
    "id",
    "polynomial",
    "status",
    "over",
    "proof",
    "margin",
    "basis_size",
    "proposer",
    "seconds",
    "compile_seconds",
    "options",
    "reference",
    "certificate",
    "error",
)
"""Of a record, in order."""


def _check_proposers(ctx: click.Context, parameter: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        try:
            check_proposer(name)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None
    return names or CertifyOptions.proposers


def _complete_proposers(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[Any]:
    """Their names; where none fits, the weights of one's own."""
    from click.shell_completion import CompletionItem

    fitting = [CompletionItem(name) for name in PROPOSERS if name.startswith(incomplete)]
    return fitting or complete_files(ctx, parameter, incomplete)


@click.command(cls=TextCommand)
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True, shell_complete=complete_files)
@output_options
@column_option
@click.option(
    "--proposer",
    "proposers",
    multiple=True,
    metavar="NAME",
    callback=_check_proposers,
    shell_complete=_complete_proposers,
    help=f"Whose bases are tried: {', '.join(PROPOSERS)}, or the path of weights of your own; may be repeated.  "
    f"[default: {', '.join(CertifyOptions.proposers)}]",
)
@click.option(
    "--ratio",
    type=float,
    default=CertifyOptions.ratio,
    show_default=True,
    help="Growth of the bases between a proposal and the complete basis.",
)
@click.option(
    "--max-iterations",
    type=int,
    default=CertifyOptions.max_iterations,
    show_default=True,
    help="Solver iterations per basis.",
)
@click.option(
    "--time-limit",
    type=float,
    default=CertifyOptions.time_limit,
    show_default=True,
    help="Seconds per polynomial.",
)
@click.option(
    "--memory-limit",
    type=MemorySize(),
    default=memory_text(CertifyOptions.memory_limit),
    show_default=True,
    help="Working memory per polynomial, such as 4GiB; a number alone counts MiB.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=CertifyOptions.seed,
    show_default=True,
    help="Of the random sample points.",
)
@click.option(
    "--nonnegative",
    is_flag=True,
    help="Seek multipliers that prove nonnegativity of what is not proven to be a sum of squares.",
)
@click.option(
    "--reference",
    type=click.Choice(REFERENCES),
    help="Solve each decided program on its final basis with this solver, too, and compare.",
)
@click.option("--write-task", "task_folder", metavar="FOLDER", help="Write these programs for MOSEK into FOLDER.")
@click.option(
    "--last-resort",
    type=click.Choice(LAST_RESORTS),
    default=CertifyOptions.last_resort,
    show_default=True,
    help="Whose interior-point solutions are used where the batched solver finds no proof.",
)
@click.option(
    "--compact",
    is_flag=False,
    flag_value=COMPACT_SECONDS,
    type=SecondsOrSwitch(COMPACT_SECONDS),
    default=0.0,
    show_default=False,
    metavar="[SECONDS]",
    help="After each proof, look so long for a shorter certificate; --compact alone, behind all inputs, for "
    f"{COMPACT_SECONDS:g} seconds.",
)
@click.option(
    "--chunk",
    type=click.IntRange(min=1),
    default=CHUNK,
    show_default=True,
    help="Most polynomials that are read and solved together; a run begins with smaller chunks.",
)
@click.pass_context
def certify(
    ctx: click.Context,
    inputs: tuple[str, ...],
    output: str | None,
    resume: bool,
    overwrite: bool,
    as_json: bool,
    workers: int,
    engine: str,
    address: str | None,
    gpus_per_worker: float,
    columns: Columns,
    task_folder: str | None,
    chunk: int,
    **limits: Any,
) -> None:
    """Answers for each INPUT whether it is a sum of squares.

    INPUT is polynomial text such as "x^4 - 2*x^2*y + y^2", a .txt file that holds one polynomial, a .jsonl file with
    one object per line and the key "polynomial", a table (.csv, .tsv, .parquet, .arrow, .feather) with such a column,
    or - for standard input (JSON lines, or one polynomial per line).

    Exit status: 0 every input was read, 1 an internal error, 2 some input or option was bad (the others are still
    answered), the output cannot be written or JAX has no device, 130 interrupted, 141 the output was closed.

    \b
    Examples:
      nsos certify "x^4 - 2*x^2*y + y^2 + 1"
      nsos certify polynomials.jsonl -o results.jsonl --time-limit 10
      nsos certify table.csv --column polynomial=expression --workers 4 -o results/
    """
    try:
        options = CertifyOptions(**limits)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if options.reference or options.last_resort == "mosek":
        _check_solvers(options)
    if task_folder is not None:
        if workers > 1 or engine == "ray":
            raise click.UsageError(
                "--write-task needs the solved programs, which other processes have: leave workers out"
            )
        _make_folder(task_folder)
    check_inputs(inputs, columns=columns)
    status = run_job(
        certify_job(options, chunk),
        read_entries(inputs, sys.stdin.buffer, columns=columns),
        CERTIFIED,
        inputs,
        output=output,
        resume=resume,
        overwrite=overwrite,
        as_json=as_json,
        workers=workers,
        engine=engine,
        address=address,
        gpus_per_worker=gpus_per_worker,
        time_limit=options.time_limit + options.compact_seconds,
        total=count_entries(inputs),
        after=partial(_write_task, folder=task_folder),
    )
    ctx.exit(status)


def certify_job(options: CertifyOptions, chunk: int = CHUNK) -> Job:
    """What is done with polynomials, here or in other processes; at most `chunk` are solved together."""
    return Job(
        "certify",
        KEYS,
        "polynomial",
        read_polynomial,
        partial(_solve, options=options),
        Result.to_record,
        recorded_options(options),
        cost_of_polynomial,
        chunk,
    )


def _check_solvers(options: CertifyOptions) -> None:
    from nsos_jax.membership import check_solvers  # which loads JAX

    try:
        check_solvers(options)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _make_folder(path: str) -> None:
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"--write-task {path}: {error.strerror or error}") from None


def _write_task(outcome: Outcome, number: int, folder: str | None) -> None:
    if folder is not None and outcome.result is not None:
        from nsos_jax.membership import write_final_task  # which loads JAX

        write_final_task(outcome.result, Path(folder, f"{number:06d}.task"))


def _solve(polynomials: Sequence[Polynomial], options: CertifyOptions) -> list[Result]:
    from nsos_jax.membership import certify_batch  # which loads JAX

    return certify_batch(polynomials, options)
