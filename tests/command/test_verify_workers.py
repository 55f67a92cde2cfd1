"""`nsos verify --workers`: what one process says, in the same order, also when one of them dies."""

import json

import pytest
from command_runs import run

from nsos_jax.certificates import StoredCertificate, Verdict
from nsos_jax.command import verification
from nsos_jax.command.sharing import Engine
from nsos_jax.command.verification import verified_by
from nsos_jax.engines import Failure

pytestmark = pytest.mark.usefixtures("own_folder")


@pytest.fixture
def results(tmp_path):
    """Records that hold, one that claims too much, one without certificate, and a torn line."""
    texts = ["x^2 + 1", "-x^2", "x^ + 1", "x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1", *(f"x^2 + {n}" for n in range(80))]
    (tmp_path / "in.jsonl").write_text("\n".join(json.dumps({"polynomial": text}) for text in texts))
    run("certify", "in.jsonl", "-o", "out.jsonl")
    lines = (tmp_path / "out.jsonl").read_text().splitlines()
    lines[0] = lines[0].replace('"status":"SOS"', '"status":"NEGATIVE"')
    (tmp_path / "out.jsonl").write_text("\n".join([*lines, '{"id":']))


def test_verdicts_are_those_of_one_process(results):
    alone, shared = run("verify", "out.jsonl"), run("verify", "out.jsonl", "--workers", 2)
    assert alone.exit_code == shared.exit_code == 2
    assert alone.output == shared.output
    assert "82 holds, 1 FAILS, 1 missing, 1 unreadable" in shared.output


def test_what_kills_a_worker_does_not_hold(monkeypatch):
    """No verdict came back, which is not a proof."""
    monkeypatch.setattr(Engine, "answers", lambda self, items, *others: ((item, Failure("it died")) for item in items))
    [said] = verified_by(Engine(workers=2), [StoredCertificate("out.jsonl:1", values={})], None)
    assert (said.verdict, said.counted_as) == (Verdict.FAILS, Verdict.FAILS)
    assert said.lines == ("FAILS      out.jsonl:1: could not be checked: it died",)


def test_options_of_ray_need_ray():
    done = run("verify", "out.jsonl", "--address", "auto")
    assert done.exit_code == 2
    assert "--address is for --engine ray" in done.output


def test_what_is_checked_here_starts_no_process(results, monkeypatch):
    monkeypatch.setattr(verification, "schedule_by_cost", None)
    assert run("verify", "-q", "out.jsonl").exit_code == 2
