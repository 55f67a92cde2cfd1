"""Candidates, edge features and labels against exact computations on the host."""

from collections import Counter
from functools import partial
from operator import itemgetter

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nsos_jax.bases.coverage import covering_candidates, even_support
from nsos_jax.bases.matching import covers
from nsos_jax.polynomials import contained
from nsos_jax.polynomials.polynomial import Polynomial
from nsos_jax.proposers.candidates import NUM_FEATURES, Candidates, candidates, labels, missing, pair_features
from nsos_jax.sampling import Family, Shape, sample_batch, to_planted
from nsos_jax.sampling.planted import STRUCTURES, plant

pytestmark = pytest.mark.usefixtures("quick_compilation")

TERMS, SIZE = 96, 24


def padded(polynomial, terms=TERMS):
    """(exponents [terms n], coefficients [terms]) with zero rows at the end."""
    extra = terms - polynomial.num_terms
    exponents = np.pad(polynomial.exponents, ((0, extra), (0, 0)))
    return jnp.array(exponents), jnp.array(np.pad(polynomial.float_coefficients, (0, extra)), jnp.float32)


find_candidates = jax.jit(candidates, static_argnums=2)
find_pairs = jax.jit(pair_features)


def find_features(exponents, coefficients, found):
    return find_pairs(exponents, coefficients, found).features


