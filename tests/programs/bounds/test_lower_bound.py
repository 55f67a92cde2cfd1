"""Brackets of minima, both ends proven."""

from fractions import Fraction

import numpy as np
import pytest

from nsos_jax import Certificate, Polynomial, SemialgebraicSet, SolveOptions
from nsos_jax.programs.bounds import BoundStatus, lower_bound

P = Polynomial.parse


def given(inequalities=(), equalities=()):
    return SemialgebraicSet(map(P, inequalities), map(P, equalities))


def checked(result):
    """The result, after its certificate was read again and found to say the same."""
    if result.lower is not None:
        certificate = Certificate.from_json(result.certificate.to_json())
        certificate.verify()
        assert certificate.bound == result.lower
        assert certificate.point_value == result.upper
        if result.upper is not None:
            assert result.lower <= result.upper
    return result


CLOSED = {
    "one minimiser": ("x^4 + 4*x^3 + y^2", None, -27),
    "two minimisers": ("x^4 - 2*x^2*y^2 + y^4 - 8*x*y + x^4 + y^4", None, None),
    "irrational value": ("x^4 - 3*x", None, -9 / 4 * (3 / 4) ** (1 / 3)),
    "a gap of squares": ("(x - 1)^2 + (x*y - 1)^2", None, 0),
    "disc": ("x + 2*y", (["1 - x^2 - y^2"], []), -np.sqrt(5)),
    "circle": ("x + y", ([], ["x^2 + y^2 - 2"]), -2),
    "segment": ("x*y", (["1 - x^2"], ["x + y"]), -1),
    "corner of a box": ("x*y - x - y", (["x*(3 - x)", "y*(2 - y)"], []), -3),
    "graph": ("y^2 - x", ([], ["y - x^2"]), -3 / 4 * 4 ** (-1 / 3)),
    "sign vectors": ("x*y + y*z + x*z", ([], ["x^2 - 1", "y^2 - 1", "z^2 - 1"]), -1),
    "unbounded set": ("x^2*y + 1", (["y", "x - 1"], []), 1),
    "constant": ("0*x + 7/2", None, 3.5),
    "constant on a set": ("7/2", (["1 - x^2"], []), 3.5),
}


@pytest.mark.parametrize("name", CLOSED)
def test_brackets_close(name):
    text, on, minimum = CLOSED[name]
    result = checked(lower_bound(P(text), on and given(*on)))
    assert result.status is BoundStatus.OPTIMAL, result.error
    assert result.upper - result.lower <= 1e-6 * max(1, abs(result.lower))
    if minimum is not None:
        assert result.lower <= minimum + 1e-9
        assert result.upper >= minimum - 1e-9
    if on:
        assert given(*on).contains(result.point)
    assert P(text).evaluate({key: result.point[key] for key in P(text).variables}) == result.upper
    assert result.error is None


def test_all_minimisers_of_a_flat_moment_matrix():
    result = lower_bound(P("(x^2 - 1)^2 + (y^2 - 4)^2 + (x*y - 2)^2"))
    assert result.status is BoundStatus.OPTIMAL
    assert sorted(tuple(minimiser.point.values()) for minimiser in result.minimisers) == [(-1, -2), (1, 2)]
    assert {minimiser.value for minimiser in result.minimisers} == {0}
    matrix = result.moment_matrix(1)
    assert matrix.basis.tolist() == [[0, 0], [1, 0], [0, 1]]
    np.testing.assert_allclose(matrix.entries[1:, 1:], [[1, 2], [2, 4]], atol=1e-4)


def test_minimisers_on_a_set():
    result = lower_bound(P("-x^2 - y^2"), given(["1 - x^2", "1 - y^2"]))
    assert result.status is BoundStatus.OPTIMAL
    assert result.upper == -2
    assert {tuple(minimiser.point.values()) for minimiser in result.minimisers} >= {tuple(result.point.values())}


def test_the_order_is_raised_until_the_bracket_closes():
    """At order 1 the parabola and the disc give -5/4 at best, a point outside."""
    on = given(["y - x^2 + 1", "1 - x^2 - y^2"])
    result = checked(lower_bound(P("x*y"), on))
    assert result.status is BoundStatus.OPTIMAL
    orders = [attempt.order for attempt in result.attempts]
    assert orders == sorted(orders)
    assert result.order == orders[-1]


