"""Negative points and dual functionals: whatever is returned is exact, and what is easy or thin is found."""

import time
import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsos_jax import Polynomial, Status
from nsos_jax.bases.newton import half_newton_polytope
from nsos_jax.proofs import refutation
from nsos_jax.proofs.gram_system import GramSystem, Scaling
from nsos_jax.proofs.refutation import (
    quick_negative_point,
    round_to_negative,
    search_negative_point,
    separating_functional,
)
from nsos_jax.solvers.batch import SosSolver
from nsos_jax.solvers.status import SolverStatus

SETTINGS = settings(max_examples=60, deadline=None)
parse = Polynomial.parse


def unscaled(p):
    """No change of coordinates."""
    return Scaling(np.zeros(p.num_variables, np.int64), 0, p.float_coefficients)


BAD_VERTICES = (
    "-1/10^30",
    "-x^2 + 10^9",
    "x^3 + 10^9*x^2 + 10^12",
    "x*y + x^2*z^2 + 10^6",
    "x^4 + y^4 - x^2*y^4 + 10^8",
    "x^4 + y^4 + x^4*y^3 + 1",
    "x^2*y^2 + x*y^3 + 1",
    "x^2 + y^2 - z^2/10^6",
    "x^4 + 10^15*x^2 - x^6",
)
THIN = (
    "(x^2 - 2)^2 - 1/10^6",
    "((x^2 - 2)^2 - 1/10^6)*(x^2 + 1) + 1/10^9",
    "(x^2 - 2)^2 - 1/10^12",
    "(x^2 + y^2 - 1)^2 + (x - y)^2 - 1/10^9",
    "(x*y - 1)^2 + (x^2 - 3)^2 - 1/10^10",
    "(x^3 - x - 1)^2 + (y^2 - x)^2 - 1/10^8",
    "x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1 - 1/10^8",
    "(x*y - 1)^2 + x^2 - 1/10^2",
)
ROBINSON_MIXED = "x^4*y^2 + x^2*y^4 + x^4*z^2 + x^2*z^4 + y^4*z^2 + y^2*z^4"
NONNEGATIVE = ("x^2 + 1", "x^2", "(x^2 - 2)^2", "(x - y)^2 + 1/10^15", "x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1")


@pytest.mark.parametrize("text", BAD_VERTICES)
def test_bad_vertices_are_found_without_a_search(text):
    p = parse(text)
    point = quick_negative_point(p, Scaling.of(p))
    assert point is not None
    assert p.evaluate(point) < 0


@pytest.mark.parametrize("text", THIN)
def test_thin_negative_regions_are_found(text):
    p = parse(text)
    point = search_negative_point(p, Scaling.of(p))
    assert point is not None
    assert p.evaluate(point) < 0


@pytest.mark.parametrize("text", NONNEGATIVE)
def test_nonnegative_polynomials_have_no_negative_point(text):
    p = parse(text)
    assert quick_negative_point(p, Scaling.of(p)) is None
    assert search_negative_point(p, Scaling.of(p), count=3) is None
    assert round_to_negative(p, unscaled(p), np.full(p.num_variables, 2**0.5)) is None


def test_quick_points_contradict_no_truth(named):
    p = named.polynomial
    point = None if p.is_zero else quick_negative_point(p, Scaling.of(p))
    if point is not None:
        assert named.truth is Status.NEGATIVE
        assert p.evaluate(point) < 0


@SETTINGS
@given(
    st.dictionaries(st.tuples(st.integers(0, 4), st.integers(0, 4)), st.integers(-9, 9), min_size=1, max_size=6),
    st.tuples(st.floats(-20, 20), st.floats(-20, 20)),
)
def test_round_to_negative_is_exact_and_near(terms, start):
    p = Polynomial.from_dict(terms)
    point = round_to_negative(p, unscaled(p), np.array(start))
    if point is None:
        nearest = [Fraction(round(x * 2**52), 2**52) for x in start]
        assert p.evaluate(nearest) >= 0
    else:
        assert p.evaluate(point) < 0
        bits = max(x.denominator for x in point).bit_length() - 1
        assert all(abs(a - Fraction(b)) <= Fraction(1, 2**bits) / 2 for a, b in zip(point, start, strict=True))


def test_round_to_negative_takes_the_smallest_denominators():
    p = parse("(x^2 - 2)^2 - 1/100")
    near = round_to_negative(p, unscaled(p), np.array([2**0.5]))
    assert near == (Fraction(45, 32),)  # 1 and 3/2, with denominators 1 and 4, are outside
    assert round_to_negative(parse("x^2 - 100"), unscaled(p), np.array([2**0.5])) == (Fraction(1),)
    for bad in (np.nan, np.inf, -np.inf):
        assert round_to_negative(parse("-x^2"), unscaled(p), np.array([bad])) is None


