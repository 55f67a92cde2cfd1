"""Symmetric forms: `OMP_NUM_THREADS=1 python scripts/bench_symmetric.py [--limit 20] [--only TEXT] [--quick]`.

Every form is a sum of squares. Seconds are processor time of one call of `certify`, after a call for another form, so
that all is loaded. `side` is that of the largest block of the invariant problem, `checked` the seconds of
`Certificate.verify` alone. Beside it, each in a process of its own that ends at the limit of processor seconds: the
same without the use of symmetry, and Clarabel through CVXPY on the full Gram problem, split by term sparsity, where its
status is no proof.
"""

import argparse
import threading
import time
from collections.abc import Callable, Iterator
from functools import reduce
from itertools import combinations
from math import comb
from operator import mul

import numpy as np
from machine import answers, describe_machine
from tables import make_console, make_table, number_above

from nsos_jax import Polynomial, certify
from nsos_jax.bases import closure, symmetry_of
from nsos_jax.membership import pipeline
from nsos_jax.proofs import GramSystem, complete_basis
from nsos_jax.proofs.symmetric import SymmetricSystem
from nsos_jax.solvers.reference import solve_reference

WALL = 30.0
"""How much longer on the clock than on the processor a peer may take, on a machine with other work."""
MOST_FOR_CLARABEL = 60
"""The side of a block beyond which it takes minutes."""


def variables(n: int) -> list[Polynomial]:
    return [Polynomial.parse(f"x{i + 1}") for i in range(n)]


def power_sum(n: int, k: int) -> Polynomial:
    return Polynomial.sum(x**k for x in variables(n))


def elementary(n: int, k: int, power: int = 1) -> Polynomial:
    return Polynomial.sum(reduce(mul, chosen) for chosen in combinations([x**power for x in variables(n)], k))


def muirhead(n: int, k: int) -> Polynomial:
    """The mean of x_i^2k exceeds that of the products of k squares."""
    return comb(n, k) * power_sum(n, 2 * k) - n * elementary(n, k, 2)


def maclaurin(n: int, k: int) -> Polynomial:
    """The k-th power of the mean square exceeds the mean of the products of k squares."""
    return comb(n, k) * power_sum(n, 2) ** k - n**k * elementary(n, k, 2)


def newton(n: int, k: int) -> Polynomial:
    """E_k^2 exceeds E_(k-1) E_(k+1) for the means E_k of the products of k variables."""
    first = comb(n, k - 1) * comb(n, k + 1) * elementary(n, k) ** 2
    return first - comb(n, k) ** 2 * elementary(n, k - 1) * elementary(n, k + 1)


def power_means(n: int, k: int) -> Polynomial:
    return n ** (2 * k - 1) * power_sum(n, 2 * k) - power_sum(n, 1) ** (2 * k)


def square_means(n: int, k: int) -> Polynomial:
    return n ** (k - 1) * power_sum(n, 2 * k) - power_sum(n, 2) ** k


def differences(n: int, k: int) -> Polynomial:
    return Polynomial.sum((x - y) ** (2 * k) for x, y in combinations(variables(n), 2))


def means(n: int) -> Polynomial:
    """Arithmetic and geometric."""
    return power_sum(n, 2 * n) - n * reduce(mul, (x**2 for x in variables(n)))


