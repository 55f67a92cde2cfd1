"""`ProgramFamily`: exact members, proofs, and gradients against finite differences."""

from fractions import Fraction

import jax
import numpy as np
import pytest

import nsos_jax as nsos


def bounds(theta):
    program = nsos.SosProgram("x")
    (x,), g = program.indeterminates, program.scalar("g")
    program.sos(x**4 + theta[0] * x**2 + theta[1] ** 2 * x - g)
    program.maximize(g)
    return program


def on_a_set(theta):
    program = nsos.SosProgram("x y")
    (x, y), g = program.indeterminates, program.scalar("g")
    on = nsos.SemialgebraicSet([theta[0] - x**2 - theta[1] * y**2], [x - theta[2] * y**2])
    program.nonnegative(x + y + theta[2] * x * y - g, on=on, order=2)
    program.minimize(-g)
    return program


def lyapunov(matrix):
    program = nsos.SosProgram("x y")
    x, V = np.array(program.indeterminates, dtype=object), program.polynomial("V", (2, 2))
    program.sos(V - x @ x / 10, name="positive")
    program.sos(-(V.gradient() @ (matrix @ x)) - x @ x / 10, name="decrease")
    program.zero(V.coefficient(x[0] ** 2) - matrix[0, 0] ** 2, name="normal")
    return program


def differences(function, theta, step=1e-3):
    theta = np.asarray(theta, float)
    result = np.zeros(theta.shape)
    for place in np.ndindex(theta.shape):
        change = np.zeros(theta.shape)
        change[place] = step
        result[place] = (float(function(theta + change)) - float(function(theta - change))) / (2 * step)
    return result


@pytest.fixture(scope="module")
def lyapunov_family():
    return nsos.ProgramFamily(lyapunov, [[-1.0, 0.2], [0.5, -1.0]])


def test_members_are_proven_when_asked_for_or_at_once():
    family = nsos.ProgramFamily(bounds, [1.0, 1.0])
    thetas = [[-2.0, 0.0], [0.1, 0.7], [-1.0, 1.0]]
    result = family.solve(thetas)
    assert (result.status == nsos.ProgramStatus.UNDECIDED).all()
    assert result.value[0] == pytest.approx(-1, abs=1e-6)
    one = result[1]
    assert one.status is result.status[1] is nsos.ProgramStatus.OPTIMAL
    one.certificate.verify()
    wanted = nsos.programs.statement_of(bounds(np.array(thetas[1]))).to_dict()  # exact at 0.1 and 0.7 squared
    assert {key: one.certificate.to_dict()[key] for key in ("variables", "unknowns")} == {
        "variables": ["x"],
        "unknowns": wanted["unknowns"],
    }
    assert one.certificate.statement.to_dict() == nsos.programs.statement_of(family.program(thetas[1])).to_dict()
    proven = family.solve(thetas, proof=True)
    assert (proven.status == nsos.ProgramStatus.OPTIMAL).all()
    assert (proven.lower <= proven.upper).all()
    assert ((proven.upper - proven.lower) <= 1.1e-6 * np.maximum(1, np.abs(proven.value))).all()


def test_members_with_zeros_and_without_solutions(lyapunov_family):
    thetas = np.array([[[-1.0, 0.0], [0.0, -1.0]], [[1.0, 0.2], [0.5, -1.0]], [[-1.0, 0.7], [0.5, -1.0]]])
    result = lyapunov_family.solve(thetas, proof=True)
    feasible, infeasible = nsos.ProgramStatus.FEASIBLE, nsos.ProgramStatus.INFEASIBLE
    assert result.status.tolist() == [feasible, infeasible, feasible]
    assert result[0].values["V"].coefficient((2, 0)) == 1
    assert [one.certificate.verify() for one in result]
    assert len(result[:2]) == 2
    assert repr(result) == "<FamilyResult: 2 FEASIBLE, 1 INFEASIBLE>"


@pytest.mark.parametrize(
    ("build", "thetas"),
    [(bounds, [[-2.0, 0.6], [-4.0, 1.0]]), (on_a_set, [[1.0, 1.2, 0.5], [2.0, 1.2, 0.3]])],
)
def test_gradients_of_values(build, thetas):
    family = nsos.ProgramFamily(build, thetas[0])
    with jax.enable_x64(True):
        found = jax.jit(jax.vmap(jax.grad(family.optimal_value)))(np.array(thetas))
        for theta, gradient in zip(thetas, found, strict=True):
            np.testing.assert_allclose(gradient, differences(family.optimal_value, theta), rtol=1e-4, atol=1e-4)


def test_gradients_of_margins(lyapunov_family):
    thetas = np.array([[[-0.6, 0.2], [0.3, -0.7]], [[-0.5, 0.2], [0.1, -0.3]]])
    with jax.enable_x64(True):
        found = jax.jit(jax.vmap(jax.grad(lyapunov_family.margin)))(thetas)
        values = jax.vmap(lyapunov_family.margin)(thetas)
        assert (np.asarray(values) > 0).all()
        for theta, gradient in zip(thetas, found, strict=True):
            np.testing.assert_allclose(gradient, differences(lyapunov_family.margin, theta), rtol=1e-3, atol=1e-4)