def cancelled(rng, variables, degree, size):
    """(p, basis): a sum of squares whose support lacks the squares of some members of the basis."""
    while True:
        planted = plant(rng, variables, degree, size, "sparse")
        z = [Polynomial.from_arrays(m[None], [1]) for m in planted.basis]
        a, b, c = rng.choice(size, 3, replace=False)
        halves = planted.basis[a] + planted.basis[b]
        if np.any(halves % 2) or not planted.basis[c].any():
            continue
        middle = Polynomial.from_arrays(halves[None] // 2, [1])
        basis = np.unique(np.vstack([planted.basis, halves[None] // 2]), axis=0)
        squares = (2 * z[a] + 2 * middle - z[b]) ** 2  # the square of the middle has the coefficient 4 - 4
        p = squares + sum((z[i] * (i + 1) ** 2) ** 2 for i in range(size) if i not in (a, b))
        p = p + (z[c] + 3 * z[a]) ** 2
        if not (even_support(p.exponents) == halves // 2).all(axis=1).any():
            return p, basis


def brute_force(polynomial, rows):
    """{(i, j): features} by dictionaries of exact exponents and coefficients."""
    terms, rows = polynomial.to_dict(), np.array(rows)
    median = np.sort([abs(float(c)) for c in terms.values()])[(len(terms) - 1) // 2]
    products = {(i, j): tuple((rows[i] + rows[j]).tolist()) for i in range(len(rows)) for j in range(len(rows))}
    counts = Counter(product for (i, j), product in products.items() if i <= j)
    squares = {products[i, i] for i in range(len(rows))}
    expected = np.zeros((len(rows), len(rows), NUM_FEATURES))
    for (i, j), product in products.items():
        c = float(terms.get(product, 0))
        scaled = np.sign(c) * np.log1p(abs(c) / median)
        expected[i, j] = [product in terms, scaled, np.log(counts[product]), i == j, i != j and product in squares]
    return expected


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("shape", [(4, 12, 12), (4, 4, 10)])
def test_candidates_of_a_covered_support_are_the_even_support(structure, shape):
    p, basis, _ = plant(np.random.default_rng(sum(shape)), *shape, structure)
    expected = even_support(p.exponents)
    assert covers(p.exponents, expected)
    found = find_candidates(*padded(p), SIZE)
    assert int(found.count) == len(expected) == int(found.valid.sum())
    assert np.array_equal(found.exponents[: len(expected)], expected)
    assert not found.exponents[len(expected) :].any()
    marks = labels(found, jnp.array(basis), jnp.ones(len(basis), bool))
    members = {tuple(m) for m in basis.tolist()}
    assert marks.tolist() == [tuple(m) in members for m in expected.tolist()] + [False] * (SIZE - len(expected))
    absent = members - {tuple(m) for m in expected.tolist()}
    assert int(missing(marks, jnp.ones(len(basis), bool))) == len(absent)


def test_candidates_cover_what_the_even_support_does_not():
    rng = np.random.default_rng(0)
    uncovered = completed = members = lost = 0
    for _ in range(60):
        p, basis = cancelled(rng, 4, 6, 8)
        if covers(p.exponents, even_support(p.exponents)):
            continue
        uncovered += 1
        found = find_candidates(*padded(p), SIZE)
        rows = np.array(found.exponents[: int(found.count)])
        assert len(np.unique(rows, axis=0)) == len(rows)
        assert np.array_equal(rows[: len(even_support(p.exponents))], even_support(p.exponents))
        completed += covers(p.exponents, rows)
        members += len(basis)
        lost += len({tuple(m) for m in basis.tolist()} - {tuple(m) for m in rows.tolist()})
    assert uncovered >= 30
    assert completed >= 0.98 * uncovered
    assert lost <= 0.01 * members


def test_no_more_is_lost_than_by_the_rule():
    """In crowded sets several quotients have all votes: the products that are in the support tell them apart."""
    family = Family(3, 12, 20, "dense", cancel=1.0)
    draws = jax.device_get(sample_batch(jax.random.key(0), ((1.0, family),), Shape(3, 210, 20), 48))
    lost = Counter()
    for i in range(48):
        p, basis, _ = to_planted(jax.tree.map(itemgetter(i), draws))
        found = find_candidates(*padded(p, 224), 64)
        by_rule = covering_candidates(p.exponents)
        if len(by_rule) > len(even_support(p.exponents)):
            lost["rule"] += not contained(basis, by_rule).all()
            lost["vote"] += not contained(basis, np.array(found.exponents[: int(found.count)])).all()
            lost["asked"] += 1
    assert lost["asked"] >= 20
    assert lost["vote"] <= lost["rule"]


def test_added_candidates_stay_in_the_degree_range_and_box():
    p = Polynomial.parse("(x^2 + x*y - y^2/2)^2 + (x^2 - 3*y^2)^2 + x^3*y", ("w", "x", "y", "z"))
    found = find_candidates(*padded(p), SIZE)
    rows = np.array(found.exponents)[np.array(found.valid)]
    assert (rows.sum(axis=1) == 2).all()
    assert {tuple(m) for m in rows.tolist()} == {(0, 2, 0, 0), (0, 1, 1, 0), (0, 0, 2, 0)}


def test_overflow_is_counted():
    p, _, _ = plant(np.random.default_rng(0), 3, 8, 12, "dense")
    expected = even_support(p.exponents)
    found = find_candidates(*padded(p), 8)
    assert int(found.count) == len(expected) > 8
    assert found.valid.all()
    assert np.array_equal(found.exponents, expected[:8])


def test_zero_polynomial_has_no_candidates():
    zero = jnp.zeros((TERMS, 4), jnp.int32), jnp.zeros(TERMS)
    found = find_candidates(*zero, SIZE)
    assert int(found.count) == 0
    assert not find_features(*zero, found).any()


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("shape", [(4, 12, 12), (4, 4, 10)])
def test_edge_features_against_brute_force(structure, shape):
    p, _, _ = plant(np.random.default_rng(7), *shape, structure)
    found = find_candidates(*padded(p), SIZE)
    features = np.array(find_features(*padded(p), found))
    count = int(found.count)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features[:count, :count], brute_force(p, found.exponents[:count]), atol=1e-5)
    assert not features[count:].any()
    assert not features[:, count:].any()


def test_pairs_share_a_number_if_and_only_if_they_share_a_product():
    p, _ = cancelled(np.random.default_rng(3), 4, 6, 8)
    found = find_candidates(*padded(p), SIZE)
    count = int(found.count)
    products = np.array(find_pairs(*padded(p), found).products)
    rows = np.array(found.exponents[:count])
    sums = {}
    for i in range(count):
        for j in range(count):
            sums.setdefault(tuple(rows[i] + rows[j]), set()).add(int(products[i, j]))
    assert all(len(numbers) == 1 for numbers in sums.values())
    assert len(set.union(*sums.values())) == len(sums) < count * (count + 1) // 2
    assert 0 <= products.min() <= products.max() < SIZE * (SIZE + 1) // 2


def test_edge_features_of_added_candidates():
    p, _ = cancelled(np.random.default_rng(3), 4, 6, 8)
    found = find_candidates(*padded(p), SIZE)
    count = int(found.count)
    assert count > len(even_support(p.exponents))
    features = np.array(find_features(*padded(p), found))
    np.testing.assert_allclose(features[:count, :count], brute_force(p, found.exponents[:count]), atol=1e-5)


def test_hundred_variables():
    p, _, _ = plant(np.random.default_rng(1), 100, 10, 10, "dense")
    found = find_candidates(*padded(p), SIZE)
    count = int(found.count)
    assert count == 10
    np.testing.assert_allclose(
        np.array(find_features(*padded(p), found))[:count, :count],
        brute_force(p, found.exponents[:count]),
        atol=1e-5,
    )


def test_renamed_variables_change_nothing():
    p, _ = cancelled(np.random.default_rng(5), 4, 6, 8)
    exponents, coefficients = padded(p)
    order = jnp.array([2, 0, 3, 1])
    found, renamed = (
        find_candidates(exponents, coefficients, SIZE),
        find_candidates(exponents[:, order], coefficients, SIZE),
    )
    assert np.array_equal(found.exponents[:, order], renamed.exponents)
    features = find_features(exponents, coefficients, found)
    assert np.array_equal(features, find_features(exponents[:, order], coefficients, renamed))


def test_batch_items_equal_single_ones():
    rng = np.random.default_rng(11)
    items = [cancelled(rng, 4, 6, 8)[0], plant(rng, 4, 8, 9, "dense").polynomial, Polynomial.parse("w^2+x^2+y^2+z^2")]
    exponents, coefficients = map(jnp.stack, zip(*map(padded, items), strict=True))
    found = jax.jit(jax.vmap(partial(candidates, size=SIZE)))(exponents, coefficients)
    features = jax.jit(jax.vmap(pair_features))(exponents, coefficients, found).features
    for k in range(len(items)):
        alone = find_candidates(exponents[k], coefficients[k], SIZE)
        jax.tree.map(lambda a, b, k=k: np.testing.assert_array_equal(a[k], b), found, alone)
        np.testing.assert_allclose(features[k], find_features(exponents[k], coefficients[k], alone), rtol=1e-6)


def test_labels_of_absent_members():
    rows = jnp.array([[1, 0], [0, 1], [0, 0]])
    found = Candidates(rows, jnp.array([True, True, False]), jnp.array(2))
    basis, basis_valid = jnp.array([[0, 1], [3, 3], [1, 0]]), jnp.array([True, True, False])
    marks = labels(found, basis, basis_valid)
    assert marks.tolist() == [False, True, False]
    assert int(missing(marks, basis_valid)) == 1
