"""Polynomials as mathematics, in LaTeX and in HTML, for notebooks and papers.

Names of variables may be any text, so every one is escaped. What is too long to be read is cut and says so: terms
beyond `MOST_TERMS` are counted, numbers beyond `MOST_DIGITS` are rounded and marked.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from itertools import islice

from nsos_jax.polynomials.decimals import Rounding, decimal_text

MOST_TERMS = 40
MOST_DIGITS = 24
"""Of numerator and denominator together."""
INDEXED = re.compile(r"([A-Za-z])([0-9]+)")
LATEX_SPECIAL = str.maketrans(
    {char: rf"\{char}" for char in "_%&#${}"} | {"\\": r"\backslash{}", "^": r"\hat{}", "~": r"\tilde{}"}
)


@dataclass(frozen=True)
class Notation:
    """How the parts of a sum are written."""

    symbol: Callable[[str], str]
    number: Callable[[Fraction], str]
    """A positive number."""
    power: Callable[[str, int], str]
    minus: str
    more: Callable[[int], str]
    """The terms that are left out, from their number."""

    def sum(self, terms: Iterable[tuple[Fraction, Sequence[tuple[str, int]]]], count: int) -> str:
        """The sum of `count` terms: coefficients, not 0, and the variables of each with their exponents, from 1 on."""
        text = ""
        for coefficient, monomial in islice(terms, MOST_TERMS):
            sign = self.minus if coefficient < 0 else "+"
            text += f" {sign} " if text else self.minus * (coefficient < 0)
            factors = [self.power(self.symbol(name), exponent) for name, exponent in monomial]
            if abs(coefficient) != 1 or not factors:
                factors.insert(0, self.number(abs(coefficient)))
            text += " ".join(factors)
        return (text or "0") + (self.more(count - MOST_TERMS) if count > MOST_TERMS else "")


def latex_symbol(name: str) -> str:
    """A variable: x as it is, x12 with an index, words upright, special characters escaped.

    >>> latex_symbol("x"), latex_symbol("x12"), latex_symbol("sin_th")
    ('x', 'x_{12}', '\\\\mathrm{sin\\\\_th}')
    """
    indexed = INDEXED.fullmatch(name)
    if indexed:
        return f"{indexed[1]}_{{{indexed[2]}}}"
    return name if len(name) == 1 and name.isalpha() else rf"\mathrm{{{name.translate(LATEX_SPECIAL)}}}"


def latex_number(number: Fraction) -> str:
    """A positive number, exact or marked as rounded."""
    text = short_number(number)
    numerator, slash, denominator = text.partition("/")
    if slash:
        return rf"\tfrac{{{numerator}}}{{{denominator}}}"
    return re.sub(r"e\+?(-?)0*([0-9]+)", r" \\cdot 10^{\1\2}", text.replace("≈", r"{\approx}"))


def latex_power(symbol: str, exponent: int) -> str:
    """symbol^exponent; an exponent of 1 is not written."""
    return symbol if exponent == 1 else f"{symbol}^{{{exponent}}}"


def html_symbol(name: str) -> str:
    """A variable: in italics, with an index as in LaTeX."""
    indexed = INDEXED.fullmatch(name)
    return f"<i>{indexed[1]}</i><sub>{indexed[2]}</sub>" if indexed else f"<i>{escape(name)}</i>"


def short_number(number: Fraction, rounding: Rounding = Rounding.NEAREST) -> str:
    """p/q, or rounded to six digits and marked by ≈ where that is too long to be read.

    >>> short_number(Fraction(-3, 7)), short_number(Fraction(10**40 + 1, 3))
    ('-3/7', '≈3.33333e+39')
    """
    if number.numerator.bit_length() + number.denominator.bit_length() <= MOST_DIGITS * 3.33:
        return str(number)
    return f"≈{decimal_text(number, 6, rounding)}"


def html_power(symbol: str, exponent: int) -> str:
    """symbol<sup>exponent</sup>."""
    return symbol if exponent == 1 else f"{symbol}<sup>{exponent}</sup>"


LATEX = Notation(
    latex_symbol, latex_number, latex_power, "-", lambda count: rf" + \cdots \text{{ ({count} more terms)}}"
)
HTML = Notation(html_symbol, short_number, html_power, "−", lambda count: f" + … ({count} more terms)")
