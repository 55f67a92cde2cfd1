"""The command `nsos control`. Solvers are imported once the options are known to be good."""

import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from nsos_jax.command.control.answers import ANSWERED
from nsos_jax.command.control.records import KEYS, control_record
from nsos_jax.command.entries import QUESTIONS
from nsos_jax.command.inputs import read_entries
from nsos_jax.command.records import Job, Refused, recorded_options
from nsos_jax.command.running import check_inputs, output_options, run_job, solver_options
from nsos_jax.command.settings import complete_files
from nsos_jax.command.sharing import cost_of_question
from nsos_jax.programs import SolveOptions

if TYPE_CHECKING:
    from nsos_jax.control import ControlResult, Question  # which loads solvers


@click.command(short_help="Answers questions about dynamical systems, with proofs.")
@click.argument("inputs", metavar="FILE...", nargs=-1, required=True, shell_complete=complete_files)
@output_options
@solver_options
@click.pass_context
def control(ctx: click.Context, inputs: tuple[str, ...], backend: str, time_limit: float, **output: Any) -> None:
    """Answers questions about dynamical systems, with proofs: stability, regions, barriers, targets, gains.

    FILE holds one JSON object per line with the key "question", such as {"question": "lyapunov", "states": ["x"],
    "dynamics": ["-x^3"]}, or with such an object under the key "statement". - is standard input.

    Exit status: as for certify.

    \b
    Examples:
      echo '{"question": "lyapunov", "states": ["x"], "dynamics": ["-x^3"]}' | nsos control -
      nsos control questions.jsonl -o results.jsonl
    """
    try:
        options = SolveOptions(backend, time_limit)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    check_inputs(inputs, QUESTIONS)
    asked = partial(_ask, options)
    job = Job("control", KEYS, "statement", _read, asked, control_record, recorded_options(options), cost_of_question)
    entries = read_entries(inputs, sys.stdin.buffer, QUESTIONS)
    ctx.exit(run_job(job, entries, ANSWERED, inputs, time_limit=time_limit, **output))


def _read(statement: dict[str, Any]) -> "Question":
    from nsos_jax.control import Question  # which loads solvers

    return Question.read(statement)


def _ask(options: SolveOptions, questions: "Sequence[Question]") -> "list[ControlResult]":
    try:
        return [question.ask(options) for question in questions]
    except ValueError as error:
        raise Refused(str(error)) from error
