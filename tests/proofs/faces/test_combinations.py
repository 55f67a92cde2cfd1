"""Independent equations: both ways to combine rows span the same, and see what is inconsistent."""

import numpy as np
import pytest

from nsos_jax.proofs.faces.margin.combinations import ChosenRows, DenseCombinations

RNG = np.random.default_rng(0)
ROWS, RANK = 12, 7
MATRIX = RNG.standard_normal((ROWS, RANK)) @ RNG.standard_normal((RANK, 20))
MATRIX[3] = 0.0
INSIDE = MATRIX @ RNG.standard_normal(20)
KINDS = pytest.mark.parametrize("kind", [ChosenRows, DenseCombinations])


@KINDS
def test_equations_are_independent_and_equivalent(kind):
    combinations, outside = kind.independent(MATRIX @ MATRIX.T, INSIDE)
    assert outside < 1e-6 * np.linalg.norm(INSIDE)
    rows = np.array([combinations.combine(column) for column in MATRIX.T]).T
    assert rows.shape == (RANK, 20)
    assert np.linalg.matrix_rank(rows) == RANK
    solution = np.linalg.lstsq(rows, combinations.combine(INSIDE), rcond=None)[0]
    np.testing.assert_allclose(MATRIX @ solution, INSIDE, atol=1e-6)


@KINDS
@pytest.mark.parametrize("row", [3, 5])
def test_what_no_solution_reaches_is_seen(kind, row):
    target = INSIDE.copy()
    target[row] += 1.0
    assert kind.independent(MATRIX @ MATRIX.T, target).outside > 1e-2


@KINDS
def test_maps_belong_together(kind):
    combinations = kind.independent(MATRIX @ MATRIX.T, INSIDE).combinations
    values, weights = RNG.standard_normal(ROWS), RNG.standard_normal(RANK)
    assert combinations.by_row(weights) @ values == pytest.approx(weights @ combinations.combine(values))
    products = combinations.sandwich(MATRIX @ MATRIX.T)
    np.testing.assert_allclose(products @ combinations.solve(weights), weights, atol=1e-6)
