"""Lyapunov functions for a family of systems, in one batch, and margins as JAX functions of the parameters.

V - phi1 and -grad V . f - phi2, or V - V(f(x)) - phi2, are sums of squares as for one system (`control.lyapunov`), with
phi1 and phi2 the squares of all states. As V may be scaled, a point far inside the cone of one member is near those of
others, and is all that a proof needs.
"""

import inspect
import time as clock
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from nsos_jax.certificates import verify_together
from nsos_jax.control.answers import ControlStatus
from nsos_jax.control.arguments import check_question, even_degree
from nsos_jax.control.dynamics import Stability, System, Time
from nsos_jax.control.families.certifying import Certifier, family_statement
from nsos_jax.control.families.members import Fields, Linearizations
from nsos_jax.control.families.questions import Questions
from nsos_jax.control.families.result import LyapunovFamilyResult
from nsos_jax.control.identities import moved_back, moved_set
from nsos_jax.control.lyapunov import LyapunovResult, check_inside, checked_rate, lyapunov, refuted
from nsos_jax.control.margins import power_sum
from nsos_jax.control.stated import check_uncertain
from nsos_jax.polynomials import Polynomial
from nsos_jax.programs import ProgramFamily, SemialgebraicSet, SolveOptions

if TYPE_CHECKING:
    import jax

MOST_WEAKENED = 3
"""Members whose margins others are tried with."""
OPEN = (
    "no V of degree {} with squares of all states in both margins was found in the batch: try a higher degree or order,"
    " a smaller set, or alone=True, with which control.lyapunov looks further"
)


def lyapunov_family(
    f: Callable[..., Any] | Sequence[Callable[..., Any]] | System,
    degree: int = 2,
    *,
    states: str | Iterable[str] | None = None,
    parameters: str | Iterable[str] | int | None = None,
    time: Time = "continuous",
    on: SemialgebraicSet | None = None,
    equilibrium: Mapping[str, Any] | None = None,
    rate: Any = None,
    order: int | None = None,
    lowest: int = 2,
    example: Any = None,
) -> "LyapunovFamily":
    """Lyapunov functions for all members x' = f(x, theta), or x+ = f(x, theta), of a family.

    Args:
      f: a function of states, then parameters, polynomial in both, which is called once with exact variables; or a
        list of them, modes between which members may switch; or a `System`, whose parameters without a box are theta.
      degree: of V, even; lower degrees are tried first.
      states: names, unless f is a `System`.
      parameters: names of theta, or their number; by default the arguments of f after the states.
      time: "continuous" or "discrete".
      on, equilibrium, rate, order: as in `control.lyapunov`, the same for all members.
      lowest: the degree that is tried first.
      example: theta of the usual size, by which programs are brought to scale; ones by default.

    Raises:
      NotPolynomial: f does what no rational function does.
      ValueError: there are no parameters, f has denominators, the point is no equilibrium of all members.

    >>> family = lyapunov_family(lambda x, y, a, b: (a * x + y, -x + b * y - y**3), states="x y")
    >>> result = family([[-1.0, -1.0], [-1.0, -0.5], [1.0, 2.0]])
    >>> result
    <LyapunovFamilyResult: 2 PROVEN, 1 REFUTED>
    >>> result[1].conclusion
    'the origin is globally asymptotically stable'
    """
    if not isinstance(f, System):
        if not callable(f) and not isinstance(f, Sequence):
            raise TypeError(f"f: got {type(f).__name__}, wanted a function of states and parameters, or a System")
        if states is None:
            raise ValueError("states: got None, wanted the names of the states, such as 'x y'")
        f = System(f, states, parameters=_parameter_names(f, states, parameters), time=time)
    elif states is not None or parameters is not None or time != "continuous":
        raise ValueError("f: got a System, which has states, parameters and time of its own: leave these arguments out")
    return LyapunovFamily(f, degree, on, equilibrium, rate, order, lowest, example)


def _parameter_names(f: Any, states: str | Iterable[str], given: str | Iterable[str] | int | None) -> Any:
    if isinstance(given, int):
        return [f"theta{index}" for index in range(1, given + 1)]
    if given is not None:
        return given
    first = f[0] if isinstance(f, Sequence) else f
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    found = inspect.signature(first).parameters.values()
    if any(one.kind not in kinds for one in found):
        raise ValueError(
            "parameters: got None, wanted their names or their number, for f takes any number of arguments"
        )
    count = len(states.replace(",", " ").split() if isinstance(states, str) else list(states))
    return [one.name for one in found][count:]


