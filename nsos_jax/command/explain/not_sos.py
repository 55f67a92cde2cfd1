"""The lines for `not_sos`, and the parts that other refutations share."""

from collections.abc import Iterator, Sequence

import numpy as np

from nsos_jax.certificates import NotSosCertificate, Terms, count_text, digits, monomial_text, pairing
from nsos_jax.command.explain.blocks import monomial_lines, newton_text
from nsos_jax.command.explain.layout import Room, labelled, short_number, wrapped


def not_sos_lines(certificate: NotSosCertificate, room: Room) -> Iterator[str]:
    """The functional and the complete basis."""
    size, polynomial, variables = len(certificate.basis), certificate.polynomial, certificate.variables
    yield labelled("answer", "p is no sum of squares (it may still be nonnegative)")
    psd = f"its moment matrix ({size} x {size}) is PSD"
    yield from functional_lines(certificate.functional, polynomial, variables, psd, room)
    yield from complete_basis_lines(certificate.basis, polynomial, certificate.halfspaces, variables, room)


def functional_lines(
    functional: Terms, polynomial: Terms, variables: Sequence[str], psd: str, room: Room
) -> Iterator[str]:
    """L(p), what else is known of L, and its values."""
    yield labelled("L(p)", f"{short_number(pairing(polynomial, functional), room.bits)}, below 0")
    yield labelled("functional", f"L has {count_text(functional.num_terms, 'moment')}; {psd}")
    pairs = zip(functional.exponents.tolist(), functional.rationals(), strict=True)
    texts = (f"L({monomial_text(row, variables)}) = {short_number(value, room.bits)}" for row, value in pairs)
    yield from wrapped("", texts, room)


def complete_basis_lines(
    basis: np.ndarray, polynomial: Terms, halfspaces: Sequence[Sequence[int]], variables: Sequence[str], room: Room
) -> Iterator[str]:
    """A basis that is proven complete, and by how many halfspaces."""
    yield labelled("basis", f"{count_text(len(basis), 'monomial')}{newton_text(polynomial)}")
    yield from monomial_lines(basis, variables, room)
    cuts = count_text(len(halfspaces), "halfspace")
    yield labelled("", f"no square in p can hold others, by {cuts} and the diagonal rule")
    for row in halfspaces[: room.halfspaces]:
        yield labelled("halfspace", ", ".join(map(digits, row)))
