"""Polynomials with labels from the exact engine, in a file: what was really needed, not what was planted.

One JSON object a line, with monomials as lists of exponents and members by their number in `pool`:

    {"terms": [[coefficient, monomial], ...], "pool": [monomial, ...], "basis": [member, ...],
     "entries": [[member, member], ...], "boundary": true or false or null, "sets": [[works, [member, ...]], ...]}

`basis` is the smallest one that was proven, `entries` are those of its Gram matrix off the diagonal that are not 0;
`boundary` says whether the margin on it is 0; of each of the sets it is known whether it holds a basis.
`scripts/search_bases.py` writes such files.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Array, Bool, Float32, Int32

from nsos_jax.train.config import Bucket

SETS = 16
"""Sets of one polynomial, at most."""
UNKNOWN = -1.0


class Example(NamedTuple):
    """One polynomial as padded arrays, or E of them with an axis in front: T terms, n variables, P monomials."""

    exponents: Int32[Array, "T n"]
    coefficients: Float32[Array, " T"]
    """0 on padding."""
    pool: Int32[Array, "P n"]
    pool_valid: Bool[Array, " P"]
    basis: Bool[Array, " P"]
    entries: Bool[Array, "P P"]
    """Symmetric."""
    boundary: Float32[Array, ""]
    """1, 0, or UNKNOWN."""
    sets: Bool[Array, "S P"]
    works: Float32[Array, " S"]
    """1, 0, or UNKNOWN on padding."""


def write_examples(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Appends lines to a file."""
    with path.open("a", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row) + "\n")


def read_examples(bucket: Bucket) -> Example:
    """The examples of a bucket's file that fit its shape, with an axis in front.

    Raises:
      ValueError: the file cannot be read, has a line of another form, or none that fits.
    """
    path = Path(bucket.examples)
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise ValueError(f"bucket {bucket.name!r}: the examples {path} cannot be read: {error.strerror}") from None
    found = []
    for number, line in enumerate(lines, start=1):
        try:
            example = _padded(json.loads(line), bucket)
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise ValueError(f"{path}, line {number}: expected an example, got {line[:60]!r} ({error!r})") from None
        if example is not None:
            found.append(example)
    if not found:
        raise ValueError(f"bucket {bucket.name!r}: none of the {len(lines)} examples of {path} fits its shape")
    return Example._make(np.stack(column) for column in zip(*found, strict=True))


def _padded(row: dict[str, Any], bucket: Bucket) -> Example | None:
    """An example in the shape of the bucket, None if it does not fit."""
    shape, places = bucket.shape, bucket.candidates
    terms, pool = row["terms"], row["pool"]
    variables = len(pool[0])
    fits = len(terms) <= shape.terms and len(pool) <= places and variables <= shape.variables
    if not fits or len(row["basis"]) > shape.size:
        return None
    exponents = np.zeros((shape.terms, shape.variables), np.int32)
    coefficients = np.zeros(shape.terms, np.float32)
    exponents[: len(terms), :variables] = [monomial for _, monomial in terms]
    coefficients[: len(terms)] = [float(coefficient) for coefficient, _ in terms]
    monomials = np.zeros((places, shape.variables), np.int32)
    monomials[: len(pool), :variables] = pool
    entries = np.zeros((places, places), bool)
    for i, j in row["entries"]:
        entries[i, j] = entries[j, i] = True
    sets, works = np.zeros((SETS, places), bool), np.full(SETS, UNKNOWN, np.float32)
    for place, (holds, members) in enumerate(row["sets"][:SETS]):
        sets[place, members], works[place] = True, float(holds)
    boundary = np.float32(UNKNOWN if row["boundary"] is None else row["boundary"])
    basis = np.isin(np.arange(places), row["basis"])
    valid = np.arange(places) < len(pool)
    return Example._make([exponents, coefficients, monomials, valid, basis, entries, boundary, sets, works])
