"""Families of programs: one function of parameters, traced once, solved for many values of them in one batch."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from nsos_jax.option_changes import changed
from nsos_jax.programs.batches.gradients import differentiable, values_and_gradients
from nsos_jax.programs.batches.group import Group, Plans, Rounded
from nsos_jax.programs.batches.parameters import TracedProgram
from nsos_jax.programs.batches.shared import SharedProgram
from nsos_jax.programs.batches.solve import find_points, finished, shared_group
from nsos_jax.programs.batches.structure import pieces
from nsos_jax.programs.equations import Contradiction
from nsos_jax.programs.modelling import SosProgram
from nsos_jax.programs.moving import MovedProgram
from nsos_jax.programs.options import SolveOptions
from nsos_jax.programs.results import ProgramResult, ProgramStatus

if TYPE_CHECKING:
    import jax

GENERIC = 1024
"""Parameters are moved by up to a tenth, in steps of one part in this, to where nothing vanishes by accident."""


class ProgramFamily:
    """Programs build(theta) for parameters theta, which all have the supports of the traced one.

    build is called once with symbols for theta, in the shape of the example (a symbol itself for a number), and may use
    them wherever numbers stand: in polynomials, sets and objectives, by +, -, *, integer powers and NumPy's `@`. Every
    number of the program is then a polynomial in theta. Other functions raise; branches on theta raise, too, as far as
    the program at the example shows them.

    Args:
      build: theta to an `SosProgram` that it makes.
      example: an array or a number of the shape of theta, and of its usual size: programs are brought to scale by it.

    >>> def build(theta):
    ...     program = SosProgram("x")
    ...     (x,), g = program.indeterminates, program.scalar("g")
    ...     program.sos(x**4 + theta[0] * x**2 + theta[1] * x - g)
    ...     program.maximize(g)
    ...     return program
    >>> family = ProgramFamily(build, [1.0, 1.0])
    >>> result = family.solve([[-2.0, 0.0], [-4.0, 0.0]], proof=True)
    >>> result.value.round(4).tolist(), result.status.tolist() == ["OPTIMAL", "OPTIMAL"]
    ([-1.0, -4.0], True)
    """

    def __init__(self, build: Callable[[Any], SosProgram], example: Any) -> None:
        given = self._floats(example, "example")
        if not np.isfinite(given).all():
            raise ValueError(f"example: got {_first_bad(given)}, wanted finite numbers")
        self.shape = given.shape
        self.traced = TracedProgram(build, self.shape)
        self._example = given.ravel()
        exact = np.empty(given.size, dtype=object)
        exact[:] = [Fraction(value) for value in self._example.tolist()]
        own = build(exact.reshape(self.shape) if self.shape else exact[0])
        if not _agree(own, self.traced.at(self._example.tolist())):
            raise ValueError(
                "build: at the example it gives another program than with symbols for theta: it may branch on theta,"
                " or compute with it by more than +, -, * and integer powers"
            )

    @staticmethod
    def _floats(values: Any, name: str) -> Float[np.ndarray, "..."]:
        try:
            return np.asarray(values, np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{name}: got {type(values).__name__}, wanted an array of numbers: {error}") from None

    def _checked(self, thetas: Any) -> Float[np.ndarray, "N K"]:
        given = self._floats(thetas, "thetas")
        if given.ndim == 0 or given.shape[1:] != self.shape:
            wanted = ", ".join(map(str, ("N", *self.shape)))
            raise ValueError(f"thetas: got the shape {given.shape}, wanted ({wanted}) as the example has {self.shape}")
        if not np.isfinite(given).all():
            raise ValueError(f"thetas: got {_first_bad(given)}, wanted finite numbers")
        return given.reshape(len(given), len(self.traced.names))

    def program(self, theta: Any) -> SosProgram:
        """The program for one value of the parameters, exact at their binary values."""
        return self.traced.at(self._checked([self._floats(theta, "theta")])[0].tolist())

    def solve(
        self,
        thetas: Any,
        options: SolveOptions | None = None,
        *,
        proof: bool = False,
        margins: bool = True,
        **changes: Any,
    ) -> "FamilyResult":
        """Solves the programs for many values of the parameters.

        Args:
          thetas: [N, ...], each in the shape of the example.
          options: as for `SosProgram.solve`; the backend counts for what is solved alone.
          proof: whether all answers are proven at once; else each one when it is asked for.
          margins: whether, without an objective, the largest margins are looked for. Else any point inside the cone
            will do, for which programs that may be scaled, as those of Lyapunov functions, need one Newton step each.
          **changes: fields of `SolveOptions`.
        """
        rows, options = self._checked(thetas), changed(options or SolveOptions(), changes)
        groups = self.groups(rows, options)
        quick = [group for group in groups if not margins and not group.shared.costly]
        for group in quick:
            group.look_inside()
        find_points([group for group in groups if group not in quick], options)
        result = FamilyResult(self, rows, options, groups)
        if proof:
            result.prove()
        return result

    def groups(self, rows: Float[np.ndarray, "N K"], options: SolveOptions) -> list[Group]:
        """The programs that share their equations; those whose presolve is too special are in none."""
        numbers, indices = self.traced.numbers(rows), np.arange(len(rows))
        if self._plans is not None:
            return [Group(self._plans, indices.tolist(), numbers, options)] if len(rows) else []
        groups = []
        while len(indices):
            program = self.traced.at(rows[indices[0]].tolist())
            group, others = shared_group(program, self.traced.slots, numbers, indices, options)
            if group is not None:
                groups.append(group)
            indices, numbers = indices[others], numbers.take(others)
        return groups

    @cached_property
    def _plans(self) -> Plans | None:
        """Those of all members, from a generic one; None where sets or eliminated equations depend on parameters."""
        steps = np.array([(7 * k * k + 13 * k + 5) % 97 + 1 for k in range(len(self._example))])
        theta = [
            Fraction(value) + Fraction(int(step), GENERIC) * max(Fraction(abs(value)), Fraction(1, 8))
            for value, step in zip(self._example.tolist(), steps, strict=True)
        ]
        program = self.traced.at(theta)
        if any(constraint.cone != "psd" for constraint in program.constraints):
            return None
        if MovedProgram.of(program) is not None:
            return None
        try:
            shared = SharedProgram(program, self.traced.slots, self.traced.steady)
        except Contradiction:
            return None
        return Plans(shared) if shared.blocks and self.traced.steady[shared.fixed].all() else None

    def optimal_value(self, theta: Any) -> "jax.Array":
        """The optimal value as a JAX function of theta, in the shape of the example, under `jit`, `vmap` and `grad`.

        It is computed on the host in float64 to about nine digits, and is not proven; NaN where no optimum was found.
        The gradient is that of the envelope theorem, sum_j L_j(dF_j / dtheta) with the optimal functionals L_j: one of
        the subgradients where these are not unique. There are no second derivatives.

        Raises:
          ValueError: the program has no objective, or theta another shape.
        """
        if self.traced.program.objective.expression is None:
            raise ValueError("optimal_value: the program has no objective; margin() needs none")
        return self._functions["value"](theta)

    def margin(self, theta: Any) -> "jax.Array":
        """The largest t <= 1 with all Gram matrices - t I positive semidefinite, whatever the objective; like
        `optimal_value` a JAX function of theta. Negative where no values satisfy the constraints."""
        return self._functions["margin"](theta)

    @cached_property
    def _functions(self) -> "dict[str, Callable[[Any], jax.Array]]":
        return {
            kind: differentiable(partial(values_and_gradients, self, kind), self.shape) for kind in ("value", "margin")
        }


class FamilyResult(Sequence[ProgramResult]):
    """The answers for N values of the parameters.

    Item i is the `ProgramResult` of the i-th, proven when it is asked for; `prove()` proves all.

    Attributes:
      status: `ProgramStatus` [N]; UNDECIDED what is not proven yet.
      value: the objective [N], NaN where there is none.
      lower, upper: bounds on the optimal value [N], outside of the proven ones if these are known, else as the solver
        found them in floating point.
      margin: [N], as in `ProgramResult`; NaN where there is an objective, or margins were not looked for.
    """

    def __init__(
        self, family: ProgramFamily, rows: Float[np.ndarray, "N K"], options: SolveOptions, groups: Sequence[Group]
    ) -> None:
        self.family, self.options = family, options
        self._rows = rows
        count = len(rows)
        self.status = np.array([ProgramStatus.UNDECIDED] * count, dtype=object)
        self.value, self.lower, self.upper, self.margin = (np.full(count, np.nan) for _ in range(4))
        self._results: dict[int, ProgramResult] = {}
        self._places: dict[int, tuple[Group, int]] = {}
        sense = family.traced.program.objective.sense
        for group in groups:
            where = np.array(group.indices)
            self._places |= {index: (group, at) for at, index in enumerate(group.indices)}
            self.margin[where] = group.points.margin
            if group.shared.costly:
                reached, bound = group.points.value + group.constants, group.points.bound + group.constants
                bound = np.where(np.isnan(reached), np.nan, bound)
                if sense == "minimize":
                    self.value[where], self.lower[where], self.upper[where] = -reached, -bound, -reached
                else:
                    self.value[where], self.lower[where], self.upper[where] = reached, reached, bound
        for index in range(count):
            if index not in self._places:
                self[index]

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        at = range(len(self))[index]
        if at not in self._results:
            known = None
            if at in self._places:
                group, place = self._places[at]
                (known,) = group.member(place).proven()
            self._take(at, known)
        return self._results[at]

    def prove(self) -> None:
        """Proves all answers that are not proven yet."""
        groups = list(dict.fromkeys(group for group, _ in self._places.values()))
        for group in groups:
            if not any(index in self._results for index in group.indices):
                for index, known in zip(group.indices, group.proven(), strict=True):
                    self._take(index, known)
        for index in range(len(self)):
            self[index]

    def rounded(self) -> list[Rounded | None]:
        """Values and identities of each member in exact numbers, None where the batch found none: for certificates of
        other kinds, and not verified."""
        result: list[Rounded | None] = [None] * len(self)
        for group in dict.fromkeys(group for group, _ in self._places.values()):
            for index, found in zip(group.indices, group.rounded(), strict=True):
                result[index] = found
        return result

    def _take(self, index: int, known: ProgramResult | None) -> None:
        traced = self.family.traced
        known = finished(traced.program, known, self.options, partial(traced.at, self._rows[index].tolist()))
        self._results[index] = known
        self.status[index] = known.status
        for name, towards in (("lower", -np.inf), ("upper", np.inf)):
            bound = getattr(known, name)
            if bound is not None:
                near = float(bound)
                getattr(self, name)[index] = near if Fraction(near) == bound else np.nextafter(near, towards)
        for name in ("value", "margin"):
            if getattr(known, name) is not None:
                getattr(self, name)[index] = getattr(known, name)

    def __repr__(self) -> str:
        counts = {status: int((self.status == status).sum()) for status in ProgramStatus}
        words = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
        return f"<FamilyResult: {words}>"


def _agree(one: SosProgram, other: SosProgram) -> bool:
    """Whether two programs ask the same, whatever constraints are called."""
    frames = [
        [(c.kind, c.degree, c.products, c.sparsity, c.cone) for c in program.constraints] for program in (one, other)
    ]
    return frames[0] == frames[1] and dict(pieces(one)) == dict(pieces(other))


def _first_bad(values: np.ndarray) -> str:
    where = np.argwhere(~np.isfinite(values))[0]
    place = f" at {tuple(where.tolist())}" if len(where) else ""
    return f"{values[tuple(where)]}{place}"
