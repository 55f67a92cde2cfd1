"""Cases for `fuzz_checker`: certificates that hold, in many forms; mutations of them; and files made to drown it."""

import copy
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import combinations_with_replacement, product
from pathlib import Path
from typing import Any, NamedTuple

sys.path.append(str(Path(__file__).parents[1] / "tests" / "certificates"))
from certificate_examples import TEXTS as EXAMPLES

Record = dict[str, Any]
Monomial = tuple[int, ...]
HEAD = {"format": "nsos-certificate/1"}
LARGE_EVERY = 60
NUMBERS = (0, 1, 2, 3, 7, 2**31, 2**32, 2**53, 2**61, 2**62, 2**63, 2**64, 2**64 + 1, 3**50, 10**40, 2**128)
TEXTS = (
    *(
        "",
        "-",
        "-0",
        "00",
        "+1",
        " 1",
        "1 ",
        "1\n",
        "1.0",
        "1e5",
        "1_0",
        "0x10",
        "1/0",
        "0/1",
        "-1/-2",
        "1/2/3",
        "/",
        "--1",
    ),
    *(
        "\uff11",
        "\u0663",
        "\u00b2",
        "\u22121",
        "NaN",
        "Infinity",
        "nan",
        "1" + "0" * 5_000,
        "9" * 100_001,
        "\ud800",
        "\0",
    ),
)
VALUES = (
    None,
    True,
    False,
    [],
    {},
    [[]],
    {"x": 1},
    0,
    -1,
    -0.0,
    1.0,
    1e5,
    10**30,
    2**31,
    2**32,
    float("nan"),
    "sos",
    "1",
)


class Case(NamedTuple):
    """A file.

    Attributes:
        family: the kind of certificate and of attack, for the table.
        text: the file.
        valid: True if it holds by construction, so that it must not be refused; a file beyond the limits may be.
        large: too large for a slow check; if it is accepted then `valid` says whether that is right.
    """

    family: str
    text: str
    valid: bool = False
    large: bool = False


def cases(rng: random.Random) -> Iterator[Case]:
    """Without end."""
    while True:
        if rng.randrange(LARGE_EVERY) == 0:
            yield rng.choice(LARGE)(rng)
            continue
        kind = rng.choice(list(KINDS))
        record = KINDS[kind](rng)
        yield Case(f"{kind}, valid", json.dumps(rewritten(rng, record)), valid=True)
        for _ in range(4):
            yield Case(f"{kind}, mutated", json.dumps(mutated(rng, record)))
        yield Case(f"{kind}, bytes", broken(rng, json.dumps(record)))


# Certificates that hold.


def sos(rng: random.Random) -> Record:
    variables = rng.choice(4 * [1, 1, 2, 2, 3, 4] + [40, 100])
    sums: Counter[Monomial] = Counter()
    blocks = [block(rng, variables, sums) for _ in range(rng.choice([1, 1, 2, 3]))]
    return {**HEAD, "kind": "sos", "variables": names(variables), "polynomial": pairs(sums), "blocks": blocks}


def block(rng: random.Random, variables: int, sums: Counter[Monomial]) -> Record:
    """A random block; what it stands for is added to `sums`."""
    size, scale, denominator = (
        rng.randrange(0, 6),
        rng.choice([1, 1, 1, *NUMBERS[1:]]),
        rng.choice([1, 1, *NUMBERS[1:]]),
    )
    basis = sorted({monomial(rng, variables) for _ in range(size)})
    rank = rng.randrange(len(basis) + 2)
    factor = [[rng.choice([-2, -1, 0, 0, 1, 3, rng.choice(NUMBERS)]) for _ in range(rank)] for _ in basis]
    matrix = [[scale * sum(map(int.__mul__, left, right)) for right in factor] for left in factor]
    for i, j in product(range(len(basis)), repeat=2):
        sums[times(basis[i], basis[j])] += Fraction(matrix[i][j], denominator)  # type: ignore[assignment]
    upper = combinations_with_replacement(range(len(basis)), 2)
    if 0 < rank <= len(basis) and rng.random() < 0.3:
        gram = [[k, k, str(scale)] for k in range(rank)]
        columns = [list(map(str, row)) for row in factor]
        return {"basis": list(map(list, basis)), "denominator": str(denominator), "gram": gram, "range": columns}
    gram = [[i, j, str(matrix[i][j])] for i, j in upper if matrix[i][j] or rng.random() < 0.1]
    return {"basis": list(map(list, basis)), "denominator": str(denominator), "gram": gram}


