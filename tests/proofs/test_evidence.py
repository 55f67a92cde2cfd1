"""Limits on complete bases are named; what the evidence proves is tested with the pipeline."""

import time

import pytest

from nsos_jax import Polynomial, Status, certify
from nsos_jax.bases.newton import MAX_CANDIDATES, DeadlineExceeded, TooLarge
from nsos_jax.proofs.evidence import complete_basis

MOTZKIN = Polynomial.parse("x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1")
LARGE = Polynomial.parse(" + ".join(f"x{i}^10" for i in range(100)) + " + 1")


def test_limits_of_options_are_named():
    with pytest.raises(TooLarge, match=r"the limit is 5 \(memory_limit\)$"):
        complete_basis(MOTZKIN, 5, time.monotonic() + 60)
    with pytest.raises(DeadlineExceeded, match=r"before its deadline \(time_limit\)$"):
        complete_basis(MOTZKIN, MAX_CANDIDATES, time.monotonic() - 1)
    with pytest.raises(TooLarge, match=f"the limit is {MAX_CANDIDATES}$"):  # which no option moves
        complete_basis(LARGE, MAX_CANDIDATES, time.monotonic() + 60)


def test_epsilon_is_tiny_against_every_coefficient_at_a_square():
    result = certify(Polynomial.parse("1e24*x^4 + 1e12*x^2*y^2 + 1e-24*y^4 - 1e-7*x*y^3"))  # which is SOS
    assert result.status in (Status.SOS, Status.UNDECIDED)
