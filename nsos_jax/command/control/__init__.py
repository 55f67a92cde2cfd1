"""The command `nsos control`, its records, what is shown of them, and whether they claim too much.

In: questions about dynamical systems, records. Out: records, lines, verdicts. The room `control` and what solves is
loaded when a question is asked or checked.
"""

from nsos_jax.command.control.asking import control
from nsos_jax.command.control.checks import check_question

__all__ = ["check_question", "control"]
