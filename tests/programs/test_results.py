"""What answers to programs look like, and what they say where nothing was proven."""

import re

import pytest

from nsos_jax.programs.bounds import lower_bound
from nsos_jax.programs.modelling.program import SosProgram
from nsos_jax.programs.results import ProgramStatus


def largest(bound=None, cone="psd", **options):
    """The largest a with x^4 + y^4 - 4xy + x >= a, which may have a bound."""
    program = SosProgram("x y", cone=cone)
    (x, y), a = program.indeterminates, program.scalar("a", lower=bound)
    program.sos(x**4 + y**4 - 4 * x * y + x - a, name="bound")
    program.maximize(a)
    return program.solve(**options)


def test_answers_are_neither_true_nor_false():
    x = SosProgram("x").indeterminates[0]
    for result in (largest(), lower_bound(x**2)):
        with pytest.raises(TypeError, match="ask result"):
            bool(result)


def test_answers_are_shown_in_a_line():
    assert re.fullmatch(r"<ProgramResult: OPTIMAL, value -3\.04387\d*, values of a>", repr(largest()))
    shown = repr(largest(bound=0))
    assert shown.startswith("<ProgramResult: INFEASIBLE, a >= 0, bound: no values of the unknowns satisfy them"), shown


def test_the_time_limit_is_named():
    assert largest(cone="dd", time_limit=1e-9).error == "the time limit of 1e-09 s was reached (time_limit)"


def test_smaller_cones_are_named_where_they_hold_nothing():
    result = largest(cone="dd")
    assert result.status is ProgramStatus.UNDECIDED
    assert "cone='psd'" in str(result.error)
