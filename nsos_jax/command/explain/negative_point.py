"""The lines for `negative_point`."""

from collections.abc import Iterator

from nsos_jax.certificates import NegativePointCertificate, as_rational, evaluate
from nsos_jax.command.explain.layout import Room, labelled, short_number, wrapped

MOST_ZEROS = 6
"""Coordinates of a point that are 0 and shown."""


def negative_point_lines(certificate: NegativePointCertificate, room: Room) -> Iterator[str]:
    """The value and the point."""
    yield labelled("answer", "p takes a negative value")
    yield from point_lines(certificate, room)


def point_lines(certificate: NegativePointCertificate, room: Room) -> Iterator[str]:
    """The value and the coordinates; those that are 0 are left out where they are many."""
    value = evaluate(certificate.polynomial, tuple(map(as_rational, certificate.point)))
    yield labelled("value", short_number(value, room.bits))
    pairs = list(zip(certificate.variables, certificate.point, strict=True))
    others = [(name, value) for name, value in pairs if value != 0]
    is_sparse = len(pairs) - len(others) > MOST_ZEROS
    coordinates = [f"{name} = {short_number(value, room.bits)}" for name, value in (others if is_sparse else pairs)]
    if not others:
        coordinates = ["the origin"]
    elif is_sparse:
        coordinates[0] = f"zero except for {coordinates[0]}"
    yield from wrapped("point", coordinates, room)
