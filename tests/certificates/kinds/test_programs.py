"""The kinds about bounds, sets and programs as they are created: values, properties, round trips, statements."""

import json
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from certificate_examples import example
from program_examples import TEXTS

from nsos_jax.certificates import (
    AffineTerms,
    Bases,
    Certificate,
    EmptySetCertificate,
    Identity,
    InfeasibleProgramCertificate,
    InvalidCertificate,
    LowerBoundCertificate,
    LowerBoundOnSetCertificate,
    ProgramBoundCertificate,
    ProgramCertificate,
    ProgramStatement,
    StatedConstraint,
    StatedObjective,
    StatedUnknown,
)
from nsos_jax.polynomials import Polynomial

PAGE = Path(__file__).parents[3] / "docs" / "certificates.md"
EXAMPLES = re.findall(r"^```\n(\{\"format.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
NAMES = ("x", "y")
X, Y = (Polynomial.parse(name) for name in NAMES)
LINEAR = np.array([[1, 0], [0, 1]])
ONE = np.zeros((1, 2), int)


@pytest.mark.parametrize("name", TEXTS)
def test_round_trips(name):
    certificate = Certificate.from_dict(example(name))
    assert certificate.verify().startswith(f"{certificate.kind}: ")
    again = Certificate.from_json(certificate.to_json())
    assert again.to_dict() == certificate.to_dict()
    assert {key: value for key, value in again.to_dict().items() if value != example(name)[key]} == {}


def largest_coefficient(sense="maximize"):
    """The largest a for which x^2 + a x y + y^2 is SOS, which is 2."""
    target = AffineTerms.create(NAMES, X**2 + Y**2, {(0, 0): X * Y})
    constraint = StatedConstraint.create(NAMES, "form", "sos", target)
    objective = StatedObjective.create(sense, {(0, 0): 1})
    return ProgramStatement.create(NAMES, [StatedUnknown.create("a", ONE)], [constraint], objective)


def test_the_value_and_the_bound_of_a_program():
    statement = largest_coefficient()
    identity = Identity.create(NAMES, [(-1, (LINEAR, np.array([[1, 1], [1, 1]]), 1))])
    certificate = ProgramCertificate.create(statement, [[2]], [identity])
    assert certificate.verify() == "program: values of 1 unknown satisfy 1 constraint, objective 2"
    assert (certificate.objective_value, certificate.polynomials()) == (2, {"a": Polynomial.constant(2)})
    assert (certificate.status, certificate.proves("FEASIBLE"), certificate.proves("OPTIMAL")) == (
        "FEASIBLE",
        True,
        False,
    )
    functional = (np.array([[2, 0], [1, 1], [0, 2]]), [1, -1, 1])
    bound = ProgramBoundCertificate.create(statement, [Bases.create([LINEAR])], [functional], 2)
    assert bound.verify() == "program_bound: no objective above 2, by functionals of 1 constraint"
    assert (bound.bound, bound.status, bound.total()) == (2, "BOUNDED", 2)
    lowest = (functional[0], [1, 1, 1])
    below = ProgramBoundCertificate.create(largest_coefficient("minimize"), [Bases.create([LINEAR])], [lowest], -2)
    assert below.verify() == "program_bound: no objective below -2, by functionals of 1 constraint"


def test_values_need_a_statement_of_the_same_shape():
    identity = Identity.create(NAMES, [(-1, (LINEAR, np.array([[1, 1], [1, 1]]), 1))])
    for values, identities, message in (
        ([], [identity], "values: expected 1 numbers"),
        ([[2, 0]], [identity], "values: expected 1 numbers"),
        ([[2]], [], "identities: expected 1, got 0"),
    ):
        with pytest.raises(InvalidCertificate, match=message):
            ProgramCertificate.create(largest_coefficient(), values, identities).verify()
    with pytest.raises(InvalidCertificate, match="functionals: expected 1, one a constraint, got 0"):
        InfeasibleProgramCertificate.create(largest_coefficient(), [Bases.create([LINEAR])], []).verify()


def test_polynomials_may_have_their_variables_in_any_order():
    target = AffineTerms.create(NAMES, Polynomial.parse("y + x^2", ["y", "x"]), {(0, 0): Polynomial.constant(3)})
    assert target.to_list() == [["1", [2, 0], None], ["1", [0, 1], None], ["3", [0, 0], [0, 0]]]
    with pytest.raises(InvalidCertificate, match="expected a polynomial in x, y, got one with z"):
        StatedConstraint.create(NAMES, "c", "sos", target, [Polynomial.parse("z")])


@pytest.mark.parametrize("margin", [Fraction(1, 100), Fraction(10**30)])
def test_no_quadratic_lyapunov_function(margin):
    """The system of `program_examples`; the functionals refute V for every positive margin."""
    states = ("x1", "x2")
    x1, x2 = (Polynomial.parse(name, states) for name in states)
    step = {"x1": Fraction(3, 10) * x1, "x2": Fraction(1, 2) * x2 - x1 + Fraction(7, 18) * x1**2}
    quadratic = [x1**2, x1 * x2, x2**2]
    decrease = [part - part.substitute(step) for part in quadratic]
    targets = [
        AffineTerms.create(states, -margin * (x1**2 + x2**2), {(0, k): part for k, part in enumerate(parts)})
        for parts in (quadratic, decrease)
    ]
    names = ("positive", "decrease")
    constraints = [StatedConstraint.create(states, *pair) for pair in zip(names, 2 * ["sos"], targets, strict=True)]
    unknown = StatedUnknown.create("V", np.array([[2, 0], [1, 1], [0, 2]]))
    statement = ProgramStatement.create(states, [unknown], constraints)
    bases = [Bases.create([LINEAR]), Bases.create([np.array([[1, 0], [0, 1], [2, 0], [1, 1], [0, 2]])])]
    functionals = [(np.array([[0, 2]]), [Fraction(49, 324)]), (np.array([[4, 0]]), [1])]
    certificate = InfeasibleProgramCertificate.create(statement, bases, functionals)
    assert certificate.verify().startswith("infeasible_program: the functionals of 2 constraints add up to -")
    assert certificate.total() == -margin * Fraction(49, 324)
    if margin == Fraction(1, 100):
        known = example("no quadratic Lyapunov function")["constraints"][1]["target"]
        assert sorted(map(str, statement.constraints[1].target.to_list())) == sorted(map(str, known))


def test_bounds_and_their_points():
    bound = LowerBoundCertificate.create(X**2 + 0 * Y, -1, [(ONE, np.array([[1]]), 1), (LINEAR[:1], [[1]], 1)], [0, 3])
    assert bound.verify() == "lower_bound: 1 term - (-1) = 2 blocks of at most 1 monomial, at a point 0"
    assert (bound.bound, bound.point, bound.point_value) == (-1, (0, 3), 0)
    assert bound.squares() == [(1, Polynomial.constant(1)), (1, X)]
    bare = LowerBoundCertificate.create(X**2, 0, [([[1]], [[1]], 1)])
    assert (bare.point, bare.point_value, bare.verify()) == (
        None,
        None,
        "lower_bound: 1 term - 0 = 1 block of 1 monomial",
    )
    identity = Identity.create(("x",), [(0, ([[0]], [[1]], 1))])
    on_set = LowerBoundOnSetCertificate.create(X, 3, identity, [X - 3], point=[Fraction(7, 2)])
    assert (
        on_set.verify()
        == "lower_bound_on_set: 1 term - 3 = 1 block of 1 monomial on a set of 1 constraint, at a point 7/2"
    )
    assert on_set.point_value == Fraction(7, 2)
    empty = EmptySetCertificate.create(("x",), Identity.create(("x",), [(0, ([[0]], [[1]], 1))]), [0 * X - 1])
    assert empty.verify() == "empty_set: -1 = 1 block of 1 monomial on a set of 1 constraint"
    assert (empty.status, bound.status, on_set.status) == ("EMPTY", "BOUNDED", "BOUNDED")


def test_products_are_multiplied_by_the_checker():
    """2 - x - y >= 0 on x, y >= 0 gives x y (2 - x - y) >= 0 by a product of three."""
    sides = [X, Y, 2 - X - Y]
    identity = Identity.create(NAMES, [(0, (ONE, np.array([[1]]), 1))])
    product = X * Y * (2 - X - Y)
    assert LowerBoundOnSetCertificate.create(product, 0, identity, sides, [[0, 1, 2]]).verify()
    for other in ([0, 1], [0, 1, 2, 2], [0, 0, 2]):
        with pytest.raises(InvalidCertificate, match="polynomial - bound - other summands"):
            LowerBoundOnSetCertificate.create(product, 0, identity, sides, [other]).verify()


def test_an_empty_statement_is_satisfied_and_not_refuted():
    nothing = ProgramStatement.create((), [], [])
    certificate = ProgramCertificate.create(nothing, [], [])
    assert certificate.verify() == "program: values of 0 unknowns satisfy 0 constraints"
    assert certificate.objective_value is None
    with pytest.raises(InvalidCertificate, match="functionals: expected a negative sum over all targets, it is 0"):
        InfeasibleProgramCertificate.create(nothing, [], []).verify()


@pytest.mark.parametrize("text", EXAMPLES)
def test_the_examples_of_the_page_hold(text):
    certificate = Certificate.from_json(text)
    assert certificate.verify().startswith(f"{certificate.kind}: ")


def test_the_page_has_an_example_of_each_kind():
    kinds = {"lower_bound", "lower_bound_on_set", "empty_set", "program", "infeasible_program"}
    assert {json.loads(text)["kind"] for text in EXAMPLES} == kinds
