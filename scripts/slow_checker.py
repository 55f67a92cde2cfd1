"""Certificates checked once more, slowly, by the definitions in docs/certificates.md: plain fractions and sets.

It shares nothing with the package, not even the reading of numbers. Only for small certificates: its answer is None for
those that would take it too long.
"""

import json
from collections import Counter
from fractions import Fraction
from itertools import combinations, product
from math import prod
from typing import Any

MOST_POINTS = 3_000
MOST_SIDE = 40
Monomial = tuple[int, ...]


def is_true(text: str) -> bool | None:
    """Whether the certificate proves what it claims; None when that is too much work."""
    record = json.loads(text)
    polynomial = terms(record["polynomial"])
    if record["kind"] == "negative_point":
        return value(polynomial, list(map(Fraction, record["point"]))) < 0
    if record["kind"] == "not_sos":
        return is_no_sum_of_squares(polynomial, record)
    if max((len(block["basis"]) for block in record["blocks"]), default=0) > MOST_SIDE:
        return None
    sums: Counter[Monomial] = Counter()
    for block in record["blocks"]:
        basis, denominator = list(map(tuple, block["basis"])), int(block["denominator"])
        matrix = [[Fraction(0)] * len(basis) for _ in basis]
        for i, j, numerator in block["gram"]:
            matrix[i][j] = matrix[j][i] = Fraction(int(numerator), denominator)
        if denominator <= 0 or len(set(basis)) < len(basis) or not is_psd(matrix):
            return False
        for i, left in enumerate(basis):
            for j, right in enumerate(basis):
                sums[times(left, right)] += matrix[i][j]
    if not same(sums, polynomial):
        return False
    if "of" not in record:
        return True
    epsilon, shifted = Fraction(record["epsilon"]), terms(record["of"])
    for monomial in {tuple(monomial) for block in record["blocks"] for monomial in block["basis"]}:
        shifted[times(monomial, monomial)] += epsilon
    return epsilon > 0 and same(shifted, polynomial)


def is_no_sum_of_squares(polynomial: Counter[Monomial], record: dict[str, Any]) -> bool | None:
    functional, basis = terms(record["functional"]), list(map(tuple, record["basis"]))
    largest = [max(column) // 2 for column in zip(*polynomial, strict=True)]
    if len(basis) > MOST_SIDE or prod(top + 1 for top in largest) > MOST_POINTS:
        return None
    moments = [[Fraction(functional[times(left, right)]) for right in basis] for left in basis]
    paired = sum(coefficient * functional[monomial] for monomial, coefficient in polynomial.items())
    return paired < 0 and is_psd(moments) and remaining(polynomial, record["halfspaces"], largest) <= set(basis)


def remaining(polynomial: Counter[Monomial], halfspaces: list[list[str]], largest: list[int]) -> set[Monomial]:
    """The completeness rule, by its definition."""
    rows = [list(map(int, row)) for row in halfspaces]
    tops = [max(dot(row, monomial) for monomial in polynomial) for row in rows]
    left = {
        point
        for point in product(*(range(top + 1) for top in largest))
        if all(2 * dot(row, point) <= top for row, top in zip(rows, tops, strict=True))
    }
    while True:
        products = {times(one, other) for one, other in combinations(left, 2)}
        gone = {point for point in left if times(point, point) not in products and polynomial[times(point, point)] <= 0}
        if not gone:
            return left
        left -= gone


def terms(pairs: list[Any]) -> Counter[Monomial]:
    """Coefficients by monomial; ValueError when one appears twice."""
    found: Counter[Monomial] = Counter({tuple(powers): Fraction(number) for number, powers in pairs})  # type: ignore[misc]
    if len(found) < len(pairs):
        raise ValueError("a monomial appears twice")
    return found


def value(polynomial: Counter[Monomial], point: list[Fraction]) -> Fraction:
    return sum(
        (coefficient * prod(x**power for x, power in zip(point, powers, strict=True)))
        for powers, coefficient in polynomial.items()
    ) + Fraction(0)


def same(left: Counter[Monomial], right: Counter[Monomial]) -> bool:
    return all(left[monomial] == right[monomial] for monomial in {*left, *right})


def times(left: Monomial, right: Monomial) -> Monomial:
    return tuple(a + b for a, b in zip(left, right, strict=True))


def dot(left: list[int], right: Monomial) -> int:
    return sum(a * b for a, b in zip(left, right, strict=True))


def is_psd(rows: list[list[Fraction]]) -> bool:
    """Textbook elimination: a zero pivot needs a zero row, a negative one ends it."""
    matrix = [list(row) for row in rows]
    for k, pivot_row in enumerate(matrix):
        pivot = pivot_row[k]
        if pivot < 0 or (pivot == 0 and any(pivot_row[k:])):
            return False
        for row in matrix[k + 1 :]:
            if row[k]:
                factor = row[k] / pivot
                for j in range(k, len(matrix)):
                    row[j] -= factor * pivot_row[j]
    return True
