"""The search for the largest level."""

from fractions import Fraction

import pytest

from nsos_jax.control.regions.levels import largest_level, rounded_down


@pytest.mark.parametrize("true", [Fraction(1, 3), Fraction(10**7, 7), Fraction(1, 10**6)])
@pytest.mark.parametrize("known", [True, False])
def test_the_level_is_found_from_below(true, known):
    asked = []

    def attempt(level):
        asked.append(level)
        return "proof" if level < true else None

    level, proof = largest_level(attempt, 3 * true if known else None)
    assert proof == "proof"
    assert true * (1 - Fraction(2, 10**6)) <= level < true
    assert len(asked) < 80


def test_an_upper_bound_that_is_true_is_met_at_once():
    asked = []
    level, _ = largest_level(lambda level: asked.append(level) or level, Fraction(5))
    assert len(asked) == 1
    assert 0 < 5 - level < Fraction(1, 10**6)


def test_no_level():
    assert largest_level(lambda level: None) is None
    assert largest_level(lambda level: None, Fraction(2)) is None


@pytest.mark.parametrize("value", [Fraction(2, 3), Fraction(12345678), Fraction(1, 700)])
def test_rounding_is_down(value):
    rounded = rounded_down(value, 3)
    assert value * Fraction(99, 100) < rounded <= value
