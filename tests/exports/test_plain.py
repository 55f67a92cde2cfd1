"""Format `plain`: both sides of each equation are read again, and are equal."""

from certificate_examples import example

from nsos_jax.certificates import Certificate
from nsos_jax.exports import export, plain
from nsos_jax.polynomials import Polynomial


def equations(text):
    """Both sides of each equation, the names being those of the comment's right side."""
    source = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for equation in source.split("\nwhere\n"):
        left, right = equation.split("\n  = ")
        yield Polynomial.parse(left), Polynomial.parse(right)


def check(text):
    assert max(map(len, text.splitlines()), default=0) <= plain.WIDTH + 60
    sides = list(equations(text))
    assert all(left == right for left, right in sides)
    return sides


def test_squares_add_up(squares_certificate):
    [(left, _)] = check(export(squares_certificate, "plain"))
    near = squares_certificate.kind == "near_sos"
    assert left.num_terms == squares_certificate.polynomial.num_terms
    assert ("*(x^4" in export(squares_certificate, "plain")) == near


def test_text_of_two_squares(sos):
    assert export(sos["plain"], "plain") == "x^4 - 2*x^2*y + y^2 + 1\n  = (x^2 - y)^2\n  + (1)^2\n"
    assert export(sos["zero"], "plain") == "0\n  = 0\n"


def test_names_that_are_no_identifiers_are_listed(sos):
    text = export(sos["odd names"], "plain")
    assert "# The variable v_a_b stands for a\\u0020\\u0022\\u002a\\u0029\\u0020b." in text
    assert "\u03b2" in text


def test_multipliers_and_their_products(nonneg_certificate):
    sides = check(export(nonneg_certificate, "plain"))
    assert len(sides) == (2 if nonneg_certificate.polynomial.num_terms else 1)


def test_bounds():
    certificate = Certificate.from_dict(example("lower_bound"))
    [(left, _)] = check(export(certificate, "plain"))
    shift = left - Polynomial.from_dict(
        {tuple(row): value for value, row in certificate.polynomial.to_list()}, certificate.variables
    )
    assert shift == -certificate.bound
    assert r"p - \gamma &= " in export(certificate, "latex")
