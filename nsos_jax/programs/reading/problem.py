"""A stated problem: a JSON object that states a program, a bound, or the search for an extreme parameter.

| key                              | meaning                                                                        |
|----------------------------------|--------------------------------------------------------------------------------|
| `variables`                      | the indeterminates                                                             |
| `scalars`, `nonnegative_scalars` | names of unknown numbers                                                       |
| `polynomials`                    | {name: {`degrees`: [lowest, highest] or `monomials`, `variables`?}}            |
| `sos_polynomials`                | {name: {`gram_degrees` or `gram_basis`, `variables`?}}                         |
| `definitions`                    | {name: expression}, in order                                                   |
| `constraints`                    | a list, see `constraints`                                                      |
| `maximize`, `minimize`           | the objective of a program                                                     |
| `parameter`                      | {`name`, `sense`: max or min, `bracket`, `steps`?}: the extreme value for      |
|                                  | which the program is feasible is wanted                                        |
| `minimize` without `constraints` | a lower bound of this polynomial is wanted, on the set of `inequalities`       |
|                                  | (>= 0) and `equalities` (= 0), with products up to degree 2 `relaxation_order` |
|                                  | and Gram bases by `sparsity`, as in `SosProgram.nonnegative`                   |

What `REPEATED` lists may stand there for readers, and is not read.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from nsos_jax.polynomials import MAX_EXPONENT, Polynomial
from nsos_jax.programs.modelling import AffinePolynomial, SemialgebraicSet, SosProgram
from nsos_jax.programs.options import SPARSITIES, Sparsity
from nsos_jax.programs.reading.constraints import add_constraint, chosen_variables, gram_basis, known_list
from nsos_jax.programs.reading.fields import (
    StatementError,
    at,
    expect_count,
    expect_degrees,
    expect_list,
    expect_name,
    expect_number,
    expect_object,
    expect_text,
)
from nsos_jax.programs.reading.text import Evaluator, taken_names

SET_KEYS = ("inequalities", "equalities", "relaxation_order", "products", "sparsity")
REPEATED = ("dynamics", "map", "initial_set", "unsafe_set", "domain", "matrices")
KEYS = (
    "variables",
    "scalars",
    "nonnegative_scalars",
    "polynomials",
    "sos_polynomials",
    "definitions",
    "constraints",
    "maximize",
    "minimize",
    *SET_KEYS,
    "parameter",
)
STEPS = 20


@dataclass(frozen=True)
class Parameter:
    """The extreme value of a parameter for which a program is feasible is wanted.

    Attributes:
      name: in the texts.
      sense: "max" or "min": which end of the feasible values.
      lower, upper: where it is sought.
      steps: so many bisections tell how precisely.
    """

    name: str
    sense: Literal["max", "min"]
    lower: Fraction
    upper: Fraction
    steps: int = STEPS


@dataclass(frozen=True)
class StatedBound:
    """A lower bound of a polynomial is wanted, on a set."""

    variables: tuple[str, ...]
    polynomial: Polynomial
    on: SemialgebraicSet
    order: int | None = None
    sparsity: Sparsity = "auto"
    products: bool = False

    def program(self) -> SosProgram:
        """The largest gamma for which the polynomial minus gamma has a certificate.

        Raises:
          StatementError: the relaxation order is too small.
        """
        program = SosProgram(self.variables)
        name = next(name for name in ("gamma", "gamma_", "bound") if name not in self.variables)
        gamma = program.scalar(name)
        if self.order is not None:
            for key in ("inequalities", "equalities"):
                for index, polynomial in enumerate(getattr(self.on, key)):
                    _check_order(self.order, polynomial, f"{key}[{index}]")
            _check_order(self.order, self.polynomial, "minimize")
        kinds: Any = {"products": self.products, "sparsity": self.sparsity}
        program.nonnegative(self.polynomial - gamma, on=self.on, order=self.order, name="bound", **kinds)
        program.maximize(gamma)
        return program


class StatedProblem:
    """What a JSON object states.

    >>> problem = StatedProblem.read({"variables": ["x"], "minimize": "x^4 + 10*x"})
    >>> problem.program()
    <SosProgram in x: 1 unknown, 1 constraint, maximize gamma>

    Attributes:
      statement: the object.
      parameter: what is sought, if it is not a program alone.
      bound: the bound that is wanted, if it is not a program with unknowns.
    """

    def __init__(self, statement: dict[str, Any], parameter: Parameter | None, bound: StatedBound | None) -> None:
        self.statement, self.parameter, self.bound = statement, parameter, bound

    @staticmethod
    def read(statement: object) -> "StatedProblem":
        """The problem; `StatementError`, a ValueError, names the key and says what is wrong and what was expected.

        What is wrong with unknowns and constraints is said by `program`, and by `check`.
        """
        given = expect_object(statement, "statement", (*KEYS, *REPEATED), ("variables",))
        parameter = _read_parameter(given["parameter"]) if "parameter" in given else None
        if "constraints" not in given:
            return StatedProblem(given, None, _read_bound(given))
        for key in SET_KEYS:
            if key in given:
                raise StatementError(
                    f"{key}: belongs to a bound, a problem without the key 'constraints'; state the set in a"
                    " constraint: {'psatz': ..., 'inequalities': [...], 'equalities': [...], 'degree': ...}"
                )
        return StatedProblem(given, parameter, None)

    def check(self) -> "StatedProblem":
        """The problem itself, if its program can be made."""
        self.program(None if self.parameter is None else self.parameter.lower)
        return self

    def program(self, value: Fraction | None = None) -> SosProgram:
        """The program, for a value of the parameter if there is one."""
        if (value is None) != (self.parameter is None):
            wanted = "none, for there is no parameter" if self.parameter is None else f"one for {self.parameter.name}"
            got = "no value" if value is None else f"the value {value}"
            raise StatementError(f"parameter: got {got}, wanted {wanted}")
        if self.bound is not None:
            return self.bound.program()
        program, evaluate, declare = _start(self.statement)
        if self.parameter is not None and value is not None:
            declare(self.parameter.name, "parameter.name", _constant(program, value))
        _declare_unknowns(self.statement, program, evaluate, declare)
        _define(self.statement, evaluate, declare)
        listed = expect_list(self.statement["constraints"], "constraints", "constraints")
        for index, constraint in enumerate(listed):
            add_constraint(program, evaluate, constraint, f"constraints[{index}]")
        _aim(self.statement, program, evaluate)
        return program


def read_program(statement: str | Mapping[str, Any], parameter: Any = None) -> SosProgram:
    """A program from JSON: text, or the object itself, with a value for its parameter if it has one."""
    if isinstance(statement, str):
        try:
            statement = json.loads(statement)
        except json.JSONDecodeError as error:
            raise StatementError(f"not JSON: {error}") from None
    value = None if parameter is None else expect_number(_plain(parameter), "parameter")
    return StatedProblem.read(statement).program(value)


Declare = Callable[[str, str, AffinePolynomial], None]


def _start(given: dict[str, Any]) -> tuple[SosProgram, Evaluator, Declare]:
    """The program without unknowns, the evaluator of its texts, and what gives a new name a value."""
    listed = expect_list(given["variables"], "variables", "names")
    program = at("variables", SosProgram, [expect_name(name, f"variables[{i}]") for i, name in enumerate(listed)])
    evaluate = Evaluator(program.unknowns)
    taken = taken_names(program.variables)
    for name in program.variables:
        if name in taken_names(()):
            raise StatementError(f"variables: {name!r} is a function, choose another name")

    def declare(name: str, place: str, value: AffinePolynomial) -> None:
        if name in taken or name in evaluate.names:
            raise StatementError(f"{place}: the name {name!r} is taken, choose another")
        evaluate.define(name, value)

    return program, evaluate, declare


def _read_parameter(value: object) -> Parameter:
    given = expect_object(value, "parameter", ("name", "sense", "bracket", "steps"), ("name", "sense", "bracket"))
    if given["sense"] not in ("max", "min"):
        raise StatementError(f"parameter.sense: expected 'max' or 'min', got {given['sense']!r:.40}")
    ends = expect_list(given["bracket"], "parameter.bracket", "two numbers")
    numbers = [expect_number(end, f"parameter.bracket[{i}]") for i, end in enumerate(ends)]
    if len(numbers) != 2 or numbers[0] >= numbers[1]:
        raise StatementError(f"parameter.bracket: expected [lower, upper], got [{', '.join(map(str, numbers)):.60}]")
    steps = expect_count(given.get("steps", STEPS), "parameter.steps", 1)
    return Parameter(expect_name(given["name"], "parameter.name"), given["sense"], numbers[0], numbers[1], steps)


def _read_bound(given: dict[str, Any]) -> StatedBound:
    if "minimize" not in given:
        raise StatementError("statement: expected the key 'constraints', or 'minimize' for the bound of a polynomial")
    for key in given:
        if key not in ("variables", "minimize", "definitions", *SET_KEYS, *REPEATED):
            raise StatementError(f"{key}: has no meaning for a bound, a problem without the key 'constraints'")
    program, evaluate, declare = _start(given)
    _define(given, evaluate, declare)
    polynomial = at("minimize", evaluate.known, expect_text(given["minimize"], "minimize"))
    on = SemialgebraicSet(*(known_list(given.get(key, []), key, evaluate) for key in ("inequalities", "equalities")))
    order = None
    if "relaxation_order" in given:
        order = expect_count(given["relaxation_order"], "relaxation_order", 1, MAX_EXPONENT // 2)
    sparsity = given.get("sparsity", "auto")
    if sparsity not in SPARSITIES:
        raise StatementError(f"sparsity: expected one of {', '.join(SPARSITIES)}, got {sparsity!r:.40}")
    products = given.get("products", False)
    if not isinstance(products, bool):
        raise StatementError(f"products: expected true or false, got {products!r:.40}")
    return StatedBound(program.variables, polynomial, on, order, sparsity, products)


def _check_order(order: int, polynomial: Polynomial, place: str) -> None:
    if polynomial.degree > 2 * order:
        least = -(-polynomial.degree // 2)
        reason = f"{order} is too small for {place} of degree {polynomial.degree}, expected {least} or more"
        raise StatementError(f"relaxation_order: {reason}")


def _declare_unknowns(given: dict[str, Any], program: SosProgram, evaluate: Evaluator, declare: Declare) -> None:
    for key, lower in (("scalars", None), ("nonnegative_scalars", 0)):
        for index, value in enumerate(expect_list(given.get(key, []), key, "names")):
            place = f"{key}[{index}]"
            name = expect_name(value, place)
            declare(name, place, at(place, program.scalar, name, lower=lower))
    for name, value in _named(given, "polynomials"):
        place = f"polynomials.{name}"
        declare(name, place, _polynomial(program, evaluate, name, value, place))
    for name, value in _named(given, "sos_polynomials"):
        place = f"sos_polynomials.{name}"
        keys = expect_object(value, place, ("gram_degrees", "gram_basis", "variables"))
        basis = gram_basis(program, evaluate, keys, place)
        if basis is None:
            raise StatementError(f"{place}: expected the key 'gram_degrees' or 'gram_basis'")
        declare(name, place, at(place, program.sos_polynomial, name, basis=basis))


def _polynomial(program: SosProgram, evaluate: Evaluator, name: str, value: object, place: str) -> AffinePolynomial:
    given = expect_object(value, place, ("degrees", "monomials", "variables"))
    if ("degrees" in given) == ("monomials" in given):
        raise StatementError(f"{place}: expected one of the keys 'degrees' and 'monomials'")
    if "monomials" in given:
        if "variables" in given:
            raise StatementError(f"{place}.variables: belongs to 'degrees', the monomials name their variables")
        return at(
            place, program.polynomial, name, monomials=known_list(given["monomials"], f"{place}.monomials", evaluate)
        )
    degrees = expect_degrees(given["degrees"], f"{place}.degrees")
    return at(place, program.polynomial, name, degrees, variables=chosen_variables(program, given, place))


def _named(given: dict[str, Any], key: str) -> list[tuple[str, Any]]:
    value = given.get(key, {})
    if not isinstance(value, dict):
        raise StatementError(f"{key}: expected an object {{name: ...}}")
    return [(expect_name(name, key), entry) for name, entry in value.items()]


def _define(given: dict[str, Any], evaluate: Evaluator, declare: Declare) -> None:
    for name, text in _named(given, "definitions"):
        place = f"definitions.{name}"
        declare(name, place, at(place, evaluate, expect_text(text, place)))


def _aim(given: dict[str, Any], program: SosProgram, evaluate: Evaluator) -> None:
    if "maximize" in given and "minimize" in given:
        raise StatementError("minimize: there is 'maximize', too; a program has one objective")
    for key, aim in (("maximize", program.maximize), ("minimize", program.minimize)):
        if key in given:
            at(key, aim, at(key, evaluate, expect_text(given[key], key)))


def _constant(program: SosProgram, value: Fraction) -> AffinePolynomial:
    return AffinePolynomial(program.unknowns, Polynomial.constant(value), {})


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Fraction) else value
