"""Strict reading of the parts of a certificate file.

A file is not trusted. Every value is checked for its type, size and range, and each message names the place in the file
and what was expected there. Numbers are strings such as "-7/3", so that nothing is rounded and no limit of JSON or of
Python's `int` applies.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

import numpy as np
from flint import fmpq, fmpz

from nsos_jax.certificates.data import BeyondLimits, Block, InvalidCertificate, Terms, describe, integer_array

MAX_BYTES = 256 * 2**20
MAX_DIGITS = 100_000
MAX_EXPONENT = 10_000
MAX_VARIABLES = 10_000
MAX_TERMS = 5_000_000
MAX_BLOCKS = 100_000
MAX_HALFSPACES = 100_000
MAX_BASIS = 3_000
MAX_GRAM_ENTRIES = MAX_BASIS**2
"""Of all blocks together."""

_MAX_JSON_DIGITS = 4_300  # as in Python: a record may hold what its input held
_NUMBER = re.compile(r"-?[0-9]+(?:/[0-9]+)?")
_INTEGER = re.compile(r"-?[0-9]+")


def decode_json(text: str) -> object:
    """The JSON value written in `text`; refuses NaN, Infinity, repeated keys, huge integers and deep nesting."""
    if len(text) > MAX_BYTES:
        raise BeyondLimits(f"the file is too large: more than {MAX_BYTES} characters")
    try:
        return json.loads(text, parse_constant=_no_constant, parse_int=_small_int, object_pairs_hook=_distinct_keys)
    except json.JSONDecodeError as error:
        raise InvalidCertificate(f"not JSON: {error}") from None
    except RecursionError:
        raise InvalidCertificate("not a certificate: the JSON is nested too deeply") from None


def _no_constant(token: str) -> NoReturn:
    raise InvalidCertificate(f"not JSON: the token {token} is not allowed")


def _small_int(text: str) -> int:
    if len(text) > _MAX_JSON_DIGITS:
        raise InvalidCertificate(f"expected numbers as strings, found a JSON integer of {len(text)} characters")
    return int(text)


def _distinct_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        [(repeated, _)] = Counter(key for key, _ in pairs).most_common(1)
        raise InvalidCertificate(f"the key {describe(repeated)} appears twice in one JSON object")
    return record


def expect(condition: bool, place: str, wanted: str, value: object) -> None:
    """Raise `InvalidCertificate` unless `condition` holds."""
    if not condition:
        raise InvalidCertificate(f"{place}: expected {wanted}, got {describe(value)}")


def read_object(value: object, keys: Sequence[str], place: str) -> dict[str, Any]:
    """An object with exactly these keys."""
    if type(value) is not dict:
        raise InvalidCertificate(f"{place}: expected an object, got {describe(value)}")
    for key in keys:
        if key not in value:
            raise InvalidCertificate(f"{place}: the key {key!r} is missing")
    for key in value:
        expect(isinstance(key, str) and key in keys, place, f"only the keys {', '.join(keys)}", key)
    return value


def read_list(value: object, place: str, most: int | None = None, length: int | None = None) -> list[Any]:
    """A list with at most `most` items, or exactly `length`."""
    if type(value) is not list:
        raise InvalidCertificate(f"{place}: expected a list, got {describe(value)}")
    if length is not None and len(value) != length:
        raise InvalidCertificate(f"{place}: expected {length} items, got {len(value)}")
    if most is not None and len(value) > most:
        raise BeyondLimits(f"{place}: expected at most {most} items, got {len(value)}")
    return value


def read_number(value: object, place: str) -> fmpq:
    """A rational number "p" or "p/q", not necessarily in lowest terms.

    >>> read_number("-4/6", "point[0]")
    -2/3
    """
    text = _read_digits(value, _NUMBER, 'a number as a string such as "3" or "-3/7"', place)
    numerator, _, denominator = text.partition("/")
    divisor = fmpz(denominator or 1)
    expect(divisor != 0, place, "a positive denominator", value)
    return fmpq(fmpz(numerator), divisor)


def read_integer(value: object, place: str) -> int:
    """An integer written as a string; flint reads many digits, at which `int` stops or takes quadratic time."""
    return int(fmpz(_read_digits(value, _INTEGER, 'an integer as a string such as "-12"', place)))


def _read_digits(value: object, syntax: re.Pattern[str], wanted: str, place: str) -> str:
    if type(value) is not str or not syntax.fullmatch(value):
        raise InvalidCertificate(f"{place}: expected {wanted}, got {describe(value)}")
    if len(value) > MAX_DIGITS and max(map(len, value.lstrip("-").split("/"))) > MAX_DIGITS:
        raise BeyondLimits(f"{place}: expected at most {MAX_DIGITS} digits, got {len(value)} characters")
    return value


def read_variables(value: object) -> tuple[str, ...]:
    """Distinct printable names."""
    names = read_list(value, "variables", MAX_VARIABLES)
    for i, name in enumerate(names):
        read_name(name, f"variables[{i}]")
    if len(set(names)) < len(names):
        raise InvalidCertificate("variables: expected distinct names, one appears twice")
    return tuple(names)


def read_name(value: object, place: str) -> str:
    """A printable name."""
    if type(value) is str and 0 < len(value) <= 100 and value.isprintable():
        return value
    raise InvalidCertificate(f"{place}: expected a name of 1 to 100 printable characters, got {describe(value)}")


def read_powers(row: object, variables: int, place: str) -> tuple[int, ...]:
    """The exponents of one monomial."""
    powers = tuple(read_list(row, place, length=variables))
    for power in powers:
        if type(power) is not int or not 0 <= power <= MAX_EXPONENT:
            raise InvalidCertificate(f"{place}: expected integers from 0 to {MAX_EXPONENT}, got {describe(power)}")
    return powers


def read_monomials(rows: Iterable[object], variables: int, places: Sequence[str]) -> np.ndarray:
    """Exponent rows, int32 [rows, variables], all different."""
    exponents = []
    first: dict[tuple[int, ...], str] = {}
    for row, place in zip(rows, places, strict=True):
        powers = read_powers(row, variables, place)
        if first.setdefault(powers, place) != place:
            raise InvalidCertificate(f"{place}: the same monomial as in {first[powers]}")
        exponents.append(powers)
    return np.array(exponents, dtype=np.int32).reshape(len(exponents), variables)


def read_terms(value: object, variables: int, place: str) -> Terms:
    """Pairs of a number and an exponent list."""
    terms = read_list(value, place, MAX_TERMS)
    places = [f"{place}[{i}]" for i in range(len(terms))]
    pairs = [read_list(pair, where, length=2) for pair, where in zip(terms, places, strict=True)]
    values = tuple(read_number(pair[0], f"{where}[0]") for pair, where in zip(pairs, places, strict=True))
    return Terms(read_monomials((pair[1] for pair in pairs), variables, [f"{where}[1]" for where in places]), values)


def read_polynomial(value: object, variables: int, place: str) -> Terms:
    """Terms whose coefficients are not zero, so that the terms are the support."""
    polynomial = read_terms(value, variables, place)
    for i, coefficient in enumerate(polynomial.rationals()):
        if coefficient == 0:
            raise InvalidCertificate(f"{place}[{i}][0]: expected a coefficient that is not zero")
    return polynomial


def read_halfspaces(value: object, variables: int) -> tuple[tuple[int, ...], ...]:
    """Integer vectors with one entry per variable."""
    halfspaces = read_list(value, "halfspaces", MAX_HALFSPACES)
    rows = [read_list(row, f"halfspaces[{i}]", length=variables) for i, row in enumerate(halfspaces)]
    return tuple(
        tuple(read_integer(weight, f"halfspaces[{i}][{j}]") for j, weight in enumerate(row))
        for i, row in enumerate(rows)
    )


def read_basis(value: object, variables: int, place: str) -> np.ndarray:
    """Distinct monomials, int32 [size, variables]."""
    rows = read_list(value, place, MAX_BASIS)
    return read_monomials(rows, variables, [f"{place}[{i}]" for i in range(len(rows))])


def read_block(value: object, variables: int, place: str, most: int = MAX_GRAM_ENTRIES) -> Block:
    """A basis and the entries [i, j, numerator], i <= j, of its Gram matrix, which has at most `most` entries.

    With the key `range` the entries are those of the matrix S, the range is V and the Gram matrix V S V'.
    """
    given = type(value) is dict and "range" in value
    record = read_object(value, ("basis", "denominator", "gram", *(["range"] if given else [])), place)
    basis = read_basis(record["basis"], variables, f"{place}.basis")
    denominator = read_integer(record["denominator"], f"{place}.denominator")
    expect(denominator > 0, f"{place}.denominator", "a positive integer", record["denominator"])
    factor = read_range(record["range"], len(basis), f"{place}.range") if given else None
    size = len(basis) if factor is None else factor.shape[1]
    if len(basis) ** 2 > most:
        raise BeyondLimits(f"{place}: expected at most {MAX_GRAM_ENTRIES} Gram matrix entries in all blocks")
    entries: dict[tuple[int, int], int] = {}
    for position, entry in enumerate(read_list(record["gram"], f"{place}.gram", size * (size + 1) // 2)):
        where = f"{place}.gram[{position}]"
        i, j, numerator = read_list(entry, where, length=3)
        if type(i) is not int or type(j) is not int or not 0 <= i <= j < size:
            wanted = f"indices 0 <= i <= j < {size}"
            raise InvalidCertificate(f"{where}: expected {wanted}, got {describe(i)} and {describe(j)}")
        if (i, j) in entries:
            raise InvalidCertificate(f"{where}: the entry {i}, {j} appears twice")
        entries[i, j] = read_integer(numerator, f"{where}[2]")
    numbers = integer_array(entries.values())
    gram = np.zeros((size, size), dtype=numbers.dtype)
    rows, columns = np.array(list(entries), np.int64).reshape(len(entries), 2).T
    gram[rows, columns] = gram[columns, rows] = numbers
    return Block(basis, gram, denominator, factor)


def read_range(value: object, size: int, place: str) -> np.ndarray:
    """An integer matrix with as many rows as the basis and at most as many columns, as an `integer_array`."""
    rows = read_list(value, place, length=size)
    rank = len(read_list(rows[0], f"{place}[0]", size)) if rows else 0
    numbers = [
        read_integer(number, f"{place}[{i}][{j}]")
        for i, row in enumerate(rows)
        for j, number in enumerate(read_list(row, f"{place}[{i}]", length=rank))
    ]
    return integer_array(numbers).reshape(size, rank)


def read_blocks(value: object, variables: int, place: str = "blocks") -> tuple[Block, ...]:
    """The Gram blocks, any number of them."""
    blocks: list[Block] = []
    left = MAX_GRAM_ENTRIES
    for i, block in enumerate(read_list(value, place, MAX_BLOCKS)):
        blocks.append(read_block(block, variables, f"{place}[{i}]", left))
        left -= len(blocks[-1].basis) ** 2
    return tuple(blocks)
