"""The commands `nsos solve` and `nsos bound`, their records, what is shown of them, and whether they claim too much.

In: statements of programs, polynomials, records. Out: records, lines, verdicts.
"""

from nsos_jax.command.programs.checks import check_program
from nsos_jax.command.programs.solving import bound, solve

__all__ = ["bound", "check_program", "solve"]
