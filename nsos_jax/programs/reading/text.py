"""Written expressions with unknowns, such as `V - diff(V,x)*(x^3 - y) + 1/100*x^2`, to affine polynomials.

The grammar is that of `Polynomial.parse`; a name is a variable, an unknown or a definition; there are four functions:

| call                               | value                                                                |
|------------------------------------|----------------------------------------------------------------------|
| `diff(p, x)`                       | the derivative of p by the variable x                                |
| `compose(p, e1, ..., en)`          | p with the i-th variable of the program replaced by e_i, all at once |
| `coeff(p, m)`                      | the coefficient of the monomial m in p, a number                     |
| `integral(p, a1, b1, ..., an, bn)` | the integral of p over the box a_i <= x_i <= b_i                     |

A sum is expanded summand by summand as a polynomial in the variables and in *atoms*, the unknowns, definitions and
calls; then the atoms are replaced by their values. So all limits of the parser against hostile text hold here, too.
"""

from collections.abc import Callable, Collection
from fractions import Fraction
from math import comb

from nsos_jax.polynomials import Budget, ParseError, Polynomial, Tokens, tokenize
from nsos_jax.programs.modelling import AffinePolynomial, Unknowns
from nsos_jax.programs.reading.splitting import add_number, split_arguments, split_summands

MAX_CALLS = 40
"""Function calls within each other."""
_Coefficients = dict[frozenset[tuple[str, int]], tuple[Polynomial, dict[int, Polynomial]]]