def test_one_order_that_does_not_close_is_said_so():
    """No relaxation of low order knows that five signs cannot add up to 0."""
    names = [f"x{i}" for i in range(5)]
    p, on = P("+".join(names)) ** 2, given([], [f"{name}^2 - 1" for name in names])
    result = checked(lower_bound(p, on, order=1))
    assert result.status is BoundStatus.BOUNDED
    assert (result.lower, result.upper) == (0, 1)
    assert "upper - lower is 1; orders tried: 1" in result.error
    assert checked(lower_bound(p, on, order=3)).lower == 1


def test_a_relaxation_whose_value_is_not_the_minimum():
    """x - g = s0 + s1 x + s2 (x^2 - 1): leading terms cannot cancel, so g <= 0 at every order; the minimum is 1."""
    result = checked(lower_bound(P("x"), given(["x", "x^2 - 1"])))
    assert result.status is BoundStatus.BOUNDED
    assert -1e-6 <= result.lower <= 0
    assert result.upper == 1
    assert len(result.attempts) > 1


@pytest.mark.parametrize("order", [2, 3, 4])
def test_higher_orders_prove_no_less(order):
    on = given(["x", "x^2 - 1", "9 - x"])
    least = checked(lower_bound(P("x"), on, order=1)).lower
    assert checked(lower_bound(P("x"), on, order=order)).lower >= least - Fraction(1, 10**6)


@pytest.mark.parametrize(
    ("text", "minimum"),
    [
        ("10^40*x^2 - 2*x", 0),
        ("10^60*x^4 - 10^20*x^2*y + y^2 + 1", 1),
        ("10^40*x^2 + y^2/10^40 - x*y/3 + 1", 1),
    ],
)
def test_coefficients_of_all_sizes(text, minimum):
    result = checked(lower_bound(P(text)))
    assert result.status is BoundStatus.OPTIMAL, result.error
    assert float(result.lower) == pytest.approx(minimum, abs=1e-6)


def test_products_of_inequalities():
    """-x y is no combination of x and y with constant multipliers, only of their product."""
    on = given(["x", "y", "1 - x - y"])
    without = lower_bound(P("x*y"), on, order=1)
    assert without.lower is None or without.lower < -1e-3
    assert "products=True" in lower_bound(P("x*y"), on, order=2).error
    assert checked(lower_bound(P("x*y"), on, order=1, products=True)).lower == pytest.approx(0, abs=1e-6)


UNBOUNDED = ["x^3 + y^2", "x^4 - y^2", "x*y", "x^4 + y"]


@pytest.mark.parametrize("text", UNBOUNDED)
def test_unbounded_polynomials(text):
    result = lower_bound(P(text))
    assert result.status is BoundStatus.UNBOUNDED
    assert result.falling.value < 0
    assert (result.lower, result.upper, result.certificate) == (None, None, None)
    assert "unbounded below: x = " in result.error


EMPTY = {
    "negative constant": (["-1 - 0*x"], []),
    "no real point": (["-1 - x^2"], []),
    "apart": (["x - 1", "-x"], []),
    "circle and line": ([], ["x^2 + y^2 - 1", "x + y - 3"]),
    "square below zero": ([], ["x^2 + 1"]),
}


@pytest.mark.parametrize("name", EMPTY)
def test_empty_sets_are_proven_empty(name):
    result = lower_bound(P("x + y"), given(*EMPTY[name]))
    assert result.status is BoundStatus.EMPTY
    assert result.certificate.kind == "empty_set"
    Certificate.from_json(result.certificate.to_json()).verify()
    assert result.error.startswith("the set is empty")
    assert result.upper is None


def test_sets_without_interior_are_noticed():
    on = given(["-(x - 1)^2", "4 - y^2"])
    result = checked(lower_bound(P("x + y^2"), on))
    assert result.notes == ("inequality 1, -x^2 + 2*x - 1 >= 0, holds only where x - 1 = 0: the set has no interior",)
    assert result.upper == 1
    assert result.point == {"x": 1, "y": 0}


