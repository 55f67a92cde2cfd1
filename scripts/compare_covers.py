"""Covers never change a right answer to a wrong one: `python scripts/compare_covers.py [--number 10000]`.

Random sparse polynomials are decided with and without covers that are finer than the lossless blocks. Statuses that
exclude each other (SOS against NOT_SOS or NEGATIVE) end the script with status 1; those that one side leaves open, or
decides where the other does not, are counted. All certificates are checked once more. Small polynomials have the same
covers as large ones, and many more of them fit into an hour: with 3 to 6 variables, about ten a second.
"""

import argparse
import random
import time
from collections import Counter
from unittest.mock import patch

import nsos_jax as nsos
from nsos_jax.bases import sparse_covers
from nsos_jax.membership import rungs

CHUNK = 100
EXCLUDED = ({"SOS", "NOT_SOS"}, {"SOS", "NEGATIVE"})


def random_polynomial(rng: random.Random, variables: tuple[int, int]) -> nsos.Polynomial:
    """Squares of two or three terms of neighbouring variables, a term less or more now and then."""
    n = rng.randint(*variables)
    names = [f"x{i}" for i in range(1, n + 1)]

    def monomial() -> str:
        first = rng.randrange(n - 1)
        chosen = [rng.choice(names[first : first + 2]) for _ in range(rng.choice((0, 1, 1, 2)))]
        return "*".join([str(rng.choice((-3, -2, -1, 1, 2, 3))), *chosen])

    parts = [f"({' + '.join(monomial() for _ in range(rng.choice((2, 3))))})^2" for _ in range(rng.randint(n, 2 * n))]
    change = rng.choice(("", "", f" + 1/{rng.randint(2, 50)}", f" - 1/{rng.randint(2, 50)}", f" + {monomial()}"))
    return nsos.Polynomial.parse(" + ".join(parts) + change)


def statuses(polynomials: list[nsos.Polynomial], seconds: float) -> list[str]:
    """The statuses, after a second check of each certificate."""
    results = nsos.certify_batch(polynomials, time_limit=seconds)
    for result in results:
        if result.certificate is not None:
            result.certificate.verify()
    return [str(result.status) for result in results]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--number", type=int, default=10_000)
    parser.add_argument("--variables", type=int, nargs=2, default=[3, 6], help="least and most")
    parser.add_argument("--minutes", type=float, default=30.0, help="of the processor")
    parser.add_argument("--time-limit", type=float, default=20.0, help="seconds per polynomial")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    pairs: Counter[tuple[str, str]] = Counter()
    covered = wrong = 0
    while sum(pairs.values()) < options.number and time.process_time() < 60 * options.minutes:
        polynomials = [random_polynomial(rng, (options.variables[0], options.variables[1])) for _ in range(CHUNK)]
        with patch.object(rungs, "SMALL_SIDE", 0), patch.object(rungs, "SPARSE_SIDE", 0):  # covers first, however small
            own = statuses(polynomials, options.time_limit)
        with patch.object(rungs, "sparse_covers", lambda basis, support: []):
            other = statuses(polynomials, options.time_limit)
        for polynomial, pair in zip(polynomials, zip(own, other, strict=True), strict=True):
            pairs[pair] += 1
            covered += bool([*sparse_covers(nsos.propose([polynomial])[0][-1], polynomial.exponents)])
            wrong += set(pair) in EXCLUDED
            if len(set(pair)) > 1:
                print(*pair, polynomial, flush=True)
        print(sum(pairs.values()), "polynomials,", wrong, "contradictions", flush=True)
    for (own_status, other_status), many in sorted(pairs.items()):
        print(f"with covers {own_status}, without {other_status}: {many}")
    unlike = sum(many for pair, many in pairs.items() if len(set(pair)) > 1)
    print(f"{sum(pairs.values())} polynomials in {time.process_time():.0f} s of the processor, {covered} with covers:")
    print(f"{wrong} contradictions, {unlike - wrong} with statuses that differ otherwise")
    raise SystemExit(wrong > 0)


if __name__ == "__main__":
    main()
