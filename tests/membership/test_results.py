"""What `certify` returns, as a user meets it: no truth value, short reprs, Python's numbers."""

import json
from fractions import Fraction

import numpy as np
import pytest

from nsos_jax import Attempt, CertifyOptions, Polynomial, Result, Status, certify, certify_batch, certify_stream

TEXTS = {
    "SOS": "(x^2 + y^2 - 3)^2 + (x - y)^2",
    "NEGATIVE": "x^2 - y + 1",
    "NOT_SOS": "x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1",
}


@pytest.fixture(scope="module")
def results():
    return dict(zip(TEXTS, certify_batch([Polynomial.parse(text) for text in TEXTS.values()]), strict=True))


@pytest.mark.parametrize("status", TEXTS)
def test_results_are_neither_true_nor_false(results, status):
    assert results[status].status == status
    for ask in (bool, lambda result: not result, lambda result: result and 1):
        with pytest.raises(TypeError, match=rf"ask result\.status, here <Status\.{status}: '{status}'>"):
            ask(results[status])


@pytest.mark.parametrize("status", TEXTS)
def test_reprs_are_one_short_line(results, status):
    result = results[status]
    assert repr(result).startswith(f"<Result: {status}, ")
    for shown in (result, result.polynomial, result.certificate, *result.attempts):
        assert len(repr(shown)) <= 110
        assert "\n" not in repr(shown)
        assert "array" not in repr(shown)


def test_reprs_of_many_blocks_and_long_names_are_short():
    attempt = Attempt("peel", 3000, (1,) * 3000, "proven", 10)
    p = Polynomial.parse(f"{'x' * 90}^2 + {'y' * 90}^2")
    result = Result(p, Status.SOS, blocks=tuple(k * np.eye(2, dtype=np.int32) for k in range(1, 501)))
    assert repr(p) == "<Polynomial: 2 terms, 2 variables, degree 2>"
    assert repr(result) == "<Result: SOS, 2 terms, 2 variables, basis of 1000 monomials>"
    assert len(repr(attempt)) < 100


@pytest.mark.parametrize("status", TEXTS)
def test_public_values_are_numbers_of_python(results, status):
    result = results[status]
    assert [type(bound) for bound in result.margin] == [float, float]
    assert {type(value) for value in result.seconds.values()} == {float}
    for attempt in result.attempts:
        assert {type(n) for n in (attempt.basis_size, attempt.iterations, *attempt.block_sizes)} == {int}
    assert result.basis.dtype.kind == "i"
    json.dumps([result.margin, result.seconds, str(result.status), result.to_record()])


def test_squares_and_points_are_of_use(results):
    squares = results["SOS"].squares()
    assert {type(weight) for weight, _ in squares} == {Fraction}
    assert Polynomial.sum(weight * square**2 for weight, square in squares) == results["SOS"].polynomial
    assert results["SOS"].certificate.squares() == squares
    point = results["NEGATIVE"].certificate.point
    assert results["NEGATIVE"].polynomial.evaluate(point) < 0
    assert json.loads(json.dumps([str(value) for value in point]))
    assert np.array(point, float).shape == (2,)


def test_equal_answers_are_other_results(results):
    """Comparing results does not compare arrays; an answer is compared by its parts."""
    again = certify(results["SOS"].polynomial)
    assert again != results["SOS"]
    assert again.status is results["SOS"].status
    assert len({again, results["SOS"]}) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"time_limit": "10"}, "time_limit must be a positive number of seconds, got '10'"),
        ({"time_limit": None}, "time_limit must be a positive number of seconds, got None"),
        ({"time_limit": float("nan")}, "time_limit must be a positive number of seconds, got nan"),
        ({"ratio": "a"}, "ratio must be a finite number above 1, got 'a'"),
        ({"max_iterations": 10.0}, "max_iterations must be an integer of at least 1, got 10.0"),
        ({"memory_limit": 1e9}, "memory_limit must be a positive integer of bytes or text with a unit"),
        ({"seed": -1}, "seed must be an integer of at least 0, got -1"),
        ({"proposers": "peel"}, "proposers must be a sequence of names, got the text 'peel'"),
    ],
)
def test_options_that_say_nothing_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        CertifyOptions(**options)


def test_options_take_numbers_of_numpy():
    options = CertifyOptions(
        seed=np.int64(3), max_iterations=np.int32(100), time_limit=np.float32(5), ratio=np.float64(2)
    )
    assert certify(Polynomial.parse("x^2 + 1"), options).status is Status.SOS


def test_calls_that_mix_up_one_and_many_are_named():
    p = Polynomial.parse("x^2")
    with pytest.raises(TypeError, match="expected several polynomials, got one: certify takes one"):
        certify_batch(p)
    with pytest.raises(TypeError, match="expected several polynomials, got one"):
        next(certify_stream(p))
    with pytest.raises(TypeError, match="expected polynomials, got list"):
        certify([p])
    with pytest.raises(TypeError, match="options: got dict, wanted CertifyOptions"):
        certify(p, {"time_limit": 10})
