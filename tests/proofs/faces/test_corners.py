"""Kernels at corners of the support: found exactly, orthogonal to all squares, none where there is an interior."""

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsos_jax import Polynomial
from nsos_jax.bases import covering_candidates, sparse_covers
from nsos_jax.certificates import SosCertificate
from nsos_jax.proofs.faces import prove
from nsos_jax.proofs.faces.exact.corners import shows_kernels, without_corners
from nsos_jax.proofs.faces.exact.settled import settle
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


def squares(numbers):
    """A sum of squares (a x_i^2 + b x_j + c)^2 and x_k^2, and these squares."""
    parts = [f"{a}*x{i}^2 + {b}*x{j} + {c}" for i, j, a, b, c in numbers]
    return [Polynomial.parse(part) for part in [*parts, *(f"x{i}" for i, *_ in numbers[::2])]]


small = st.integers(1, 3)
square = st.tuples(st.integers(1, 8), st.integers(1, 8), small, st.integers(-2, 2), st.integers(-2, 2))


def test_an_edge_that_is_a_square_is_cut():
    system = system_of("(x^2 + 2*y)^2 + (z + 1)^2 + 1", (["x^2", "y"], ["z", "1"]))
    first, second = without_corners(Face.whole(system)).ranges
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
        face = without_corners(Face.whole(system))
        monomials = [set(map(tuple, own.tolist())) for own in system.bases]
        if face is None or not all(any(vector.keys() <= own for own in monomials) for vector in vectors):
            continue  # other squares than these may lie on the blocks
        for own, columns in zip(system.bases, face.ranges, strict=True):
            inside = [v for v in vectors if v.keys() <= set(map(tuple, own.tolist()))]
            rows = [[float(v.get(tuple(monomial), 0)) for monomial in own.tolist()] for v in inside]
            together = np.hstack([columns.astype(float), np.array(rows).reshape(len(rows), len(own)).T])
            assert np.linalg.matrix_rank(together) == columns.shape[1]


def test_what_a_block_implies_determines_others():
    system = system_of(HIDDEN, BLOCKS)
    whole = Face.whole(system)
    settled = settle(without_corners(whole), whole)
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


def test_links_of_a_chain_do_not_nest_calls(monkeypatch):
    """Each link shows its kernel once the one before is taken out: of a long chain, that would be too deep."""
    depths = []

    def watched(face):
        depths.append(len(inspect.stack(0)))
        return without_corners(face)

    monkeypatch.setattr(prove, "without_corners", watched)
    numbers = range(12)
    names = [[f"x{k}*y{k}", f"x{k + 1}^2", f"y{k + 1}^2"] for k in numbers]
    system = system_of(" + ".join(f"({a} + {1 + k % 3}*{b} + {c})^2" for k, (a, b, c) in enumerate(names)), names)
    proof = prove_on_blocks(system)
    SosCertificate.create(system.polynomial, proof.exact.blocks(system)).verify()
    assert proof.faces == 1
    assert len(depths) > 6
    assert len(set(depths)) == 1


@pytest.mark.parametrize("number", [3, 2**31 + 5, 10**20])
def test_kernels_of_numbers_of_any_size(number):
    """Twice the square of the second one is beyond int64, but not beyond uint64."""
    system = system_of(f"({number}*x^2 + 2*y)^2 + (z + 1)^2 + 1", (["x^2", "y"], ["z", "1"]))
    column = without_corners(Face.whole(system)).ranges[0][:, 0].tolist()
    first, second = (column[system.bases[0].tolist().index(row)] for row in ([2, 0, 0], [0, 1, 0]))
    assert 2 * first == number * second != 0
