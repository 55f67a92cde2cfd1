"""Invariant Gram matrices and functionals become plain certificates that the checker accepts."""

import time
from fractions import Fraction

import numpy as np
import pytest
from symmetric_forms import (
    differences,
    elementary,
    inside,
    maclaurin,
    power_means,
    power_sum,
    variables,
    with_signs,
)

from nsos_jax.bases import Symmetry, symmetry_of
from nsos_jax.certificates import NotSosCertificate, SosCertificate
from nsos_jax.polynomials import Polynomial
from nsos_jax.proofs import central_solver, complete_basis, symmetric_certificates
from nsos_jax.proofs.symmetric import SymmetricSystem
from nsos_jax.proofs.symmetric.expansion import on_range
from nsos_jax.proofs.symmetric.zeros import simple_zeros


def first_certificate(p):
    symmetry = symmetry_of(p)
    assert not symmetry.is_trivial
    complete = complete_basis(p, 10**6, time.monotonic() + 60)
    certificate = next(symmetric_certificates(p, complete, symmetry, central_solver("auto")), None)
    if certificate is not None:
        certificate.verify()
    return certificate


def cyclic(n, roots):
    """The sum of squares of the roots, texts in x0, x1, ..., turned around."""
    names = [f"x{i}" for i in range(n)]
    turned = [{name: Polynomial.parse(names[(i + k) % n]) for i, name in enumerate(names)} for k in range(n)]
    return Polynomial.sum(Polynomial.parse(root, names).substitute(own) ** 2 for root in roots for own in turned)


SOS = {
    "inside": inside(5, 4, 0),
    "inside, degree 6": inside(4, 6, 1),
    "means of the fourth degree": power_means(5, 2),
    "means of the sixth degree": power_means(4, 3),
    "Maclaurin": maclaurin(5, 3),
    "differences, a zero of order four": differences(5, 2),
    "differences, a zero of order eight": differences(4, 4),
    "Newton": 16 * elementary(4, 2) ** 2 - 36 * elementary(4, 1) * elementary(4, 3),
    "signs": with_signs(inside(4, 4, 2) + 30 * power_sum(4, 3) * power_sum(4, 1), (1, -1, -1, 1)),
    "signs, on the boundary": with_signs(power_means(4, 2), (1, -1, 1, -1)),
    "fractions": power_means(4, 2) / 7 + Fraction(5, 11) * (power_sum(4, 2) - Fraction(1, 3)) ** 2,
    "huge": 10**40 * inside(4, 4, 3),
    "a variable that is not moved": power_means(3, 2) + (1 - Polynomial.parse("y") * power_sum(3, 1)) ** 2,
    "a rotation": cyclic(5, ["x0^2 - x1*x2 + x3", "x0 - 2*x1 + 1"]),
    "a rotation, on the boundary": cyclic(5, ["x0^2 - x1*x2", "x0 - x1"]),
    "a rotation of four with signs": Polynomial.parse("(x^2 + x*y - y^2)^2 + (x^3 - 3*x*y^2)^2 + (3*x^2*y - y^3)^2"),
    "pairs": Polynomial.sum((x - 2 * Polynomial.parse(f"y{i}")) ** 4 for i, x in enumerate(variables(4)))
    + (power_sum(4, 1) - 1) ** 2,
}


@pytest.mark.parametrize("p", SOS.values(), ids=SOS)
def test_sums_of_squares(p):
    assert isinstance(first_certificate(p), SosCertificate)


NOT_SOS = {
    "Robinson": "x^6 + y^6 + z^6 - x^4*y^2 - x^4*z^2 - y^4*x^2 - y^4*z^2 - z^4*x^2 - z^4*y^2 + 3*x^2*y^2*z^2",
    "Robinson with signs": "x^6 + y^6 + z^6 - x^4*y^2 - x^4*z^2 - y^4*x^2 - y^4*z^2 - z^4*x^2 - z^4*y^2 + 3*x^2*y^2*z^2"
    " + (x + y - z)^6/1000",
    "negative somewhere": "x^4 + y^4 + z^4 - 3*x^2*y^2 - 3*y^2*z^2 - 3*z^2*x^2 + x*y*z*(x + y + z)",
    "a pentagon": "(a^2 + b^2 + c^2 + d^2 + e^2)^2 - 4*(a^2*b^2 + b^2*c^2 + c^2*d^2 + d^2*e^2 + e^2*a^2)",
}


