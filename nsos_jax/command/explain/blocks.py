"""Bases, Gram blocks and their squares, for people."""

import time
from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np

from nsos_jax.bases import DeadlineExceeded, TooLarge, half_newton_polytope
from nsos_jax.certificates import Block, Terms, as_rational, count_text, monomial_text
from nsos_jax.command.explain.layout import Room, labelled, short_number, terms_text, wrapped
from nsos_jax.polynomials import Polynomial, nearest_float

NEWTON_CANDIDATES = 200_000
NEWTON_SECONDS = 5.0


def basis_lines(polynomial: Terms, blocks: Sequence[Block], variables: Sequence[str], room: Room) -> Iterator[str]:
    """The monomials, and the blocks of a sum of squares with their smallest eigenvalue."""
    yield from monomial_block_lines(polynomial, [block.basis for block in blocks], variables, room)
    if blocks:
        smallest = min(map(_smallest_eigenvalue, blocks))
        yield labelled("eigenvalue", f"{smallest:.6g}, the smallest (floating point; the proof does not use it)")


def monomial_block_lines(
    polynomial: Terms, bases: Sequence[np.ndarray], variables: Sequence[str], room: Room
) -> Iterator[str]:
    """The monomials of a sum of squares and the sizes of its blocks."""
    sizes = sorted(map(len, bases), reverse=True)
    shown = ", ".join(map(str, sizes[: room.blocks])) + (", ..." if len(sizes) > room.blocks else "")
    yield labelled("basis", f"{count_text(sum(sizes), 'monomial')}{newton_text(polynomial)}")
    if sizes:
        yield from monomial_lines(np.concatenate(bases), variables, room)
    yield labelled("blocks", f"{len(sizes)} of size {shown}" if sizes else "none")


def monomial_lines(basis: np.ndarray, variables: Sequence[str], room: Room) -> Iterator[str]:
    """The monomials of a basis."""
    if len(basis):
        yield from wrapped("", (monomial_text(row, variables) for row in basis.tolist()), room)


def newton_text(polynomial: Terms) -> str:
    """How many monomials the half Newton polytope has, if that is cheap to tell."""
    if not polynomial.num_terms:
        return ""
    deadline = time.monotonic() + NEWTON_SECONDS
    try:
        polytope = half_newton_polytope(polynomial.exponents, max_candidates=NEWTON_CANDIDATES, deadline=deadline)
    except (TooLarge, DeadlineExceeded):
        return "; the half Newton polytope is too large to list"
    return f"; the half Newton polytope has {len(polytope.monomials)}"


def _smallest_eigenvalue(block: Block) -> float:
    """Of the Gram matrix, or of the one on its range."""
    rows = [[nearest_float(value, block.denominator) for value in row] for row in block.core.tolist()]
    matrix = np.array(rows)
    return float(np.linalg.eigvalsh(matrix)[0]) if np.isfinite(matrix).all() and len(matrix) else np.nan


def square_lines(left: str, squares: Sequence[tuple[Fraction, Polynomial]], room: Room) -> Iterator[str]:
    """`left` as a sum of weighted squares, one square a line."""
    yield labelled("squares", f"{left} =")
    if not squares:
        yield "  0"
    for weight, square in squares[: room.squares]:
        factor = "  + (" if weight == 1 else f"  + {short_number(weight, room.bits)} * ("
        values = tuple(map(as_rational, square.coefficients))
        text = terms_text(square.variables, Terms(square.exponents, values), room.less(len(factor) + 3))
        yield f"{factor}{text})^2"
    if len(squares) > room.squares:
        yield f"  + {len(squares) - room.squares} squares more"
