"""The lines for almost-certificates."""

from collections.abc import Iterator

from nsos_jax.certificates import NearSosCertificate
from nsos_jax.command.explain.blocks import basis_lines
from nsos_jax.command.explain.layout import Room, labelled, short_number
from nsos_jax.polynomials import Rounding


def near_sos_lines(certificate: NearSosCertificate, room: Room) -> Iterator[str]:
    """Epsilon and the basis."""
    yield labelled("answer", "p + epsilon z'z is a sum of squares, z being the basis; p itself is undecided")
    yield labelled("epsilon", short_number(certificate.epsilon, room.bits, Rounding.UP))
    yield from basis_lines(certificate.of, certificate.blocks, certificate.variables, room)
