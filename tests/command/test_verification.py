"""What `nsos verify` prints about a certificate: its polynomial, how much it proves, on lines that fit a terminal."""

import json

import pytest
from certificate_examples import example
from click.testing import CliRunner

from nsos_jax.certificates import Checked, NegativePointCertificate, SosCertificate, StoredCertificate, Verdict
from nsos_jax.command.cli import main
from nsos_jax.command.verification import Tally, verdict_lines, verified

HEAD = {"format": "nsos-certificate/1", "kind": "sos", "variables": ["x"]}
ONE = {"basis": [[0]], "denominator": "1", "gram": [[0, 0, "1"]]}
SOS = {**HEAD, "polynomial": [["1", [0]]], "blocks": [ONE]}
NEAR = {**SOS, "epsilon": "1/2", "of": [["1/2", [0]]]}
ZERO = {**HEAD, "polynomial": [], "blocks": []}
NEAR_ZERO = {**SOS, "epsilon": "1", "of": []}
WRONG = {**SOS, "polynomial": [["2", [0]]]}


def verify(tmp_path, *certificates):
    path = tmp_path / "r.jsonl"
    path.write_text("".join(json.dumps({"certificate": one}) + "\n" for one in certificates))
    done = CliRunner().invoke(main, ["verify", str(path)])
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done.exit_code, done.stdout.splitlines()


def test_what_proves_less_is_counted_apart(tmp_path):
    code, lines = verify(tmp_path, SOS, SOS, NEAR, ZERO, NEAR_ZERO, WRONG, None)
    assert code == 1
    assert lines[-1] == "2 holds, 1 holds for p + epsilon z'z only, 2 proves only 0 = 0, 1 FAILS, 1 missing"
    told = [line for line in lines if line.startswith(" ")]
    assert told[:3] == ["           p = 1", "           p = 1", "           p = 1/2"]
    assert told[3:] == 2 * ["           p = 0: nothing but 0 = 0 is proven"]
    assert verify(tmp_path, NEAR)[0] == 0


def test_both_lines_fit_the_terminal():
    terms = [["1", [k]] for k in range(60)]
    certificate = SosCertificate.from_dict({**HEAD, "polynomial": terms, "blocks": []})
    stored = StoredCertificate("r.jsonl:1", id="x" * 50)
    lines = list(verdict_lines(stored, Checked(Verdict.HOLDS, "sos: " + "y" * 80, certificate), 80))
    assert len(lines[0]) == 80
    assert 70 < len(lines[1]) <= 80
    assert lines[1].startswith("           p = 1 + x + x^2 + ")
    assert lines[1].endswith(" ... (60 terms)")
    assert len(next(verdict_lines(stored, Checked(Verdict.HOLDS, "y" * 80, certificate), None))) > 110
    failed = Checked(Verdict.FAILS, "y" * 80)
    assert list(verdict_lines(stored, failed, 80)) == [f"FAILS      r.jsonl:1: [{'x' * 50}] {'y' * 80}"]


def test_a_name_cannot_pass_for_a_polynomial(tmp_path):
    code, lines = verify(
        tmp_path,
        {**SOS, "variables": ["x - y"], "polynomial": [["1", [2]]]}
        | {"blocks": [{"basis": [[1]], "denominator": "1", "gram": [[0, 0, "1"]]}]},
    )
    assert (code, lines[1]) == (0, "           p = 'x - y'^2")


@pytest.mark.parametrize("error", [OverflowError("too large"), RecursionError("deep"), MemoryError("20 GiB")])
def test_an_exception_does_not_end_the_others(tmp_path, monkeypatch, error):
    def fail(self):
        raise error

    monkeypatch.setattr(NegativePointCertificate, "verify", fail)
    point = {**HEAD, "kind": "negative_point", "polynomial": [["-1", [0]]], "point": ["0"]}
    code, lines = verify(tmp_path, point, SOS)
    assert (code, lines[-1]) == (1, "1 holds, 1 FAILS")
    assert lines[0].startswith(f"FAILS      {tmp_path / 'r.jsonl'}:1: not checked, ")
    assert str(error) in lines[0]
    assert isinstance(error, MemoryError) or f"please report it: {type(error).__name__}: " in lines[0]


def test_hostile_records_end_with_a_verdict(tmp_path):
    deep = json.loads("[" * 900 + "]" * 900)
    huge = 10**3000
    path = tmp_path / "r.jsonl"
    records = [
        {"certificate": None, "status": deep, "error": deep},
        {"certificate": SOS, "status": deep},
        {"certificate": SOS, "id": huge, "note": huge},
        {"certificate": SOS, "format": "copied from the input"},
        {"certificate": deep},
    ]
    path.write_text("".join(json.dumps(one) + "\n" for one in records))
    done = CliRunner().invoke(main, ["verify", str(path)])
    assert done.exit_code == 1
    words = [line.split()[0] for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert words == ["missing", "FAILS", "holds", "holds", "FAILS", "2"]


def test_nothing_is_summed_up_for_one():
    tally = Tally()
    tally.add(*verified([StoredCertificate("r.jsonl", missing="no certificate")], None))
    assert (tally.total, str(tally)) == (1, "1 missing")


def test_programs_and_sets_are_named_below_the_verdict(tmp_path):
    names = ("program on a set", "infeasible_program", "empty_set", "lower_bound")
    code, lines = verify(tmp_path, *map(example, names))
    assert code == 0
    assert lines[1::2] == [
        "           the program in x, y for V, gamma",
        "           the program in x, y for s",
        "           the set of 2 constraints on x",
        "           p = x^2 + 2*x + y^2",
    ]
    zero = {"format": "nsos-certificate/1", "kind": "lower_bound", "variables": [], "polynomial": [], "bound": "-1"}
    block = {"basis": [[]], "denominator": "1", "gram": [[0, 0, "1"]]}
    assert verify(tmp_path, {**zero, "blocks": [block], "point": []})[1][-1] == "           p = 0"


def test_subjects_of_control(tmp_path):
    names = ("lyapunov of a pendulum", "dissipation of a map", "joint_spectral_radius")
    code, lines = verify(tmp_path, *map(example, names), example("joint_spectral_radius of one number"))
    assert code == 0
    assert [line.strip() for line in lines if line.startswith(" ")] == [
        "the continuous-time system with the states s, c, w",
        "the discrete-time system with the states x",
        "matrices of 2 x 2 entries",
        "a matrix of 1 x 1 entries",
    ]
