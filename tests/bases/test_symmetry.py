"""Symmetries are found and exact; adapted bases are complete and make random invariant matrices block-diagonal."""

from fractions import Fraction
from itertools import combinations, permutations

import numpy as np
import pytest
from symmetric_forms import (
    all_signed_permutations,
    differences,
    elementary,
    fixes,
    group_of,
    inside,
    monomials,
    power_means,
    power_sum,
    with_signs,
)

from nsos_jax.bases import (
    SignedPermutation,
    Symmetry,
    TooLarge,
    actions_on,
    closure,
    orbits,
    pair_actions,
    rotation_components,
    symmetric_components,
    symmetry_of,
)
from nsos_jax.bases.symmetry.orbits import Action
from nsos_jax.polynomials import Polynomial

parse = Polynomial.parse
CYCLE = "x^4*y^2 + y^4*z^2 + z^4*x^2 - 3*x^2*y^2*z^2 + x*y*z"
PENTAGON = "a^4 + b^4 + c^4 + d^4 + e^4 - a*b - b*c - c*d - d*e - e*a"
PAIRS = "(a - p)^2 + (b - q)^2 + (c - r)^2 + (a*b + b*c + a*c)^2 + p^4 + q^4 + r^4 + a*q + b*p + a*r + c*p + b*r + c*q"
COLUMN = np.arange(6)[:, None]


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("x^2 + y^2 + z^2 + x*y*z", 6),
        ("x^4 + 2*y^4 + 3*z^4 + x*y^2", 1),
        ("x^4 + y^4 + z^4 + w^2 - x*y + x*z + y*z", 6),
        ("(x + y)^4 + (z - w)^4 + x*y*z*w", 4),
        (CYCLE, 3),
        (PENTAGON, 10),
        (PAIRS, 6),
        ("x^3*y - x*y^3 + x^4 + y^4", 4),
        ("x^3*y - x*y^3 + x^2*y^2*z^2 + z^4", 4),
        ("(a^2 - b)^2 + (b^2 - c)^2 + (c^2 - d)^2 + (d^2 - a)^2", 4),
        ("(a*b - 1)^2 + (b*c - 1)^2 + (c*d - 1)^2", 2),
        ("x", 1),
    ],
)
def test_the_group_that_is_found(text, order):
    p = parse(text)
    found = symmetry_of(p)
    group = group_of(found)
    assert len(group) == order
    changed = found.changed(p)
    assert all(fixes(element, changed) for element in group)


@pytest.mark.parametrize("seed", range(30))
def test_against_brute_force_for_three_variables(seed):
    """Sums over orbits of random subgroups of the signed permutations, some with one coefficient changed."""
    rng = np.random.default_rng(seed)
    everything = list(all_signed_permutations(3))
    chosen = [everything[i] for i in rng.integers(len(everything), size=rng.integers(1, 3))]
    p = parse("x", ["x", "y", "z"]) * 0
    for row in rng.integers(0, 4, (3, 3)):
        p += int(rng.integers(1, 4)) * Polynomial.from_arrays([row], [1], ["x", "y", "z"])
    for _ in range(4):
        for element in chosen:
            rows, signs = element.on_monomials(p.exponents)
            moved = [int(s) * c for s, c in zip(signs, p.coefficients, strict=True)]
            p = p + Polynomial.from_arrays(rows, moved, p.variables)
    if p.is_zero:
        return
    if seed % 3 == 0:
        p = p + parse("17*x^5*y", ["x", "y", "z"])
    found = symmetry_of(p)
    changed = found.changed(p)
    assert all(fixes(element, changed) for element in group_of(found))
    swaps = [(i, j, s) for i, j in combinations(range(3), 2) for s in (1, -1) if fixes(_swap(i, j, s), p)]
    pairs = {tuple(sorted(pair)) for lists in found.factors for pair in combinations(lists[:, 0].tolist(), 2)}
    if all(lists.shape[1] == 1 for lists in found.factors):
        assert pairs >= {(i, j) for i, j, _ in swaps} or len(found.factors[0]) > 1
    if any(fixes(SignedPermutation(images, (1, 1, 1)), p) for images in ((1, 2, 0), (2, 0, 1))):
        assert not found.is_trivial


def _swap(i, j, sign):
    images, signs = list(range(3)), [1] * 3
    images[i], images[j], signs[i], signs[j] = j, i, sign, sign
    return SignedPermutation(tuple(images), tuple(signs))


@pytest.mark.parametrize("p", [power_means(5, 2), differences(6, 2), inside(5, 4, 0), elementary(6, 3) ** 2])
def test_symmetric_polynomials_and_neighbours(p):
    n = p.num_variables
    assert [lists.ravel().tolist() for lists in symmetry_of(p).factors] == [list(range(n))]
    broken = p + Polynomial.from_arrays([p.exponents[1]], [Fraction(1, 10**12)], p.variables)
    assert len(group_of(symmetry_of(broken))) < len(list(permutations(range(n))))
    assert all(fixes(element, symmetry_of(broken).changed(broken)) for element in symmetry_of(broken).generators)


@pytest.mark.parametrize("seed", range(5))
def test_changes_of_sign_are_undone(seed):
    signs = np.random.default_rng(seed).choice((1, -1), 5).tolist()
    p = with_signs(inside(5, 4, seed) + power_sum(5, 3) * power_sum(5, 1), signs)
    found = symmetry_of(p)
    assert [len(lists) for lists in found.factors] == [5]
    assert len({a * b for a, b in zip(found.signs, signs, strict=True)}) == 1


