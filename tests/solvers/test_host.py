"""What a CPU interprets and what it compiles: the same answers, and programs only where they pay."""

import numpy as np
import pytest
from gram_problems import CUBIC, PROBLEMS, gram_problem

from nsos_jax.solvers import GramProgram, SolverOptions, SolverStatus, SosSolver, compiled_so_far, solve_programs
from nsos_jax.solvers.interpreted import host
from nsos_jax.solvers.interpreted.interpreter import Interpreted
from nsos_jax.solvers.interpreted.primitives import Unsupported
from nsos_jax.solvers.iterations import chunks
from nsos_jax.solvers.iterations.psd import on_cpu

pytestmark = [
    pytest.mark.skipif(not on_cpu(), reason="accelerators compile everything"),
    pytest.mark.usefixtures("quick_compilation"),
]
NAMES = ["feasible after iterations", "boundary", "rank one", "infeasible", "the same, infeasible"]
SOME = [PROBLEMS[name] for name in NAMES]


@pytest.fixture(autouse=True)
def no_programs():
    chunks.compiled.cache_clear()


def solved(options=None):
    solver = SosSolver(SOME, options)
    before = compiled_so_far()
    solver.run()
    return solver, (compiled_so_far() - before).programs


def assert_agree(ours, theirs):
    for index, name in enumerate(NAMES):
        got, expected = ours.solutions[index], theirs.solutions[index]
        assert got.status is expected.status, name
        assert got.upper >= expected.lower - 1e-9, name
        assert got.lower <= expected.upper + 1e-9, name


def test_a_few_problems_are_solved_without_compiling():
    solver, programs = solved()
    assert programs == 0
    assert {solution.status for solution in solver.solutions} == {
        SolverStatus.FEASIBLE,
        SolverStatus.BOUNDARY,
        SolverStatus.INFEASIBLE,
    }


def test_so_is_a_program():
    hankel = np.add.outer(np.arange(3), np.arange(3))
    bound = GramProgram((hankel,), np.array([0.0, 1, -3, 0, 1]), np.eye(5)[:, :1], np.array([-1.0]))
    before = compiled_so_far()
    (solution,) = solve_programs([bound], SolverOptions(tolerance=1e-8))
    assert (compiled_so_far() - before).programs == 0
    assert solution.status is SolverStatus.OPTIMAL
    assert solution.free[0] == pytest.approx(-3.513905, abs=1e-6)


@pytest.mark.parametrize("seconds", [1e-9, 0.002], ids=["at once", "on the way"])
def test_what_lost_more_than_compiling_takes_is_compiled(seconds):
    """States and bounds go from NumPy to JAX between two chunks."""
    interpreted, _ = solved()
    host.forget()
    compiled, programs = solved(SolverOptions(compile_after=seconds))
    assert programs > 0
    assert_agree(compiled, interpreted)


def test_a_method_that_no_problem_reaches_is_not_compiled():
    before = compiled_so_far()
    SosSolver([PROBLEMS["boundary"]], SolverOptions(max_iterations=20, close_margins=True, compile_after=1e-9)).run()
    assert (compiled_so_far() - before).programs == 1


def test_what_the_interpreter_does_not_know_is_compiled(monkeypatch):
    interpreted, _ = solved()
    host.forget()

    def unknown(self, *arguments):
        raise Unsupported("anything")

    monkeypatch.setattr(Interpreted, "program", unknown)
    compiled, programs = solved()
    assert programs > 0
    assert_agree(compiled, interpreted)


def test_problems_that_find_no_memory_in_a_thread_fail(monkeypatch):
    def full(function, *static):
        def out_of_memory(*arguments):
            raise MemoryError

        class Full:
            def __call__(self, *arguments):
                return Interpreted(lambda *inputs: function(*inputs, *static))(*arguments)

            def program(self, *arguments):
                return out_of_memory

        return Full()

    monkeypatch.setattr(host, "interpreted", full)
    solver, _ = solved()
    assert {solution.status for solution in solver.solutions} == {SolverStatus.FAILED}


def test_problems_of_a_group_advance_alone_or_together():
    """A chunk of one slot leaves the others as they are, and moves it as a chunk of all slots does."""
    problems = [gram_problem([CUBIC], seed, rank=3) for seed in range(3)]
    together = SosSolver(problems, SolverOptions(max_iterations=20))
    for _ in together.advance():
        pass
    last = together.running[-1]
    points = [together.gram(index)[0] for index in range(len(problems))]
    together.stop(set(together.running) - {last})
    for _ in together.advance():
        pass
    alone = SosSolver([problems[last]], SolverOptions(max_iterations=20))
    alone.run()
    np.testing.assert_allclose(together.gram(last)[0], alone.gram(0)[0], atol=1e-6)
    for index in set(range(len(problems))) - {last}:
        np.testing.assert_array_equal(together.gram(index)[0], points[index])
