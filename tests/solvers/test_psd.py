"""Projections onto the PSD cone, both ways, against NumPy in float64, and the schedules behind the products."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from matrices import with_spectrum

from nsos_jax.solvers.iterations.products import SCHEDULES
from nsos_jax.solvers.iterations.psd import chosen_projection, min_eigenvalue, project_psd
from nsos_jax.solvers.iterations.sign_schedule import sign_schedule

ACCURACY = {"float32": 1e-5, "float64": 1e-9}


def symmetric(shape, seed):
    matrices = np.random.default_rng(seed).normal(size=shape)
    return matrices + np.swapaxes(matrices, -1, -2)


def spectra(side, seed):
    """Rows of eigenvalues: of many magnitudes, of one sign, few large ones, a cluster at the smallest full sign."""
    random = np.random.default_rng(seed)
    wide = 10.0 ** random.uniform(-9, 0, (30, side)) * random.choice([-1, 1], (30, side))
    low_rank = np.where(np.arange(side) < 2, 1.0, 1e-7) * random.choice([-1, 1], (30, side))
    clustered = np.where(np.arange(side) == 0, 1.0, 1e-4) * random.choice([-1, 1], (30, side))
    return np.concatenate([wide, np.abs(wide), -np.abs(wide), low_rank, clustered])


@pytest.mark.parametrize("dtype", SCHEDULES)
@pytest.mark.parametrize("side", [1, 5, 16, 64])
def test_products_project_as_eigendecompositions_do(side, dtype):
    matrices = np.concatenate([symmetric((100, side, side), side), with_spectrum(spectra(side, side), side)])
    scales = 10.0 ** np.random.default_rng(side).uniform(-15, 15, len(matrices))
    with jax.enable_x64(True):
        given = jnp.asarray(matrices * scales[:, None, None], dtype)
        exact = project_psd(given.astype("float64"), "eigh")
        got = jax.jit(lambda x: project_psd(x, "products"))(given)
        assert got.dtype == dtype
        norms = np.linalg.norm(given.astype("float64"), ord=2, axis=(-2, -1))
        errors = np.linalg.norm(got - exact, ord=2, axis=(-2, -1)) / norms
    assert errors.max() < ACCURACY[dtype]


def test_products_of_zero_and_of_bad_numbers():
    with jax.enable_x64(True):
        matrices = jnp.stack([jnp.zeros((3, 3)), jnp.eye(3), jnp.full((3, 3), jnp.nan)])
        got = np.asarray(project_psd(matrices, "products"))
    np.testing.assert_array_equal(got[0], 0)
    np.testing.assert_allclose(got[1], np.eye(3), atol=1e-12)
    assert np.isnan(got[2]).all()


@pytest.mark.parametrize("dtype", SCHEDULES)
def test_schedules_reach_one(dtype):
    steps, low = SCHEDULES[dtype]
    x = np.geomspace(low, 1, 10001)
    for a, b, c in sign_schedule(steps, low):
        x = a * x + b * x**3 + c * x**5
    assert np.abs(x - 1).max() < {"float32": 1e-6, "float64": 1e-12}[dtype]


def test_each_quintic_is_the_best_of_its_interval():
    """Its error has four alternating extrema: no odd quintic is nearer to 1 (Chebyshev)."""
    ((a, b, c),) = sign_schedule(1, 0.2)
    x = np.linspace(0.2, 1, 100001)
    error = a * x + b * x**3 + c * x**5 - 1
    turns = np.flatnonzero(np.diff(np.sign(np.diff(error)))) + 1
    extrema = error[[0, *turns, -1]]
    assert len(extrema) == 4
    np.testing.assert_allclose(np.abs(extrema), np.abs(extrema[0]), rtol=1e-6)
    assert (np.sign(extrema[1:]) == -np.sign(extrema[:-1])).all()


def test_a_projection_is_chosen_for_each_size(monkeypatch):
    monkeypatch.setattr(jax, "default_backend", lambda: "cpu")
    assert chosen_projection(16, "float32") == "products"
    assert chosen_projection(16, "float64") == "eigh"
    assert chosen_projection(512, "float32") == "eigh"
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert chosen_projection(16, "float64") == chosen_projection(512, "float32") == "products"


def test_projection_is_numpys():
    matrices = np.random.default_rng(0).normal(size=(3, 2, 6, 6))
    matrices = matrices + np.swapaxes(matrices, -1, -2)
    values, vectors = np.linalg.eigh(matrices)
    expected = np.einsum("...ij,...j,...kj->...ik", vectors, np.maximum(values, 0), vectors)
    with jax.enable_x64(True):
        np.testing.assert_allclose(project_psd(jnp.asarray(matrices)), expected, atol=1e-12)


def test_projection_of_a_block_diagonal_matrix_is_block_diagonal():
    random = np.random.default_rng(1)
    a, b = (m + m.T for m in (random.normal(size=(3, 3)), random.normal(size=(2, 2))))
    whole = np.block([[a, np.zeros((3, 2))], [np.zeros((2, 3)), b]])
    with jax.enable_x64(True):
        projected, alone = np.asarray(project_psd(jnp.asarray(whole))), np.asarray(project_psd(jnp.asarray(b)))
    np.testing.assert_allclose(projected[3:, 3:], alone, atol=1e-13)
    np.testing.assert_allclose(projected[:3, 3:], 0, atol=1e-13)


@pytest.mark.parametrize("shift", [-5.0, 5.0])
def test_min_eigenvalue_ignores_padding(shift):
    random = np.random.default_rng(2)
    matrices, valid = np.zeros((2, 2, 4, 4)), np.zeros((2, 2, 4))
    expected = [np.inf, np.inf]
    for problem, index, size in [(0, 0, 4), (0, 1, 1), (1, 0, 3), (1, 1, 2)]:
        block = random.normal(size=(size, size))
        block = block + block.T + shift * np.eye(size)
        matrices[problem, index, :size, :size] = block
        valid[problem, index, :size] = 1.0
        expected[problem] = min(expected[problem], np.linalg.eigvalsh(block)[0])
    with jax.enable_x64(True):
        np.testing.assert_allclose(min_eigenvalue(jnp.asarray(matrices), jnp.asarray(valid)), expected, atol=1e-12)


def test_min_eigenvalue_ignores_empty_bins():
    matrices = np.stack([5.0 * np.eye(3), np.zeros((3, 3))])[None]
    valid = np.array([[[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]])
    with jax.enable_x64(True):
        assert min_eigenvalue(jnp.asarray(matrices), jnp.asarray(valid)).tolist() == pytest.approx([5.0])
