"""A batch of random cubic systems with stable linear parts: which are globally stable, which near the origin at least?

    python examples/control/random_cubics.py [--count 20] [--plot]

Each system x' = A x + quadratic terms - x^3 / 2 is asked for a Lyapunov function of degree 4 on the whole space, and
where none is found, for a region of attraction. A stable linear part does not make a system globally stable, so both
answers may occur. The proofs are saved as random_cubics.jsonl, one certificate a line, for `nsos verify`.
"""

import argparse
from collections import Counter
from fractions import Fraction
from itertools import combinations_with_replacement
from pathlib import Path

import numpy as np

import nsos_jax as nsos
from nsos_jax import control

STATES = "x y z"


def random_system(rng):
    """Three states, integers over 4 as coefficients, and cubes that pull back."""
    x = nsos.variables(STATES)
    monomials = [a * b for a, b in combinations_with_replacement(x, 2)]
    while True:
        matrix = rng.integers(-8, 9, (3, 3)) - 8 * np.eye(3, dtype=int)
        if np.linalg.eigvals(matrix).real.max() < 0:
            break
    rows = []
    for i in range(3):
        numbers = [*matrix[i].tolist(), *rng.integers(-1, 2, len(monomials)).tolist()]
        terms = [Fraction(number, 4) * term for number, term in zip(numbers, (*x, *monomials), strict=True)]
        rows.append(nsos.Polynomial.sum(terms) - x[i] ** 3 / 2)
    return control.System(lambda *_: rows, STATES)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20, help="of systems")
    parser.add_argument("--plot", action="store_true", help="write random_cubics.png of the first one")
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    found, lines, seconds = Counter(), [], 0.0
    for index in range(arguments.count):
        system = random_system(rng)
        result = control.lyapunov(system, 4)
        seconds += result.seconds
        if not result.is_asymptotic:
            result = control.region_of_attraction(system, iterations=0)
            seconds += result.seconds
        is_region = isinstance(result, control.RegionResult)
        found["a sublevel set of V is attracted" if is_region and result.level else result.conclusion] += 1
        if result.certificate is not None:
            lines.append(result.certificate.to_json().replace("\n", "") + "\n")
        if index == 0 and arguments.plot:
            from nsos_jax import plots

            plots.phase_portrait(system, result, box={"x": (-3, 3), "y": (-3, 3)}).savefig("random_cubics.png")
    for conclusion, times in found.most_common():
        print(f"{times:3} of {arguments.count}: {conclusion}")
    print(f"{seconds:.1f} s")
    Path("random_cubics.jsonl").write_text("".join(lines))


if __name__ == "__main__":
    main()