def test_no_rational_point_of_a_set():
    """x^2 + y^2 = 3 has real points and no rational ones."""
    result = checked(lower_bound(P("x"), given([], ["x^2 + y^2 - 3"])))
    assert result.status is BoundStatus.BOUNDED
    assert result.upper is None
    assert -np.sqrt(3) - 1e-5 <= result.lower <= -np.sqrt(3)
    assert result.minimisers[0].atom["x"] == pytest.approx(-np.sqrt(3), abs=1e-3)
    assert result.minimisers[0].point is None
    assert "no rational point" in result.error


def test_sparse_polynomials_in_many_variables():
    """Separable, with the minimum -3/4 * (1/4)^(1/3) * 7; the basis has 36 monomials."""
    result = checked(lower_bound(P(" + ".join(f"x{i}^4 - x{i}" for i in range(7)))))
    assert result.status is BoundStatus.OPTIMAL
    assert result.lower == pytest.approx(-5.25 / 4 ** (1 / 3), rel=1e-6)
    assert [attempt.sparsity for attempt in result.attempts] == ["term"]
    assert max(len(block.basis) for block in result.certificate.blocks) < 36


def test_sparse_polynomials_on_the_boundary():
    """Cliques overlap; their Gram matrices are proven on faces as they are, not on the whole basis."""
    result = checked(lower_bound(P(" + ".join(f"(x{i + 1} - x{i}^2)^2 + (1 - x{i})^2" for i in range(7)))))
    assert (result.status, result.lower, result.upper) == (BoundStatus.OPTIMAL, 0, 0)
    assert set(result.point.values()) == {1}
    assert [attempt.sparsity for attempt in result.attempts] == ["term"]


def test_an_infimum_that_is_not_attained():
    result = checked(lower_bound(P("(x*y - 1)^2 + x^2")))
    assert result.lower == 0
    assert 0 < result.upper < 1e-3


BAD = [
    ((3,), {}, TypeError, "polynomial: got int, wanted a Polynomial"),
    ((P("x"), [P("x")]), {}, TypeError, "on: got list, wanted a SemialgebraicSet"),
    ((P("x^2"),), {"order": 1}, ValueError, "order: there is one relaxation on the whole space only"),
    ((P("x^4"), given(["x"])), {"order": 1}, ValueError, "the polynomial of degree 4 needs order=2 or more"),
    ((P("x"), given(["x", "1 - x^6"])), {"order": 2}, ValueError, "inequality 2 of degree 6 needs order=3 or more"),
    ((P("x"), given([], ["x^3"])), {"order": 1}, ValueError, "equality 1 of degree 3 needs order=2 or more"),
    ((P("x"), given(["x"])), {"order": 1.5}, ValueError, "order: got 1.5, wanted an integer"),
    ((P("1"), given(["2"])), {}, ValueError, "neither the polynomial nor the set has variables"),
]


@pytest.mark.parametrize(("arguments", "keywords", "kind", "message"), BAD)
def test_bad_input(arguments, keywords, kind, message):
    with pytest.raises(kind, match=message):
        lower_bound(*arguments, **keywords)


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_polynomial_that_is_constant_on_the_set():
    assert checked(lower_bound(P("x^2 + y^2"), on=given([], ["x^2 + y^2 - 3"]))).lower == 3


def test_brackets_may_be_asked_to_close_exactly():
    result = checked(lower_bound(P("x^4 - 3*x"), options=SolveOptions(tolerance=0.0)))
    assert result.status is BoundStatus.BOUNDED
    assert result.upper - result.lower < Fraction(1, 10**6)


def test_a_set_of_contradictory_equations_is_empty():
    assert checked(lower_bound(P("x + y"), on=given([], ["x - 1", "x - 2"]))).status is BoundStatus.EMPTY


def test_the_time_limit_is_named():
    names = [f"x{i}" for i in range(5)]
    on = given([], [f"{name}^2 - 1" for name in names])
    result = lower_bound(P("+".join(names)) ** 2, on, options=SolveOptions(time_limit=1e-3))
    assert result.lower is None or result.lower <= 1
    assert len(result.attempts) == 1


def test_exact_numbers():
    result = lower_bound(P("(x - 1/3)^2 + 1/7"))
    assert (result.lower, result.upper, result.point) == (Fraction(1, 7), Fraction(1, 7), {"x": Fraction(1, 3)})
