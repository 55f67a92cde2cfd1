import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nsos_jax.bases.pairs import pair_rows
from nsos_jax.sampling.planted import sample_monomials
from nsos_jax.solvers.batch import SosSolver, solve_batch
from nsos_jax.solvers.iterations import acceleration, admm, chunks, interior
from nsos_jax.solvers.iterations.normal_form import normalise
from nsos_jax.solvers.options import SolverOptions
from nsos_jax.solvers.packing import Bucket, pack
from nsos_jax.solvers.problem import margin_problem
from nsos_jax.solvers.status import SolverStatus


def planted(truth, basis, seed=0):
    """Q = G G' of full rank, or with z'Qz = 0 or < 0 for the monomials z at a point of signs."""
    rng = np.random.default_rng(seed)
    z = np.prod(rng.choice((-1, 1), basis.shape[1]) ** basis, axis=1).astype(float)
    factor = rng.integers(-5, 6, (len(basis), len(basis))).astype(float)
    if truth != "feasible":
        factor -= np.outer(z, z @ factor) / len(basis)
    gram = factor @ factor.T
    gram *= len(basis) / np.trace(gram)
    if truth == "infeasible":
        gram -= 0.1 * np.outer(z, z) / len(basis)
    rows = pair_rows(2 * basis, basis).rows
    return margin_problem((rows,), np.bincount(rows.ravel(), gram.ravel()))


def shares_of(residuals):
    with jax.enable_x64(True):
        return np.asarray(acceleration.combination(jnp.asarray(residuals)[:, None, None]))[:, 0]


def test_the_combination_of_a_spiral_is_its_centre():
    """Of rotations that shrink by 1 %: seven points end what would take hundreds of iterations."""
    rng = np.random.default_rng(0)
    blocks = [0.99 * np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]) for a in (0.5, 1.0)]
    matrix = np.kron(np.diag([1.0, 0.0]), blocks[0]) + np.kron(np.diag([0.0, 1.0]), blocks[1])
    centre = rng.normal(size=4)
    points = [centre + rng.normal(size=4)]
    for _ in range(7):
        points.append(centre + matrix @ (points[-1] - centre))
    points = np.array(points)
    shares = shares_of(np.diff(points, axis=0).reshape(-1, 2, 2))
    assert shares.sum() == pytest.approx(1)
    after = np.linalg.norm(shares @ points[1:] - centre)
    assert after < 1e-3 * np.linalg.norm(points[-1] - centre)


def test_residuals_of_zero_have_equal_shares():
    np.testing.assert_allclose(shares_of(np.zeros((7, 2, 2))), 1 / 7)


def test_a_bad_extrapolation_is_thrown_away(monkeypatch):
    """Then the chunk is ADMM's own iterations."""
    with jax.enable_x64(True):
        problem = planted("infeasible", np.random.default_rng(1).permutation(np.indices((4, 4)).reshape(2, -1).T))
        batch, _ = normalise(pack([problem], Bucket.of(problem), 1, [None]))
        start = admm.init(batch)
        plain, step = start, jax.jit(admm.step)
        for _ in range(8):
            plain = step(batch, plain)
        for wrong in (1e3, np.nan):
            monkeypatch.setattr(acceleration, "combination", lambda r, by=wrong: jnp.full(r.shape[:2], by))
            got = acceleration.advance(batch, start, 10, "auto")
            jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-12), got, plain)


@pytest.mark.parametrize("truth", ["infeasible", "boundary"])
def test_a_dense_basis_that_spirals(truth):
    """All 126 monomials of degree up to 4 in 5 variables: plain iterations take hundreds for the first."""
    problem = planted(truth, sample_monomials(np.random.default_rng(0), 5, 4, 126))
    options = SolverOptions(max_iterations=300, phase=1000, precision="float64", boundary_gap=1e-8)
    (solution,) = solve_batch([problem], options)
    assert solution.status.name.lower() == truth
    assert solution.iterations <= 150


def test_large_matrices_go_on_in_float64_without_second_order():
    rng = np.random.default_rng(2)
    problem = planted("boundary", sample_monomials(rng, 6, 5, 258))
    (solution,) = solve_batch([problem], SolverOptions(max_iterations=60, boundary_gap=1e-8))
    assert problem.sizes[0] > chunks.LARGE_SIDE
    assert solution.lower <= 0 <= solution.upper
    assert solution.status is SolverStatus.BOUNDARY or solution.iterations == 60
    assert solution.upper - solution.lower < 1e-2


def test_planted_infeasible_problems_are_decided():
    bases = [sample_monomials(np.random.default_rng(seed), 3, 4, 16) for seed in range(64)]
    solutions = solve_batch([planted("infeasible", basis, seed) for seed, basis in enumerate(bases)])
    assert {solution.status for solution in solutions} == {SolverStatus.INFEASIBLE}
    assert max(solution.iterations for solution in solutions) <= 100


def test_an_interior_is_searched_even_where_luck_gave_a_first_bound(monkeypatch):
    """Its absence kept the bracket open for good where the first moments happened to be in the cone."""
    called, call = [], SosSolver._call

    def lucky(self, function, *arrays, **options):
        called.append(function)
        found = call(self, function, *arrays, **options)
        if function is not chunks.init:
            return found
        batch, state, best = found
        bounds = best.bounds._replace(upper=jnp.full_like(best.bounds.upper, 1e3))
        return batch, state, dataclasses.replace(best, bounds=bounds)

    monkeypatch.setattr(SosSolver, "_call", lucky)
    (solution,) = solve_batch([planted("infeasible", sample_monomials(np.random.default_rng(0), 3, 4, 16))])
    assert solution.status is SolverStatus.INFEASIBLE
    assert interior.search in called
