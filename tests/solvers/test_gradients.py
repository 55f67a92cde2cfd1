"""Values as JAX functions: against the solver, finite differences, and under jit, vmap and grad."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from program_cases import bounded_program

from nsos_jax.solvers import gradients
from nsos_jax.solvers.batch import SosSolver
from nsos_jax.solvers.gradients import margin_function, value_function
from nsos_jax.solvers.options import SolverOptions
from nsos_jax.solvers.problem import margin_problem
from nsos_jax.solvers.programs import solve_programs

pytestmark = pytest.mark.usefixtures("quick_compilation")

HANKEL = np.add.outer(np.arange(3), np.arange(3))
RHS = np.array([[3.0, 1.0, 3.0, -1.0, 2.0], [1.0, 0.5, -3.0, 0.2, 1.0], [2.0, 0.0, 1.0, 0.0, 3.0]])


@pytest.fixture(autouse=True)
def float64():
    with jax.enable_x64(True):
        yield


@pytest.fixture(scope="module")
def margin():
    return margin_function((HANKEL,))


def test_margins_are_those_of_the_solver(margin):
    solver = SosSolver([margin_problem((HANKEL,), b) for b in RHS], SolverOptions(close_margins=True, tolerance=1e-9))
    middles = [(s.lower + s.upper) / 2 for s in solver.run()]
    np.testing.assert_allclose(jax.jit(jax.vmap(margin))(RHS), middles, atol=1e-7)


def test_the_gradient_of_a_margin_is_that_of_finite_differences(margin):
    direction = np.random.default_rng(0).normal(size=RHS.shape)
    slopes = jax.jit(jax.vmap(jax.grad(margin)))(RHS)
    ahead, behind = (jax.vmap(margin)(RHS + sign * 1e-5 * direction) for sign in (1, -1))
    np.testing.assert_allclose((slopes * direction).sum(axis=1), (ahead - behind) / 2e-5, atol=1e-4)


def test_gradients_in_all_data():
    program = bounded_program(5)
    data = program.rhs, program.free, program.cost
    value = jax.jit(value_function(program.blocks))
    (solution,) = solve_programs([program], SolverOptions(tolerance=1e-9))
    assert value(*data) == pytest.approx(solution.lower, rel=1e-6)
    slopes = jax.grad(value, argnums=(0, 1, 2))(*data)
    random = np.random.default_rng(0)
    for index, slope in enumerate(slopes):
        direction = random.normal(size=slope.shape)
        moved = [[d + sign * 1e-5 * direction if i == index else d for i, d in enumerate(data)] for sign in (1, -1)]
        difference = (value(*moved[0]) - value(*moved[1])) / 2e-5
        assert (slope * direction).sum() == pytest.approx(float(difference), rel=1e-3, abs=1e-4)


def test_what_has_no_value_is_not_a_number():
    infeasible = value_function((np.array([[0]]),), max_iterations=300)
    assert jnp.isnan(infeasible(jnp.array([-1.0]), jnp.array([[1e-9]]), jnp.array([1.0])))


def test_no_value_has_no_gradient():
    """max x^4 coefficient: unbounded."""
    value, slope = jax.value_and_grad(value_function((HANKEL,), max_iterations=50), argnums=2)(
        jnp.ones(5), jnp.eye(5)[:, 4:], jnp.ones(1)
    )
    assert jnp.isnan(value)
    assert jnp.isnan(slope).all()


def test_data_of_zero(margin):
    value, slope = jax.value_and_grad(margin)(jnp.zeros(5))
    assert value == 0
    assert slope @ np.array([1.0, 0, 1, 0, 1]) == pytest.approx(1.0)
    least = value_function((HANKEL,))
    constant = jnp.eye(5)[:, :1]
    assert least(jnp.zeros(5), constant, -jnp.ones(1)) == pytest.approx(0.0, abs=1e-9)
    assert least(jnp.array([0.0, 1, -3, 0, 1]), constant, jnp.zeros(1)) == pytest.approx(0.0, abs=1e-9)


def test_bad_calls_name_what_is_wrong(margin):
    with pytest.raises(ValueError, match="tolerance must be finite"):
        margin_function((np.array([[0]]),), tolerance=-1.0)
    with pytest.raises(ValueError, match="max_iterations must be positive"):
        margin_function((np.array([[0]]),), max_iterations=0)
    with pytest.raises(ValueError, match="at least one PSD block"):
        margin_function(())
    with pytest.raises(ValueError, match=r"rhs must have shape \(5,\)"):
        margin(jnp.ones(4))
    with pytest.raises(ValueError, match="every row"):
        margin_function((np.array([[0, 2], [2, 2]]),))
    with jax.enable_x64(False), pytest.raises(ValueError, match="need float64"):
        margin(jnp.ones(5))


def test_calls_outside_of_jit_are_traced_once(monkeypatch):
    calls = []
    solve = gradients._solve
    monkeypatch.setattr(gradients, "_solve", lambda *given: calls.append(1) or solve(*given))
    margin = margin_function((np.array([[0, 1], [1, 2]]),))
    values = [float(margin(jnp.array([1.0, b, 1.0]))) for b in (0.0, 1.0)]
    slope = jax.grad(margin)(jnp.array([1.0, 0.0, 1.0]))
    np.testing.assert_allclose(values, [1.0, 0.5], atol=1e-7)
    np.testing.assert_allclose(slope[0] + slope[2], 1.0, atol=1e-7)
    assert len(calls) == 1
