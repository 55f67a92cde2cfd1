"""No tampering gets through: what `verify` accepts, an independent check with SymPy and Python sets accepts as well."""

import contextlib
import copy
import itertools
import json
from collections import Counter
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy
from flint import fmpq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nsos_jax.certificates.certificate import Certificate
from nsos_jax.certificates.completeness import missing_monomials
from nsos_jax.certificates.data import InvalidCertificate, Terms

EXAMPLES = {
    "sos": """{"format": "nsos-certificate/1", "kind": "sos", "variables": ["x", "y"],
        "polynomial": [["4", [4, 0]], ["12", [2, 2]], ["9", [0, 4]], ["1", [0, 0]]],
        "blocks": [{"basis": [[2, 0], [0, 2]], "denominator": "2", "gram": [[0, 0, "8"], [0, 1, "12"], [1, 1, "18"]]},
                   {"basis": [[0, 0]], "denominator": "3", "gram": [[0, 0, "3"]]}]}""",
    "near_sos": """{"format": "nsos-certificate/1", "kind": "sos", "variables": ["x", "y"],
        "polynomial": [["1", [2, 0]], ["-2", [1, 1]], ["1", [0, 2]]],
        "blocks": [{"basis": [[1, 0], [0, 1], [0, 0]], "denominator": "1",
                    "gram": [[0, 0, "1"], [0, 1, "-1"], [1, 1, "1"]]}], "epsilon": "1/10",
        "of": [["9/10", [2, 0]], ["-2", [1, 1]], ["9/10", [0, 2]], ["-1/10", [0, 0]]]}""",
    "negative_point": """{"format": "nsos-certificate/1", "kind": "negative_point", "variables": ["x", "y"],
        "polynomial": [["1", [3, 0]], ["-1", [0, 1]]], "point": ["-2/3", "1/7"]}""",
    "motzkin": """{"format": "nsos-certificate/1", "kind": "not_sos", "variables": ["x", "y"],
        "polynomial": [["1", [4, 2]], ["1", [2, 4]], ["-3", [2, 2]], ["1", [0, 0]]],
        "basis": [[0, 0], [1, 1], [2, 1], [1, 2]],
        "functional": [["1", [0, 0]], ["1/2", [1, 1]], ["1", [2, 2]], ["1/2", [4, 2]], ["1/2", [2, 4]],
                       ["-1/3", [3, 3]]],
        "halfspaces": [["1", "-2"], ["-2", "1"], ["1", "1"]]}""",
    "singular functional": """{"format": "nsos-certificate/1", "kind": "not_sos", "variables": ["x", "y"],
        "polynomial": [["1", [2, 0]], ["-3", [1, 1]], ["1", [0, 2]]], "basis": [[1, 0], [0, 1]],
        "functional": [["1", [2, 0]], ["1", [1, 1]], ["1", [0, 2]]], "halfspaces": []}""",
}


def accepted(record: Any) -> bool:
    try:
        Certificate.from_dict(record).verify()
    except InvalidCertificate:
        return False
    return True


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_hold(name):
    assert accepted(json.loads(EXAMPLES[name]))
    assert independent_check(json.loads(EXAMPLES[name]))


# An independent check: SymPy expressions and Python sets, written from DESIGN only.


