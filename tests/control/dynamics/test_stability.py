"""Stability of linear systems, against floats, and the exact Lyapunov equation."""

from fractions import Fraction

import numpy as np
import pytest
from numpy.random import default_rng

from nsos_jax.control.dynamics import Stability, linear_stability, lyapunov_equation
from nsos_jax.control.dynamics.stability import restricted


def exact(matrix):
    return [[Fraction(value) for value in row] for row in matrix]


@pytest.mark.parametrize("discrete", [False, True])
@pytest.mark.parametrize("seed", range(40))
def test_random_matrices_agree_with_floats(seed, discrete):
    rng = default_rng(seed)
    size = 1 + seed % 6
    matrix = rng.integers(-9, 10, (size, size)) / 8
    if not discrete and seed % 2:
        matrix = matrix - 2 * np.eye(size)
    roots = np.linalg.eigvals(matrix)
    outside = np.abs(roots) - 1 if discrete else roots.real
    if np.abs(outside).min() < 1e-6:
        pytest.skip("too near to the boundary for floats")
    expected = Stability.UNSTABLE if (outside > 0).any() else Stability.STABLE
    assert linear_stability(exact(matrix), discrete) is expected


@pytest.mark.parametrize(
    ("matrix", "discrete", "expected"),
    [
        ([[0, 1], [-1, 0]], False, Stability.CRITICAL),
        ([[0]], False, Stability.CRITICAL),
        ([[0, 1, 0], [-1, 0, 0], [0, 0, -1]], False, Stability.CRITICAL),
        ([[0, 1, 0], [-1, 0, 0], [0, 0, 1]], False, Stability.UNSTABLE),
        ([[1]], True, Stability.CRITICAL),
        ([[-1]], True, Stability.CRITICAL),
        ([[0, 1], [-1, 0]], True, Stability.CRITICAL),
        ([[-1, 0], [0, 2]], True, Stability.UNSTABLE),
        ([["1/3", 5], [0, "-1/2"]], True, Stability.STABLE),
        ([["1/1000000000000", 0], [0, -1]], False, Stability.UNSTABLE),
    ],
)
def test_known_cases(matrix, discrete, expected):
    assert linear_stability(exact(matrix), discrete) is expected


@pytest.mark.parametrize("discrete", [False, True])
def test_lyapunov_equation_is_solved_exactly(discrete):
    rng = default_rng(5)
    a = [[Fraction(int(value), 7) for value in row] for row in rng.integers(-3, 4, (4, 4))]
    p = np.array(lyapunov_equation(a, discrete), dtype=object)
    a = np.array(a, dtype=object)
    left = a.T @ p @ a - p if discrete else a.T @ p + p @ a
    assert (left == -np.eye(4, dtype=int)).all()


def test_lyapunov_equation_without_solution():
    assert lyapunov_equation(exact([[0, 1], [-1, 0]])) is None


def test_restriction_to_an_invariant_subspace():
    matrix = exact([[-1, 1, 0], [0, -2, 0], [0, 0, 7]])
    assert sorted(row[i] for i, row in enumerate(restricted(matrix, [[Fraction(0), Fraction(0), Fraction(1)]]))) == [
        -2,
        -1,
    ]
