"""A share of `scripts/soundness.py`: no status is contradicted by its independent exact check."""

import importlib.util
from fractions import Fraction
from pathlib import Path

import pytest

import nsos_jax as nsos

SCRIPT = Path(__file__).parents[2] / "scripts" / "soundness.py"


@pytest.fixture(scope="module")
def soundness():
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.syspath_prepend(SCRIPT.parent)
    spec = importlib.util.spec_from_file_location("soundness", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    monkeypatch.undo()


def test_no_status_is_contradicted(soundness):
    cases = list(soundness.draw(7, range(144)))
    results = nsos.certify_batch(nsos.Polynomial.from_dict(terms) for _, terms, _ in cases)
    wrong = [
        (family, problem)
        for (family, terms, truth), result in zip(cases, results, strict=True)
        if (problem := soundness.contradiction(terms, truth, result))
    ]
    assert not wrong
    assert {str(result.status) for result in results} >= {"SOS", "NEGATIVE", "NOT_SOS"}


def test_the_check_can_fail(soundness):
    square = {(2,): Fraction(1)}
    proven = nsos.certify(nsos.Polynomial.from_dict(square))
    assert soundness.contradiction(square, "nonnegative", proven) is None
    assert soundness.contradiction(square, "negative", proven)
    assert soundness.contradiction({(2,): Fraction(2)}, None, proven)


def test_no_twin_is_contradicted(monkeypatch, soundness, capsys):
    monkeypatch.setattr("sys.argv", ["soundness.py", "--count", "24", "--seed", "3", "--twins", "--time-limit", "5"])
    assert soundness.main() == 0
    assert "24 polynomials, 0 wrong statuses" in capsys.readouterr().out


def test_twins_that_contradict_each_other_are_wrong(monkeypatch, soundness, capsys):
    """Each second batch, that of the twins, is answered as if it were about x^2 - 1."""
    certify_batch, calls = nsos.certify_batch, []

    def wrong(polynomials, **options):
        given = list(polynomials)
        calls.append(given)
        return certify_batch([nsos.Polynomial.parse("x^2 - 1")] * len(given) if len(calls) % 2 == 0 else given)

    monkeypatch.setattr(nsos, "certify_batch", wrong)
    monkeypatch.setattr("sys.argv", ["soundness.py", "--count", "2", "--seed", "3", "--twins"])
    assert soundness.main() == 1
    assert "WRONG: SOS, but" in capsys.readouterr().out


def test_twins_follow_from_their_polynomials(soundness):
    import random

    terms = soundness.multiply({(1, 0): Fraction(1), (0, 1): Fraction(2)}, {(1, 0): Fraction(1), (0, 1): Fraction(2)})
    kinds = {}
    for seed in range(60):
        kind, other = soundness.twin(random.Random(seed), terms)
        kinds[kind] = other
    assert len(kinds) == 5
    assert sorted(kinds["permuted"].values()) == sorted(terms.values())
    assert nsos.certify(nsos.Polynomial.from_dict(kinds["stretched"])).status is nsos.Status.SOS
