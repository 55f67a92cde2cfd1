"""DSOS and SDSOS: Gram matrices inside smaller cones."""

from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp

import nsos_jax as nsos
from nsos_jax.programs.backends.cones import Parts
from nsos_jax.programs.options import CONES
from nsos_jax.proofs import from_triangle, triangle


def bound(cone, build, variables, **options):
    """The largest g for which build(program, g, indeterminates) holds."""
    program = nsos.SosProgram(variables, cone=cone)
    g = program.scalar("g")
    build(program, g, program.indeterminates)
    program.maximize(g)
    return program.solve(**options)


def square_of_sum(program, g, xs):
    """x_1, ..., x_n: (sum x)^2 - g |x|^2. Symmetric in its variables, so Q is too: 1 - g >= n - 1 and diagonal
    dominance, or the comparison matrix (1 - g) I - (J - I), which has the eigenvalue 2 - n - g."""
    program.sos(nsos.Polynomial.sum(xs) ** 2 - g * nsos.Polynomial.sum([x**2 for x in xs]))


def weighted(program, g, xs):
    """[[4 - g, 2], [2, 1 - g]] over x, y: dd asks 1 - g >= 2, sdd and psd are the same, (4 - g) (1 - g) >= 4."""
    x, y = xs
    program.sos(4 * x**2 + 4 * x * y + y**2 - g * (x**2 + y**2))


def stability_number_of_c5(program, g, xs):
    """sum M_ij x_i^2 x_j^2 with M = k (A + I) - J, A the 5-cycle, k = -g: k bounds the stability number (de Klerk and
    Pasechnik, 2002). Entries >= 0 may be dropped, (x_i x_j)^2 being in all cones; what is left has k - 1 on the
    diagonal and two -1 in each row: dd and sdd ask k >= 3. SOS gives the number of Lovasz, sqrt 5."""
    terms = [(-1 - g * (i == j or (i - j) % 5 in (1, 4))) * xs[i] ** 2 * xs[j] ** 2 for i in range(5) for j in range(5)]
    program.sos(sum(terms[1:], terms[0]))


def quartic(program, g, xs):
    """A form on the sphere: p - g |x|^4, over the quadratic monomials; no two cones have the same value."""
    x, y, z = xs
    p = (x**2 + y**2 - z**2 + x * y - 2 * y * z) ** 2 + (x * y - x * z) ** 2 + z**4
    program.sos(p - g * (x**2 + y**2 + z**2) ** 2)


def on_disc(program, g, xs):
    """Putinar multipliers in the cone too."""
    x, y = xs
    disc = nsos.SemialgebraicSet([1 - x**2 - y**2])
    program.nonnegative(x**4 + 3 * x * y + y - g, on=disc, order=2)


@pytest.mark.parametrize(
    ("build", "variables", "cone", "value"),
    [
        (square_of_sum, "x y z", "dd", -1),
        (square_of_sum, "x y z", "sdd", -1),
        (square_of_sum, "x y z", "psd", 0),
        (square_of_sum, "x1 x2 x3 x4 x5", "dd", -3),
        (square_of_sum, "x1 x2 x3 x4 x5", "sdd", -3),
        (stability_number_of_c5, "x1 x2 x3 x4 x5", "dd", -3),
        (stability_number_of_c5, "x1 x2 x3 x4 x5", "sdd", -3),
        (stability_number_of_c5, "x1 x2 x3 x4 x5", "psd", Fraction(-(5**0.5))),
        (weighted, "x y", "dd", -1),
        (weighted, "x y", "sdd", 0),
        (weighted, "x y", "psd", 0),
    ],
)
def test_values_derived_by_hand(build, variables, cone, value):
    result = bound(cone, build, variables)
    assert result.status in ("FEASIBLE", "OPTIMAL")
    assert abs(result.lower - value) <= Fraction(1, 10**6)
    assert result.certificate.verify()


