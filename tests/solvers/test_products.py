"""Absolute values and smallest eigenvalues by matrix products, in memory and as the programs that GPUs run."""

import itertools
from typing import get_args

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import Mesh
from matrices import with_spectrum

from nsos_jax.solvers.batch import SosSolver, solve_batch
from nsos_jax.solvers.iterations import chunks, products
from nsos_jax.solvers.iterations.products import SCHEDULES, absolute_value, on_chip, smallest_eigenvalue
from nsos_jax.solvers.iterations.psd import Projection
from nsos_jax.solvers.options import SolverOptions
from nsos_jax.solvers.problem import margin_problem


@pytest.fixture(autouse=True)
def _in_double():
    with jax.enable_x64(True):
        yield


def interpret(monkeypatch):
    """Small matrices go through the programs of GPUs, run step by step."""
    monkeypatch.setattr(
        products, "_where_fastest", lambda function, *arrays, **_: on_chip(function, *arrays, interpret=True)
    )


def with_spectra(side, scales):
    """Symmetric matrices of random eigenvectors: mixed signs, one sign, many magnitudes, equal, two clusters."""
    random = np.random.default_rng(side)
    values = np.stack(
        [
            random.normal(size=side),
            np.abs(random.normal(size=side)),
            -np.abs(random.normal(size=side)),
            10.0 ** random.uniform(-16, 0, side),
            np.ones(side),
            -np.ones(side),
            np.where(np.arange(side) < side // 2, 1e-9, 1.0),
            np.where(np.arange(side) < 1, -1e-12, 1.0),
        ]
    )
    return with_spectrum(values, side) * 10.0 ** random.choice(scales, (len(values), 1, 1))


@pytest.mark.parametrize("dtype", SCHEDULES)
@pytest.mark.parametrize("side", [1, 5, 16, 24, 48])
def test_programs_of_gpus_give_the_same_absolute_values(side, dtype, monkeypatch):
    matrices = jnp.asarray(with_spectra(side, [0]), dtype).reshape(2, 4, side, side)
    expected = absolute_value(matrices)
    interpret(monkeypatch)
    got = absolute_value(matrices)
    assert (got.shape, got.dtype) == (matrices.shape, dtype)
    np.testing.assert_allclose(got, expected, atol=30 * side**0.5 * np.finfo(dtype).eps)


@pytest.mark.parametrize("side", [1, 2, 7, 16, 64])
def test_smallest_eigenvalues_are_lower_bounds_as_near_as_rounding(side):
    matrices = with_spectra(side, [-200, 0, 200])
    largest = np.abs(matrices).max(axis=(1, 2))
    size = np.linalg.norm(matrices / largest[:, None, None], axis=(1, 2))
    got = np.asarray(jax.jit(smallest_eigenvalue)(jnp.asarray(matrices), jnp.ones(matrices.shape[:-1])))
    above = (got - np.linalg.eigvalsh(matrices)[:, 0]) / largest
    assert (above >= -2e-14 * size).all()
    assert (above <= 4 * max(side, 8) * np.finfo(float).eps * size).all()


def test_programs_of_gpus_give_the_same_smallest_eigenvalues(monkeypatch):
    interpret(monkeypatch)
    matrices = with_spectra(9, [-20, 20])
    valid = np.ones(matrices.shape[:-1])
    matrices[:4, 6:] = matrices[:4, :, 6:] = valid[:4, 6:] = 0
    got = smallest_eigenvalue(jnp.asarray(matrices), jnp.asarray(valid))
    exact = [np.linalg.eigvalsh(m[:k, :k])[0] for m, k in zip(matrices, [6] * 4 + [9] * 4, strict=True)]
    np.testing.assert_array_less(np.abs(got - np.array(exact)), 2e-14 * np.linalg.norm(matrices, axis=(1, 2)))


def test_smallest_eigenvalues_of_zero_nothing_and_bad_numbers():
    matrices = np.zeros((4, 3, 3))
    matrices[2], matrices[3] = np.nan, np.inf
    valid = np.array([[1.0, 1, 0], [0, 0, 0], [1, 1, 1], [1, 1, 1]])
    zero, nothing, *bad = np.asarray(smallest_eigenvalue(jnp.asarray(matrices), jnp.asarray(valid)))
    assert zero == 0
    assert nothing == np.inf
    assert np.isnan(bad).all()


def test_smallest_eigenvalues_are_those_of_the_symmetric_part():
    matrix = np.diag([1.0, 0.5, 1e-7, -1e-7])
    matrix[2, 3], matrix[3, 2] = 1e-7, -1e-7
    assert float(smallest_eigenvalue(jnp.asarray(matrix), jnp.ones(4))) == pytest.approx(-1e-7, rel=1e-6)


@pytest.mark.parametrize("projection", get_args(Projection))
def test_bounds_of_accelerators_belong_to_their_points(projection, monkeypatch):
    """Projections of float32 are not exactly symmetric."""
    basis = np.array([e for e in itertools.product(range(3), repeat=3) if sum(e) <= 2])
    rows = np.unique((basis[:, None] + basis).reshape(-1, 3), axis=0, return_inverse=True)[1].reshape(10, 10)
    random, problems = np.random.default_rng(3), []
    for _ in range(24):  # almost on the boundary: zero at a point, lowered a little
        zero = np.prod(random.normal(size=3) ** basis, axis=1)
        factor = (np.eye(10) - np.outer(zero, zero) / (zero @ zero)) @ random.normal(size=(10, 5))
        gram = factor @ factor.T - 1e-9 * np.eye(10)
        problems.append(margin_problem((rows,), np.bincount(rows.ravel(), gram.ravel())))
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    chunks.compiled.cache_clear()
    solver = SosSolver(problems, SolverOptions(projection=projection, max_iterations=100))
    solutions = solver.run()
    chunks.compiled.cache_clear()
    for index, solution in enumerate(solutions):
        (gram,) = solver.gram(index)
        assert solution.lower <= np.linalg.eigvalsh(gram)[0] + 1e-13 * np.linalg.norm(gram)
        assert solution.upper >= problems[index].rhs @ solver.moments(index) - 1e-12 * np.linalg.norm(gram)


@pytest.mark.parametrize("dtype", SCHEDULES)
@pytest.mark.parametrize("side", [8, 48, 64])
def test_programs_compile_for_gpus(side, dtype, monkeypatch):
    """As far as a machine without one can tell."""
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    shapes = jax.ShapeDtypeStruct((3, 2, side, side), dtype), jax.ShapeDtypeStruct((3, 2, side), dtype)
    runs = [(absolute_value, shapes[:1])] + [(smallest_eigenvalue, shapes)] * (dtype == "float64")
    for function, arguments in runs:
        lowered = (
            jax.jit(lambda *given, run=function: run(*given)).trace(*arguments).lower(lowering_platforms=("cuda",))
        )
        assert "triton" in lowered.as_text()


def test_programs_of_gpus_run_on_a_mesh(monkeypatch):
    problem = margin_problem((np.array([[0, 1], [1, 2]]),), np.array([1.0, 0.5, 1.0]))
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    interpret(monkeypatch)
    chunks.compiled.cache_clear()
    mesh = Mesh(np.array(jax.devices()[:1]), ("problems",))
    (alone,), (on_mesh,) = (solve_batch([problem], SolverOptions(mesh=where)) for where in (None, mesh))
    chunks.compiled.cache_clear()
    assert on_mesh == alone
    assert alone.lower == pytest.approx(0.75, rel=0.1)