def test_many_variables_and_huge_coefficients():
    assert symmetry_of(Polynomial.sum(x**2 for x in map(parse, (f"y{i}" for i in range(70))))).is_trivial
    assert [len(lists) for lists in symmetry_of(10**50 * power_sum(40, 4) - power_sum(40, 2) ** 2).factors] == [40]


PLAIN = SignedPermutation.plain
GROUPS = [
    (3, 3, Symmetry((1,) * 3, (COLUMN[:3],))),
    (4, 4, Symmetry((1,) * 4, (COLUMN[:4],))),
    (5, 3, Symmetry((1,) * 5, (COLUMN[:3], COLUMN[3:5]))),
    (6, 2, Symmetry((1,) * 6, (COLUMN.reshape(3, 2),))),
    (5, 2, Symmetry((1,) * 5, (COLUMN[:4].reshape(2, 2),))),
    (6, 3, Symmetry((1,) * 6, (COLUMN,))),
    (3, 3, Symmetry((1,) * 3, (), PLAIN((1, 2, 0)))),
    (5, 2, Symmetry((1,) * 5, (), PLAIN((1, 2, 3, 4, 0)), PLAIN((0, 4, 3, 2, 1)))),
    (6, 2, Symmetry((1,) * 6, (), PLAIN((1, 2, 3, 4, 5, 0)), PLAIN((0, 5, 4, 3, 2, 1)))),
    (2, 5, Symmetry((1, 1), (), SignedPermutation((1, 0), (1, -1)))),
    (2, 5, Symmetry((1, 1), (), SignedPermutation((1, 0), (1, -1)), PLAIN((1, 0)))),
]


def components_of(basis, symmetry):
    if symmetry.factors:
        return symmetric_components(basis, symmetry.factors)
    actions = actions_on(basis, symmetry.generators)
    return rotation_components(len(basis), symmetry.rotation.order, actions[0], (*actions, None)[1])


def invariant_matrix(basis, symmetry, seed):
    """Random integers, one for each orbit of pairs, and how many orbits there are."""
    pairs, _ = pair_actions([np.arange(len(basis))], actions_on(basis, symmetry.generators))
    found = orbits(len(basis) ** 2, pairs)
    values = np.append(np.random.default_rng(seed).integers(-9, 10, len(found.sizes)), 0)
    return (values[found.labels] * found.signs).reshape(len(basis), -1), len(found.sizes)


@pytest.mark.parametrize(("n", "degree", "symmetry"), GROUPS)
def test_adapted_bases_split_invariant_matrices_exactly(n, degree, symmetry):
    basis = monomials(n, degree)
    components = components_of(basis, symmetry)
    matrix, count = invariant_matrix(basis, symmetry, seed=n)
    for left, right in combinations(components, 2):
        assert not (left.columns.T @ matrix @ right.columns).any()
    frames = [np.linalg.qr(component.columns.astype(float))[0] for component in components]
    spectra = np.concatenate([np.linalg.eigvalsh(frame.T @ matrix @ frame) for frame in frames])
    whole = np.linalg.eigvalsh(matrix.astype(float))
    size = np.abs(whole).max()
    assert np.abs(np.sort(spectra)[[0, -1]] - whole[[0, -1]]).max() < 1e-9 * size
    assert max(np.abs(whole - value).min() for value in spectra) < 1e-9 * size
    if symmetry.factors:  # irreducible over any field: as many unknowns as orbits
        assert count == sum((side := component.columns.shape[1]) * (side + 1) // 2 for component in components)


@pytest.mark.parametrize(("n", "degree", "symmetry"), GROUPS)
def test_adapted_bases_span_everything(n, degree, symmetry):
    basis = monomials(n, degree)
    elements = [element.on_monomials(basis) for element in group_of(symmetry)]
    actions = [actions_on(basis, [element])[0] for element in group_of(symmetry)]
    assert len(elements) == len(actions)
    rows = []
    for component in components_of(basis, symmetry):
        for action in actions:
            moved = np.zeros_like(component.columns)
            moved[action.targets] = component.columns * action.signs[:, None]
            rows.append(moved.T)
    assert np.linalg.matrix_rank(np.concatenate(rows).astype(float)) == len(basis)


@pytest.mark.parametrize(("n", "degree", "symmetry"), GROUPS)
def test_leaders_stand_for_all_monomials(n, degree, symmetry):
    """Sums of an invariant matrix against columns of W over the leaders, with weights, are those over everything."""
    basis = monomials(n, degree)
    matrix, _ = invariant_matrix(basis, symmetry, seed=1)
    for columns, leaders, weights in components_of(basis, symmetry):
        few = (columns[leaders] * weights[:, None]).T @ matrix[leaders] @ columns
        assert (few == columns.T @ matrix @ columns).all()


def test_orbits_with_signs():
    flip = Action(np.array([1, 0, 2, 3]), np.array([-1, -1, -1, 1]))
    found = orbits(4, [flip])
    assert found.labels.tolist() == [0, 0, -1, 1]
    assert found.signs.tolist() == [1, -1, 1, 1]
    assert found.sizes.tolist() == [2, 1]
    assert found.leaders.tolist() == [0, 3]
    assert orbits(3, []).labels.tolist() == [0, 1, 2]


def test_closure_adds_what_is_missing():
    rows = np.array([[2, 0, 0], [0, 0, 1]])
    assert actions_on(rows, [PLAIN((1, 2, 0))]) is None
    assert len(closure(rows, [PLAIN((1, 2, 0))])) == 6


def test_too_many_different_letters_are_refused():
    with pytest.raises(TooLarge, match="tables"):
        symmetric_components(np.array(list(permutations(range(6)))), [COLUMN])
