"""Formats `lean` and `leanprover-sos`: the identity that the text states is true. Nothing is compiled here."""

import re
from fractions import Fraction
from itertools import pairwise

import pytest

from nsos_jax.exports import CannotExport, export
from nsos_jax.polynomials import Polynomial

GOAL = re.compile(r"theorem p_nonneg (?:\((.*) : ℝ\) )?: \(0 : ℝ\) ≤ (.*) := by")
HINT = re.compile(r"\((.*) : ℝ\) \* sq_nonneg \((.*) : ℝ\)")
PAIR = re.compile(r"\(\((.*) : ℚ\), (.*)\)")


def goal(text):
    """The variables of the theorem and the polynomial that it calls nonnegative."""
    [(binder, right)] = GOAL.findall(text)
    names = binder.split()
    return names, Polynomial.parse(right, names)


def total(squares, names):
    zero = Polynomial.constant(0)
    assert all(Fraction(weight) > 0 for weight, _ in squares)
    return sum((Fraction(weight) * Polynomial.parse(root, names) ** 2 for weight, root in squares), zero)


def in_order_met(text, names):
    """The names in the order of their first place in the goal, as the library numbers them."""
    [(_, right)] = GOAL.findall(text)
    return list(dict.fromkeys(name for name in re.findall(r"[A-Za-z_]\w*", right) if name in names))


def test_lean_states_an_identity_between_goal_and_squares(squares_certificate):
    text = export(squares_certificate, "lean")
    names, polynomial = goal(text)
    hints = HINT.findall(text)
    assert len(hints) == text.count("sq_nonneg")
    assert total(hints, names) == polynomial
    assert ("linear_combination" in text) == bool(hints)
    assert "has not compiled it" in text


def test_lean_multipliers(nonneg_certificate):
    """sigma p, and sigma less a positive summand, are the sums of squares that the tactics get."""
    text = export(nonneg_certificate, "lean")
    [(binder, hypothesis, right)] = re.findall(
        r"theorem p_nonneg \(([^)]*) : ℝ\) (?:\(positive : \(0 : ℝ\) < (.*)\) )?: \(0 : ℝ\) ≤ (.*) := by", text
    )
    names = binder.split()
    polynomial = Polynomial.parse(right, names)
    if polynomial.is_zero:
        assert text.endswith("(0 : ℝ) ≤ 0 := by\n  norm_num\n")
        return
    product, *cases = text.split("have lower : ")
    [(sigma, again)] = re.findall(r"product : \(0 : ℝ\) ≤ \((.*)\) \* \((.*)\) := by", product)
    multiplier = Polynomial.parse(sigma, names)
    assert again == right
    assert total(HINT.findall(product), names) == multiplier * polynomial
    assert bool(cases) != bool(hypothesis)
    assert hypothesis in ("", sigma)
    for case in cases:
        [(weight, root, lower)] = re.findall(r"^\((.*?) : ℝ\)(?: \* \((.*)\)\^2)? ≤ (.*) := by", case)
        assert lower == sigma
        assert Fraction(weight) > 0
        summand = Fraction(weight) * Polynomial.parse(root or "1", names) ** 2
        assert total(HINT.findall(case), names) + summand == multiplier
        tactic = "positivity" if root else "norm_num"
        assert f"have positive : (0 : ℝ) < {sigma} := lt_of_lt_of_le (by {tactic}) lower" in case
        assert case.count("exact (mul_nonneg_iff_of_pos_left positive).mp product\n") == 1


def test_lean_multipliers_of_forms_vanish_at_the_origin_alone(nonneg):
    text = export(nonneg["form"], "lean")
    assert re.findall(r"by_cases (zero\d) : (\w) = 0\n  case neg =>", text) == [
        ("zero1", "x"),
        ("zero2", "y"),
        ("zero3", "z"),
    ]
    assert text.endswith("  norm_num [zero1, zero2, zero3]\n")


def test_a_multiplier_that_vanishes_elsewhere_is_a_hypothesis(nonneg):
    texts = {name: export(certificate, "lean") for name, certificate in nonneg.items()}
    assert [name for name, text in texts.items() if "(positive : " in text] == ["elsewhere", "some variables"]


def test_lean_summands_stand_deeper_than_their_tactic(nonneg_certificate):
    lines = export(nonneg_certificate, "lean").split("\n")
    for line, following in pairwise(lines):
        if line.endswith("linear_combination"):
            assert following.startswith(" " * (len(line) - len(line.lstrip()) + 1))


def test_lean_goal_is_the_polynomial_of_the_certificate(sos):
    names, polynomial = goal(export(sos["fractions"], "lean"))
    assert names == ["x", "y"]
    assert polynomial == Polynomial.parse("1/2*(x^2 - 2/3*y)^2 + 5/7*(y + 1)^2 + 3", names)


def test_lean_negative_points(negative_certificate):
    text = export(negative_certificate, "lean")
    if not negative_certificate.variables:
        assert text.endswith("theorem p_negative : -5/3 < (0 : ℝ) := by\n  norm_num\n")
        return
    [(binder, left, point)] = re.findall(r"∃ (.*) : ℝ, (.*) < \(0 : ℝ\) :=\n  ⟨(.*), by norm_num⟩", text)
    values = [Fraction(value) for value in point.split(", ")]
    assert Polynomial.parse(left, binder.split()).evaluate(values) < 0


def test_sos_witness_lists_weighted_squares(squares_certificate):
    text = export(squares_certificate, "leanprover-sos")
    names, polynomial = goal(text)
    numbered = in_order_met(text, names)
    pairs = []
    for weight, root in PAIR.findall(text):
        root = re.sub(r"CMvPolynomial\.C \((.*?) : ℚ\)", r"(\1)", root)
        pairs.append((weight, re.sub(r"CMvPolynomial\.X (\d+)", lambda match: numbered[int(match[1])], root)))
    assert len(pairs) == text.count(": ℚ), CMv")
    assert total(pairs, names) == polynomial


def test_variables_are_numbered_as_the_goal_meets_them(sos):
    text = export(sos["odd names"], "leanprover-sos")  # z^4 comes first, so z, the third variable, is number 0
    assert "((1 : ℚ), CMvPolynomial.C (1 : ℚ) * (CMvPolynomial.X 0) ^ 2)" in text


def test_sos_witness_refuses_what_it_cannot_say(negative, nonneg, motzkin):
    with pytest.raises(CannotExport, match="kind nonneg; formats for it: sympy, lean, rocq, latex"):
        export(nonneg["affine"], "leanprover-sos")
    with pytest.raises(CannotExport, match="kind negative_point; formats for it: sympy, lean, rocq, latex"):
        export(negative["integers"], "leanprover-sos")
    with pytest.raises(CannotExport, match=r"lean has no text .* kind not_sos; formats for it: sympy, latex"):
        export(motzkin, "lean")
