"""Certificates with one large block, which take a checker seconds; for `bench_proof_page.py` and tests of the page."""

import itertools
import json
from functools import cache

import numpy as np


@cache
def large_certificate(side: int, rank: int | None = None, bits: int = 24, seed: int = 0) -> str:
    """The text of a certificate of kind `sos` in five variables with a dense Gram matrix of integers.

    Args:
        side: of the Gram matrix, at most 252.
        rank: of it; `side` by default.
        bits: of the entries of its root, at most 27.
        seed: of the random root.
    """
    monomials = [row for row in itertools.product(range(6), repeat=5) if sum(row) <= 5]
    basis = sorted(monomials, key=lambda row: (sum(row), row))[:side]
    limit = 2**bits
    root = np.random.default_rng(seed).integers(-limit, limit, (side, side if rank is None else rank))
    gram = root @ root.T
    terms: dict[tuple[int, ...], int] = {}
    for i, j in itertools.product(range(side), repeat=2):
        key = tuple(a + b for a, b in zip(basis[i], basis[j], strict=True))
        terms[key] = terms.get(key, 0) + int(gram[i, j])
    entries = [[i, j, str(gram[i, j])] for i in range(side) for j in range(i, side) if gram[i, j]]
    return json.dumps(
        {
            "format": "nsos-certificate/1",
            "kind": "sos",
            "variables": list("vwxyz"),
            "polynomial": [[str(value), list(key)] for key, value in terms.items() if value],
            "blocks": [{"basis": basis, "denominator": "1", "gram": entries}],
        }
    )
