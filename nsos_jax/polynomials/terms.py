"""Sparse terms: exact monomial arithmetic on packed integers, shared by the parser and by `Polynomial`.

A monomial of n variables is one Python integer whose n + 1 fields of 16 bits are, from the most significant,
(degree, e_1, ..., e_n). The product of two monomials is then the sum of their keys, and the graded lexicographic order
is the order of the integers. Degrees are kept below `MAX_EXPONENT` < 2^16, so no field ever overflows.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from jaxtyping import Int

MAX_EXPONENT = 10_000
"""Largest exponent of one variable, and largest total degree."""
MAX_NAME = 100
"""Characters of a variable name; the checker of certificates accepts as many."""
MAX_VARIABLES = 10_000
"""Largest number of variables."""
MAX_TERMS = 1_000_000
"""Largest number of terms."""
MAX_ENTRIES = 50_000_000
"""Largest size (terms x variables) of an exponent array: 200 MB."""
MAX_BITS = 100_000
"""Largest number of bits of a numerator or denominator that text may produce."""
MAX_WORK = 3_000_000
"""Work that text may cause, in products of two terms with small coefficients (0.3 to 0.5 microseconds each). Sums cost
nothing: they take no longer than reading their text and making the products in them."""

FIELD_BITS = 16
NAME = "[^\\W\\d⁰¹²³⁴⁵⁶⁷⁸⁹][^\\W⁰¹²³⁴⁵⁶⁷⁸⁹]*"
"""Regular expression of a variable's name: letters, digits and underscores, but no superscripts."""
RESERVED = frozenset({"nan", "inf", "infinity"})


class WorkLimitError(ValueError):
    """Expanding a product or power, or reducing a fraction, would pass the limits that guard against hostile text."""


@dataclass
class Budget:
    """What is left of the work that one text may cause."""

    left: int = MAX_WORK

    def spend(self, work: int) -> None:
        if work > self.left:
            raise WorkLimitError(f"expanding this needs more than the limit of {MAX_WORK} term products")
        self.left -= work

    def check_bits(self, bits: int) -> None:
        if bits > MAX_BITS:
            raise WorkLimitError(f"a coefficient or common denominator would exceed {MAX_BITS} bits")

    def make_number(self, bits: int) -> None:
        """Checks and charges a power of a number that has so many bits."""
        self.check_bits(bits)
        self.spend(bits >> 7)

    def divide(self, bits: int, other_bits: int) -> None:
        """Charges a greatest common divisor or a quotient of two numbers."""
        self.spend(bits * other_bits >> 17)


class Terms(NamedTuple):
    """The polynomial sum(numerators[key] * monomial(key)) / denominator; numerators are non-zero."""

    numerators: dict[int, int]
    denominator: int

    def max_bits(self) -> int:
        return max((abs(value).bit_length() for value in self.numerators.values()), default=0)


