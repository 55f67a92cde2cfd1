"""Wrong types are said by name, before anything is built from them."""

import numpy as np
import pytest

from nsos_jax import Polynomial, SemialgebraicSet, SolveOptions, SosProgram, lower_bound, variables

X = Polynomial.parse("x")
SEGMENT = SemialgebraicSet([1 - X**2])
WRONG = {
    "variables: a number": (lambda: variables(3), "variables: got 3"),
    "variables: nothing": (lambda: SosProgram(None), "variables: got None"),
    "variables: a polynomial": (lambda: SosProgram(X), "variables: got "),
    "bound: text": (lambda: lower_bound("x^2"), "polynomial: got str.*Polynomial.parse"),
    "bound: a polynomial as set": (lambda: lower_bound(X, 1 - X**2), "on: got Polynomial, wanted a SemialgebraicSet"),
    "bound: options": (lambda: lower_bound(X, SEGMENT, options={}), "options: got dict"),
    "bound: products": (lambda: lower_bound(X, SEGMENT, products="no"), "products: got 'no'"),
    "box: a number": (lambda: SemialgebraicSet.box({"x": 1}), r"bounds\['x'\]: got 1, wanted a pair"),
    "box: three": (lambda: SemialgebraicSet.box({"x": (0, 1, 2)}), r"bounds\['x'\]: got \(0, 1, 2\)"),
    "box: text": (lambda: SemialgebraicSet.box({"x": ("a", 1)}), r"bounds\['x'\]: got 'a'"),
    "box: division": (lambda: SemialgebraicSet.box({"x": ("1/0", 1)}), r"bounds\['x'\]: got '1/0'"),
    "ball: radius": (lambda: SemialgebraicSet.ball("x", None), "radius: got None"),
    "ball: center": (lambda: SemialgebraicSet.ball("x", 1, {"x": "a"}), r"center\['x'\]: got 'a'"),
    "set: nothing": (lambda: SemialgebraicSet(None), "inequalities: got None"),
    "set: intersection": (lambda: SEGMENT & (1 - X), "the other set: got Polynomial"),
    "set: point": (lambda: SEGMENT.contains([0]), "point: got list"),
    "set: coordinate": (lambda: SEGMENT.contains({"y": 0}), "point: got no number for 'x'"),
    "sublevel": (lambda: SemialgebraicSet.sublevel(X, "one"), "level: got 'one'"),
    "unknown: name": (lambda: SosProgram("x").polynomial(3, 4), "name: 3 is no name"),
    "unknown: monomials": (lambda: SosProgram("x").polynomial("p", monomials=X), "p: monomials: got "),
    "unknown: text": (lambda: SosProgram("x").polynomial("p", monomials=["x"]), "p: monomials: got text, 'x'"),
    "unknown: bound": (lambda: SosProgram("x").scalar("a", lower="0"), "a: lower: got '0'"),
    "constraint: set": (lambda: SosProgram("x").nonnegative(X, on=[X]), "constraint 1: on: got list"),
    "constraint: matrix": (lambda: SosProgram("x").sos_matrix([X, X]), "constraint 1: got "),
    "options": (lambda: SolveOptions(time_limit="a"), "time_limit must be a number, got 'a'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_types_are_named(name):
    wrong, message = WRONG[name]
    with pytest.raises((TypeError, ValueError), match=message):
        wrong()


def test_numbers_of_numpy_and_texts_are_taken():
    assert SemialgebraicSet.box({X: ("-1/2", np.float64(0.5))}).contains({"x": 0})
    assert len(SosProgram("x").polynomial("p", np.int64(2)).parts) == 3
    assert lower_bound(X**2, SEGMENT, np.int64(1)).lower == 0