class LyapunovFamily:
    """See `lyapunov_family`; called with values of the parameters [N, K] it looks for Lyapunov functions of all.

    Attributes:
      base: the system with its parameters.
      parameters: the names of theta, [K].
      degree: of V, at most.
    """

    def __init__(
        self,
        system: System,
        degree: int,
        on: SemialgebraicSet | None,
        equilibrium: Mapping[str, Any] | None,
        rate: Any,
        order: int | None,
        lowest: int,
        example: Any,
    ) -> None:
        check_question(system, order)
        self.base, self.degree = system, even_degree(degree, "degree")
        self.lowest = min(even_degree(lowest, "lowest"), degree)
        ranged = {*system.centre, *system.uncertain.variables}
        self.parameters = tuple(name for name in system.parameters if name not in ranged)
        if not self.parameters:
            raise ValueError("parameters: got none without a box, wanted some: control.lyapunov is for one system")
        if not system.is_polynomial:
            raise ValueError("f: got a denominator, wanted polynomials: ask control.lyapunov for each member")
        self._allowed = check_uncertain(system)
        self.point = system.point(equilibrium)
        system.check_equilibrium(self.point)
        check_inside(on, self.point)
        self.on, self.order, self.rate = on, order, rate
        self.equilibrium = equilibrium
        decay = None if rate is None else checked_rate(system, rate)
        moved = system.shift(self.point)
        self.questions = Questions(
            moved, self.parameters, moved_set(on or SemialgebraicSet(), self.point), decay, order
        )
        count = len(self.parameters)
        self.example = np.ones(count) if example is None else np.asarray(example, np.float64)
        if self.example.shape != (count,) or not np.isfinite(self.example).all():
            raise ValueError(f"example: got {example!r:.60}, wanted {count} finite numbers")
        self._traced: dict[tuple[Any, int, int], ProgramFamily] = {}
        self._stated = family_statement(system, self.parameters)
        self._fields = Fields(system, self.parameters, self._stated)
        self._linearizations = Linearizations(system, self.parameters, self.point)

    def _programs(self, questions: Questions, degree: int, extra: int) -> ProgramFamily:
        """Traced when it is needed first."""
        key = questions.margins, degree, extra
        if key not in self._traced:
            self._traced[key] = ProgramFamily(lambda theta: questions.search(theta, degree, extra), self.example)
        return self._traced[key]

    @cached_property
    def _margins(self) -> ProgramFamily:
        return ProgramFamily(lambda theta: self.questions.margin(theta, self.degree), self.example)

    def __call__(
        self, thetas: Any, options: SolveOptions | None = None, *, alone: bool = False
    ) -> LyapunovFamilyResult:
        """Looks for Lyapunov functions of all members, and proves what they show.

        Unstable members are found first, in exact arithmetic. Floats count as their binary values. A member with NaN or
        infinity is UNDECIDED and says so.

        Args:
          thetas: [N, K].
          options: of the solver.
          alone: whether `control.lyapunov` is asked about each member that the batch leaves open, which takes about a
            second: it proves weaker conclusions too, tries other margins, and has a basis of its own where numbers
            vanish.
        """
        start = clock.monotonic()
        rows = self._rows(thetas)
        result = LyapunovFamilyResult(len(rows), *self._margins_of(self.questions))
        left = np.flatnonzero(np.isfinite(rows).all(axis=1))
        for index in np.setdiff1d(np.arange(len(rows)), left).tolist():
            result.errors[index] = f"thetas[{index}]: got {rows[index].tolist()}, wanted finite numbers"
        left = self._without_unstable(rows, left, result, left[self._linearizations.suspects(rows[left])])
        left = self._searched(self.questions, rows, left, result, options)
        left = self._without_unstable(rows, left, result, left)
        if self.base.ideal:
            self._weakened(rows, left, result, options)
        for index in left.tolist():
            if result.status[index] is ControlStatus.UNDECIDED:
                if alone:
                    result.take(index, self._alone(rows[index], options))
                else:
                    result.errors[index] = OPEN.format(self.degree)
        result.seconds = clock.monotonic() - start
        return result

    def _searched(
        self,
        questions: Questions,
        rows: np.ndarray,
        left: np.ndarray,
        result: LyapunovFamilyResult,
        options: SolveOptions | None,
    ) -> np.ndarray:
        """Those of `left` for which no V was proven with the margins of these questions."""
        for degree in range(self.lowest, self.degree + 1, 2):
            for extra in questions.extras:
                left = self._proven(questions, degree, extra, rows, left, result, options or SolveOptions())
        return left

    def _weakened(
        self, rows: np.ndarray, left: np.ndarray, result: LyapunovFamilyResult, options: SolveOptions | None
    ) -> None:
        """Margins that fit one of the members, for the others too: with angles V cannot fall everywhere else, for there
        are further equilibria."""
        tried = {self.questions.margins}
        for _ in range(MOST_WEAKENED):
            if not len(left):
                return
            first = self.questions.system.with_parameters(self._named(rows[left[0]]))
            before = left
            for questions in self.questions.weaker(first, self.degree):
                if questions.margins not in tried:
                    tried.add(questions.margins)
                    still = self._searched(questions, rows, left, result, options)
                    for index in np.setdiff1d(left, still).tolist():
                        result.weaken(index, *self._margins_of(questions))
                    left = still
            left = left[1:] if len(left) == len(before) else left

    def _margins_of(self, questions: Questions) -> Iterator[Polynomial]:
        """phi1 and phi2 in the coordinates of the user."""
        return (moved_back(power_sum(halves), self.point) for halves in (questions.positive, questions.decrease))

    def _named(self, row: np.ndarray) -> dict[str, float]:
        return dict(zip(self.parameters, row.tolist(), strict=True))

    def _alone(self, row: np.ndarray, options: SolveOptions | None) -> LyapunovResult:
        asked = {"on": self.on, "equilibrium": self.equilibrium, "rate": self.rate, "order": self.order}
        return lyapunov(self.system(row), self.degree, **asked, options=options)

    def system(self, theta: Any) -> System:
        """One of the members, exact at the binary values of the parameters, for all other questions of `control`."""
        (row,) = self._rows([theta]).tolist()
        return self.base.with_parameters(dict(zip(self.parameters, row, strict=True)))

    def margin(self, theta: Any) -> "jax.Array":
        """How far a member is from having no such V, as a JAX function of theta [K], under `jit`, `vmap` and `grad`.

        The largest t with V - t |x|^2 and the decrease of V less t |x|^2 sums of squares, where the coefficients of the
        squares in V add up to the number of states; positive where such a V exists. Computed on the host in float64,
        not proven; NaN where no t will do.
        """
        return self._margins.optimal_value(theta)

    def _rows(self, thetas: Any) -> Float[np.ndarray, "N K"]:
        try:
            rows = np.asarray(thetas, np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(f"thetas: got {type(thetas).__name__}, wanted an array of numbers: {error}") from None
        count = len(self.parameters)
        if rows.size == 0 and rows.ndim in (1, 2):
            return rows.reshape(0, count)
        if rows.ndim != 2 or rows.shape[1] != count:
            names = ", ".join(self.parameters)
            raise ValueError(
                f"thetas: got the shape {rows.shape}, wanted (N, {count}), a row of {names} for each member"
            )
        return rows

    def _without_unstable(
        self, rows: np.ndarray, left: np.ndarray, result: LyapunovFamilyResult, asked: np.ndarray
    ) -> np.ndarray:
        """Those of `left` that are not unstable, after an exact look at some."""
        for index, kind in zip(asked.tolist(), self._linearizations.of(rows[asked]), strict=True):
            result.stability[index] = kind
            if kind is Stability.UNSTABLE:
                result.status[index], result.errors[index] = refuted(self.base, self._allowed)
        return np.array(
            [index for index in left.tolist() if result.stability[index] is not Stability.UNSTABLE], np.int64
        )

    def _proven(
        self,
        questions: Questions,
        degree: int,
        extra: int,
        rows: np.ndarray,
        left: np.ndarray,
        result: LyapunovFamilyResult,
        options: SolveOptions,
    ) -> np.ndarray:
        """Those of `left` for which no V was proven."""
        if not len(left):
            return left
        programs = self._programs(questions, degree, extra)
        found = programs.solve(rows[left], options, margins=False).rounded()
        kept = [(int(index), rounded) for index, rounded in zip(left, found, strict=True) if rounded is not None]
        systems = self._fields.systems(rows[[index for index, _ in kept]])
        certifier = Certifier(self._stated, programs.traced.program, questions, self.point, self.on)
        certificates = [
            certifier.certificate(system, rounded) for system, (_, rounded) in zip(systems, kept, strict=True)
        ]
        for (index, _), certificate, error in zip(kept, certificates, verify_together(certificates), strict=True):
            if error is None:
                result.status[index], result.certificates[index] = ControlStatus.PROVEN, certificate
                result.is_asymptotic[index] = certificate.is_asymptotic
                if self._linearizations.are_known and certificate.is_asymptotic:
                    result.stability[index] = Stability.STABLE  # as the quadratic parts of V and its decrease show
        return left[[result.certificates[index] is None for index in left.tolist()]]