@pytest.mark.parametrize(("build", "variables", "gap"), [(quartic, "x y z", 1e-3), (on_disc, "x y", -1e-6)])
def test_a_larger_cone_is_at_least_as_good(build, variables, gap):
    dd, sdd, psd = (bound(cone, build, variables).lower for cone in ("dd", "sdd", "psd"))
    assert dd + Fraction(1, 1000) < sdd
    assert sdd + Fraction(gap) < psd


@pytest.mark.parametrize("cone", CONES)
def test_constraints_choose_for_themselves(cone):
    (x, y), program = nsos.variables("x y"), nsos.SosProgram("x y", cone="dd")
    g = program.scalar("g")
    program.sos(4 * x**2 + 4 * x * y + y**2 - g * (x**2 + y**2), cone=cone)
    program.maximize(g)
    assert program.solve().value == pytest.approx(-1 if cone == "dd" else 0, abs=1e-6)
    s = program.sos_polynomial("s", 2)
    program.sos_matrix([[s, 0], [0, g]], name="m", cone=cone)
    program.nonnegative(s, on=nsos.SemialgebraicSet([x]), cone=cone)
    assert [constraint.cone for constraint in program.constraints] == [cone, "dd", cone, cone]


def test_an_unknown_cone_is_named():
    with pytest.raises(ValueError, match="cone: got 'sos', wanted one of psd, sdd, dd"):
        nsos.SosProgram("x", cone="sos")
    program = nsos.SosProgram("x")
    with pytest.raises(ValueError, match="positive: cone: got 'soc'"):
        program.sos(program.indeterminates[0] ** 2, name="positive", cone="soc")


@pytest.mark.parametrize("side", [1, 2, 4])
@pytest.mark.parametrize("cone", CONES)
def test_generators_make_matrices_of_the_cone(cone, side):
    """C'z for random z in the simple cones, against the definitions of dominance, in scaled coordinates too."""
    rng = np.random.default_rng(side)
    shifts = rng.integers(-2, 3, side)
    parts = Parts.of(cone, side, shifts)
    if parts.psd:
        assert (cone, parts.linear.shape[0], parts.second_order.shape[0]) == ("psd", 0, 0)
        return
    pairs = rng.normal(size=(parts.second_order.shape[0] // 3, 2))
    z = np.column_stack([np.linalg.norm(pairs, axis=1), pairs]).ravel()
    entries = parts.linear.T @ rng.random(parts.linear.shape[0]) + parts.second_order.T @ z
    scale = np.ldexp(1.0, shifts)
    gram = from_triangle(entries, side) * scale[:, None] * scale
    assert np.linalg.eigvalsh(gram)[0] > -1e-9
    if cone == "dd":
        off = np.abs(gram - np.diag(gram.diagonal())).sum(axis=1)
        assert (gram.diagonal() - off > -1e-9).all()
    elif cone == "sdd":
        comparison = 2 * np.diag(gram.diagonal()) - np.abs(gram)
        assert np.linalg.eigvalsh(comparison)[0] > -1e-9


@pytest.mark.parametrize("side", [2, 3])
def test_dd_generators_reach_all_dominant_matrices(side):
    """Each extreme ray e_i e_i', (e_i +- e_j) (e_i +- e_j)' is there once."""
    rays = Parts.of("dd", side, np.zeros(side, int)).linear
    matrices = {tuple(from_triangle(row, side).ravel().round(9)) for row in sp.csr_matrix(rays).toarray()}
    assert len(matrices) == side**2
    units = np.eye(side)
    for i in range(side):
        assert tuple(np.outer(units[i], units[i]).ravel()) in matrices
        for j in range(i):
            for v in (units[i] + units[j], units[i] - units[j]):
                assert tuple(np.outer(v, v).ravel()) in matrices


def test_triangles_keep_inner_products():
    a, b = np.random.default_rng(1).normal(size=(2, 3, 3))
    a, b = a + a.T, b + b.T
    row, column = triangle(3)
    weight = np.where(row == column, 1.0, np.sqrt(2.0))
    assert (a[row, column] * weight) @ (b[row, column] * weight) == pytest.approx((a * b).sum())
    assert from_triangle(a[row, column] * weight, 3) == pytest.approx(a)
