"""Inputs that once went wrong: crashes, answers changed by a neighbour, margins and epsilons that promised too much."""

import math
from fractions import Fraction

import numpy as np
import pytest

from nsos_jax import Certificate, CertifyOptions, ParseError, Polynomial, Status, certify, certify_batch
from nsos_jax.bases.coverage import covering_candidates
from nsos_jax.bases.newton import TooLarge
from nsos_jax.certificates.data import BeyondLimits
from nsos_jax.certificates.kinds.near_sos import NearSosCertificate
from nsos_jax.membership import asking, search

parse = Polynomial.parse
HUGE = 10**1000


def test_a_hopeless_neighbour_changes_nothing():
    rng = np.random.default_rng(0)
    halves = np.unique(rng.integers(0, 8, (500, 6)), axis=0)
    products = halves[rng.integers(0, len(halves), (2, 4000))].sum(axis=0)
    rows = np.unique(np.concatenate([2 * halves, products]), axis=0)
    hopeless = Polynomial.from_arrays(rows, np.where((rows % 2).any(axis=1), -1, 1).tolist())
    small = parse("x^4 + x^3*y + y^4 + x^2*y/3 - x*y/2 + x + 1/2 + y^2*x/5")
    options = CertifyOptions(time_limit=20.0, memory_limit=8 << 20)
    alone = certify(small, options)
    beside = certify_batch([hopeless, small], options)
    assert alone.status is beside[1].status is Status.NEGATIVE
    assert beside[0].status is Status.UNDECIDED
    assert "limit" in beside[0].error


@pytest.mark.parametrize(
    "text",
    [
        "x^4 + y^4 + 1 + x^2 + y^2 + 1e-30*x^2*y^2 + 1e-20*x*y + x/3",
        f"x^4 + x^2*y^2/{HUGE + 7} + y^4 + x*y/{HUGE + 9} + 1",
        "1e400*((x^2 - y)^2 + (y^2 - x)^2 + 1)",
        "1e-400*((x^2 - y)^2 + (y^2 - x)^2 + 1)",
        "1e-400*x^4 + 1e-400*x^2 + 1e-400*x + 1e-400",
        "1e-400*(x^2 + x*y + y^2 + 1)^2",
    ],
)
def test_extreme_coefficients_do_not_hide_an_interior(text):
    result = certify(parse(text))
    assert result.status is Status.SOS
    assert Certificate.from_json(result.certificate.to_json()).verify().startswith("sos")


@pytest.mark.parametrize("text", ["x^2 + 1 - 1e-300*x^4", "-1", "1e20*w^2 + (x^2 - 2)^2*(x^2 + x + 1)^2 - 1e-9*x^2"])
def test_negative_values_far_out_or_hidden_by_scale(text):
    assert certify(parse(text)).status is Status.NEGATIVE


def test_epsilon_is_small_against_every_block():
    """w^2 must not lend its size to the block of x, where p is not known to be nonnegative."""
    p = parse("1e14*w^2 + (x^2 - 2)^2*(x^2 + x + 1)^2 + 1e-12")
    result = certify(p)
    if result.status is Status.NEAR_SOS:
        assert isinstance(result.certificate, NearSosCertificate)
        assert result.certificate.epsilon < Fraction(1, 1000)


@pytest.mark.parametrize(
    "text",
    [
        "9*x^6 - 24*x^5 + 10*x^4 - 11999999999992*x^3 + 16000000000001*x^2 + 4000000000000*x + 4" + "0" * 24,
        "1e400*x^4 + 1e400*x^2 + 1e400*x + 1e400",
        "(x^2 - 2)^2*(x^2 + x + 1)^2",
    ],
)
def test_margins_are_ordered(text):
    lower, upper = certify(parse(text)).margin
    assert lower <= upper
    assert not math.isnan(lower + upper) or lower == -upper


@pytest.mark.parametrize("memory_limit", [1, 1 << 10, 1 << 20])
def test_tiny_memory_is_a_reason_not_a_crash(memory_limit):
    texts = ("1", "0", "x^2 + 1", "(x^2 - 2)^2 + (y^2 - x)^2 + x*y/9")
    for result in certify_batch(map(parse, texts), CertifyOptions(memory_limit=memory_limit)):
        assert result.status is not Status.UNDECIDED or result.error


def test_names_that_a_certificate_cannot_hold_are_refused():
    with pytest.raises(ParseError, match="150 characters"):
        parse("a" * 150 + "^2 + 1")


@pytest.mark.parametrize(
    "options", [{"ratio": math.inf}, {"seed": 1.5}, {"seed": -1}, {"proposers": "peel"}, {"proposers": ()}]
)
def test_options_name_what_is_wrong(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        CertifyOptions(**options)


def test_anything_but_a_polynomial_is_refused():
    with pytest.raises(TypeError, match=r"Polynomial\.parse"):
        certify("x^2 + 1")


def test_many_variables_do_not_fill_the_memory(monkeypatch):
    """The products of all candidates would hold 2 GB, those of a cover do not."""
    monkeypatch.setattr(asking, "asking_pays", lambda sizes, ready: [True] * len(sizes))
    n, k, inner = 1500, 400, 30  # more inner terms than are tried as circuits
    rows = np.zeros((k + inner, n), np.int32)
    rows[range(k), range(k)] = 2
    for i in range(inner):
        rows[k + i, i : i + 2] = 1
    polynomial = Polynomial.from_arrays(rows, [1] * k + [-1] * inner)
    (result,) = certify_batch([polynomial], CertifyOptions(memory_limit=1 << 30, time_limit=20.0))
    assert result.status is Status.SOS
    assert result.cover


def test_thousands_of_terms_without_cover_are_given_up(monkeypatch):
    """Once this took minutes, whatever the time limit."""
    monkeypatch.setattr("nsos_jax.bases.coverage.MOST_VOTES", 1 << 26)
    random = np.random.default_rng(0)
    squares = np.concatenate([40 * np.eye(5, dtype=np.int32), np.zeros((1, 5), np.int32)])
    odd = random.integers(0, 8, (10_000, 5), np.int32)
    terms = np.unique(np.concatenate([squares, odd[(odd % 2).any(axis=1)]]), axis=0)
    with pytest.raises(TooLarge, match="terms are not covered"):
        covering_candidates(terms)


@pytest.mark.parametrize("error", [MemoryError("no memory"), ZeroDivisionError("by zero"), BeyondLimits("too much")])
def test_a_failure_on_faces_ends_one_look(monkeypatch, error):
    def fails(*arguments):
        raise error

    monkeypatch.setattr(search, "prove_on_blocks", fails)
    scheiderer = parse("x^4 + x*y^3 + y^4 - 3*x^2*y*z - 4*x*y^2*z + 2*x^2*z^2 + x*z^3 + y*z^3 + z^4")
    first, second = certify_batch([scheiderer, parse("x^2 + y^2 + 1")])
    assert second.status is Status.SOS
    assert first.status in (Status.NOT_SOS, Status.NEAR_SOS, Status.UNDECIDED)
