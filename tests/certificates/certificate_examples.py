"""One small certificate of each kind, and structure-aware mutations of them.

Scheiderer's quartic x^4 + x y^3 + ... is the product of x + a y + a^2 z over the roots a of a^4 - a + 1, two pairs of
complex ones. With s the sum of one pair and theta = s^2, a root of t^3 - 4 t - 1, it is u^2 - theta v^2 for polynomials
u, v over Q(theta): a sum of squares for the two negative roots, not for the positive one. No rational quadratic form
vanishes at its real zeros (s^2/2 - (s^5 - 4 s)/2, -s, 1), s a real root of t^6 - 4 t^2 - 1. The form made in the same
way of the roots of a^4 + 2 a + 2 is no sum of rational squares even after it is multiplied by x^2 + y^2 + z^2: four
independent cubic forms vanish at its zero, and a functional does the rest.
"""

import contextlib
import copy
import json
import random
from fractions import Fraction
from typing import Any

from control_examples import TEXTS as CONTROL_TEXTS
from program_examples import TEXTS as PROGRAM_TEXTS

Record = dict[str, Any]

_HEAD = '{"format": "nsos-certificate/1", "kind": '
_SCHEIDERER = """"variables": ["x", "y", "z"], "polynomial": [["1", [4, 0, 0]], ["1", [1, 3, 0]], ["1", [0, 4, 0]],
    ["-3", [2, 1, 1]], ["-4", [1, 2, 1]], ["2", [2, 0, 2]], ["1", [1, 0, 3]], ["1", [0, 1, 3]], ["1", [0, 0, 4]]],"""
_QUADRATIC = "[[2, 0, 0], [1, 1, 0], [1, 0, 1], [0, 2, 0], [0, 1, 1], [0, 0, 2]]"
_MOTZKIN = '"variables": ["x", "y"], "polynomial": [["1", [4, 2]], ["1", [2, 4]], ["-3", [2, 2]], ["1", [0, 0]]],'

