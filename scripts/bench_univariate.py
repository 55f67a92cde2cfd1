"""Exact methods without a solver: `python scripts/bench_univariate.py [--limit 60]`.

Polynomials in one variable, square factors, inequalities of means. For each the answer of `certify`, who gave it, the
median seconds of that (warm) and of reading and verifying the certificate from JSON, monomials, digits of the longest
integer in it, and for one variable the seconds that SymPy takes to decide nonnegativity alone, by counting the real
roots of its squarefree factors of odd multiplicity, in a process of its own that is stopped at the limit.
"""

import argparse
import random
import re
import sys
from collections.abc import Iterator
from time import perf_counter

import sympy
from machine import answers, describe_machine
from tables import make_console, make_table, median_seconds, number_above

from nsos_jax import Certificate, Polynomial, certify

WILKINSON = "*".join(f"(x - {k})^2" for k in range(1, 21))


def dense(degree: int, digits: int) -> Polynomial:
    """A sum of two squares with random coefficients, of twice as many digits."""
    rng = random.Random(degree)
    rows = [[power] for power in range(degree // 2 + 1)]
    f, g = (Polynomial.from_arrays(rows, [rng.randint(-(10**digits), 10**digits) for _ in rows]) for _ in range(2))
    return f * f + g * g


def means(n: int) -> Polynomial:
    sizes = " + ".join(f"x{i}^{n}" for i in range(1, n + 1))
    return Polynomial.parse(f"{sizes} - {n}*" + "*".join(f"x{i}" for i in range(1, n + 1)))


def cases() -> Iterator[tuple[str, Polynomial]]:
    parse = Polynomial.parse
    yield "w = (x-1)^2 ... (x-20)^2", parse(WILKINSON)
    yield "w + 1", parse(f"{WILKINSON} + 1")
    yield "w - 1/1000", parse(f"{WILKINSON} - 1/1000")
    for degree in (50, 100, 200, 500):
        yield f"dense, degree {degree}, 100 digits", dense(degree, 50)
    negative = dense(200, 50)
    yield "the same at 200, less 2 p(0)", negative - 2 * negative.evaluate([0])
    yield "x^100 + (100 x - 1)^2", parse("x^100 + (100*x - 1)^2")
    yield "x^100 - (100 x - 1)^2", parse("x^100 - (100*x - 1)^2")
    yield "x^200 + (100 x - 1)^2", parse("x^200 + (100*x - 1)^2")
    yield "x^200 + (10^10 x - 1)^2", parse("x^200 + (10^10*x - 1)^2")
    yield "x^10000 - x^5000 + 1", parse("x^10000 - x^5000 + 1")
    yield "(x + y)^200", parse("(x + y)^200")
    yield "(x + 2y - 3z + 1)^20", parse("(x + 2*y - 3*z + 1)^20")
    for n in (6, 10, 20):
        yield f"means of {n}", means(n)


def decided_by_sympy(texts: list[str]) -> Iterator[float]:
    """Seconds per polynomial, after one that does not count."""
    for text in ["x^2 + 1", *texts]:
        poly = sympy.Poly(sympy.sympify(text.replace("^", "**")), sympy.Symbol("x"))
        started = perf_counter()
        _, factors = poly.sqf_list()
        any(odd % 2 and factor.count_roots() for factor, odd in factors)
        yield perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=number_above(0), default=60.0, help="seconds of SymPy (default 60)")
    options = parser.parse_args()
    table = make_table("Exact methods", "polynomial", "answer", "by", "s", "verify s", "basis", "digits", "SymPy s")
    for name, polynomial in cases():
        result = certify(polynomial)
        assert result.certificate is not None, result.error
        text = result.certificate.to_json()
        seconds = median_seconds(lambda p=polynomial: certify(p))
        verifying = median_seconds(lambda t=text: Certificate.from_json(t).verify())
        digits = max(map(len, re.findall(r"[0-9]+", text)))
        peer = sympy_seconds(polynomial, options.limit) if polynomial.num_variables == 1 else ""
        by = result.proposer or "a point"
        row = f"{seconds:.3f}", f"{verifying:.3f}", str(len(result.basis) or ""), str(digits), peer
        print(name, *row, file=sys.stderr)
        table.add_row(name, str(result.status), by, *row)
    console = make_console()
    console.print(describe_machine("nsos_jax", "python-flint", "sympy"))
    console.print(table)


def sympy_seconds(polynomial: Polynomial, limit: float) -> str:
    try:
        [seconds] = answers(limit, decided_by_sympy, [str(polynomial)])
    except TimeoutError:
        return f"> {limit:g}"
    return f"{seconds:.3f}"


if __name__ == "__main__":
    main()
