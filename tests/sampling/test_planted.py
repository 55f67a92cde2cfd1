"""Planted polynomials are what they claim to be, and the pipeline proves them."""

from math import comb

import numpy as np
import pytest

from nsos_jax import Polynomial, Status, certify_batch
from nsos_jax.sampling.planted import BLOCK_SIZE, STRUCTURES, plant, sample_monomials

SIZES = ((4, 6, 20), (6, 12, 30), (8, 20, 30))


def draws(variables, degree, size, count=2):
    """(structure, planted) for each structure and a few seeds."""
    for structure in STRUCTURES:
        for seed in range(count):
            yield structure, plant(np.random.default_rng([seed, variables]), variables, degree, size, structure)


@pytest.mark.parametrize(("variables", "degree", "size"), [(1, 8, 4), (2, 6, 10), *SIZES])
def test_planted_polynomial_is_the_quadratic_form_of_its_gram_matrix(variables, degree, size):
    for structure, (p, basis, gram) in draws(variables, degree, size):
        assert basis.shape == (size, variables)
        assert len(set(map(tuple, basis.tolist()))) == size
        assert basis.min() >= 0
        assert basis.sum(axis=1).max() <= degree // 2
        assert gram.dtype.kind == "i"
        assert np.array_equal(gram, gram.T)
        total = {}
        for i, j in np.ndindex(size, size):
            key = tuple((basis[i] + basis[j]).tolist())
            total[key] = total.get(key, 0) + int(gram[i, j])
        assert Polynomial.from_dict(total, p.variables) == p
        floats = np.linalg.eigvalsh(gram.astype(float))
        assert floats[0] > -1e-9 * floats[-1]
        rank = np.linalg.matrix_rank(gram)
        filled = np.count_nonzero(gram) / size**2
        if structure == "low-rank":
            assert rank <= max(1, size // 3)
        elif structure == "block-diagonal":
            block = np.arange(size) // BLOCK_SIZE
            assert not gram[block[:, None] != block[None, :]].any()
        elif structure == "dense" and size > 4:
            assert filled > 0.9
        elif size >= 20:
            assert filled < 0.5


def test_planted_polynomials_are_proven():
    planted = [(structure, p.polynomial) for size in SIZES for structure, p in draws(*size)]
    results = certify_batch([p for _, p in planted])
    for (structure, p), result in zip(planted, results, strict=True):
        assert result.status is Status.SOS, (structure, p.num_variables, result.error)
        assert result.certificate.verify().startswith("sos")
        assert sum((square * square * weight for weight, square in result.squares()), p * 0) == p


def test_draws_repeat_and_differ():
    first, again, other = (plant(np.random.default_rng(seed), 3, 6, 6, "dense").polynomial for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_monomials_are_uniform():
    """3,000 single draws from the six monomials of degree up to 2 in two variables: 500 each, deviation about 20."""
    rng = np.random.default_rng(0)
    counts = {}
    for _ in range(3000):
        key = tuple(sample_monomials(rng, 2, 2, 1)[0].tolist())
        counts[key] = counts.get(key, 0) + 1
    assert set(counts) == {(0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2)}
    assert all(400 < count < 600 for count in counts.values())


@pytest.mark.parametrize(("variables", "degree"), [(1, 0), (1, 5), (2, 4), (3, 3)])
def test_all_monomials_can_be_drawn(variables, degree):
    most = comb(variables + degree, degree)
    rows = sample_monomials(np.random.default_rng(0), variables, degree, most)
    assert rows.shape == (most, variables)
    assert len(set(map(tuple, rows.tolist()))) == most


def test_too_many_monomials_and_unknown_structures_are_refused():
    with pytest.raises(ValueError, match="at most 10, the number of monomials in 2 variables of degree up to 3"):
        plant(np.random.default_rng(0), 2, 6, 11, "dense")
    with pytest.raises(ValueError, match=r"structure must be one of .*block-diagonal.*'banded'"):
        plant(np.random.default_rng(0), 2, 6, 5, "banded")