TEXTS = {
    "sos": _HEAD
    + """"sos", "variables": ["x", "y"], "polynomial": [["4", [4, 0]], ["12", [2, 2]], ["9", [0, 4]], ["1", [0, 0]]],
    "blocks": [{"basis": [[2, 0], [0, 2]], "denominator": "2", "gram": [[0, 0, "8"], [0, 1, "12"], [1, 1, "18"]]},
               {"basis": [[0, 0]], "denominator": "3", "gram": [[0, 0, "3"]]}]}""",
    # (x - y)^2 + 2 (y - 2)^2 + (x - y) (y - 2)
    "sos on a range": _HEAD
    + """"sos", "variables": ["x", "y"],
    "polynomial": [["1", [2, 0]], ["-1", [1, 1]], ["2", [0, 2]], ["-2", [1, 0]], ["-6", [0, 1]], ["8", [0, 0]]],
    "blocks": [{"basis": [[1, 0], [0, 1], [0, 0]], "range": [["1", "0"], ["-1", "1"], ["0", "-2"]], "denominator": "2",
                "gram": [[0, 0, "2"], [0, 1, "1"], [1, 1, "4"]]}]}""",
    "near_sos": _HEAD
    + """"sos", "variables": ["x", "y"], "polynomial": [["1", [2, 0]], ["-2", [1, 1]], ["1", [0, 2]]],
    "blocks": [{"basis": [[1, 0], [0, 1], [0, 0]], "denominator": "1",
                "gram": [[0, 0, "1"], [0, 1, "-1"], [1, 1, "1"]]}], "epsilon": "1/10",
    "of": [["9/10", [2, 0]], ["-2", [1, 1]], ["9/10", [0, 2]], ["-1/10", [0, 0]]]}""",
    # theta = sqrt 2: (x - theta y)^2 + (x + theta y)^2, and once more half of each
    "sos_over_field": _HEAD
    + """"sos_over_field", "variables": ["x", "y"], "polynomial": [["3", [2, 0]], ["6", [0, 2]]],
    "field": {"minimal_polynomial": ["-2", "0", "1"], "interval": ["1", "3/2"]},
    "blocks": [{"basis": [[1, 0], [0, 1]], "gram": [[0, 0, ["1"]], [0, 1, ["0", "-1"]], [1, 1, ["2"]]]},
               {"basis": [[0, 1], [1, 0]], "gram": [[0, 0, ["4"]], [0, 1, ["0", "1"]], [1, 1, ["2"]]]}]}""",
    "scheiderer over the reals": _HEAD
    + f""""sos_over_field", {_SCHEIDERER}
    "field": {{"minimal_polynomial": ["-1", "-4", "0", "1"], "interval": ["-2", "-1"]}},
    "blocks": [{{"basis": {_QUADRATIC}, "gram": [
      [0, 0, ["1"]], [0, 3, ["0", "1/2"]], [0, 4, ["-1/2"]], [0, 5, ["-1", "0", "1/2"]],
      [1, 1, ["0", "-1"]], [1, 2, ["-1"]], [1, 3, ["1/2"]], [1, 4, ["0", "0", "-1/2"]], [1, 5, ["0", "1/2"]],
      [2, 2, ["4", "0", "-1"]], [2, 3, ["-2", "0", "1/2"]], [2, 4, ["0", "-1/2"]], [2, 5, ["1/2"]],
      [3, 3, ["1"]], [3, 5, ["0", "1/2", "0"]],
      [4, 4, ["0", "-1"]], [4, 5, ["1/2"]], [5, 5, ["1"]]]}}]}}""",
    "nonneg": _HEAD
    + f""""nonneg", {_MOTZKIN}
    "sos_multiplier": {{"blocks": [{{"basis": [[1, 0], [0, 1]], "denominator": "1",
        "gram": [[0, 0, "1"], [1, 1, "1"]]}}]}},
    "product": {{"blocks": [
        {{"basis": [[1, 0], [1, 2], [3, 0]], "denominator": "1",
          "gram": [[0, 0, "1"], [0, 1, "-1"], [1, 1, "1"]]}},
        {{"basis": [[0, 1], [2, 1]], "denominator": "1",
          "gram": [[0, 0, "1"], [0, 1, "-1"], [1, 1, "1"]]}},
        {{"basis": [[3, 1], [1, 3], [1, 1]], "denominator": "1",
          "gram": [[0, 0, "1"], [0, 1, "1"], [0, 2, "-2"], [1, 1, "1"], [1, 2, "-2"], [2, 2, "4"]]}}]}}}}""",
    "negative_point": _HEAD
    + """"negative_point", "variables": ["x", "y"], "polynomial": [["1", [3, 0]], ["-1", [0, 1]]],
    "point": ["-2/3", "1/7"]}""",
    "not_sos": _HEAD
    + f""""not_sos", {_MOTZKIN} "basis": [[0, 0], [1, 1], [2, 1], [1, 2]],
    "functional": [["1", [0, 0]], ["1/2", [1, 1]], ["1", [2, 2]], ["1/2", [4, 2]], ["1/2", [2, 4]], ["-1/3", [3, 3]]],
    "halfspaces": [["1", "-2"], ["-2", "1"], ["1", "1"]]}}""",
    "not_sos_over_q": _HEAD
    + f""""not_sos_over_q", {_SCHEIDERER}
    "field": {{"minimal_polynomial": ["-1", "0", "-4", "0", "0", "0", "1"], "interval": ["1", "2"]}},
    "zero": [["0", "2", "1/2", "0", "0", "-1/2"], ["0", "-1"], ["1"]],
    "basis": {_QUADRATIC}, "halfspaces": [["1", "1", "1"], ["-1", "-1", "-1"]], "functional": null}}""",
    "not_sos_over_q with a functional": _HEAD
    + """"not_sos_over_q", "variables": ["x", "y", "z"], "polynomial": [["1", [6, 0, 0]], ["1", [4, 2, 0]],
      ["6", [4, 1, 1]], ["5", [4, 0, 2]], ["-2", [3, 3, 0]], ["-8", [3, 2, 1]], ["4", [3, 0, 3]], ["2", [2, 4, 0]],
      ["6", [2, 3, 1]], ["4", [2, 2, 2]], ["2", [2, 1, 3]], ["8", [2, 0, 4]], ["-2", [1, 5, 0]], ["-8", [1, 4, 1]],
      ["-2", [1, 3, 2]], ["-4", [1, 2, 3]], ["4", [1, 0, 5]], ["2", [0, 6, 0]], ["2", [0, 4, 2]], ["-4", [0, 3, 3]],
      ["4", [0, 2, 4]], ["-4", [0, 1, 5]], ["4", [0, 0, 6]]],
    "field": {"minimal_polynomial": ["-4", "0", "-8", "0", "0", "0", "1"], "interval": ["1", "2"]},
    "zero": [["0", "-2", "1/2", "0", "0", "1/4"], ["0", "-1"], ["1"]],
    "basis": [[3, 0, 0], [2, 1, 0], [2, 0, 1], [1, 2, 0], [1, 1, 1], [1, 0, 2], [0, 3, 0], [0, 2, 1], [0, 1, 2],
      [0, 0, 3]],
    "halfspaces": [["1", "1", "1"], ["-1", "-1", "-1"]],
    "functional": [["17/4", [0, 0, 6]], ["3/2", [0, 1, 5]], ["-3", [0, 2, 4]], ["-1", [0, 3, 3]], ["2", [0, 4, 2]],
      ["4", [0, 6, 0]], ["-3", [1, 1, 4]], ["-2", [2, 0, 4]]]}""",
    **PROGRAM_TEXTS,
    **CONTROL_TEXTS,
}


