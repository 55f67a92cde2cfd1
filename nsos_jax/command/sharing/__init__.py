"""Several processes for the items of a command: the options, the engine that they choose, what items may cost.

In: items and what is done with them. Out: each item with its answer. May import `engines`.
"""

from nsos_jax.command.sharing.costs import cost_of_checking, cost_of_polynomial, cost_of_program, cost_of_question
from nsos_jax.command.sharing.engine import Engine, engine_options, schedule_by_cost

__all__ = [
    "Engine",
    "cost_of_checking",
    "cost_of_polynomial",
    "cost_of_program",
    "cost_of_question",
    "engine_options",
    "schedule_by_cost",
]