@pytest.mark.parametrize("text", NOT_SOS.values(), ids=NOT_SOS)
def test_no_sums_of_squares(text):
    assert isinstance(first_certificate(Polynomial.parse(text)), NotSosCertificate)


@pytest.mark.parametrize("seed", range(8))
def test_near_the_boundary(seed):
    """A form with a zero at (1, ..., 1), more and less a little."""
    p, little = power_means(4, 2), Fraction(1, 10 ** (seed + 1)) * power_sum(4, 4)
    assert isinstance(first_certificate(p + little), SosCertificate)
    assert not isinstance(first_certificate(p - little), SosCertificate)


def test_equations_hold_for_the_sums_of_random_squares():
    """p = sum over the group of random W A W' gives A back as a solution of the equations."""
    p = inside(4, 4, 0)
    symmetry = symmetry_of(p)
    system = SymmetricSystem.build(p, complete_basis(p, 10**6, np.inf).basis, symmetry)
    rng = np.random.default_rng(0)
    cores = [rng.integers(-3, 4, (side, side)) for side in system.sides]
    cores = [(core @ core.T).astype(object) for core in cores]
    sums = system.orbit_sums(cores)
    values = np.array([Fraction(int(x), int(size)) for x, size in zip(sums, system.pairs.sizes, strict=True)])
    total = Polynomial.constant(0)
    for block, basis in enumerate(system.system.bases):
        gram = system.gram(block, values)
        i, j = np.indices(gram.shape)
        rows = basis[i.ravel()] + basis[j.ravel()]
        total = total + Polynomial.from_arrays(rows, gram.ravel().tolist(), p.variables)
    left = [
        sum(int((own[row] * core).sum()) for own, core in zip(system.equations, cores, strict=True))
        for row in range(len(system.rows.sizes))
    ]
    exponents = system.system.row_exponents[system.rows.leaders]
    right = [
        total.coefficient(tuple(row)) * int(size)
        for row, size in zip(exponents.tolist(), system.rows.sizes, strict=True)
    ]
    assert left == right


def test_singular_matrices_on_their_range():
    rng = np.random.default_rng(0)
    for rank in (0, 1, 3, 5):
        root = rng.integers(-4, 5, (5, rank))
        gram = root @ np.diag(rng.integers(1, 9, rank)) @ root.T
        core, denominator, *ranges = on_range(gram, 7)
        if rank == 5:
            assert not ranges
            assert (core == gram).all()
        else:
            (v,) = ranges
            assert v.shape == (5, rank)
            assert (v @ core @ v.T * 7 == gram * denominator).all()


def test_zeros_at_simple_points():
    p = maclaurin(3, 2) + (Polynomial.parse("z") - 1) ** 2
    zeros = simple_zeros(p, symmetry_of(p))
    assert [(zero.point.tolist(), zero.order) for zero in zeros] == [([1, 1, 1, 1], 1), ([0, 0, 0, 1], 1)]
    assert not simple_zeros(p + 1, symmetry_of(p))
    [zero] = simple_zeros(differences(4, 3), symmetry_of(differences(4, 3)))
    assert zero.order == 3


def test_zeros_of_many_fixed_variables_are_sought_among_a_few_points():
    n = 30
    fixed = Symmetry((1,) * n, ())
    p = Polynomial.parse(" + ".join(f"(x{i} - x{(i + 1) % n})^2" for i in range(n)))
    assert [1] * n in [zero.point.tolist() for zero in simple_zeros(p, fixed)]