def example(name: str) -> Record:
    """A copy of an example."""
    return json.loads(TEXTS[name])


def places(value: Any, path: tuple = ()) -> list[tuple]:
    """Paths of all items of lists and objects within a value."""
    if not isinstance(value, dict | list):
        return []
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return [found for key, item in items for found in [(*path, key), *places(item, (*path, key))]]


def mutation(rng: random.Random) -> tuple[str, Record]:
    """The name of an example and the example after one to three mutations, most of which break the proof."""
    name = rng.choice(list(TEXTS))
    record = example(name)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        rng.choice(MUTATIONS)(record, rng)
    return name, record


def _box(record: Record, rng: random.Random, wanted: Any = lambda item: True) -> tuple[Any, Any]:
    """A list or object somewhere in the record and the key of an item that is wanted; the record itself if none is."""
    found = []
    for path in places(record):
        box: Any = record
        for key in path[:-1]:
            box = box[key]
        if wanted(box[path[-1]]):
            found.append((box, path[-1]))
    return rng.choice(found) if found else (record, rng.choice(list(record)))


def _is_number(item: Any) -> bool:
    return isinstance(item, str) and item.lstrip("-")[:1].isdigit()


def _change_number(record: Record, rng: random.Random) -> None:
    box, key = _box(record, rng, _is_number)
    try:
        value = Fraction(box[key])
    except (TypeError, ValueError, ZeroDivisionError):
        return
    new = rng.choice((value + 1, value - 1, -value, 2 * value, value / 2, 0 * value, value + Fraction(1, 10**20)))
    box[key] = str(new)


def _rewrite_number(record: Record, rng: random.Random) -> None:
    """The same value, written in another way that is or is not allowed."""
    box, key = _box(record, rng, _is_number)
    if isinstance(box[key], str):
        value = box[key].partition("/")[0]
        box[key] = rng.choice((f"{value}/1", f"0{value}", f"+{value}", f"{value}.0", f"{value}/-1", f" {value}", "2/0"))


def _change_exponent(record: Record, rng: random.Random) -> None:
    box, key = _box(record, rng, lambda item: type(item) is int)
    if type(box[key]) is int:
        box[key] = rng.choice((box[key] + 1, box[key] - 1, 0, -1, 10_001, True, 0.5, str(box[key])))


