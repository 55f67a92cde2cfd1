"""One run of `nsos certify`, `bound`, `solve` or `control`: reading, solving, saving, reporting; and shared options."""

import errno
import logging
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from functools import partial
from itertools import chain, islice
from typing import Any, TypeVar

import click

from nsos_jax.command.entries import POLYNOMIALS, Entry, Subject
from nsos_jax.command.inputs import check_tables
from nsos_jax.command.interruption import INTERRUPTED, prompt_interruption
from nsos_jax.command.output import OutputRefused, RecordFile, RecordFolder, is_folder
from nsos_jax.command.records import Job, Outcome, answer_entries, make_lines, recorded_outcome
from nsos_jax.command.reports import BAD_INPUT, BUG, Display, Report
from nsos_jax.command.sharing import Engine, engine_options, schedule_by_cost
from nsos_jax.compilation_cache import enable_compilation_cache
from nsos_jax.devices import NoDevice
from nsos_jax.engines import Schedule
from nsos_jax.programs import BACKENDS, SolveOptions
from nsos_jax.tables import Columns, TableError, is_table, parts

PATIENCE, SECONDS_TO_START = 10, 60
"""A process that takes so many times the time limit for an entry, and so many seconds more, is ended; each further
entry of its batch gives it the limit once more."""
_log = logging.getLogger(__name__)
Command = TypeVar("Command", bound=Callable[..., Any])


