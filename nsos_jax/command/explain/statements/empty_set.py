"""The lines for `empty_set`."""

from collections.abc import Iterator

from nsos_jax.certificates import EmptySetCertificate
from nsos_jax.command.explain.layout import Room, labelled, wrapped
from nsos_jax.command.explain.statements.sets import identity_lines, set_lines
from nsos_jax.command.explain.statements.statement import quoted


def empty_set_lines(certificate: EmptySetCertificate, room: Room) -> Iterator[str]:
    """The set and the identity of -1."""
    yield labelled("answer", "the set is empty")
    yield from wrapped("variables", map(quoted, certificate.variables), room)
    yield from set_lines(certificate.on, certificate.variables, room)
    yield from identity_lines("-1", certificate.identity, certificate.on, certificate.variables, room)