def near_sos(rng: random.Random) -> Record:
    record = sos(rng)
    epsilon = Fraction(rng.choice(NUMBERS[1:]), rng.choice(NUMBERS[1:]))
    of: Counter[Monomial] = Counter({tuple(powers): Fraction(value) for value, powers in record["polynomial"]})  # type: ignore[misc]
    for powers in {tuple(powers) for block in record["blocks"] for powers in block["basis"]}:
        of[times(powers, powers)] -= epsilon  # type: ignore[assignment]
    return {**record, "epsilon": str(epsilon), "of": pairs(of)}


def negative_point(rng: random.Random) -> Record:
    variables = rng.choice(3 * [0, 1, 2, 3] + [20])
    polynomial = random_terms(rng, variables)
    point = [number(rng) for _ in range(variables)]
    least = value(polynomial, point)
    polynomial[(0,) * variables] -= max(least, Fraction(0)) + rng.choice([Fraction(1), Fraction(1, 10**30)])  # type: ignore[assignment]
    record = {**HEAD, "kind": "negative_point", "variables": names(variables), "polynomial": pairs(polynomial)}
    return {**record, "point": list(map(str, point))}


def not_sos(rng: random.Random) -> Record:
    """Motzkin's polynomial in other coordinates, or one that is negative at a point, where L is the value there."""
    if rng.random() < 0.3:
        return motzkin(rng)
    variables = rng.choice(3 * [1, 1, 2, 2, 3] + [40])
    point = [Fraction(rng.choice([0, 1, -1, 2, Fraction(1, 3), rng.choice(NUMBERS)])) for _ in range(variables)]
    polynomial = random_terms(rng, variables, most=4 if variables < 4 else 1)
    polynomial[(0,) * variables] -= max(value(polynomial, point), Fraction(0)) + 1  # type: ignore[assignment]
    polynomial = Counter({powers: value for powers, value in polynomial.items() if value})
    box = [range(max(column) // 2 + 1) for column in zip(*polynomial, strict=True)]
    basis = list(product(*box))
    moments = {times(left, right) for left in basis for right in basis} | set(polynomial)
    functional = [[str(value(Counter({powers: 1}), point)), list(powers)] for powers in sorted(moments)]
    rows = [
        [str(rng.choice([0, 0, -1, rng.choice(NUMBERS)])) for _ in range(variables)] for _ in range(rng.randrange(3))
    ]
    record = {**HEAD, "kind": "not_sos", "variables": names(variables), "polynomial": pairs(polynomial)}
    return {**record, "basis": list(map(list, basis)), "functional": functional, "halfspaces": rows}


def motzkin(rng: random.Random) -> Record:
    scale, weight = Fraction(rng.choice(NUMBERS[1:]), rng.choice(NUMBERS[1:])), rng.choice([1, 1, *NUMBERS[1:]])
    polynomial = [(1, (4, 2)), (1, (2, 4)), (-3, (2, 2)), (1, (0, 0))]
    moments = [("1", (0, 0)), ("1/2", (1, 1)), ("1", (2, 2)), ("1/2", (4, 2)), ("1/2", (2, 4)), ("-1/3", (3, 3))]
    halfspaces = [[str(weight * entry) for entry in row] for row in ((1, -2), (-2, 1), (1, 1))]
    record = {
        **HEAD,
        "kind": "not_sos",
        "variables": ["x", "y"],
        "polynomial": [[str(scale**5 * value), list(powers)] for value, powers in polynomial],
        "basis": [[0, 0], [1, 1], [2, 1], [1, 2]],
        "functional": [[str(scale * Fraction(value)), list(powers)] for value, powers in moments],
        "halfspaces": halfspaces,
    }
    if rng.random() < 0.3:  # more variables, which are not used
        more = rng.choice([1, 70])
        record["variables"] += names(more)
        rows = [*record["basis"], *(powers for _, powers in [*record["polynomial"], *record["functional"]])]
        for row in rows:
            row.extend([0] * more)
        for cut in halfspaces:
            cut.extend([str(rng.choice(NUMBERS))] * more)
    return record


def nonneg(rng: random.Random) -> Record:
    """A sum of squares times the square of a monomial."""
    record = sos(rng)
    shift, scale = monomial(rng, len(record["variables"])), rng.choice(NUMBERS[1:])
    factor = {"basis": [list(shift)], "denominator": "1", "gram": [[0, 0, str(scale)]]}
    product = json.loads(json.dumps(record.pop("blocks")))
    for one in product:
        one["basis"] = [list(times(tuple(powers), shift)) for powers in one["basis"]]
        one["gram"] = [[i, j, str(scale * int(entry))] for i, j, entry in one["gram"]]
    return {**record, "kind": "nonneg", "sos_multiplier": {"blocks": [factor]}, "product": {"blocks": product}}


def field_example(rng: random.Random) -> Record:
    """One of the tests' certificates over a number field."""
    texts = [text for name, text in EXAMPLES.items() if "over" in name]
    record: Record = json.loads(rng.choice(texts))
    return record


KINDS: dict[str, Callable[[random.Random], Record]] = {
    "sos": sos,
    "near_sos": near_sos,
    "negative_point": negative_point,
    "not_sos": not_sos,
    "nonneg": nonneg,
    "over a field": field_example,
}


def names(count: int) -> list[str]:
    return [f"x{i}" for i in range(count)]


def monomial(rng: random.Random, variables: int) -> Monomial:
    powers = [0] * variables
    for _ in range(rng.randrange(4)):
        powers[rng.randrange(variables)] += rng.choice([1, 1, 1, 2, 2500]) if variables != 2 else 1
    return tuple(min(power, 2500) for power in powers)


def number(rng: random.Random) -> Fraction:
    return Fraction(
        rng.choice([-1, 1]) * rng.choice([rng.randrange(10), rng.choice(NUMBERS)]), rng.choice([1, 1, 2, 3, 7, 2**63])
    )


def random_terms(rng: random.Random, variables: int, most: int = 6) -> Counter[Monomial]:
    """A few terms; exponents are at most `most`, in few variables if there are many."""
    found: Counter[Monomial] = Counter()
    for _ in range(rng.randrange(1, 6)):
        powers = [0] * variables
        for _ in range(min(variables, rng.randrange(3))):
            powers[rng.randrange(min(variables, 4))] = rng.randrange(most + 1)
        found[tuple(powers)] += number(rng)  # type: ignore[assignment]
    return found


def value(polynomial: Counter[Monomial], point: list[Fraction]) -> Fraction:
    total = Fraction(0)
    for powers, coefficient in polynomial.items():
        term = Fraction(coefficient)
        for coordinate, power in zip(point, powers, strict=True):
            term *= coordinate**power
        total += term
    return total


def times(left: Monomial, right: Monomial) -> Monomial:
    return tuple(map(int.__add__, left, right))


def pairs(polynomial: Counter[Monomial]) -> list[list[Any]]:
    return [[str(coefficient), list(powers)] for powers, coefficient in polynomial.items() if coefficient]


# The same certificate in another form, which must be accepted as well.


def rewritten(rng: random.Random, record: Record) -> Record:
    record = json.loads(json.dumps(record))
    for key in ("polynomial", "of", "functional", "blocks", "halfspaces"):
        if record.get(key):
            rng.shuffle(record[key])
    for path in list(paths(record)):
        box, key = place(record, path)
        if path[0] in ("polynomial", "of", "functional", "point", "epsilon") and isinstance(box[key], str):
            top, _, bottom = box[key].partition("/")
            if rng.random() < 0.2:  # not in lowest terms, or with leading zeros
                box[key] = f"{6 * int(top)}/{6 * int(bottom or 1)}"
            elif rng.random() < 0.1 and not top.startswith("-"):
                box[key] = f"00{box[key]}"
    items = list(record.items())
    rng.shuffle(items)
    return dict(items)


# Mutations, which seldom hold.


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Of all items within lists and objects."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from paths(item, (*path, key))


def place(record: Record, path: tuple[Any, ...]) -> tuple[Any, Any]:
    box: Any = record
    for key in path[:-1]:
        box = box[key]
    return box, path[-1]


def mutated(rng: random.Random, record: Record) -> Record:
    record = json.loads(json.dumps(record))
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        everything = list(paths(record))
        if not everything:
            return record
        shallow = [path for path in everything if len(path) < 3]
        box, key = place(record, rng.choice(everything if rng.random() < 0.85 else shallow))
        mutate(rng, box, key)
    return record


def mutate(rng: random.Random, box: Any, key: Any) -> None:
    """Changes one item of a list or object."""
    old = box[key]
    choice = rng.random()
    if isinstance(old, str) and choice < 0.75:
        box[key] = other_number(rng, old)
    elif type(old) is int and choice < 0.75:
        box[key] = old + rng.choice([-2, -1, 1, 2, 256, 2**16, 2**31, 2**32, 2**64])
    elif choice < 0.8:
        del box[key]
    elif choice < 0.86 and isinstance(box, list):
        box.insert(rng.randrange(len(box) + 1), copy.deepcopy(old))
    elif choice < 0.92 and isinstance(box, list):
        other = rng.randrange(len(box))
        box[key], box[other] = box[other], box[key]
    elif choice < 0.94 and isinstance(box, dict):
        box[rng.choice(["epsilon", "of", "x", "gram", "basis", "point"])] = copy.deepcopy(old)
    else:
        box[key] = rng.choice(VALUES)


def other_number(rng: random.Random, old: str) -> str:
    """Another number, which wraps around to the old one in many cases, or no number."""
    try:
        number = Fraction(old)
    except (ValueError, ZeroDivisionError):
        return rng.choice(TEXTS)
    change = rng.choice([1, -1, 2**31, 2**32, 2**53, 2**62, 2**63, 2**64, -(2**63), -(2**64), Fraction(1, 10**30)])
    texts = [
        str(number + change),
        str(-number),
        str(2 * number),
        str(number * Fraction(rng.choice(NUMBERS))),
        old + "0",
    ]
    texts += [old[1:], old.replace("/", ""), str(Fraction(rng.choice(NUMBERS), 7)), rng.choice(TEXTS)]
    return rng.choice(texts)


def broken(rng: random.Random, text: str) -> str:
    """Bytes changed, removed, doubled, or one number replaced by another."""
    for _ in range(rng.choice([1, 1, 2, 4])):
        at = rng.randrange(len(text) + 1)
        end = min(len(text), at + rng.choice([0, 1, 1, 2, 5, 30]))
        new = rng.choice(
            ["", *'0123456789-/[]{},:"eE.+ \n\t\\', "\\ud800", "\\u0031", "NaN", text[at:end] * 2, text[:end]]
        )
        text = text[:at] + new + text[end:]
    return text


# Files made to drown the checker. Each is small for what it asks.


def huge_pivot(rng: random.Random) -> Case:
    """A huge diagonal entry, linked or not, beside a nearly singular tridiagonal matrix."""
    side, digits, linked = rng.randrange(10, 1200), rng.randrange(100, 99_000), rng.random() < 0.5
    huge = "1" + "0" * digits
    gram = [[0, 0, huge], *([i, i, "2"] for i in range(1, side)), *([i, i + 1, "-1"] for i in range(1, side - 1))]
    terms = [[huge, [0]], *(["2", [2 * i]] for i in range(1, side)), *(["-2", [2 * i + 1]] for i in range(1, side - 1))]
    if linked:
        gram.append([0, 1, "1"])
        terms.append(["2", [1]])
    blocks = [{"basis": [[i] for i in range(side)], "denominator": "1", "gram": gram}]
    record = {**HEAD, "kind": "sos", "variables": ["x"], "polynomial": terms, "blocks": blocks}
    return Case("large, huge pivot", json.dumps(record), valid=True, large=True)


def many_variables(rng: random.Random) -> Case:
    """A basis that is large in both directions, its Gram matrix empty or not, with or without the right polynomial."""
    side, variables = rng.randrange(1, 3001), rng.randrange(1, 1201)
    entries, valid = rng.choice([0, 0, 1000]), rng.random() < 0.5
    basis = [[rng.randrange(3) for _ in range(variables)] for _ in range(side)]
    rows = sorted({rng.randrange(side) for _ in range(entries)}) if len(set(map(tuple, basis))) == side else []
    terms: Counter[Monomial] = Counter()
    for i in rows:
        terms[tuple(2 * power for power in basis[i])] += 1
    if not valid:
        terms[(0,) * variables] -= 1
    blocks = [{"basis": basis, "denominator": "1", "gram": [[i, i, "1"] for i in rows]}]
    record = {**HEAD, "kind": "sos", "variables": names(variables), "polynomial": pairs(terms), "blocks": blocks}
    return Case(
        "large, many variables", json.dumps(record), valid=valid and len(rows or [1]) > 0 and unique(basis), large=True
    )


def unique(rows: list[list[int]]) -> bool:
    return len(set(map(tuple, rows))) == len(rows)


def many_points(rng: random.Random) -> Case:
    """A box of very many points, cut down by one or a few halfspaces, of which the basis holds one."""
    variables, power = rng.randrange(1, 200), 2 * rng.randrange(1, 7)
    terms = [["-1", [0] * variables]]
    terms += [["1", [power * (i == j) for j in range(variables)]] for i in range(variables)]
    scale = rng.choice([1, 1, 2**62, 10**500])
    rows = [
        [str(scale)] * variables,
        *([str(rng.randrange(-2, 3)) for _ in range(variables)] for _ in range(rng.randrange(4))),
    ]
    record = {**HEAD, "kind": "not_sos", "variables": names(variables), "polynomial": terms, "basis": [[0] * variables]}
    record |= {"functional": [["1", [0] * variables]], "halfspaces": rows}
    return Case("large, many points", json.dumps(record), large=True)


def many_halfspaces(rng: random.Random) -> Case:
    variables, terms, rows = rng.randrange(1, 300), rng.randrange(1, 2000), rng.randrange(1, 2000)
    support = {tuple(rng.randrange(3) for _ in range(variables)) for _ in range(terms)} - {(0,) * variables}
    record = {**HEAD, "kind": "not_sos", "variables": names(variables), "basis": []}
    record["polynomial"] = [["-1", [0] * variables], *(["1", list(powers)] for powers in support)]
    record["functional"] = [["1", [0] * variables]]
    record["halfspaces"] = [[str(rng.randrange(-9, 10)) for _ in range(variables)] for _ in range(rows)]
    return Case("large, many halfspaces", json.dumps(record), large=True)


def long_numbers(rng: random.Random) -> Case:
    """A functional or a point of numbers with long denominators that share nothing."""
    count, digits = rng.randrange(2, 200), rng.randrange(10, 20_000)
    fractions = [f"{rng.randrange(1, 9)}/{rng.randrange(10 ** (digits - 1), 10**digits)}" for _ in range(count)]
    terms = [["-1", [i]] for i in range(count)]
    record: Record = {**HEAD, "variables": ["x"], "polynomial": terms}
    if rng.random() < 0.5:
        record |= {"kind": "negative_point", "point": [fractions[0]]}
        return Case("large, long numbers", json.dumps(record), valid=True, large=True)
    moments = [[text, [i]] for i, text in enumerate(fractions)]
    record |= {"kind": "not_sos", "basis": [[i] for i in range(count // 2)], "functional": moments, "halfspaces": []}
    return Case("large, long numbers", json.dumps(record))  # a few of them are true, by chance


def hilbert(rng: random.Random) -> Case:
    """A positive definite matrix so nearly singular that floats help little; half of them have a negative entry."""
    side, bits, valid = rng.randrange(2, 120), rng.choice([64, 500, 4000]), rng.random() < 0.5
    matrix = {(i, j): 2**bits // (i + j + 1) for i in range(side) for j in range(i, side)}
    for i in range(side):
        matrix[i, i] += side  # what was rounded down is less than that in each row
    if not valid:
        matrix[0, 0] = -1
    sums: Counter[Monomial] = Counter()
    for (i, j), entry in matrix.items():
        sums[(i + j,)] += entry if i == j else 2 * entry
    gram = [[i, j, str(entry)] for (i, j), entry in matrix.items()]
    blocks = [{"basis": [[i] for i in range(side)], "denominator": "1", "gram": gram}]
    record = {**HEAD, "kind": "sos", "variables": ["x"], "polynomial": pairs(sums), "blocks": blocks}
    return Case("large, nearly singular", json.dumps(record), valid=valid, large=True)


def many_blocks(rng: random.Random) -> Case:
    count = rng.choice([10, 1000, 20_000, 100_001])
    one = {"basis": [[0]], "denominator": rng.choice(["1", "1", str(2**63)]), "gram": [[0, 0, "1"]]}
    total = str(Fraction(count, int(one["denominator"])))
    record = {**HEAD, "kind": "sos", "variables": ["x"], "polynomial": [[total, [0]]], "blocks": [one] * count}
    return Case("large, many blocks", json.dumps(record), valid=True, large=True)


def strange_json(rng: random.Random) -> Case:
    """Deep, wide, or long; no certificate."""
    size = rng.randrange(1, 300_000)
    texts = ["[" * size, '{"a":' * size, "[" * 400 + "]" * 400, "9" * size, "-" + "9" * size, '"' + "x" * size + '"']
    texts += [
        "[" + "[]," * size + "[]]",
        "{" + ",".join(f'"{k}":1' for k in range(size)) + ',"0":1}',
        "1." + "7" * size,
    ]
    texts += [
        "1e" + "9" * min(size, 4000),
        '{"format":"nsos-certificate/1","kind":' + "[" * size,
        "\\" * size,
        "\0" * size,
    ]
    return Case("large, strange JSON", rng.choice(texts))


LARGE = (
    huge_pivot,
    many_variables,
    many_points,
    many_halfspaces,
    long_numbers,
    hilbert,
    many_blocks,
    strange_json,
)
