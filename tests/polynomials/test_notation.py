"""What notebooks show: LaTeX and HTML of polynomials and cards, with every text escaped and nothing endless."""

import re
from fractions import Fraction
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nsos_jax
from nsos_jax import BoundResult, BoundStatus, ProgramResult, ProgramStatus
from nsos_jax.polynomials import LATEX, Polynomial, card, latex_symbol, polynomial_html, shortened, squares_html

ALLOWED = {"div", "b", "i", "table", "tr", "th", "td", "sub", "sup", "code", "br"}


class Tags(HTMLParser):
    """Asserts that tags are known and closed, and gathers the text."""

    def __init__(self, text):
        super().__init__()
        self.open, self.text = [], ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        assert tag in ALLOWED
        assert {name for name, _ in attributes} <= {"style", "scope"}
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_polynomials():
    p = Polynomial.parse("x1^2*y - 1/3*rate^10 - 1")
    assert p._repr_latex_() == r"$\displaystyle -\tfrac{1}{3} \mathrm{rate}^{10} + x_{1}^{2} y - 1$"
    assert Tags(polynomial_html(p)).text == "−1/3 rate10 + x12 y − 1"
    assert Polynomial.parse("x - x")._repr_latex_() == r"$\displaystyle 0$"
    assert polynomial_html(Polynomial.parse("-x")) == "−<i>x</i>"
    assert polynomial_html(Polynomial.constant(-1)) == "−1"


def test_what_is_long_is_cut_and_says_so():
    p = Polynomial.sum([Polynomial.parse(f"x{k}") for k in range(1, 101)])
    assert polynomial_html(p).endswith("(60 more terms)")
    assert r"\text{ (60 more terms)}" in p._repr_latex_()
    long = Polynomial.constant(Fraction(10**40, 3))
    assert polynomial_html(long) == "≈3.33333e+39"
    assert long._repr_latex_() == r"$\displaystyle {\approx}3.33333 \cdot 10^{39}$"
    tiny = Polynomial.constant(Fraction(3, 10**40))
    assert tiny._repr_latex_() == r"$\displaystyle {\approx}3 \cdot 10^{-40}$"
    assert Tags(squares_html([(Fraction(2), p)] * 9)).text.endswith("(3 more squares)")


@settings(max_examples=100, deadline=None)
@given(st.text(min_size=1, max_size=8))
def test_any_text_is_escaped(name):
    text = Tags(card(name, [("<b>" + name, shortened(name)), ("empty", "")])).text
    assert "empty" not in text
    symbol = latex_symbol(name)
    depth = 0
    for before, char in zip(" " + symbol, symbol, strict=False):
        if before != "\\":
            depth += (char == "{") - (char == "}")
            assert char not in "%&#$~" or before == "\\"
        assert depth >= 0
    assert depth == 0


def test_odd_names():
    assert LATEX.symbol("x_12") == r"\mathrm{x\_12}"
    assert LATEX.symbol("β") == "β"
    assert LATEX.symbol("%") == r"\mathrm{\%}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x^4 - 2*x^2*y + y^2 + 1", ["SOS", "= (1)2 + (−x2 + y)2"]),
        ("x^2 - y^2", ["NEGATIVE", "x = 1/2, y = 1"]),
        ("x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1", ["NOT_SOS", "overR"]),
    ],
)
def test_results(text, shown):
    result = nsos_jax.certify(Polynomial.parse(text))
    seen = Tags(result._repr_html_()).text
    assert all(part in seen for part in shown)
    assert "call verify()" in Tags(result.certificate._repr_html_()).text


def test_results_without_proof():
    unsure = nsos_jax.certify(Polynomial.parse("x^4 - 2*x^2*y + y^2 + 1 + z^2*x^2"), time_limit=1e-9)
    assert unsure.status is nsos_jax.Status.UNDECIDED
    assert unsure.error in Tags(unsure._repr_html_()).text


def test_programs():
    x, y = nsos_jax.variables("x y")
    disc = nsos_jax.SemialgebraicSet([1 - x**2 - y**2], [x - y])
    assert disc._repr_latex_() == r"$\displaystyle \{\, -x^{2} - y^{2} + 1 \ge 0,\; x - y = 0 \,\}$"
    assert nsos_jax.SemialgebraicSet()._repr_latex_() == r"$\displaystyle \{\, \text{no condition} \,\}$"
    assert "from −∞ to" not in Tags(nsos_jax.lower_bound(x + y, on=disc)._repr_html_()).text
    program = nsos_jax.SosProgram("x y")
    V = program.polynomial("V", (2, 2))
    program.sos(V - x**2, name="<positive>")
    program.nonnegative(4 - V, on=disc, order=1)
    program.maximize(V.coefficient(x**2))
    seen = Tags(program._repr_html_()).text
    assert "<positive>" in seen
    assert "with multipliers for -x^2 - y^2 + 1 >= 0, x - y = 0" in seen
    assert "V" in Tags(program.solve()._repr_html_()).text


def test_bounds_are_rounded_to_their_side():
    third = Fraction(1, 3)
    bound = BoundResult(BoundStatus.BOUNDED, ("x",), lower=third**30, upper=10**40 * third)
    ends = [Fraction(text) for text in re.findall(r"[0-9.e+-]+", repr(bound).replace("<BoundResult: BOUNDED, ", ""))]
    for lower, upper in (ends, map(Fraction, re.findall(r"≈ ?([0-9.e+-]+)", bound._repr_html_()))):
        assert lower <= bound.lower
        assert upper >= bound.upper
    program = ProgramResult(ProgramStatus.OPTIMAL, lower=-2 * third**30, upper=2 * third**30)
    lower, upper = map(Fraction, re.findall(r"≈ ?([0-9.e+-]+)", program._repr_html_()))
    assert lower <= program.lower
    assert upper >= program.upper
    margin = nsos_jax.Result(Polynomial.constant(1), nsos_jax.Status.UNDECIDED, margin=(0.1234567, 0.1234567))
    assert "from 0.123456 to 0.123457" in margin._repr_html_()


def test_answers_of_control():
    from nsos_jax import control

    answer = control.lyapunov(control.System(lambda x: (-x,), states="x"))
    seen = Tags(answer._repr_html_()).text
    assert answer.conclusion in seen
    assert "V2 x2" in seen
