"""Margins: in the coordinates of p, and closed from both ends where that is asked for."""

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from nsos_jax.membership.results import CertifyOptions, Result, Status
from nsos_jax.polynomials import Polynomial, RowTable, distinct_rows
from nsos_jax.proofs import GramSystem, Scaling, unique_gram
from nsos_jax.solvers import SolverOptions, SosSolver, least_eigenvalues

CLOSED = 1e-6
"""Width of a closed bracket, relative to the margin."""
NARROW = 1e-12
"""The same, relative to the largest entry of the Gram matrix, at which a margin counts as 0."""


def own_margin(
    system: GramSystem,
    scaled: Sequence[Float[np.ndarray, "k k"]],
    moments: Float[np.ndarray, " rows"],
    upper: float,
) -> tuple[float, float]:
    """Bounds on the margin in p's own coordinates from a Gram matrix and a dual point of the scaled problem."""
    grams = system.unscale(scaled)
    unit, epsilon = system.scaling.unit, np.finfo(np.float64).eps
    shifts = np.concatenate(system.bases) @ system.scaling.shifts
    with np.errstate(over="ignore", invalid="ignore"):
        rounding = max(4 * len(gram) * epsilon * float(np.linalg.norm(gram)) for gram in grams)
        if not np.isfinite(rounding):
            return -np.inf, np.inf
        lowest = float(least_eigenvalues(grams).min()) - rounding
        trace = float(np.ldexp(moments[system.entries.squares], 2 * shifts).sum())
        highest = upper / trace + rounding if trace > 0 else np.inf
        return float(np.ldexp(lowest, unit)), float(np.ldexp(highest, unit))


def with_closed_margins(results: Sequence[Result], options: CertifyOptions) -> list[Result]:
    """The results, those of status `SOS` with both ends of the margin on their basis closed up to `CLOSED`.

    The problem is posed once more in p's own variables, for its optimum is the margin there only, and all of them share
    a batch. What is not closed within the iterations and the time of the options keeps the best ends that were found.
    """
    tolerances = {"tolerance": NARROW, "boundary_gap": NARROW, "close_margins": True}
    solver = SosSolver(
        options=SolverOptions(options.max_iterations, max_bytes=options.memory_limit, **tolerances)  # type: ignore[arg-type]
    )
    final, closed = list(results), dict[int, tuple[int, GramSystem]]()
    started = time.perf_counter()
    for index, result in enumerate(final):
        if result.status is not Status.SOS or not len(result.basis) or result.polynomial.is_zero:
            continue
        system = final_system(result, result.polynomial, _unshifted(result.polynomial))
        if system.unique:
            final[index] = _narrowed(result, *unique_gram(system).min_eigenvalue_bounds())
        else:
            closed[solver.add(system.problem())] = index, system
    while solver.running and time.perf_counter() - started < options.time_limit * len(closed):
        for indices in solver.advance():
            solver.stop(at for at in indices if _is_closed(solver.solutions[at].lower, solver.solutions[at].upper))
    for at, (index, system) in closed.items():
        bounds = own_margin(system, solver.gram(at), solver.moments(at), solver.solutions[at].upper)
        final[index] = _narrowed(final[index], *bounds)
    seconds = time.perf_counter() - started
    for index, _ in closed.values():
        final[index].seconds["margin"] = seconds / len(closed)
    return final


def final_system(result: Result, polynomial: Polynomial, scaling: Scaling | None = None) -> GramSystem:
    """The equations of a polynomial on the basis of a result, on the same cover of it.

    Raises:
      UncoveredSupport: the basis is not one of that polynomial.
    """
    basis = distinct_rows(result.basis)
    if result.cover == "blocks":
        return GramSystem.build(polynomial, basis, scaling)
    table = RowTable(basis, basis.max(axis=0))
    return GramSystem.build(polynomial, basis, scaling, [np.sort(table.find(block)) for block in result.blocks])


def _unshifted(polynomial: Polynomial) -> Scaling:
    """p over its largest coefficient, about; its variables are left alone."""
    scaling = Scaling.of(polynomial)
    largest = float(np.log2(np.abs(polynomial.float_coefficients)).max())
    return Scaling(np.zeros_like(scaling.shifts), int(np.ceil(largest)), scaling.coefficients)


def _is_closed(lower: float, upper: float) -> bool:
    return upper - lower <= CLOSED / 2 * upper


def _narrowed(result: Result, lower: float, upper: float) -> Result:
    """The result with the better ends; a proof of p allows no margin below 0."""
    lower, upper = max(lower, result.margin[0], 0.0), min(upper, result.margin[1])
    return replace(result, margin=(lower, upper)) if lower <= upper else result