def test_given_starts_are_tried_first():
    """A dip of width 0.01 at (40, -30) that random starts do not see."""
    p = parse("((x - 40)^2 + (y + 30)^2 - 1/10^4)*(x^2 + y^2 + 1)")
    point = search_negative_point(p, unscaled(p), [np.array([40.2, -29.9])], count=0)
    assert point is not None
    assert p.evaluate(point) < 0


def test_search_ends_at_its_deadline():
    p = parse("(x^2 - 2)^2 - 1/10^6")
    assert search_negative_point(p, Scaling.of(p), deadline=time.monotonic() - 1) is None


def test_search_is_repeatable():
    p = parse(THIN[3])
    assert search_negative_point(p, Scaling.of(p), seed=3) == search_negative_point(p, Scaling.of(p), seed=3)


def solved(text):
    """The system on the half Newton polytope, the margin solution, and its dual point."""
    p = parse(text)
    system = GramSystem.build(p, half_newton_polytope(p.exponents).monomials)
    solver = SosSolver([system.problem()])
    [solution] = solver.run()
    return system, solution, solver.moments(0)


def is_positive_semidefinite(matrix):
    """LDL' in fractions, without the package."""
    rows = [list(row) for row in matrix]
    for k in range(len(rows)):
        if rows[k][k] < 0 or (rows[k][k] == 0 and any(rows[k][k:])):
            return False
        for i in range(k + 1, len(rows)):
            factor = rows[i][k] / rows[k][k] if rows[k][k] else Fraction(0)
            rows[i] = [a - factor * b for a, b in zip(rows[i], rows[k], strict=True)]
    return True


@pytest.mark.parametrize(
    "text",
    [
        "x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1",
        "10^30*(x^4*y^2/10^16 + x^2*y^4/10^8 - 3*x^2*y^2/10^8 + 1)",
        f"x^6 + y^6 + z^6 - ({ROBINSON_MIXED}) + 3*x^2*y^2*z^2",
    ],
)
def test_separating_functional_is_an_exact_proof(text):
    system, solution, moments = solved(text)
    assert solution.status is SolverStatus.INFEASIBLE
    values = separating_functional(system, moments)
    assert values is not None
    table = dict(zip(map(tuple, system.row_exponents.tolist()), map(Fraction, values), strict=True))
    assert sum(c * table[key] for key, c in system.polynomial.to_dict().items()) < 0
    for basis in system.bases:
        moment_matrix = [[table[tuple((a + b).tolist())] for b in basis] for a in basis]
        assert is_positive_semidefinite(moment_matrix)


def test_no_functional_separates_a_sum_of_squares():
    system, solution, moments = solved("(x^2 - x*y + 1)^2 + (x + y)^2 + y^4 + 1")
    assert solution.status is SolverStatus.FEASIBLE
    assert separating_functional(system, moments) is None


def test_a_minimisation_ends_at_the_deadline(monkeypatch):
    """A clock that goes on by one whenever it is read, once per iteration; to the end there are many more."""
    reads = []
    monkeypatch.setattr(refutation.time, "monotonic", lambda: reads.append(0) or len(reads))
    p = parse("(x^2 + y^2 - 2)^2 + (x - y^3)^2 + (1 - x)^2")
    search_negative_point(p, Scaling.of(p), [np.array([9.0, -7.0])], count=0, deadline=3)
    assert len(reads) == 4


def test_memory_of_the_search_follows_the_terms():
    """Of many variables, of which each term has two: a table of all by all would take 0.2 GB."""
    p = parse(" + ".join(f"x{k}^2*x{k + 1}^2 + x{k}^4 - x{k}*x{k + 1}" for k in range(1, 3000)))
    scaling, _ = Scaling.of(p), p.exponents
    tracemalloc.start()
    refutation._Normalised(p, scaling)(np.ones(p.num_variables))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50_000_000


@pytest.mark.parametrize("text", ["x^3*y - 2*x*z^2 + y^2 - 5", "7 + 0*x", "x^4 - x*y*z*t"])
def test_gradients_are_those_of_differences(text):
    p = parse(text)
    normalised = refutation._Normalised(p, Scaling.of(p))
    x = np.linspace(-0.8, 1.3, p.num_variables)
    value, gradient = normalised(x)
    steps = 1e-6 * np.eye(len(x))
    differences = [(normalised(x + step)[0] - normalised(x - step)[0]) / 2e-6 for step in steps]
    assert np.isfinite(value)
    assert gradient == pytest.approx(differences, abs=1e-7)
