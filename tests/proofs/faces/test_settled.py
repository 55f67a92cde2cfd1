"""Blocks that their own equations determine: chains that are read link by link, misreadings, wrong guesses."""

import numpy as np
import pytest

from nsos_jax import Polynomial
from nsos_jax.bases.coverage import even_support
from nsos_jax.bases.covers import sparse_covers
from nsos_jax.certificates.kinds.sos import SosCertificate
from nsos_jax.proofs.faces.exact.settled import settle, settle_verified
from nsos_jax.proofs.faces.face import Face
from nsos_jax.proofs.faces.prove import prove_on_blocks
from nsos_jax.proofs.gram_system import GramSystem
from nsos_jax.proofs.rounding import ExactGram

LINKS = "(x1 - 2*x2)^4 + 10*(x2 - 10*x3)^4 + (x3 - 2*x4)^4"
"""Each block x^2, x*y, y^2 holds one square (1, -2 r, r^2) of x - r y, and the end of the chain tells the next link."""


def chain(n, names=None):
    """Chained singular: quartic contacts, each 200 times weaker than the one before."""
    names = names or [f"x{i}" for i in range(1, n + 1)]
    quadruples = (names[i : i + 4] for i in range(0, n - 3, 2))
    return " + ".join(
        f"({a} + 10*{b})^2 + 5*({c} - {d})^2 + ({b} - 2*{c})^4 + 10*({a} - 10*{d})^4" for a, b, c, d in quadruples
    )


def system_of(text):
    polynomial = Polynomial.parse(text)
    return GramSystem.build(polynomial, even_support(polynomial.exponents))


def cliques_of(text):
    polynomial = Polynomial.parse(text)
    basis = even_support(polynomial.exponents)
    return GramSystem.build(polynomial, basis, parts=next(sparse_covers(basis, polynomial.exponents)).parts)


def links():
    """The cliques of the chain, and the square that each of them holds."""
    system = cliques_of(LINKS)
    squares = []
    for basis in system.bases:
        pair = np.flatnonzero(basis.any(axis=0)).tolist()
        ratio = 10 if pair == [1, 2] else 2
        by_power = {0: ratio**2, 1: -2 * ratio, 2: 1}
        squares.append(np.array([[by_power[row[pair[0]]]] for row in basis.tolist()], dtype=object))
    return system, squares


def certificate(system, exact):
    made = SosCertificate.create(system.polynomial, exact.blocks(system))
    made.verify()
    return made


def test_what_is_determined_is_taken_out():
    system, squares = links()
    whole = Face.whole(system)
    ranges = [squares[0], *whole.ranges[1:]]
    settled = settle(Face(system, tuple(ranges)), whole)
    assert set(settled.known) == {0}
    assert settled.face.system.polynomial == Polynomial.parse(
        "10*(x2 - 10*x3)^4 + (x3 - 2*x4)^4", ["x1", "x2", "x3", "x4"]
    )
    finished = settle(Face(system, tuple(squares)), whole)
    assert set(finished.known) == {0, 1, 2}
    assert finished.face.system.polynomial.is_zero
    certificate(system, finished.assemble(ExactGram((), 1)))


def test_a_misread_block_is_undone():
    system, squares = links()
    whole = Face.whole(system)
    wrong = squares[0] + np.array([[0], [1], [0]], dtype=object)
    settled = settle(Face(system, (wrong, *squares[1:])), whole)
    assert 0 not in settled.known
    assert set(settled.known) == {1, 2}
    np.testing.assert_array_equal(settled.face.ranges[0], whole.ranges[0])
    assert settle(Face(system, (wrong, *whole.ranges[1:])), whole) is None


def test_guesses_that_are_not_borne_out_are_left():
    system, squares = links()
    whole = Face.whole(system)
    wrong = [square + np.array([[0], [1], [0]], dtype=object) for square in squares]
    assert settle_verified(whole, [[square] for square in wrong]) is None
    assert settle_verified(whole, [[], [], []]) is None
    right = settle_verified(whole, [[bad, good] for bad, good in zip(wrong, squares, strict=True)])
    assert set(right.known) == {0, 1, 2}


@pytest.mark.parametrize("added", ["", " + 1/10"])
def test_chains_are_read_link_by_link(added):
    system = cliques_of(chain(16) + added)
    certificate(system, prove_on_blocks(system).exact)


def test_the_same_chain_gives_the_same_bytes_and_renamed_the_same_answer():
    system = cliques_of(chain(12))
    first, second = (certificate(system, prove_on_blocks(system).exact).to_json() for _ in range(2))
    assert first == second
    backwards = cliques_of(chain(12, [f"x{i}" for i in range(12, 0, -1)]))
    certificate(backwards, prove_on_blocks(backwards).exact)
