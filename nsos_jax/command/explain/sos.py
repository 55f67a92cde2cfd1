"""The lines for `sos`."""

from collections.abc import Iterator

from nsos_jax.certificates import SosCertificate
from nsos_jax.command.explain.blocks import basis_lines, square_lines
from nsos_jax.command.explain.layout import Room, labelled


def sos_lines(certificate: SosCertificate, room: Room) -> Iterator[str]:
    """The basis and the squares."""
    yield labelled("answer", "p is a sum of squares")
    yield from basis_lines(certificate.polynomial, certificate.blocks, certificate.variables, room)
    if max((len(block.basis) for block in certificate.blocks), default=0) > room.side:
        yield labelled("squares", f"not computed for blocks above {room.side} monomials, unless with --full")
        return
    yield from square_lines("p", certificate.squares(), room)
