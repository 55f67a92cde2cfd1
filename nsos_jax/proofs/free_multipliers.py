"""Multipliers found by a semidefinite program: sigma = w'S w with unknown S, such that sigma p is a sum of squares.

    find S, Q psd with w'S w p = z'Q z and trace S = 1

is solved by Clarabel, whose interior-point solution lies in the relative interior of what is feasible, so that sigma
vanishes only where it must. S is then rounded to few digits; whether sigma p is a sum of squares for the rounded sigma
is for the pipeline to find out.
"""

import time
from collections.abc import Iterator
from itertools import combinations_with_replacement

import numpy as np
import scipy.sparse as sp
from flint import fmpz_mat
from jaxtyping import Float, Int

from nsos_jax.bases import TooLarge, half_newton_polytope, pair_rows
from nsos_jax.certificates import is_psd
from nsos_jax.polynomials import Polynomial
from nsos_jax.proofs.clarabel_form import clarabel_settings, from_triangle
from nsos_jax.proofs.multipliers import Multiplier, homogeneous_units

MOST_MULTIPLIER, MOST_PRODUCT = 40, 120
"""Monomials of w and of z up to which the program is solved."""
GRIDS = (1, 4, 32, 1024)
"""Entries of S, the largest being 1, are rounded to multiples of one over these."""
NEGLIGIBLE = 1e-4
"""What S must have on a diagonal, against its largest entry, to be kept."""
ITERATIONS = 200


def free_multipliers(polynomial: Polynomial, half_degree: int, deadline: float) -> Iterator[Multiplier]:
    """Multipliers of degree 2 * half_degree, those of fewest digits first; none where the program has no solution, or
    `time.monotonic()` passes the deadline.

    >>> motzkin = Polynomial.parse("x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1")
    >>> next(free_multipliers(motzkin, 1, np.inf)).polynomial.degree
    2
    """
    units = homogeneous_units(polynomial)
    chosen = list(combinations_with_replacement(range(len(units)), half_degree))
    if len(chosen) > MOST_MULTIPLIER:
        return
    factors = np.array([units[list(rows)].sum(axis=0) for rows in chosen], np.int32)
    squares = Polynomial.from_arrays(2 * factors, [1] * len(factors), polynomial.variables)
    reach = (polynomial.exponents[:, None] + pair_rows(squares.exponents, factors).row_exponents[None]).reshape(
        -1, polynomial.num_variables
    )
    try:
        basis = half_newton_polytope(np.unique(reach, axis=0), max_candidates=10_000, deadline=deadline).monomials
    except TooLarge:
        return
    if len(basis) > MOST_PRODUCT:
        return
    gram = _solve(polynomial, factors, basis, deadline)
    if gram is not None:
        yield from _rounded(polynomial, factors, gram)


def _rounded(
    polynomial: Polynomial, factors: Int[np.ndarray, "k n"], gram: Float[np.ndarray, "k k"]
) -> Iterator[Multiplier]:
    """Positive semidefinite roundings of S without rows that are nearly zero."""
    largest = float(np.abs(gram).max())
    kept = gram.diagonal() > NEGLIGIBLE * largest
    basis, scaled = factors[kept], gram[np.ix_(kept, kept)] / largest
    seen = set()
    for grid in GRIDS:
        rounded = np.rint(scaled * grid).astype(np.int64)
        key = (rounded * (GRIDS[-1] // grid)).tobytes()
        if key in seen or not rounded.any() or not is_psd(fmpz_mat(rounded.tolist())):
            continue
        seen.add(key)
        i, j = np.triu_indices(len(basis))
        entries = np.where(i == j, rounded[i, j], 2 * rounded[i, j]).tolist()
        sigma = Polynomial.sum(
            Polynomial.from_arrays((basis[a] + basis[b])[None], [entry], polynomial.variables)
            for a, b, entry in zip(i, j, entries, strict=True)
            if entry
        )
        yield Multiplier(str(sigma), sigma, (basis, rounded, 1))


def _solve(
    polynomial: Polynomial, factors: Int[np.ndarray, "k n"], basis: Int[np.ndarray, "m n"], deadline: float
) -> Float[np.ndarray, "k k"] | None:
    """S of a feasible point, in Clarabel's form: upper triangles, column after column, sqrt 2 off the diagonal."""
    import clarabel

    rows: dict[tuple[int, ...], int] = {}
    entries: list[tuple[int, int, float]] = []
    coefficients = polynomial.float_coefficients / np.abs(polynomial.float_coefficients).max()
    sides = (len(factors), len(basis))
    column = 0
    for monomials, terms in ((factors, polynomial.exponents), (basis, None)):
        for second in range(len(monomials)):
            for first in range(second + 1):
                weight = 1.0 if first == second else np.sqrt(2.0)
                product = monomials[first] + monomials[second]
                targets = [product] if terms is None else product + terms
                values = [-1.0] if terms is None else coefficients.tolist()
                for target, value in zip(targets, values, strict=True):
                    row = rows.setdefault(tuple(target.tolist()), len(rows) + 1)
                    entries.append((row, column, weight * value))
                if first == second and terms is not None:
                    entries.append((0, column, 1.0))
                column += 1
    count = len(rows) + 1
    entries += [(count + k, k, -1.0) for k in range(column)]
    at, columns, values = zip(*entries, strict=True)
    constraints = sp.csc_matrix((values, (at, columns)), shape=(count + column, column))
    right = np.zeros(count + column)
    right[0] = 1.0
    cones = [clarabel.ZeroConeT(count), *(clarabel.PSDTriangleConeT(side) for side in sides)]
    settings = clarabel_settings(time_limit=max(deadline - time.monotonic(), 0.0))
    settings.max_iter = ITERATIONS
    nothing = sp.csc_matrix((column, column))
    solution = clarabel.DefaultSolver(nothing, np.zeros(column), constraints, right, cones, settings).solve()
    if str(solution.status) not in ("Solved", "AlmostSolved"):
        return None
    side = sides[0]
    return from_triangle(np.array(solution.x)[: side * (side + 1) // 2], side)