def _replace(record: Record, rng: random.Random) -> None:
    box, key = _box(record, rng)
    box[key] = rng.choice((None, True, 1.5, [], {}, "x", "1", "1/2", 10**30, [[]], [None], "", "0/0"))


def _drop(record: Record, rng: random.Random) -> None:
    box, key = _box(record, rng)
    box.pop(key)


def _copy(record: Record, rng: random.Random) -> None:
    """An item of a list once more, or put in the place of another one."""
    box, key = _box(record, rng, lambda item: True)
    if isinstance(box, list):
        box.insert(rng.randrange(len(box) + 1), copy.deepcopy(box[key]))
    elif box:
        box[rng.choice(list(box))] = copy.deepcopy(box[key])


def _swap(record: Record, rng: random.Random) -> None:
    """Two items of a list change places: harmless for terms, not for monomials of a basis with a Gram matrix."""
    box, _ = _box(record, rng, lambda item: isinstance(item, list | str))
    if isinstance(box, list):
        i, j = rng.randrange(len(box)), rng.randrange(len(box))
        box[i], box[j] = box[j], box[i]


def _scale(record: Record, rng: random.Random) -> None:
    """All numbers of a list of terms or entries by one factor: harmless for a functional, if it is positive."""
    key = rng.choice(("polynomial", "functional", "of", "zero"))
    factor = Fraction(rng.choice(("2", "1/3", "-1", "10000000000000000000000")))
    for item in record.get(key) or []:
        if isinstance(item, list) and item and _is_number(item[0]):
            with contextlib.suppress(ValueError, ZeroDivisionError):
                item[0] = str(factor * Fraction(item[0]))


def _add_harmless(record: Record, rng: random.Random) -> None:
    """More than is needed: a halfspace, a monomial of the basis, a value of the functional, an empty block."""
    variables = len(record["variables"]) if isinstance(record.get("variables"), list) else 2
    key = rng.choice(("halfspaces", "basis", "functional", "blocks"))
    if isinstance(record.get(key), list):
        exponents = [rng.randrange(4) for _ in range(variables)]
        record[key].append(
            {
                "halfspaces": [str(rng.randrange(-3, 4)) for _ in range(variables)],
                "basis": exponents,
                "functional": [rng.choice(("0", "1", "-1/7")), exponents],
                "blocks": {"basis": [exponents], "denominator": "1", "gram": []},
            }[key]
        )


def _narrow_interval(record: Record, rng: random.Random) -> None:
    """Other ends, of which some leave the root between them."""
    field = record.get("field")
    if isinstance(field, dict) and isinstance(field.get("interval"), list) and field["interval"]:
        ends = ("1", "2", "-2", "-1", "0", "3", "3/2", "7/5", "1415/1000", "-19/10", "-1/4", "100", "-100")
        field["interval"][rng.randrange(len(field["interval"]))] = rng.choice(ends)


def _change_field(record: Record, rng: random.Random) -> None:
    """Another minimal polynomial: reducible, of another degree, with another root, scaled, or with a leading 0."""
    field = record.get("field")
    if isinstance(field, dict) and isinstance(field.get("minimal_polynomial"), list):
        old = field["minimal_polynomial"]
        new = (
            ["-1", "0", "1"],
            ["-2", "0", "0", "1"],
            ["0", *old],
            [*old, "0"],
            ["-3", "2"],
            ["4", "0", "-4", "0", "1"],
        )
        field["minimal_polynomial"] = copy.deepcopy(rng.choice(new))


def _other_kind(record: Record, rng: random.Random) -> None:
    record["kind"] = rng.choice(["near_sos", "", *{example(name)["kind"] for name in TEXTS}])


def _rename(record: Record, rng: random.Random) -> None:
    record["variables"] = rng.choice((["a", "b"], ["a", "b", "c"], ["a", "a"], ["a", ""], ["a", "\n", "c"]))


MUTATIONS = (
    *(4 * (_change_number,)),
    *(2 * (_rewrite_number, _change_exponent, _replace, _drop, _copy, _swap, _add_harmless)),
    _scale,
    _narrow_interval,
    _change_field,
    _other_kind,
    _rename,
)
