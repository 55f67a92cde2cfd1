"""Optimal values and margins of a family as JAX functions, with gradients by the envelope theorem.

The value of  max c'w  s.t.  a + B w = A(Q),  Q psd,  with an optimal w, Q and functional L, has the derivative
L'(da + dB w - dA(Q)) + dc'w: no iteration is differentiated.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from nsos_jax.programs.batches.group import Group
from nsos_jax.programs.batches.points import margin_programs
from nsos_jax.programs.options import SolveOptions
from nsos_jax.solvers import ProgramSolution, SolverOptions, SolverStatus, solve_programs

if TYPE_CHECKING:
    import jax

    from nsos_jax.programs.batches.family import ProgramFamily

TOLERANCE = 1e-9
"""Relative gap at which values and margins stop."""
LOOSE = 1e-5
"""Of a bracket that is taken for a value when the solver got no further."""
Evaluate = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


def differentiable(evaluate: Evaluate, shape: tuple[int, ...]) -> "Callable[[Any], jax.Array]":
    """A JAX function of theta from one on the host, which takes [N, K] and gives values [N] and gradients [N, K]."""
    import jax
    import jax.numpy as jnp

    def host(theta: Any) -> tuple[np.ndarray, np.ndarray]:
        given = np.asarray(theta)
        lead = given.shape[: given.ndim - len(shape)]
        values, gradients = evaluate(given.reshape(-1, int(np.prod(shape, dtype=int))).astype(np.float64))
        return values.reshape(lead).astype(given.dtype), gradients.reshape(given.shape).astype(given.dtype)

    def called(theta: "jax.Array") -> tuple["jax.Array", "jax.Array"]:
        wanted = jax.ShapeDtypeStruct((), theta.dtype), jax.ShapeDtypeStruct(shape, theta.dtype)
        return jax.pure_callback(host, wanted, theta, vmap_method="broadcast_all")

    @jax.custom_jvp
    def value(theta: "jax.Array") -> "jax.Array":
        return called(theta)[0]

    @value.defjvp
    def jvp(primals: tuple, tangents: tuple) -> tuple["jax.Array", "jax.Array"]:
        found, gradient = called(primals[0])
        return found, (gradient * tangents[0]).sum()

    def checked(theta: Any) -> "jax.Array":
        array = jnp.asarray(theta)
        array = array if jnp.issubdtype(array.dtype, jnp.floating) else array.astype(float)
        if array.shape != shape:
            raise ValueError(f"theta: got the shape {array.shape}, wanted {shape} as the example has; use jax.vmap")
        return value(array)

    return checked


def values_and_gradients(
    family: "ProgramFamily", kind: str, rows: Float[np.ndarray, "N K"]
) -> tuple[Float[np.ndarray, " N"], Float[np.ndarray, "N K"]]:
    """Values or margins, and their derivatives by the parameters; NaN where there are none."""
    values, gradients = np.full(len(rows), np.nan), np.full(rows.shape, np.nan)
    finite = np.flatnonzero(np.isfinite(rows).all(axis=1))
    groups = [group for group in family.groups(rows[finite], SolveOptions()) if kind == "margin" or group.shared.costly]
    asked = [
        program for group in groups for program in (_margins(group) if kind == "margin" else group.gram_programs())
    ]
    solutions = iter(solve_programs(asked, SolverOptions(tolerance=TOLERANCE)))
    for group in groups:
        own = [next(solutions) for _ in group.indices]
        sensitivity = Sensitivity(family, group, kind)
        found, by_number = sensitivity.of(own)
        where = finite[np.array(group.indices)]
        values[where] = found
        gradients[where] = family.traced.parametric.pulled_back(rows[where], by_number)
    return values, gradients


def _margins(group: Group) -> list:
    """max t with Q - t I psd in the units of the program."""
    form = group.shared.form
    identity = form.apply([np.diag(np.ldexp(1.0, -2 * shifts)) for shifts in form.basis_shifts])
    return margin_programs(group.shared, group.data, [identity] * len(group.indices))


class Sensitivity:
    """What changes of the numbers of programs do to their values."""

    def __init__(self, family: "ProgramFamily", group: Group, kind: str) -> None:
        self.family, self.group, self.kind = family, group, kind
        self.shared = group.shared
        self.sign = 1 if kind == "margin" or self.shared.program.objective.sense == "maximize" else -1

    def of(self, solutions: Sequence[ProgramSolution]) -> tuple[Float[np.ndarray, " B"], Float[np.ndarray, "B D"]]:
        """Values, and their derivatives by the numbers in the slots."""
        rows, width = self.shared.form.free.shape
        count, slots = len(solutions), len(self.shared.slots.places)
        values, result = np.full(count, np.nan), np.full((count, slots), np.nan)
        for member, solution in enumerate(solutions):
            close = solution.upper - solution.lower <= LOOSE * (1 + abs(solution.upper))
            if not np.isfinite(solution.upper) or not (close or solution.status is SolverStatus.CONVERGED):
                continue
            found = -solution.upper + (0.0 if self.kind == "margin" else self.group.constants[member])
            values[member] = self.sign * found
            grams = [
                gram + (solution.free[width] * np.diag(np.ldexp(1.0, -2 * shifts)) if self.kind == "margin" else 0.0)
                for gram, shifts in zip(solution.grams, self.shared.form.basis_shifts, strict=False)
            ]
            result[member] = self._by_number(member, solution.free[:width], grams, solution.moments[:rows])
        return values, result

    def _by_number(
        self, member: int, free: np.ndarray, grams: list[np.ndarray], moments: np.ndarray
    ) -> Float[np.ndarray, " D"]:
        shared, form = self.shared, self.shared.form
        unknowns = self._unknowns(form.unscaled_free(free))
        live = form.unscaled_moments(moments)
        functional = self._functional(member, live)
        inner = form.unscaled_grams(grams)
        result = np.zeros(len(shared.slots.places))
        for slot, ((kind, constraint, index), row) in enumerate(
            zip(shared.slots.places, shared.slot_rows.tolist(), strict=True)
        ):
            if self.family.traced.steady[slot]:
                continue
            if kind == "target" and row >= 0:
                result[slot] = self.sign * functional[row] * (1.0 if index < 0 else unknowns[index])
            elif kind == "objective" and self.kind == "value":
                result[slot] = 1.0 if index < 0 else unknowns[index]
            elif kind == "factor":
                result[slot] = -self.sign * self._of_factor(constraint, index, slot, live, inner)
            elif kind == "equality":
                result[slot] = -self.sign * self._of_equality(constraint, index, slot, functional, unknowns)
        return result

    def _unknowns(self, free: np.ndarray) -> Float[np.ndarray, " U"]:
        """The values of all unknowns, those that presolve solved for included."""
        presolved = self.shared.presolved
        values = np.zeros(self.shared.system.unknowns)
        values[presolved.free] = free
        for unknown, (constant, others) in presolved.elimination.solved.items():
            values[unknown] = float(constant) + sum(float(v) * values[u] for u, v in others.items())
        return values

    def _functional(self, member: int, live: np.ndarray) -> Float[np.ndarray, " R"]:
        """L on all rows: those that were solved for an unknown cancel it in the sum over all rows."""
        presolved, system = self.shared.presolved, self.shared.system
        functional = np.zeros(system.rows)
        functional[presolved.rows] = live
        solved = list(presolved.solved_rows)
        varying = {
            row for slot, row in enumerate(self.shared.slot_rows.tolist()) if not self.family.traced.steady[slot]
        }
        if solved and varying.intersection(solved):
            matrix = self._matrix(member)
            pivots = list(presolved.solved_rows.values())
            wanted = -functional @ matrix[:, pivots]
            if self.kind == "value":
                wanted -= [float(system.cost.get(pivot, 0)) for pivot in pivots]
            functional[solved] = np.linalg.lstsq(matrix[np.ix_(solved, pivots)].T, wanted, rcond=None)[0]
        return functional

    def _matrix(self, member: int) -> Float[np.ndarray, "R U"]:
        """B of all rows and unknowns of one program."""
        system, shared = self.shared.system, self.shared
        matrix = np.zeros((system.rows, system.unknowns))
        for row, linear in enumerate(system.linear):
            for unknown, value in linear.items():
                matrix[row, unknown] = float(value)
        numbers = self.group.numbers
        values = (numbers.numerators[member] / numbers.denominators[member]).astype(float)
        for (kind, _, unknown), row, value in zip(shared.slots.places, shared.slot_rows.tolist(), values, strict=True):
            if kind == "target" and row >= 0 and unknown >= 0:
                matrix[row, unknown] = value
        return matrix

    def _of_factor(self, constraint: int, product: int, slot: int, live: np.ndarray, grams: list[np.ndarray]) -> float:
        """L applied to one term of a factor times its sum of squares."""
        total, exponents = 0.0, self.shared.slots.exponents[slot]
        system = self.shared.presolved.system
        for block, gram in zip(system.blocks, grams, strict=True):
            if (block.constraint, block.multiplier) == (constraint, product):
                corners = system.row_exponents[block.maps[:, 0, 0]] - 2 * block.basis[0]
                for rows in block.maps[(corners == exponents).all(axis=1)]:
                    total += float((live[rows] * gram).sum())
        return total

    def _of_equality(
        self, constraint: int, equality: int, slot: int, functional: np.ndarray, unknowns: np.ndarray
    ) -> float:
        """L applied to one term of an equality times its cofactor."""
        system, exponents = self.shared.system, self.shared.slots.exponents[slot]
        table = {
            row.tobytes(): at
            for at, (row, owner) in enumerate(zip(system.row_exponents, system.row_constraints.tolist(), strict=True))
            if owner == constraint
        }
        total = 0.0
        for cofactor in system.cofactors:
            if (cofactor.constraint, cofactor.equality) == (constraint, equality):
                for monomial, unknown in zip(cofactor.monomials, cofactor.indices, strict=True):
                    row = table.get((monomial + exponents).astype(np.int32).tobytes())
                    if row is not None:
                        total += functional[row] * unknowns[unknown]
        return total
