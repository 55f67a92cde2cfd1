"""The command `nsos`: certify polynomials, verify certificates, explain one.

JAX and the solver are imported by `certify` alone, once its options are known to be good.
"""

import errno
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import click

from nsos_jax.certificates import Verdict, find_certificate, read_certificates
from nsos_jax.command.exports import FORMATS, CannotExport, write
from nsos_jax.command.inputs import count_entries, read_entries
from nsos_jax.command.interruption import prompt_interruption
from nsos_jax.command.output import OutputRefused, RecordFile
from nsos_jax.command.records import certify_entries, recorded_options
from nsos_jax.command.reports import BAD_INPUT, BUG, Report, printable, terminal_width
from nsos_jax.command.verification import Tally, verdict_lines
from nsos_jax.compilation_cache import enable_compilation_cache
from nsos_jax.membership import LAST_RESORTS, REFERENCES, CertifyOptions, Result
from nsos_jax.polynomials import Polynomial
from nsos_jax.proposers import PROPOSERS, check_proposer

INTERRUPTED = 130
CLOSED_PIPE = 141
VERDICT_STATUS = {Verdict.HOLDS: 0, Verdict.FAILS: 1, Verdict.MISSING: 1, Verdict.UNREADABLE: 2}
CHUNK = 256
TEXT = "text"


