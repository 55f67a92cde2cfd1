"""Exact sparse polynomials over the rational numbers.

In: text, arrays, dictionaries, SymPy expressions. Out: `Polynomial`, and exact and floating point arithmetic on rows of
exponents. May import no other room; loads neither JAX nor SciPy, and SymPy only when asked to convert.
"""

from nsos_jax.polynomials.cards import bound_html, card, facts_html, polynomial_html, shortened, squares_html
from nsos_jax.polynomials.components import connected_components
from nsos_jax.polynomials.conversions import nearest_float
from nsos_jax.polynomials.decimals import Rounding, bracket_text, decimal_text, root_above
from nsos_jax.polynomials.dialects import NOTATIONS
from nsos_jax.polynomials.evaluation import float_values
from nsos_jax.polynomials.exponents import (
    RowTable,
    contained,
    distinct_rows,
    even_rows,
    group_pairs,
    group_products,
    integral_midpoints,
    nonzeros,
    occurrences,
    same_monomials,
)
from nsos_jax.polynomials.lexer import ParseError, Tokens, tokenize
from nsos_jax.polynomials.notation import LATEX, latex_power, latex_symbol, short_number
from nsos_jax.polynomials.polynomial import Polynomial
from nsos_jax.polynomials.terms import MAX_EXPONENT, Budget, common_denominator

__all__ = [
    "LATEX",
    "MAX_EXPONENT",
    "NOTATIONS",
    "Budget",
    "ParseError",
    "Polynomial",
    "Rounding",
    "RowTable",
    "Tokens",
    "bound_html",
    "bracket_text",
    "card",
    "common_denominator",
    "connected_components",
    "contained",
    "decimal_text",
    "distinct_rows",
    "even_rows",
    "facts_html",
    "float_values",
    "group_pairs",
    "group_products",
    "integral_midpoints",
    "latex_power",
    "latex_symbol",
    "nearest_float",
    "nonzeros",
    "occurrences",
    "polynomial_html",
    "root_above",
    "same_monomials",
    "short_number",
    "shortened",
    "squares_html",
    "tokenize",
]
