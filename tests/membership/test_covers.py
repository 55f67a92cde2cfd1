"""Covers in the pipeline: small overlapping blocks of sparse polynomials, and what these do not prove."""

import numpy as np
import pytest

from nsos_jax import Certificate, CertifyOptions, Polynomial, Status, certify
from nsos_jax.membership import rungs
from nsos_jax.membership.limits import check_rung
from nsos_jax.membership.rungs import Rung, Suggested
from nsos_jax.membership.tasks import Task

NOT_ON_CLIQUES = (
    "x^2 - 2*x*y + 3*y^2 - 2*x^2*y + 2*x^2*y^2 - 2*y*z + 6*z^2 + 18*y^2*z - 54*y*z^2 + 142*y^2*z^2 + 1/1000"
)
"""Wang, Magron and Lasserre, Chordal-TSSOS, example 3.5, and 1/1000: there cliques bound the minimum 0 by -0.0036."""


def rosenbrock(n, added="1"):
    return Polynomial.parse(
        f"{added} + " + " + ".join(f"100*(x{i + 1} - x{i}^2)^2 + (1 - x{i})^2" for i in range(1, n))
    )


@pytest.mark.parametrize("added", ["0", "1/10", "1"])
def test_sparse_polynomials_are_proven_on_cliques(added):
    result = certify(rosenbrock(40, added))
    assert result.status is Status.SOS
    assert result.cover == "cliques"
    assert max(map(len, result.blocks)) <= 4
    assert len(result.basis) == len(np.unique(result.basis, axis=0)) < sum(map(len, result.blocks))
    Certificate.from_json(result.certificate.to_json()).verify()


def test_the_solver_is_not_asked_where_equations_show_the_boundary():
    """x_i^2 * x_i^2, x_i^2 * y_i and y_i * y_i are squares."""
    links = (f"(x{i}^2 + {1 + i % 3}*y{i} + {i}*x{i + 1} + 1)^2" for i in range(1, 15))
    result = certify(Polynomial.parse(" + ".join([*links, "1/10"])))
    assert result.status is Status.SOS
    assert [(attempt.cover, attempt.iterations) for attempt in result.attempts] == [("cliques", 0)]


def test_what_cliques_miss_is_proven_on_the_blocks(monkeypatch):
    monkeypatch.setattr(rungs, "SPARSE_SIDE", 0)
    monkeypatch.setattr(rungs, "SMALL_SIDE", 0)
    monkeypatch.setattr(rungs, "QUICK_SECONDS", 0.0)
    result = certify(Polynomial.parse(NOT_ON_CLIQUES))
    assert result.status is Status.SOS
    assert result.cover == "blocks"
    tried = {attempt.cover: attempt.outcome for attempt in result.attempts}
    assert tried["cliques"] != "proven"
    assert tried["blocks"] == "proven"


def test_margins_are_closed_on_the_same_cover(monkeypatch):
    monkeypatch.setattr(rungs, "QUICK_SECONDS", 0.0)
    result = certify(rosenbrock(12, "1 + (1 - x12)^2"), close_margins=True)
    assert result.cover == "cliques"
    lower, upper = result.margin
    assert 0 < lower <= upper <= 1.01 * lower


def test_memory_follows_the_cover():
    """900 monomials of 300 variables are too many for one block, not for chains of three."""
    n = 300
    basis = np.concatenate([np.eye(n, dtype=np.int32) * power for power in (1, 2, 3)])
    task = Task(Polynomial.from_arrays(2 * basis, [1] * len(basis)), 60.0)
    options = CertifyOptions(memory_limit=1 << 26)
    check_rung(task, Rung(basis, "cliques", [np.arange(i, i + 3) for i in range(0, 3 * n - 2, 2)]), options)
    check_rung(task, Rung(basis), options)  # each monomial is a block of its own
    together = Rung(basis, "cliques", [np.arange(3 * n)])
    with pytest.raises(ValueError, match="memory_limit"):
        check_rung(task, together, options)


def test_covers_are_those_of_all_candidates_where_these_are_few_more():
    """Of 30 monomials and of those that a rule kept, 22 or 18; blocks are always those of what it kept."""
    basis = np.eye(30, dtype=int)
    support = np.concatenate([2 * basis, basis[:-1] + basis[1:]])
    task = Task(Polynomial.from_arrays(support, [3] * len(support)), 60.0)
    for kept, sides in ((26, [30, 26]), (rungs.SPARSE_SIDE, [30, 24]), (18, [18, 18]), (30, [30, 30])):
        suggested = Suggested([basis[:kept]], basis)
        assert sorted(len(rung.basis) for rung in rungs.rungs(task, suggested))[::-1] == sides
    assert not list(rungs.rungs(task, Suggested()))
