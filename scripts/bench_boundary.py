"""Planted sums of few squares, on the boundary or just above it: `python scripts/bench_boundary.py [--count 1000]`.

p is the sum of 2 to 8 squares of polynomials with small integer coefficients at all monomials, in 2 to 4 variables, of
degree 4 to 10, with 0 to 5 planted common zeros, rational ones or pairs in a quadratic field. Every one is SOS by
construction; what is counted is how many get an exact proof. `--faces` leaves out the batched solver and the proposers:
the complete basis goes straight to `nsos_jax.proofs.faces`. `--above 20` adds 10^-20 of the largest coefficient, to the
constant (`--term constant`) or to the square of each monomial of the complete basis (`--term squares`, which makes that
the smallest eigenvalue of a Gram matrix); degrees are then 4 to 8.
"""

import argparse
import itertools
import random
import time
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from flint import fmpz_mat
from machine import describe_machine
from threadpoolctl import threadpool_limits

import nsos_jax as nsos
from nsos_jax.certificates import SosCertificate
from nsos_jax.proofs import GramSystem, complete_basis
from nsos_jax.proofs.faces import prove_on_faces

Row = list[int]
RADICANDS = (2, 3, 5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="the first draw")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--faces", action="store_true", help="faces alone, on the complete basis")
    parser.add_argument("--time-limit", type=float, default=60.0)
    parser.add_argument("--above", type=int, help="decimal digits")
    parser.add_argument("--term", choices=("constant", "squares"), default="squares")
    options = parser.parse_args()
    print(describe_machine("nsos-jax", "numpy", "scipy", "python-flint"), flush=True)
    counts: Counter[str] = Counter()
    seconds = []
    for index in range(options.first, options.first + options.count):
        rng = random.Random(f"{options.seed}:{index}")
        if options.above is None:
            name, polynomial = planted(rng)
        else:
            name, polynomial = planted(rng, (2, 3, 4))
            polynomial = raised(polynomial, Fraction(1, 10**options.above), options.term)
        started = time.process_time()
        if options.faces:
            with threadpool_limits(1, "blas"):
                answer = by_faces(polynomial, options.time_limit)
        else:
            result = nsos.certify(polynomial, nsos.CertifyOptions(time_limit=options.time_limit))
            answer = str(result.status)
        seconds.append(time.process_time() - started)
        counts[answer.split(":")[0]] += 1
        if not answer.startswith("SOS"):
            print(f"{index}: {name}: {answer}, {seconds[-1]:.1f} s", flush=True)
    print(", ".join(f"{answer} {count}" for answer, count in sorted(counts.items())))
    quartiles = np.quantile(seconds, (0.5, 0.9, 0.99, 1.0))
    print("processor seconds: median {:.2f}, 90 % {:.2f}, 99 % {:.2f}, most {:.2f}".format(*quartiles))


def by_faces(polynomial: nsos.Polynomial, time_limit: float) -> str:
    deadline = time.monotonic() + time_limit
    system = GramSystem.build(polynomial, complete_basis(polynomial, 10**6, deadline).basis)
    proof = prove_on_faces(system, deadline)
    if proof.exact is None:
        return f"open: {proof.outcome}"
    SosCertificate.create(polynomial, proof.exact.blocks(proof.system)).verify()
    return "SOS"


def planted(rng: random.Random, degrees: tuple[int, ...] = (2, 3, 4, 5)) -> tuple[str, nsos.Polynomial]:
    """A name and a sum of squares of polynomials of one of the degrees."""
    n, degree = rng.choice((2, 3, 4)), rng.choice(degrees)
    squares, size, zeros = rng.randint(2, 8), rng.choice((3, 9)), rng.randint(0, 5)
    monomials = [row for row in itertools.product(range(degree + 1), repeat=n) if sum(row) <= degree]
    conditions = list(itertools.chain.from_iterable(zero_conditions(rng, monomials, n) for _ in range(zeros)))
    space = integer_nullspace(conditions[: len(monomials) - 2], len(monomials))
    total = nsos.Polynomial.from_arrays(monomials, [0] * len(monomials))
    for _ in range(squares):
        weights = [rng.randint(-size, size) for _ in space]
        values = [sum(w * row[i] for w, row in zip(weights, space, strict=True)) for i in range(len(monomials))]
        square = nsos.Polynomial.from_arrays(monomials, values)
        total = total + square * square
    return f"n {n}, degree {2 * degree}, {squares} squares up to {size}, {zeros} zeros", total


def raised(polynomial: nsos.Polynomial, share: Fraction, term: str) -> nsos.Polynomial:
    """The polynomial and a share of its largest coefficient, at the constant or at the square of each monomial."""
    basis = complete_basis(polynomial, 10**6, time.monotonic() + 60).basis
    rows = 2 * basis if term == "squares" else 0 * basis[:1]
    largest = max(abs(numerator) for numerator in polynomial.numerators)
    return polynomial + nsos.Polynomial.from_arrays(rows, [share * largest] * len(rows))


def zero_conditions(rng: random.Random, monomials: list[tuple[int, ...]], n: int) -> Iterator[Row]:
    """What makes a polynomial vanish at a random point x + y sqrt(r): one row, two where y is not 0."""
    radicand = rng.choice(RADICANDS)
    point = [(Fraction(rng.randint(-4, 4), rng.randint(1, 3)), Fraction(0)) for _ in range(n)]
    if rng.random() < 0.5:
        point = [(x, Fraction(rng.randint(-2, 2))) for x, _ in point]
    values = [monomial_value(point, row, radicand) for row in monomials]
    for part in (0, 1):
        row = [value[part] for value in values]
        common = np.lcm.reduce([x.denominator for x in row], dtype=object)
        if any(row):
            yield [int(x * common) for x in row]


def monomial_value(point: list[tuple[Fraction, Fraction]], row: tuple[int, ...], radicand: int) -> tuple[Fraction, ...]:
    a, b = Fraction(1), Fraction(0)
    for (x, y), exponent in zip(point, row, strict=True):
        for _ in range(exponent):
            a, b = a * x + radicand * b * y, a * y + b * x
    return a, b


def integer_nullspace(rows: list[Row], width: int) -> list[Row]:
    """A reduced basis of the integer vectors that the rows annihilate."""
    if not rows:
        return [[int(i == j) for j in range(width)] for i in range(width)]
    basis, nullity = fmpz_mat(rows).nullspace()
    vectors = fmpz_mat([[basis[i, j] for i in range(width)] for j in range(nullity)]).lll()
    return [[int(x) for x in row] for row in vectors.tolist()]


if __name__ == "__main__":
    main()
