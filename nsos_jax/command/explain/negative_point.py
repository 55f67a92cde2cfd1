"""The lines for `negative_point`."""

from collections.abc import Iterator

from nsos_jax.certificates import NegativePointCertificate, as_rational, evaluate
from nsos_jax.command.explain.layout import Room, labelled, short_number, wrapped


def negative_point_lines(certificate: NegativePointCertificate, room: Room) -> Iterator[str]:
    """The value and the point."""
    yield labelled("answer", "p takes a negative value")
    yield from point_lines(certificate, room)


def point_lines(certificate: NegativePointCertificate, room: Room) -> Iterator[str]:
    """The value and the coordinates; those that are 0 are left out."""
    value = evaluate(certificate.polynomial, tuple(map(as_rational, certificate.point)))
    yield labelled("value", short_number(value, room.bits))
    pairs = zip(certificate.variables, certificate.point, strict=True)
    coordinates = [f"{name} = {short_number(value, room.bits)}" for name, value in pairs if value != 0]
    if not coordinates:
        coordinates = ["the origin"]
    elif len(coordinates) < len(certificate.variables):
        coordinates.insert(0, "zero except for")
    yield from wrapped("point", coordinates, room)