class TextCommand(click.Command):
    """Takes an argument such as "-x^2 + 1" for a polynomial, not for options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        signed = [len(arg) > 1 and arg[0] == "-" and arg[1] not in "-o" and arg != "-h" for arg in args]
        return super().parse_args(ctx, [f" {arg}" if sign else arg for arg, sign in zip(args, signed, strict=True)])


def output_options(command: Command) -> Command:
    """Adds the options of where records go, and how many processes make them."""
    command = engine_options(command)
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print the JSON records, and nothing else."),
        click.option("--overwrite", is_flag=True, help="Replace FILE."),
        click.option("--resume", is_flag=True, help="Keep the finished records of an interrupted run and go on."),
        click.option(
            "-o",
            "--output",
            metavar="FILE",
            help="Write one JSON record per input to FILE, a new one, or with FOLDER/ to parts of it.",
        ),
    ):
        command = option(command)
    return command


def _read_columns(ctx: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> Columns:
    pairs = [text.partition("=") for text in given]
    for (key, sign, name), text in zip(pairs, given, strict=True):
        if not (key and sign and name):
            raise click.BadParameter(f"got {text!r}, expected KEY=NAME, such as polynomial=expression")
    names = {key: name for key, _, name in pairs}
    if len(names) < len(given):
        raise click.BadParameter("a key is given twice")
    return Columns(names)


column_option = click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="KEY=NAME",
    callback=_read_columns,
    help="The name of the column of tables that is KEY, such as polynomial=expression; may be repeated.",
)


def solver_options(command: Command) -> Command:
    """Adds the options of how programs are solved."""
    for option in (
        click.option(
            "--time-limit",
            type=float,
            default=SolveOptions.time_limit,
            show_default=True,
            help="Seconds per program, of nsos control per question.",
        ),
        click.option(
            "--backend",
            type=click.Choice(BACKENDS),
            default=SolveOptions.backend,
            show_default=True,
            help="Who solves in floating point; the proof is the same.",
        ),
    ):
        command = option(command)
    return command


def check_inputs(inputs: tuple[str, ...], subject: Subject = POLYNOMIALS, columns: Columns | None = None) -> None:
    """Refuses tables that cannot be meant, before anything is written."""
    try:
        check_tables(inputs, subject, columns)
    except (TableError, OSError) as error:
        raise click.UsageError(str(error)) from None


def run_job(
    job: Job,
    entries: Iterator[Entry],
    display: Display,
    inputs: tuple[str, ...],
    *,
    output: str | None,
    resume: bool,
    overwrite: bool,
    as_json: bool,
    workers: int,
    engine: str,
    address: str | None,
    gpus_per_worker: float,
    time_limit: float,
    total: int | None = None,
    after: Callable[[Outcome, int], None] = lambda outcome, number: None,
) -> int:
    """Answers all entries; returns the exit status.

    Args:
      job, entries, display: what is done with what, and how it is shown.
      inputs: the arguments, which `output` may not overwrite.
      output, resume, overwrite, as_json, workers, engine, address, gpus_per_worker: the options of `output_options`.
      time_limit: seconds for each entry; a process that takes much longer is ended.
      total: how many entries there are, if that is known.
      after: called with each outcome and its number, from 1.
    """
    where = Engine(workers, engine, address, gpus_per_worker)
    report = Report(display, as_json=as_json, is_list=not as_json and output is None)
    try:
        with _open_output(output, inputs, resume, overwrite) as file:
            kept = file.finished(entries, job) if file else iter(())
            outcomes = _outcomes(job, entries, where, time_limit, report)
            return _run(kept, outcomes, file, report, total, after)
    except OutputRefused as error:
        click.echo(f"error: -o {output}: {error}", err=True)
        return 2


def _open_output(
    path: str | None, inputs: tuple[str, ...], resume: bool, overwrite: bool
) -> AbstractContextManager[RecordFile | RecordFolder | None]:
    """Where to save records; refuses, before any work, a file that may not or cannot be written."""
    if path is None:
        if resume or overwrite:
            raise click.UsageError(f"--{'resume' if resume else 'overwrite'} needs -o FILE")
        return nullcontext()
    if path == "-":
        raise click.UsageError("-o -: records go to standard output with --json")
    if is_table(path):
        raise click.UsageError(
            f"-o {path}: records are written as JSON lines (.jsonl), of which nsos convert makes tables"
        )
    if resume and overwrite:
        raise click.UsageError("--resume keeps FILE, --overwrite replaces it: choose one")
    places = [path, *parts(path)] if os.path.exists(path) else []
    if any(os.path.exists(name) and os.path.samefile(name, place) for name in inputs for place in places):
        raise click.UsageError(f"-o {path}: is also an input, which it would overwrite")
    return RecordFolder(path, resume, overwrite) if is_folder(path) else RecordFile(path, resume, overwrite)


def _outcomes(
    job: Job, entries: Iterator[Entry], engine: Engine, time_limit: float, report: Report
) -> Generator[Outcome, None, None]:
    """In the order of the entries, made here or by workers; a single one is answered here."""
    first = list(islice(entries, 2))
    entries = chain(first, entries)
    if engine.is_here or len(first) < 2:
        yield from answer_entries(entries, job)
        return
    schedule = schedule_of(job, time_limit)
    for entry, answer in engine.answers(entries, partial(make_lines, job=job), schedule, job.command, report.watch):
        yield recorded_outcome(entry, job, answer)


def schedule_of(job: Job, time_limit: float) -> Schedule:
    """How the entries of a job become batches of workers."""
    return schedule_by_cost(
        lambda entry: job.cost(entry.given), PATIENCE * time_limit + SECONDS_TO_START, further=time_limit
    )


def _run(
    kept: Iterator[dict[str, Any]],
    outcomes: Generator[Outcome, None, None],
    file: RecordFile | RecordFolder | None,
    report: Report,
    total: int | None,
    after: Callable[[Outcome, int], None],
) -> int:
    cache = enable_compilation_cache()
    _log.info("compiled programs are kept in %s", cache or "no folder")
    if cache is None and (folder := os.environ.get("NSOS_CACHE_DIR")):
        click.echo(f"warning: NSOS_CACHE_DIR={folder} cannot be written: what is compiled is not kept", err=True)

    def stopped() -> str:
        can_resume = file is not None and file.is_regular and report.total
        return f"{report.finished_text()}{'; the same command with --resume goes on from there' if can_resume else ''}"

    try:
        with prompt_interruption(stopped, report.hide), report.progress(total), closing(outcomes):
            for record in kept:
                report.keep(record)
            for outcome in outcomes:
                if file:
                    file.write_line(outcome.line)
                report.add(outcome)
                _log_outcome(outcome.record)
                after(outcome, report.total)
            if isinstance(file, RecordFolder):
                file.write_manifest()
    except KeyboardInterrupt:
        click.echo(f"interrupted: {stopped()}", err=True)
        return INTERRUPTED
    except NoDevice as error:
        click.echo(f"error: {error}; {stopped()}", err=True)
        return 2
    except OSError as error:
        if file is None or error.filename != file.path or error.errno == errno.EPIPE:
            raise
        click.echo(f"error: cannot write {file.path}: {error.strerror or error}; {stopped()}", err=True)
        return 2
    report.finish()
    return 2 if report.count(BAD_INPUT) else 1 if report.count(BUG) else 0


def _log_outcome(record: dict[str, Any]) -> None:
    status, seconds = record["status"] or record["error"].split("\n")[0], record["seconds"] or 0.0
    compiling = record.get("compile_seconds") or 0.0
    _log.info("%.80s: %s in %.3f s, compiling %.3f s", record["id"], status, seconds, compiling)
