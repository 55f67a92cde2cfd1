"""The time limit of a question, which asks many programs one after the other."""

import math
import time
from dataclasses import dataclass, fields, replace

from nsos_jax.programs import SolveOptions


@dataclass(frozen=True)
class QuestionOptions(SolveOptions):
    """Options of the programs of one question.

    Attributes:
      deadline: in the seconds of `time.monotonic`.
    """

    deadline: float = math.inf

    @property
    def left(self) -> float:
        """Seconds until the deadline."""
        return self.deadline - time.monotonic()


def for_question(options: SolveOptions | None, share: float = 1.0) -> SolveOptions | None:
    """Options whose time limit is that of a question, or, of such, of a part of it; None stays without a limit.

    Args:
      options: of the solver, or what this function returned before.
      share: of the time that is left.
    """
    if options is None:
        return None
    if not isinstance(options, SolveOptions):
        raise TypeError(f"options: got {type(options).__name__}, wanted SolveOptions, as SolveOptions(backend='scs')")
    left = options.left if isinstance(options, QuestionOptions) else options.time_limit
    known = {field.name: getattr(options, field.name) for field in fields(SolveOptions)}
    return QuestionOptions(**known, deadline=time.monotonic() + share * left)


def for_program(options: SolveOptions | None) -> SolveOptions | None:
    """Options of the next program, while there is time."""
    if isinstance(options, QuestionOptions):
        return replace(options, time_limit=min(options.time_limit, options.left))
    return options


def time_is_over(options: SolveOptions | None) -> bool:
    """Whether the deadline of a question has passed."""
    return isinstance(options, QuestionOptions) and options.left <= 0


def with_time(error: str, options: SolveOptions | None) -> str:
    """What was not found, and that it was for want of time where it was."""
    return f"the time limit is over: {error}" if time_is_over(options) else error
