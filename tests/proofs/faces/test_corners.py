"""Kernels at corners of the support: found exactly, orthogonal to all squares, none where there is an interior."""

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsos_jax import Polynomial
from nsos_jax.bases import covering_candidates, sparse_covers
from nsos_jax.certificates import SosCertificate
from nsos_jax.proofs.faces.exact import determined, peeling
from nsos_jax.proofs.faces.exact.corners import Blocks, cut_corners, shows_kernels
from nsos_jax.proofs.faces.exact.peeling import peel
from nsos_jax.proofs.faces.face import Face
from nsos_jax.proofs.faces.prove import prove_on_blocks
from nsos_jax.proofs.gram_system import GramSystem

HIDDEN = "10*(y - 4*x^2 - 2)^2 + (t + 1)^2 + 5"
"""x^2 * x^2, x^2 * y and y * y are a square, and what that leaves of x^2 is 0."""
BLOCKS = ["1", "y", "x^2"], ["x"], ["1", "t"]


def system_of(text, blocks):
    """The equations on blocks that are given by their monomials."""
    polynomial = Polynomial.parse(text)
    names = [name for block in blocks for name in block]
    rows = [Polynomial.parse(name, polynomial.variables).exponents[0].tolist() for name in names]
    basis = np.unique(rows, axis=0)
    places = [int(np.flatnonzero((basis == row).all(axis=1))[0]) for row in rows]
    ends = np.cumsum([len(block) for block in blocks])[:-1]
    return GramSystem.build(polynomial, basis, parts=np.split(np.array(places), ends))


def ranges_of(system):
    """The ranges without kernels at corners."""
    cut = cut_corners(Blocks.of(Face.whole(system)))
    return [cut.get(place, np.eye(len(rows), dtype=object)) for place, rows in enumerate(system.rows)]


def squares(numbers):
    """A sum of squares (a x_i^2 + b x_j + c)^2 and x_k^2, and these squares."""
    parts = [f"{a}*x{i}^2 + {b}*x{j} + {c}" for i, j, a, b, c in numbers]
    return [Polynomial.parse(part) for part in [*parts, *(f"x{i}" for i, *_ in numbers[::2])]]


small = st.integers(1, 3)
square = st.tuples(st.integers(1, 8), st.integers(1, 8), small, st.integers(-2, 2), st.integers(-2, 2))


def test_an_edge_that_is_a_square_is_cut():
    system = system_of("(x^2 + 2*y)^2 + (z + 1)^2 + 1", (["x^2", "y"], ["z", "1"]))
    first, second = ranges_of(system)
    columns = dict(zip(map(tuple, system.bases[0].tolist()), first[:, 0].tolist(), strict=True))
    assert (first.shape, second.shape) == ((2, 1), (2, 2))
    assert columns[0, 1, 0] == 2 * columns[2, 0, 0] != 0


def test_products_that_stand_for_more_than_a_pair_of_corners_show_nothing():
    """(x^2 + 1)^2 may be (x^2 - 1)^2 + (2 x)^2, whose squares do not vanish on (1, -1)."""
    assert not shows_kernels(system_of("(x^2 + 1)^2 + z^2", (["x^2", "x", "1"], ["z"])))


@settings(max_examples=40)
@given(st.lists(square, min_size=2, max_size=8))
def test_squares_are_orthogonal_to_what_is_cut(numbers):
    parts = squares(numbers)
    polynomial = Polynomial.sum(part**2 for part in parts)
    vectors = [Polynomial.parse(str(part), polynomial.variables).to_dict() for part in parts]
    basis = covering_candidates(polynomial.exponents)
    for cover in sparse_covers(basis, polynomial.exponents):
        system = GramSystem.build(polynomial, basis, parts=cover.parts)
        monomials = [set(map(tuple, own.tolist())) for own in system.bases]
        if not all(any(vector.keys() <= own for own in monomials) for vector in vectors):
            continue  # other squares than these may lie on the blocks
        for own, columns in zip(system.bases, ranges_of(system), strict=True):
            inside = [v for v in vectors if v.keys() <= set(map(tuple, own.tolist()))]
            rows = [[float(v.get(tuple(monomial), 0)) for monomial in own.tolist()] for v in inside]
            together = np.hstack([columns.astype(float), np.array(rows).reshape(len(rows), len(own)).T])
            assert np.linalg.matrix_rank(together) == columns.shape[1]


def test_what_a_block_implies_determines_others():
    system = system_of(HIDDEN, BLOCKS)
    settled = peel(Face.whole(system), np.inf)
    assert settled.kept == (0, 2)
    assert settled.known[1][0].tolist() == [[0]]


@pytest.mark.parametrize("shift", ["", " + 1/7"])
def test_one_face_is_enough(shift):
    system = system_of(HIDDEN + shift, BLOCKS)
    proof = prove_on_blocks(system)
    SosCertificate.create(system.polynomial, proof.exact.blocks(system)).verify()
    assert proof.faces == 1


def test_corners_of_what_is_below_zero_prove_nothing():
    assert prove_on_blocks(system_of(HIDDEN + " - 7", BLOCKS)).exact is None


def layered(links):
    """Each link shows its kernel once the one before is taken out."""
    numbers = range(links)
    names = [[f"x{k}*y{k}", f"x{k + 1}^2", f"y{k + 1}^2"] for k in numbers]
    return system_of(" + ".join(f"({a} + {1 + k % 3}*{b} + {c})^2" for k, (a, b, c) in enumerate(names)), names)


def test_links_of_a_chain_are_looked_at_near_what_changed(monkeypatch):
    looks = []

    def watched(blocks):
        looks.append((len(blocks.rows), len(inspect.stack(0))))
        return cut_corners(blocks)

    monkeypatch.setattr(peeling, "cut_corners", watched)
    system = layered(40)
    proof = prove_on_blocks(system)
    SosCertificate.create(system.polynomial, proof.exact.blocks(system)).verify()
    assert proof.faces == 1
    sizes, depths = zip(*looks, strict=True)
    assert len(looks) > 20
    assert sum(sizes) < 6 * 40
    assert len(set(depths)) == 1


@pytest.mark.parametrize("many", [1, 2, 8, 100])
def test_what_counts_as_near_changes_nothing_in_the_end(many, monkeypatch):
    """The constant is in all blocks."""
    monkeypatch.setattr(determined, "MANY_HOLDERS", many)
    names = [[f"x{k}*y{k}", f"x{k + 1}^2", f"y{k + 1}^2", "1"] for k in range(12)]
    text = " + ".join(f"({a} + {1 + k % 3}*{b} + {c} - {k % 2})^2" for k, (a, b, c, _) in enumerate(names))
    settled = peel(Face.whole(system_of(text, names)), np.inf)
    assert sorted(settled.known) == [0, 1]
    assert settled.face.sizes == (*[3] * 9, 2)


@pytest.mark.parametrize("number", [3, 2**31 + 5, 10**20])
def test_kernels_of_numbers_of_any_size(number):
    """Twice the square of the second one is beyond int64, but not beyond uint64."""
    system = system_of(f"({number}*x^2 + 2*y)^2 + (z + 1)^2 + 1", (["x^2", "y"], ["z", "1"]))
    column = ranges_of(system)[0][:, 0].tolist()
    first, second = (column[system.bases[0].tolist().index(row)] for row in ([2, 0, 0], [0, 1, 0]))
    assert 2 * first == number * second != 0
