"""Exact Gram matrices from floats: rows hold exactly whatever the numbers, planted matrices come back."""

from fractions import Fraction

import numpy as np
import pytest
from flint import fmpq, fmpq_mat, fmpz_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from nsos_jax import Polynomial, Status, certify
from nsos_jax.bases.coverage import even_support
from nsos_jax.bases.pairs import pair_rows
from nsos_jax.certificates.exact_psd import is_psd
from nsos_jax.certificates.kinds.sos import SosCertificate
from nsos_jax.proofs.gram_system import GramSystem, Scaling
from nsos_jax.proofs.rounding import interior_grams, snapped_gram, unique_gram

SETTINGS = settings(max_examples=60, deadline=None)


def build(bases, grams):
    """sum_k z_k'Q_k z_k for rational Gram matrices, and its system on these blocks, which may share monomials."""
    total, rows, at = {}, [], 0
    union = np.concatenate(bases)
    products = pair_rows(2 * union, union).rows
    number = {}
    for basis, gram in zip(bases, grams, strict=True):
        k = len(basis)
        inside = np.vectorize(lambda row: number.setdefault(int(row), len(number)), otypes=[np.int32])
        rows.append(inside(products[at : at + k, at : at + k]))
        at += k
        for i, j in np.ndindex(k, k):
            key = tuple((basis[i] + basis[j]).tolist())
            total[key] = total.get(key, Fraction(0)) + Fraction(gram[i][j])
    p = Polynomial.from_arrays(list(total), list(total.values()))
    exponents = np.zeros((len(number), union.shape[1]), np.int32)
    for basis, block in zip(bases, rows, strict=True):
        exponents[block] = basis[:, None, :] + basis[None, :, :]
    targets = np.array([int(p.coefficient(row) * p.denominator) for row in exponents.tolist()])
    scaling = Scaling(np.zeros(union.shape[1], np.int64), 0, np.zeros(0))
    return p, GramSystem(p, tuple(bases), tuple(rows), exponents, targets, scaling)


def rational(exact):
    """The blocks as object arrays of fractions."""
    return [np.array([[Fraction(int(x), exact.denominator) for x in row] for row in g]) for g in exact.grams]


def holds(system, exact):
    """Whether every row of the system holds for the integers of an exact Gram matrix."""
    sums = [0] * len(system.targets)
    for rows, gram in zip(system.rows, exact.grams, strict=True):
        assert np.array_equal(gram, gram.T)
        for row, value in zip(rows.ravel().tolist(), gram.ravel().tolist(), strict=True):
            sums[row] += int(value)
    wanted = [Fraction(t, system.polynomial.denominator) * exact.denominator for t in system.targets.tolist()]
    return sums == wanted


@st.composite
def bases_of_blocks(draw, blocks=3, size=5):
    """Disjoint bases in the same variables, whose products often coincide, so that blocks share rows."""
    n = draw(st.integers(1, 3))
    monomial = st.tuples(*[st.integers(0, 3)] * n)
    rows = draw(st.lists(monomial, min_size=1, max_size=size * blocks, unique=True))
    parts = [rows[start : start + size] for start in range(0, len(rows), size)]
    return [np.array(part, np.int32).reshape(-1, n) for part in parts]


@st.composite
def rational_systems(draw):
    """Blocks with random rational Gram matrices whose denominators have up to 60 digits."""
    bases = draw(bases_of_blocks())
    denominator = draw(st.sampled_from([1, 2, 3, 10**7, 2**70, 10**40 + 7, 3**120]))
    seed = draw(st.integers(0, 2**32 - 1))
    grams = []
    rng = np.random.default_rng(seed)
    for basis in bases:
        k = len(basis)
        digits = rng.integers(-(2**60), 2**60, (k, k)).astype(object)
        grams.append([[Fraction(int(digits[min(i, j), max(i, j)]), denominator) for j in range(k)] for i in range(k)])
    return bases, grams


