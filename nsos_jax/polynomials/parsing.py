"""Text to exact terms: one iterative pass over the tokens, with an explicit stack of open parentheses.

Grammar (white space and line breaks may stand between any two tokens; one final `;` is allowed):

    sum      :=  product  (('+' | '-') product)*
    product  :=  signed   (('*' | '/') signed | factor)*      # a missing '*' only after a number on the same line
    signed   :=  ('+' | '-')* factor                          # -x^2 is -(x^2)
    factor   :=  (number | name | '(' sum ')') [('^' | '**') exponent]   # x^2^3 has two readings: refused
    exponent :=  integer | '(' integer ')'

* A divisor must be a non-zero constant. A missing '*' (2x, 3(x+1), x^2y) binds like '*', so `1/2x` is (1/2)*x; what
  looks like digits (1_000, 0x10) is refused.
* Numbers are read exactly (0.1 is 1/10). `1e3` and `2e3x` hold the number with exponent; `2e` is 2*e.
* `x(12)`, `x{12}` and `x_{12}` name the variables `x12`, `x12` and `x_12`; the name before must not end in a digit.
* The signs `−`, `·`, `×`, `⋅` and superscripts such as `x²` are read like `-`, `*` and `^2`.

Nothing is evaluated by Python, and all work is bounded (`polynomials.terms`): hostile text is refused, it never hangs.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from nsos_jax.polynomials import terms
from nsos_jax.polynomials.lexer import ParseError, Tokens, read_number, shorten, tokenize
from nsos_jax.polynomials.terms import Budget, Terms, WorkLimitError

__all__ = ["MAX_DEPTH", "ParseError", "parse_terms", "parse_tokens"]

MAX_DEPTH = 200
"""Largest number of parentheses open at the same time."""
_ONE = Terms({0: 1}, 1)


def parse_terms(text: str, variables: Iterable[str] | None = None) -> tuple[tuple[str, ...], Terms]:
    """Variables and terms of a written polynomial.

    Without `variables`, they are the names in the text in natural order (x2 before x10), also those that cancel.
    Raises `ParseError`, and ValueError when `variables` are not distinct names.

    >>> names, (numerators, denominator) = parse_terms("(x + 1)^2 - x/2")
    >>> names, sorted(numerators.values()), denominator
    (('x',), [2, 2, 3], 2)
    """
    if not isinstance(text, str):
        raise TypeError(f"text: got {type(text).__name__}, wanted str")
    tokens = tokenize(text)
    names = choose_variables(tokens, variables)
    return names, parse_tokens(tokens, names)


def parse_tokens(tokens: Tokens, names: tuple[str, ...], budget: Budget | None = None) -> Terms:
    """The terms over `names`, which hold all names among the tokens; raises `ParseError`.

    The work comes from `budget`, by default from one for this text.
    """
    parser = _Parser(tokens, names, budget)
    try:
        return parser.parse()
    except WorkLimitError as error:
        raise tokens.error(str(error), max(parser.index - 1, 0)) from None  # the token that was read last


def choose_variables(tokens: Tokens, variables: Iterable[str] | None) -> tuple[str, ...]:
    used = tokens.names()
    given = None if variables is None else terms.check_variables(variables)
    known = frozenset(given or ())
    for name in used:
        reason = None
        if name.casefold() in terms.RESERVED:
            reason = f"{shorten(name)} is not a finite number"
        elif len(name) > terms.MAX_NAME:
            reason = f"{shorten(name)} has {len(name)} characters, names have at most {terms.MAX_NAME}"
        elif not name.isidentifier():
            reason = f"{shorten(name)} is not the name of a variable"
        elif given is not None and name not in known:
            reason = f"unknown variable {shorten(name)}, the variables are {shorten(', '.join(given))}"
        if reason is not None:
            raise tokens.error(reason, tokens.words.index(name))
    if len(used) > terms.MAX_VARIABLES:
        raise tokens.error(f"got {len(used)} variables, wanted at most {terms.MAX_VARIABLES}", 0)
    return tuple(sorted(used, key=terms.natural_order)) if given is None else given


@dataclass(slots=True)
class _Product:
    """The product that is being read: numerator / denominator * monomial(key) * factor."""

    numerator: int = 1
    denominator: int = 1
    key: int = 0
    degree: int = 0  # of the monomial
    factor: Terms | None = None  # what has more than one term
    dividing: bool = False  # the next operand is a divisor


@dataclass(slots=True)
class _Group:
    """The text inside one open parenthesis: the sum so far and the product that follows."""

    opened: int  # index of the token '('
    product: _Product = field(default_factory=_Product)
    sums: dict[int, dict[int, int]] = field(default_factory=dict)  # denominator -> key -> numerator


class _Parser:
    """One pass over the tokens; `index` is the token to read next."""

    def __init__(self, tokens: Tokens, variables: tuple[str, ...], budget: Budget | None = None) -> None:
        self.tokens = tokens
        self.kinds = tokens.kinds
        self.num_variables = len(variables)
        self.keys = dict(zip(variables, terms.units(self.num_variables), strict=True))
        self.numbers: dict[str, tuple[int, int]] = {}
        self.budget = budget or Budget()
        self.index = 0
        self.group = _Group(opened=-1)
        self.outer: list[_Group] = []

    def parse(self) -> Terms:
        """The sum of the whole text."""
        while True:
            self._read_operand()
            while self.kinds[self.index] == ")":
                self._close_group()
            if self.kinds[self.index] in ("end", ";"):
                return self._finish()
            self._read_operator()

    def _finish(self) -> Terms:
        if self.outer:
            raise self.tokens.error("this '(' is never closed", self.group.opened)
        if self.kinds[self.index] == ";":
            self.index += 1
            if self.kinds[self.index] != "end":
                raise self.tokens.expected("end of text", self.index)
        return terms.reduce(self._sum_group(), self.budget)

    def _read_operand(self) -> None:
        """Signs and opening parentheses, then one number or variable with its exponent."""
        while (kind := self.kinds[self.index]) in ("+", "-", "("):
            if kind == "-":
                self.group.product.numerator *= -1
            elif kind == "(":
                self.outer.append(self.group)
                self.group = _Group(opened=self.index)
                if len(self.outer) > MAX_DEPTH:
                    raise self.tokens.error(f"parentheses are nested deeper than {MAX_DEPTH}", self.index)
            self.index += 1
        if kind not in ("name", "number"):
            raise self.tokens.expected("a number, a variable or '('", self.index)
        operand = self.index
        self.index += 1
        exponent = self._read_exponent() if self.kinds[self.index] == "^" else 1
        if kind == "name":
            self._multiply_monomial(self.keys[self.tokens.words[operand]] * exponent, exponent)
            return
        numerator, denominator = self._number(operand)
        if exponent != 1:
            self.budget.make_number((max(numerator, denominator).bit_length() - 1) * exponent)
            numerator, denominator = numerator**exponent, denominator**exponent
        self._multiply_constant(numerator, denominator)

    def _read_operator(self) -> None:
        kind = self.kinds[self.index]
        if kind in ("*", "/"):
            self.group.product.dividing = kind == "/"
            self.index += 1
        elif kind in ("+", "-"):  # stays, as the sign of the next operand
            self._end_product()
        elif kind not in ("name", "(") or self.kinds[self.index - 1] != "number" or self._begins_line():
            raise self.tokens.expected("an operator or ')'" if self.outer else "an operator", self.index)
        elif kind == "name":
            self._check_no_digits()

    def _begins_line(self) -> bool:
        last, this = self.tokens.starts[self.index - 1], self.tokens.starts[self.index]
        return len(self.tokens.text[last : this + 1].splitlines()) > 1

    def _check_no_digits(self) -> None:
        """Refuses a name that stands directly after a number and may be meant as digits: 1_000, 0x10."""
        number, name = self.tokens.words[self.index - 1 : self.index + 1]
        touches = self.tokens.starts[self.index - 1] + len(number) == self.tokens.starts[self.index]
        if touches and (name.startswith("_") or not number.strip("0")):
            reason = f"{shorten(number + name)} is no number (decimal digits without '_' only)"
            raise self.tokens.error(f"{reason}, and a product needs '*' here", self.index - 1)

    def _read_exponent(self) -> int:
        """`^ integer`."""
        self.index += 1
        enclosed = self.kinds[self.index] == "("
        self.index += enclosed
        if self.kinds[self.index] != "number":
            raise self.tokens.expected("a nonnegative integer exponent", self.index)
        numerator, denominator = self._number(self.index)
        if numerator % denominator:
            raise self.tokens.expected("a nonnegative integer exponent", self.index)
        if numerator > terms.MAX_EXPONENT * denominator:
            raise self.tokens.error(f"the exponent is larger than {terms.MAX_EXPONENT}", self.index)
        self.index += 1
        if enclosed and self.kinds[self.index] != ")":
            raise self.tokens.expected("')' (exponents are nonnegative integers)", self.index)
        self.index += enclosed
        if self.kinds[self.index] == "^":
            raise self.tokens.error("x^2^3 has two readings, write (x^2)^3 or x^8", self.index)
        return numerator // denominator

    def _number(self, index: int) -> tuple[int, int]:
        word = self.tokens.words[index]
        if word not in self.numbers:
            try:
                self.numbers[word] = read_number(word)
            except ValueError as error:
                raise self.tokens.error(str(error), index) from None
            self.budget.make_number(max(self.numbers[word]).bit_length())
        return self.numbers[word]

    def _multiply_constant(self, numerator: int, denominator: int) -> None:
        product = self.group.product
        if product.dividing:
            if numerator == 0:
                raise self.tokens.error("division by zero", self.index - 1)
            sign = 1 if numerator > 0 else -1
            numerator, denominator = sign * denominator, abs(numerator)
            product.dividing = False
        bits = product.numerator.bit_length(), product.denominator.bit_length()
        self.budget.spend(bits[0] * numerator.bit_length() + bits[1] * denominator.bit_length() >> 20)
        product.numerator *= numerator
        product.denominator *= denominator
        self.budget.check_bits(max(product.numerator.bit_length(), product.denominator.bit_length()))

    def _multiply_monomial(self, key: int, degree: int) -> None:
        product = self.group.product
        if product.dividing:
            raise self.tokens.error("division by a variable, expected a constant divisor", self.index - 1)
        self.budget.spend(terms.key_cost(self.num_variables) - 1)
        product.key += key
        product.degree += degree
        terms.check_degree(product.degree)

    def _close_group(self) -> None:
        """Fold the closed parenthesis, with its exponent, into the product around it."""
        if not self.outer:
            raise self.tokens.error("this ')' was never opened", self.index)
        value = self._sum_group()
        self.group = self.outer.pop()
        self.index += 1
        if self.kinds[self.index] == "^":
            value = terms.power(value, self._read_exponent(), self.num_variables, self.budget)
        product = self.group.product
        if len(value.numerators) <= 1:
            key, numerator = next(iter(value.numerators.items()), (0, 0))
            if key:
                self._multiply_monomial(key, terms.degree_of(value, self.num_variables))
            self._multiply_constant(numerator, value.denominator)
        elif product.dividing:
            raise self.tokens.error("division by a polynomial, expected a constant divisor", self.index - 1)
        elif product.factor is None:
            product.factor = value
        else:
            product.factor = terms.multiply(product.factor, value, self.num_variables, self.budget)

    def _end_product(self) -> None:
        """Add the finished product to the sum of its group."""
        product, sums = self.group.product, self.group.sums
        self.group.product = _Product()
        monomial = Terms({product.key: product.numerator} if product.numerator else {}, product.denominator)
        if product.factor is None:
            value = monomial
        elif monomial == _ONE:
            value = product.factor
        else:
            value = terms.multiply(product.factor, monomial, self.num_variables, self.budget)
        total = terms.add_numerators(sums.get(value.denominator, {}), value.numerators)
        sums[value.denominator] = total
        terms.check_term_count(len(total), self.num_variables)

    def _sum_group(self) -> Terms:
        self._end_product()
        return terms.combine(self.group.sums.items(), self.num_variables, self.budget)
