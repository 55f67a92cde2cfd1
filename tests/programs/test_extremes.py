"""The search for an extreme parameter: a bracket, both ends proven where that can be, few solves."""

from fractions import Fraction

import pytest

from nsos_jax.programs import ProgramResult, ProgramStatus, SolveOptions, StatedProblem, solve_extreme
from nsos_jax.programs.extremes import POINTS, grid

EDGE = Fraction(2, 7)


def problem(sense, bracket=(0, 1), steps=12):
    """x^2 + 2 g x + 1 has no meaning here: the solver below looks at the constant of its target alone."""
    parameter = {"name": "g", "sense": sense, "bracket": list(bracket), "steps": steps}
    return StatedProblem.read({"variables": ["x"], "constraints": [{"sos": "x^2 + g"}], "parameter": parameter})


class Solver:
    """Says what becomes of a value: feasible up to `edge`, open for `open` beyond it, then proven infeasible."""

    def __init__(self, edge=EDGE, open=0.0, sign=1, refutes=True):
        self.edge, self.open, self.sign, self.refutes, self.rounds = edge, open, sign, refutes, []

    def __call__(self, programs, options):
        values = [program.constraints[0].target.constant.coefficient([0]) for program in programs]
        self.rounds.append(values)
        return [self.answer(self.sign * (value - self.edge), value) for value in values]

    def answer(self, beyond, value):
        if beyond <= 0:
            return ProgramResult(ProgramStatus.FEASIBLE, certificate=f"feasible {value}", values={"at": value})
        if beyond <= self.open or not self.refutes:
            return ProgramResult(ProgramStatus.UNDECIDED, error="open")
        return ProgramResult(ProgramStatus.INFEASIBLE, certificate=f"infeasible {value}")


@pytest.mark.parametrize(("sense", "sign", "ends"), [("max", 1, ("lower", "upper")), ("min", -1, ("upper", "lower"))])
@pytest.mark.parametrize("open", [0.0, 0.01])
def test_both_ends_are_proven(sense, sign, ends, open):
    solver = Solver(sign=sign, open=open)
    result = solve_extreme(problem(sense), solve=solver)
    reached, beyond = (getattr(result, end) for end in ends)
    tolerance = Fraction(1, 2**12)
    assert result.status is ProgramStatus.FEASIBLE
    assert 0 <= sign * (EDGE - reached) <= tolerance
    assert open <= sign * (beyond - EDGE) <= open + 2 * tolerance
    assert result.certificate == f"feasible {reached}"
    assert result.bound_certificate == f"infeasible {beyond}"
    assert (result.values, result.value, result.error) == ({"at": reached}, float(reached), None)
    assert len(solver.rounds) <= (10 if not open else 14)
    assert max(map(len, solver.rounds)) <= POINTS + 1
    assert max(value.denominator for values in solver.rounds for value in values) < 2**15


def test_a_simple_extreme_value_is_found():
    solver = Solver(edge=Fraction(1, 3))
    assert solve_extreme(problem("max", steps=24), solve=solver).lower == Fraction(1, 3)


def test_an_end_that_is_not_proven_is_said_so():
    result = solve_extreme(problem("max"), solve=Solver(refutes=False))
    assert (result.upper, result.bound_certificate) == (None, None)
    assert 0 <= EDGE - result.lower <= Fraction(1, 2**12)
    assert result.error == f"no value of g beyond {result.lower} was proven infeasible"
    result = solve_extreme(problem("max"), solve=Solver(edge=2))
    assert (result.lower, result.upper) == (1, None)
    assert result.error == "the program is feasible at the end of the bracket of g: widen it"
    result = solve_extreme(problem("max"), solve=Solver(edge=-1))
    assert (result.status, result.lower, result.upper) == (ProgramStatus.UNDECIDED, None, 0)
    assert result.error == "no value of g was proven feasible"


def test_a_feasible_end_that_is_open_is_made_up_for():
    class Hesitant(Solver):
        def answer(self, beyond, value):
            return ProgramResult(ProgramStatus.UNDECIDED) if value == 0 else super().answer(beyond, value)

    assert solve_extreme(problem("max"), solve=Hesitant()).lower > Fraction(1, 4)


def test_time_limit_ends_the_search_with_what_is_proven():
    class Slow(Solver):
        def __call__(self, programs, options):
            search_limits.append(options.time_limit)
            return super().__call__(programs, options)

    search_limits: list[float] = []
    result = solve_extreme(problem("max", steps=10**4), SolveOptions(time_limit=0.2), Slow())
    assert result.lower <= EDGE <= result.upper
    assert 0.2 >= search_limits[0] > search_limits[-1] > 0
    assert solve_extreme(problem("max"), SolveOptions(time_limit=1e-9), Slow()).status is ProgramStatus.UNDECIDED


def test_real_programs():
    statement = {"variables": ["x"], "constraints": [{"sos": "x^4 + 2*x^2 + g*x + 1"}]}
    statement["parameter"] = {"name": "g", "sense": "max", "bracket": [0, 10], "steps": 10}
    result = solve_extreme(StatedProblem.read(statement))
    assert 3.07 < result.lower < 3.09  # where the quartic has a double zero
    assert result.certificate.verify().startswith("program")
    with pytest.raises(ValueError, match="has no parameter"):
        solve_extreme(StatedProblem.read({"variables": ["x"], "minimize": "x^2"}))


def test_grid_is_spread_and_short():
    values = grid(Fraction(1), Fraction(2), 3)
    assert [abs(value - at) <= Fraction(1, 16) for value, at in zip(values, (1.25, 1.5, 1.75), strict=True)] == [
        True
    ] * 3
    assert max(value.denominator for value in values) <= 4
