"""Format `sympy`: every script runs, and a false one fails."""

import contextlib
import io
from fractions import Fraction

import numpy as np
import pytest

from nsos_jax.certificates import NotSosCertificate, SosCertificate
from nsos_jax.exports import CannotExport, export, sympy_script
from nsos_jax.polynomials import Polynomial


def run(script):
    """What the script prints; raises what it raises."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(script, "script", "exec"), {"__name__": "__main__"})
    return printed.getvalue()


def test_scripts_of_squares_run(squares_certificate):
    printed = run(export(squares_certificate, "sympy"))
    assert printed.startswith("holds: ")
    assert printed.startswith("holds: shifted") == (squares_certificate.kind == "near_sos")


def test_scripts_of_negative_points_run(negative_certificate):
    assert run(export(negative_certificate, "sympy")) == "holds: polynomial is negative at point\n"


def test_scripts_of_multipliers_run(nonneg_certificate):
    assert run(export(nonneg_certificate, "sympy")).startswith("holds: polynomial is ")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("multiplier = 22", "multiplier = -22"),
        ("polynomial = Rational(1, 3)", "polynomial = Rational(1, 2)"),
        ("]\nassert expand(multiplier) != 0", "    (-1, x - x),\n]\nassert expand(multiplier) != 0"),
        (
            "assert expand(multiplier) != 0",
            "multiplier = squares = multiplier_squares = 0\nassert expand(multiplier) != 0",
        ),
    ],
)
def test_false_scripts_of_multipliers_fail(nonneg, old, new):
    script = export(nonneg["fractions"], "sympy").replace("Rational(11, 5)*x**2", "22*x**2/10")
    assert old in script
    with pytest.raises(AssertionError):
        run(script.replace(old, new, 1))


def test_script_of_a_functional_runs(motzkin):
    assert run(export(motzkin, "sympy")) == "holds: polynomial is no sum of squares\n"


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("plain", "x**4", "x**6"),
        ("fractions", "(Rational(1, 18), ", "(Rational(1, 17), "),
        ("fractions", "\n]\n", "\n    (-1, x - x),\n]\n"),
        ("two blocks", "(Rational(1, 5), 1)", "(Rational(1, 5), x)"),
    ],
)
def test_false_scripts_of_squares_fail(sos, name, old, new):
    script = export(sos[name], "sympy")
    assert old in script
    with pytest.raises(AssertionError):
        run(script.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("(2, 2): -3", "(2, 2): -1"),  # L(p) is not negative
        ("functional = {\n    (4, 2)", "functional = {\n    (6, 0)"),  # another moment matrix
        ("    (Rational(1, 2), {", "    (-Rational(1, 2), {"),
        ("    (1, 2),\n", ""),  # the basis is not complete
    ],
)
def test_false_scripts_of_functionals_fail(motzkin, old, new):
    script = export(motzkin, "sympy")
    assert old in script
    with pytest.raises(AssertionError):
        run(script.replace(old, new, 1))


def test_no_square_at_all_is_possible_when_the_basis_is_empty():
    p = Polynomial.parse("x*y")
    certificate = NotSosCertificate.create(p, np.zeros((0, 2), int), np.array([[1, 1]]), [-1], np.zeros((0, 2), int))
    assert run(export(certificate, "sympy")) == "holds: polynomial is no sum of squares\n"


def test_numbers_longer_than_python_reads():
    denominator = 10**5000 + 1
    p = Polynomial.from_dict({(2,): Fraction(1, denominator), (0,): 1}, ["x"])
    gram = np.array([[1, 0], [0, denominator]], dtype=object)
    script = export(SosCertificate.create(p, [(np.array([[1], [0]]), gram, denominator)]), "sympy")
    assert f"Rational(1, {denominator:#x})" in script
    assert run(script).startswith("holds: ")


def test_sums_of_more_terms_than_python_nests():
    size = 3_000
    basis, gram = np.arange(size, dtype=np.int32)[:, None], np.eye(1, dtype=int)
    p = Polynomial.from_arrays(2 * basis, [1] * size, ["x"])
    script = export(SosCertificate.create(p, [(row[None], gram, 1) for row in basis]), "sympy")
    assert "polynomial = Add(" in script
    compile(script, "script", "exec")


def test_sums_in_parts_run(sos, monkeypatch):
    monkeypatch.setattr(sympy_script, "NESTED", 2)
    script = export(sos["few digits"], "sympy")
    assert script.count("Add(") > 10
    assert run(script).startswith("holds: ")


def test_too_many_monomials_for_a_script():
    p = Polynomial.parse("x^1000*y^1000 - x", ["x", "y"])
    moments, halfspaces = np.array([[1, 0]]), np.array([[1, -1], [-1, 1]])
    certificate = NotSosCertificate.create(p, np.array([[500, 500]]), moments, [1], halfspaces)
    with pytest.raises(CannotExport, match=r"sympy has no text .* 251001 monomials, the limit is 100000"):
        export(certificate, "sympy")
