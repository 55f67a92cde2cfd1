"""Cards, which notebooks show of results: a table of labels and facts under a title, in HTML without a script."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from html import escape

from nsos_jax.polynomials.decimals import Rounding, decimal_text
from nsos_jax.polynomials.notation import HTML, short_number
from nsos_jax.polynomials.polynomial import Polynomial

STYLE = "border-left:3px solid #888;padding:.2em 0 .2em .8em;margin:.3em 0"
LABEL = "text-align:left;vertical-align:top;padding:.1em 1em .1em 0;white-space:nowrap;color:#777;font-weight:normal"
FACT = "text-align:left;vertical-align:top;padding:.1em 0"
MOST_SQUARES = 6


def card(title: str, facts: Iterable[tuple[str, str]]) -> str:
    """HTML of a title and of labels with facts.

    Args:
      title, labels: text, which is escaped here.
      facts: HTML, which its maker has escaped; a fact that is empty is left out.

    >>> card("a < b", [("p", "<i>x</i>"), ("nothing", "")]).count("<tr>")
    1
    """
    rows = "".join(
        f'<tr><th scope="row" style="{LABEL}">{escape(label)}</th><td style="{FACT}">{fact}</td></tr>'
        for label, fact in facts
        if fact
    )
    return f'<div style="{STYLE}"><b>{escape(title)}</b><table>{rows}</table></div>'


def bound_html(value: Fraction, rounding: Rounding) -> str:
    """A bound, exact, and its decimals where the fraction does not show its size, which are a bound, too.

    >>> bound_html(Fraction(1, 2), Rounding.DOWN), bound_html(Fraction(2000, 3001), Rounding.DOWN)
    ('1/2', '2000/3001 ≈ 0.666444')
    """
    shown = short_number(value, rounding)
    decimals = f" ≈ {decimal_text(value, 6, rounding)}"
    return shown + decimals * (value.denominator > 100 and "≈" not in shown)


def shortened(text: str, most: int = 160) -> str:
    """Text as HTML, escaped, and cut where it is longer.

    >>> shortened("a < b", 4)
    'a &lt; …'
    """
    return escape(text if len(text) <= most else f"{text[:most]}…")


def polynomial_html(polynomial: Polynomial) -> str:
    """The polynomial, shortened where it is long.

    >>> polynomial_html(Polynomial.parse("x1^2 - 1/2*y"))
    '<i>x</i><sub>1</sub><sup>2</sup> − 1/2 <i>y</i>'
    """
    return HTML.sum(polynomial.written_terms(), polynomial.num_terms)


def facts_html(values: Mapping[str, Polynomial | Fraction]) -> list[tuple[str, str]]:
    """Labels and facts of a card, one for each name."""
    return [
        (name, polynomial_html(value) if isinstance(value, Polynomial) else short_number(value))
        for name, value in values.items()
    ]


def squares_html(squares: Iterable[tuple[Fraction, Polynomial]]) -> str:
    """weight * (root)^2 for each pair, joined by +; what is beyond `MOST_SQUARES` is counted."""
    pairs = list(squares)
    shown = [
        f"{'' if weight == 1 else short_number(weight) + ' '}({polynomial_html(root)})<sup>2</sup>"
        for weight, root in pairs[:MOST_SQUARES]
    ]
    more = [f"… ({len(pairs) - MOST_SQUARES} more squares)"] * (len(pairs) > MOST_SQUARES)
    return " + ".join(shown + more) or "0"
