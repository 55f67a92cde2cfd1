"""The constraints of a stated program.

| constraint                                             | meaning                                               |
|--------------------------------------------------------|-------------------------------------------------------|
| {`sos`: e, `gram_basis` or `gram_degrees`?}            | e is a sum of squares                                 |
| {`zero`: e}                                            | e vanishes, coefficient by coefficient                |
| {`nonnegative`: e}                                     | the number e is at least 0                            |
| {`sos_matrix`: rows}                                   | y'My is a sum of squares                              |
| {`psatz`: e, `inequalities`?, `equalities`?, `degree`} | e = s_0 + sum s_i g_i + sum l_j h_j up to this degree |

Each may have a `name`; without one it is called by its place, `constraints[0]`. With `products` true a `psatz` has sums
of squares s for the products of different inequalities, too. `cone` and `sparsity` are those of `SosProgram.sos`.
"""

from collections.abc import Mapping
from typing import Any

from nsos_jax.polynomials import Polynomial
from nsos_jax.programs.modelling import SemialgebraicSet, SosProgram, monomials_of_degrees
from nsos_jax.programs.options import CONES, SPARSITIES
from nsos_jax.programs.reading.fields import (
    StatementError,
    at,
    expect_count,
    expect_degrees,
    expect_list,
    expect_object,
    expect_text,
    show,
)
from nsos_jax.programs.reading.text import Evaluator

KINDS: Mapping[str, tuple[str, ...]] = {
    "sos": ("gram_basis", "gram_degrees", "cone", "sparsity"),
    "zero": (),
    "nonnegative": (),
    "sos_matrix": ("cone",),
    "psatz": ("inequalities", "equalities", "degree", "products", "cone", "sparsity"),
}
"""The other keys of each kind."""
CHOICES: Mapping[str, tuple[str, ...]] = {"cone": CONES, "sparsity": SPARSITIES}
"""The values of keys that say how Gram matrices are looked for."""


def add_constraint(program: SosProgram, evaluate: Evaluator, value: object, place: str) -> None:
    """Adds what stands at `place` in the statement."""
    keys = dict.fromkeys(key for kind, others in KINDS.items() for key in (kind, *others, "name"))
    given = expect_object(value, place, keys)
    kinds = [key for key in given if key in KINDS]
    if len(kinds) != 1:
        found = " and ".join(map(repr, kinds)) or "none"
        raise StatementError(f"{place}: expected one of the keys {', '.join(KINDS)}, found {found}")
    [kind] = kinds
    expect_object(given, place, (kind, "name", *KINDS[kind]), ("degree",) if kind == "psatz" else ())
    name = given.get("name", place)
    if not isinstance(name, str) or not name or any(name == one.name for one in program.constraints):
        raise StatementError(f"{place}.name: expected text that no other constraint is called by, got {show(name)}")
    where = f"{place}.{kind}"
    how = {key: _choice(given, key, place) for key in CHOICES if key in given}
    if kind == "sos_matrix":
        at(place, program.sos_matrix, _matrix(given[kind], where, evaluate), name=name, **how)
        return
    target = at(where, evaluate, expect_text(given[kind], where))
    if kind == "sos":
        at(place, program.sos, target, basis=gram_basis(program, evaluate, given, place), name=name, **how)
    elif kind == "zero":
        program.zero(target, name=name)
    elif kind == "psatz":
        on = SemialgebraicSet(
            *(known_list(given.get(key, []), f"{place}.{key}", evaluate) for key in ("inequalities", "equalities"))
        )
        degree = expect_count(given["degree"], f"{place}.degree")
        if degree < target.degree:
            raise StatementError(f"{place}.degree: {degree} is too small for {kind} of degree {target.degree}")
        products = given.get("products", False)
        if not isinstance(products, bool):
            raise StatementError(f"{place}.products: expected true or false, got {show(products)}")
        at(place, program.nonnegative, target, on=on, degree=degree, products=products, name=name, **how)
    elif target.degree > 0:
        raise StatementError(
            f"{where}: expected a number without {', '.join(program.variables)}; for polynomials there are 'sos', and"
            " 'psatz' on a set"
        )
    else:
        program.sos(target, name=name)


def _choice(given: dict[str, Any], key: str, place: str) -> str:
    if given[key] not in CHOICES[key]:
        raise StatementError(f"{place}.{key}: expected one of {', '.join(CHOICES[key])}, got {given[key]!r:.40}")
    return given[key]


def gram_basis(program: SosProgram, evaluate: Evaluator, given: dict[str, Any], place: str) -> list[Polynomial] | None:
    """The monomials that `gram_basis` or `gram_degrees` of an object give."""
    if "gram_basis" in given and "gram_degrees" in given:
        raise StatementError(f"{place}: expected one of the keys 'gram_degrees' and 'gram_basis', found both")
    if "gram_basis" in given:
        return known_list(given["gram_basis"], f"{place}.gram_basis", evaluate)
    if "gram_degrees" not in given:
        return None
    degrees = expect_degrees(given["gram_degrees"], f"{place}.gram_degrees")
    columns = [program.variables.index(name) for name in chosen_variables(program, given, place)]
    rows = at(place, monomials_of_degrees, columns, len(program.variables), *degrees)
    return [Polynomial.from_arrays(row[None], [1], program.variables) for row in rows]


def chosen_variables(program: SosProgram, given: dict[str, Any], place: str) -> list[str]:
    """The variables that the key `variables` of an object names, all without it."""
    names = expect_list(given.get("variables", list(program.variables)), f"{place}.variables", "names")
    for index, name in enumerate(names):
        if name not in program.variables:
            known = ", ".join(program.variables)
            raise StatementError(f"{place}.variables[{index}]: expected one of {known:.100}, got {name!r:.40}")
    return names


def known_list(value: object, place: str, evaluate: Evaluator) -> list[Polynomial]:
    """A list of expressions without unknowns."""
    texts = [expect_text(text, f"{place}[{i}]") for i, text in enumerate(expect_list(value, place, "expressions"))]
    return [at(f"{place}[{i}]", evaluate.known, text) for i, text in enumerate(texts)]


def _matrix(value: object, place: str, evaluate: Evaluator) -> list[list[Any]]:
    rows = []
    for i, row in enumerate(expect_list(value, place, "rows")):
        entries = expect_list(row, f"{place}[{i}]", "expressions")
        texts = [expect_text(entry, f"{place}[{i}][{j}]") for j, entry in enumerate(entries)]
        rows.append([at(f"{place}[{i}][{j}]", evaluate, text) for j, text in enumerate(texts)])
    return rows
