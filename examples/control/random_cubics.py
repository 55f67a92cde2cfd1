"""A thousand random cubic systems in one batch: which are globally stable, which near the origin at least?

    python examples/control/random_cubics.py [--count 1000] [--plot]

x' = A x + quadratic terms - x^3 / 2 is one Python function of three states and of the 27 numbers that differ from
system to system. `lyapunov_family` traces it once and looks for Lyapunov functions of degree 2, and of 4 where there is
none, for all systems together: the equations of one serve all, a point inside of the cone is found from a centre that
they share, and the checker proves certificates of one shape side by side. Linear parts that are unstable are found in
exact arithmetic, and refused. A stable linear part does not make a system globally stable; where no V is found, a few
are asked for a region of attraction. The proofs are saved as random_cubics.jsonl, one certificate a line, for
`nsos verify`.
"""

import argparse
from collections import Counter
from itertools import combinations_with_replacement
from pathlib import Path

import numpy as np

from nsos_jax import control

REGIONS = 3


def field(x, y, z, *theta):
    """The right-hand side; theta has the rows of A, then the numbers of the quadratic terms, [3, 9] in all."""
    state = np.array([x, y, z], dtype=object)
    quadratic = np.array([a * b for a, b in combinations_with_replacement(state, 2)], dtype=object)
    numbers = np.array(theta, dtype=object).reshape(3, 9)
    return numbers[:, :3] @ state + numbers[:, 3:] @ quadratic - state**3 / 2


def random_numbers(rng, count):
    """Multiples of 1/4; most of the linear parts are stable."""
    linear = rng.integers(-8, 9, (count, 3, 3)) - 8 * np.eye(3, dtype=int)
    return np.concatenate([linear, rng.integers(-1, 2, (count, 3, 6))], axis=2).reshape(count, 27) / 4


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000, help="of systems")
    parser.add_argument("--plot", action="store_true", help="write random_cubics.png of the first one that is proven")
    arguments = parser.parse_args()
    thetas = random_numbers(np.random.default_rng(0), arguments.count)
    family = control.lyapunov_family(field, 4, states="x y z", parameters=27)
    result = family(thetas)
    found = Counter(one.conclusion or str(one.status) for one in result)
    for conclusion, times in found.most_common():
        print(f"{times:4} of {arguments.count}: {conclusion}")
    print(f"{result.seconds:.1f} s, {1e3 * result.seconds / max(1, len(result)):.1f} ms each, with all proofs")
    stable = [kind is control.Stability.STABLE for kind in result.stability]
    open_members = np.flatnonzero((result.status == control.ControlStatus.UNDECIDED) & stable)
    proofs = [certificate for certificate in result.certificates if certificate is not None]
    for index in open_members[:REGIONS].tolist():
        region = control.region_of_attraction(family.system(thetas[index]), iterations=0)
        print(f"system {index}: {region.conclusion or region.error}")
        proofs += [] if region.certificate is None else [region.certificate]
    if arguments.plot and proofs:
        from nsos_jax import plots

        first = next(index for index, one in enumerate(result.certificates) if one is not None)
        box = {"x": (-3, 3), "y": (-3, 3)}
        plots.phase_portrait(family.system(thetas[first]), result[first], box=box).savefig("random_cubics.png")
    Path("random_cubics.jsonl").write_text("".join(proof.to_json() + "\n" for proof in proofs))


if __name__ == "__main__":
    main()
