"""The lines for `sos_over_field`."""

from collections.abc import Iterator

from nsos_jax.certificates import SosOverFieldCertificate, monomial_text
from nsos_jax.command.explain.blocks import monomial_block_lines
from nsos_jax.command.explain.layout import Room, labelled
from nsos_jax.command.explain.number_field import element_text, field_line


def sos_over_field_lines(certificate: SosOverFieldCertificate, room: Room) -> Iterator[str]:
    """The field, the basis and the squares."""
    bases = [block.basis for block in certificate.blocks]
    yield labelled("answer", "p is a sum of squares over the real numbers, with coefficients in Q(theta)")
    yield field_line(certificate.field, room)
    yield from monomial_block_lines(certificate.polynomial, bases, certificate.variables, room)
    if max(map(len, bases), default=0) > room.side:
        yield labelled("squares", f"not computed for blocks above {room.side} monomials, unless with --full")
        return
    yield labelled("squares", "p =")
    squares = certificate.squares()
    for weight, monomials, values in squares[: room.squares]:
        texts = [monomial_text(row, certificate.variables) for row in monomials.tolist()]
        pairs = zip(texts, values, strict=True)
        root = " + ".join(text if value == (1,) else f"({element_text(value, room)})*{text}" for text, value in pairs)
        ending = " + ..."
        shown = root if len(root) <= room.width else root[: room.width].rpartition(" + ")[0] + ending
        yield f"  + ({element_text(weight, room)}) * ({shown})^2"
    if len(squares) > room.squares:
        yield f"  + {len(squares) - room.squares} squares more"
