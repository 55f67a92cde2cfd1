"""The tokens of a written polynomial, the exact values of its numbers, and the error that points into the text."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from flint import fmpz

from nsos_jax.polynomials import terms

MAX_DIGITS = 10_000
"""Largest number of digits of one number."""
MAX_DECIMAL_EXPONENT = 4_000
"""Largest absolute value of the exponent of one number, as in 1e4000."""

FUNCTIONS = frozenset(("abs", "cos", "exp", "ln", "log", "sin", "sqrt", "tan"))
"""Not read as indexed variables: `sqrt(2)` is no `sqrt2`."""

_TOKEN = re.compile(
    rf"""[^\S\x1c-\x1f]*(?:
      (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<indexed>[^\W\d](?:\w*[^\W\d])?(?:\([0-9]+\)|\{{[0-9]+\}}))
    | (?P<name>{terms.NAME})
    | (?P<symbol>\*\*|[-+*/^();−·×⋅])
    | (?P<superscript>[⁰¹²³⁴⁵⁶⁷⁸⁹]+)
    | (?P<comma>,)
    | (?P<end>\Z)
    | (?P<bad>.)
    )""",
    re.VERBOSE | re.DOTALL,
)
_NO_RELATIONS = "expected a polynomial alone: for p = q or p >= q give p - q"
_NO_COMMENTS = "comments are not read"
_HINTS = {
    **dict.fromkeys("=<>≤≥", _NO_RELATIONS),
    **dict.fromkeys("#%", _NO_COMMENTS),
    **dict.fromkeys((".^", ".*", "./"), "write ^, * and / without a dot"),
    "{": "an exponent is written x^2 or x^(2)",
}
_SYMBOLS = {"**": "^", "−": "-", "·": "*", "×": "*", "⋅": "*"}
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


class ParseError(ValueError):
    """Text that is not a polynomial: `reason`, `position` (from 0), `line` and `column` (from 1).

    >>> print(ParseError("expected a variable", "3*", 2))
    line 1, column 3: expected a variable
      3*
        ^
    """

    def __init__(self, reason: str, text: str, position: int) -> None:
        super().__init__(reason, text, position)  # these three, so that the error can be pickled
        self.reason, self.position = reason, position
        self.line = text.count("\n", 0, position) + 1
        line_start = text.rfind("\n", 0, position) + 1
        self.column = position - line_start + 1
        first = max(line_start, position - 50)
        shown = text[first : first + 78].split("\n", 1)[0]
        shown = "".join(char if char.isprintable() else " " for char in shown)
        self._snippet = f"  {shown}\n  {' ' * (position - first)}^"

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.reason}\n{self._snippet}"


@dataclass
class Tokens:
    """Parallel lists over the tokens of `text`; the last kind is "end".

    A kind is "number", "name", "^" or the symbol itself. `words` hold the characters in their plain form
    (`x1` for `x(1)`, `^` for `**`); `starts` are positions in `text`.
    """

    text: str
    kinds: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)

    def names(self) -> list[str]:
        """Distinct names in the order of first use."""
        return list(dict.fromkeys(w for kind, w in zip(self.kinds, self.words, strict=True) if kind == "name"))

    def error(self, reason: str, index: int) -> ParseError:
        """The error at the token `index`."""
        return ParseError(reason, self.text, self.starts[index])

    def expected(self, what: str, index: int) -> ParseError:
        """The error of finding the token `index` where `what` should be."""
        after = f"after {shorten(self.words[index - 1])}" if index else "at the start"
        found = shorten(self.words[index]) if self.words[index] else "end of text"
        return self.error(f"expected {what} {after}, found {found}", index)

    def add(self, kind: str, word: str, start: int) -> None:
        """Appends a token."""
        self.kinds.append(kind)
        self.words.append(word)
        self.starts.append(start)


def tokenize(text: str, functions: Collection[str] = ()) -> Tokens:
    """All tokens of a text; `ParseError` at a character that belongs to none.

    Args:
      text: of a polynomial.
      functions: names of functions with two arguments or more, which are no indexed variables; where there are some, a
        comma is a token.

    >>> tokenize("2x(1)**3").words
    ['2', 'x1', '^', '3', '']
    >>> tokenize("diff(V,x)", {"diff"}).words
    ['diff', '(', 'V', ',', 'x', ')', '']
    """
    tokens = Tokens(text)
    add_kind, add_word, add_start = tokens.kinds.append, tokens.words.append, tokens.starts.append
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "end"
        word = match[kind]
        start = match.end() - len(word)
        if kind == "symbol":
            word = kind = _SYMBOLS.get(word, word)
        elif kind == "indexed":
            base = re.split("[({]", word)[0]
            if base in functions:
                raise ParseError(f"{word} has one argument, the function {base} takes more", text, start)
            if base.casefold() in FUNCTIONS:
                raise ParseError(f"{word} is a function call, expected rational numbers such as 99/70", text, start)
            kind, word = "name", re.sub("[(){}]", "", word)
        elif kind == "superscript":
            add_kind("^")
            add_word("^")
            add_start(start)
            kind, word = "number", word.translate(_SUPERSCRIPTS)
        elif kind == "comma" and functions:
            kind = word
        elif kind in ("bad", "comma"):
            hint = _HINTS.get(word) or _HINTS.get(text[start : start + 2])
            raise ParseError(f"unexpected character {word!r}" + (f", {hint}" if hint else ""), text, start)
        add_kind(kind)
        add_word(word)
        add_start(start)
    return tokens


def read_number(word: str) -> tuple[int, int]:
    """The exact value of a number token as (numerator, denominator), not reduced.

    ValueError says which limit the number passes.

    >>> read_number("1.25e1"), read_number(".5")
    ((125, 10), (5, 10))
    """
    mantissa, _, exponent_word = word.lower().partition("e")
    whole, _, decimals = mantissa.partition(".")
    if len(whole) + len(decimals) > MAX_DIGITS:
        raise ValueError(f"the number {shorten(word)} has more than {MAX_DIGITS} digits")
    sign = -1 if exponent_word.startswith("-") else 1
    exponent_digits = exponent_word.lstrip("+-0") or "0"
    if len(exponent_digits) > 5 or int(exponent_digits) > MAX_DECIMAL_EXPONENT:
        raise ValueError(f"the number {shorten(word)} has an exponent beyond {MAX_DECIMAL_EXPONENT}")
    value = int(fmpz(whole + decimals))  # flint, because int() of text stops at 4,300 digits
    shift = sign * int(exponent_digits) - len(decimals)
    return value * 10 ** max(shift, 0), 10 ** max(-shift, 0)


def shorten(word: str) -> str:
    """A word in quotes for a message, at most 30 characters of it."""
    return repr(word if len(word) <= 30 else word[:27] + "...")