def independent_check(record: dict[str, Any]) -> bool:
    symbols = [sympy.Symbol(f"v{i}") for i in range(len(record["variables"]))]

    def monomial(powers: list[int]) -> Any:
        return sympy.prod([symbol**power for symbol, power in zip(symbols, powers, strict=True)])

    def expression(terms: list[Any]) -> Any:
        return sympy.Add(*(sympy.Rational(value) * monomial(powers) for value, powers in terms))

    p = expression(record["polynomial"])
    if record["kind"] == "sos":
        gap = p
        for block in record["blocks"]:
            matrix = sympy.zeros(len(block["basis"]))
            for i, j, numerator in block["gram"]:
                matrix[i, j] = matrix[j, i] = sympy.Rational(numerator) / sympy.Rational(block["denominator"])
            z = sympy.Matrix([monomial(powers) for powers in block["basis"]])
            gap -= (z.T * matrix * z)[0] if len(z) else 0
            if not psd(matrix):
                return False
        near = True
        if "of" in record:
            union = {tuple(powers) for block in record["blocks"] for powers in block["basis"]}
            epsilon = sympy.Rational(record["epsilon"])
            shift = epsilon * sympy.Add(*(monomial(list(powers)) ** 2 for powers in union))
            near = epsilon > 0 and sympy.expand(p - expression(record["of"]) - shift) == 0
        return near and sympy.expand(gap) == 0
    if record["kind"] == "negative_point":
        point = [sympy.Rational(value) for value in record["point"]]
        return bool(p.subs(dict(zip(symbols, point, strict=True)), simultaneous=True) < 0)
    moments = {tuple(powers): sympy.Rational(value) for value, powers in record["functional"]}
    basis = [tuple(powers) for powers in record["basis"]]
    entries = [moments.get(tuple(map(sum, zip(a, b, strict=True))), 0) for a in basis for b in basis]
    value = sum(sympy.Rational(c) * moments.get(tuple(powers), 0) for c, powers in record["polynomial"])
    halfspaces = [list(map(int, row)) for row in record["halfspaces"]]
    support = {tuple(powers): Fraction(c) for c, powers in record["polynomial"]}
    complete = brute_force_remaining(support, halfspaces) <= set(basis)
    return bool(value < 0) and psd(sympy.Matrix(len(basis), len(basis), entries)) and complete


def psd(matrix: Any) -> bool:
    """All principal minors are nonnegative (the definition that needs no elimination order)."""
    sizes = range(1, matrix.rows + 1)
    subsets = (list(rows) for size in sizes for rows in itertools.combinations(range(matrix.rows), size))
    return all(matrix.extract(rows, rows).det() >= 0 for rows in subsets)