def inside(n: int, degree: int) -> Polynomial:
    """A random one inside the cone, with all terms of its degree and below."""
    rng = np.random.default_rng(n + degree)
    half = degree // 2
    weights = rng.integers(-3, 4, half).tolist()
    root = Polynomial.sum(c * power_sum(n, k) ** (half // k) for k, c in enumerate(weights, 1))
    return Polynomial.sum((root + x + 2 * x**half) ** 2 for x in variables(n)) + 20 * (1 + power_sum(n, 2)) ** half


FORMS: dict[str, Callable[[], Polynomial]] = {
    "n^4 p10 - p2^5, n = 6": lambda: square_means(6, 5),
    "n^4 p10 - p2^5, n = 10": lambda: square_means(10, 5),
    "Muirhead, degree 8, n = 10": lambda: muirhead(10, 4),
    "Muirhead, degree 10, n = 10": lambda: muirhead(10, 5),
    "Maclaurin, degree 8, n = 10": lambda: maclaurin(10, 4),
    "Maclaurin, degree 10, n = 10": lambda: maclaurin(10, 5),
    "Newton, degree 8, n = 10": lambda: newton(10, 4),
    "Newton, degree 10, n = 10": lambda: newton(10, 5),
    "AM-GM, degree 12, n = 6": lambda: means(6),
    "power means, degree 4, n = 10": lambda: power_means(10, 2),
    "power means, degree 6, n = 10": lambda: power_means(10, 3),
    "power means, degree 8, n = 10": lambda: power_means(10, 4),
    "power means, degree 10, n = 10": lambda: power_means(10, 5),
    "differences, degree 6, n = 10": lambda: differences(10, 3),
    "differences, degree 10, n = 10": lambda: differences(10, 5),
    "inside, degree 4, n = 10": lambda: inside(10, 4),
    "inside, degree 6, n = 6": lambda: inside(6, 6),
    "inside, degree 6, n = 10": lambda: inside(10, 6),
    "inside, degree 8, n = 10": lambda: inside(10, 8),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=number_above(0), default=20.0, help="processor seconds for each peer")
    parser.add_argument("--only", default="", help="forms whose names hold this text")
    parser.add_argument("--quick", action="store_true", help="ours alone")
    options = parser.parse_args()
    console = make_console()
    console.print(describe_machine("nsos-jax", "numpy", "python-flint", "cvxpy", "clarabel"))
    table = make_table(
        "Symmetric forms, processor seconds", "form", "basis", "side", "certify", "checked", "without", "Clarabel"
    )
    certify(power_means(9, 2))
    for name in (name for name in FORMS if options.only in name):
        polynomial = FORMS[name]()
        started = time.process_time()
        result = certify(polynomial)
        seconds = time.process_time() - started
        started = time.process_time()
        if result.certificate is not None:
            result.certificate.verify()
        checked = time.process_time() - started
        basis, side = sizes(polynomial)
        peers = ["", ""] if options.quick else [_peer(peer, name, options.limit) for peer in (without, clarabel)]
        answer = f"{seconds:.2f}" if str(result.status) == "SOS" else str(result.status)
        table.add_row(name, str(basis), str(side), answer, f"{checked:.2f}", *peers)
    console.print(table)


def sizes(polynomial: Polynomial) -> tuple[int, int]:
    """Of the complete basis, and of the largest block of the invariant problem on it."""
    basis = complete_basis(polynomial, 10**6, np.inf).basis
    symmetry = symmetry_of(polynomial)
    system = SymmetricSystem.build(symmetry.changed(polynomial), closure(basis, symmetry.generators), symmetry)
    return len(basis), max(system.sides)


def _peer(peer: Callable[..., Iterator[str]], name: str, limit: float) -> str:
    try:
        return next(answers(WALL * limit, peer, name, limit), "failed")
    except TimeoutError:
        return f"> {limit:g}"


def without(name: str, limit: float) -> Iterator[str]:
    """Ours without the stage that uses symmetry."""
    pipeline.MOST_FOR_SYMMETRY = 0
    certify(power_means(9, 2))
    yield "warm"
    yield _limited(lambda: str(certify(FORMS[name](), time_limit=WALL * limit).status), limit)


def clarabel(name: str, limit: float) -> Iterator[str]:
    """The margin problem on the complete basis, its blocks those of term sparsity."""
    polynomial = FORMS[name]()
    system = GramSystem.build(polynomial, complete_basis(polynomial, 10**6, np.inf).basis)
    yield "warm"
    if max(map(len, system.bases)) > MOST_FOR_CLARABEL:
        yield "too large"
        return
    yield _limited(lambda: solve_reference(system.problem(), "CLARABEL").status, limit)


def _limited(work: Callable[[], str], limit: float) -> str:
    """The processor seconds that work takes, and its status."""
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.append(work()), daemon=True)
    started = time.process_time()
    thread.start()
    while thread.is_alive() and time.process_time() - started < limit:
        thread.join(0.1)
    seconds = time.process_time() - started
    return f"{seconds:.2f}, {found[0]}" if found else f"> {limit:g}"


if __name__ == "__main__":
    main()
