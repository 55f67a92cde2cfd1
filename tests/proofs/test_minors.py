"""Minors that the equations determine: against planted Gram matrices, and exact functionals where one is negative."""

from fractions import Fraction

import numpy as np
import pytest
from flint import fmpz_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from nsos_jax import Polynomial, Status, certify, certify_batch
from nsos_jax.bases import covers
from nsos_jax.certificates import is_psd
from nsos_jax.polynomials import contained
from nsos_jax.proofs import GramSystem, known_functional, negative_minor
from nsos_jax.proofs.minors import _eliminated
from nsos_jax.sampling import STRUCTURES, plant

SETTINGS = settings(max_examples=40, deadline=None)
FACTORS = st.sampled_from([Fraction(1), Fraction(3, 7), Fraction(10**11), Fraction(10**40, 3), Fraction(1, 10**30)])


@st.composite
def planted_cases(draw):
    """A sum of squares times a number, its planted basis, and all monomials of its degrees."""
    n, degree = draw(st.sampled_from([(2, 8), (3, 6), (2, 12)]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    planted = plant(rng, n, degree, draw(st.integers(3, 10)), draw(st.sampled_from(STRUCTURES)))
    grid = np.stack(np.meshgrid(*[np.arange(degree // 2 + 1)] * n), axis=-1).reshape(-1, n)
    monomials = grid[grid.sum(axis=1) <= degree // 2]
    return planted.polynomial * draw(FACTORS), planted.basis, monomials[rng.permutation(len(monomials))]


def checked_minor(system):
    """What is found, once the entries and the sign were looked at again, entry by entry."""
    found = negative_minor(system)
    if found is None:
        return None
    rows = system.rows[found.block]
    everywhere = np.concatenate([np.triu(own + 1)[np.triu_indices(len(own))] - 1 for own in system.rows])
    for own, value in zip(rows[np.ix_(found.members, found.members)].ravel(), found.gram.grams[0].ravel(), strict=True):
        assert (everywhere == own).sum() == 1
        is_square = own in rows.diagonal()
        assert Fraction(int(value), found.gram.denominator) == Fraction(
            int(system.targets[own]), system.polynomial.denominator * (1 if is_square else 2)
        )
    assert not is_psd(fmpz_mat(found.gram.grams[0].tolist()))
    return found


@SETTINGS
@given(planted_cases(), st.integers(0, 30))
def test_no_basis_that_holds_a_planted_one_is_refused(case, more):
    p, basis, monomials = case
    others = monomials[~contained(monomials, basis)][:more]
    assert negative_minor(GramSystem.build(p, np.concatenate([basis, others]))) is None


@SETTINGS
@given(planted_cases(), st.integers(1, 12), st.integers(0, 2**32))
def test_where_a_minor_is_negative_a_functional_proves_that_there_is_no_gram_matrix(case, dropped, seed):
    p, basis, monomials = case
    rng = np.random.default_rng(seed)
    left = basis[rng.permutation(len(basis))[dropped:]]
    chosen = np.concatenate([left, monomials[~contained(monomials, left)][: rng.integers(0, 12)]])
    if not len(chosen) or not covers(p.exponents, chosen):
        return
    system = GramSystem.build(p, chosen)
    if (found := checked_minor(system)) is not None:
        values = known_functional(system, found)
        assert values is not None
        assert sum(value * int(target) for value, target in zip(values, system.targets, strict=True)) < 0


@pytest.mark.parametrize(
    ("text", "basis", "members"),
    [
        ("x^2 - y^2", [[1, 0], [0, 1]], 1),
        ("x^2 + 3*x*y + y^2", [[1, 0], [0, 1]], 2),
        ("x^2 + 2*x*y + y^2", [[1, 0], [0, 1]], None),  # the minor is 0
        ("x^4 - 3*x^2*y^2 + y^4", [[2, 0], [0, 2]], 2),
        ("x^4 - 3*x^2*y^2 + y^4", [[2, 0], [0, 2], [1, 1]], None),  # x^2*y^2 is a product in two ways
        ("x^4 + x^3", [[2], [1]], 2),  # x^2 is no term, so that the diagonal is 0 there
    ],
)
def test_small_cases(text, basis, members):
    p = Polynomial.parse(text)
    found = checked_minor(GramSystem.build(p, np.array(basis, np.int32)))
    assert (None if found is None else len(found.members)) == members


def test_no_rounding_decides():
    """(10^20 x + y)^2 misses being none by 1 part in 10^40."""
    big = 10**20
    square = Polynomial.parse(f"{big**2}*x^2 + {2 * big}*x*y + y^2")
    worse = Polynomial.parse(f"{big**2}*x^2 + {2 * big + 1}*x*y + y^2")
    basis = np.array([[1, 0], [0, 1]], np.int32)
    assert negative_minor(GramSystem.build(square, basis)) is None
    assert checked_minor(GramSystem.build(worse, basis)) is not None


def test_an_entry_that_two_blocks_share_is_not_known():
    p = Polynomial.parse("x^2 + 3*x*y + y^2 + z^2")
    basis = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]], np.int32)
    alone = GramSystem.build(p, basis, parts=[np.array([0, 1]), np.array([2])])
    shared = GramSystem.build(p, basis, parts=[np.array([0, 1]), np.array([0, 1, 2])])
    assert checked_minor(alone) is not None
    assert negative_minor(shared) is None


def test_the_pipeline_goes_on_at_once_from_a_basis_that_is_refused():
    """Of sparse matrices in crowded sets, what `peel` keeps is often too little."""
    polynomials = [plant(np.random.default_rng(seed), 3, 8, 12, "sparse").polynomial for seed in range(24)]
    results = certify_batch(polynomials)
    assert {result.status for result in results} == {Status.SOS}
    refused = [tried for result in results for tried in result.attempts if "minor" in tried.outcome]
    assert refused
    assert all(tried.iterations == 0 for tried in refused)


def test_a_minor_on_the_complete_basis_proves_that_p_is_no_sum_of_squares():
    """Motzkin's polynomial, whose entry at x*y is -3, next to a form with many Gram matrices."""
    p = Polynomial.parse("x^4*y^2 + x^2*y^4 - 3*x^2*y^2 + 1 + z^4 + z^2*w^2 + w^4")
    result = certify(p)
    assert result.status is Status.NOT_SOS
    assert "a minor of the Gram matrix is negative" in {tried.outcome for tried in result.attempts}
    assert all(tried.iterations == 0 for tried in result.attempts)
    result.certificate.verify()


@pytest.mark.parametrize(
    "text",
    [
        "1073741823*x^2 + 2147483648*x*y + 1073741825*y^2 + 1",  # the determinant is -1
        "1073741823*x^2 + 2147483648*x*y + 1073741825*y^2 + z^4 - 2*z^3 + 3*z^2 + 1",
        "x^2 + 2*x*y + (1 - 1/10^17)*y^2 + z^2 + 1",
        "x^2 + 2*x*y + (1 - 1/10^60)*y^2 + z^2 + 1",
        "10^60*x^2 + 2*x*y + (1/10^60 - 1/10^100)*y^2 + z^2 + 1",
    ],
)
def test_what_floating_point_takes_for_zero_is_refuted(text):
    result = certify(Polynomial.parse(text))
    assert result.status in (Status.NOT_SOS, Status.NEGATIVE)
    assert result.certificate.verify()


@SETTINGS
@given(st.lists(st.integers(-3, 3), min_size=21, max_size=21), st.integers(0, 2**32))
def test_elimination_finds_a_negative_value_where_a_matrix_is_not_psd(numbers, seed):
    gram = np.zeros((6, 6), object)
    gram[np.tril_indices(6)] = numbers
    gram = gram + gram.T
    if seed % 2:
        gram = gram @ gram  # psd
    vector = _eliminated(gram)
    assert (vector is None) == is_psd(fmpz_mat(gram.tolist()))
    assert vector is None or vector @ gram @ vector < 0
