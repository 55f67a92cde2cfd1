"""`export` and `nsos explain --format`: what is refused, the same text each time, streams."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from certificate_examples import TEXTS, example
from click.testing import CliRunner

import nsos_jax
from nsos_jax.certificates import Certificate, NegativePointCertificate
from nsos_jax.command.cli import main
from nsos_jax.exports import FORMATS, CannotExport, export
from nsos_jax.exports.names import is_letter, is_word, safe_names
from nsos_jax.polynomials import Polynomial

EXPORTED = {
    "sos": set(FORMATS),
    "near_sos": set(FORMATS),
    "nonneg": set(FORMATS) - {"leanprover-sos"},
    "negative_point": set(FORMATS) - {"leanprover-sos", "plain"},
    "not_sos": {"sympy", "latex"},
    "not_sos_over_q": set(),
    "sos_over_field": set(),
    "lower_bound": {"latex", "plain"},
    "reach_avoid": set(),
    "state_feedback": set(),
    "lower_bound_on_set": set(),
    "empty_set": set(),
    "program": set(),
    "infeasible_program": set(),
    "program_bound": set(),
    "lyapunov": set(),
    "region_of_attraction": set(),
    "barrier": set(),
    "dissipation": set(),
    "joint_spectral_radius": set(),
}


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def run(*arguments, stdin=None):
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin)


@pytest.mark.parametrize("name", FORMATS)
def test_command_prints_what_export_returns(sos, name):
    sos["odd names"].save("one.json")
    done = run("explain", "one.json", "--format", name)
    assert done.exit_code == 0
    assert done.stdout_bytes == export(sos["odd names"], name).encode()
    assert run("explain", "-", "--format", name, stdin=Path("one.json").read_text()).stdout == done.stdout


def test_a_line_of_a_results_file(sos, negative):
    records = [
        {"status": certificate.status, "certificate": certificate.to_dict()}
        for certificate in (sos["plain"], negative["integers"])
    ]
    Path("results.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    assert "p_negative" in run("explain", "results.jsonl", "--line", 2, "--format", "lean").stdout
    assert "choose one with --line N" in run("explain", "results.jsonl", "--format", "lean").stderr


def test_text_is_the_default(sos):
    sos["plain"].save("one.json")
    assert run("explain", "one.json").stdout == run("explain", "one.json", "--format", "text").stdout
    assert "answer       p is a sum of squares" in run("explain", "one.json", "--full", "--format", "text").stdout


def test_what_does_not_hold_is_not_exported(sos, negative):
    false = NegativePointCertificate.create(Polynomial.parse("x^2 - y^2"), [1, 0])
    with pytest.raises(nsos_jax.InvalidCertificate, match="expected a negative value"):
        export(false, "lean")
    false.save("false.json")
    done = run("explain", "false.json", "--format", "lean")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("FAILS        false.json:1: point: expected a negative value")
    shorter = replace(sos["two blocks"], blocks=sos["two blocks"].blocks[:1])
    with pytest.raises(nsos_jax.InvalidCertificate):
        export(shorter, "sympy")


def test_what_has_no_text_is_refused(negative):
    negative["integers"].save("one.json")
    done = run("explain", "one.json", "--format", "leanprover-sos")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "one.json:1: leanprover-sos has no text for a certificate of kind negative_point" in done.stderr


@pytest.mark.parametrize("name", TEXTS)
def test_every_kind_has_a_text_or_is_refused(name):
    certificate = Certificate.from_dict(example(name))
    for word in FORMATS:
        if word in EXPORTED[certificate.kind]:
            assert export(certificate, word).endswith("\n")
        else:
            with pytest.raises(
                CannotExport, match=f"{word} has no text for a certificate of kind {certificate.kind}; "
            ):
                export(certificate, word)


def test_bad_options(sos):
    sos["plain"].save("one.json")
    done = run("explain", "one.json", "--format", "isabelle")
    assert done.exit_code == 2
    assert "'isabelle' is not one of 'text', 'sympy', 'lean', 'rocq', 'leanprover-sos', 'latex', 'plain'" in done.stderr
    done = run("explain", "one.json", "--format", "lean", "--full")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--full: --format lean shortens nothing" in done.stderr
    done = run("explain", "missing.json", "--format", "lean")
    assert (done.exit_code, done.stdout) == (2, "")
    with pytest.raises(
        ValueError, match="format: expected one of sympy, lean, rocq, leanprover-sos, latex, plain, got 'text'"
    ):
        export(sos["plain"], "text")
    with pytest.raises(ValueError, match="certificate: expected a Certificate, got NoneType"):
        export(None, "lean")


def test_output_is_utf8_and_may_be_closed(sos):
    sos["odd names"].save("one.json")
    command = [sys.executable, "-m", "nsos_jax", "explain", "one.json", "--format", "lean"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, capture_output=True, env=environment, check=True)
    assert done.stdout == export(sos["odd names"], "lean").encode()
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as closed:
        assert subprocess.run(command, stdout=closed, stderr=subprocess.PIPE, env=environment).returncode == 141


def test_public_name(sos):
    assert nsos_jax.export(sos["plain"], "latex") == export(sos["plain"], "latex")


def test_export_loads_neither_jax_nor_sympy(sos):
    sos["plain"].save("one.json")
    code = """
import sys
from nsos_jax import Certificate, export
export(Certificate.load("one.json"), "sympy")
print({"jax", "sympy", "scipy"} & set(sys.modules))
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout == "set()\n"


@pytest.mark.parametrize("keeps", [is_letter, is_word])
def test_names_stay_distinct(keeps):
    variables = ["x", "x1", "x_1", "v_x", "v", "v_1", "\u03b1", "\u03b2", "a b", "a-b", "a_b", "x__1", "_", "1", "for"]
    names = safe_names(variables, keeps)
    assert len(set(names)) == len(variables)
    assert all(name.isidentifier() and name.isascii() for name in names)
    assert names[:3] == ("x", "x1", "x_1")
    assert all(name == variable or name.startswith("v_") for name, variable in zip(names, variables, strict=True))