@SETTINGS
@given(rational_systems(), st.integers(0, 2**32 - 1), st.sampled_from([1e-30, 1e-9, 1e-3, 1.0]), st.integers(-30, 30))
def test_interior_grams_satisfy_all_rows_exactly(case, seed, margin, power):
    """Even for a float matrix that has nothing to do with the polynomial."""
    bases, grams = case
    _, system = build(bases, grams)
    rng = np.random.default_rng(seed)
    guesses = [rng.standard_normal((len(b), len(b))) * 10.0**power for b in bases]
    found = list(interior_grams(system, [guess + guess.T for guess in guesses], margin))
    assert found
    assert all(holds(system, exact) for exact in found)
    assert [exact.denominator for exact in found] == sorted(exact.denominator for exact in found)


@SETTINGS
@given(rational_systems(), st.integers(0, 2**32 - 1))
def test_interior_grams_stay_within_two_units(case, seed):
    """A float matrix that satisfies the rows up to a little noise is moved by at most two units of the grid."""
    bases, grams = case
    small = [[[x / 2**60 for x in row] for row in gram] for gram in grams]
    _, system = build(bases, small)
    rng = np.random.default_rng(seed)
    floats = [np.array([[float(x) for x in row] for row in gram]) for gram in small]
    noise = [rng.uniform(-1e-13, 1e-13, gram.shape) for gram in floats]
    near = [gram + (e + e.T) / 2 * np.abs(gram).max() for gram, e in zip(floats, noise, strict=True)]
    for exact in interior_grams(system, near, 1e-3 * max(np.abs(gram).max() for gram in near)):
        unit = Fraction(1, exact.denominator)
        slack = Fraction(1e-12 * max(np.abs(gram).max() for gram in near))
        for gram, guess in zip(rational(exact), near, strict=True):
            assert all(abs(a - Fraction(b)) <= 2 * unit + slack for a, b in zip(gram.flat, guess.flat, strict=True))


@SETTINGS
@given(bases_of_blocks(), st.integers(0, 2**32 - 1), st.integers(-25, 25), st.sampled_from([1, 3, 10**20]))
def test_first_interior_gram_is_positive_definite_when_the_margin_is_true(bases, seed, power, denominator):
    rng = np.random.default_rng(seed)
    grams, margin = [], np.inf
    for basis in bases:
        factor = rng.integers(-5, 6, (len(basis), len(basis)))
        gram = factor @ factor.T + np.eye(len(basis), dtype=np.int64)
        grams.append([[Fraction(int(x), denominator) * Fraction(2) ** power for x in row] for row in gram])
        margin = min(margin, float(np.linalg.eigvalsh(gram.astype(float))[0]) / denominator * 2.0**power)
    p, system = build(bases, grams)
    floats = [np.array([[float(x) for x in row] for row in gram]) for gram in grams]
    exact = next(interior_grams(system, floats, 0.9 * margin))
    blocks = exact.blocks(system)
    assert all(is_psd(fmpz_mat(matrix.tolist())) for _, matrix, _ in blocks)
    assert SosCertificate.create(p, blocks).verify().startswith("sos")
    assert exact.min_eigenvalue() > 0


def test_interior_grams_of_what_is_not_finite():
    _, system = build([np.array([[0], [1]], np.int32)], [[[1, 0], [0, 1]]])
    assert list(interior_grams(system, [np.array([[np.nan, 0.0], [0.0, 1.0]])], 0.1)) == []
    assert list(interior_grams(system, [np.array([[np.inf, 0.0], [0.0, 1.0]])], 0.1)) == []


def noisy(rng, gram, size):
    noise = rng.uniform(-size, size, gram.shape)
    return gram + (noise + noise.T) / 2