class Evaluator:
    """The values of texts over the variables of a program and the names that were given values.

    >>> unknowns = Unknowns(("x", "y"))
    >>> values = Evaluator(unknowns)
    >>> values.define("p", values("(x + 2*y)^2"))
    >>> print(values("diff(p,x)/2 + compose(p,y,x)"))
    4*x^2 + 4*x*y + y^2 + x + 2*y
    """

    def __init__(self, unknowns: Unknowns) -> None:
        self.unknowns = unknowns
        self.variables = unknowns.variables
        self.names: dict[str, AffinePolynomial] = {}
        self._budget = Budget()  # for all texts of the program together
        self._tables: dict[str, _Coefficients] = {}

    def define(self, name: str, value: AffinePolynomial) -> None:
        """Gives a name a value."""
        self.names[name] = value

    def __call__(self, text: str) -> AffinePolynomial:
        """The value; `ParseError` says what is wrong, where, and what was expected."""
        return self._value(_tokens(text), 0)

    def known(self, text: str) -> Polynomial:
        """The value of a text without unknowns."""
        tokens = _tokens(text)
        return _known(self._value(tokens, 0), tokens)

    def _value(self, tokens: Tokens, depth: int) -> AffinePolynomial:
        if depth > MAX_CALLS:
            raise tokens.error(f"functions are nested deeper than {MAX_CALLS}", 0)
        if tokens.kinds == ["name", "end"] and tokens.words[0] in self.names:
            return self.names[tokens.words[0]]
        tokens, atoms = self._with_atoms(tokens, depth)
        total: dict[int | None, list[Polynomial]] = {None: []}
        for summand in split_summands(tokens):
            used = [name for name in summand.names() if name in atoms]
            try:
                expanded = Polynomial.from_tokens(summand, (*self.variables, *used), self._budget)
                self._add(expanded, {name: atoms[name] for name in used}, total)
            except ParseError:
                raise
            except ValueError as error:  # a product of unknowns, or beyond the limits
                raise summand.error(str(error), int(summand.kinds[0] in ("+", "-"))) from None
        sums = {index: Polynomial.sum(parts) for index, parts in total.items()}
        constant = sums.pop(None)
        return AffinePolynomial(self.unknowns, constant, {i: part for i, part in sums.items() if i is not None})

    # --- names and calls become atoms ------------------------------------------------------------------------------

    def _with_atoms(self, tokens: Tokens, depth: int) -> tuple[Tokens, dict[str, AffinePolynomial]]:
        """The tokens with a name in the place of each call and numbers in that of constants, and the values by name."""
        reduced, atoms = Tokens(tokens.text), {}
        index = 0
        while index < len(tokens.kinds):
            kind, word, start = tokens.kinds[index], tokens.words[index], tokens.starts[index]
            stop = index + 1
            if kind == "name" and word in FUNCTIONS:
                stop, arguments = split_arguments(tokens, index)
                word = tokens.text[start : tokens.starts[stop - 1] + 1]
                if word not in atoms:
                    atoms[word] = FUNCTIONS[tokens.words[index]](self, tokens, index, arguments, depth)
            elif kind == "name" and word not in self.variables:
                atoms[word] = self._named(tokens, index)
            if word in atoms and not atoms[word].parts and atoms[word].constant.degree <= 0:
                add_number(reduced, atoms[word].constant, start)
            else:
                reduced.add(kind, word, start)
            index = stop
        return reduced, atoms

    def _named(self, tokens: Tokens, index: int) -> AffinePolynomial:
        word = tokens.words[index]
        if word in self.names:
            return self.names[word]
        if tokens.kinds[index + 1] == "(":
            raise tokens.error(f"unknown function {word!r:.40}, expected one of {', '.join(FUNCTIONS)}", index)
        known = ", ".join([*self.variables, *self.names])
        reason = f"unknown name {word!r:.40}, expected a variable, an unknown or a definition: {known:.200}"
        raise tokens.error(reason, index)

    # --- sums of products of atoms become affine polynomials ---------------------------------------------------------

    def _add(
        self,
        expanded: Polynomial,
        atoms: dict[str, AffinePolynomial],
        total: dict[int | None, list[Polynomial]],
    ) -> None:
        """Adds a polynomial in variables and atoms to `total`, {unknown or None: polynomials}."""
        count = len(self.variables)
        names = list(atoms)
        groups: dict[tuple[int, ...], list[int]] = {}
        for row, powers in enumerate(map(tuple, expanded.exponents[:, count:].tolist())):
            groups.setdefault(powers, []).append(row)
        for powers, rows in groups.items():
            numbers = [expanded.coefficients[row] for row in rows]
            factor = Polynomial.from_arrays(expanded.exponents[rows, :count], numbers, self.variables)
            unknown = [(name, power) for name, power in zip(names, powers, strict=True) if power and atoms[name].parts]
            if sum(power for _, power in unknown) > 1:
                raise ValueError(_bilinear(unknown))
            for name, power in zip(names, powers, strict=True):
                if not atoms[name].parts:
                    for _ in range(power):
                        factor = self._product(factor, atoms[name].constant)
            if not unknown:
                total[None].append(factor)
                continue
            value = atoms[unknown[0][0]]
            total[None].append(self._product(factor, value.constant))
            for index, part in value.parts.items():
                total.setdefault(index, []).append(self._product(factor, part))

    def _product(self, left: Polynomial, right: Polynomial) -> Polynomial:
        self._budget.spend(max(left.num_terms * right.num_terms, 1))
        return left * right

    # --- functions -------------------------------------------------------------------------------------------------

    def _diff(self, tokens: Tokens, index: int, arguments: list[Tokens], depth: int) -> AffinePolynomial:
        _check_count(tokens, index, len(arguments), 2, "diff(p, x)")
        variable = arguments[1]
        if variable.kinds[:-1] != ["name"] or variable.words[0] not in self.variables:
            raise variable.expected(f"one of the variables {', '.join(self.variables):.100}", 0)
        return self._value(arguments[0], depth + 1).derivative(variable.words[0])

    def _compose(self, tokens: Tokens, index: int, arguments: list[Tokens], depth: int) -> AffinePolynomial:
        count = len(self.variables)
        _check_count(tokens, index, len(arguments), 1 + count, f"compose(p, ...) with {count} images, one a variable")
        value = self._value(arguments[0], depth + 1)
        images = [_known(self._value(argument, depth + 1), argument) for argument in arguments[1:]]
        try:
            for part in (value.constant, *value.parts.values()):
                self._budget.spend(_composition_work(part, dict(zip(self.variables, images, strict=True))))
            return value.compose(images)
        except ValueError as error:
            raise tokens.error(str(error), index) from None

    def _coeff(self, tokens: Tokens, index: int, arguments: list[Tokens], depth: int) -> AffinePolynomial:
        _check_count(tokens, index, len(arguments), 2, "coeff(p, m) with a monomial m")
        monomial = _known(self._value(arguments[1], depth + 1), arguments[1])
        if monomial.num_terms != 1 or monomial.coefficients != (1,):
            raise arguments[1].error(f"expected a monomial such as x^2*y, got {monomial}", 0)
        name = tokens.text[arguments[0].starts[0] : arguments[0].starts[-1]].strip()
        table = self._tables.get(name)
        if table is None:
            table = _coefficients(self._value(arguments[0], depth + 1))
            if name in self.names:
                self._tables[name] = table
        return AffinePolynomial(self.unknowns, *table.get(_powers(monomial)[0], (Polynomial.constant(0), {})))

    def _integral(self, tokens: Tokens, index: int, arguments: list[Tokens], depth: int) -> AffinePolynomial:
        count = len(self.variables)
        form = f"integral(p, a1, b1, ...) with {2 * count} ends, two a variable"
        _check_count(tokens, index, len(arguments), 1 + 2 * count, form)
        ends = []
        for argument in arguments[1:]:
            end = _known(self._value(argument, depth + 1), argument)
            if end.degree > 0:
                raise argument.error(f"expected a number, got {end}", 0)
            ends.append(end.coefficients[0] if end.num_terms else Fraction(0))
        box = {name: (ends[2 * i], ends[2 * i + 1]) for i, name in enumerate(self.variables)}
        return self._value(arguments[0], depth + 1).integral(box)


