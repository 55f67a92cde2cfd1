"""What users write passes `mypy --strict`: the public names have types, and the right ones."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SNIPPET = """
from fractions import Fraction

import numpy as np
from typing_extensions import assert_type

import nsos_jax
from nsos_jax import Certificate, CertifyOptions, Polynomial, Result, Status, certify, certify_batch, lower_bound
from nsos_jax.plots import newton_polytope

p = Polynomial.parse("x^2 + 1", notation="julia")
assert_type(p + 1, Polynomial)
assert_type(2 * p**2 - p, Polynomial)
assert_type(p.evaluate([Fraction(1, 2)]), Fraction)
assert_type(p.to_text("sage"), str)
result = certify(p, CertifyOptions(time_limit=5.0))
assert_type(result, Result)
assert_type(result.status, Status)
assert_type(result.margin, tuple[float, float])
assert_type(result.squares(), list[tuple[Fraction, Polynomial]])
assert_type(result.latex(), str)
for one in certify_batch([p, p * p]):
    if one.certificate is not None:
        assert_type(one.certificate, Certificate)
        assert_type(one.certificate.verify(), str)
        assert_type(nsos_jax.export(one.certificate, "lean"), str)
bound = lower_bound(p)
assert_type(bound.lower, Fraction | None)
program = nsos_jax.SosProgram("x y")
c = program.scalar("c")
program.maximize(c)
answer = program.solve()
assert_type(answer.values["c"], Polynomial | None)
records = nsos_jax.read_results("results.jsonl")
assert_type([record.status for record in records.in_order], list[Status | None])
figure = newton_polytope(p, np.array([[0], [1]]))
certify("x^2")  # error: arg-type
p.degrees  # error: attr-defined
"""


@pytest.mark.slow
def test_a_snippet_is_strict(tmp_path):
    package = tmp_path / "shown" / "nsos_jax"
    package.mkdir(parents=True)
    for path in [*(ROOT / "nsos_jax").iterdir(), ROOT / "solvers", ROOT / "train"]:
        (package / path.name).symlink_to(path)
    snippet = tmp_path / "snippet.py"
    snippet.write_text(SNIPPET)
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache", snippet]
    environment = {**os.environ, "MYPYPATH": str(package.parent)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    lines = SNIPPET.splitlines()
    wanted = {i + 1: line.split("# error: ")[1] for i, line in enumerate(lines) if "# error: " in line}
    told = [line for line in done.stdout.splitlines() if line.startswith("snippet.py:") and ": error: " in line]
    found = {int(line.split(":")[1]): line.rsplit("[", 1)[-1].rstrip("]") for line in told}
    assert found == wanted, done.stdout