def term_limit(num_variables: int) -> int:
    """Largest number of terms allowed with this many variables."""
    return min(MAX_TERMS, MAX_ENTRIES // max(num_variables, 1))


def check_term_count(count: int, num_variables: int) -> None:
    limit = term_limit(num_variables)
    if count > limit:
        raise WorkLimitError(f"got more than {limit} terms, the limit with {num_variables} variables")


def check_degree(degree: int) -> None:
    if degree > MAX_EXPONENT:
        raise WorkLimitError(f"got degree {degree}, wanted at most {MAX_EXPONENT}")


def check_variables(variables: Iterable[str]) -> tuple[str, ...]:
    """The names as a tuple; ValueError when one is not an identifier, is repeated, or there are too many."""
    if isinstance(variables, str):
        raise ValueError(f"variables: got the text {variables!r}, wanted a sequence of names")
    names = tuple(variables)
    if len(names) > MAX_VARIABLES:
        raise ValueError(f"variables: got {len(names)} names, wanted at most {MAX_VARIABLES}")
    for name in names:
        if not isinstance(name, str) or not re.fullmatch(NAME, name) or not name.isidentifier():
            raise ValueError(f"variables: got {name!r}, wanted an identifier such as 'x1'")
        if len(name) > MAX_NAME:
            raise ValueError(f"variables: got a name of {len(name)} characters, wanted at most {MAX_NAME}")
        if name.casefold() in RESERVED:
            raise ValueError(f"variables: got {name!r}, a word that is reserved for numbers")
    if len(set(names)) != len(names):
        raise ValueError(f"variables: got repeated names in {names[:20]!r}, wanted distinct names")
    return names


def default_variables(count: int) -> tuple[str, ...]:
    """The names x1, ..., x<count>."""
    return tuple(f"x{i + 1}" for i in range(count))


def natural_order(name: str) -> tuple:
    """Sort key: letters alphabetically, runs of digits by their value.

    >>> sorted(["x10", "y", "x2", "B", "a"], key=natural_order)
    ['a', 'B', 'x2', 'x10', 'y']
    """
    parts = re.split("([0-9]+)", name.casefold())
    digits = [part.lstrip("0") for part in parts[1::2]]
    return tuple((text, len(run), run) for text, run in zip(parts[::2], [*digits, ""], strict=True)), name


def common_denominator(values: Sequence[Fraction]) -> tuple[list[int], int]:
    """Integers and one positive denominator equal to the given fractions."""
    denominator = math.lcm(*{value.denominator for value in values})
    return [value.numerator * (denominator // value.denominator) for value in values], denominator


def units(num_variables: int) -> list[int]:
    """The keys of the variables themselves.

    >>> [hex(key) for key in units(2)]
    ['0x100010000', '0x100000001']
    """
    degree = 1 << FIELD_BITS * num_variables
    return [degree + (1 << FIELD_BITS * (num_variables - 1 - i)) for i in range(num_variables)]


def pack(exponents: Int[np.ndarray, "terms variables"]) -> list[int]:
    """One key per row; the rows must be valid (nonnegative, degree at most `MAX_EXPONENT`)."""
    count, num_variables = exponents.shape
    fields = np.empty((count, num_variables + 1), dtype=">u2")
    fields[:, 0] = exponents.sum(axis=1)
    fields[:, 1:] = exponents
    data, width = fields.tobytes(), fields.shape[1] * 2
    return [int.from_bytes(data[start : start + width], "big") for start in range(0, len(data), width)]


def unpack(keys: Sequence[int], num_variables: int) -> Int[np.ndarray, "terms variables"]:
    """The int32 exponents of the keys."""
    width = (num_variables + 1) * 2
    data = b"".join([key.to_bytes(width, "big") for key in keys])
    fields = np.frombuffer(data, dtype=">u2").reshape(len(keys), num_variables + 1)
    return fields[:, 1:].astype(np.int32)


def append_variables(value: Terms, count: int) -> Terms:
    """The same polynomial in so many variables more, behind the others."""
    if not count:
        return value
    shift = FIELD_BITS * count
    return Terms({key << shift: numerator for key, numerator in value.numerators.items()}, value.denominator)


def degree_of(terms: Terms, num_variables: int) -> int:
    """The total degree; -1 for the zero polynomial."""
    return max(terms.numerators) >> FIELD_BITS * num_variables if terms.numerators else -1


def key_cost(num_variables: int) -> int:
    """Work of adding and hashing one key, relative to a key of few variables."""
    return 1 + num_variables // 128


def add_numerators(left: dict[int, int], right: dict[int, int]) -> dict[int, int]:
    """The sum over one denominator, made in the larger of the two, which is changed; the smaller one sets the time."""
    if len(left) < len(right):
        left, right = right, left
    get = left.get
    for key, value in right.items():
        total = get(key, 0) + value
        if total:
            left[key] = total
        else:
            del left[key]
    return left


def combine(parts: Iterable[tuple[int, dict[int, int]]], num_variables: int, budget: Budget | None = None) -> Terms:
    """The sum of polynomials given as pairs (denominator, numerators); changes these dictionaries."""
    pairs = list(parts)
    denominator = 1
    for other in {other for other, _ in pairs}:
        if budget is not None:
            budget.divide(denominator.bit_length(), other.bit_length())
        denominator = math.lcm(denominator, other)
        if budget is not None:
            budget.check_bits(denominator.bit_length())
    total: dict[int, int] = {}
    for other, part in pairs:
        factor = denominator // other
        if factor > 1:
            if budget is not None:
                budget.spend(len(part) * (key_cost(num_variables) + (denominator.bit_length() >> 10)))
            part = {key: value * factor for key, value in part.items()}
        total = add_numerators(total, part)
    return Terms(total, denominator)


def reduce(value: Terms, budget: Budget | None = None) -> Terms:
    """The same polynomial, its numerators and its denominator without a common divisor."""
    divisor = value.denominator
    for numerator in value.numerators.values():
        if divisor == 1:
            return value
        if budget is not None:
            budget.divide(divisor.bit_length(), numerator.bit_length())
        divisor = math.gcd(divisor, numerator)
    numerators = {key: numerator // divisor for key, numerator in value.numerators.items()}
    return Terms(numerators, value.denominator // divisor)


def multiply(left: Terms, right: Terms, num_variables: int, budget: Budget | None = None) -> Terms:
    """The product; `WorkLimitError` when it passes a limit or the budget, before the work where that is known."""
    small, large = sorted((left.numerators, right.numerators), key=len)
    if not small:
        return Terms({}, 1)
    check_degree(degree_of(left, num_variables) + degree_of(right, num_variables))
    if budget is not None:
        bits = left.max_bits(), right.max_bits()
        budget.check_bits(max(sum(bits), (left.denominator * right.denominator).bit_length()))
        # Multiplying two integers of some 360 bits costs as much as the rest of the inner loop, and so does, for its
        # memory, keeping one of 1,000 bits.
        cost = key_cost(num_variables) + (bits[0] * bits[1] >> 17) + (sum(bits) >> 10)
        budget.spend(len(small) * len(large) * cost)
    product: dict[int, int] = {}
    get = product.get
    others = list(large.items())
    for place, (key, value) in enumerate(small.items()):
        if small is large:  # each pair of different terms at once, which halves the work
            product[2 * key] = get(2 * key, 0) + value * value
            value *= 2
        for other_key, other_value in others[place + 1 :] if small is large else others:
            total_key = key + other_key
            product[total_key] = get(total_key, 0) + value * other_value
        check_term_count(len(product), num_variables)
    if not all(product.values()):
        product = {key: value for key, value in product.items() if value}
    return Terms(product, left.denominator * right.denominator)


def power(base: Terms, exponent: int, num_variables: int, budget: Budget | None = None) -> Terms:
    """base^exponent for exponent >= 0.

    Repeated multiplication, not squaring: for sparse polynomials of several variables it needs far fewer products
    (R. Fateman, "On the computation of powers of sparse polynomials", 1974).
    """
    if exponent == 0:
        return Terms({0: 1}, 1)
    check_degree(max(degree_of(base, num_variables), 0) * exponent)
    if len(base.numerators) <= 1:
        if budget is not None:
            budget.make_number((max(base.max_bits(), base.denominator.bit_length()) - 1) * exponent)
        return Terms({k * exponent: v**exponent for k, v in base.numerators.items()}, base.denominator**exponent)
    result = base
    for _ in range(exponent - 1):
        result = multiply(result, base, num_variables, budget)
    return result


def compose(products: Iterable[tuple[tuple[int, ...], int, int]], images: Sequence[Terms], num_variables: int) -> Terms:
    """The sum of numerator * monomial(key) * images^powers over products (powers, key, numerator)."""
    groups: dict[tuple[int, ...], dict[int, int]] = {}
    for powers, key, numerator in products:
        groups.setdefault(powers, {})[key] = numerator
    powers_of_images: dict[tuple[int, int], Terms] = {}
    parts = []
    for powers, numerators in groups.items():
        part = Terms(numerators, 1)
        for i, exponent in enumerate(powers):
            if (i, exponent) not in powers_of_images:
                powers_of_images[i, exponent] = power(images[i], exponent, num_variables)
            part = multiply(part, powers_of_images[i, exponent], num_variables)
        parts.append((part.denominator, part.numerators))
    return combine(parts, num_variables)
