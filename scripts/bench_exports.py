"""Sizes of exported proofs, and what checking them takes: `python scripts/bench_exports.py [--limit SECONDS]`.

Certificates are made from known Gram matrices, so no solver is involved. Each is exported in all formats, and the SymPy
script run in a Python of its own, its start included. Where `coqc` is present (Debian's package coq) it compiles the
Rocq text; Lean is not run.
"""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from machine import describe_machine
from tables import make_console, make_table, number_above, timed

from nsos_jax import Polynomial
from nsos_jax.certificates import SosCertificate
from nsos_jax.exports import FORMATS, export

PACKAGES = "nsos-jax", "sympy", "python-flint"
MOTZKIN_ROOTS = "x^2*y - y", "x*y^2 - x", "x^2*y^2 - 1", "1/2*x*y^3 - 1/2*x^3*y"
MOTZKIN_LAST = "x*y^3 + x^3*y - 2*x*y"
"""Motzkin's polynomial times 1 + x^2 + y^2 is the sum of the squares of the roots and 3/4 times that of the last."""


def cases() -> Iterator[tuple[str, SosCertificate]]:
    """Sums of squares on the boundary of the cone and inside it, with few and with many squares."""
    yield "Motzkin (1 + x^2 + y^2)", motzkin()
    for variables, degree, count in ((3, 3, 3), (4, 2, 3)):
        yield f"{count} squares, n={variables}, degree {2 * degree}", planted(variables, degree, count, 0)
    for variables, degree in ((2, 2), (3, 2), (4, 2), (3, 3), (3, 4)):
        yield f"interior, n={variables}, degree {2 * degree}", planted(variables, degree, 60, 0)
    yield "chain, n=40, degree 4", chain(40)


def motzkin() -> SosCertificate:
    weighted = [*((1, root) for root in MOTZKIN_ROOTS), (3, f"1/2*({MOTZKIN_LAST})")]
    blocks = []
    for weight, text in weighted:
        root = Polynomial.parse(text, ["x", "y"])
        gram = weight * np.outer(root.numerators, root.numerators)
        blocks.append((root.exponents, gram, root.denominator**2))
    product = Polynomial.parse("(x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1)*(1 + x^2 + y^2)")
    return SosCertificate.create(product, blocks)


def planted(variables: int, degree: int, count: int, shift: int) -> SosCertificate:
    """`count` squares of dense polynomials of that degree with small integer coefficients, plus `shift` times the sum
    of the squares of all monomials."""
    generator = np.random.default_rng((variables, degree))
    rows = np.indices((degree + 1,) * variables).reshape(variables, -1).T
    basis = rows[rows.sum(axis=1) <= degree]
    roots = generator.integers(-3, 4, (count, len(basis)))
    gram = roots.T @ roots + shift * np.eye(len(basis), dtype=int)
    products = (basis[:, None] + basis[None]).reshape(-1, variables)
    return SosCertificate.create(Polynomial.from_arrays(products, gram.ravel()), [(basis, gram, 1)])


def chain(variables: int) -> SosCertificate:
    """The sum of (10 x_i^2 - 3 x_(i+1) + 1)^2 / 7 + (x_i - x_(i+1))^2, a block for each summand."""
    one = np.eye(variables, dtype=int)
    blocks = []
    for here, there in pairwise(one):
        blocks.append((np.array([2 * here, there, 0 * here]), np.outer([10, -3, 1], [10, -3, 1]), 7))
        blocks.append((np.array([here, there]), np.array([[1, -1], [-1, 1]]), 1))
    exponents = np.concatenate([(basis[:, None] + basis[None]).reshape(-1, variables) for basis, _, _ in blocks])
    coefficients = [Fraction(int(entry), denominator) for _, gram, denominator in blocks for entry in gram.ravel()]
    return SosCertificate.create(Polynomial.from_arrays(exponents, coefficients), blocks)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=number_above(0), default=150.0, help="seconds for one check (default 150)")
    limit = parser.parse_args().limit
    coqc = shutil.which("coqc")
    console = make_console()
    console.print(describe_machine(*PACKAGES), highlight=False)
    headers = ["terms", "squares", *(f"{name} kB" for name in FORMATS), "export s", "SymPy s", "coqc s"]
    table = make_table("Exported proofs", "polynomial", *headers)
    for name, certificate in cases():
        certificate.verify()
        seconds, texts = timed(lambda certificate=certificate: [export(certificate, word) for word in FORMATS])
        by_format = dict(zip(FORMATS, texts, strict=True))
        python = run([sys.executable, "certificate.py"], "certificate.py", by_format["sympy"], limit)
        rocq = run([coqc, "-q", "certificate.v"], "certificate.v", by_format["rocq"], limit) if coqc else "-"
        counts = str(certificate.polynomial.num_terms), str(by_format["lean"].count("sq_nonneg"))
        sizes = [f"{len(text.encode()) / 1000:.1f}" for text in texts]
        table.add_row(name, *counts, *sizes, f"{seconds / len(FORMATS):.2f}", python, rocq)
    console.print(table)


def run(command: list[str], name: str, text: str, limit: float) -> str:
    """Seconds that the command takes in a folder with the text, or how it ended."""
    with TemporaryDirectory() as folder:
        Path(folder, name).write_text(text, "utf-8")
        try:
            seconds, done = timed(lambda: subprocess.run(command, cwd=folder, capture_output=True, timeout=limit))
        except subprocess.TimeoutExpired:
            return f"> {limit:g}"
    return f"{seconds:.1f}" if done.returncode == 0 else "refused"


if __name__ == "__main__":
    main()