def brute_force_remaining(support: dict[tuple[int, ...], Fraction], halfspaces: list[list[int]]) -> set[tuple]:
    def dot(w: list[int], m: tuple[int, ...]) -> int:
        return sum(a * b for a, b in zip(w, m, strict=True))

    box = itertools.product(*(range(max(column) // 2 + 1) for column in zip(*support, strict=True)))
    remaining = {m for m in box if all(2 * dot(w, m) <= max(dot(w, a) for a in support) for w in halfspaces)}
    while True:
        pairs = Counter(tuple(map(sum, zip(a, b, strict=True))) for a, b in itertools.combinations(remaining, 2))
        doubled = {m: tuple(2 * power for power in m) for m in remaining}
        gone = {m for m in remaining if support.get(doubled[m], 0) <= 0 and not pairs[doubled[m]]}
        if not gone:
            return remaining
        remaining -= gone


# Tampering


def numbers(value: Any, path: tuple = ()) -> list[tuple]:
    """Paths of all numbers: integers, and strings that start like one."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return [found for key, item in items for found in numbers(item, (*path, key))]
    is_number = isinstance(value, int) or (isinstance(value, str) and value.lstrip("-")[:1].isdigit())
    return [path] if is_number else []


def entries(value: Any, path: tuple = ()) -> list[tuple]:
    """Paths of all items of lists and objects."""
    if not isinstance(value, dict | list):
        return []
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return [found for key, item in items for found in [(*path, key), *entries(item, (*path, key))]]


def changed(record: dict[str, Any], path: tuple, change: Any) -> dict[str, Any]:
    """A copy in which `change(container, key)` was applied at the path."""
    result = copy.deepcopy(record)
    container: Any = result
    for key in path[:-1]:
        container = container[key]
    change(container, path[-1])
    return result


def flips(value: int | str) -> list[int | str]:
    """The number with each digit replaced by the next one, and with the other sign."""
    text = str(value)
    digits = [i for i, character in enumerate(text) if character.isdigit()]
    texts = [text[:i] + str((int(text[i]) + 1) % 10) + text[i + 1 :] for i in digits]
    texts.append(text[1:] if text.startswith("-") else "-" + text)
    return [type(value)(flipped) for flipped in texts]


def tamperings(record: dict[str, Any]) -> list[dict[str, Any]]:
    made = []
    for path in numbers(record):
        value: Any = record
        for key in path:
            value = value[key]
        for flipped in flips(value):
            made.append(changed(record, path, lambda box, key, new=flipped: box.__setitem__(key, new)))
    for path in entries(record):
        made.append(changed(record, path, lambda box, key: box.pop(key)))
        wrongs: list[Any] = [None, True, 1.0, [], {}, "x", 10**30, [[]], "1.5"]
        for wrong in wrongs:
            made.append(changed(record, path, lambda box, key, new=wrong: box.__setitem__(key, new)))
        if isinstance(path[-1], int):
            made.append(changed(record, path, lambda box, key: box.insert(key, copy.deepcopy(box[key]))))
    return made


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_tampering_is_refused_or_still_proves(name):
    """Another point or functional may be a proof too; of an SOS identity only the names of variables may change."""
    record = json.loads(EXAMPLES[name])
    variants = tamperings(record)
    passing = [variant for variant in variants if accepted(variant)]
    assert len(variants) > 200
    assert len(passing) < len(variants) / 6
    for variant in passing:
        assert independent_check(variant), variant
        assert "blocks" not in record or {**variant, "variables": record["variables"]} == record


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 12) | st.floats() | st.sampled_from(["", "0", "-1", "1/2", "sos", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["basis", "gram", "x"]), inner),
    max_leaves=5,
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), name=st.sampled_from(list(EXAMPLES)))
def test_random_mutations_agree_with_sympy(data, name):
    record = json.loads(EXAMPLES[name])
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(entries(record)))
        action = data.draw(st.sampled_from(["number", "number", "digit", "any", "drop", "copy"]))
        container: Any = record
        for key in path[:-1]:
            container = container[key]
        key, old = path[-1], container[path[-1]]
        if action == "drop":
            container.pop(key)
        elif action == "copy" and isinstance(key, int):
            container.insert(key, copy.deepcopy(old))
        elif action == "any":
            container[key] = data.draw(json_values)
        elif isinstance(old, str):
            container[key] = f"{data.draw(st.integers(-9, 9))}/{data.draw(st.integers(1, 3))}"
            container[key] = container[key].removesuffix("/1")
        elif isinstance(old, int):
            container[key] = data.draw(st.integers(0, 4))
    if accepted(record):
        assert independent_check(record)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=30), st.integers(0, 600), st.sampled_from(list(EXAMPLES)))
def test_random_bytes_never_crash(noise, position, name):
    text = EXAMPLES[name]
    with contextlib.suppress(InvalidCertificate):
        Certificate.from_json(text[:position] + noise.decode("latin-1") + text[position + len(noise) :]).verify()


# Completeness


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_completeness_agrees_with_brute_force(data):
    variables = data.draw(st.integers(1, 3))
    powers = st.tuples(*[st.integers(0, 6)] * variables)
    signs = st.sampled_from([Fraction(1), Fraction(-1)])
    support = data.draw(st.dictionaries(powers, signs, min_size=1, max_size=6))
    scale = data.draw(st.sampled_from([1, 1, 10**40]))
    weights = st.lists(st.integers(-3, 3), min_size=variables, max_size=variables)
    halfspaces = [[scale * weight for weight in row] for row in data.draw(st.lists(weights, max_size=4))]
    expected = brute_force_remaining(support, halfspaces)
    basis = data.draw(st.sets(st.sampled_from(sorted(expected)))) if expected else set()
    missing = missing_monomials(
        Terms(np.array(list(support), dtype=np.int32), tuple(fmpq(int(sign)) for sign in support.values())),
        np.array(sorted(basis), dtype=np.int32).reshape(len(basis), variables),
        halfspaces,
    )
    assert {tuple(row) for row in missing.tolist()} == expected - basis


def test_completeness_beyond_64_bits():
    """100 variables of degree 4: the box has 3^100 points, one halfspace leaves few of them."""
    exponents = np.zeros((101, 100), dtype=np.int32)
    exponents[:100][np.diag_indices(100)] = 4
    terms = Terms(exponents, (fmpq(1),) * 101)
    degree = [[1] * 100]
    missing = missing_monomials(terms, exponents[:100] // 2, degree)
    assert len(missing) == 5151 - 100
    squares = Terms(exponents[:100], (fmpq(1),) * 100)
    homogeneous = missing_monomials(squares, exponents[:100] // 2, [*degree, [-1] * 100])
    assert len(homogeneous) == 5050 - 100
