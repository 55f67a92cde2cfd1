"""The extreme value of a parameter for which a program is feasible.

Several values are tried in a round, so that rounds can be batches: K values narrow the bracket K + 1 times. That all
values on the feasible side of a feasible one are feasible is the problem's own promise; proven are the two ends.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from nsos_jax.polynomials import nearest_float
from nsos_jax.programs.modelling import SosProgram
from nsos_jax.programs.options import SolveOptions
from nsos_jax.programs.reading import Parameter, StatedProblem
from nsos_jax.programs.results import ProgramResult, ProgramStatus
from nsos_jax.programs.solve import solve_program
from nsos_jax.proofs import simplest_fraction

POINTS = 3
"""Values that are tried in a round."""
FIRST_GRIDS = (7, 15)
"""Values inside the bracket that are tried where its feasible end is not proven feasible."""

SIMPLE, MOST_SIMPLE = 1e-5, 1000
"""How near to the feasible end, relative to its size, a fraction of at most this denominator is tried in the end."""

SolveAll = Callable[[Sequence[SosProgram], SolveOptions], Sequence[ProgramResult]]


def solve_in_turn(programs: Sequence[SosProgram], options: SolveOptions) -> list[ProgramResult]:
    """The results of several programs, one after the other."""
    return [solve_program(program, options) for program in programs]


def solve_extreme(
    problem: StatedProblem, options: SolveOptions | None = None, solve: SolveAll = solve_in_turn
) -> ProgramResult:
    """The bracket of the extreme parameter.

    Args:
      problem: with a parameter.
      options: the time limit is that of the whole search.
      solve: solves the programs of a round.

    Returns:
      For the sense "max" `lower` is the largest value that was proven feasible, with its `certificate` and `values`,
      and `upper` the smallest above it that was proven infeasible, with its `bound_certificate`; for "min" the other
      way round. `value` is the feasible end. Where an end is not proven it is None and `error` says why.
    """
    if problem.parameter is None:
        raise ValueError("problem: has no parameter: solve its program")
    search = _Search(problem, problem.parameter, options or SolveOptions(), solve)
    search.run()
    return search.result()


@dataclass
class _Search:
    """The values that were tried, turned so that small ones are feasible."""

    problem: StatedProblem
    parameter: Parameter
    options: SolveOptions
    solve: SolveAll
    tried: dict[Fraction, ProgramResult] = field(default_factory=dict)
    start: float = field(default_factory=time.monotonic)

    @property
    def sign(self) -> int:
        return 1 if self.parameter.sense == "max" else -1

    def run(self) -> None:
        low, high = sorted((self.sign * self.parameter.lower, self.sign * self.parameter.upper))
        tolerance = (high - low) / 2**self.parameter.steps
        self.ask([low, high])
        for count in FIRST_GRIDS:
            if self.feasible is None:
                self.ask(grid(low, high, count))
        self.narrow(tolerance)
        if self.feasible is not None:
            size = 1 + abs(self.feasible)
            simple = simplest_fraction(self.feasible, Fraction(SIMPLE) * size)
            if simple.denominator <= MOST_SIMPLE and self.feasible < simple and simple not in self.tried:
                self.ask([simple])
                self.narrow(tolerance)

    def narrow(self, tolerance: Fraction) -> None:
        """Tries values until the ends are as near to what is not proven as that."""
        while self.left > 0 and (values := self.next_values(tolerance)):
            self.ask(values)

    @property
    def left(self) -> float:
        """Seconds."""
        return self.options.time_limit - (time.monotonic() - self.start)

    def ask(self, values: list[Fraction]) -> None:
        """Solves the programs of these values, if there is time."""
        programs = [self.problem.program(self.sign * value) for value in values]
        left = self.left
        if left <= 0:
            return
        options = replace(self.options, time_limit=left)
        self.tried |= dict(zip(values, self.solve(programs, options), strict=True))

    def proven(self, *statuses: ProgramStatus) -> list[Fraction]:
        return sorted(value for value, result in self.tried.items() if result.status in statuses)

    @property
    def feasible(self) -> Fraction | None:
        """The largest value that was proven feasible."""
        return max(self.proven(ProgramStatus.FEASIBLE, ProgramStatus.OPTIMAL), default=None)

    @property
    def infeasible(self) -> Fraction | None:
        """The smallest value above it that was proven infeasible."""
        feasible = self.feasible
        known = self.proven(ProgramStatus.INFEASIBLE)
        return min((value for value in known if feasible is None or value > feasible), default=None)

    def next_values(self, tolerance: Fraction) -> list[Fraction]:
        """Values between the ends, or where others between them are open, next to each of the ends."""
        feasible, infeasible = self.feasible, self.infeasible
        if feasible is None or feasible == max(self.tried):
            return []
        gaps = [(feasible, min(value for value in self.tried if value > feasible))]
        if infeasible is not None:
            gaps.append((max(value for value in self.tried if value < infeasible), infeasible))
        wide = [(left, right) for left, right in dict.fromkeys(gaps) if right - left > tolerance]
        return [value for left, right in wide for value in grid(left, right, -(-POINTS // len(wide)))]

    def result(self) -> ProgramResult:
        feasible, infeasible = self.feasible, self.infeasible
        ends = [None if end is None else self.sign * end for end in (feasible, infeasible)]
        lower, upper = ends if self.sign > 0 else reversed(ends)
        known = replace(
            ProgramResult(ProgramStatus.UNDECIDED) if feasible is None else self.tried[feasible],
            lower=lower,
            upper=upper,
            bound_certificate=None if infeasible is None else self.tried[infeasible].certificate,
            seconds=time.monotonic() - self.start,
        )
        if feasible is None:
            return replace(known, error=f"no value of {self.parameter.name} was proven feasible")
        value = nearest_float(*(self.sign * feasible).as_integer_ratio())
        return replace(known, status=ProgramStatus.FEASIBLE, value=value, error=self.reason())

    def reason(self) -> str | None:
        """Why the infeasible end is not proven."""
        name = self.parameter.name
        if self.infeasible is not None:
            return None
        if self.feasible == max(self.tried):
            return f"the program is feasible at the end of the bracket of {name}: widen it"
        return f"no value of {name} beyond {self.sign * (self.feasible or 0)} was proven infeasible"


def grid(left: Fraction, right: Fraction, count: int) -> list[Fraction]:
    """So many values between two others, evenly spaced up to a quarter of a step, of few digits.

    >>> [str(value) for value in grid(Fraction(0), Fraction(10), 3)]
    ['2', '5', '7']
    """
    step = (right - left) / (count + 1)
    return [simplest_fraction(left + step * (k + 1), step / 4) for k in range(count)]
