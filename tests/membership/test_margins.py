"""Margins closed from both ends."""

import pytest

from nsos_jax import CertifyOptions, Polynomial, certify, certify_batch

PALINDROME = "x^4 + x^3 + x^2 + x + 1"
"""Q(s) = [[1, 1/2, -s], [1/2, 1 + 2s, 1/2], [-s, 1/2, 1]] has the eigenvalues 1 + s and 1 + s/2 -+ sqrt(9s^2 + 2)/2;
the least is largest at s = 1/6."""
KNOWN = {PALINDROME: 1 / 3, f"1000*({PALINDROME})": 1000 / 3, f"{PALINDROME} + y^2": 1 / 3}


def test_closed_margins_hold_the_known_ones():
    results = certify_batch(map(Polynomial.parse, KNOWN), close_margins=True)
    for known, result in zip(KNOWN.values(), results, strict=True):
        lower, upper = result.margin
        assert upper - lower <= 1e-6 * upper, result.polynomial
        assert lower <= known * (1 + 1e-9), result.polynomial
        assert known * (1 - 1e-9) <= upper, result.polynomial


def test_margins_are_those_of_the_variables_of_p():
    """The solver scales variables; the margin is closed in those that were given."""
    lower, upper = certify(Polynomial.parse("(8*x)^4 + (8*x)^3 + x^2 + y^4 + x + y + 3"), close_margins=True).margin
    assert 0 < lower <= upper <= lower * (1 + 1e-6)


def test_a_margin_of_zero_is_narrowed():
    lower, upper = certify(Polynomial.parse("(x + y)^2 + (x - 2)^4"), close_margins=True).margin
    assert 0 <= lower <= upper < 1e-8


def test_without_it_the_ends_are_left():
    lower, upper = certify(Polynomial.parse(f"{PALINDROME} + y^2")).margin
    assert upper - lower > 1e-6 * upper


def test_answers_other_than_sos_keep_their_margin():
    motzkin = Polynomial.parse("x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1")
    assert certify(motzkin, close_margins=True).margin == certify(motzkin).margin


def test_a_unique_gram_matrix_is_closed_without_a_solver():
    lower, upper = certify(Polynomial.parse("2*x^2 + 2*x + 2"), close_margins=True).margin
    assert lower <= 1 <= upper
    assert upper - lower < 1e-6


def test_close_margins_is_refused_unless_it_is_a_truth_value():
    with pytest.raises(ValueError, match="close_margins must be True or False, got 'yes'"):
        CertifyOptions(close_margins="yes")
