"""Atoms from moments."""

from itertools import product

import numpy as np
import pytest

from nsos_jax.programs.bounds import MomentMatrix, atoms_of


def moments_of(points, weights, degree):
    """Of sum_j weights[j] times the point measure at points[j], up to a degree."""
    points = np.asarray(points, float)
    rows = (row for row in product(range(degree + 1), repeat=points.shape[1]) if sum(row) <= degree)
    return {row: float(np.prod(points**row, axis=1) @ weights) for row in rows}


@pytest.mark.parametrize(
    "points",
    [
        [[0.5, -2.0]],
        [[1.0, 2.0], [-1.0, 0.25]],
        [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]],
        [[100.0, 0.01], [-50.0, 0.02], [10.0, -0.05]],
    ],
)
def test_atoms_come_back(points):
    weights = np.arange(1.0, len(points) + 1) / sum(range(len(points) + 1))
    found = atoms_of(moments_of(points, weights, 4), 2)
    order = [int(np.argmin(np.abs(found.points - point).sum(axis=1))) for point in np.array(points)]
    assert sorted(order) == list(range(len(points)))
    np.testing.assert_allclose(found.points[order], points, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found.weights[order], weights, rtol=1e-6)


def test_noise_is_borne():
    points = [[1.0, 2.0], [-1.0, 0.25]]
    rng = np.random.default_rng(1)
    noisy = {row: value + 1e-7 * rng.standard_normal() for row, value in moments_of(points, [0.3, 0.7], 4).items()}
    found = atoms_of(noisy, 2)
    assert np.abs(found.points - np.array(points)[::-1]).max() < 1e-2


def test_moments_of_a_normal_distribution_have_no_atoms():
    even = {0: 1.0, 1: 0.0, 2: 1.0, 3: 0.0, 4: 3.0}
    normal = {(i, j): even[i] * even[j] for i in even for j in even if i + j <= 4}
    assert atoms_of(normal, 2) is None


def test_bases_need_not_hold_all_monomials_of_a_degree():
    """Moments of the half Newton polytope of x^6 + y^2 alone."""
    basis = [(0, 0), (1, 0), (2, 0), (3, 0), (0, 1)]
    whole = moments_of([[1.0, -1.0], [2.0, 3.0]], [0.5, 0.5], 6)
    known = {tuple(map(sum, zip(a, b, strict=True))) for a in basis for b in basis}
    moments = {row: whole[row] for row in known}
    matrix = MomentMatrix.of(moments, 2)
    assert sorted(map(tuple, matrix.basis.tolist())) == sorted(basis)
    found = atoms_of(moments, 2)
    assert found is not None
    np.testing.assert_allclose(sorted(found.points.tolist()), [[1.0, -1.0], [2.0, 3.0]], atol=1e-6)


def test_moment_matrix_of_a_degree():
    matrix = MomentMatrix.of(moments_of([[2.0, 3.0]], [1.0], 4), 2, degree=1)
    assert matrix.basis.tolist() == [[0, 0], [1, 0], [0, 1]]
    assert matrix.entries.tolist() == [[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [3.0, 6.0, 9.0]]
