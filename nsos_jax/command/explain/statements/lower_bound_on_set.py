"""The lines for `lower_bound_on_set`."""

from collections.abc import Iterator

from nsos_jax.certificates import LowerBoundOnSetCertificate
from nsos_jax.command.explain.layout import Room
from nsos_jax.command.explain.statements.lower_bound import bracket_lines
from nsos_jax.command.explain.statements.sets import identity_lines, set_lines


def lower_bound_on_set_lines(certificate: LowerBoundOnSetCertificate, room: Room) -> Iterator[str]:
    """The bound, the point, the set and the identity."""
    yield from bracket_lines(certificate, "on the set", room)
    yield from set_lines(certificate.on, certificate.variables, room)
    yield from identity_lines("p - gamma", certificate.identity, certificate.on, certificate.variables, room)
