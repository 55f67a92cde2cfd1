"""Format `rocq`: the stated identities are true, and where `coqc` is present every text compiles."""

import re
import shutil
import subprocess
from fractions import Fraction

import pytest

from nsos_jax.exports import export
from nsos_jax.polynomials import Polynomial

COQC = shutil.which("coqc")
compiled = pytest.mark.skipif(COQC is None, reason="no coqc: Debian has it in the package coq")


@compiled
def test_texts_of_squares_compile(squares_certificate, tmp_path):
    compile_text(export(squares_certificate, "rocq"), tmp_path)


@compiled
def test_texts_of_negative_points_compile(negative_certificate, tmp_path):
    compile_text(export(negative_certificate, "rocq"), tmp_path)


@compiled
def test_texts_of_multipliers_compile(nonneg_certificate, tmp_path):
    compile_text(export(nonneg_certificate, "rocq"), tmp_path)


@compiled
def test_a_false_text_does_not_compile(sos, tmp_path):
    text = export(sos["plain"], "rocq")
    with pytest.raises(AssertionError, match="Error"):
        compile_text(text.replace("0 <= x^4", "0 <= -1 + x^4"), tmp_path)


def compile_text(text, folder):
    path = folder / "certificate.v"
    path.write_text(text, "utf-8")
    done = subprocess.run([COQC, "-q", path.name], cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_identities_in_integers(squares_certificate):
    """N (goal) = sum of n_k f_k^2, as `ring` will find, with N > 0 and n_k > 0."""
    text = export(squares_certificate, "rocq")
    [(binder, claim)] = re.findall(r"Theorem p_nonneg : (?:forall (.*) : R, )?0 <= (.*)\.\n", text)
    names = binder.split()
    polynomial = Polynomial.parse(claim, names)
    assert polynomial.denominator == 1
    if polynomial.is_zero:
        assert text.endswith("Proof.\n  intros x y.\n  lra.\nQed.\n")
        return
    [(factor, repeated, squares)] = re.findall(r"\(identity : (\d+) \* \((.*)\) =\n((?:.*\n)*?.*)\) by ring\.", text)
    assert repeated == claim
    assert int(factor) * polynomial == Polynomial.parse(squares, names)
    pieces = [re.fullmatch(r"\s*([1-9]\d*)\*\((.*)\)\^2(?: \+)?", line) for line in squares.split("\n")]
    assert all(pieces)
    assert f"assert (squares : 0 <= {squares.strip()})" in text
    assert f"Rmult_le_reg_l {factor})" in text


def test_multipliers_in_integers(nonneg_certificate):
    text = export(nonneg_certificate, "rocq")
    [(binder, hypothesis, claim)] = re.findall(
        r"Theorem p_nonneg : forall (.*) : R, (?:0 < (.*) -> )?0 <= (.*)\.\n", text
    )
    names = binder.split()
    polynomial = Polynomial.parse(claim, names)
    if polynomial.is_zero:
        return
    [(factor, sigma, repeated, squares)] = re.findall(
        r"\(identity : (\d+) \* \(\((.*)\) \* \((.*)\)\) =\n((?:.*\n)*?.*)\) by ring\.", text
    )
    multiplier = Polynomial.parse(sigma, names)
    assert repeated == claim
    assert int(factor) * multiplier * polynomial == Polynomial.parse(squares, names)
    assert f"assert (squares : 0 <= {squares.strip()})" in text
    assert f"assert (product : 0 <= ({sigma}) * ({claim}))" in text
    assert f"Rmult_le_reg_l ({sigma})); [exact positive" in text
    cases = re.findall(r"\(lower : (\d+) \* \((.*)\) =\n((?:.*\n)*?.*)\) by ring\.", text)
    assert bool(cases) != bool(hypothesis)
    assert hypothesis in ("", sigma)
    for lower, left, right in cases:
        assert left == sigma
        assert int(lower) * multiplier == Polynomial.parse(right, names)
        assert re.search(r"(^|\+\n)\s*\d+(\*\(\w+(\^\d+)?\)\^2)?$", right)  # the summand that is positive
        *others, _ = right.split(" +\n")
        shown = " +\n".join(others).strip()
        assert not others or f"assert (others : 0 <= {shown})" in text


def test_forms_have_a_case_for_each_variable(nonneg):
    text = export(nonneg["form"], "rocq")
    assert re.findall(r"destruct \(Req_dec (\w) 0\)", text) == ["x", "y", "z"]
    assert "  rewrite zero1, zero2, zero3.\n" in text
    assert "replace (0^4*0^2 + 0^2*0^4 - 3*0^2*0^2*0^2 + 0^6) with 0 by ring.\n  lra.\nQed.\n" in text
    assert "with 12 by ring" in export(nonneg["powers"], "rocq")


def test_goal_is_a_multiple_of_the_polynomial(sos):
    text = export(sos["fractions"], "rocq")
    [claim] = re.findall(r"R, 0 <= (.*)\.\n", text)
    assert "126 times that" in text
    assert Polynomial.parse(claim) == 126 * Polynomial.parse("1/2*(x^2 - 2/3*y)^2 + 5/7*(y + 1)^2 + 3")


def test_negative_points(negative_certificate):
    text = export(negative_certificate, "rocq")
    if not negative_certificate.variables:
        assert text.endswith("Theorem p_negative : -5 < 0.\nProof. lra. Qed.\n")
        return
    [(binder, claim, point)] = re.findall(r"exists (.*) : R, (.*) < 0\.\nProof\.\n  exists (.*)\.\n", text)
    [(factor, left, right)] = re.findall(r"identity : (\d+) \* \((.*)\) =\n    (.*)\) by field", text)
    names = binder.split()
    values = [Fraction(value.strip("()")) for value in point.split(", ")]
    value = Polynomial.parse(claim, names).evaluate(values)
    assert int(factor) > 0 > value
    assert int(factor) * value == int(right)
    assert re.sub(r"[A-Za-z]\w*", lambda name: point.split(", ")[names.index(name[0])], claim) == left


def test_names_that_mean_something_are_replaced(sos):
    text = export(sos["keywords"], "rocq")
    assert "forall v_end v_lambda v_R : R, " in text
    for name in ("end", "lambda", "R"):
        assert f"(* The variable v_{name} stands for {name}. *)" in text


def test_no_name_ends_a_comment(sos):
    comments = [line for line in export(sos["odd names"], "rocq").split("\n") if line.startswith("(*")]
    assert all(line.endswith(" *)") and line.count("*)") == 1 and '"' not in line for line in comments)