class _Group(click.Group):
    """Ends every command without a traceback when it is interrupted or its output cannot be written."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
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


class _Certify(click.Command):
    """Takes an argument such as "-x^2 + 1" for a polynomial, not for options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        signed = [len(arg) > 1 and arg[0] == "-" and arg[1] not in "-o" and arg != "-h" for arg in args]
        return super().parse_args(ctx, [f" {arg}" if sign else arg for arg, sign in zip(args, signed, strict=True)])


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="nsos-jax", prog_name="nsos")
def main() -> None:
    """Decides whether polynomials are sums of squares, with proofs in exact arithmetic."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # for names that the terminal cannot show


def _check_proposers(ctx: click.Context, parameter: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        try:
            check_proposer(name)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None
    return names or CertifyOptions.proposers


@main.command(cls=_Certify)
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)
@click.option("-o", "--output", metavar="FILE", help="Write one JSON record per input to FILE, which must be new.")
@click.option("--resume", is_flag=True, help="Keep the finished records of an interrupted run in FILE and go on.")
@click.option("--overwrite", is_flag=True, help="Replace FILE.")
@click.option("--json", "as_json", is_flag=True, help="Print the JSON records, and nothing else, on standard output.")
@click.option(
    "--proposer",
    "proposers",
    multiple=True,
    metavar="NAME",
    callback=_check_proposers,
    help=f"Whose bases are tried: {', '.join(PROPOSERS)}; may be repeated.  "
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
    type=click.IntRange(min=1),
    default=CertifyOptions.memory_limit >> 20,
    show_default=True,
    help="MiB of working memory per polynomial.",
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
    task_folder: str | None,
    chunk: int,
    **limits: Any,
) -> None:
    """Answers for each INPUT whether it is a sum of squares.

    INPUT is polynomial text such as "x^4 - 2*x^2*y + y^2", a .txt file that holds one polynomial, a .jsonl file with
    one object per line and the key "polynomial", or - for standard input (JSON lines, or one polynomial per line).

    Exit status: 0 every input was read, 1 an internal error, 2 some input or option was bad (the others are still
    answered) or the output cannot be written, 130 interrupted, 141 the output was closed.
    """
    try:
        options = CertifyOptions(**{**limits, "memory_limit": limits["memory_limit"] << 20})
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if options.reference or options.last_resort == "mosek":
        _check_solvers(options)
    if task_folder is not None:
        _make_folder(task_folder)
    report = Report(as_json=as_json, is_list=not as_json and output is None)
    try:
        with _open_output(output, inputs, resume, overwrite) as file:
            ctx.exit(_certify(inputs, options, chunk, file, report, task_folder))
    except OutputRefused as error:
        click.echo(f"error: -o {output}: {error}", err=True)
        ctx.exit(2)


def _open_output(
    path: str | None, inputs: tuple[str, ...], resume: bool, overwrite: bool
) -> AbstractContextManager[RecordFile | None]:
    """Where to save records; refuses, before any work, a file that may not or cannot be written."""
    if path is None:
        if resume or overwrite:
            raise click.UsageError(f"--{'resume' if resume else 'overwrite'} needs -o FILE")
        return nullcontext()
    if path == "-":
        raise click.UsageError("-o -: records go to standard output with --json")
    if resume and overwrite:
        raise click.UsageError("--resume keeps FILE, --overwrite replaces it: choose one")
    if os.path.exists(path) and any(os.path.exists(name) and os.path.samefile(name, path) for name in inputs):
        raise click.UsageError(f"-o {path}: is also an input, which it would overwrite")
    return RecordFile(path, resume, overwrite)


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


def _certify(
    inputs: tuple[str, ...],
    options: CertifyOptions,
    chunk: int,
    file: RecordFile | None,
    report: Report,
    task_folder: str | None,
) -> int:
    """Reads, certifies, saves and reports; returns the exit status."""
    if enable_compilation_cache() is None and (folder := os.environ.get("NSOS_CACHE_DIR")):
        click.echo(f"warning: NSOS_CACHE_DIR={folder} cannot be written: what is compiled is not kept", err=True)
    entries = read_entries(inputs, sys.stdin.buffer)
    recorded = recorded_options(options)

    def stopped() -> str:
        can_resume = file is not None and file.is_regular and report.total
        return f"{report.finished_text()}{'; --resume goes on from there' if can_resume else ''}"

    try:
        with prompt_interruption(stopped), report.progress(count_entries(inputs)):
            for record in file.finished(entries, recorded) if file else ():
                report.keep(record)
            for outcome in certify_entries(entries, partial(_solve, options=options), chunk, recorded):
                if file:
                    file.write(outcome.record)
                report.add(outcome)
                if task_folder is not None and outcome.result is not None:
                    _write_task(outcome.result, os.path.join(task_folder, f"{report.total:06d}.task"))
    except KeyboardInterrupt:
        click.echo(f"interrupted: {stopped()}", err=True)
        return INTERRUPTED
    except OSError as error:
        if file is None or error.filename != file.path or error.errno == errno.EPIPE:
            raise
        click.echo(f"error: cannot write {file.path}: {error.strerror or error}; {stopped()}", err=True)
        return 2
    report.finish()
    return 2 if report.count(BAD_INPUT) else 1 if report.count(BUG) else 0


def _write_task(result: Result, path: str) -> None:
    from nsos_jax.membership import write_final_task

    write_final_task(result, Path(path))


def _solve(polynomials: Sequence[Polynomial], options: CertifyOptions) -> list[Result]:
    from nsos_jax.membership import certify_batch

    return certify_batch(polynomials, options)


@main.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("-q", "--quiet", is_flag=True, help="Print only what does not hold.")
@click.pass_context
def verify(ctx: click.Context, files: tuple[str, ...], quiet: bool) -> None:
    """Checks certificates in exact arithmetic, without a solver.

    FILE is a certificate, a results file of "nsos certify -o", or - for standard input. Nothing in it is trusted. Below
    each certificate that holds stands the polynomial p that it is about, whatever the record's id says.

    Exit status: 0 all certificates hold, 1 one does not hold, is missing or could not be checked, 2 a file or line
    cannot be read, 130 interrupted, 141 the output was closed.
    """
    tally, status = Tally(), 0
    for path in files:
        for stored in read_certificates(path):
            checked = stored.check()
            tally.add(checked)
            status = max(status, VERDICT_STATUS[checked.verdict])
            if not (quiet and checked.verdict is Verdict.HOLDS):
                for line in verdict_lines(stored, checked, terminal_width() if sys.stdout.isatty() else None):
                    click.echo(line)
    if not quiet and tally.total > 1:
        click.echo(str(tally))
    ctx.exit(status)


@main.command()
@click.argument("file", metavar="FILE")
@click.option("--line", type=click.IntRange(min=1), metavar="N", help="The line of a results file.")
@click.option("--full", is_flag=True, help="Shorten nothing: all terms, squares and digits, however long that takes.")
@click.option(
    "--format",
    type=click.Choice([TEXT, *FORMATS]),
    default=TEXT,
    show_default=True,
    help="For people, or as input for another program, never shortened, in UTF-8.",
)
@click.pass_context
def explain(ctx: click.Context, file: str, line: int | None, full: bool, format: str) -> None:
    """Prints a certificate for people, or as a proof in another language: the squares, the point or the functional.

    FILE is a certificate, a results file of "nsos certify -o", or - for standard input. The certificate is checked
    first; what does not hold is not exported.

    Exit status: as for verify; 2 also where the format has no text for such a certificate.
    """
    from nsos_jax.command.explain import FULL, Room
    from nsos_jax.command.explain import explain as explanation

    if full and format != TEXT:
        raise click.UsageError(f"--full: --format {format} shortens nothing, leave --full out")
    try:
        stored = find_certificate(file, line)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    verdict, reason, certificate = stored.check()
    if certificate is not None and format != TEXT:
        try:
            text = write(certificate, format)
        except CannotExport as error:
            raise click.UsageError(f"{stored.place}: {error}") from None
        click.echo(text.encode(), nl=False)  # as bytes: programs read UTF-8, whatever the terminal can show
    elif certificate is not None:
        click.echo(f"{verdict:<13}{printable(reason)}")
        for shown in explanation(certificate, FULL if full else Room(terminal_width())):
            click.echo(printable(shown))
    else:
        click.echo(f"{verdict:<13}{printable(stored.place)}: {printable(reason)}", err=True)
    ctx.exit(VERDICT_STATUS[verdict])