FUNCTIONS: dict[str, Callable[[Evaluator, Tokens, int, list[Tokens], int], AffinePolynomial]] = {
    "diff": Evaluator._diff,
    "compose": Evaluator._compose,
    "coeff": Evaluator._coeff,
    "integral": Evaluator._integral,
}


def _tokens(text: str) -> Tokens:
    tokens = tokenize(text, FUNCTIONS)
    if ";" in tokens.kinds:
        raise tokens.expected("an operator", tokens.kinds.index(";"))
    return tokens


def _bilinear(unknown: list[tuple[str, int]]) -> str:
    names = [name for name, power in unknown for _ in range(power)]
    return (
        f"a product of unknowns, {' times '.join(names[:3])}, is not affine: fix all but one of the factors to known"
        " polynomials, for example to values that another program found"
    )


def _known(value: AffinePolynomial, tokens: Tokens) -> Polynomial:
    if value.parts:
        names = ", ".join(value.unknowns.names[index] for index in list(value.parts)[:3])
        raise tokens.error(f"expected an expression without unknowns, got {names}", 0)
    return value.constant


def _check_count(tokens: Tokens, index: int, count: int, wanted: int, form: str) -> None:
    if count != wanted:
        raise tokens.error(f"got {count} arguments, expected {wanted}: {form}", index)


def _powers(polynomial: Polynomial) -> list[frozenset[tuple[str, int]]]:
    """The monomials of the terms, each as its variables with their exponents."""
    rows = polynomial.exponents.tolist()
    return [frozenset((v, e) for v, e in zip(polynomial.variables, row, strict=True) if e) for row in rows]


def _coefficients(value: AffinePolynomial) -> _Coefficients:
    """Its coefficients by monomial: what is known, and the factors of unknowns."""
    known: dict[frozenset[tuple[str, int]], Polynomial] = {}
    parts: dict[frozenset[tuple[str, int]], dict[int, Polynomial]] = {}
    for monomial, number in zip(_powers(value.constant), value.constant.coefficients, strict=True):
        known[monomial] = Polynomial.constant(number)
    for index, part in value.parts.items():
        for monomial, number in zip(_powers(part), part.coefficients, strict=True):
            parts.setdefault(monomial, {})[index] = Polynomial.constant(number)
    zero = Polynomial.constant(0)
    return {monomial: (known.get(monomial, zero), parts.get(monomial, {})) for monomial in known.keys() | parts.keys()}


def _composition_work(value: Polynomial, images: dict[str, Polynomial]) -> int:
    """An upper bound on the products of two terms that replacing the variables takes."""
    chosen = [images[name] for name in value.variables]
    width = len({name for image in chosen for name in image.variables})
    work = 1
    for row in value.exponents.tolist():
        terms, degree = 1, 0
        for power, image in zip(row, chosen, strict=True):
            if power:
                degree += power * max(image.degree, 0)
                terms *= comb(max(image.num_terms, 1) + power - 1, power)
                terms = min(terms, comb(width + degree, degree))
                work += terms * power
    return work


def taken_names(variables: Collection[str]) -> frozenset[str]:
    """What no unknown and no definition may be called."""
    return frozenset(variables) | frozenset(FUNCTIONS)
