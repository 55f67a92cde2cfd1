"""Candidate monomials of a polynomial, on the device, for training and for the sequence model.

One polynomial at a time, for `jax.vmap`: T padded terms, n variables, N padded candidates. Terms with the coefficient
zero are padding.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, Int32, Num

from nsos_jax.proposers.key_tables import KeyTable, first_places, keys, masked, pair_keys

VOTERS = 16
ROUNDS = 4


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Candidates:
    """Monomials that a basis may be chosen from."""

    exponents: Int32[Array, "N n"]
    """Zero on padding."""
    valid: Bool[Array, " N"]
    count: Int32[Array, ""]
    """How many there are; more than N if they did not all fit."""


def candidates(exponents: Int[Array, "T n"], coefficients: Num[Array, " T"], size: int) -> Candidates:
    """D = {m : 2m in the support of p} in the order of the terms, and monomials that cover what D does not.

    While support terms are uncovered and there is room, the first 16 of them elect one quotient t / b each, b a
    candidate, for at most 4 rounds.

    Args:
        exponents: distinct where the coefficient is not zero.
        coefficients: zero on padding.
        size: N.

    >>> x4_x2y_y2 = jnp.array([[4, 0], [2, 1], [0, 2], [0, 0]])
    >>> found = candidates(x4_x2y_y2, jnp.array([1, -2, 1, 0]), size=3)
    >>> found.exponents.tolist(), int(found.count)
    ([[2, 0], [0, 1], [0, 0]], 2)
    """
    support = coefficients != 0
    terms = KeyTable.build(masked(keys(exponents), support))
    halved = support & jnp.all(exponents % 2 == 0, axis=1)
    places = first_places(halved, size)
    count = halved.sum(dtype=jnp.int32)
    rows = jnp.where((jnp.arange(size) < count)[:, None], exponents[places] // 2, 0).astype(jnp.int32)

    def uncovered(rows: Array, count: Array) -> Bool[Array, " T"]:
        covered = terms.holds(pair_keys(rows, jnp.arange(size) < count))
        return support & ~covered

    def unfinished(state: tuple[Array, Array, Array, Array]) -> Bool[Array, ""]:
        turn, _, count, missing = state
        return (turn < ROUNDS) & (count < size) & missing.any()

    def extend(state: tuple[Array, Array, Array, Array]) -> tuple[Array, Array, Array, Array]:
        turn, rows, count, missing = state
        new, elected = _elect(exponents, support, missing, rows, jnp.arange(size) < count)
        places = jnp.where(elected, count + jnp.cumsum(elected) - 1, size)
        rows = rows.at[places].set(new, mode="drop")
        count = count + elected.sum(dtype=jnp.int32)
        return turn + 1, rows, count, uncovered(rows, count)

    state = (jnp.int32(0), rows, count, uncovered(rows, count))
    _, rows, count, _ = jax.lax.while_loop(unfinished, extend, state)
    return Candidates(rows, jnp.arange(size) < count, count)


def label_places(
    candidates: Candidates, basis: Int[Array, "K n"], basis_valid: Bool[Array, " K"]
) -> Int32[Array, " N"]:
    """Which member of the basis each candidate is; -1 for none.

    >>> found = Candidates(jnp.array([[2, 0], [0, 1], [0, 0]]), jnp.array([True, True, False]), jnp.array(2))
    >>> label_places(found, jnp.array([[0, 1], [0, 0]]), jnp.array([True, True])).tolist()
    [-1, 0, -1]
    """
    same = jnp.all(keys(candidates.exponents)[:, None] == keys(basis)[None], axis=-1) & basis_valid
    return jnp.where(candidates.valid & same.any(axis=1), same.argmax(axis=1), -1).astype(jnp.int32)


def labels(candidates: Candidates, basis: Int[Array, "K n"], basis_valid: Bool[Array, " K"]) -> Bool[Array, " N"]:
    """Which candidates are members of the basis."""
    return label_places(candidates, basis, basis_valid) >= 0


def missing(labels: Bool[Array, " N"], basis_valid: Bool[Array, " K"]) -> Int32[Array, ""]:
    """How many members of the basis are no candidates."""
    return basis_valid.sum(dtype=jnp.int32) - labels.sum(dtype=jnp.int32)


def _elect(
    exponents: Int[Array, "T n"],
    support: Bool[Array, " T"],
    uncovered: Bool[Array, " T"],
    rows: Int[Array, "N n"],
    valid: Bool[Array, " N"],
) -> tuple[Int32[Array, "voters n"], Bool[Array, " voters"]]:
    """The quotient t / b that each of the first uncovered terms t prefers, and which of these count, equal ones once.

    Preferred is a quotient whose square is the product of two different candidates: a member of the basis whose square
    is not in the support has this property, or its row of the Gram matrix vanishes. Then the votes decide: how many of
    the terms could use it. Allowed are p's half degree range and half the largest exponent of each variable.
    """
    places = first_places(uncovered, VOTERS)
    voting = jnp.arange(VOTERS) < uncovered.sum()
    quotients = exponents[places][:, None, :] - rows[None, :, :]
    degrees = exponents.sum(axis=1)
    highest = jnp.where(support, degrees, 0).max()
    lowest = jnp.where(support, degrees, highest).min()
    box = jnp.where(support[:, None], exponents, 0).max(axis=0)
    degree = 2 * quotients.sum(axis=2)
    allowed = voting[:, None] & valid & jnp.all((quotients >= 0) & (2 * quotients <= box), axis=2)
    allowed &= (degree >= lowest) & (degree <= highest)
    squares = KeyTable.build(masked(keys(2 * quotients), allowed).reshape(-1, 2))
    votes = jnp.zeros(len(squares.first)).at[squares.slots].add(1.0)[squares.slots]
    midpoints = squares.holds(pair_keys(rows, valid))  # no quotient is a candidate itself, so i != j
    score = jnp.where(allowed, (votes + 2 * VOTERS * midpoints).reshape(allowed.shape), -1.0)
    best = score.argmax(axis=1)
    chosen = jnp.take_along_axis(quotients, best[:, None, None], axis=1)[:, 0]
    equal = jnp.all(chosen[:, None] == chosen[None], axis=2)
    able = score.max(axis=1) >= 0
    repeated = (jnp.tril(equal, -1) & able[None]).any(axis=1)
    return chosen.astype(jnp.int32), able & ~repeated
