"""The device sampler against exact integers: what it draws is what it says, uniform, repeatable, cleanly padded."""

import math
from collections import Counter

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flint import fmpz_mat

from nsos_jax import Polynomial
from nsos_jax.certificates.exact_psd import is_psd
from nsos_jax.sampling.monomials import draw_basis, draw_monomials
from nsos_jax.sampling.planted import BLOCK_SIZE, LARGEST_ENTRY, STRUCTURES
from nsos_jax.sampling.reverse_sampling import Family, Sample, Shape, sample, sample_batch, to_planted

SHAPE = Shape(variables=100, terms=310, size=24)  # one compilation for all tests; 300 terms at most
BATCH = 96
KINDS = {
    "plain": {},
    "one variable": {"variables": 1, "degree": 40},
    "even": {"degree": 16, "even": True},
    "constant": {"constant": True},
    "negative": {"negative": 0.25},
    "all negative": {"negative": 1.0},
    "cancel": {"cancel": 1.0},
    "cancel even constant": {"degree": 16, "even": True, "constant": True, "cancel": 0.5},
    "degree 40": {"variables": 6, "degree": 40},
    "100 variables": {"variables": 100, "degree": 10},
}


def family(structure, **options):
    return Family(**{"variables": 4, "degree": 8, "size": 12, "size_spread": 3, "structure": structure, **options})


def draws(of: Family, seed: int = 0) -> list[Sample]:
    batch = jax.tree.map(np.asarray, sample_batch(jax.random.key(seed), ((1.0, of),), SHAPE, BATCH))
    return [Sample(*values) for values in zip(*batch, strict=True)]


def quadratic_form(draw: Sample) -> dict[tuple[int, ...], int]:
    """z'Qz in integers without bounds, zeros dropped."""
    basis, gram = draw.basis.astype(object), draw.gram.astype(object)
    total: Counter = Counter()
    for i, j in zip(*np.nonzero(draw.gram), strict=True):
        total[tuple(basis[i] + basis[j])] += gram[i, j]
    return {exponents: value for exponents, value in total.items() if value}


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("kind", KINDS)
def test_draws_are_exact(kind, structure):
    """3,840 draws in all: p = z'Qz, Q is PSD exactly if it should be, arrays are padded as they should."""
    of = family(structure, **KINDS[kind])
    sizes = set()
    for draw in draws(of):
        size, terms = int(draw.basis_valid.sum()), int(np.count_nonzero(draw.coefficients))
        sizes.add(size)
        assert draw.basis_valid[:size].all()
        assert draw.coefficients[:terms].all()
        for rows, used in ((draw.exponents, terms), (draw.basis, size)):
            assert len(set(map(tuple, rows[:used].tolist()))) == used
            assert not rows[used:].any()
            assert not rows[:, of.variables :].any()
            assert rows.min() >= 0
        assert not draw.gram[size:].any()
        assert np.array_equal(draw.gram, draw.gram.T)
        assert draw.gram.any(axis=1)[:size].all()
        assert draw.basis.sum(axis=1).max() <= of.degree // 2
        assert not (of.even and (draw.basis % 2).any())
        assert not (of.constant and draw.basis[0].any())
        found = dict(zip(map(tuple, draw.exponents[:terms].tolist()), draw.coefficients[:terms].tolist(), strict=True))
        assert found == quadratic_form(draw)
        assert is_psd(fmpz_mat(draw.gram.tolist())) == (of.negative == 0)
    assert sizes == set(range(9, 16))


def test_host_data_are_the_same_polynomial():
    for draw in draws(family("sparse"))[:10]:
        polynomial, basis, gram = to_planted(draw)
        assert polynomial == Polynomial.from_dict(quadratic_form(draw))
        assert basis.shape == (len(gram), SHAPE.variables)
        assert np.array_equal(gram, draw.gram[: len(gram), : len(gram)])


def test_structures():
    for draw in draws(family("low-rank", size_spread=0)):
        assert np.linalg.matrix_rank(draw.gram) <= 4
    block = np.arange(SHAPE.size) // BLOCK_SIZE
    for draw in draws(family("block-diagonal")):
        assert not draw.gram[block[:, None] != block].any()
    filled = {s: np.mean([np.count_nonzero(draw.gram) for draw in draws(family(s, size_spread=0))]) for s in STRUCTURES}
    assert filled["dense"] > 0.95 * 12**2
    assert 2 * 12 < filled["sparse"] < 0.4 * 12**2
    thin, thick = (np.mean([np.count_nonzero(d.gram) for d in draws(family("sparse", density=x))]) for x in (0, 3))
    assert thin == pytest.approx(12, abs=1)
    assert thick > 1.5 * filled["sparse"]


def test_entries_of_factors_have_the_range_of_the_host_sampler():
    """Rank one factors show their entries in the diagonal; all squares of 1 to 5 occur, and 0 does not."""
    squares = {
        int(value) for draw in draws(family("low-rank", size=3, size_spread=0)) for value in draw.gram.diagonal()
    }
    assert squares - {0} == {entry**2 for entry in range(1, LARGEST_ENTRY + 1)}


@pytest.mark.parametrize(
    ("structure", "share", "count"), [("dense", 0.25, 3), ("sparse", 0.01, 1), ("low-rank", 0.5, 2)]
)
def test_number_of_negative_eigenvalues(structure, share, count):
    for draw in draws(family(structure, size_spread=0, negative=share)):
        eigenvalues = np.linalg.eigvalsh(draw.gram.astype(float))
        assert np.sum(eigenvalues < -1e-9 * np.abs(eigenvalues).max()) == count


