"""What is compiled for sparse polynomials: as many shapes as paddings allow, however many covers there are."""

import random
from functools import cache
from unittest.mock import patch

import jax
import numpy as np
import pytest

from nsos_jax.bases import covering_candidates, sparse_covers
from nsos_jax.polynomials import Polynomial
from nsos_jax.proofs import GramSystem
from nsos_jax.solvers import SolverOptions, SosSolver
from nsos_jax.solvers.groups import Slots
from nsos_jax.solvers.interpreted import host
from nsos_jax.solvers.iterations import chunks
from nsos_jax.solvers.packing import SIDES, Bucket, bucket_side, pack


def sparse_polynomial(rng: random.Random) -> Polynomial:
    """Squares of terms in neighbouring variables, in 3 to 60 of them."""
    n, width = rng.randint(3, 60), rng.randint(2, 5)

    def term() -> str:
        first = rng.randint(1, max(n - width, 1))
        chosen = [f"x{rng.randint(first, first + width - 1)}" for _ in range(rng.randint(1, 3))]
        return "*".join([str(rng.randint(1, 9)), *chosen])

    squares = ["(" + " + ".join(term() for _ in range(rng.randint(1, 3))) + ")^2" for _ in range(rng.randint(2, 2 * n))]
    return Polynomial.parse(" + ".join(squares))


@cache
def systems() -> list[GramSystem]:
    """Of all covers of the candidates of many polynomials, and of their blocks."""
    rng = random.Random(18)
    found = []
    for _ in range(40):
        p = sparse_polynomial(rng)
        basis = covering_candidates(p.exponents)
        parts = [cover.parts for cover in sparse_covers(basis, p.exponents)]
        found += [GramSystem.build(p, basis, parts=own) for own in (*parts, None)]
    return found


def bound(buckets: set[Bucket]) -> int:
    """As docs/solver.md counts them: sides up to the largest, times powers of two up to the most bins."""
    largest, bins = (max(bucket[place] for bucket in buckets) for place in (0, 1))
    return sum(side <= largest for side in SIDES) * (bins.bit_length())


def test_covers_share_few_shapes():
    problems = [system.problem() for system in systems()]
    buckets = {Bucket.of(problem) for problem in problems}
    assert all(Bucket.of(problem).side == bucket_side(max(problem.sizes)) for problem in problems)
    assert len(buckets) <= bound(buckets)
    assert len(buckets) < len({tuple(sorted(problem.sizes)) for problem in problems}) / 2
    shapes = set()
    for bucket in buckets:
        own = [problem for problem in problems if Bucket.of(problem) == bucket]
        parts = [
            part for count in {1, 2, 3, len(own)} for part in Slots.that_fit(bucket, None, None).split([*range(count)])
        ]
        for members, slots in parts:
            data = pack([own[member % len(own)] for member in members], bucket, slots)
            shapes.add(str(jax.tree.map(np.shape, data)))
    assert len(shapes) == len(buckets)


@pytest.mark.slow
def test_no_more_is_compiled():
    """Both methods, ADMM in either precision: three programs for each shape, at most."""
    compiled = set()

    def recorded(function, mesh, *static, in_turn):
        def run(batch, *moving):
            shapes = jax.tree.map(lambda leaf: (np.shape(leaf), np.asarray(leaf).dtype.str), (batch, *moving))
            compiled.add((function.__name__, str(shapes)))
            return host.interpreted(function, *static)(batch, *moving[:2])

        return run

    problems = [system.problem() for system in systems()]
    buckets = {Bucket.of(problem) for problem in problems}
    with patch.object(chunks, "compiled", recorded):
        SosSolver(problems, SolverOptions(compile_after=1e-9, phase=10, max_iterations=50)).run()
    assert 0 < len(compiled) <= 3 * len(buckets)
