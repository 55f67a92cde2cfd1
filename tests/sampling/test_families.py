"""The named families: what the paper's text says of its grids, and groups that hold what they are to hold."""

from collections import Counter

import jax
import numpy as np
import pytest

from nsos_jax.bases.coverage import even_support
from nsos_jax.sampling.families import (
    ALL_EVEN,
    CANCELLED,
    CROWDED,
    GRIDS,
    HELD_OUT_FAMILIES,
    HELD_OUT_GROUPS,
    TRAINING_FAMILIES,
    TRAINING_GROUPS,
    group_families,
    make_families,
)
from nsos_jax.sampling.planted import STRUCTURES, plant
from nsos_jax.sampling.reverse_sampling import Sample, sample_batch, to_planted

GROUPS = {group.name: group for group in (*TRAINING_GROUPS, *HELD_OUT_GROUPS)}


def cells(of):
    return {(family.variables, family.degree, family.size) for family in of}


def test_grids_hold_what_the_paper_says():
    assert cells(GRIDS["ood"]) == {(6, d, m) for d in (10, 12, 14, 16) for m in (20, 25, 35, 40)}
    assert len(GRIDS["ood"]) == 64
    assert {(6, d, m) for d, m in ((8, 40), (8, 50), (9, 30), (9, 40), (7, 50), (10, 30))} == cells(
        GRIDS["permutation"]
    )
    assert {(d, m) for _, d, m in cells(GRIDS["non_sos"])} == {(6, 20), (12, 30), (20, 60)}
    assert {(n, d) for n, d, _ in cells(GRIDS["large_scale"])} == {(100, 10), (6, 40)}
    for name in ("grid_1", "grid_2", "grid_3", "grid_4", "ood"):
        assert Counter(family.structure for family in GRIDS[name]) == dict.fromkeys(STRUCTURES, len(GRIDS[name]) // 4)
    assert all(family.negative > 0 for family in GRIDS["non_sos"])
    assert {(6, 20, 60), (6, 12, 30), (4, 6, 20)} <= cells(GRIDS["grid_1"])
    assert cells(GRIDS["grid_2"]) == {(8, 20, 30)}


def test_training_and_held_out_families_are_apart():
    assert not set(TRAINING_FAMILIES) & set(HELD_OUT_FAMILIES)
    assert not cells(TRAINING_FAMILIES) & {
        cell for cell in cells(HELD_OUT_FAMILIES) if cell not in ((4, 6, 20), (6, 12, 30), (4, 12, 15))
    }
    assert all(
        family.density != 1.0
        for family in HELD_OUT_FAMILIES
        if (family.variables, family.degree, family.size) in cells(TRAINING_FAMILIES)
    )
    for name in ("grid_1", "grid_2", "grid_3", "grid_4", "large_scale"):
        assert set(GRIDS[name]) <= set(TRAINING_FAMILIES)
    assert {*CROWDED, *ALL_EVEN, *CANCELLED} <= set(TRAINING_FAMILIES)
    assert not any(family.negative for family in TRAINING_FAMILIES)


@pytest.mark.parametrize(
    ("members", "groups"), [(TRAINING_FAMILIES, TRAINING_GROUPS), (HELD_OUT_FAMILIES, HELD_OUT_GROUPS)]
)
def test_every_family_is_in_one_group_and_fits(members, groups):
    assert Counter(family for group in groups for _, family in group.mixture) == Counter(members)
    assert len({family.name for family in members}) == len(members)
    for group in groups:
        group.shape.check_fits(family for _, family in group.mixture)
        assert group.weight == pytest.approx(sum(weight for weight, _ in group.mixture))


@pytest.mark.parametrize("name", GROUPS)
def test_groups_have_room_for_the_candidates(name):
    """D of host draws of every family with full matrices; doubling exponents makes every term a square."""
    group = GROUPS[name]
    counts = []
    for _, family in group.mixture:
        degree = family.degree // 2 if family.even else family.degree
        p = plant(np.random.default_rng(0), family.variables, degree, family.size, family.structure).polynomial
        counts.append(len(p.exponents) if family.even else len(even_support(p.exponents)))
    assert max(counts) <= group.candidates
    assert max(counts) > 0.6 * group.candidates, "the group is too wide: take fewer candidates"


def test_a_group_can_be_drawn():
    """Sizes, degrees and even bases of the smallest group are those of its families, and D fits nearly always."""
    group = GROUPS["small"]
    batch = jax.tree.map(np.asarray, sample_batch(jax.random.key(0), group.mixture, group.shape, 64))
    room = []
    for draw in (Sample(*values) for values in zip(*batch, strict=True)):
        polynomial, basis, _ = to_planted(draw)
        assert any(
            abs(len(basis) - family.size) <= family.size_spread
            and polynomial.degree <= family.degree
            and not (family.even and (basis % 2).any())
            and not (family.constant and basis[0].any())
            for _, family in group.mixture
        )
        room.append(len(even_support(polynomial.exponents)) <= group.candidates)
    assert np.mean(room) > 0.98
    assert {True, False} == {bool((draw % 2).any()) for draw in batch.basis}


def test_a_family_that_fits_no_group_is_refused():
    mixture = tuple((1.0, family) for family in make_families([(4, 8, 20)], ("dense",)))
    with pytest.raises(ValueError, match=r"no group holds dense 4,8,20, which needs .* \(4, 20, \d+\)"):
        group_families(mixture, [("few variables", 3, 36, 99), ("small", 9, 16, 99), ("thin", 9, 36, 20)])
    assert group_families(mixture, [("small", 9, 16, 99), ("good", 9, 36, 99)])[0].name == "good"