@SETTINGS
@given(bases_of_blocks(), st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_snapped_gram_recovers_planted_integers(bases, seed, rank):
    """Singular matrices R R', which no perturbation would leave positive semidefinite."""
    rng = np.random.default_rng(seed)
    factors = [rng.integers(-5, 6, (len(basis), rank)) for basis in bases]
    grams = [factor @ factor.T for factor in factors]
    p, system = build(bases, [gram.tolist() for gram in grams])
    exact = snapped_gram(system, [noisy(rng, gram, 1e-3) for gram in grams])
    assert exact is not None
    assert holds(system, exact)
    assert all(np.array_equal(a, b) for a, b in zip(rational(exact), grams, strict=True))
    assert SosCertificate.create(p, exact.blocks(system)).verify().startswith("sos")


@pytest.mark.parametrize("denominator", [2, 3, 4, 5, 6])
def test_snapped_gram_finds_small_denominators(denominator):
    """x * x = 1 * x^2 share a row, so that p = x^4 + 2 x^2 + 1 says nothing about denominators of its Gram matrix."""
    basis = np.array([[0], [1], [2]], np.int32)
    part = Fraction(1, denominator)
    gram = np.array([[1, 0, part], [0, 2 - 2 * part, 0], [part, 0, 1]])
    p, system = build([basis], [gram.tolist()])
    assert p == Polynomial.parse("(x1^2 + 1)^2")
    exact = snapped_gram(system, [noisy(np.random.default_rng(0), gram.astype(float), 1e-3)])
    assert exact is not None
    assert holds(system, exact)
    assert np.array_equal(rational(exact)[0], gram)


def test_snapped_gram_gives_up():
    basis = np.array([[0], [1], [2]], np.int32)
    gram = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.0], [0.5, 0.0, 1.0]])
    _, system = build([basis], [[[1, 0, Fraction(1, 2)], [0, 1, 0], [Fraction(1, 2), 0, 1]]])
    assert snapped_gram(system, [gram]) is not None
    assert snapped_gram(system, [gram + 0.3 * np.eye(3)]) is None  # rows do not hold
    assert snapped_gram(system, [np.full((3, 3), np.nan)]) is None
    indefinite = np.array([[1.0, 0.0, -2.0], [0.0, 6.0, 0.0], [-2.0, 0.0, 1.0]])
    assert snapped_gram(system, [indefinite]) is None  # rows hold, an eigenvalue is -1


@SETTINGS
@given(st.integers(1, 5), st.integers(0, 2**32 - 1), st.sampled_from([1, 7, 10**40, 3**90]))
def test_unique_gram_is_exact(size, seed, denominator):
    """Monomials x^(4^i) have pairwise distinct products."""
    basis = np.array([[4**i] for i in range(size)], np.int32)
    rng = np.random.default_rng(seed)
    digits = rng.integers(-(2**62), 2**62, (size, size)).tolist()
    gram = [[Fraction(digits[min(i, j)][max(i, j)], denominator) for j in range(size)] for i in range(size)]
    _, system = build([basis], [gram])
    assert system.unique
    exact = unique_gram(system)
    assert holds(system, exact)
    assert rational(exact)[0].tolist() == gram


def test_unique_gram_of_several_blocks():
    p = Polynomial.parse("(x^2 - y)^2/3 + (z^2 - w)^2 + (a*b - 1)^2")
    system = GramSystem.build(p, even_support(p.exponents))
    assert system.unique
    assert sorted(map(len, system.bases)) == [2, 2, 2]
    exact = unique_gram(system)
    assert holds(system, exact)
    assert exact.min_eigenvalue() == pytest.approx(0, abs=1e-12)
    determinants = [fmpq_mat([[fmpq(int(x)) for x in row] for row in gram.tolist()]).det() for gram in exact.grams]
    assert determinants == [0, 0, 0]


@pytest.mark.parametrize("factor", [1, 12, Fraction(999983, 1000003), 10**40 + 7, Fraction(1, 10**40 + 7)])
def test_snapping_does_not_depend_on_a_factor(factor):
    planted = np.array([[2.0, -1.0, 0.5], [-1.0, 2.0, -1.0], [0.5, -1.0, 2.0]])
    exact = [[Fraction(x) * factor for x in row] for row in planted.tolist()]
    _, system = build([np.array([[0, 0], [1, 0], [1, 1]], np.int32)], [exact])
    noise = 1e-8 * np.array([[1.0, -2, 3], [-2, 1, 1], [3, 1, -1]])
    found = snapped_gram(system, [(planted + noise) * float(factor)])
    assert found is not None
    assert rational(found)[0].tolist() == exact


def test_scaled_boundary_polynomials_are_proven():
    p = Polynomial.parse("(x^2 - y*z)^2 + (y^2 - x*z)^2 + (z^2 - x*y)^2")
    assert certify(p * Fraction(999983, 1000003)).status is Status.SOS
