"""Gram matrices that are equal on blocks that look alike: long chains, what breaks them, what is no sum of squares."""

import numpy as np
import pytest

from nsos_jax import Polynomial, Status, certify
from nsos_jax.bases import sparse_covers
from nsos_jax.certificates import InvalidCertificate, SosCertificate
from nsos_jax.proofs import GramSystem, central_solver, prove_repeated
from nsos_jax.proofs.faces import ChosenRows
from nsos_jax.proofs.repeated import RepeatedSystem, alike
from nsos_jax.proofs.repeated.margin import ClassEquations
from nsos_jax.proposers import find_proposer


def rosenbrock(n):
    return "1 + " + " + ".join(f"100*(x{i + 1} - x{i}^2)^2 + (1 - x{i})^2" for i in range(1, n))


def tridiagonal(n):
    """Its zero is irrational."""
    return " + ".join(
        f"((3 - 2*x{i})*x{i}{f' - x{i - 1}' if i > 1 else ''}{f' - 2*x{i + 1}' if i < n else ''} + 1)^2"
        for i in range(1, n + 1)
    )


def singular(n):
    """Zeros at infinity grow by a factor from link to link."""
    rows = []
    for i in range(1, n - 2, 2):
        a, b, c, d = (f"x{i + j}" for j in range(4))
        rows.append(f"({a} + 10*{b})^2 + 5*({c} - {d})^2 + ({b} - 2*{c})^4 + 10*({a} - 10*{d})^4")
    return " + ".join(rows)


def systems(polynomial):
    (proposal,) = find_proposer("peel").propose([polynomial])
    basis = proposal.order[: proposal.first]
    for cover in sparse_covers(basis, polynomial.exponents):
        yield GramSystem.build(polynomial, basis, parts=cover.parts)


def proven(polynomial):
    """Whether the checker accepts what is found on some cover; what it refuses is found nowhere."""
    for system in systems(polynomial):
        exact = prove_repeated(system, central_solver("auto"))
        if exact is not None:
            SosCertificate.create(polynomial, exact.blocks(system)).verify()
            return True
    return False


@pytest.mark.parametrize("added", ["", " + 1/10"])
@pytest.mark.parametrize("family", [rosenbrock, tridiagonal, singular])
def test_long_chains_are_proven(family, added):
    assert proven(Polynomial.parse(family(60) + added))


def test_the_equations_do_not_grow_with_the_chain():
    sizes = []
    for n in (60, 120):
        system = next(systems(Polynomial.parse(tridiagonal(n))))
        sizes.append(len(RepeatedSystem.build(system, alike(system, 1)).targets))
    assert sizes[0] == sizes[1] < 100


def test_what_solves_the_classes_solves_all_rows():
    """Random matrices of the classes: each row of the system gets what its equation says."""
    system = next(systems(Polynomial.parse(rosenbrock(40))))
    repeated = RepeatedSystem.build(system, alike(system, 1))
    rng = np.random.default_rng(0)
    matrices = [(lambda a: a + a.T)(rng.integers(-9, 9, own.shape[1:])) for own in repeated.equations]
    by_equation = np.zeros(len(repeated.targets), np.int64)
    for own, equations, matrix in zip(repeated.own, repeated.equations, matrices, strict=True):
        np.add.at(by_equation, own, (equations * matrix).sum(axis=(1, 2)))
    by_row = np.zeros(len(system.targets), np.int64)
    for rows, matrix in zip(system.rows, repeated.spread(matrices), strict=True):
        np.add.at(by_row, rows.ravel(), matrix.ravel())
    assert set(by_row.tolist()) == set(by_equation.tolist())


@pytest.mark.parametrize("change", ["1/7*(x20 - 3*x21 + 2)^2", "(x1 - x40)^2"])
def test_a_chain_with_one_link_that_differs_is_proven(change):
    result = certify(Polynomial.parse(f"{rosenbrock(40)} + {change}"))
    assert result.status is Status.SOS


def test_shuffled_names_give_nothing_wrong():
    names = np.random.default_rng(1).permutation(40) + 1
    text = rosenbrock(40)
    for i in range(40, 0, -1):
        text = text.replace(f"x{i}^2)", f"y{names[i - 1]}^2)").replace(f"x{i} ", f"y{names[i - 1]} ")
        text = text.replace(f"x{i})", f"y{names[i - 1]})")
    assert certify(Polynomial.parse(text)).status is Status.SOS


def test_chains_below_zero_are_not_proven():
    assert not proven(Polynomial.parse(f"{tridiagonal(26)} - 1/1000000"))
    assert not proven(Polynomial.parse(f"{rosenbrock(30)} - 101/100"))


def test_few_blocks_are_left_to_others():
    assert not proven(Polynomial.parse(rosenbrock(12)))


def test_a_wrong_class_is_refused_by_the_checker():
    """Matrices of one chain on another: the rows do not hold."""
    system = next(systems(Polynomial.parse(rosenbrock(40))))
    exact = prove_repeated(system, central_solver("auto"))
    other = Polynomial.parse(rosenbrock(40) + " + 1/3*x7^2")
    with pytest.raises(InvalidCertificate):
        SosCertificate.create(other, exact.blocks(system)).verify()


def test_newtons_matrix_is_that_of_the_equations():
    rng = np.random.default_rng(2)
    own = [np.arange(5), np.array([1, 3, 4])]
    matrices = [rng.standard_normal((5, 3, 3)), rng.standard_normal((3, 2, 2))]
    matrices = [values + values.transpose(0, 2, 1) for values in matrices]
    equations = ClassEquations(own, matrices, rng.standard_normal(5))
    x, y = (
        [values @ values.transpose(0, 2, 1) for values in map(rng.standard_normal, ((1, 3, 3), (1, 2, 2)))]
        for _ in "xy"
    )
    v = rng.standard_normal(5)
    spread = [a @ m @ b for a, m, b in zip(x, equations.adjoint(v), y, strict=True)]
    spread = [(m + m.transpose(0, 2, 1)) / 2 for m in spread]
    np.testing.assert_allclose(equations.schur(x, y) @ v, equations.apply(spread))
    np.testing.assert_allclose(equations.apply(equations.correction(v)), v)


def test_chosen_rows_keep_their_order_in_products():
    """All of three independent rows, in the order of the pivots."""
    products = np.diag([1.0, 4.0, 9.0]) + 0.5
    chosen = ChosenRows(np.array([2, 0, 1]), np.ones(3), 3)
    np.testing.assert_array_equal(chosen.sandwich(products), products[np.ix_([2, 0, 1], [2, 0, 1])])


@pytest.mark.parametrize("added", ["", " + 1/10"])
def test_bands_are_proven(added):
    bands = []
    for i in range(1, 101):
        near = [j for j in range(max(1, i - 5), min(100, i + 1) + 1) if j != i]
        band = "".join(f" - x{j} - x{j}^2" for j in near)
        bands.append(f"(2*x{i} + 5*x{i}^3 + 1{band})^2")
    assert proven(Polynomial.parse(" + ".join(bands) + added))
