"""What an input is expected to cost, before anything of it is solved, so that a batch is a few seconds of work.

The unit is k^3 for a Gram matrix of k monomials that `nsos certify` solves among many others. All else is in that unit:
a program that is solved alone takes some `PROGRAM` times as long for its matrices and `START` besides, a check of a
certificate about as long (`scripts/bench_costs.py` measures it). Nothing is parsed: signs and exponents are
counted, since the process that hands out batches has a hundred workers to serve. What is malformed costs little.
"""

import math
import re
from collections.abc import Iterator
from typing import Any

PROGRAM = 50.0
"""Times k^3, of a program that is solved alone."""
START = 30_000.0
"""Of any program, however small."""
SOLVES = {
    "region_of_attraction": 40,
    "stabilizing_controller": 20,
    "safe_controller": 20,
    "l2_gain": 10,
    "joint_spectral_radius": 10,
    "reach_avoid": 4,
}
"""Programs that a question is expected to take; of others two."""
LONGEST = 100_000
"""Characters of an expression whose exponents are counted; what is longer is dear anyway."""
_TERM = re.compile(r"[+-]")
_POWER = re.compile(r"[^\W\d]\w*(?:\s*(?:\^|\*\*)\s*(\d{1,4}))?")


def cost_of_polynomial(text: object) -> float:
    """Of `nsos certify`: the cube of the least size of a basis whose products can be as many terms as the text has.

    >>> [round(cost_of_polynomial(text)) for text in ("x", "x^2 + y^2 + 1", "x^4 - 2*x^2*y + y^2 + 1")]
    [1, 8, 13]
    """
    if not isinstance(text, str):
        return 0.0
    terms = 1 + text.count("+") + text.count("-")
    return ((math.sqrt(8 * terms + 1) - 1) / 2) ** 3


def cost_of_program(statement: object) -> float:
    """Of `nsos solve` and `nsos bound`: the cubes of complete bases of half the degree, one for each constraint.

    >>> round((cost_of_program({"variables": ["x", "y"], "minimize": "x^4 + x*y^3 + 1"}) - START) / PROGRAM)
    216
    """
    if not isinstance(statement, dict):
        return 0.0
    half = _half_degree(statement, ("relaxation_order",))
    parts = sum(_length(statement, key) for key in ("constraints", "inequalities"))
    solves = 20 if "parameter" in statement else 1
    return solves * _program_cost(_length(statement, "variables"), half, 1 + parts)


def cost_of_question(statement: object) -> float:
    """Of `nsos control`: as many programs as `SOLVES` says, each with bases for the function that is sought, its
    derivative, and the sets.

    >>> cost_of_question({"question": "lyapunov", "states": ["x"], "dynamics": ["-x^3"]}) < 3 * START
    True
    """
    if not isinstance(statement, dict):
        return 0.0
    variables = max(_length(statement, "states") + _length(statement, "inputs"), _matrix_side(statement))
    half = _half_degree(statement, ("degree", "order"))
    solves = SOLVES.get(str(statement.get("question")), 2)
    return solves * _program_cost(variables, half, 2)


def cost_of_checking(certificate: object) -> float:
    """Of `nsos verify`: the cubes of the bases that stand in the JSON values of a certificate.

    >>> cost_of_checking({"blocks": [{"basis": [[0], [1]]}, {"basis": [[2]]}]})
    9.0
    """
    return sum((float(size) ** 3 for size in _basis_sizes(certificate)), 0.0)


def _program_cost(variables: int, half: int, blocks: int) -> float:
    side = math.comb(variables + half, half) if half < 100 and variables < 10_000 else LONGEST
    return START + PROGRAM * blocks * float(side) ** 3


def _half_degree(statement: dict[str, Any], keys: tuple[str, ...]) -> int:
    """Of the terms that are written down, or what one of the keys says, if that is more."""
    said = [value for key in keys if isinstance(value := statement.get(key), int)]
    written = max(map(_degree, _expressions(statement)), default=0)
    return max([math.ceil(written / 2), *said], default=0)


def _degree(text: str) -> int:
    """The largest sum of exponents between two signs."""
    terms = _TERM.split(text[:LONGEST])
    return max(sum(int(power or 1) for power in _POWER.findall(term)) for term in terms)


def _expressions(value: object) -> Iterator[str]:
    """All texts with an operation within JSON values."""
    if isinstance(value, str):
        if "^" in value or "*" in value:
            yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _expressions(part)


def _length(statement: dict[str, Any], key: str) -> int:
    value = statement.get(key)
    return len(value) if isinstance(value, list) else 0


def _matrix_side(statement: dict[str, Any]) -> int:
    """Of the first matrix of the question of the joint spectral radius."""
    matrices = statement.get("matrices")
    return len(matrices[0]) if isinstance(matrices, list) and matrices and isinstance(matrices[0], list) else 0


def _basis_sizes(value: object) -> Iterator[int]:
    """Of all keys `basis`; lists of numbers and texts, which are most of a certificate, are not looked at."""
    if isinstance(value, dict):
        for key, part in value.items():
            if key == "basis" and isinstance(part, list):
                yield len(part)
            else:
                yield from _basis_sizes(part)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for part in value:
            yield from _basis_sizes(part)
