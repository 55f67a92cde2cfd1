"""Text of another system as tokens of ours, at the places where they stand, so that errors point there."""

from collections.abc import Iterable

from nsos_jax.polynomials.dialects.dialect import BEFORE, BEHIND, Dialect
from nsos_jax.polynomials.dialects.table import find_dialect
from nsos_jax.polynomials.lexer import ParseError, Tokens
from nsos_jax.polynomials.parsing import choose_variables, parse_terms, parse_tokens
from nsos_jax.polynomials.terms import Terms, check_variables

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def parse_notation(text: str, variables: Iterable[str] | None, notation: str) -> tuple[tuple[str, ...], Terms]:
    """Variables and terms of a polynomial that is written in this notation; raises as `parse_terms` does."""
    dialect = find_dialect(notation)
    if dialect is None:
        return parse_terms(text, variables)
    if not isinstance(text, str):
        raise TypeError(f"text: got {type(text).__name__}, wanted str")
    given = None if variables is None else check_variables(variables)
    tokens = _Reader(text, dialect, None if given is None else frozenset(given)).read()
    names = choose_variables(tokens, given)
    return names, parse_tokens(tokens, names)


class _Reader:
    """One pass over a text."""

    def __init__(self, text: str, dialect: Dialect, known: frozenset[str] | None) -> None:
        self.dialect, self.known = dialect, known
        self.tokens = Tokens(text)
        self.written: dict[str, str] = {}
        self.touching = dialect.split is not None and not any(sign in text for sign in "*^")

    def read(self) -> Tokens:
        """All tokens; `ParseError` at what is none."""
        text = self.tokens.text
        for match in self.dialect.pattern.finditer(text):
            kind, word, start = str(match.lastgroup), match.group(), match.start()
            if kind == "number":
                self._add(kind, word.replace("*^", "e"), start)
            elif kind == "name":
                self._add_names(word, start)
            elif kind == "symbol":
                symbol = self.dialect.symbols.get(word, word)
                if symbol:
                    self._add(symbol, symbol, start)
            elif kind == "superscript":
                self.tokens.add("^", "^", start)
                self.tokens.add("number", word.translate(_SUPERSCRIPTS), start)
            elif kind == "bad":
                raise ParseError(f"unexpected character {word!r} for {self.dialect.name}", text, start)
        self.tokens.add("end", "", len(text))
        return self.tokens

    def _add(self, kind: str, word: str, start: int) -> None:
        """A token, after a sign of multiplication where the notation leaves it out."""
        before = self.tokens.kinds[-1] if self.tokens.kinds else ""
        if before in BEFORE and kind in BEHIND:
            if (before, kind) not in self.dialect.products and not (self.touching and before != ")" and kind == "name"):
                raise ParseError(f"a product needs '*' here in {self.dialect.name}", self.tokens.text, start)
            self.tokens.add("*", "*", start)
        self.tokens.add(kind, word, start)

    def _add_names(self, word: str, start: int) -> None:
        try:
            if self.touching and self.dialect.split is not None:
                factors = self.dialect.split(word, self.known)
            else:
                factors = [(self._name(word), 1)]
        except ValueError as error:
            raise ParseError(str(error), self.tokens.text, start) from None
        for name, exponent in factors:
            self._add("name", name, start)
            if exponent != 1:
                self.tokens.add("^", "^", start)
                self.tokens.add("number", str(exponent), start)

    def _name(self, word: str) -> str:
        if word in self.dialect.reserved:
            raise ValueError(f"{word} is no variable in {self.dialect.name}")
        name, plain = self.dialect.read_name(word), "".join(word.split())
        if self.written.setdefault(name, plain) != plain:
            raise ValueError(f"{self.written[name]} and {word} would both be the variable {name}")
        return name
