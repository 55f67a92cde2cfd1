"""Options of programs."""

import pytest

from nsos_jax import Polynomial, ProgramStatus, SolveOptions, SosProgram


def bound_of(text):
    program = SosProgram("x")
    gamma = program.scalar("gamma")
    program.sos(Polynomial.parse(text) - gamma, name="bound")
    program.maximize(gamma)
    return program


def test_without_bounds_values_alone_are_proven():
    program = bound_of("x^4 - 2*x^2")
    assert program.solve().status is ProgramStatus.OPTIMAL
    result = program.solve(SolveOptions(bounds=False))
    assert (result.status, result.lower, result.upper) == (ProgramStatus.FEASIBLE, -1, None)
    assert result.bound_certificate is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"backend": "sedumi"}, "backend must be one of auto, "),
        ({"time_limit": 0}, "time_limit must be a positive number of seconds, got 0"),
        ({"tolerance": float("nan")}, "tolerance must be a finite number of at least 0, got nan"),
        ({"bounds": "no"}, "bounds must be True or False, got 'no'"),
        ({"memory_limit": 0.5}, "memory_limit must be a positive integer of bytes or text with a unit"),
    ],
)
def test_bad_options_are_named(changes, message):
    with pytest.raises(ValueError, match=message):
        SolveOptions(**changes)
