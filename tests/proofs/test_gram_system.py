"""Gram systems: rows, targets, scaling and its inverse, against products of monomials and exact rationals."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nsos_jax import Polynomial
from nsos_jax.bases.coverage import even_support
from nsos_jax.proofs.gram_system import GramSystem, Scaling, UncoveredSupport, log2_magnitudes

SETTINGS = settings(max_examples=60, deadline=None)


@st.composite
def gram_cases(draw, magnitudes=4):
    """A basis, a rational Gram matrix on it, and their polynomial, which is not zero."""
    n = draw(st.integers(1, 3))
    rows = draw(st.sets(st.tuples(*[st.integers(0, 3)] * n), min_size=1, max_size=6))
    basis = np.array(draw(st.permutations(sorted(rows))), np.int32).reshape(-1, n)
    entry = st.fractions(-9, 9, max_denominator=7)
    power = draw(st.integers(-magnitudes, magnitudes))
    gram = np.zeros((len(basis), len(basis)), object)
    for i, j in zip(*np.triu_indices(len(basis)), strict=True):
        gram[i, j] = gram[j, i] = draw(entry) * Fraction(10) ** power
    total = {}
    for i, j in np.ndindex(gram.shape):
        key = tuple((basis[i] + basis[j]).tolist())
        total[key] = total.get(key, 0) + gram[i, j]
    p = Polynomial.from_arrays(list(total), list(total.values()))
    assume(not p.is_zero)
    return basis, gram, p


def row_sums(system, grams):
    """What each row of a system holds, by adding up the entries one by one."""
    sums = [Fraction(0)] * len(system.targets)
    for rows, gram in zip(system.rows, grams, strict=True):
        for row, value in zip(rows.ravel().tolist(), np.asarray(gram).ravel().tolist(), strict=True):
            sums[row] += Fraction(value)
    return sums


@SETTINGS
@given(gram_cases())
def test_rows_are_products_and_targets_are_coefficients(case):
    basis, _, p = case
    system = GramSystem.build(p, basis)
    assert sorted(map(tuple, system.basis.tolist())) == sorted(map(tuple, basis.tolist()))
    assert system.size == len(basis)
    for block, rows in zip(system.bases, system.rows, strict=True):
        assert np.array_equal(system.row_exponents[rows], block[:, None, :] + block[None, :, :])
    coefficients = dict(zip(map(tuple, system.row_exponents.tolist()), system.targets.tolist(), strict=True))
    assert len(coefficients) == len(system.targets)
    found = {key: Fraction(target, p.denominator) for key, target in coefficients.items() if target}
    assert found == p.to_dict()


@SETTINGS
@given(gram_cases(magnitudes=30))
def test_problem_is_the_scaled_polynomial(case):
    basis, _, p = case
    system = GramSystem.build(p, basis)
    scaled = p.scale_variables(system.scaling.shifts.tolist()) / Fraction(2) ** system.scaling.unit
    rhs = system.problem().rhs
    for row, value in zip(system.row_exponents.tolist(), rhs.tolist(), strict=True):
        assert value == float(scaled.coefficient(row))
    assert np.abs(rhs).max(initial=0) <= 2


@SETTINGS
@given(gram_cases(magnitudes=30), st.integers(0, 2**32 - 1))
def test_unscale_brings_rows_back(case, seed):
    """Scaling by powers of two is exact: what holds in scaled coordinates holds in p's variables."""
    basis, _, p = case
    system = GramSystem.build(p, basis)
    problem = system.problem()
    rng = np.random.default_rng(seed)
    grams = [gram + gram.T for gram in (rng.standard_normal((k, k)) for k in problem.sizes)]
    logs = [int(row @ system.scaling.shifts) for row in system.row_exponents]
    scaled = row_sums(system, grams)
    own = row_sums(system, system.unscale(grams))
    assert own == [value / Fraction(2) ** log for value, log in zip(scaled, logs, strict=True)]


@SETTINGS
@given(gram_cases(magnitudes=3), st.integers(0, 2**32 - 1))
def test_unscaled_margin_is_a_lower_bound(case, seed):
    basis, _, p = case
    system = GramSystem.build(p, basis)
    rng = np.random.default_rng(seed)
    grams = [f @ f.T + 0.1 * np.eye(len(f)) for f in (rng.standard_normal((len(b), len(b))) for b in system.bases)]
    margin = min(np.linalg.eigvalsh(gram)[0] for gram in grams)
    own = min(np.linalg.eigvalsh(gram)[0] for gram in system.unscale(grams))
    assert 0 < system.unscaled_margin(margin) <= own * (1 + 1e-6)


@SETTINGS
@given(gram_cases())
def test_unique_means_that_the_rows_determine_every_entry(case):
    basis, _, p = case
    system = GramSystem.build(p, basis)
    unknowns = sum(len(block) * (len(block) + 1) // 2 for block in system.bases)
    matrix = np.zeros((len(system.targets), unknowns))
    column = 0
    for rows in system.rows:
        for i, j in zip(*np.triu_indices(len(rows)), strict=True):
            matrix[rows[i, j], column] = 1
            column += 1
    assert system.unique == (np.linalg.matrix_rank(matrix) == unknowns)


def test_uncovered_support_is_refused():
    p = Polynomial.parse("x^4 + x + 1")
    with pytest.raises(UncoveredSupport, match="cover"):
        GramSystem.build(p, np.array([[2], [0]], np.int32))


def test_blocks_of_separate_variables_share_the_constant_row():
    p = Polynomial.parse("x^4 + x*y + y^2 + z^2 + x^2")
    system = GramSystem.build(p, even_support(p.exponents))
    assert sorted(tuple(map(tuple, block.tolist())) for block in system.bases) == [
        ((0, 0, 1),),
        ((1, 0, 0), (0, 1, 0)),
        ((2, 0, 0),),
    ]


@pytest.mark.parametrize("stretch", [-40, -7, 0, 9, 40])
def test_scaling_undoes_a_change_of_units(stretch):
    """x_i -> 2^s_i x_i and p -> 2^u p change the fit by exactly that."""
    p = Polynomial.parse("x^4 + 3*x^2*y^2 + 5*y^4 + x^2 + y^2 + 7")
    plain = Scaling.of(p)
    moved = Scaling.of(p.scale_variables([stretch, -stretch]) * Fraction(2) ** 13)
    assert (moved.shifts - plain.shifts).tolist() == [-stretch, stretch]
    assert moved.unit - plain.unit == 13


def test_magnitudes_of_any_size():
    p = Polynomial.parse("10^400*x^2 - x/10^400 + 1/3")
    assert log2_magnitudes(p) == pytest.approx([400 * np.log2(10), -400 * np.log2(10), -np.log2(3)])


def test_dual_interior_points_are_interior():
    """Bases up to degree 4 in two variables and 3 in three: the upper bound is finite from the start."""
    for n, degree in ((1, 8), (2, 4), (3, 3)):
        basis = np.array([row for row in np.ndindex(*[degree + 1] * n) if sum(row) <= degree], np.int32)
        p = Polynomial.from_arrays(2 * basis, [1] * len(basis))
        moments, floor = (
            GramSystem.build(p, basis, Scaling(np.zeros(n, np.int64), 0, p.float_coefficients)).problem().dual_interior
        )
        assert floor > 0
        assert np.isfinite(moments).all()
