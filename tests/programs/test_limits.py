"""Programs that are too large for the memory or the time that they may take are refused before they are begun."""

import time

import pytest

from nsos_jax import Polynomial, ProgramStatus, SemialgebraicSet, SolveOptions, SosProgram
from nsos_jax.bases import DeadlineExceeded, TooLarge
from nsos_jax.programs.bounds import BoundStatus, lower_bound
from nsos_jax.programs.equations import ProgramSystem
from nsos_jax.programs.limits import Limits

N = 14
ROSENBROCK = Polynomial.parse("+".join(f"100*(x{i + 1} - x{i}^2)^2 + (1 - x{i + 1})^2" for i in range(1, N)))
HALVES = SemialgebraicSet(
    [Polynomial.parse("1 - " + " - ".join(f"x{i + 1}^2" for i in range(a, b))) for a, b in ((0, N // 2), (N // 2, N))]
)


def dense(monomials):
    """A program with one dense Gram matrix, without an objective."""
    names = [f"x{i}" for i in range(1, monomials)]
    program = SosProgram(names)
    program.sos(Polynomial.parse("(1 + " + "+".join(names) + ")^2 + " + "+".join(f"{name}^2" for name in names)))
    return program


def test_a_solver_that_needs_too_much_memory_is_not_begun():
    result = dense(40).solve(memory_limit=50 << 20)
    assert result.status is ProgramStatus.UNDECIDED
    assert "Clarabel with 1 matrices of side up to 40: about" in result.error
    assert "the limit is 50 MiB (memory_limit)" in result.error


def test_a_solver_whose_first_steps_take_too_long_is_not_begun():
    start = time.monotonic()
    result = dense(100).solve(time_limit=20)
    assert result.status is ProgramStatus.UNDECIDED
    assert "at least about" in result.error
    assert "(time_limit)" in result.error
    assert time.monotonic() - start < 20


def test_equations_that_need_too_much_memory_are_not_made():
    with pytest.raises(TooLarge, match=r"equations of 1 Gram matrices of side up to 40: about 125 KiB"):
        ProgramSystem.of(dense(40), Limits(memory=40**2))


def test_bases_that_need_too_much_memory_are_not_listed():
    program = SosProgram([f"x{i}" for i in range(60)])
    (x, *_) = program.indeterminates
    program.nonnegative(x, on=SemialgebraicSet([Polynomial.parse("1 - x0^2")]), order=10, sparsity="none")
    assert "a basis of 3.96705e+11 monomials" in program.solve().error


def test_equations_look_at_the_clock():
    with pytest.raises(DeadlineExceeded, match="the time limit of 2 s was reached"):
        ProgramSystem.of(dense(3), Limits(deadline=time.monotonic() - 1, seconds=2))


def test_what_is_too_large_is_said_and_the_rest_is_tried():
    result = lower_bound(ROSENBROCK, HALVES, 2, SolveOptions(memory_limit=40 << 20))
    refused = [attempt.sparsity for attempt in result.attempts if "memory_limit" in attempt.outcome]
    assert result.status is BoundStatus.BOUNDED
    assert result.lower < result.upper
    assert refused
    assert all(f"order 2 on {sparsity} bases: Clarabel with" in result.error for sparsity in refused)
    result.certificate.verify()


def test_nothing_fits():
    result = lower_bound(ROSENBROCK, HALVES, 2, SolveOptions(memory_limit=1 << 18))
    assert result.status is BoundStatus.UNDECIDED
    assert result.error.count("memory_limit") == len(result.attempts) == 4
