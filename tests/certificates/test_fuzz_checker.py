"""A short form of `scripts/fuzz_checker.py`, and that it would notice what it looks for."""

import itertools
import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from nsos_jax.certificates import InvalidCertificate, SosCertificate

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture
def scripts(monkeypatch):
    """The modules `fuzz_cases` and `fuzz_checker`."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    monkeypatch.setattr(sys, "path", list(sys.path))
    digits = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    import fuzz_cases
    import fuzz_checker

    yield fuzz_cases, fuzz_checker
    sys.set_int_max_str_digits(digits)


def test_a_thousand_small_cases(scripts, monkeypatch):
    fuzz_cases, fuzz_checker = scripts
    monkeypatch.setattr(fuzz_cases, "LARGE_EVERY", 10**9)
    counts: Counter[tuple[str, str]] = Counter()
    for case in itertools.islice(fuzz_cases.cases(random.Random(14)), 1000):
        outcome = fuzz_checker.check(case)
        assert outcome not in fuzz_checker.BAD, (case.family, case.text)
        counts[case.family, outcome] += 1
    for kind in fuzz_cases.KINDS:
        assert counts[f"{kind}, valid", "true"] > 10
        assert counts[f"{kind}, mutated", "refused"] > 40


def test_the_command_prints_its_table(tmp_path):
    command = [sys.executable, str(SCRIPTS / "fuzz_checker.py"), "--seconds", "4", "--seed", "5", "--workers", "1"]
    run = subprocess.run([*command, "--keep", str(tmp_path)], capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[-1].startswith("all ")
    assert not list(tmp_path.iterdir())


def test_it_notices(scripts, monkeypatch):
    fuzz_cases, fuzz_checker = scripts
    wrong = """{"format": "nsos-certificate/1", "kind": "sos", "variables": [], "polynomial": [["-1", []]],
        "blocks": [{"basis": [[]], "denominator": "1", "gram": [[0, 0, "-1"]]}]}"""
    right = json.dumps({**json.loads(wrong), "polynomial": [], "blocks": []})
    assert fuzz_checker.check(fuzz_cases.Case("x", wrong)) == "refused"
    monkeypatch.setattr(SosCertificate, "verify", lambda self: "all is well")
    assert fuzz_checker.check(fuzz_cases.Case("x", wrong)) == "FALSE"
    assert fuzz_checker.check(fuzz_cases.Case("x", wrong, large=True)) == "FALSE"

    def refuse(self):
        raise InvalidCertificate("no")

    monkeypatch.setattr(SosCertificate, "verify", refuse)
    assert fuzz_checker.check(fuzz_cases.Case("x", right, valid=True)) == "valid refused"


@pytest.mark.parametrize("death", ["raise OverflowError", "os.abort()", "signal.pause()"])
def test_a_crash_is_counted_and_kept(tmp_path, death):
    code = f"""
import os, signal, sys
sys.path.insert(0, {str(SCRIPTS)!r})
import fuzz_checker
def check(case):
    {death}
fuzz_checker.check = check
sys.exit(fuzz_checker.main(["--seconds=3", "--workers=1", "--case-seconds=1", "--keep", {str(tmp_path)!r}]))
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=600)
    assert run.returncode == 1, run.stderr
    assert "bad cases, kept in" in run.stderr
    assert list(tmp_path.iterdir())
