"""The lines for `lower_bound`, and the bracket that other bounds share."""

from collections.abc import Iterator

from nsos_jax.certificates import LowerBoundCertificate, LowerBoundOnSetCertificate
from nsos_jax.command.explain.blocks import basis_lines, square_lines
from nsos_jax.command.explain.layout import Room, labelled, short_number, wrapped
from nsos_jax.polynomials import Rounding


def lower_bound_lines(certificate: LowerBoundCertificate, room: Room) -> Iterator[str]:
    """The bound, the point and the squares."""
    yield from bracket_lines(certificate, "everywhere", room)
    yield from basis_lines(certificate.remainder(), certificate.blocks, certificate.variables, room)
    if max((len(block.basis) for block in certificate.blocks), default=0) > room.side:
        yield labelled("squares", f"not computed for blocks above {room.side} monomials, unless with --full")
        return
    yield from square_lines("p - gamma", certificate.squares(), room)


def bracket_lines(
    certificate: LowerBoundCertificate | LowerBoundOnSetCertificate, where: str, room: Room
) -> Iterator[str]:
    """The bound, and with a point what the minimum lies between."""
    yield labelled("answer", f"p >= gamma {where}")
    gamma = short_number(certificate.bound, room.bits, Rounding.DOWN)
    yield labelled("gamma", gamma)
    if certificate.point is None or certificate.point_value is None:
        return
    value = short_number(certificate.point_value, room.bits, Rounding.UP)
    ending = "" if where == "everywhere" else f" {where}"
    yield labelled("minimum", f"min p{ending} in [gamma, p(point)] = [{gamma}, {value}]")
    pairs = zip(certificate.variables, certificate.point, strict=True)
    texts = [f"{name} = {short_number(coordinate, room.bits)}" for name, coordinate in pairs]
    yield from wrapped("point", texts or ["the only one"], room)