@pytest.mark.parametrize("structure", STRUCTURES)
def test_cancelled_squares(structure):
    """With cancel = 1 nearly every basis has a member m without a term m^2; otherwise few have."""

    def share(cancel):
        missing = []
        for draw in draws(family(structure, degree=12, cancel=cancel, size_spread=0), seed=1):
            support = set(map(tuple, draw.exponents[draw.coefficients != 0].tolist()))
            missing.append(sum(tuple(2 * row) not in support for row in draw.basis[draw.basis_valid]))
        return np.mean(np.array(missing) > 0)

    assert share(0.0) < 0.05
    assert 0.3 < share(0.5) < 0.7
    assert share(1.0) > 0.9


def test_batch_item_is_the_draw_alone():
    key = jax.random.key(3)
    families = (family("dense", cancel=1.0), family("sparse", variables=100), family("low-rank", even=True, degree=20))
    batch = sample_batch(key, tuple((1.0, of) for of in families), SHAPE, BATCH)
    for item, alone in enumerate(jax.random.split(jax.random.split(key)[1], BATCH)[:10]):
        candidates = [sample(alone, of.parameters(), SHAPE) for of in families]
        same = [all(map(np.array_equal, one, jax.tree.map(lambda v: v[item], batch))) for one in candidates]  # noqa: B023
        assert any(same)
    assert len({int(exponents.max()) for exponents in batch.exponents}) > 1


def test_draws_repeat_and_differ():
    first, again, other = (draws(family("dense"), seed) for seed in (5, 5, 6))
    assert all(map(np.array_equal, jax.tree.leaves(first), jax.tree.leaves(again)))
    assert not np.array_equal(first[0].basis, other[0].basis)
    assert len({draw.basis.tobytes() for draw in first}) == BATCH


def test_mixture_shares():
    mixture = ((3.0, family("dense", size=5, size_spread=0)), (1.0, family("dense", size=6, size_spread=0)))
    sizes = np.concatenate(
        [sample_batch(jax.random.key(seed), mixture, SHAPE, BATCH).basis_valid.sum(axis=1) for seed in range(8)]
    )
    assert np.mean(sizes == 5) == pytest.approx(0.75, abs=0.05)
    assert set(sizes.tolist()) == {5, 6}


def chi_square(rows, cells):
    counts = Counter(map(tuple, rows))
    expected = len(rows) / cells
    assert len(counts) == cells
    return sum((count - expected) ** 2 / expected for count in counts.values())


def test_monomials_are_uniform():
    """30,000 draws from the 35 monomials of degree up to 4 in 3 variables: chi-square with 34 degrees of freedom, of
    which 65 is the 99.9 % quantile. Uniform degrees would give some 30,000."""
    rows = np.asarray(draw_monomials(jax.random.key(0), jnp.int32(3), jnp.int32(4), (30_000, 5)))
    assert not rows[:, 3:].any()
    assert chi_square(rows.tolist(), math.comb(7, 3)) < 65


@pytest.mark.parametrize("constant", [False, True])
def test_bases_are_uniform(constant):
    """Sets of two of the six monomials of degree up to 2 in two variables, or of 1 and another: each equally often."""
    keys = jax.random.split(jax.random.key(1), 6000)
    two = jnp.int32(2)
    bases, valid = jax.vmap(lambda key, first: draw_basis(key, two, two, two, first, (5, 3)), (0, None))(keys, constant)
    assert (np.asarray(valid) == [True, True, False, False, False]).all()
    sets = [sorted(map(tuple, basis[:2])) for basis in np.asarray(bases).tolist()]
    assert chi_square(sets, 5 if constant else 15) < (20.5 if constant else 39.3)  # quantiles of 99.99 %


def test_basis_is_smaller_where_too_few_monomials_are_hit():
    sizes = [int(draw.basis_valid.sum()) for draw in draws(Family(1, 46, 24, "dense"))]
    assert 20 < min(sizes) < max(sizes) == 24


def test_sampling_can_be_traced():
    mixture = ((1.0, family("dense")),)
    traced = jax.eval_shape(lambda key: sample_batch(key, mixture, SHAPE, 5), jax.random.key(0))
    assert traced.exponents.shape == (5, SHAPE.terms, SHAPE.variables)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"structure": "banded"}, "structure must be one of .*'banded'"),
        ({"variables": 0}, "variables >= 1"),
        ({"degree": -1}, "degree >= 0"),
        ({"size_spread": 12}, "size_spread < size"),
        ({"size": 68}, "size \\+ size_spread must be at most 70, the number of monomials"),
        ({"even": True, "size": 13}, "at most 15"),
        ({"negative": 1.5}, "lie in"),
        ({"cancel": -0.1}, "lie in"),
        ({"negative": 0.1, "cancel": 0.1}, "exclude each other"),
        ({"density": 2.0}, "sparse factors only"),
        ({"structure": "sparse", "density": math.inf}, "finite"),
    ],
)
def test_bad_families_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        family(**{"structure": "dense", **options})


def test_bad_shapes_and_mixtures_are_refused():
    with pytest.raises(ValueError, match=r"at least size .* = 55, got 54"):
        Shape(4, 54, 10)
    with pytest.raises(ValueError, match="1 to 1024"):
        Shape(4, 10**6, 2000)
    key = jax.random.key(0)
    with pytest.raises(ValueError, match=r"variables=5.* does not fit Shape\(variables=4"):
        sample_batch(key, ((1.0, family("dense", variables=5)),), Shape(4, 120, 15), 2)
    with pytest.raises(ValueError, match="larger size"):
        sample_batch(key, ((1.0, family("dense")),), Shape(4, 105, 14), 2)
    for weights in ((), (1.0, 0.0), (math.nan,)):
        with pytest.raises(ValueError, match="at least one family, all weights positive"):
            sample_batch(key, tuple((weight, family("dense")) for weight in weights), SHAPE, 2)
