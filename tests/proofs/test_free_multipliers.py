"""Multipliers that a program finds are sums of squares, and lead to proofs where fixed ones were left out."""

import time

import numpy as np
import pytest
from flint import fmpz_mat

from nsos_jax import Polynomial, Status, certify
from nsos_jax.certificates.exact_psd import is_psd
from nsos_jax.membership import multiplied
from nsos_jax.proofs.free_multipliers import _solve, free_multipliers

MOTZKIN = Polynomial.parse("x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1")
DELZELL_LIKE = Polynomial.parse("x^4*y^2 + y^4*z^2 + z^4*x^2 - 3*x^2*y^2*z^2")


@pytest.mark.parametrize("p", [MOTZKIN, DELZELL_LIKE])
def test_multipliers_are_their_gram_matrices(p):
    found = list(free_multipliers(p, 1, np.inf))
    assert found
    for multiplier in found:
        basis, gram, denominator = multiplier.block
        assert denominator == 1
        assert is_psd(fmpz_mat(gram.tolist()))
        total = Polynomial.constant(0)
        for i, row in enumerate(gram.tolist()):
            for j, value in enumerate(row):
                total = total + Polynomial.from_arrays((basis[i] + basis[j])[None], [value], p.variables)
        assert total == multiplier.polynomial == Polynomial.parse(multiplier.name)


def test_what_has_no_multiplier_gets_none():
    """x^2 - y^2 is negative somewhere, so no sigma p is a sum of squares."""
    assert not list(free_multipliers(Polynomial.parse("x^2 - y^2"), 1, np.inf))


def test_what_is_too_large_gets_none():
    many = Polynomial.parse(" + ".join(f"x{i}^4" for i in range(60)) + " - x1*x2*x3*x4")
    started = time.monotonic()
    assert not list(free_multipliers(many, 1, started + 5))


def test_the_program_keeps_the_deadline():
    linear = np.array([[0, 0], [1, 0], [0, 1]])
    cubic = np.array([[i, j] for i in range(4) for j in range(4 - i)])
    assert _solve(MOTZKIN, linear, np.concatenate([cubic, [[2, 2], [1, 3], [3, 1]]]), np.inf) is not None
    assert _solve(MOTZKIN, linear, np.concatenate([cubic, [[2, 2], [1, 3], [3, 1]]]), time.monotonic()) is None


def test_they_come_after_the_fixed_ones(monkeypatch):
    monkeypatch.setattr(multiplied, "multipliers", lambda p: iter(()))
    result = certify(MOTZKIN, nonnegative=True)
    assert result.status is Status.NONNEGATIVE
    result.certificate.verify()
