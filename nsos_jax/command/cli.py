"""The command `nsos`: certify polynomials, verify certificates, explain one.

JAX and the solver are imported by `certify` alone, once its options are known to be good.
"""

import errno
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import click

from nsos_jax.certificates import StoredCertificate, Verdict, find_certificate, read_certificates
from nsos_jax.command.inputs import count_entries, read_entries
from nsos_jax.command.interruption import safe_interruption
from nsos_jax.command.records import RecordFile, certify_entries
from nsos_jax.command.reports import BAD_INPUT, BUG, Report, printable, shorten, terminal_width
from nsos_jax.compilation_cache import enable_compilation_cache
from nsos_jax.membership import LAST_RESORTS, CertifyOptions, Result
from nsos_jax.polynomials import Polynomial
from nsos_jax.proposers import PROPOSERS, check_proposer

INTERRUPTED = 130
CLOSED_PIPE = 141
VERDICT_STATUS = {Verdict.HOLDS: 0, Verdict.FAILS: 1, Verdict.MISSING: 1, Verdict.UNREADABLE: 2}
CHUNK = 256

Save = Callable[[dict[str, Any]], None]


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
@click.option("-o", "--output", metavar="FILE", help="Write one JSON record per input to FILE.")
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
    ctx: click.Context, inputs: tuple[str, ...], output: str | None, as_json: bool, chunk: int, **limits: Any
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
    with _open_output(output, inputs) as save:
        report = Report(as_json=as_json, is_list=not as_json and output is None)
        ctx.exit(_certify(inputs, options, chunk, save, report))


@contextmanager
def _open_output(path: str | None, inputs: tuple[str, ...]) -> Iterator[Save]:
    """How to save a record; refuses, before any work, a file that cannot be written."""
    if path is None:
        yield lambda record: None
        return
    if os.path.exists(path) and any(os.path.exists(name) and os.path.samefile(name, path) for name in inputs):
        raise click.UsageError(f"-o {path}: is also an input, which it would overwrite")
    try:
        file = RecordFile(path)
    except OSError as error:
        raise click.UsageError(f"-o {path}: cannot be written: {error.strerror or error}") from None
    with file:
        yield file.write


def _certify(inputs: tuple[str, ...], options: CertifyOptions, chunk: int, save: Save, report: Report) -> int:
    """Reads, certifies, saves and reports; returns the exit status."""
    enable_compilation_cache()
    entries = read_entries(inputs, sys.stdin.buffer)
    try:
        with safe_interruption(), report.progress(count_entries(inputs)):
            for outcome in certify_entries(entries, partial(_solve, options=options), chunk):
                save(outcome.record)
                report.add(outcome)
    except KeyboardInterrupt:
        click.echo(f"interrupted: the records of {report.total} inputs are finished", err=True)
        return INTERRUPTED
    report.finish()
    return 2 if report.count(BAD_INPUT) else 1 if report.count(BUG) else 0


def _solve(polynomials: Sequence[Polynomial], options: CertifyOptions) -> list[Result]:
    from nsos_jax.membership import certify_batch

    return certify_batch(polynomials, options)


@main.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("-q", "--quiet", is_flag=True, help="Print only what does not hold.")
@click.pass_context
def verify(ctx: click.Context, files: tuple[str, ...], quiet: bool) -> None:
    """Checks certificates in exact arithmetic, without a solver.

    FILE is a certificate, a results file of "nsos certify -o", or - for standard input. Nothing in it is trusted.

    Exit status: 0 all certificates hold, 1 one does not hold or is missing, 2 a file or line cannot be read,
    130 interrupted, 141 the output was closed.
    """
    counts: Counter[Verdict] = Counter()
    width = terminal_width() if sys.stdout.isatty() else sys.maxsize
    for path in files:
        for stored in read_certificates(path):
            verdict, reason = stored.check()
            counts[verdict] += 1
            if not (quiet and verdict is Verdict.HOLDS):
                click.echo(_verdict_line(stored, verdict, reason, width))
    if not quiet and counts.total() > 1:
        click.echo(", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict]))
    ctx.exit(max(VERDICT_STATUS[verdict] for verdict in counts))


def _verdict_line(stored: StoredCertificate, verdict: Verdict, reason: str, width: int) -> str:
    """What `verify` prints, with the record's own id; shortened to the width if the certificate holds."""
    holds = verdict is Verdict.HOLDS
    known = not isinstance(stored.id, str | int) or stored.id == stored.place
    name = "" if known else f"[{shorten(str(stored.id), 24 if holds else 60)}] "
    return shorten(f"{verdict:<11}{stored.place}: {name}{reason}", width if holds else sys.maxsize)


@main.command()
@click.argument("file", metavar="FILE")
@click.option("--line", type=click.IntRange(min=1), metavar="N", help="The line of a results file.")
@click.option("--full", is_flag=True, help="Shorten nothing: all terms, squares and digits, however long that takes.")
@click.pass_context
def explain(ctx: click.Context, file: str, line: int | None, full: bool) -> None:
    """Prints a certificate for people: the squares, the point or the functional.

    FILE is a certificate, a results file of "nsos certify -o", or - for standard input. The certificate is checked
    first.

    Exit status: as for verify.
    """
    from nsos_jax.command.explain import FULL, Room
    from nsos_jax.command.explain import explain as explanation

    try:
        stored = find_certificate(file, line)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    verdict, reason = stored.check()
    if verdict is Verdict.HOLDS:
        click.echo(f"{verdict:<13}{printable(reason)}")
        for text in explanation(stored.load(), FULL if full else Room(terminal_width())):
            click.echo(printable(text))
    else:
        click.echo(f"{verdict:<13}{printable(stored.place)}: {printable(reason)}", err=True)
    ctx.exit(VERDICT_STATUS[verdict])
