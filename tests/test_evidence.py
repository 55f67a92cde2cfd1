"""Limits on complete bases are named; what the evidence proves is tested with the pipeline."""

import time

import pytest

from nsos_jax import Polynomial
from nsos_jax.evidence import complete_basis
from nsos_jax.newton import MAX_CANDIDATES, DeadlineExceeded, TooLarge

MOTZKIN = Polynomial.parse("x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1")
LARGE = Polynomial.parse(" + ".join(f"x{i}^10" for i in range(100)) + " + 1")


def test_limits_of_options_are_named():
    with pytest.raises(TooLarge, match=r"the limit is 5 \(memory_limit\)$"):
        complete_basis(MOTZKIN, 5, time.monotonic() + 60)
    with pytest.raises(DeadlineExceeded, match=r"before its deadline \(time_limit\)$"):
        complete_basis(MOTZKIN, MAX_CANDIDATES, time.monotonic() - 1)
    with pytest.raises(TooLarge, match=f"the limit is {MAX_CANDIDATES}$"):  # which no option moves
        complete_basis(LARGE, MAX_CANDIDATES, time.monotonic() + 60)
