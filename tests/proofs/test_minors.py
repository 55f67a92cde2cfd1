"""Minors of two monomials: what they refuse has no Gram matrix, and what is planted is never refused."""

import numpy as np
import pytest

from nsos_jax import CertifyOptions, Polynomial, Status, certify
from nsos_jax.bases import covering_candidates, peel, term_sparsity
from nsos_jax.proofs import GramSystem, Scaling, has_negative_minor
from nsos_jax.sampling import STRUCTURES, plant
from nsos_jax.solvers import SolverStatus, SosSolver


def refused(polynomial, basis):
    support = polynomial.exponents
    return has_negative_minor(len(basis), term_sparsity(basis, support), Scaling.of(polynomial).coefficients)


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("seed", range(4))
def test_planted_bases_are_never_refused(structure, seed):
    planted = plant(np.random.default_rng(seed), 4, 6, 20, structure)
    assert not refused(planted.polynomial, planted.basis)


def test_the_solver_agrees_with_every_refusal():
    count = 0
    for seed in range(8):
        polynomial = plant(np.random.default_rng(seed), 4, 8, 40, "sparse").polynomial
        order, kept = peel(polynomial.exponents, covering_candidates(polynomial.exponents))
        if refused(polynomial, order[:kept]):
            count += 1
            solver = SosSolver([GramSystem.build(polynomial, order[:kept]).problem()])
            assert solver.run()[0].status is SolverStatus.INFEASIBLE
    assert count >= 2


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("x^4 + 19/10*x^3 + x^2", False),
        ("x^4 + 2*x^3 + x^2", False),
        ("x^4 + 21/10*x^3 + x^2", True),
        ("1000000*x^4 - 2001*x^3 + x^2", True),
        ("x^4 + 3*x^2*y^2 + y^4 + 5*x^2*y", False),
    ],
)
def test_the_middle_term_may_be_twice_the_root_of_the_product(text, answer):
    polynomial = Polynomial.parse(text)
    assert refused(polynomial, covering_candidates(polynomial.exponents)) is answer
    assert not answer or certify(polynomial, CertifyOptions()).status is not Status.SOS