def test_margins_without_solutions_are_negative(lyapunov_family):
    with jax.enable_x64(True):
        assert float(lyapunov_family.margin(np.array([[1.0, 0.2], [0.5, -1.0]]))) < 0
        assert np.isnan(nsos.ProgramFamily(bounds, [1.0, 1.0]).optimal_value(np.array([np.nan, 1.0])))


def test_numbers_for_parameters():
    def build(theta):
        program = nsos.SosProgram("x")
        (x,), g = program.indeterminates, program.scalar("g", upper=theta)
        program.sos(x**2 - theta * x + 3 - g)
        program.maximize(g)
        return program

    family = nsos.ProgramFamily(build, 1.0)
    assert family.solve([1.0, 4.0], proof=True).value == pytest.approx([1.0, -1.0], abs=2e-6)
    with jax.enable_x64(True):
        assert float(jax.grad(family.optimal_value)(4.0)) == pytest.approx(-2.0, abs=1e-4)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda theta: bounds(np.sin(theta)), r"symbols for theta, which take part in \+, -, \*"),
        (lambda theta: bounds([1 / theta[0], theta[1]]), "integer powers only"),
        (lambda theta: bounds(theta if theta[0] != 1 else [theta[0], 2]), "another program than with symbols"),
        (lambda theta: nsos.SemialgebraicSet(), "it returned SemialgebraicSet, wanted an SosProgram"),
    ],
)
def test_builds_that_are_no_polynomials(build, message):
    with pytest.raises((TypeError, ValueError), match=message):
        nsos.ProgramFamily(build, [1.0, 1.0])


def test_wrong_arguments(lyapunov_family):
    with pytest.raises(ValueError, match=r"example: got nan at \(1,\)"):
        nsos.ProgramFamily(bounds, [1.0, np.nan])
    family = nsos.ProgramFamily(bounds, [1.0, 1.0])
    with pytest.raises(ValueError, match=r"thetas: got the shape \(2, 3\), wanted \(N, 2\)"):
        family.solve(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"thetas: got nan at \(1, 0\)"):
        family.solve([[1.0, 1.0], [np.nan, 1.0]])
    with pytest.raises(ValueError, match=r"theta: got the shape \(3,\), wanted \(2,\)"):
        family.optimal_value(np.ones(3))
    with pytest.raises(ValueError, match="has no objective"):
        lyapunov_family.optimal_value(np.ones((2, 2)))


def test_points_without_margins(lyapunov_family):
    """Any point inside the cone, exact numbers from it, and the same answers as with margins."""
    thetas = np.array([[[-1.0, 0.2], [0.5, -1.0]], [[1.0, 0.2], [0.5, -1.0]], [[-2.0, 0.7], [0.1, -1.0]]])
    normal = nsos.ProgramFamily(scalable, [[-1.0, 0.2], [0.5, -1.0]])
    result = normal.solve(thetas, margins=False)
    assert np.isnan(result.margin).all()
    rounded = result.rounded()
    assert [found is None for found in rounded] == [False, True, False]
    assert len(rounded[0].values["V"]) == 3
    assert len(rounded[0].identities) == 2
    result.prove()
    feasible, infeasible = nsos.ProgramStatus.FEASIBLE, nsos.ProgramStatus.INFEASIBLE
    assert (result.status == feasible).tolist() == [True, False, True]
    assert result[0].certificate.verify()
    # V with a fixed coefficient cannot be scaled: what the centre does not show is solved alone
    statuses = lyapunov_family.solve(thetas, margins=False, proof=True).status.tolist()
    assert statuses == [feasible, infeasible, feasible]


def scalable(matrix):
    program = nsos.SosProgram("x y")
    x, V = np.array(program.indeterminates, dtype=object), program.polynomial("V", (2, 2))
    program.sos(V - x @ x, name="positive")
    program.sos(-(V.gradient() @ (matrix @ x)) - x @ x, name="decrease")
    return program


def test_parametric_numbers_are_exact():
    x = nsos.Polynomial.parse("a^2*x/3 + b*x - a*x + 7 + a*b^3")
    found = nsos.programs.coefficients_in(x, ["x"], ["a", "b"])
    numbers = nsos.programs.ParametricNumbers(list(found.values()), 2)
    thetas = np.array([[0.1, -0.7], [2.0**-40, 3.0], [0.0, 0.0]])
    values = numbers.at(thetas)
    for row, below, (a, b) in zip(values.numerators, values.denominators, thetas.tolist(), strict=True):
        a, b = Fraction(a), Fraction(b)
        assert [Fraction(value, below) for value in row] == [a**2 / 3 + b - a, 7 + a * b**3]
    assert not numbers.steady.any()
