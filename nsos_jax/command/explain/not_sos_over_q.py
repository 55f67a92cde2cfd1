"""The lines for `not_sos_over_q`."""

from collections.abc import Iterator

from nsos_jax.certificates import NotSosOverQCertificate, count_text
from nsos_jax.command.explain.layout import Room, labelled, wrapped
from nsos_jax.command.explain.not_sos import complete_basis_lines, functional_lines
from nsos_jax.command.explain.number_field import element_text, field_line


def not_sos_over_q_lines(certificate: NotSosOverQCertificate, room: Room) -> Iterator[str]:
    """The zero, what vanishes there, the functional and the complete basis."""
    polynomial, variables = certificate.polynomial, certificate.variables
    yield labelled("answer", "p is no sum of squares of rational polynomials (it may be one over the real numbers)")
    yield field_line(certificate.field, room)
    pairs = zip(variables, certificate.zero, strict=True)
    yield from wrapped("zero of p", (f"{name} = {element_text(value, room)}" for name, value in pairs), room)
    left = len(certificate.vanishing_polynomials())
    found = "only 0" if left == 0 else f"{count_text(left, 'independent one')}"
    yield labelled("", "all squares in p vanish there")
    yield labelled("", f"rational combinations of the basis that do: {found}")
    if certificate.functional is not None:
        psd = "nonnegative on the squares of what vanishes"
        yield from functional_lines(certificate.functional, polynomial, variables, psd, room)
    yield from complete_basis_lines(certificate.basis, polynomial, certificate.halfspaces, variables, room)
