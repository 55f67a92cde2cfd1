"""A share of `scripts/soundness.py`: no status is contradicted by its independent exact check."""

import importlib.util
from fractions import Fraction
from pathlib import Path

import pytest

import nsos_jax as nsos

SCRIPT = Path(__file__).parents[2] / "scripts" / "soundness.py"


@pytest.fixture(scope="module")
def soundness():
    spec = importlib.util.spec_from_file_location("soundness", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_status_is_contradicted(soundness):
    cases = list(soundness.draw(7, range(270)))
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
