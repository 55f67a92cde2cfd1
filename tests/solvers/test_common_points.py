"""Points inside the cone from a centre that programs share."""

import numpy as np
import pytest

from nsos_jax.solvers import WeightedBlock, common_points
from nsos_jax.solvers.blocks import entry_matrix


def stable(count, spread, seed=0):
    """Lyapunov inequalities P > I, -A'P - PA > I for matrices A [2, 2], as maps of entries."""
    rng = np.random.default_rng(seed)
    rows = np.array([[0, 1], [1, 2]])
    rhs = np.tile([-1.0, 0, -1, -1, 0, -1], (count, 1))
    free = np.zeros((count, 6, 3))
    matrices = -np.eye(2) + spread * rng.normal(size=(count, 2, 2))
    for own, matrix in zip(free, matrices, strict=True):
        own[:3] = -np.diag([1.0, 2.0, 1.0])
        for column, basis in enumerate(([[1, 0], [0, 0]], [[0, 1], [1, 0]], [[0, 0], [0, 1]])):
            lie = matrix.T @ basis + basis @ matrix
            own[3:, column] = lie[0, 0], 2 * lie[0, 1], lie[1, 1]
    return (rows, rows + 3), rhs, free, matrices


def missing(blocks, rhs, free, found):
    flat = np.concatenate([gram.reshape(len(rhs), -1) for gram in found.grams], axis=1)
    sums = (entry_matrix(blocks, rhs.shape[1]) @ flat.T).T
    return np.abs(sums + np.einsum("brk,bk->br", free, found.free) - rhs).max(axis=1) / (1 + np.abs(flat).max(axis=1))


@pytest.mark.parametrize(("count", "spread"), [(1, 0.1), (5, 0.3), (100, 0.3), (100, 1.0)])
def test_stable_members_are_inside(count, spread):
    blocks, rhs, free, matrices = stable(count, spread)
    found = common_points(blocks, rhs, free)
    hurwitz = np.linalg.eigvals(matrices).real.max(axis=1) < 0
    assert not (found.inside & ~hurwitz).any()
    assert found.inside[np.linalg.eigvals(matrices).real.max(axis=1) < -0.05].mean() > 0.9
    for gram in found.grams:
        assert (np.linalg.eigvalsh(gram[found.inside])[:, 0] > 0).all()
    assert missing(blocks, rhs, free, found)[found.inside].max() < 1e-9


def test_each_member_is_as_if_alone():
    blocks, rhs, free, _ = stable(70, 0.2)
    assert common_points(blocks, rhs, free).inside.all()
    for index in range(0, 70, 10):
        assert common_points(blocks, rhs[index : index + 1], free[index : index + 1]).inside.all()


def test_numbers_that_are_not_finite():
    blocks, rhs, free, _ = stable(6, 0.1)
    free[2, 0, 0], rhs[4, 1] = np.nan, np.inf
    assert common_points(blocks, rhs, free).inside.tolist() == [True, True, False, True, False, True]
    assert not common_points(blocks, rhs * np.nan, free).inside.any()
    assert common_points(blocks, rhs[:0], free[:0]).inside.shape == (0,)


def test_what_cannot_be_scaled_is_left_to_others():
    blocks, rhs, free, _ = stable(3, 0.1)
    assert not common_points(blocks, rhs, 0 * free).inside.any()
    assert not common_points(blocks, rhs, free[:, :, :0]).inside.any()


def test_weights():
    """s_0 + s (1 - x^2) + V' x = 0 less x^2: multipliers have several terms."""
    blocks = (np.array([[0, 1], [1, 2]]), WeightedBlock(np.array([[[0]], [[2]]]), np.array([1.0, -1.0])))
    rhs, free = np.tile([0.0, 0, -1], (4, 1)), np.zeros((4, 3, 2))
    free[:, 2, 0], free[:, 0, 1] = -np.linspace(1, 2, 4), -1.0
    found = common_points(blocks, rhs, free)
    assert found.inside.all()
    assert missing(blocks, rhs, free, found).max() < 1e-9
